"""Removes what a shard's logs and sessions do not need any more; it waits where the disk is full, like all else."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial

from store.errors import DiskFull
from store.partition import PartitionState
from supervision.process_actor import ProcessActor

EXPIRE_EVERY_S = 10.0
EXPIRE_LIMIT = 5_000


class Tidying:
    """Tidies up for a shard.

    Args:
        shard: whose counters and log are used.
        states: its partitions' states.
        clock: gives milliseconds since 1970 UTC.
        refresh: has what replies look up read anew; called with each round.
    """

    def __init__(
        self,
        shard: ProcessActor,
        states: Mapping[int, PartitionState],
        clock: Callable[[], int],
        refresh: Callable[[], None],
    ) -> None:
        self._shard, self._states, self._clock, self._refresh = shard, states, clock, refresh
        self._expired_at = 0.0

    def with_room(self, work: Callable[[], int]) -> int:
        """Do a piece of work that may find no room on the disk: it is no reason to die.

        Args:
            work: gives how much it removed.

        Returns:
            the same, 0 where there was no room.
        """
        try:
            return work()
        except DiskFull as error:
            self._shard.counters["untidied"] += 1
            self._shard.log.warning("no room to tidy up", reason=str(error))
            return 0

    def expire(self) -> None:
        """Remove what has expired, every ten seconds; every second while much has."""
        if time.monotonic() - self._expired_at <= EXPIRE_EVERY_S:
            return
        self._expired_at = time.monotonic()
        self._refresh()
        for state in self._states.values():
            removed = self.with_room(partial(state.expire, self._clock(), limit=EXPIRE_LIMIT))
            if removed >= EXPIRE_LIMIT:
                # More is due than one round takes: again in a second, so that sessions are not kept waiting now.
                self._expired_at = time.monotonic() - EXPIRE_EVERY_S + 1.0
