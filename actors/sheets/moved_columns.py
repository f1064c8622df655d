"""Columns that a person moves while a batch is under way: noticed, and its cells brought to where they belong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from actors.sheets.astray import bring_home
from actors.sheets.batch import Batch
from actors.sheets.ledger import Ledger
from actors.sheets.spreadsheets import Spreadsheets
from messages.row import Row


class MovedColumns:
    """Remembers for which columns a batch was written.

    Args:
        ledger: keeps it, in case that the answer is lost and the process dies.
        http: gspread's HTTP client.
        books: the spreadsheets.
        report: told what a person should know.
    """

    def __init__(self, ledger: Ledger, http: Any, books: Spreadsheets, report: Callable[[str], None]) -> None:
        self._ledger, self._http, self._books, self._report = ledger, http, books, report
        self._assumed: tuple[str, ...] = ()
        self.astray = 0

    def assume(self, batch: Batch, places: tuple[str, ...]) -> None:
        """Record that a batch is about to be sent, and for which columns.

        Args:
            batch: the batch.
            places: for each column our key, or "".
        """
        with self._ledger.transaction():
            self._ledger.mark_sent(batch.sequence)
            if places != self._assumed:
                self._ledger.set_fact("places", ",".join(places))
        self._assumed = places

    def assumed(self) -> tuple[str, ...]:
        """Return the columns that the last attempt took for ours."""
        return tuple(self._ledger.fact("places").split(","))

    def settle(self, batch: Batch, assumed: tuple[str, ...], rows: Sequence[Row]) -> None:
        """Bring a batch's cells to where their headers are now; repeating it changes nothing.

        Args:
            batch: the batch, which landed.
            assumed: the columns that it was written for.
            rows: its rows as they are written.

        Raises:
            CallFailed: the calls failed; it has to be repeated.
        """
        target = self._books.ready(batch.spreadsheet)
        self._books.inspect(target)
        sheet = target.sheet
        assert sheet is not None
        if columns_of(sheet.layout.places) == columns_of(assumed):
            return
        self.astray += 1
        moved = bring_home(self._http, batch.spreadsheet, sheet, assumed, rows)
        if moved:
            self._report(f"columns were moved during a write: {moved} rows were put under their headers again")


def columns_of(places: Sequence[str]) -> dict[str, int]:
    """Return the column of each of our keys."""
    return {key: column for column, key in enumerate(places) if key}
