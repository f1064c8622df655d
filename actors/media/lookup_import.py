"""Turn the tables of property and contact lists into rows of a lookup table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from actors.sheets.lookup_cells import CellError, is_summary, read_bathrooms, read_bedrooms, read_price, read_size
from actors.sheets.lookup_files import CONTACT_FIELDS, PROPERTY_FIELDS, folded_heading
from messages.media import Reading, Table

ListKind = Literal["", "property_list", "contact_list"]

_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "property_list": {**CONTACT_FIELDS, **PROPERTY_FIELDS},
    "contact_list": {**PROPERTY_FIELDS, **CONTACT_FIELDS},
}
"""Columns by folded heading: a list's own ones first, those of the other kind beside them."""
_READERS: Final[Mapping[str, Callable[[str], int | float | None]]] = {
    "bedrooms": read_bedrooms,
    "bathrooms": read_bathrooms,
    "size": read_size,
    "price": read_price,
}
_PROPERTY: Final = {
    "unit", "project", "location", "property_type", "bedrooms", "size", "price", "available", "bathrooms"
}  # fmt: skip
_NEEDED: Final = {"property_list": ("unit", "project", "reference"), "contact_list": ("phone", "email")}
_HEADER_ROWS = 5

Row = dict[str, str | int | float]


class LookupRows(NamedTuple):
    """Rows for a lookup table, and what could not be used, with why.

    Attributes:
        kind: of the list.
        rows: cells by column.
        refused: rows that could not become one, by their number below the headings.
        unread: cells that are left out of rows that were taken, likewise: a price that is not understood.
    """

    kind: ListKind
    rows: list[Row]
    refused: list[tuple[int, str]]
    unread: list[tuple[int, str]]


def list_kind(table: Table) -> ListKind:
    """Tell what sort of list a table is.

    Args:
        table: of a document.

    Returns:
        ``property_list`` where it has a unit, project or location and two more columns of a property; ``contact_list``
        where it has a name and a phone or e-mail; else "".
    """
    found = set(_header(table, "property_list")[1].values())
    if found & {"unit", "project", "location"} and len(found & _PROPERTY) >= 3:
        return "property_list"
    found = set(_header(table, "contact_list")[1].values())
    return "contact_list" if "name" in found and found & {"phone", "email"} else ""


def lookup_rows(reading: Reading) -> LookupRows:
    """Turn a read list into rows.

    Args:
        reading: of a document with tables.

    Returns:
        rows with the names of the lookup tables' columns: ``unit``, ``project``, ``price``, ``name``, ``phone``, ...;
        numbers are numbers. Refused are rows without what identifies them (unit or project; phone or e-mail), with
        nothing beside it, that add others up, or repeat the headings.
    """
    kinds = [list_kind(table) for table in reading.tables]
    kind: ListKind = "property_list" if "property_list" in kinds else "contact_list" if "contact_list" in kinds else ""
    found = LookupRows(kind, [], [], [])
    number = 0
    for table, is_kind in zip(reading.tables, kinds, strict=True):
        if not kind or is_kind != kind:
            continue
        skip, columns = _header(table, kind)
        for cells in table.rows[skip:]:
            number += 1
            named = {
                name: text for place, name in columns.items() if place < len(cells) and (text := cells[place].strip())
            }
            reason = _fault(kind, cells, named)
            if reason:
                found.refused.append((number, reason))
                continue
            row, unread = _row(named)
            if kind == "property_list" and "price" in columns.values() and "price" not in named:
                unread.append("no price: its cell is empty, or a formula that was never computed")
            found.unread.extend((number, why) for why in unread)
            found.rows.append(row)
    return found


def lookup_table(found: LookupRows) -> list[dict[str, str]]:
    """Write a list's rows as the lookup tables hold them.

    Args:
        found: its rows.

    Returns:
        rows of text. A property without a reference has its unit and project for one.
    """
    table = [{name: str(cell) for name, cell in row.items()} for row in found.rows]
    if found.kind != "property_list":
        return table
    return [{"reference": " ".join(row[part] for part in ("unit", "project") if part in row)} | row for row in table]


def _header(table: Table, kind: str) -> tuple[int, dict[int, str]]:
    """Find the row of column names among the first ones: how many rows come before the data, and the columns."""
    best: tuple[int, dict[int, str]] = (0, {})
    for number, cells in enumerate((table.header, *table.rows[:_HEADER_ROWS])):
        columns: dict[int, str] = {}
        for place, cell in enumerate(cells):
            name = _FIELDS[kind].get(folded_heading(cell))
            if name is not None and name not in columns.values():
                columns[place] = name
        if len(columns) > len(best[1]):
            best = (number, columns)
    return best


def _fault(kind: str, cells: tuple[str, ...], named: Mapping[str, str]) -> str:
    """Say why a row cannot become one of the table, "" where it can."""
    needed = _NEEDED[kind]
    if kind == "property_list" and is_summary(cells):
        return "it adds other rows up and is no property"
    if len(named) > 1 and all(_FIELDS[kind].get(folded_heading(text)) == name for name, text in named.items()):
        return "it repeats the headings"
    if not any(name in named for name in needed):
        return f"it has neither {' nor '.join(needed)}"
    if kind == "property_list" and len(named) == 1:
        return f"it has nothing but a {next(iter(named))}"
    return ""


def _row(named: Mapping[str, str]) -> tuple[Row, list[str]]:
    """Read a row's cells: those that are understood, and why others are not."""
    row: Row = {}
    unread: list[str] = []
    for name, text in named.items():
        if name not in _READERS:
            row[name] = text
            continue
        try:
            value = _READERS[name](text)
        except CellError as error:
            unread.append(str(error))
            continue
        if value is not None:
            row[name] = value
        elif name == "price":
            unread.append(f"no price: its cell says {text[:40]!r}")
    return row, unread
