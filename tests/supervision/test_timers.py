"""One heap of timers, few wakeups."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from supervision.timers import Timers


class Clock:
    """A clock that is set by hand, with a list of the wakeups that were asked for."""

    def __init__(self) -> None:
        self.now = 0.0
        self.wakeups: list[float] = []
        self.timers = Timers(lambda: self.now, lambda seconds: self.wakeups.append(self.now + seconds))

    def run(self, until: float) -> None:
        """Pass the time, wakeup by wakeup; like Thespian, overdue ones come latest first."""
        while due := sorted(at for at in self.wakeups if at <= until):
            self.now = max(self.now, due[0])
            self.wakeups.remove(due[0])
            for call in self.timers.woken():
                call()
        self.now = until


def test_overdue_timers_run_in_order() -> None:
    clock = Clock()
    ran: list[int] = []
    for delay in (3, 1, 2):
        clock.timers.after(delay, lambda delay=delay: ran.append(delay))  # type: ignore[misc]
    clock.now = 10.0
    for call in clock.timers.woken():
        call()
    assert ran == [1, 2, 3]


def test_a_later_timer_asks_for_no_wakeup_of_its_own() -> None:
    clock = Clock()
    for delay in (1.0, 2.0, 3.0, 4.0):
        clock.timers.after(delay, lambda: None)
    assert clock.wakeups == [1.0]
    clock.run(1.0)
    assert clock.wakeups == [2.0]


def test_a_timer_of_the_same_key_replaces_the_waiting_one() -> None:
    clock = Clock()
    ran: list[str] = []
    clock.timers.after(1.0, lambda: ran.append("first"), key="k")
    clock.timers.after(2.0, lambda: ran.append("second"), key="k")
    clock.run(5.0)
    assert ran == ["second"]


def test_a_wakeup_that_comes_a_little_early_loses_no_timer() -> None:
    clock = Clock()
    ran: list[str] = []
    clock.timers.after(1.0, lambda: ran.append("late"))
    clock.now = 1.0 - 1e-9
    clock.wakeups.clear()
    assert clock.timers.woken() == []
    assert len(clock.wakeups) == 1
    clock.run(2.0)
    assert ran == ["late"]


def test_cancelled_timers_do_not_pile_up() -> None:
    clock = Clock()
    for _ in range(10_000):
        clock.timers.after(1000.0, lambda: None).cancel()
        clock.timers.after(500.0, lambda: None, key="k")
    assert len(clock.timers) == 1
    assert len(clock.timers._heap) < 200
    assert len(clock.wakeups) < 5


@given(st.lists(st.tuples(st.floats(0, 50), st.booleans(), st.floats(0, 5)), max_size=40))
def test_every_timer_runs_once_at_its_time_unless_cancelled(plan: list[tuple[float, bool, float]]) -> None:
    clock = Clock()
    ran: list[int] = []
    wanted: list[tuple[float, int]] = []
    for number, (delay, cancelled, pause) in enumerate(plan):
        timer = clock.timers.after(delay, lambda number=number: ran.append(number))  # type: ignore[misc]
        if cancelled:
            timer.cancel()
        else:
            wanted.append((clock.now + delay, number))
        clock.run(clock.now + pause)
    clock.run(1000.0)
    assert sorted(ran) == sorted(number for _, number in wanted)
    due = {number: at for at, number in wanted}
    assert all(due[a] <= due[b] or a < b for a, b in itertools.pairwise(ran))
    assert clock.wakeups == []
