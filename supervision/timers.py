"""One timer heap in an actor.

Thespian's wakeups cannot be cancelled and overdue ones arrive in reverse order, so an actor asks for one only when
its earliest timer is due before every wakeup that it already waits for, and runs what is due in order.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True, slots=True)
class Timer:
    """A call that is to be made.

    Attributes:
        due: when, seconds of the monotonic clock.
        number: keeps timers that are due at the same time in order.
        callback: the call; None once it was made or cancelled.
        key: at most one timer of a key waits.
    """

    due: float
    number: int
    callback: Callable[[], None] | None = field(compare=False)
    key: str | None = field(compare=False, default=None)

    def cancel(self) -> None:
        """Do not make the call; harmless when it was made."""
        self.callback = None

    @property
    def waiting(self) -> bool:
        """Whether the call is still to be made."""
        return self.callback is not None


class Timers:
    """Timers of one actor.

    Args:
        clock: seconds, monotonic.
        wake: asks for a wakeup after some seconds.
    """

    def __init__(self, clock: Callable[[], float], wake: Callable[[float], None]) -> None:
        self._clock = clock
        self._wake = wake
        self._heap: list[Timer] = []
        self._keyed: dict[str, Timer] = {}
        self._armed: list[float] = []
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return sum(timer.waiting for timer in self._heap)

    def after(self, seconds: float, callback: Callable[[], None], *, key: str | None = None) -> Timer:
        """Make a call later.

        Args:
            seconds: how much later; at or below 0 as soon as the messages at hand are done.
            callback: the call.
            key: replaces a waiting timer of the same key.

        Returns:
            the timer, to cancel it.
        """
        timer = Timer(self._clock() + max(seconds, 0.0), next(self._numbers), callback, key)
        if key is not None:
            earlier = self._keyed.get(key)
            if earlier is not None:
                earlier.cancel()
            self._keyed[key] = timer
        heapq.heappush(self._heap, timer)
        self._prune()
        self._arm()
        return timer

    def cancel(self, key: str) -> None:
        """Cancel the waiting timer of a key, if there is one."""
        timer = self._keyed.pop(key, None)
        if timer is not None:
            timer.cancel()

    def woken(self) -> list[Callable[[], None]]:
        """Take what is due; to be called once for each wakeup that comes.

        A wakeup can come a little early (it was asked for as a rounded difference of two times): so it is counted off
        by its coming, not by the clock, and what is not quite due gets a wakeup of its own.

        Returns:
            the calls to make, earliest first; each is given once.
        """
        now = self._clock()
        if self._armed:
            self._armed.remove(min(self._armed))
        due: list[Callable[[], None]] = []
        while self._heap and self._heap[0].due <= now:
            timer = heapq.heappop(self._heap)
            self._forget(timer)
            if timer.callback is not None:
                due.append(timer.callback)
                timer.callback = None
        self._prune()
        self._arm()
        return due

    def _forget(self, timer: Timer) -> None:
        if timer.key is not None and self._keyed.get(timer.key) is timer:
            del self._keyed[timer.key]

    def _prune(self) -> None:
        while self._heap and not self._heap[0].waiting:
            self._forget(heapq.heappop(self._heap))
        if len(self._heap) > 64 and sum(timer.waiting for timer in self._heap) * 2 < len(self._heap):
            # Cancelled timers in the middle would stay until they are due.
            self._heap = [timer for timer in self._heap if timer.waiting]
            heapq.heapify(self._heap)

    def _arm(self) -> None:
        if not self._heap:
            return
        due = self._heap[0].due
        if self._armed and min(self._armed) <= due:
            return
        self._armed.append(due)
        self._wake(max(due - self._clock(), 0.0))
