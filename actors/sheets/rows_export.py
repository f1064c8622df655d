"""Rows as files for people and programs: JSON lines, CSV, Excel. Customers' text never becomes a formula."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import msgspec

from messages.inbound import Attachment
from messages.row import Row
from messages.understanding import Entity

FORMATS = ("jsonl", "csv", "xlsx")

HEADINGS = (
    *("conversation", "position", "sent_at", "direction", "sender", "sender_name", "kind", "text"),
    *("lang", "intent", "intent_confidence", "sentiment", "sentiment_score", "urgent", "entities", "thread"),
    *("late", "gap", "attachments", "reply", "notes", "tier", "source", "sequence", "message_id", "row_id"),
    *("received_at", "committed_at"),
)
"""Columns of CSV and Excel files."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What spreadsheet programs may take for the beginning of a formula (OWASP, "CSV Injection")."""

_CELL_CHARS = 32_767
"""Characters of one cell (Excel's specifications and limits)."""

_SHEET_ROWS = 1_048_576
"""Rows of one sheet (likewise)."""

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_COLUMN_WIDTHS = {"text": 60, "sent_at": 26, "entities": 40, "notes": 30, "conversation": 22, "sender_name": 20}


def clock_text(ms: int, offset_min: int) -> str:
    """Write a time on the sender's clock.

    Args:
        ms: milliseconds since 1970 UTC.
        offset_min: minutes from UTC.

    Returns:
        ISO 8601 with its offset, "" for 0; a number that is no time as it is.
    """
    if not ms:
        return ""
    try:
        zone = dt.timezone(dt.timedelta(minutes=offset_min))
        moment = dt.datetime.fromtimestamp(ms // 1000, zone) + dt.timedelta(milliseconds=ms % 1000)
        return moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds")
    except (ValueError, OverflowError, OSError):
        return str(ms)


def _plain(value: Entity | Attachment) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__ if name != "v"}


def object_of(row: Row) -> dict[str, Any]:
    """Give a row as a plain object.

    Args:
        row: the row.

    Returns:
        its fields, with ``sent_at``, ``received_at`` and ``committed_at`` in ISO 8601 beside the milliseconds.
    """
    fields: dict[str, Any] = {name: getattr(row, name) for name in row.__struct_fields__ if name != "v"}
    fields["entities"] = [_plain(entity) for entity in row.entities]
    fields["attachments"] = [_plain(attachment) for attachment in row.attachments]
    fields["sent_at"] = clock_text(row.sent_ms, row.utc_offset_min)
    fields["received_at"] = clock_text(row.received_ms, 0)
    fields["committed_at"] = clock_text(row.committed_ms, 0)
    return fields


def json_line(row: Row) -> bytes:
    """Give a row as one line of JSON with its line feed."""
    return msgspec.json.encode(object_of(row)) + b"\n"


def cells_of(row: Row) -> list[str | int | float | bool | None]:
    """Give a row's cells, in the order of ``HEADINGS``."""
    fields = object_of(row)
    fields["entities"] = "; ".join(f"{e.type}={e.value}" for e in row.entities)
    fields["attachments"] = "; ".join(_attachment(a) for a in row.attachments)
    fields["notes"] = "; ".join(row.notes)
    # A figure without its label would look like a result where there is none.
    fields["intent_confidence"] = round(row.intent_confidence, 3) if row.intent else None
    fields["sentiment_score"] = round(row.sentiment_score, 3) if row.sentiment else None
    return [fields[name] for name in HEADINGS]


def _attachment(attachment: Attachment) -> str:
    name = attachment.name or "file"
    return f"{name} ({attachment.note})" if attachment.note else name


def csv_cell(value: str | float | bool | None) -> str | int | float:  # noqa: FBT001 - a cell's value
    """Make a cell that no spreadsheet program takes for a formula.

    Text that begins with ``=``, ``+``, ``-``, ``@``, a tab, a carriage return or line feed gets an apostrophe before
    it, which those programs show as text; numbers stay numbers.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def write_jsonl(rows: Iterable[Row], out: IO[bytes]) -> int:
    """Write JSON lines.

    Returns:
        how many.
    """
    count = 0
    for row in rows:
        out.write(json_line(row))
        count += 1
    return count


def write_csv(rows: Iterable[Row], out: IO[str]) -> int:
    """Write CSV as Excel reads it: UTF-8 with its mark, and CR LF.

    Args:
        rows: the rows.
        out: a text stream in ``utf-8`` with ``newline=""``.

    Returns:
        how many.
    """
    out.write("\ufeff")
    table = csv.writer(out)
    table.writerow(HEADINGS)
    count = 0
    for row in rows:
        table.writerow([csv_cell(cell) for cell in cells_of(row)])
        count += 1
    return count


def write_xlsx(rows: Iterable[Row], path: Path, *, sheet_rows: int = _SHEET_ROWS) -> int:
    """Write an Excel workbook; further sheets are added where one is full.

    Text cells have type string and the quote prefix, so that they stay text when a person edits them.

    Args:
        rows: the rows.
        path: the file.
        sheet_rows: rows of one sheet, its heading included.

    Returns:
        how many rows.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    bold = Font(bold=True)
    sheet: Any = None
    count = filled = 0

    def cell_of(value: str | float | bool | None) -> Any:  # noqa: FBT001 - a cell's value
        if not isinstance(value, str):
            return value
        cell = WriteOnlyCell(sheet, value="")
        cell.value = _fitting(value)
        cell.data_type = "s"
        if value.startswith(_FORMULA_STARTS):
            cell.quotePrefix = True
        return cell

    def begin() -> None:
        nonlocal sheet, filled
        sheet = book.create_sheet("rows" if sheet is None else f"rows {len(book.worksheets) + 1}")
        sheet.freeze_panes = "A2"
        for number, name in enumerate(HEADINGS):
            sheet.column_dimensions[_letters(number)].width = _COLUMN_WIDTHS.get(name, 14)
        heads = [WriteOnlyCell(sheet, value=name) for name in HEADINGS]
        for head in heads:
            head.font = bold
        sheet.append(heads)
        filled = 1

    begin()
    for row in rows:
        if filled >= sheet_rows:
            begin()
        sheet.append([cell_of(value) for value in cells_of(row)])
        filled += 1
        count += 1
    book.save(path)
    return count


def _fitting(text: str) -> str:
    text = _NOT_IN_XML.sub("\ufffd", text)
    if len(text) <= _CELL_CHARS:
        return text
    note = f" … [{len(text):,} characters; cut to fit a cell]"
    return text[: _CELL_CHARS - len(note)] + note


def _letters(number: int) -> str:
    high, low = divmod(number, 26)
    return (chr(64 + high) if high else "") + chr(65 + low)
