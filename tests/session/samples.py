"""Messages for tests."""

from __future__ import annotations

from actors.session.digest import digest_of
from actors.session.ordering import Arrival
from messages.inbound import Inbound


def inbound(
    number: int,
    *,
    conversation: str = "c",
    sequence: int | None = None,
    sent_ms: int | None = None,
    run: str = "run",
    text: str = "",
) -> Inbound:
    return Inbound(
        id=f"m{number}",
        source="test",
        conversation=conversation,
        sender="+971501234567",
        text=text or f"message {number}",
        sent_ms=number * 1000 if sent_ms is None else sent_ms,
        sequence=sequence,
        run=run,
    )


def arrival(position: int, message: Inbound) -> Arrival:
    return Arrival(position, digest_of(message.conversation, message.id), message)
