"""Turn the tables of property and contact lists into rows of a lookup table."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from messages.media import Reading, Table

ListKind = Literal["", "property_list", "contact_list"]

_COLUMNS: dict[str, tuple[str, ...]] = {
    "unit": ("unit", "unit no", "unit number", "unit #", "apt", "apartment no", "flat no", "villa no", "رقم الوحدة"),
    "project": ("project", "building", "tower", "development", "property", "building name", "project name", "المشروع"),
    "location": ("location", "area", "community", "district", "city", "address", "المنطقة"),
    "property_type": ("type", "property type", "unit type", "category", "النوع"),
    "bedrooms": ("bedrooms", "beds", "br", "bed", "bhk", "rooms", "no of bedrooms", "غرف"),
    "bathrooms": ("bathrooms", "baths", "bath"),
    "size_sqft": ("size", "sqft", "sq ft", "size sqft", "size (sqft)", "area sqft", "area (sqft)", "bua", "المساحة"),
    "price": ("price", "price aed", "price (aed)", "asking price", "rent", "annual rent", "amount", "selling price",
              "السعر"),
    "status": ("status", "availability", "الحالة"),
    "name": ("name", "full name", "client", "client name", "customer", "owner", "owner name", "contact", "contact name",
             "tenant", "tenant name", "الاسم"),
    "phone": ("phone", "mobile", "phone number", "mobile number", "tel", "telephone", "contact number", "contact no",
              "whatsapp", "mobile no", "الهاتف", "الجوال"),
    "email": ("email", "e-mail", "email address", "mail"),
    "organisation": ("organisation", "organization", "company", "agency"),
    "title": ("title", "job title", "position"),
    "url": ("url", "website", "link"),
    "note": ("note", "notes", "remarks", "comments"),
    "furnished": ("furnished", "furnishing"),
    "floor": ("floor", "level"),
    "view": ("view",),
    "reference": ("ref", "reference", "ref no", "reference no", "id", "listing id", "permit no"),
}  # fmt: skip
_NAMED = {header: column for column, headers in _COLUMNS.items() for header in headers}
_NUMBERS = {"bedrooms", "bathrooms", "size_sqft", "price"}
_INVENTORY = {"size_sqft": "size", "status": "available", "note": "description"}
_NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*([kKmM](?![a-zA-Z]))?")
_HEADER_ROWS = 5


class LookupRows(NamedTuple):
    """Rows for a lookup table, and those that could not become one, with why."""

    kind: ListKind
    rows: list[dict[str, str | int | float]]
    refused: list[tuple[int, str]]


def list_kind(table: Table) -> ListKind:
    """Tell what sort of list a table is.

    Args:
        table: of a document.

    Returns:
        ``property_list`` where it has a unit, project or location and two more columns of a property; ``contact_list``
        where it has a name and a phone or e-mail; else "".
    """
    _, columns = _header(table)
    found = set(columns.values())
    if found & {"unit", "project", "location"} and len(found & {
        "unit", "project", "location", "property_type", "bedrooms", "size_sqft", "price", "status", "bathrooms"
    }) >= 3:  # fmt: skip
        return "property_list"
    return "contact_list" if "name" in found and found & {"phone", "email"} else ""


def lookup_rows(reading: Reading) -> LookupRows:
    """Turn a read list into rows.

    Args:
        reading: of a document with tables.

    Returns:
        rows with the names of ``unit``, ``project``, ``price``, ``name``, ``phone``, ... ; numbers are numbers. A row
        without what identifies it (unit or project; phone or e-mail) is refused.
    """
    kinds = [list_kind(table) for table in reading.tables]
    kind: ListKind = "property_list" if "property_list" in kinds else "contact_list" if "contact_list" in kinds else ""
    needed = ("unit", "project", "reference") if kind == "property_list" else ("phone", "email")
    rows: list[dict[str, str | int | float]] = []
    refused: list[tuple[int, str]] = []
    number = 0
    for table, is_kind in zip(reading.tables, kinds, strict=True):
        if not kind or is_kind != kind:
            continue
        skip, columns = _header(table)
        for cells in table.rows[skip:]:
            number += 1
            row = _row(cells, columns)
            if not any(row.get(column) for column in needed):
                refused.append((number, f"it has neither {' nor '.join(needed)}"))
            else:
                rows.append(row)
    return LookupRows(kind, rows, refused)


def lookup_table(found: LookupRows) -> list[dict[str, str]]:
    """Name a list's columns as the lookup tables do.

    Args:
        found: its rows.

    Returns:
        rows of text. Properties have ``reference``, ``project``, ``size``, ``available``, ...: what replies offer from;
        where no reference is given, unit and project are it.
    """
    if found.kind != "property_list":
        return [{name: str(cell) for name, cell in row.items()} for row in found.rows]
    table = []
    for row in found.rows:
        named = {_INVENTORY.get(name, name): str(cell) for name, cell in row.items()}
        own = " ".join(named[part] for part in ("unit", "project") if part in named)
        table.append({"reference": own} | named)
    return table


def _header(table: Table) -> tuple[int, dict[int, str]]:
    """Find the row of column names among the first ones: how many rows come before the data, and the columns."""
    best: tuple[int, dict[int, str]] = (0, {})
    for number, cells in enumerate((table.header, *table.rows[:_HEADER_ROWS])):
        columns: dict[int, str] = {}
        for place, cell in enumerate(cells):
            name = _NAMED.get(_plain(cell))
            if name is not None and name not in columns.values():
                columns[place] = name
        if len(columns) > len(best[1]):
            best = (number, columns)
    return best


def _plain(cell: str) -> str:
    return " ".join(re.sub(r"[_*:.]+", " ", cell.casefold()).split())


def _row(cells: tuple[str, ...], columns: dict[int, str]) -> dict[str, str | int | float]:
    row: dict[str, str | int | float] = {}
    for place, name in columns.items():
        text = cells[place].strip() if place < len(cells) else ""
        if not text:
            continue
        row[name] = text if name not in _NUMBERS else _number(name, text)
    return row


def _number(name: str, text: str) -> str | int | float:
    if name == "bedrooms" and text.casefold().startswith("studio"):
        return 0
    found = _NUMBER.search(text)
    if found is None:
        return text
    value = float(found.group(1).replace(",", ""))
    value *= {"k": 1e3, "m": 1e6}.get((found.group(2) or "").lower(), 1)
    return int(value) if value.is_integer() else value
