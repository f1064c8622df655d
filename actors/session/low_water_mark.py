"""The cursor of a partition: a mark before which everything is done.

Messages finish out of order. What finished beyond the mark is recognised after a crash by its dedup claim; what has
no claim of its own (duplicates) is remembered beside the mark, so that it is not counted twice.
"""

from __future__ import annotations

import msgspec

from store.partition import Turn


class LowWaterMark:
    """Keeps the mark and what is done beyond it.

    Args:
        cursor: the committed mark.
        beyond: what ``FACT`` holds, or None.
    """

    FACT = "done-beyond-cursor"

    def __init__(self, cursor: int, beyond: bytes | None) -> None:
        self.durable = cursor
        self._mark = cursor
        self._unclaimed = set(msgspec.msgpack.decode(beyond, type=list[int])) if beyond else set()
        self._unclaimed = {position for position in self._unclaimed if position >= cursor}
        self._done: set[int] = set(self._unclaimed)
        self._written_unclaimed = bool(self._unclaimed)
        self._advance()

    def is_done(self, position: int) -> bool:
        """Tell whether a position is finished already."""
        return position < self._mark or position in self._done

    def done(self, position: int, *, unclaimed: bool = False) -> None:
        """Note that a position is finished.

        Args:
            position: of the inbox entry.
            unclaimed: it has no dedup claim by which to know it after a crash.
        """
        if position >= self._mark:
            self._done.add(position)
            if unclaimed:
                self._unclaimed.add(position)

    def _advance(self) -> None:
        mark = self._mark
        while mark in self._done:
            self._done.remove(mark)
            mark += 1
        self._mark = mark

    def open_count(self, read_from: int) -> int:
        """Count what was read and is not done.

        Args:
            read_from: the next position to read.
        """
        return max(0, read_from - self._mark - len(self._done))

    def write(self, turn: Turn) -> bool:
        """Put the mark and what lies beyond it into a turn.

        Returns:
            True if there was anything to write.
        """
        self._advance()
        changed = self._mark != self.durable
        if changed:
            turn.set_cursor(self._mark)
        if self._unclaimed:
            self._unclaimed = {position for position in self._unclaimed if position >= self._mark}
        if self._unclaimed or self._written_unclaimed:
            turn.put_fact(self.FACT, msgspec.msgpack.encode(sorted(self._unclaimed)))
            changed = True
        return changed

    def committed(self) -> None:
        """Note that what ``write`` put in is durable."""
        self.durable = self._mark
        self._written_unclaimed = bool(self._unclaimed)
