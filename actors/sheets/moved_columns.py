"""Columns that a person moves while a batch is under way: noticed, and its cells brought to where they belong.

Landing and bringing home are two steps. What the first one left to be done is durable before anything else happens,
and the second one is repeated until an answer says that the rows stood under their headers when it was done: through
the quota, failures and crashes. The batch stays the first in work meanwhile, so later rows keep their order; its
stamp is in the spreadsheet, so it is never sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from actors.sheets.astray import find_rows, put_home
from actors.sheets.batch import Batch
from actors.sheets.errors import CallFailed, HeldBack, Missing
from actors.sheets.layout import Layout
from actors.sheets.ledger import Ledger
from actors.sheets.spreadsheets import Spreadsheets
from messages.row import Row

_FACT = "written"
_FORMER_FACT = "places"


class Written(msgspec.Struct, frozen=True):
    """What the ledger keeps of the batch in work.

    Attributes:
        sequence: the batch's number; 0 where an older version of the ledger did not keep it.
        sheet_id: the worksheet that it was written to; None where it is not known.
        tried: the columns that cells of its rows may have been written for, the first attempt's first.
        landed: whether it is known to have landed.
        astray: whether its rows are known to have come under other headers.
    """

    sequence: int = 0
    sheet_id: int | None = None
    tried: tuple[tuple[str, ...], ...] = ()
    landed: bool = False
    astray: bool = False


_decode = msgspec.json.Decoder(Written).decode


class MovedColumns:
    """Remembers for which columns a batch was written, and brings its rows home.

    Args:
        ledger: keeps it, in case that the answer is lost and the process dies.
        http: gspread's HTTP client.
        books: the spreadsheets.
        report: told what a person should know.
        write_wait_s: in how many seconds a write to a spreadsheet could go out: nothing is read before.
    """

    def __init__(
        self,
        ledger: Ledger,
        http: Any,
        books: Spreadsheets,
        report: Callable[[str], None],
        write_wait_s: Callable[[str], float],
    ) -> None:
        self._ledger, self._http, self._books, self._report = ledger, http, books, report
        self._write_wait_s = write_wait_s
        self._written = self._kept()
        self._look = True
        self._everywhere = False
        self.astray = 0

    def _kept(self) -> Written:
        text = self._ledger.fact(_FACT)
        if text:
            return _decode(text)
        former = self._ledger.fact(_FORMER_FACT)
        return Written(tried=(tuple(former.split(",")),) if former else ())

    def _keep(self, written: Written) -> None:
        """Make it durable; inside a transaction."""
        if written != self._written:
            self._ledger.set_fact(_FACT, msgspec.json.encode(written).decode())

    def _of(self, batch: Batch) -> Written:
        if self._written.sequence == batch.sequence:
            return self._written
        former = self._written if self._written.sequence == 0 else Written()
        return msgspec.structs.replace(former, sequence=batch.sequence)

    # -- before it lands

    def may_follow(self, batch: Batch, places: tuple[str, ...]) -> bool:
        """Tell whether a batch may be sent for these columns.

        Not where an attempt for other columns may land yet: whichever of the two came first, nobody could tell for
        which columns the rows were written.

        Args:
            batch: the batch.
            places: for each column our key, or "".
        """
        tried = self._of(batch).tried
        return not batch.doubtful or not tried or columns_of(tried[0]) == columns_of(places)

    def assume(self, batch: Batch, sheet_id: int, places: tuple[str, ...]) -> None:
        """Record that a batch is about to be sent, and for which columns.

        Args:
            batch: the batch.
            sheet_id: the worksheet.
            places: for each column our key, or "".
        """
        written = Written(batch.sequence, sheet_id, (places,))
        with self._ledger.transaction():
            self._ledger.mark_sent(batch.sequence)
            self._keep(written)
        self._written = written

    # -- when it has landed

    def landed(self, batch: Batch, after: Layout, pruned: Sequence[int]) -> None:
        """Take in the answer that a batch has landed; what is left to be done is durable when this returns.

        Args:
            batch: the batch.
            after: the columns as they were when it landed.
            pruned: numbers of stamps that were deleted in the same call.
        """
        written = self._of(batch)
        astray = bool(after.places) and columns_of(after.places) != columns_of(written.tried[0])
        written = msgspec.structs.replace(written, landed=True, astray=astray)
        if astray or pruned:
            with self._ledger.transaction():
                self._ledger.pruned(pruned)
                if astray:
                    self._keep(written)
        self._written, self._everywhere = written, False
        self.astray += astray
        self._look = not self._books.peek(batch.spreadsheet).seen(after)

    def found(self, batch: Batch) -> None:
        """Take in that a batch turned out to have landed, nobody knows among which columns."""
        self._written = msgspec.structs.replace(self._of(batch), landed=True)
        self._look, self._everywhere = True, False

    def has_landed(self, batch: Batch) -> bool:
        """Tell whether a batch has landed, and only its place is in question."""
        return self._written.landed and self._written.sequence == batch.sequence

    @property
    def busy(self) -> str:
        """What is being done, for a person; "" where nothing is."""
        if not (self._written.landed and self._written.astray):
            return ""
        return f"columns were moved during a write: the rows of batch {self._written.sequence} are put under them again"

    def settled(self) -> None:
        """Record that nothing is left to be done; inside the transaction that records the batch as landed."""
        if self._written.astray:
            self._ledger.set_fact(_FACT, "")
            self._ledger.set_fact(_FORMER_FACT, "")
        self._written = Written()

    def step(self, batch: Batch, rows: Callable[[], Sequence[Row]]) -> bool:
        """Do the next thing for a batch that has landed; what was learnt stays when a call fails.

        Args:
            batch: the batch.
            rows: gives its rows as they may be written now.

        Returns:
            whether all of it is done.

        Raises:
            CallFailed: a call failed or was held back; it has to be repeated.
            FencedError, FullError, TargetBlockedError: the spreadsheet cannot be written to.
        """
        try:
            return self._step(batch, rows)
        except HeldBack:
            raise
        except Missing:
            if batch.spreadsheet == self._books.current():
                raise
            return True  # deleted, and replaced by another one in the settings: its rows are gone with it
        except CallFailed:
            # Whatever it was, the worksheet may be another one now.
            self._books.peek(batch.spreadsheet).sheet = None
            self._look = True
            raise

    def _step(self, batch: Batch, rows: Callable[[], Sequence[Row]]) -> bool:
        book, written = batch.spreadsheet, self._of(batch)
        if self._look:
            self._books.look_again(book)
            self._look = False
        target = self._books.ready(book)
        sheet = target.sheet
        assert sheet is not None
        places = sheet.layout.places
        if written.sheet_id not in {None, sheet.sheet_id} or not written.tried:
            return True  # the worksheet was deleted, and its rows with it
        if not written.astray:
            if columns_of(places) == columns_of(written.tried[0]):
                return True
            self.astray += 1
        # The columns that are about to be written for count as tried before they are.
        tried = written.tried if places in written.tried else (*written.tried, places)
        written = msgspec.structs.replace(written, tried=tried, astray=True)
        if written != self._written:
            with self._ledger.transaction():
                self._keep(written)
            self._written = written
        wait_s = self._write_wait_s(book)
        if wait_s > 0:  # between reading and writing a person should have no time to sort
            raise HeldBack("the quota's share is used up for now", retry_after_s=wait_s)
        wanted = rows()
        found = find_rows(self._http, book, sheet, tried, wanted, everywhere=self._everywhere)
        if found.lacks(wanted) and not self._everywhere:
            self._everywhere, self._look, target.sheet = True, True, None
            return False
        if not found.rows:
            self._report("columns were moved during a write, and its rows are not in the worksheet any more")
            return True
        after = put_home(self._http, target, tried, found)
        if columns_of(after.places) == columns_of(places):
            self._report(
                f"columns were moved during a write: {len(found.rows)} rows were put under their headers again"
            )
            return True
        self._look = not target.seen(after)
        return False


def columns_of(places: Sequence[str]) -> dict[str, int]:
    """Return the column of each of our keys."""
    return {key: column for column, key in enumerate(places) if key}
