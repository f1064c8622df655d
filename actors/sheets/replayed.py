"""Refused rows that are to be written again, as one more log beside the partitions' logs."""

from __future__ import annotations

from collections.abc import Sequence

from actors.sheets.backlog import RowSource
from actors.sheets.ledger import KEPT_PARTITION, Ledger


class WithReplayed:
    """A source of rows with the ledger's own log of replayed rows.

    Args:
        source: the logs of the partitions, or another source.
        ledger: holds the replayed rows until they are done.
    """

    def __init__(self, source: RowSource, ledger: Ledger) -> None:
        self._source, self._ledger = source, ledger

    def partitions(self) -> Sequence[int]:
        """Return the source's partitions, and that of replayed rows where rows were ever replayed."""
        replayed = self._ledger.fact("next_kept") != ""
        return [*self._source.partitions(), *([KEPT_PARTITION] if replayed else [])]

    def read(self, partition: int, start: int, limit: int, max_bytes: int) -> list[tuple[int, bytes]]:
        """Return positions and rows from a position on."""
        if partition != KEPT_PARTITION:
            return self._source.read(partition, start, limit, max_bytes)
        found = self._ledger.fetch(
            "SELECT position,data FROM kept WHERE partition=? AND position>=? ORDER BY position LIMIT ?",
            (KEPT_PARTITION, start, limit),
        )
        size = 0
        rows: list[tuple[int, bytes]] = []
        for position, data in found:
            rows.append((int(position), bytes(data)))
            size += len(data)
            if size >= max_bytes:
                break
        return rows
