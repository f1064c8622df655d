"""What became of each feed's messages in a partition: counted in memory, committed with the turn."""

from __future__ import annotations

from messages.session import TALLY, Tally
from messages.wire import encode
from store.partition import PartitionState, Turn

KEPT = 64
"""Feeds whose counts stay in memory; those of others are read again."""


class RunTallies:
    """Counts by feed.

    Args:
        state: where they are read.
    """

    def __init__(self, state: PartitionState) -> None:
        self._state = state
        self._tallies: dict[str, Tally] = {}
        self._changed: set[str] = set()

    def count(
        self, run: str, now_ms: int, *, rows: int = 0, duplicates: int = 0, late: int = 0, set_aside: int = 0
    ) -> None:
        """Add to a feed's counts.

        Args:
            run: the feed's name; "" is not counted.
            now_ms: the time, milliseconds since 1970 UTC.
            rows: messages that became rows.
            duplicates: messages that had been finished before.
            late: rows out of order.
            set_aside: messages in the dead-letter queue.
        """
        if not run:
            return
        tally = self._tallies.get(run)
        if tally is None:
            raw = self._state.tally(run)
            tally = Tally() if raw is None else TALLY.decode(raw)
        self._tallies[run] = Tally(
            rows=tally.rows + rows,
            duplicates=tally.duplicates + duplicates,
            late=tally.late + late,
            set_aside=tally.set_aside + set_aside,
            last_ms=now_ms,
        )
        self._changed.add(run)

    def write(self, turn: Turn) -> None:
        """Put what has changed into a turn."""
        for run in self._changed:
            turn.put_tally(run, encode(self._tallies[run]))

    def committed(self) -> None:
        """Note that what ``write`` put in is durable."""
        self._changed.clear()
        if len(self._tallies) > KEPT:
            self._tallies.clear()
