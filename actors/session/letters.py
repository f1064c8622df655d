"""Dead letters of what never came to a session: entries that cannot be read, sessions that cannot be woken."""

from __future__ import annotations

from hashlib import blake2b

from actors.session.ordering import Arrival
from messages.inbound import Inbound
from messages.row import DeadLetter
from messages.wire import WireError

_KEPT_BYTES = 4096


def unreadable(raw: bytes, error: WireError, now_ms: int) -> DeadLetter:
    """Make the letter of an inbox entry that is no message.

    Args:
        raw: the entry; its first 4,096 bytes are kept, in hex.
        error: why it cannot be read.
        now_ms: the time, milliseconds since 1970 UTC.

    Returns:
        the letter; its id is the entry's digest.
    """
    name = blake2b(raw, digest_size=16).hexdigest()
    message = Inbound(id=name, source="inbox", conversation="", sender="", extra={"raw_hex": raw[:_KEPT_BYTES].hex()})
    return DeadLetter(letter_id=name, message=message, reason="unreadable", traceback=str(error), set_aside_ms=now_ms)


def without_session(arrival: Arrival, error: WireError, now_ms: int) -> DeadLetter:
    """Make the letter of a message whose session's snapshot is damaged: nothing is guessed, it waits for a person.

    Args:
        arrival: the message.
        error: what is wrong with the snapshot.
        now_ms: the time, milliseconds since 1970 UTC.

    Returns:
        the letter.
    """
    return DeadLetter(
        letter_id=arrival.digest.hex(),
        message=arrival.message,
        reason="snapshot_unreadable",
        traceback=str(error),
        set_aside_ms=now_ms,
    )
