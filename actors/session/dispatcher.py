"""Hands work to a pool by credits: micro-batches, deadlines, and a second chance on another worker.

A batch grows while all credits are used, so that load makes batches larger and calm makes them small. The batch that a
worker died or hung on is sent again item by item, so that one poisonous item cannot take others with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

import msgspec

Item = TypeVar("Item")


class DispatchPolicy(msgspec.Struct, frozen=True):
    """Bounds of dispatching.

    Attributes:
        batch: the most items in a batch.
        credits: the most batches in flight at one worker.
        weight: the most that a batch of several items may weigh; with texts of 64 KB a full batch would take longer
            than its deadline.
        deadline_ms: after this a worker that has not answered is taken for hung, milliseconds.
    """

    batch: int = 128
    credits: int = 2
    weight: int = 200_000
    deadline_ms: int = 10_000


class Flight(NamedTuple, Generic[Item]):
    """A batch on its way.

    Attributes:
        number: its number.
        worker: who has it.
        items: what it holds, by key.
        deadline_ms: when it is overdue, milliseconds since 1970 UTC.
        alone: it is a second chance and holds one item.
    """

    number: int
    worker: str
    items: dict[int, Item]
    deadline_ms: int
    alone: bool


class Lost(NamedTuple, Generic[Item]):
    """Items whose worker died or hung while they were alone: theirs is the fault."""

    items: list[Item]
    worker: str


class Dispatcher(Generic[Item]):
    """Queue of work, and the batches in flight.

    Args:
        policy: the bounds.
        clock: gives milliseconds since 1970 UTC.
        blame: tells which batch a worker that died or hangs was working on: its number, 0 if it was none of these
            batches, None if that is not known (then the oldest is taken for it, since workers keep the order).
        weigh: tells an item's weight, in characters of text.
        requeued: hears of items that wait for a worker again.
    """

    def __init__(
        self,
        policy: DispatchPolicy,
        clock: Callable[[], int],
        blame: Callable[[str], int | None] = lambda _: None,
        weigh: Callable[[Item], int] = lambda _: 0,
        requeued: Callable[[Iterable[Item]], None] = lambda _: None,
    ) -> None:
        self._requeued = requeued
        self._weigh = weigh
        self._policy = policy
        self._clock = clock
        self._blame = blame
        self._queue: deque[Item] = deque()
        self._again: deque[Item] = deque()
        self._back: deque[tuple[dict[int, Item], bool]] = deque()
        self._flights: dict[int, Flight[Item]] = {}
        self._used: dict[str, int] = {}
        self._idle: set[str] = set()
        self._number = 0
        self._key = 0

    def offer(self, item: Item) -> None:
        """Queue an item."""
        self._queue.append(item)

    def offer_alone(self, item: Item) -> None:
        """Queue an item that failed before: it shares its batch with none."""
        self._again.append(item)

    def set_workers(self, names: Iterable[str]) -> Lost[Item]:
        """Tell who works now; what was in flight at others is queued again.

        Returns:
            the items that were alone with a worker that is gone.
        """
        now = set(names)
        gone = [worker for worker in self._used if worker not in now]
        lost: list[Item] = []
        for worker in gone:
            lost.extend(self._give_up(worker))
        for worker in now:
            self._used.setdefault(worker, 0)
        return Lost(lost, ",".join(gone))

    def let_work(self, worker: str, *, work: bool) -> None:
        """Tell that a worker takes new work, or takes none for now; what it holds already is not asked back.

        Args:
            worker: its name; it need not be known yet.
            work: whether it does.
        """
        if work:
            self._idle.discard(worker)
        else:
            self._idle.add(worker)

    def drop_worker(self, name: str) -> list[Item]:
        """Take a worker out of use; what was in flight there is queued again.

        Returns:
            the items that were alone with it.
        """
        return self._give_up(name)

    def _give_up(self, worker: str) -> list[Item]:
        self._used.pop(worker, None)
        self._idle.discard(worker)
        lost: list[Item] = []
        held = [flight for flight in self._flights.values() if flight.worker == worker]
        blamed = self._blame(worker) if held else 0
        if blamed is None:
            blamed = held[0].number
        for flight in held:
            del self._flights[flight.number]
            if flight.number != blamed:
                # It only waited in the worker's mailbox: it goes to another as it was.
                self._back.append((flight.items, flight.alone))
                self._requeued(flight.items.values())
            elif len(flight.items) == 1:
                lost.extend(flight.items.values())
            else:
                self._again.extend(flight.items.values())
                self._requeued(flight.items.values())
        return lost

    def take(self) -> Flight[Item] | None:
        """Form the next batch for the least busy worker that has credit.

        Returns:
            the batch, now in flight; None when there is no work or no credit.
        """
        worker = self._free_worker()
        if worker is None:
            return None
        keyed: dict[int, Item] = {}
        alone = False
        if self._back:
            keyed, alone = self._back.popleft()
        elif self._again:
            keyed, alone = self._keyed([self._again.popleft()]), True
        elif self._queue:
            keyed = self._keyed(self._portion())
        else:
            return None
        self._number += 1
        flight = Flight(self._number, worker, keyed, self._clock() + self._policy.deadline_ms, alone)
        self._flights[flight.number] = flight
        self._used[worker] += 1
        return flight

    def _portion(self) -> list[Item]:
        portion = [self._queue.popleft()]
        weight = self._weigh(portion[0])
        while self._queue and len(portion) < self._policy.batch:
            weight += self._weigh(self._queue[0])
            if weight > self._policy.weight:
                break
            portion.append(self._queue.popleft())
        return portion

    def _keyed(self, items: list[Item]) -> dict[int, Item]:
        keyed: dict[int, Item] = {}
        for item in items:
            self._key += 1
            keyed[self._key] = item
        return keyed

    def _free_worker(self) -> str | None:
        working = self._used if not self._idle else [name for name in self._used if name not in self._idle]
        best = min(working, key=self._used.__getitem__, default=None)
        return best if best is not None and self._used[best] < self._policy.credits else None

    def answered(self, number: int) -> Flight[Item] | None:
        """Settle a batch.

        Args:
            number: the batch's.

        Returns:
            the batch, or None if it was given up before.
        """
        flight = self._flights.pop(number, None)
        if flight is not None and flight.worker in self._used:
            self._used[flight.worker] -= 1
        return flight

    def handed_back(self, number: int) -> None:
        """Queue a batch again that its worker has not begun; it stays as it was, and goes before what is queued.

        Args:
            number: the batch's.
        """
        flight = self.answered(number)
        if flight is not None:
            self._back.append((flight.items, flight.alone))
            self._requeued(flight.items.values())

    def overdue(self) -> list[str]:
        """Name the workers that hold a batch past its deadline."""
        now = self._clock()
        return sorted({flight.worker for flight in self._flights.values() if flight.deadline_ms <= now})

    @property
    def queued(self) -> int:
        """How many items wait."""
        return len(self._queue) + len(self._again) + sum(len(items) for items, _ in self._back)

    @property
    def in_flight(self) -> int:
        """How many batches are on their way."""
        return len(self._flights)
