"""Readers give way to texts: while one is in work they stand still, but for a small share of the time.

Idle-class scheduling alone is not enough: a reader on the other core still takes the caches and the memory's bandwidth.
A reader that stands still takes nothing. All readers of a machine run in the same slices of time, so that several pools
disturb texts no longer than one.
"""

from __future__ import annotations

from collections.abc import Callable

POLL_S = 0.002
"""How often it is looked whether texts are in work while a reader is: a look costs some 20 microseconds."""
PERIOD_S = 0.5
"""Slices come so often. A long period with a long slice disturbs fewer texts than short ones of the same share."""

LINGER_S = 0.05
"""Readers go on so long after the last text: in the short gaps between texts of a busy time they would get little done,
and leave the caches cold for the next one."""
MOST_STILL_S = 30.0
"""A reader stands still for at most so long with one file, then it runs whoever is in work: a long recording has to be
read before its message's turn ends."""


class GivingWay:
    """Tells a reader when to run.

    Args:
        in_work: whether texts are in work.
        share: of the time in which readers run all the same, above 0 to 1.
    """

    def __init__(self, in_work: Callable[[], bool], share: float) -> None:
        self._in_work = in_work
        self._slice_s = share * PERIOD_S
        self._seen_s = float("-inf")

    def may_run(self, now_s: float) -> bool:
        """Tell whether readers may run now.

        Args:
            now_s: seconds, monotonic, the same for all processes of the machine.

        Returns:
            True while no text is or has just been in work, and in the slices.
        """
        if self._in_work():
            self._seen_s = now_s
        return now_s % PERIOD_S < self._slice_s or now_s - self._seen_s >= LINGER_S
