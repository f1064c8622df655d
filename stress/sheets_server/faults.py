"""Misbehaviour on command."""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import dataclass, field

from stress.sheets_server.errors import SheetsServerError

KINDS = (
    "429",  # refused, no hint when to come back
    "429_retry_after",  # refused, with Retry-After
    "500",  # not applied
    "500_after",  # applied, then 500
    "502_html",  # a front end's HTML page, not applied
    "503",  # not applied
    "timeout_before",  # no answer, never applied
    "timeout_after",  # applied, no answer
    "timeout_late",  # no answer, applied after the client gave up
    "reset_before",  # TCP reset, not applied
    "reset_after",  # applied, TCP reset
    "slow_drip",  # applied, the answer trickles
    "malformed",  # applied, the answer is cut JSON
    "revoked",  # the access token is revoked: 401
)


@dataclass
class Plan:
    """What goes wrong.

    Attributes:
        rate: share of API calls that misbehave, 0 to 1.
        kinds: which ways are drawn from, evenly.
        scripted: ways for the next calls whose path contains a text, taken before the random ones.
        hang_s: how long a call without an answer is held, seconds.
        retry_after_s: seconds that a 429 names.
    """

    rate: float = 0.0
    kinds: tuple[str, ...] = KINDS
    scripted: deque[tuple[str, str]] = field(default_factory=deque)
    hang_s: float = 5.0
    retry_after_s: int = 1


class Faults:
    """Draw a fault for each call and count them.

    Args:
        seed: makes the draws repeatable.
    """

    def __init__(self, seed: int = 1) -> None:
        self.plan = Plan()
        self.counts: Counter[str] = Counter()
        self._random = random.Random(seed)  # noqa: S311 - chaos, not secrets

    def set(self, change: dict[str, object]) -> None:
        """Change the plan.

        Args:
            change: any of ``rate``, ``kinds``, ``hang_s``, ``retry_after_s``, ``seed``, ``reset`` (forget
                what was scripted) and ``next``: a list of ``[kind, text of path]``; a text that ends in ``$`` is
                the path's end.

        Raises:
            SheetsServerError: an unknown kind.
        """
        kinds = tuple(str(k) for k in change.get("kinds", self.plan.kinds))  # type: ignore[attr-defined]
        scripted = [(str(k), str(p)) for k, p in change.get("next", [])]  # type: ignore[attr-defined]
        unknown = ({*kinds} | {k for k, _ in scripted}) - {*KINDS}
        if unknown:
            raise SheetsServerError(f"unknown faults: {', '.join(sorted(unknown))}")
        if change.get("reset"):
            self.plan.scripted.clear()
        self.plan.kinds = kinds
        self.plan.scripted.extend(scripted)
        self.plan.rate = float(change.get("rate", self.plan.rate))  # type: ignore[arg-type]
        self.plan.hang_s = float(change.get("hang_s", self.plan.hang_s))  # type: ignore[arg-type]
        self.plan.retry_after_s = int(change.get("retry_after_s", self.plan.retry_after_s))  # type: ignore[call-overload]
        if "seed" in change:
            self._random.seed(str(change["seed"]))

    def draw(self, path: str) -> str | None:
        """Return the fault of this call, or None."""
        kind: str | None = None
        for item in self.plan.scripted:
            if path.endswith(item[1][:-1]) if item[1].endswith("$") else item[1] in path:
                kind = item[0]
                self.plan.scripted.remove(item)
                break
        if kind is None and self.plan.rate and self._random.random() < self.plan.rate:
            kind = self._random.choice(self.plan.kinds)
        if kind is not None:
            self.counts[kind] += 1
        return kind
