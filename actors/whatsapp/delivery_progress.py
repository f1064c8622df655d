"""How far a sent message came, by what the channel reports of it."""

from __future__ import annotations

from typing import Final

import msgspec

from messages.delivery import DeliveryStatus, Outgoing

RANK: Final[dict[str, int]] = {"sent": 1, "delivered": 2, "read": 3}


def progress(record: Outgoing, status: DeliveryStatus) -> Outgoing | None:
    """Move a sent record on; reports come late, twice and out of order, so it never goes back.

    Args:
        record: a record that was sent.
        status: what the channel reports of it.

    Returns:
        the record after it, None where nothing changes.
    """
    rank = RANK.get(status.state, 0)
    if record.state not in RANK or rank <= RANK[record.state]:
        return None
    return msgspec.structs.replace(
        record,
        state=status.state,
        message_id=record.message_id or status.message_id,
        changed_ms=status.received_ms or record.changed_ms,
    )
