"""The generic webhook ``POST /v1/messages``: its messages, and its description in OpenAPI."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from actors.whatsapp.errors import PayloadError
from messages.inbound import Attachment, Inbound, Kind

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
_Name = Annotated[str, msgspec.Meta(max_length=256)]
MAX_MESSAGES = 1000


class GenericAttachment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that came with a message; its content stays with the source.

    Attributes:
        name: the file's name.
        mime: its type.
        size: bytes, 0 where unknown.
        media_id: the source's id for it.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    mime: Annotated[str, msgspec.Meta(max_length=128)] = ""
    size: Annotated[int, msgspec.Meta(ge=0, le=1 << 40)] = 0
    media_id: _Name = ""


class GenericMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message.

    Attributes:
        id: unique within the conversation; a repeated one is taken once.
        conversation: whom the conversation is with: a phone number or a name that never changes.
        sender: who wrote it; the conversation itself where missing.
        sender_name: display name.
        direction: from the customer, or written by the business.
        kind: what sort of message it is.
        text: the text or caption.
        sent_at: when it was sent, with its offset from UTC; when it came where missing.
        sequence: the source's own number within the conversation, rising by one.
        region: two-letter country for national phone numbers.
        reply_to: id of the message that it quotes.
        channel: which of the business's numbers or accounts it came to.
        attachments: its files.
    """

    id: _Id
    conversation: _Id
    sender: _Name = ""
    sender_name: _Name = ""
    direction: Literal["in", "out"] = "in"
    kind: Kind = "text"
    text: Annotated[str, msgspec.Meta(max_length=65_536)] = ""
    sent_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    sequence: Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)] | None = None
    region: Annotated[str, msgspec.Meta(pattern="^([A-Z]{2})?$", max_length=2)] = ""
    reply_to: _Name = ""
    channel: _Name = ""
    attachments: Annotated[tuple[GenericAttachment, ...], msgspec.Meta(max_length=32)] = ()


class GenericBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 1,000 messages; all are taken or none.

    Attributes:
        messages: in the order in which they came.
    """

    messages: Annotated[tuple[GenericMessage, ...], msgspec.Meta(min_length=1, max_length=MAX_MESSAGES)]


class Taken(msgspec.Struct, frozen=True):
    """Answer to a batch that is on disk.

    Attributes:
        accepted: how many messages.
    """

    accepted: int


class Problem(msgspec.Struct, frozen=True):
    """Why a request was not taken.

    Attributes:
        error: one clear line.
    """

    error: str


_decoder = msgspec.json.Decoder(GenericBatch)


def parse_generic(body: bytes, received_ms: int) -> list[Inbound]:
    """Read one body of the generic webhook.

    Args:
        body: the raw body, its signature already checked.
        received_ms: when it came, milliseconds since 1970 UTC.

    Returns:
        its messages in their order.

    Raises:
        PayloadError: it does not fit the schema; nothing of it is taken.
    """
    try:
        batch = _decode(body)
    except RecursionError as error:
        raise PayloadError("the body is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError) as error:
        raise PayloadError(f"the body does not fit the schema: {error}") from error
    return [_inbound(message, received_ms) for message in batch.messages]


def _decode(body: bytes) -> GenericBatch:
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError:
        # To JSON Schema 5.0 is an integer, to the fast decoder it is not.
        return msgspec.convert(_with_integers(msgspec.json.decode(body)), GenericBatch)


def _with_integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_integers(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_with_integers(child) for child in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _inbound(message: GenericMessage, received_ms: int) -> Inbound:
    sent_ms, offset_min = received_ms, 0
    if message.sent_at is not None:
        delta = message.sent_at.utcoffset()
        offset_min = 0 if delta is None else int(delta.total_seconds()) // 60
        sent_ms = (message.sent_at - datetime(1970, 1, 1, tzinfo=UTC)) // _MILLISECOND
    return Inbound(
        id=message.id,
        source="webhook",
        conversation=message.conversation,
        sender=message.sender or message.conversation,
        sender_name=message.sender_name,
        direction=message.direction,
        kind=message.kind,
        text=message.text,
        sent_ms=sent_ms,
        utc_offset_min=offset_min,
        received_ms=received_ms,
        sequence=message.sequence,
        region=message.region,
        attachments=tuple(
            Attachment(
                name=file.name, mime=file.mime, size=file.size, media_id=file.media_id, note="stays with the source"
            )
            for file in message.attachments
        ),
        reply_to=message.reply_to,
        extra={"channel": message.channel} if message.channel else {},
    )


_MILLISECOND = datetime(1970, 1, 1, 0, 0, 0, 1000) - datetime(1970, 1, 1)  # noqa: DTZ001 - only their difference


def openapi_document(version: str) -> dict[str, Any]:
    """Describe the generic webhook.

    Args:
        version: the program's version.

    Returns:
        an OpenAPI 3.1 document; the schemas are those that bodies are checked against.
    """
    schemas = msgspec.json.schema_components(
        [GenericBatch, Taken, Problem], ref_template="#/components/schemas/{name}"
    )[1]

    def answer(description: str, schema: str) -> dict[str, Any]:
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
        return {"description": description, "content": content}

    refusals = {
        "400": "The sender went away, or the HTTP request is damaged.",
        "401": "The signature is missing, wrong, out of time or was used before. The body was not parsed.",
        "408": "The body came too slowly.",
        "413": "The body is too long.",
        "415": "The body is compressed.",
        "422": "The body does not fit the schema; nothing of it was taken.",
        "429": "Too many requests.",
        "503": "Nothing can be taken in now; Retry-After tells how many seconds to wait.",
    }
    responses = {"200": answer("The messages are on disk.", "Taken")}
    responses |= {status: answer(text, "Problem") for status, text in refusals.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Majlis gateway",
            "version": version,
            "description": "Takes messages of any source. They are on disk when the answer is 200.",
        },
        "paths": {
            "/v1/messages": {
                "post": {
                    "operationId": "takeMessages",
                    "summary": "Take messages in",
                    "security": [{"signature": []}],
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/GenericBatch"}}},
                    },
                    "responses": responses,
                }
            }
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Majlis-Signature",
                    "description": "t=<seconds since 1970>,v1=<hex HMAC-SHA256 of '<seconds>.<body>'>; "
                    "each try is signed anew.",
                }
            },
        },
    }
