"""What a source brings in: one message of a conversation."""

from __future__ import annotations

from typing import Literal

from messages.wire import Codec, Wire

Kind = Literal[
    "text",
    "image",
    "audio",
    "video",
    "document",
    "sticker",
    "location",
    "contacts",
    "interactive",
    "button",
    "reaction",
    "order",
    "system",
    "unsupported",
]
Direction = Literal["in", "out"]


class Attachment(Wire, frozen=True, tag=1, kw_only=True):
    """A file that came with a message.

    Attributes:
        name: the file's name as the source gave it; shown, never used as a path.
        mime: the declared type, or "" where none was.
        size: bytes, 0 where unknown.
        sha256: hex digest of the kept content, "" where the content is not here.
        media_id: the source's own id for fetching it, "" where none.
        note: why the content is missing or unread, "" where it is kept.
    """

    name: str
    mime: str = ""
    size: int = 0
    sha256: str = ""
    media_id: str = ""
    note: str = ""


class Inbound(Wire, frozen=True, tag=2, kw_only=True):
    """One message as it entered.

    Attributes:
        id: the source's id, unique within the conversation; redeliveries carry the same.
        source: the name of the source: ``export``, ``jsonl``, ``whatsapp``, ...
        conversation: the conversation's key; hashes to a partition.
        sender: number or name of who wrote it.
        sender_name: display name, "" where unknown.
        direction: ``in`` from the customer, ``out`` from the business itself.
        kind: what sort of message it is.
        text: the text or caption, valid Unicode.
        sent_ms: when it was sent, milliseconds since 1970 UTC.
        utc_offset_min: the sender's clock's offset from UTC, minutes; relative dates resolve against it.
        received_ms: when the gateway took it in, milliseconds since 1970 UTC; 0 until then.
        sequence: the source's own number within the conversation, or None; orders messages where it is there.
        region: two-letter country for national phone numbers, "" for the default.
        attachments: files that came with it.
        reply_to: id of the message that it quotes, "" if none.
        run: the feed that brought it, "" for live sources; counts are kept for each run.
        imported: True keeps its dedup key for ever, False for the redelivery window.
        extra: further facts of the source, kept as they are.
    """

    id: str
    source: str
    conversation: str
    sender: str
    sender_name: str = ""
    direction: Direction = "in"
    kind: Kind = "text"
    text: str = ""
    sent_ms: int = 0
    utc_offset_min: int = 0
    received_ms: int = 0
    sequence: int | None = None
    region: str = ""
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""
    run: str = ""
    imported: bool = False
    extra: dict[str, str] = {}  # noqa: RUF012 - msgspec copies an empty default for each instance


class Struck(Wire, frozen=True, tag=3, kw_only=True):
    """What stands in an inbox log in place of a finished message that was forgotten on request: nothing of it."""


INBOUND: Codec[Inbound] = Codec(Inbound)
INBOX_ENTRY: Codec[Inbound | Struck] = Codec(Inbound | Struck)
