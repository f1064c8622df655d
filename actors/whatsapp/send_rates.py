"""How fast may be sent: token buckets, and a circuit breaker a number. Pure: the time is passed in."""

from __future__ import annotations

import random


class TokenBucket:
    """A token bucket in milliseconds.

    Args:
        every_ms: one token each so long.
        burst: the most tokens held; it starts full.
    """

    __slots__ = ("_at_ms", "_burst", "_every_ms", "_tokens")

    def __init__(self, every_ms: float, burst: int) -> None:
        self._every_ms = every_ms
        self._burst = float(burst)
        self._tokens = float(burst)
        self._at_ms = 0

    def _refill(self, now_ms: int) -> None:
        if now_ms > self._at_ms:
            self._tokens = min(self._burst, self._tokens + (now_ms - self._at_ms) / self._every_ms)
            self._at_ms = now_ms

    def ready_ms(self, now_ms: int) -> int:
        """Tell when the next token is there; now where one is."""
        self._refill(now_ms)
        missing = 1 - self._tokens
        return now_ms if missing <= 0 else now_ms + max(1, int(missing * self._every_ms + 0.999))

    def take(self, now_ms: int) -> None:
        """Take a token that ``ready_ms`` has promised."""
        self._refill(now_ms)
        self._tokens -= 1

    def full(self, now_ms: int) -> bool:
        """Tell whether it holds all its tokens, and may be forgotten."""
        self._refill(now_ms)
        return self._tokens >= self._burst

    def empty(self, now_ms: int) -> None:
        """Take all tokens away: the other side counts differently."""
        self._refill(now_ms)
        self._tokens = min(self._tokens, 0.0)


def backoff_ms(attempt: int, first_s: float, longest_s: float, rng: random.Random) -> int:
    """Choose a wait with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).

    Args:
        attempt: how often it has failed, from 1.
        first_s: the ceiling of the first wait; doubled each time.
        longest_s: the highest ceiling.
        rng: source of the jitter.

    Returns:
        milliseconds, at least a tenth of the ceiling so that a wait is a wait.
    """
    ceiling = min(longest_s, first_s * 2 ** min(attempt - 1, 40))
    return int(1000 * rng.uniform(ceiling / 10, ceiling))


class Breaker:
    """Stops sending from a number that fails again and again, and tries one message from time to time.

    Args:
        failures: in a row, that open it.
        open_s, open_max_s: first and longest time that it stays open, doubled each time.
        rng: source of the jitter.
    """

    __slots__ = ("_failures", "_limit", "_open_max_s", "_open_s", "_opened", "_probing", "_rng", "until_ms")

    def __init__(self, failures: int, open_s: float, open_max_s: float, rng: random.Random) -> None:
        self._limit = failures
        self._open_s = open_s
        self._open_max_s = open_max_s
        self._rng = rng
        self._failures = 0
        self._opened = 0
        self._probing = False
        self.until_ms = 0

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half_open``, as of the last event."""
        if not self._opened:
            return "closed"
        return "half_open" if self._probing else "open"

    def ready_ms(self, now_ms: int, in_flight: int) -> int | None:
        """Tell when a message may be tried; None while one is under way that decides it."""
        if not self._opened:
            return now_ms
        if self._probing and in_flight:
            return None
        return max(now_ms, self.until_ms)

    def tried(self) -> None:
        """Note that a message is on its way."""
        if self._opened:
            self._probing = True

    def succeeded(self) -> None:
        """Close it."""
        self._failures = self._opened = 0
        self._probing = False

    def failed(self, now_ms: int, *, certain: bool = False) -> None:
        """Count a failure.

        Args:
            now_ms: the time.
            certain: whether this one alone shows that nothing can be sent.
        """
        self._failures += 1
        if certain or self._opened or self._failures >= self._limit:
            if self._opened and not self._probing and now_ms < self.until_ms:
                return  # of a send that had begun before it opened
            self._opened += 1
            self._probing = False
            self.until_ms = now_ms + backoff_ms(self._opened, self._open_s, self._open_max_s, self._rng)
