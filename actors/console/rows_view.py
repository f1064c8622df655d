"""Rows as a table for a person's terminal; what customers wrote can neither style nor reorder it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from actors.sheets.rows_export import clock_text
from messages.row import Row

if TYPE_CHECKING:
    from rich.table import Table

_WIDE = 120
"""Columns of a terminal from which on each fact has a column of its own."""

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")
_MARKS = re.compile("[\u200e\u200f\u061c\ufeff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if match.group() == "\n":
        return " ⏎ "
    if match.group() == "\t":
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


def shown(text: str) -> str:
    """Make a customer's text fit for a terminal's cell.

    Control characters become their pictures, line feeds ``⏎``; characters that embed, override or isolate directions
    are named; text written from right to left is isolated (U+2068 … U+2069), so that it cannot reorder what stands
    beside it.

    Args:
        text: any text.

    Returns:
        text without control characters, on one line.
    """
    text = _CONTROL.sub(_visible, text)
    text = _BIDI.sub(lambda match: f"<U+{ord(match.group()):04X}>", text)
    text = _MARKS.sub("", text)
    return text if _RIGHT_TO_LEFT.search(text) is None else f"\u2068{text}\u2069"


def _understood(row: Row) -> list[str]:
    parts = [row.intent] if row.intent else []
    if row.sentiment:
        parts.append(row.sentiment)
    if row.urgent:
        parts.append("URGENT")
    return parts


def _content(row: Row) -> str:
    lines = [shown(row.text)] if row.text else []
    for attachment in row.attachments:
        name = shown(attachment.name or row.kind)
        lines.append(f"[{name}{': ' + shown(attachment.note) if attachment.note else ''}]")
    return "\n".join(lines) or f"({row.kind})"


def _notes(row: Row, common: frozenset[str]) -> list[str]:
    notes = [shown(note) for note in row.notes if note not in common]
    if row.late and not any("late" in note for note in notes):
        notes.append("late")
    if row.gap and not any("gap" in note for note in notes):
        notes.append(f"gap of {row.gap}")
    return notes


def _cells(row: Row, common: frozenset[str], *, narrow: bool) -> list[str]:
    sender = shown(row.sender_name or row.sender or ("(system)" if row.kind == "system" else ""))
    sender = f"→ {sender}" if row.direction == "out" else sender
    sent = clock_text(row.sent_ms, row.utc_offset_min)[:16].replace("T", " ")
    entities = [f"{entity.type} {shown(str(entity.value))}" for entity in row.entities]
    conversation = shown(row.conversation)
    if narrow:
        parts = (" · ".join(_understood(row)), ", ".join(entities), "; ".join(_notes(row, common)))
        understood = "\n".join(part for part in parts if part)
        return [f"{conversation} #{row.position}", f"{sent}\n{sender}", _content(row), understood]
    entity_text, note_text = ", ".join(entities), "; ".join(_notes(row, common))
    understood = "\n".join(_understood(row))
    return [conversation, str(row.position), sent, sender, _content(row), understood, entity_text, note_text]


def table_of(rows: Iterable[Row], width: int, title: str = "") -> Table:
    """Lay rows out as a table.

    Args:
        rows: the rows; all are held.
        width: columns of the terminal; below 120 what belongs together shares a column.
        title: above the table, "" for none.

    Returns:
        the table; a rich console prints it.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    narrow = width < _WIDE
    table = Table(title=Text(title) if title else None, box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
    table.add_column("conversation", ratio=2 if narrow else 3, overflow="fold", min_width=8)
    if narrow:
        table.add_column("sent, from", width=16, overflow="fold")
        table.add_column("text", ratio=4, overflow="fold")
        table.add_column("understood", ratio=3, overflow="fold")
    else:
        table.add_column("#", justify="right", no_wrap=True)
        table.add_column("sent", no_wrap=True)
        table.add_column("from", ratio=3, overflow="fold", min_width=8)
        table.add_column("text", ratio=9, overflow="fold", min_width=20)
        table.add_column("understood", ratio=3, overflow="fold", min_width=10)
        table.add_column("entities", ratio=5, overflow="fold", min_width=12)
        table.add_column("notes", ratio=3, overflow="fold", min_width=8)
    held = list(rows)
    # What is noted on every row (a feature that is unavailable) is said once, below the table.
    common = frozenset.intersection(*(frozenset(row.notes) for row in held)) if len(held) > 2 else frozenset()
    if common:
        table.caption = Text("all rows: " + "; ".join(shown(note) for note in sorted(common)))
        table.caption_justify = "left"
    for row in held:
        cells = _cells(row, common, narrow=narrow)
        table.add_row(*(Text(cell) for cell in cells), style="dim" if row.kind == "system" else None)
    return table
