"""The rows of open batches: planned in the ledger, held while they are in work, read again after a crash."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from actors.sheets.backlog import Backlog, RowsGoneError
from actors.sheets.batch import Batch, Entry, digest_of, former_digest_of, spans_of, split_spans
from actors.sheets.ledger import Ledger
from actors.sheets.target import TargetBlockedError
from messages.row import Row


class BatchRows:
    """What stands behind the batches' numbers.

    Args:
        ledger: where they are planned.
        backlog: gives rows of batches that an earlier life planned.
        clock_ms: milliseconds since 1970 UTC.
    """

    def __init__(self, ledger: Ledger, backlog: Backlog, clock_ms: Callable[[], int]) -> None:
        self._ledger, self._backlog, self._clock_ms = ledger, backlog, clock_ms
        self._held: dict[int, list[tuple[Entry, Row]]] = {}

    def plan(self, spreadsheet: str, rows: Sequence[tuple[Entry, Row]], rank: str = "") -> Batch:
        """Record a batch before it is sent; inside a transaction of the ledger.

        Args:
            spreadsheet: where it goes.
            rows: in the order of the sheet.
            rank: its place among the open batches, "" behind all others.

        Returns:
            the batch with its number.
        """
        spans = spans_of(entry for entry, _ in rows)
        batch = self._ledger.plan(spreadsheet, digest_of(rows), spans, self._clock_ms(), rank)
        self._held[batch.sequence] = list(rows)
        return batch

    def of(self, batch: Batch) -> list[tuple[Entry, Row]]:
        """Return a batch's rows.

        Raises:
            RowsGoneError: their log does not hold them any more.
            TargetBlockedError: they are not those that were planned.
        """
        if batch.sequence not in self._held:
            rows = self._backlog.fetch(batch.spans)
            if batch.digest not in {digest_of(rows), former_digest_of(rows)}:
                raise TargetBlockedError(f"the rows of batch {batch.sequence} are not those that were planned")
            self._held[batch.sequence] = rows
        return self._held[batch.sequence]

    def if_there(self, batch: Batch) -> list[tuple[Entry, Row]]:
        """Return a batch's rows; none where their log does not hold them any more."""
        try:
            return self.of(batch)
        except (RowsGoneError, TargetBlockedError):
            return []

    def drop(self, batch: Batch) -> None:
        """Hold a batch's rows no longer."""
        self._held.pop(batch.sequence, None)

    def halve(self, batch: Batch) -> tuple[Batch, ...]:
        """Record a batch void, and its halves.

        Returns:
            the halves, in order.
        """
        rows = self.of(batch)
        half = batch.rows // 2
        first, second = split_spans(batch.spans, half)
        assert first
        assert second
        with self._ledger.transaction():
            self._ledger.mark_void(batch, self._clock_ms())
            halves = (
                self.plan(batch.spreadsheet, rows[:half], batch.rank + ".0"),
                self.plan(batch.spreadsheet, rows[half:], batch.rank + ".1"),
            )
        self.drop(batch)
        return halves

    def move(self, batch: Batch, spreadsheet: str) -> Batch:
        """Record a batch void, and its rows anew as a batch that takes its place.

        Args:
            batch: the batch.
            spreadsheet: where its rows go now.

        Returns:
            the new batch.
        """
        rows = self.of(batch)
        with self._ledger.transaction():
            self._ledger.mark_void(batch, self._clock_ms())
            again = self.plan(spreadsheet, rows, batch.rank)
        self.drop(batch)
        return again
