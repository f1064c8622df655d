"""Empties what spreadsheets hold of conversations that were asked to be forgotten, one spreadsheet at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Sequence
from typing import Any

from actors.sheets.columns import serial_ms
from actors.sheets.errors import CallFailed, HeldBack, Missing
from actors.sheets.forgetting import Forgetting
from actors.sheets.ledger import Ledger
from actors.sheets.redaction import EMPTIED, MARK, MARKED, Request, begins_row_id, left_id, person_of
from actors.sheets.sheet_rows import (
    MOST_REMEMBERED,
    MOST_ROWS,
    PERSONAL,
    FoundRow,
    OurSheet,
    Writing,
    our_sheets,
    overwrite,
    read_rows,
)

_RETRY_S = 15.0
_MOST_RETRY_S = 600.0
_KEYS = ("row_id", "conversation", "sender", "received", "message_id")


class Sweep:
    """Works through the requests whose rows are in spreadsheets already.

    Args:
        forgetting: the requests.
        ledger: where it stands.
        http: gspread's HTTP client, whose gate is the governor.
        clock_ms: milliseconds since 1970 UTC.
        report: told what a person should know.
        wait_s: in how many seconds a write to a spreadsheet could go out: nothing is read before.
    """

    def __init__(
        self,
        forgetting: Forgetting,
        ledger: Ledger,
        http: Any,
        clock_ms: Callable[[], int],
        report: Callable[[str], None],
        *,
        wait_s: Callable[[str], float] = lambda _spreadsheet: 0.0,
    ) -> None:
        self._forgetting, self._ledger, self._http = forgetting, ledger, http
        self._clock_ms, self._report, self._write_wait_s = clock_ms, report, wait_s
        self._not_before: dict[str, float] = {}
        self._wait_s: dict[str, float] = {}  # of those that failed
        self._told: dict[str, str] = {}

    def step(self, busy: Container[str]) -> bool:
        """Empty one spreadsheet of all that is asked for, if there is one that can be worked on now.

        Args:
            busy: spreadsheets with open batches, in which rows of before may land yet.

        Returns:
            whether something was done.

        Raises:
            LedgerError: the disk fails; it is done again.
        """
        for spreadsheet, requests in self._forgetting.pending().items():
            if spreadsheet in busy or self._clock_ms() < self._not_before.get(spreadsheet, 0.0):
                continue
            if (wait_s := self._write_wait_s(spreadsheet)) > 0:
                self._put_off(spreadsheet, wait_s)
                continue
            try:
                if not self._empty(spreadsheet, requests):
                    return True  # a part was written, and the rest follows
            except HeldBack as error:
                self._put_off(spreadsheet, error.retry_after_s or 1.0)
                return False
            except Missing:
                self._report(f"{spreadsheet} is gone, and what was to be forgotten with it")
            except CallFailed as error:
                self._failed(spreadsheet, error)
                return False
            self._forgetting.finish(spreadsheet, requests)
            self._wait_s.pop(spreadsheet, None)
            return True
        return False

    def _put_off(self, spreadsheet: str, wait_s: float) -> None:
        self._not_before[spreadsheet] = self._clock_ms() + wait_s * 1000

    def _failed(self, spreadsheet: str, error: CallFailed) -> None:
        wait_s = self._wait_s.get(spreadsheet, _RETRY_S)
        self._wait_s[spreadsheet] = min(_MOST_RETRY_S, 2 * wait_s)
        self._put_off(spreadsheet, max(wait_s, error.retry_after_s or 0.0))
        self._forgetting.troubled(spreadsheet, str(error))
        if self._told.get(spreadsheet) != str(error):
            self._told[spreadsheet] = str(error)
            self._report(f"{spreadsheet}: not yet emptied of what was asked to be forgotten: {error}")

    def soon(self) -> bool:
        """Tell whether something is left that only waits for its share of the quota."""
        return any(spreadsheet not in self._wait_s for spreadsheet in self._forgetting.pending())

    def hurry(self) -> None:
        """Look again at once, also where it failed before."""
        self._not_before.clear()
        self._wait_s.clear()

    def _empty(self, spreadsheet: str, requests: Sequence[Request]) -> bool:
        """Empty as many rows as one write takes; True where none is left."""
        for sheet in our_sheets(self._http, spreadsheet):
            found = read_rows(self._http, spreadsheet, sheet, _KEYS)
            if not any(_whose(row, requests) for row in found):
                continue
            if sheet.rows <= MOST_REMEMBERED:
                found = read_rows(self._http, spreadsheet, sheet, (*_KEYS, *PERSONAL))
            if self._empty_sheet(spreadsheet, sheet, found, requests):
                return False
        return True

    def _empty_sheet(
        self, spreadsheet: str, sheet: OurSheet, found: Sequence[FoundRow], requests: Sequence[Request]
    ) -> int:
        """Empty rows of one worksheet, and return how many."""
        writings: list[Writing] = []
        counts: Counter[str] = Counter()
        for row in found:
            person = _whose(row, requests)
            if person and len(writings) < MOST_ROWS:
                writings.append(Writing(row.number, row.text("row_id"), _left(row)))
                counts[person] += 1
        lost = overwrite(self._http, spreadsheet, sheet, writings, found)
        if lost:
            self._report(
                f"{spreadsheet}: worksheet {sheet.title!r} was sorted while rows were emptied, and the rows "
                f"{', '.join(lost[:20])} were emptied with them; the spreadsheet's version history has their texts"
            )
        with self._ledger.transaction():
            self._forgetting.emptied(counts)
        return len(writings)


def _left(row: FoundRow) -> dict[str, str]:
    """Return what the personal cells of a row hold when it is emptied."""
    message_id = left_id(row.text("message_id"), row.text("conversation"), row.text("sender"))
    return {**dict.fromkeys(MARKED, MARK), **dict.fromkeys(EMPTIED, ""), "message_id": message_id}


def _whose(row: FoundRow, requests: Sequence[Request]) -> str:
    """Return the person of the request that a row falls under, "" where none."""
    received = row.cells.get("received")
    at_ms = serial_ms(received) if isinstance(received, int | float) and not isinstance(received, bool) else None
    conversation, row_id = row.text("conversation"), row.text("row_id")
    for request in requests:
        if at_ms is not None and at_ms > request.asked_ms:
            continue
        if conversation:
            if person_of(conversation) == request.shown:
                return request.person
        elif begins_row_id(request.person, row_id) and row.text("sender") != MARK:
            return request.person  # the cell was cleared, or its column deleted
    return ""
