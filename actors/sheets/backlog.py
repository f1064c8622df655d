"""Rows that wait: read from their logs, decoded once, bounded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from actors.sheets.batch import Entry, Span
from actors.sheets.batching import Item
from actors.sheets.errors import SheetsError
from actors.sheets.ledger import Ledger
from messages.row import ROW, Row
from messages.wire import WireError

_FIXED_BYTES = 900  # of a row in a request: braces and names of 24 cells
_READ_BYTES = 8_000_000


class RowSource(Protocol):
    """Where rows come from: logs that only grow, one a partition."""

    def partitions(self) -> Sequence[int]:
        """Return the partitions that are there."""

    def read(self, partition: int, start: int, limit: int, max_bytes: int) -> list[tuple[int, bytes]]:
        """Return positions and rows from a position on, in order."""


class RowsGoneError(SheetsError):
    """Rows of an open batch are not in their log any more."""


class Backlog:
    """A bounded look ahead over all partitions.

    Args:
        source: the logs.
        ledger: how far each is done.
        window: most rows that are held.
    """

    def __init__(self, source: RowSource, ledger: Ledger, window: int) -> None:
        self._source, self._ledger, self._window = source, ledger, window
        self.waiting: dict[int, list[Item]] = {}
        self._next: dict[int, int] = {}
        self._taken: dict[int, set[int]] = {}

    def refill(self) -> list[tuple[Entry, str]]:
        """Read on in each partition.

        Returns:
            entries that are no rows, with the reason; they are not among those that wait.
        """
        bad: list[tuple[Entry, str]] = []
        partitions = self._source.partitions()
        share = max(1, self._window // max(1, len(partitions)))
        for partition in partitions:
            items = self.waiting.setdefault(partition, [])
            room = share - len(items)
            if room < max(1, share // 4):
                continue
            start = max(self._next.get(partition, 0), self._ledger.mark(partition))
            found = self._source.read(partition, start, room, _READ_BYTES)
            if not found:
                continue
            self._next[partition] = found[-1][0] + 1
            done = [range(a, b) for a, b in self._ledger.ahead(partition)]
            taken = self._taken.get(partition, set())
            at_ms = items[-1].at_ms if items else 0
            for position, data in found:
                if position in taken or any(position in part for part in done):
                    continue
                entry = Entry(partition, position, bytes(data))
                try:
                    row = ROW.decode(entry.data)
                except WireError as error:
                    bad.append((entry, str(error)))
                    continue
                at_ms = max(at_ms, row.committed_ms)
                items.append(Item(entry, row, len(entry.data) + _FIXED_BYTES, at_ms))
        return bad

    def claim(self, spans: Iterable[Span]) -> None:
        """Leave out rows of open batches that an earlier life planned."""
        for span in spans:
            self._taken.setdefault(span.partition, set()).update(range(span.start, span.stop))

    def remove(self, chosen: Sequence[Item]) -> None:
        """Take chosen rows out of those that wait."""
        gone: dict[int, set[int]] = {}
        for item in chosen:
            gone.setdefault(item.entry.partition, set()).add(item.entry.position)
        for partition, positions in gone.items():
            self.waiting[partition] = [i for i in self.waiting[partition] if i.entry.position not in positions]

    def count(self) -> int:
        """Return how many rows wait in the look ahead."""
        return sum(map(len, self.waiting.values()))

    def fetch(self, spans: Iterable[Span]) -> list[tuple[Entry, Row]]:
        """Read the rows of a batch again.

        Args:
            spans: the batch's rows.

        Returns:
            its entries and rows, in the batch's order.

        Raises:
            RowsGoneError: the logs do not hold them all.
        """
        rows: list[tuple[Entry, Row]] = []
        cache: dict[int, dict[int, bytes]] = {}
        spans = list(spans)
        for partition in {span.partition for span in spans}:
            cache[partition] = self._read_range(partition, [s for s in spans if s.partition == partition])
        for span in spans:
            for position in range(span.start, span.stop):
                data = cache[span.partition].get(position)
                if data is None:
                    raise RowsGoneError(f"row {position} of partition {span.partition} is not in its log any more")
                entry = Entry(span.partition, position, data)
                rows.append((entry, ROW.decode(data)))
        return rows

    def _read_range(self, partition: int, spans: Sequence[Span]) -> dict[int, bytes]:
        start, stop = min(s.start for s in spans), max(s.stop for s in spans)
        # Rows whose log may be trimmed already, since another sink has gone on from there.
        found = self._ledger.kept(partition, start, stop)
        while start < stop and len(found) < stop - start:
            part = self._source.read(partition, start, min(5_000, stop - start), _READ_BYTES)
            if not part:
                break
            found.update((position, bytes(data)) for position, data in part if position < stop)
            start = part[-1][0] + 1
        return found
