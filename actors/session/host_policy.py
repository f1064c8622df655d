"""What a partition's host is given: its bounds, and the inbox that it reads."""

from __future__ import annotations

from typing import Protocol

import msgspec

from actors.session.ordering import OrderingPolicy
from actors.session.session import SessionPolicy


class Inbox(Protocol):
    """What is read of the inbox log."""

    def read(self, start: int, *, limit: int = 1000, max_bytes: int = 4_000_000) -> list[tuple[int, bytes]]:
        """Read entries from a position on."""


class HostPolicy(msgspec.Struct, frozen=True):
    """Bounds of a partition's host.

    Attributes:
        session: limits of a turn.
        ordering: how long order is waited for.
        window: how many unfinished messages may be in memory.
        resident_limit: how many sessions stay in memory; the least recently used are passivated.
        idle_ms: a session that rests this long is passivated, milliseconds.
        dedup_ms: how long the dedup key of a live message is kept, milliseconds.
    """

    session: SessionPolicy = SessionPolicy()
    ordering: OrderingPolicy = OrderingPolicy()
    window: int = 4_096
    resident_limit: int = 5_000
    idle_ms: int = 600_000
    dedup_ms: int = 7 * 86_400_000
