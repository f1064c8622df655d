"""A clock that follows the machine's without its jumps: no lease may expire because a clock was set."""

from __future__ import annotations

import time
from collections.abc import Callable

SLEW = 0.1
"""Share of the time that passed by which the clock may run faster or slower, to come up with the machine's."""

TRUSTED_MS = 50.0
"""A difference below this is ordinary adjustment, and taken over at once if it does not lead back."""


class SteadyClock:
    """Milliseconds since 1970 UTC that never go back and never jump.

    Args:
        wall: gives seconds since 1970 UTC.
        passing: gives seconds of a clock that cannot be set.
    """

    def __init__(self, wall: Callable[[], float] = time.time, passing: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._passing = passing
        self._last = passing()
        self._shown = wall() * 1000

    def __call__(self) -> int:
        """Read the clock, milliseconds since 1970 UTC."""
        now = self._passing()
        elapsed = (now - self._last) * 1000
        self._last = now
        ahead = self._wall() * 1000 - (self._shown + elapsed)
        limit = elapsed * SLEW
        correction = ahead if 0 <= ahead < TRUSTED_MS else max(-limit, min(limit, ahead))
        self._shown += max(0.0, elapsed + correction)
        return int(self._shown)
