"""Latency from the gateway's taking in to the commit, counted by the millisecond."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_MS = 60_000


class LatencyCounts:
    """Counts of whole milliseconds, exact up to a minute.

    One list access a message, so that it can always be on.
    """

    def __init__(self) -> None:
        self._counts = [0] * (LONGEST_MS + 1)
        self.total = 0

    def add(self, began_ms: Iterable[int], ended_ms: int) -> None:
        """Count latencies that end now.

        Args:
            began_ms: when each began, milliseconds since 1970 UTC.
            ended_ms: when all ended.
        """
        counts = self._counts
        for began in began_ms:
            counts[min(max(ended_ms - began, 0), LONGEST_MS)] += 1
            self.total += 1

    def counts(self) -> dict[str, int]:
        """Give the counts that are not zero, by millisecond: they add up over processes."""
        return {str(ms): count for ms, count in enumerate(self._counts) if count}

    def reset(self) -> None:
        """Start anew."""
        self._counts = [0] * (LONGEST_MS + 1)
        self.total = 0


def quantile(counts: dict[int, int], share: float) -> int:
    """Find a quantile.

    Args:
        counts: millisecond to count.
        share: 0 to 1.

    Returns:
        the millisecond that at least this share does not exceed; 0 where nothing was counted.
    """
    left = share * sum(counts.values())
    for ms in sorted(counts):
        left -= counts[ms]
        if left <= 0:
            return ms
    return max(counts, default=0)
