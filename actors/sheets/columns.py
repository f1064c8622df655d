"""The spreadsheet's columns, and a row as typed cells.

Cells are always ``userEnteredValue`` of a type, never text that Sheets would interpret: a customer's
``=HYPERLINK(...)`` stays text, and so do numbers that look like telephone numbers or dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from messages.inbound import Attachment
from messages.row import Row

MAX_CELL_UNITS = 50_000
"""Google's limit for a cell, counted here in UTF-16 units, the larger of the two possible counts."""

_CUT_ROOM = 60
_SURELY_SHORT = MAX_CELL_UNITS // 2
_SURELY_FEW = 20
_DAY_MS = 86_400_000
_EPOCH_SERIAL = 25_569
"""The serial number of 1 January 1970 in spreadsheets."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_TIME_FORMAT = {"numberFormat": {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm:ss"}}
_BLANK: dict[str, Any] = {}


def clean_text(text: str) -> str:
    """Make a text acceptable to Sheets.

    Args:
        text: any text, also with NUL, control characters or lone surrogates.

    Returns:
        the text with each such character replaced by U+FFFD, cut at 50,000 UTF-16 units with a mark that tells its
        whole length; line breaks and tabs stay.
    """
    text = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    if len(text) * 2 <= MAX_CELL_UNITS:
        return text
    units = len(text.encode("utf-16-le")) // 2
    if units <= MAX_CELL_UNITS:
        return text
    mark = f" … [cut, {len(text):,} characters in all]"
    kept = text.encode("utf-16-le")[: 2 * (MAX_CELL_UNITS - _CUT_ROOM)].decode("utf-16-le", "ignore")
    return kept + mark


def text_cell(text: str) -> dict[str, Any]:
    """Return a cell with a text; an empty one is blank."""
    if not text:
        return _BLANK
    if len(text) > _SURELY_SHORT or not text.isprintable():
        text = clean_text(text)
    return {"userEnteredValue": {"stringValue": text}}


_word_cell = lru_cache(maxsize=4096)(text_cell)
"""The same for words of a small set, made once each; nobody changes a cell."""


def number_cell(value: float | None) -> dict[str, Any]:
    """Return a cell with a number; None is blank."""
    return _BLANK if value is None else {"userEnteredValue": {"numberValue": value}}


def flag_cell(value: bool | None) -> dict[str, Any]:  # noqa: FBT001 - a cell's value
    """Return a cell with a boolean; None is blank."""
    return _BLANK if value is None else {"userEnteredValue": {"boolValue": value}}


def time_cell(at_ms: int, utc_offset_min: int = 0) -> dict[str, Any]:
    """Return a cell with a date and time; 0 is blank.

    Args:
        at_ms: milliseconds since 1970 UTC.
        utc_offset_min: minutes from UTC of the clock that it is shown by.
    """
    if not at_ms:
        return _BLANK
    serial = round((at_ms + utc_offset_min * 60_000) / _DAY_MS + _EPOCH_SERIAL, 8)
    return {"userEnteredValue": {"numberValue": serial}, "userEnteredFormat": _TIME_FORMAT}


def serial_ms(serial: float) -> int:
    """Return the time that a cell holds, milliseconds since 1970 of the clock that it is shown by.

    Exact: 8 decimals of a day are 0.864 ms, so that a time is off by less than half a millisecond.
    """
    return round((serial - _EPOCH_SERIAL) * _DAY_MS)


def _attachment(item: Attachment) -> str:
    parts = [item.name or item.mime or "file"]
    if item.note:
        parts.append(f"({item.note})")
    return " ".join(parts)


def _attachments(row: Row) -> str:
    return "; ".join(map(_attachment, row.attachments))


def _entities(row: Row) -> str:
    return "; ".join(f"{e.type}: {e.value}" for e in row.entities)


class Column(NamedTuple):
    """A column of ours.

    Attributes:
        key: its lasting name, kept in the column's developer metadata.
        header: what its header says at first; a person may rename it.
        cell: gives a row's cell.
    """

    key: str
    header: str
    cell: Callable[[Row], dict[str, Any]]


COLUMNS: tuple[Column, ...] = (
    Column("time", "Time", lambda r: time_cell(r.sent_ms, r.utc_offset_min)),
    Column("conversation", "Conversation", lambda r: _word_cell(r.conversation)),
    Column("position", "No.", lambda r: number_cell(r.position)),
    Column("direction", "Direction", lambda r: _word_cell(r.direction)),
    Column("sender", "Sender", lambda r: _word_cell(r.sender)),
    Column("sender_name", "Name", lambda r: text_cell(r.sender_name)),
    Column("kind", "Kind", lambda r: _word_cell(r.kind)),
    Column("text", "Text", lambda r: text_cell(r.text)),
    Column("intent", "Intent", lambda r: _word_cell(r.intent)),
    Column("intent_confidence", "Intent confidence", lambda r: number_cell(r.intent_confidence if r.intent else None)),
    Column("sentiment", "Sentiment", lambda r: _word_cell(r.sentiment)),
    Column("sentiment_score", "Sentiment score", lambda r: number_cell(r.sentiment_score if r.sentiment else None)),
    Column("urgent", "Urgent", lambda r: flag_cell(r.urgent)),
    Column("lang", "Language", lambda r: _word_cell(r.lang)),
    Column("entities", "Entities", lambda r: text_cell(_entities(r)) if r.entities else _BLANK),
    Column("thread", "Thread", lambda r: text_cell(r.thread)),
    Column("attachments", "Attachments", lambda r: text_cell(_attachments(r)) if r.attachments else _BLANK),
    Column("reply", "Reply", lambda r: text_cell(r.reply)),
    Column("notes", "Notes", lambda r: text_cell("; ".join(r.notes))),
    Column("tier", "Tier", lambda r: _word_cell(r.tier)),
    Column("received", "Received (UTC)", lambda r: time_cell(r.received_ms)),
    Column("source", "Source", lambda r: _word_cell(r.source)),
    Column("message_id", "Message id", lambda r: text_cell(r.message_id)),
    Column("row_id", "Row id", lambda r: text_cell(r.row_id)),
)
"""Our columns, in the order in which a new worksheet gets them."""

_LONG = ("text", "reply", "thread", "sender_name")


def is_cut(row: Row) -> bool:
    """Tell whether a cell takes only the beginning of what a row says."""
    if any(len(getattr(row, name)) > _SURELY_SHORT and _too_long(getattr(row, name)) for name in _LONG):
        return True
    # Lists are short but for a few: their cells are only made where they could be too long.
    if len(row.entities) + len(row.attachments) + len(row.notes) < _SURELY_FEW:
        return False
    return any(map(_too_long, (_entities(row), _attachments(row), "; ".join(row.notes))))


def _too_long(text: str) -> bool:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 > MAX_CELL_UNITS


BY_KEY = {column.key: column for column in COLUMNS}


@lru_cache(maxsize=16)
def _makers(places: tuple[str, ...]) -> tuple[Callable[[Row], dict[str, Any]], ...]:
    return tuple(BY_KEY[key].cell if key else (lambda _row: _BLANK) for key in places)


def cells_of(row: Row, places: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return a row's cells in the order of a worksheet's columns.

    Args:
        row: the row.
        places: for each column of the worksheet our key, or "" for a column that is not ours.

    Returns:
        one ``CellData`` a column, blank ones ``{}``, trailing blanks left out.
    """
    cells = [make(row) for make in _makers(places)]
    while cells and not cells[-1]:
        cells.pop()
    return cells
