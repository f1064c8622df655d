"""How far a feed's messages are: read from the partitions' tallies and the sink's cursors, asking no process."""

from __future__ import annotations

import time
from collections.abc import Callable

from actors.sheets.progress import sink_marks
from messages.session import TALLY, Tally
from store.errors import FolderMissing
from store.folder import DataFolder
from store.partition import PartitionReader


class FeedProgress:
    """Reads what became of a feed's messages.

    Args:
        folder: the data folder.
        run: the feed's name.
    """

    def __init__(self, folder: DataFolder, run: str) -> None:
        self._folder = folder
        self._run = run
        self._readers: dict[int, PartitionReader] = {}

    def _reader(self, partition: int) -> PartitionReader | None:
        if partition not in self._readers:
            try:
                self._readers[partition] = PartitionReader(self._folder.state(partition))
            except FolderMissing:
                return None
        return self._readers[partition]

    def tally(self) -> Tally:
        """Add the partitions' tallies up."""
        rows = duplicates = late = set_aside = last_ms = 0
        for partition in range(self._folder.partitions):
            reader = self._reader(partition)
            raw = reader.tally(self._run) if reader else None
            if raw is not None:
                part = TALLY.decode(raw)
                rows += part.rows
                duplicates += part.duplicates
                late += part.late
                set_aside += part.set_aside
                last_ms = max(last_ms, part.last_ms)
        return Tally(rows=rows, duplicates=duplicates, late=late, set_aside=set_aside, last_ms=last_ms)

    def committed_rows(self) -> dict[int, int]:
        """Give the position behind the last committed row of each partition."""
        found = {}
        for partition in range(self._folder.partitions):
            reader = self._reader(partition)
            if reader is not None:
                found[partition] = reader.rows_next
        return found

    def waiting_rows(self, committed: dict[int, int] | None = None) -> int:
        """Count the committed rows that no sink has written yet.

        Args:
            committed: up to where, as ``committed_rows`` gave it; None for all that are there now.
        """
        if committed is None:
            committed = self.committed_rows()
        cursors = sink_marks(self._folder)
        return sum(max(0, position - cursors.get(partition, 0)) for partition, position in committed.items())

    def wait(
        self,
        expected: int,
        *,
        stalled_s: float,
        shown: Callable[[Tally], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Tally:
        """Wait until all messages are done and their rows are in the sink.

        Args:
            expected: how many were taken in.
            stalled_s: give up when nothing has moved for so long, seconds.
            shown: called with each new tally.
            sleep: waits.

        Returns:
            the last tally; its ``finished`` is below ``expected`` when it was given up.
        """
        last: tuple[int, int] = (-1, -1)
        moved = time.monotonic()
        committed: dict[int, int] | None = None
        while True:
            tally = self.tally()
            done = tally.finished >= expected
            if done and committed is None:
                # Taken once: on a busy system others' rows never end.
                committed = self.committed_rows()
            state = (tally.finished, self.waiting_rows(committed) if committed is not None else -1)
            if state != last:
                last, moved = state, time.monotonic()
                shown(tally)
            if (done and state[1] == 0) or time.monotonic() - moved > stalled_s:
                return tally
            sleep(0.02)

    def close(self) -> None:
        """Close the readers."""
        for reader in self._readers.values():
            reader.close()
