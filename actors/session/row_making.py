"""The row of a finished message: what came, what was read, what was understood, and what a person should know."""

from __future__ import annotations

import msgspec

from actors.media.joining import joined_text, row_note
from actors.session.ordering import Released
from messages.inbound import Attachment, Inbound
from messages.media import MediaResult
from messages.row import Row
from messages.understanding import Understanding

NOT_READ = "not yet read"


def text_of(message: Inbound, results: tuple[MediaResult, ...]) -> str:
    """Give the text that is understood: the message's own, and what was read of its files."""
    return joined_text(message.text, (result.reading for result in results)) if results else message.text


def attachments_of(message: Inbound, results: tuple[MediaResult, ...], unread: str) -> tuple[Attachment, ...]:
    """Say of each file what was read of it, and by what, or why not.

    Args:
        message: that brought them.
        results: of its files, by their place in the message.
        unread: why the media pools read nothing, "" where they did.

    Returns:
        the attachments with their notes, and with the content that is kept of them now.
    """
    by_place = {result.key: result for result in results}
    told: list[Attachment] = []
    for place, attachment in enumerate(message.attachments):
        result = by_place.get(place)
        if result is not None:
            changed = {"sha256": result.sha256, "size": result.size} if result.sha256 else {}
            told.append(msgspec.structs.replace(attachment, note=row_note(result.reading), **changed))
        elif unread and (attachment.sha256 or attachment.media_id):
            told.append(msgspec.structs.replace(attachment, note=f"unread: {unread}"))
        elif not attachment.note:
            told.append(msgspec.structs.replace(attachment, note=NOT_READ))
        else:
            told.append(attachment)
    return tuple(told)


def row_of(
    released: Released,
    understanding: Understanding,
    position: int,
    now_ms: int,
    *,
    results: tuple[MediaResult, ...] = (),
    unread: str = "",
    thread: str = "",
    reply: str = "",
    notes: tuple[str, ...] = (),
) -> Row:
    """Make the row of a message.

    Args:
        released: the message, and what is known of its order.
        understanding: what was understood.
        position: its number in the conversation, from 1.
        now_ms: when it is decided, milliseconds since 1970 UTC.
        results: what was read of its files.
        unread: why they were not read, "" where they were.
        thread: the conversation's thread that it belongs to.
        reply: the automatic answer to it.
        notes: of replies and threads.

    Returns:
        the row.
    """
    arrival = released.arrival
    message = arrival.message
    attachments = attachments_of(message, results, unread) if message.attachments else ()
    told: list[str] = []
    if released.late:
        told.append("late: a later message was recorded before it")
    if released.gap:
        told.append(f"gap: {released.gap} missing before it")
    told.extend(f"{item.name}: {item.note}" for item in attachments)
    if understanding.unavailable:
        told.append("unavailable: " + ", ".join(understanding.unavailable))
    if message.extra:
        told.extend(f"{key}: {value}" for key, value in message.extra.items() if key.endswith("_note"))
    return Row(
        row_id=arrival.digest.hex(),
        conversation=message.conversation,
        position=position,
        message_id=message.id,
        source=message.source,
        direction=message.direction,
        kind=message.kind,
        sender=message.sender,
        sender_name=message.sender_name,
        text=text_of(message, results),
        sequence=message.sequence,
        sent_ms=message.sent_ms,
        utc_offset_min=message.utc_offset_min,
        received_ms=message.received_ms,
        committed_ms=now_ms,
        lang=understanding.lang,
        intent=understanding.intent,
        intent_confidence=understanding.intent_confidence,
        sentiment=understanding.sentiment,
        sentiment_score=understanding.sentiment_score,
        urgent=understanding.urgent,
        tier=understanding.tier,
        entities=understanding.entities,
        late=released.late,
        gap=released.gap,
        attachments=attachments,
        thread=thread,
        reply=reply,
        notes=(*told, *notes),
    )
