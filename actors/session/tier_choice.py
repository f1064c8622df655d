"""Which tier of models live messages get: the best, until they wait too long for it.

A message that is answered late is worth less than one that is understood a little less well, so while live messages
wait, batches ask for a cheaper tier. Imports are in no hurry: they wait for the best. Falling is quick, rising slow
(hysteresis), and slower each time that a rise was followed by a fall, so that a steady overload does not make the
tier swing.
"""

from __future__ import annotations

from typing import Final, Literal, cast

import msgspec

from messages.understanding import Tier

LADDER: Final[tuple[Tier, ...]] = ("full", "reduced", "essential")
AUTO: Final = "auto"
LONGEST_REST_MS: Final = 300_000
"""The longest wait before the next try of a better tier."""

Wanted = Literal["auto", "full", "reduced", "essential"]


class TierPolicy(msgspec.Struct, frozen=True):
    """When a tier is left and taken up again.

    Attributes:
        tier: ``auto``, or the tier that is always asked for.
        fall_ms: a live message that waited longer makes the tier fall by one, milliseconds.
        fall_far_ms: one that waited longer makes it fall to the last, milliseconds.
        calm_ms: below this wait all is calm, milliseconds.
        rest_ms: calm has to last so long before the tier rises by one, milliseconds.
    """

    tier: Wanted = AUTO
    fall_ms: int = 2_000
    fall_far_ms: int = 15_000
    calm_ms: int = 500
    rest_ms: int = 10_000


class TierChoice:
    """Chooses the tier of each batch.

    Args:
        policy: the bounds.
    """

    def __init__(self, policy: TierPolicy) -> None:
        self._policy = policy
        self.wanted: Wanted = policy.tier
        self._step = 0
        self._calm_since: int | None = None
        self._rest_ms = policy.rest_ms
        self._changed_ms = 0
        self.falls = 0

    @property
    def tier(self) -> Tier:
        """The tier that is asked for now."""
        return LADDER[self._step] if self.wanted == AUTO else self.wanted

    def force(self, wanted: str) -> None:
        """Ask for one tier from now on, or choose again.

        Args:
            wanted: a tier, or ``auto``.

        Raises:
            ValueError: there is no such tier.
        """
        if wanted not in (AUTO, *LADDER):
            raise ValueError(f"no tier {wanted!r}: {AUTO}, {', '.join(LADDER)}")
        self.wanted = cast(Wanted, wanted)
        self._step, self._calm_since, self._rest_ms = 0, None, self._policy.rest_ms

    def seen(self, waited_ms: int, now_ms: int) -> Tier:
        """Take note of how long the oldest live message of a batch waited, and choose the batch's tier.

        Args:
            waited_ms: milliseconds since it was taken in; 0 where the batch holds none.
            now_ms: milliseconds, of a clock without jumps.

        Returns:
            the tier.
        """
        policy = self._policy
        worst = len(LADDER) - 1
        target = worst if waited_ms > policy.fall_far_ms else self._step + 1 if waited_ms > policy.fall_ms else 0
        # One fall at a time: what waits now was taken in before the last fall could help.
        recent = self._step > 0 and now_ms - self._changed_ms < waited_ms
        if target > self._step and self._step < worst and not recent:
            if self._changed_ms and now_ms - self._changed_ms < 2 * self._rest_ms:
                self._rest_ms = min(LONGEST_REST_MS, self._rest_ms * 2)
            self._step = min(worst, target)
            self._changed_ms = now_ms
            self._calm_since = None
            self.falls += 1
        elif waited_ms > policy.calm_ms:
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = now_ms
        elif self._step > 0 and now_ms - self._calm_since >= self._rest_ms:
            self._step -= 1
            self._changed_ms = now_ms
            self._calm_since = now_ms
        elif self._step == 0 and now_ms - self._changed_ms > LONGEST_REST_MS:
            self._rest_ms = policy.rest_ms
        return self.tier
