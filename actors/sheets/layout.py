"""Where our columns are in a worksheet that people edit.

A column is known by developer metadata that moves with it and, where it has none, by its header. So columns may be
reordered and renamed, and people's own columns are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actors.sheets.columns import COLUMNS

COLUMN_KEY = "majlis.column"
LAYOUT_FIELDS = "rowData(values(formattedValue)),columnMetadata(developerMetadata(metadataKey,metadataValue))"
"""What :func:`layout_of` needs of a sheet's ``data``."""

_MOST_NAMED = 6


@dataclass(frozen=True)
class Layout:
    """The columns of a worksheet.

    Attributes:
        places: for each column our key, or "" where it is not ours.
        headers: the headers as they are.
        unmarked: keys that were found by header only and have no metadata yet, with their column.
        missing: keys that the worksheet lacks.
        notes: what a person should know: renamed and repeated columns.
    """

    places: tuple[str, ...]
    headers: tuple[str, ...]
    unmarked: tuple[tuple[str, int], ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether rows can be written."""
        return not self.missing


def read_layout(headers: Sequence[str], marks: Mapping[int, str]) -> Layout:
    """Find our columns.

    Args:
        headers: the first row's texts.
        marks: column to our key, from the columns' developer metadata.

    Returns:
        the layout.
    """
    width = max([len(headers), *(column + 1 for column in marks)], default=0)
    texts = [*headers, *([""] * (width - len(headers)))]
    places = [""] * width
    notes: list[str] = []
    renamed: list[tuple[str, str]] = []
    found: set[str] = set()
    for column in sorted(marks):
        key = marks[column]
        header = next((c.header for c in COLUMNS if c.key == key), None)
        if header is None:
            continue
        if key in found:
            notes.append(f"column {column + 1} is a copy of {header!r}; the first one is written to")
            continue
        places[column] = key
        found.add(key)
        if _same(texts[column], header):
            continue
        renamed.append((header, texts[column]))
    notes += _renamed(renamed)
    unmarked: list[tuple[str, int]] = []
    for own in COLUMNS:
        if own.key in found:
            continue
        column = next((n for n, text in enumerate(texts) if not places[n] and _same(text, own.header)), -1)
        if column >= 0:
            places[column] = own.key
            found.add(own.key)
            unmarked.append((own.key, column))
    missing = tuple(c.key for c in COLUMNS if c.key not in found)
    return Layout(tuple(places), tuple(texts), tuple(unmarked), missing, tuple(notes))


def _renamed(renamed: Sequence[tuple[str, str]]) -> list[str]:
    """Return one note about all headers that were changed."""
    shown = [
        f"{header!r} was changed to {text!r}" if text.strip() else f"{header!r} was emptied" for header, text in renamed
    ]
    if not shown:
        return []
    if len(shown) == 1:
        return [f"the header {shown[0]}; its column is still written to"]
    more = f" and {len(shown) - _MOST_NAMED} more" if len(shown) > _MOST_NAMED else ""
    return [f"headers were changed: {', '.join(shown[:_MOST_NAMED])}{more}; their columns are still written to"]


def layout_of(item: Mapping[str, Any]) -> Layout:
    """Find our columns in a sheet's JSON that has the texts and the metadata of row 1.

    Args:
        item: a ``Sheet`` with ``LAYOUT_FIELDS`` of its ``data``.

    Returns:
        the layout.
    """
    data = (item.get("data") or [{}])[0]
    rows = data.get("rowData") or [{}]
    texts = [str(cell.get("formattedValue", "")) for cell in rows[0].get("values", [])]
    while texts and not texts[-1]:
        texts.pop()
    marks = {
        column: entry["metadataValue"]
        for column, facts in enumerate(data.get("columnMetadata", []))
        for entry in facts.get("developerMetadata", [])
        if entry["metadataKey"] == COLUMN_KEY
    }
    return read_layout(texts, marks)


def _same(text: str, header: str) -> bool:
    return text.strip().casefold() == header.casefold()


def header_cells(keys: Sequence[str]) -> list[dict[str, Any]]:
    """Return header cells for keys."""
    headers = {c.key: c.header for c in COLUMNS}
    return [{"userEnteredValue": {"stringValue": headers[key]}} for key in keys]


def mark_request(sheet_id: int, column: int, key: str) -> dict[str, Any]:
    """Return the request that gives a column its metadata."""
    span = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": column, "endIndex": column + 1}
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataKey": COLUMN_KEY,
                "metadataValue": key,
                "location": {"dimensionRange": span},
                "visibility": "DOCUMENT",
            }
        }
    }
