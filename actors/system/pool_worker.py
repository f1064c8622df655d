"""What all workers of pools have in common: those who hand out work know whether they take any."""

from __future__ import annotations

from typing import ClassVar

from messages.doorbell import Taking
from supervision.process_actor import Address, ProcessActor

SHARDS = "sessions/shard-"
"""Who hands out work: names of shards begin so."""


class PoolWorker(ProcessActor):
    """An actor that shards give work to by credits.

    While it is paused, shards keep new work for others, or for later. What it has begun it finishes, and what it has
    not begun it hands back.
    """

    serves: ClassVar[bool] = True
    _takes = True

    def paused(self) -> None:
        """Take no new work."""
        self._takes = False
        self._tell_shards()

    def resumed(self) -> None:
        """Take work again."""
        self._takes = True
        self._tell_shards()

    def directory_changed(self) -> None:
        """Tell shards that are new here, too."""
        if not self._takes:
            self._tell_shards()

    def handed_back(self, batch: int, sender: Address) -> bool:
        """Hand a batch back if this worker is paused: it was sent before its shard knew.

        Args:
            batch: its number.
            sender: the shard.

        Returns:
            whether it was handed back.
        """
        if not self._takes:
            self.tell(sender, self._said(batch))
            self.counters["handed_back"] += 1
        return not self._takes

    def _tell_shards(self) -> None:
        for name in self.directory:
            if name.startswith(SHARDS):
                self.tell_name(name, self._said())

    def _said(self, batch: int = 0) -> Taking:
        return Taking(worker=self.name, incarnation=self.incarnation, work=self._takes, batch=batch)
