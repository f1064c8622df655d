"""Facts in tables are taken by their headings and labels, or not at all: a row's numbers run together mean nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from actors.media.lookup_import import list_kind, lookup_rows
from messages.media import FieldValue, Reading, Table

_FACTS = ("unit", "project", "location", "property_type", "bedrooms", "bathrooms", "size_sqft", "price")
_NUMBERS = frozenset({"bedrooms", "bathrooms", "size_sqft", "price"})
_LABEL = re.compile(
    r"(?:annual |monthly |total |contract |sale |selling |asking |security |property |plot |built.up |unit |flat "
    r"|villa |apartment |building |contact |mobile )*"
    r"(?:rent|price|value|amount|deposit|unit|flat|apartment|villa|building|project|tower|area|size"
    r"|bedrooms?|bathrooms?|community|location|landlord|lessor|owner|tenant|lessee|seller|buyer|purchaser"
    r"|phone|mobile|e-?mail|date|number)"
    r"(?:['’]s)?(?: (?:name|no\.?|number|type|size|area|value|amount|date))?(?: \([a-z. ]{1,12}\))?",
    re.IGNORECASE,
)
_MONEY = re.compile(r"\b(?:AED|USD|EUR|GBP|Dhs?\.?|dirhams?)\b|درهم|[$€£]", re.IGNORECASE)
_NUMERIC = re.compile(r"\d")
_MOST_LINES = 2000
_FEWEST_NUMBERS = 2
_LONGEST_HEADING = 160


def facts_text(text: str, tables: Sequence[Table]) -> str:
    """Give the part of a document's text in which facts may be looked for.

    Args:
        text: of the document, rows of its tables among it.
        tables: of the document.

    Returns:
        its lines without the rows of tables and of lists that are columns without lines; below them, of the tables,
        each value that stands beside its label, and sums that name their currency.
    """
    rows = {_letters("".join(row)) for table in tables for row in (table.header, *table.rows)}
    lines = [line for line in _prose(text.splitlines()) if not line.strip() or _letters(line) not in rows]
    for table in tables:
        for row in (table.header, *table.rows):
            lines += _labelled(row)
            if len(lines) > _MOST_LINES:
                return "\n".join(lines)
    return "\n".join(lines)


def table_facts(tables: Sequence[Table]) -> dict[str, FieldValue]:
    """Take the facts of a property that is the only row of a table whose headings name them.

    Args:
        tables: of a document.

    Returns:
        ``unit``, ``price``, ... ; nothing where there are several rows.
    """
    rows = lookup_rows(Reading(name="", tables=tuple(tables)))
    if rows.kind != "property_list" or len(rows.rows) != 1:
        return {}
    row = rows.rows[0]
    return {name: row[name] for name in _FACTS if name in row and not (name in _NUMBERS and isinstance(row[name], str))}


def _prose(lines: list[str]) -> Iterator[str]:
    """Leave out lists of columns that no lines part: a line of headings and the rows of numbers below it."""
    in_list = False
    for line in lines:
        words = line.split()
        if in_list and sum(bool(_NUMERIC.search(word)) for word in words) >= _FEWEST_NUMBERS and ":" not in line:
            continue
        in_list = len(line) <= _LONGEST_HEADING and list_kind(Table(name="", header=tuple(words), rows=())) != ""
        if not in_list:
            yield line


def _labelled(row: Sequence[str]) -> Iterator[str]:
    taken = False
    for place, cell in enumerate(row):
        if taken or not cell:
            taken = False
            continue
        following = row[place + 1] if place + 1 < len(row) else ""
        if following and _is_label(cell) and not _is_label(following):
            yield f"{cell.rstrip(' :')}: {following}"
            taken = True
        elif _MONEY.search(cell) and _NUMERIC.search(cell):
            yield cell


def _is_label(cell: str) -> bool:
    text = " ".join(cell.split())
    return text.endswith(":") or _LABEL.fullmatch(text.rstrip(" .:")) is not None or _is_column(text)


def _is_column(cell: str) -> bool:
    """Tell whether a cell is the heading of a column that property lists have."""
    return any(
        list_kind(Table(name="", header=(*others, cell), rows=()))
        for others in (("unit", "price"), ("location", "status"))
    )


def _letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
