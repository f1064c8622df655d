"""The sessions that are in memory: activated from their snapshots, passivated when idle or above a limit."""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice

from actors.session.ordering import Ordering, Released
from actors.session.session import SessionState
from actors.session.transitions import Phase, Trigger, next_phase
from messages.session import SNAPSHOT, Snapshot
from store.partition import PartitionState

PASSIVATE_AT_ONCE = 500
"""Sessions looked at in one go beyond those above the limit, so that a tick stays short."""


class Cell:
    """A resident session: its state, its mailbox, and what its order holds back."""

    __slots__ = ("dirty", "key", "mailbox", "ordering", "queued", "state", "touched_ms")

    def __init__(self, key: str, state: SessionState, ordering: Ordering, now_ms: int) -> None:
        self.key = key
        self.state = state
        self.ordering = ordering
        # A list, not a deque: an empty deque takes 760 bytes, and most mailboxes are empty.
        self.mailbox: list[Released] = []
        self.touched_ms = now_ms
        self.dirty = False
        self.queued = False

    @property
    def resting(self) -> bool:
        """True when nothing is in work, waiting, held back, or uncommitted."""
        return self.state.phase is Phase.IDLE and not self.mailbox and not self.ordering.waiting and not self.dirty


class Residents:
    """Sessions by conversation, the least recently used first.

    Args:
        state: where snapshots are read.
        limit: how many stay in memory.
        idle_ms: a session that rests this long is passivated, milliseconds.
    """

    def __init__(self, state: PartitionState, limit: int, idle_ms: int) -> None:
        self._state = state
        self._limit = limit
        self._idle_ms = idle_ms
        self._cells: OrderedDict[str, Cell] = OrderedDict()

    def __len__(self) -> int:
        return len(self._cells)

    def activate(self, key: str, now_ms: int) -> Cell:
        """Find a resident session, or bring it back from its snapshot.

        Args:
            key: the conversation's key.
            now_ms: the time, milliseconds since 1970 UTC.

        Returns:
            the resident session.

        Raises:
            WireError: its snapshot is damaged.
        """
        cell = self._cells.get(key)
        if cell is not None:
            cell.touched_ms = now_ms
            self._cells.move_to_end(key)
            return cell
        raw = self._state.session(key)
        snapshot = Snapshot(conversation=key) if raw is None else SNAPSHOT.decode(raw)
        ordering = Ordering(next_sequence=snapshot.next_sequence, high_water_ms=snapshot.high_water_ms)
        cell = Cell(key, SessionState(snapshot), ordering, now_ms)
        self._cells[key] = cell
        return cell

    def get(self, key: str) -> Cell | None:
        """Look a resident session up, without activating it."""
        return self._cells.get(key)

    def drop(self, key: str) -> None:
        """Put a session out of memory without a word: it is forgotten."""
        self._cells.pop(key, None)

    def all(self) -> list[Cell]:
        """List them, the least recently used first."""
        return list(self._cells.values())

    @property
    def above_limit(self) -> bool:
        """Whether there are more than may stay."""
        return len(self._cells) > self._limit

    def passivate(self, now_ms: int) -> int:
        """Put resting sessions out of memory: those above the limit, and those idle for long.

        Args:
            now_ms: the time, milliseconds since 1970 UTC.

        Returns:
            how many.
        """
        removed = 0
        over = len(self._cells) - self._limit
        for cell in list(islice(self._cells.values(), max(over, 0) + PASSIVATE_AT_ONCE)):
            if removed >= over and now_ms - cell.touched_ms < self._idle_ms:
                break
            if cell.resting:
                next_phase(cell.state.phase, Trigger.PASSIVATED)
                del self._cells[cell.key]
                removed += 1
        return removed
