"""The dedup key of a message."""

from __future__ import annotations

from hashlib import blake2b


def digest_of(conversation: str, message_id: str) -> bytes:
    """Derive a message's dedup key and row id.

    The first four bytes come from the conversation, so that the keys of one lie together on disk.

    Args:
        conversation: the conversation's key.
        message_id: the source's id, unique within the conversation.

    Returns:
        16 bytes (BLAKE2b); the row id is their hex form.
    """
    prefix = blake2b(conversation.encode(), digest_size=4).digest()
    return prefix + blake2b(f"{conversation}\0{message_id}".encode(), digest_size=12).digest()
