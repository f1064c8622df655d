"""Ids of messages that are on disk: a redelivery of one is answered at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from messages.inbound import Inbound


class RecentIds:
    """A bounded memory of messages; what it has forgotten its session recognises.

    Args:
        limit: messages remembered; the oldest go first. 0 remembers nothing.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ids: dict[str, None] = {}

    def unknown(self, messages: Sequence[Inbound]) -> Sequence[Inbound]:
        """Leave out the messages that are on disk already."""
        ids = self._ids
        if not ids:
            return messages
        return [message for message in messages if _name(message) not in ids]

    def add(self, messages: Sequence[Inbound]) -> None:
        """Remember messages; to be called when they are on disk and not before."""
        ids = self._ids
        ids.update((_name(message), None) for message in messages)
        excess = len(ids) - self._limit
        if excess > 0:
            for name in list(islice(ids, excess)):
                del ids[name]


def _name(message: Inbound) -> str:
    return f"{message.source}\0{message.conversation}\0{message.id}"
