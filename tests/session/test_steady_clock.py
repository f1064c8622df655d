"""The clock of leases and deadlines: it follows the machine's, without its jumps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.system.steady_clock import SteadyClock


class Times:
    """A machine's clocks: one that can be set, one that cannot."""

    def __init__(self) -> None:
        self.wall = 1_000_000.0
        self.passing = 50.0

    def go(self, seconds: float, jump: float = 0.0) -> None:
        self.passing += seconds
        self.wall += seconds + jump


def clock(times: Times) -> SteadyClock:
    return SteadyClock(lambda: times.wall, lambda: times.passing)


def test_it_shows_the_machines_time_while_that_is_steady() -> None:
    times = Times()
    steady = clock(times)
    times.go(3.5)
    assert steady() == 1_000_003_500


def test_a_jump_of_a_minute_expires_no_lease_and_is_caught_up_with() -> None:
    times = Times()
    steady = clock(times)
    before = steady()
    times.go(1.0, jump=60.0)
    assert steady() - before <= 1_100
    for _ in range(700):
        times.go(1.0)
        steady()
    assert abs(steady() - times.wall * 1000) <= 1


def test_a_clock_set_back_goes_on_slowly_and_never_back() -> None:
    times = Times()
    steady = clock(times)
    before = steady()
    times.go(1.0, jump=-3600.0)
    assert 900 <= steady() - before <= 1_000


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(-1e6, 1e6)), max_size=30))
def test_it_never_goes_back_and_never_runs_much_faster_than_time_passes(steps: list[tuple[float, float]]) -> None:
    times = Times()
    steady = clock(times)
    last = steady()
    for seconds, jump in steps:
        times.go(seconds, jump)
        now = steady()
        assert 0 <= now - last <= seconds * 1_100 + 51
        last = now
