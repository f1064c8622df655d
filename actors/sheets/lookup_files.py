"""Lookup tables as files of the data folder: what the Sheets sink writes and replies and gazetteers read.

``lookups/properties.jsonl`` (``contacts``, ``staff``) holds one JSON object a row of the worksheet, in its order, with
the worksheet's headings as keys; a blank row is ``{}``, so that line *n* of the file is row *n* + 1 of the worksheet.
A file is replaced whole: a reader sees the old table or the new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from store.files import write_private

TABLES: Final = ("properties", "contacts", "staff")
FOLDER: Final = "lookups"
MOST_BYTES: Final = 64 * 1024 * 1024

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "reference": ("ref", "reference no", "property id", "المرجع", "رقم المرجع", "الرقم المرجعي"),
    "project": ("building", "project name", "building name", "development", "tower", "المشروع", "المبنى", "البرج"),
    "location": ("community", "area", "district", "neighbourhood", "الموقع", "المنطقة", "الحي"),
    "property_type": ("property type", "type", "unit type", "النوع", "نوع العقار", "نوع الوحدة"),
    "purpose": ("offering", "listing type", "الغرض", "نوع العرض"),
    "bedrooms": ("beds", "bedroom", "غرف النوم", "عدد الغرف", "الغرف"),
    "price": ("price aed", "price (aed)", "asking price", "السعر"),
    "size": ("sqft", "size sqft", "size (sqft)", "size (sq ft)", "المساحة"),
    "description": ("details", "title", "الوصف", "التفاصيل"),
    "available": ("availability", "status", "متاح", "الحالة"),
}
"""Columns of the inventory and other headings for them, English and Arabic, lower case; ``_`` counts as a blank."""

_FIELDS: Final = {_alias: field for field, aliases in HEADINGS.items() for _alias in aliases}


class LookupRows(NamedTuple):
    """Rows of a file.

    Attributes:
        rows: by the worksheet's headings.
        problems: lines that could not be read.
    """

    rows: tuple[dict[str, object], ...]
    problems: tuple[str, ...]


def lookup_file(folder: Path, table: str) -> Path:
    """Say where a table's file lies.

    Args:
        folder: the data folder.
        table: one of ``TABLES``.
    """
    return folder / FOLDER / f"{table}.jsonl"


def signature(path: Path) -> tuple[int, ...] | None:
    """Return what changes when a file is replaced, None where it is missing or cannot be looked at."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def write_lookup(path: Path, rows: Iterable[Mapping[str, str]]) -> bool:
    """Replace a table's file where its rows have changed.

    Args:
        path: the file; its folder is made.
        rows: by heading.

    Returns:
        whether it was written.

    Raises:
        OSError: the folder or the old file is not usable.
        StoreError: it cannot be written; the old one stays.
    """
    data = b"".join(msgspec.json.encode(_clean(row)) + b"\n" for row in rows)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.read_bytes() == data:
        return False
    write_private(path, data)
    return True


def _clean(row: Mapping[str, str]) -> dict[str, str]:
    """Replace lone surrogates, which UTF-8 cannot hold."""
    return {
        key.encode("utf-8", "replace").decode(): text.encode("utf-8", "replace").decode() for key, text in row.items()
    }


def read_lookup(path: Path) -> LookupRows:
    """Read a table's file.

    Args:
        path: the file.

    Returns:
        its rows, and the lines that are none.

    Raises:
        OSError: it cannot be read.
        ValueError: it is longer than ``MOST_BYTES``.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"longer than {MOST_BYTES} bytes")
    rows: list[dict[str, object]] = []
    problems: list[str] = []
    decoder = msgspec.json.Decoder(dict[str, object])
    for number, line in enumerate(path.read_bytes().splitlines(), start=2):
        try:
            rows.append(decoder.decode(line) if line.strip() else {})
        except msgspec.DecodeError as error:
            rows.append({})
            problems.append(f"line {number}: {error}")
    return LookupRows(tuple(rows), tuple(problems))


def by_field(row: Mapping[str, object]) -> dict[str, object]:
    """Name a row's cells by the inventory's columns where a heading is known; see ``HEADINGS``.

    Args:
        row: cells by heading.

    Returns:
        cells by column; a column's own name wins over another heading for it, other headings stay in lower case.
    """
    found: dict[str, object] = {}
    for heading, cell in row.items():
        own = " ".join(heading.strip().casefold().replace("_", " ").split())
        column = own.replace(" ", "_")
        if column in HEADINGS:
            found[column] = cell
        else:
            found.setdefault(_FIELDS.get(own, own), cell)
    return found


def property_names(rows: Iterable[Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    """Give the names that a table of properties knows.

    Args:
        rows: by heading.

    Yields:
        ``project`` or ``location``, and the name as it is written; each once.
    """
    seen: set[tuple[str, str]] = set()
    for row in rows:
        cells = by_field(row)
        for kind in ("project", "location"):
            name = " ".join(str(cells.get(kind) or "").split())
            if name and (kind, name.casefold()) not in seen:
                seen.add((kind, name.casefold()))
                yield kind, name
