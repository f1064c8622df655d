"""The shape of the embedded sink's SQLite file: its tables, and a row as a record of columns."""

from __future__ import annotations

from typing import Any

import msgspec

from messages.inbound import Attachment
from messages.row import Row
from messages.understanding import Entity

SCHEMA_VERSION = 1
APPLICATION_ID = 0x4D414A4C
"""``MAJL``: marks the file as ours in SQLite's header (``PRAGMA application_id``)."""

COLUMNS = tuple(name for name in Row.__struct_fields__ if name != "v")
"""The columns of the ``rows`` table after ``seq``, in the order of the message's fields."""

_BOOLEAN = frozenset({"urgent", "late"})
_INT64_MAX = (1 << 63) - 1
_INT64_MIN = -(1 << 63)

# ``seq`` keeps the order of commit and lets the table grow at its end; only the 16-byte key is indexed, since a
# second index costs more than all the other columns together.
STATEMENTS = (
    "CREATE TABLE rows (seq INTEGER PRIMARY KEY, row_id BLOB NOT NULL UNIQUE, "
    + ", ".join(name for name in COLUMNS if name != "row_id")
    + ")",
    "CREATE TABLE cursors (partition INTEGER PRIMARY KEY, next_position INTEGER NOT NULL)",
    (
        "CREATE TABLE conflicts (seq INTEGER PRIMARY KEY, row_id BLOB NOT NULL, partition INTEGER NOT NULL, "
        "position INTEGER NOT NULL, row TEXT NOT NULL)"
    ),
)
INSERT = f"INSERT INTO rows ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
SELECT = f"SELECT {', '.join(COLUMNS)} FROM rows"  # noqa: S608

_encode = msgspec.json.encode
_attachment_fields = tuple(name for name in Attachment.__struct_fields__ if name != "v")


class SheetsError(Exception):
    """Base of the errors of the sinks."""


class RowsFileError(SheetsError):
    """The embedded sink's file is missing, damaged, of another version, or not ours."""


def key_of(row_id: str) -> bytes | str:
    """Pack a row id for the index: 16 bytes where it is hexadecimal, else the text itself."""
    try:
        return bytes.fromhex(row_id)
    except ValueError:
        return row_id


def _entities(entities: tuple[Entity, ...]) -> str:
    if not entities:
        return ""
    return _encode(
        [
            {
                "type": e.type,
                "start": e.start,
                "end": e.end,
                "text": e.text,
                "value": e.value,
                "confidence": e.confidence,
                "layer": e.layer,
            }
            for e in entities
        ]
    ).decode()


def _attachments(attachments: tuple[Attachment, ...]) -> str:
    if not attachments:
        return ""
    return _encode([{name: getattr(a, name) for name in _attachment_fields} for a in attachments]).decode()


def record_of(row: Row) -> tuple[Any, ...]:
    """Turn a row into its record, in the order of ``COLUMNS``.

    Args:
        row: the row.

    Returns:
        what SQLite stores; entities, attachments and notes as JSON text, "" where there are none.
    """
    return (
        key_of(row.row_id),
        row.conversation,
        row.position,
        row.message_id,
        row.source,
        row.direction,
        row.kind,
        row.sender,
        row.sender_name,
        row.text,
        row.sequence,
        row.sent_ms,
        row.utc_offset_min,
        row.received_ms,
        row.committed_ms,
        row.lang,
        row.intent,
        row.intent_confidence,
        row.sentiment,
        row.sentiment_score,
        row.urgent,
        row.tier,
        _entities(row.entities),
        row.thread,
        row.late,
        row.gap,
        _attachments(row.attachments),
        row.reply,
        _encode(row.notes).decode() if row.notes else "",
    )


def fitted(record: tuple[Any, ...]) -> tuple[Any, ...]:
    """Write integers that SQLite cannot hold (beyond 64 bits, signed) as text."""
    return tuple(
        str(value) if isinstance(value, int) and not _INT64_MIN <= value <= _INT64_MAX else value for value in record
    )


def row_of(record: tuple[Any, ...]) -> Row:
    """Turn a record back into the row.

    Args:
        record: what ``SELECT`` gives.

    Returns:
        the row, equal to the one that was written.

    Raises:
        RowsFileError: the record is damaged.
    """
    fields: dict[str, Any] = dict(zip(COLUMNS, record, strict=True))
    try:
        if isinstance(fields["row_id"], bytes):
            fields["row_id"] = fields["row_id"].hex()
        for name in _BOOLEAN:
            if fields[name] is not None:
                fields[name] = bool(fields[name])
        fields["entities"] = msgspec.json.decode(fields["entities"] or "[]")
        fields["attachments"] = msgspec.json.decode(fields["attachments"] or "[]")
        fields["entities"] = tuple(Entity(**entity) for entity in fields["entities"])
        fields["attachments"] = tuple(Attachment(**attachment) for attachment in fields["attachments"])
        fields["notes"] = tuple(msgspec.json.decode(fields["notes"] or "[]"))
        if isinstance(fields["sequence"], str):
            fields["sequence"] = int(fields["sequence"])
        return Row(**fields)
    except (msgspec.DecodeError, TypeError, ValueError) as error:
        raise RowsFileError(f"a record of the rows file is damaged: {error}") from error
