"""The row that a finished message becomes, and its dead-letter counterpart."""

from __future__ import annotations

from typing import Literal

from messages.inbound import Attachment, Inbound
from messages.understanding import Entity
from messages.wire import Codec, Wire


class Row(Wire, frozen=True, tag=20, kw_only=True):
    """One message's row.

    Attributes:
        row_id: 32 hex digits derived from conversation and message id; the key that makes retried writes harmless.
        conversation: the conversation's key.
        position: the message's number in its conversation, from 1 without gaps.
        message_id: the source's id.
        source, direction, kind, sender, sender_name, text, sequence: as they came in.
        sent_ms: when it was sent (by the sender's clock), milliseconds since 1970 UTC.
        utc_offset_min: minutes from UTC of the sender's clock.
        received_ms: when it was taken in.
        committed_ms: when the row was decided.
        lang, intent, intent_confidence, sentiment, sentiment_score, urgent, tier, entities: what was understood.
        thread: name of the conversation's thread that it belongs to.
        late: it arrived after a message that should have followed it.
        gap: how many sequence numbers were missing before it.
        attachments: its files, with what was read of them or why not.
        reply: the automatic answer, "" if none.
        notes: what a person should know: degraded tier, gap, late, unread media, ...
    """

    row_id: str
    conversation: str
    position: int
    message_id: str
    source: str
    direction: str
    kind: str
    sender: str
    sender_name: str
    text: str
    sequence: int | None
    sent_ms: int
    utc_offset_min: int
    received_ms: int
    committed_ms: int
    lang: str = ""
    intent: str = ""
    intent_confidence: float = 0.0
    sentiment: str = ""
    sentiment_score: float = 0.0
    urgent: bool | None = None
    tier: str = "none"
    entities: tuple[Entity, ...] = ()
    thread: str = ""
    late: bool = False
    gap: int = 0
    attachments: tuple[Attachment, ...] = ()
    reply: str = ""
    notes: tuple[str, ...] = ()


class Reply(Wire, frozen=True, tag=21, kw_only=True):
    """An answer to send.

    Attributes:
        reply_id: derived from the message that it answers; also the opaque callback data of the send.
        conversation: whom it goes to.
        in_reply_to: id of the message that it answers.
        text: what is said; "" for a template.
        template: name of an approved template, "" for free text.
        priority: 0 most urgent, 9 least.
        created_ms: when it was decided.
        window_until_ms: free text may be sent until then.
        channel: which number or account sends it.
    """

    reply_id: str
    conversation: str
    in_reply_to: str
    text: str
    template: str = ""
    priority: int = 5
    created_ms: int = 0
    window_until_ms: int = 0
    channel: str = ""


DeadState = Literal["waiting", "replayed", "purged"]


class DeadLetter(Wire, frozen=True, tag=22, kw_only=True):
    """A message that was set aside for a person to look at.

    Attributes:
        letter_id: the row id that the message would have had.
        message: the message itself.
        reason: ``raised``, ``lease_expired``, ``worker_died``, ``unlocked``, ...
        traceback: the error's trace, or "".
        attempts: how often its handling was tried.
        state: the session's state at the time, as text.
        status: where it stands.
        set_aside_ms: when, milliseconds since 1970 UTC.
    """

    letter_id: str
    message: Inbound
    reason: str
    traceback: str = ""
    attempts: int = 0
    state: str = ""
    status: DeadState = "waiting"
    set_aside_ms: int = 0


class Reject(Wire, frozen=True, tag=23, kw_only=True):
    """Input that could not become a message: kept for a person to look at.

    Attributes:
        where: file (and member) and line, or address of the request.
        reason: one clear line.
        raw: the first 65,536 bytes of it.
        at_ms: when, milliseconds since 1970 UTC.
        run: the feed that brought it.
    """

    where: str
    reason: str
    raw: bytes = b""
    at_ms: int = 0
    run: str = ""


ROW: Codec[Row] = Codec(Row)
REPLY: Codec[Reply] = Codec(Reply)
DEAD_LETTER: Codec[DeadLetter] = Codec(DeadLetter)
REJECT: Codec[Reject] = Codec(Reject)
