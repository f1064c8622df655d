"""When a shard rings the readers of its logs: one bell at a time, and none without news."""

from __future__ import annotations

from collections.abc import Mapping

from messages.doorbell import Bell
from store.partition import PartitionState
from supervision.process_actor import ProcessActor

SINK, DELIVERY = "sink", "delivery"


class Ringing:
    """Rings sink and delivery of a shard.

    Args:
        shard: who rings.
        states: the logs, by partition.
    """

    def __init__(self, shard: ProcessActor, states: Mapping[int, PartitionState]) -> None:
        self._shard, self._states = shard, states
        self._sink_rung = self._delivery_rung = False
        self._rows_new = True
        self._replies_told: dict[int, int] = {}

    def ring_anew(self) -> None:
        """Ring both whatever they were told: they may be other ones now."""
        self._sink_rung = self._delivery_rung = False
        self._rows_new, self._replies_told = True, {}
        self.ring_sink()
        self.ring_delivery()

    def rows_written(self) -> None:
        """Ring after a commit."""
        self._rows_new = True
        self.ring_sink()
        self.ring_delivery()

    def sink_answered(self) -> None:
        """Note that the sink waits for the next bell."""
        self._sink_rung = False

    def delivery_answered(self) -> None:
        """Note that delivery waits for the next bell."""
        self._delivery_rung = False

    def ring_sink(self) -> None:
        """Ring the sink if there are rows that it was not told of."""
        if self._rows_new and not self._sink_rung and self._ring(SINK):
            self._rows_new, self._sink_rung = False, True

    def ring_delivery(self) -> None:
        """Ring delivery if there are replies that it was not told of."""
        replies = {partition: state.replies_next for partition, state in self._states.items()}
        if replies != self._replies_told and not self._delivery_rung and self._ring(DELIVERY):
            self._replies_told, self._delivery_rung = replies, True

    def _ring(self, reader: str) -> bool:
        return self._shard.tell_name(reader, Bell(origin=self._shard.name))
