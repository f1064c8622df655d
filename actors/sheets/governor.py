"""Keep within Google's quotas: token buckets for reads and writes, and a rate that gives way to throttling."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from actors.sheets.breaker import Breakers, BreakerSnapshot
from actors.sheets.errors import CallFailed, HeldBack, Missing, Throttled
from actors.sheets.settings import SheetsSettings

_DECREASE = 0.5
_INCREASE_PER_S = 0.01  # of the full rate: from half to whole in 50 s
_LEAST = 0.05
_SOFT_PAUSE_S = 2.0
_READS_AT_ONCE = 6
"""Once reads ran dry so many are gathered before the next: a look at a spreadsheet takes several and begins anew where
one of them is held back, so that single reads would be spent on beginnings for ever."""


class TokenBucket:
    """Tokens that come at a rate and are kept up to a burst.

    Args:
        rate: tokens a second.
        burst: most tokens that are kept.
        now: seconds, monotonic.
        gathered: once none is left, so many are gathered before one is given.
    """

    def __init__(self, rate: float, burst: float, now: float, gathered: float = 1.0) -> None:
        self.rate, self.burst, self._gathered = rate, burst, gathered
        self._tokens, self._at = burst, now
        self._dry = False

    def wait_s(self, now: float) -> float:
        """Return in how many seconds a token is there; 0 when it is."""
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        needed = self._gathered if self._dry else 1.0
        # A billionth short is the rounding of a wait that was computed here.
        self._dry = self._tokens < needed - 1e-9
        return ((self._gathered if self._dry else 1.0) - self._tokens) / self.rate if self._dry else 0.0

    def take(self) -> None:
        """Take a token."""
        self._tokens -= 1


class Governor:
    """Let calls out at a share of the quota, and through the breakers.

    Args:
        settings: quotas, shares and intervals.
        breakers: one for each spreadsheet.
        clock: seconds, monotonic.
    """

    def __init__(self, settings: SheetsSettings, breakers: Breakers, clock: Callable[[], float]) -> None:
        self._settings, self._clock = settings, clock
        self.breakers = breakers
        self._lock = threading.Lock()
        now = clock()
        self._buckets = {
            True: TokenBucket(settings.writes_per_minute / 60, 2.0, now),
            False: TokenBucket(settings.reads_per_minute / 60, 10.0, now, _READS_AT_ONCE),
        }
        self._factor = {True: 1.0, False: 1.0}
        self._eased = {True: now, False: now}
        self._paused_until = {True: 0.0, False: 0.0}
        self._last_write: dict[str, float] = {}
        self._draining = False
        self.calls: Counter[str] = Counter()

    def set_draining(self, *, draining: bool) -> None:
        """Use the larger share of the quota while a backlog is worked off."""
        self._draining = draining

    def before(self, spreadsheet: str, *, write: bool) -> None:
        """Let a call out or hold it back.

        Args:
            spreadsheet: whose breaker and least interval apply.
            write: whether it is a write.

        Raises:
            HeldBack: with the seconds to wait.
        """
        with self._lock:
            wait = self._wait(spreadsheet, write=write)
            if wait > 0:
                raise HeldBack("the quota's share is used up for now", retry_after_s=wait)
            breaker = self.breakers.of(spreadsheet)
            if not breaker.admit():
                raise HeldBack("the circuit is open", retry_after_s=breaker.wait_s(), reason="open")
            self._buckets[write].take()
            self.calls["writes" if write else "reads"] += 1
            if write:
                self._last_write[spreadsheet] = self._clock()

    def wait_s(self, spreadsheet: str, *, write: bool) -> float:
        """Return in how many seconds a call could go out, the breaker left aside."""
        with self._lock:
            return self._wait(spreadsheet, write=write)

    def _wait(self, spreadsheet: str, *, write: bool) -> float:
        now = self._clock()
        kind = "writes_per_minute" if write else "reads_per_minute"
        share = self._settings.drain_share if self._draining or not write else self._settings.quota_share
        grown = self._factor[write] + (now - self._eased[write]) * _INCREASE_PER_S
        self._factor[write], self._eased[write] = min(1.0, grown), now
        bucket = self._buckets[write]
        wait = bucket.wait_s(now)
        bucket.rate = getattr(self._settings, kind) / 60 * share * self._factor[write]
        # The burst stays small, so that no minute gets more than its share and a little.
        bucket.burst = 1.0 if write else 10.0
        wait = max(wait, self._paused_until[write] - now)
        if write and spreadsheet in self._last_write:
            wait = max(wait, self._last_write[spreadsheet] + self._settings.min_interval_s - now)
        return max(0.0, wait)

    def after(self, spreadsheet: str, failure: CallFailed | None, *, write: bool) -> None:
        """Learn how a call ended: throttling halves the rate and pauses."""
        with self._lock:
            self.breakers.of(spreadsheet).record(failure)
            if isinstance(failure, Throttled):
                self.calls["throttled"] += 1
                now = self._clock()
                self._factor[write] = max(_LEAST, self._factor[write] * _DECREASE)
                self._eased[write] = now
                pause = failure.retry_after_s if failure.retry_after_s is not None else _SOFT_PAUSE_S
                self._paused_until[write] = now + pause
            elif failure is not None and not isinstance(failure, Missing):
                self.calls["failed"] += 1

    def set_breaker(self, name: str, state: str) -> BreakerSnapshot:
        """Set a breaker's state by hand; see :meth:`SheetsCircuitBreaker.set_state`."""
        with self._lock:
            breaker = self.breakers.of(name)
            breaker.set_state(state)
            return breaker.snapshot()

    def snapshots(self) -> list[BreakerSnapshot]:
        """Return the states of all breakers."""
        with self._lock:
            return self.breakers.snapshots()

    def dump_breakers(self) -> str:
        """Return the states of all breakers as text, to be kept."""
        with self._lock:
            return self.breakers.dump()

    def saved(self, rows: int) -> dict[str, float]:
        """Report the write calls saved against one a row.

        Args:
            rows: rows written.

        Returns:
            rows, write calls, calls saved and the share saved.
        """
        writes = self.calls["writes"]
        share = 1 - writes / rows if rows else 0.0
        return {"rows": rows, "writes": writes, "saved": rows - writes, "saved_share": round(share, 5)}
