"""Developer metadata: client-chosen ids that are refused once used, and a limit of characters."""

from __future__ import annotations

import json
import secrets
from typing import Any

import msgspec

from stress.sheets_server.book_store import Book, BookStore
from stress.sheets_server.errors import ApiError, invalid
from stress.sheets_server.schema import get

MAX_METADATA_CHARACTERS = 30_000  # Google's limit for a spreadsheet, and for each sheet


def _location(store: BookStore, book: Book, given: Any, where: str) -> dict[str, Any]:
    if given is None:
        raise invalid(f"Invalid {where}: No location specified.")
    if get(given, "spreadsheet"):
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    span = get(given, "dimensionRange")
    if span is not None:
        sheet = store.sheet(book, get(span, "sheetId", 0), where)
        start, stop = get(span, "startIndex", 0), get(span, "endIndex")
        dimension = get(span, "dimension")
        if dimension not in {"ROWS", "COLUMNS"} or stop is None or stop != start + 1:
            raise invalid(f"Invalid {where}: a dimension range must span exactly one row or column.")
        if stop > (sheet.cols if dimension == "COLUMNS" else sheet.rows):
            raise invalid(f"Invalid {where}: the dimension range is outside the grid.")
        return {
            "locationType": "COLUMN" if dimension == "COLUMNS" else "ROW",
            "dimensionRange": {"sheetId": sheet.id, "dimension": dimension, "startIndex": start, "endIndex": stop},
        }
    sheet_id = get(given, "sheetId")
    if sheet_id is None:
        raise invalid(f"Invalid {where}: No location specified.")
    return {"locationType": "SHEET", "sheetId": store.sheet(book, sheet_id, where).id}


def create(store: BookStore, book: Book, given: Any, where: str) -> dict[str, Any]:
    """Create one entry.

    Args:
        store: the spreadsheets.
        book: which of them.
        given: a decoded ``DeveloperMetadata``.
        where: the request, for messages.

    Returns:
        the entry's JSON.

    Raises:
        ApiError: 400 for a used id, missing key, location or visibility, or too many characters.
    """
    key, value = get(given, "metadataKey", ""), get(given, "metadataValue", "")
    visibility = get(given, "visibility", "")
    if not key or visibility not in {"DOCUMENT", "PROJECT"}:
        raise invalid(f"Invalid {where}: metadataKey and visibility are required.")
    location = _location(store, book, get(given, "location"), where)
    chosen = get(given, "metadataId")
    if chosen is None:
        chosen = secrets.randbelow(2**31 - 1) + 1
    if chosen <= 0:
        raise invalid(f"Invalid {where}: metadataId must be positive.")
    if store.db.execute("SELECT 1 FROM meta WHERE book=? AND id=?", (book.n, chosen)).fetchone():
        raise invalid(f"Invalid {where}: Developer metadata with ID {chosen} already exists.")
    used = store.db.execute(
        "SELECT COALESCE(SUM(LENGTH(key)+LENGTH(value)),0) FROM meta WHERE book=?", (book.n,)
    ).fetchone()[0]
    if used + len(key) + len(value) > MAX_METADATA_CHARACTERS:
        raise invalid(
            f"Invalid {where}: the developer metadata would exceed the limit of {MAX_METADATA_CHARACTERS} characters."
        )
    store.db.execute(
        "INSERT INTO meta VALUES(?,?,?,?,?,?)", (book.n, chosen, key, value, visibility, json.dumps(location))
    )
    return _as_json(chosen, key, value, visibility, location)


def _as_json(meta_id: int, key: str, value: str, visibility: str, location: dict[str, Any]) -> dict[str, Any]:
    return {
        "metadataId": meta_id,
        "metadataKey": key,
        "metadataValue": value,
        "visibility": visibility,
        "location": location,
    }


def entries(store: BookStore, book: Book) -> list[dict[str, Any]]:
    """Return all entries of a spreadsheet."""
    rows = store.db.execute("SELECT id,key,value,visibility,location FROM meta WHERE book=? ORDER BY id", (book.n,))
    return [_as_json(number, key, value, seen, json.loads(place)) for number, key, value, seen, place in rows]


def get_entry(store: BookStore, book: Book, meta_id: int) -> dict[str, Any]:
    """Return one entry, or raise 404."""
    row = store.db.execute(
        "SELECT id,key,value,visibility,location FROM meta WHERE book=? AND id=?", (book.n, meta_id)
    ).fetchone()
    if row is None:
        raise ApiError(404, f"No developer metadata with id: {meta_id}")
    number, key, value, visibility, place = row
    return _as_json(number, key, value, visibility, json.loads(place))


def matching(store: BookStore, book: Book, data_filter: Any, where: str) -> list[dict[str, Any]]:
    """Return the entries that a ``DataFilter`` with a ``developerMetadataLookup`` selects.

    Args:
        store: the spreadsheets.
        book: which of them.
        data_filter: a decoded ``DataFilter``.
        where: the request, for messages.

    Returns:
        JSON entries.

    Raises:
        ApiError: 400 where the filter has no lookup.
    """
    lookup = get(data_filter, "developerMetadataLookup")
    if lookup is None:
        raise invalid(f"Invalid {where}: this server selects metadata by developerMetadataLookup only.")
    wanted = {
        name: value
        for name in ("metadataId", "metadataKey", "metadataValue", "visibility")
        if (value := get(lookup, name)) is not None
    }
    kind = get(lookup, "locationType")
    place = get(lookup, "metadataLocation")
    sheet_id = get(place, "sheetId") if place is not None else None
    if sheet_id is None and place is not None and get(place, "dimensionRange") is not None:
        sheet_id = get(get(place, "dimensionRange"), "sheetId", 0)
    found = []
    for entry in entries(store, book):
        at = entry["location"]
        on_sheet = at.get("sheetId", at.get("dimensionRange", {}).get("sheetId"))
        if all(entry[name] == value for name, value in wanted.items()) and kind in {None, at["locationType"]}:
            if sheet_id is not None and on_sheet != sheet_id:
                continue
            found.append(entry)
    return found


def delete(store: BookStore, book: Book, data_filter: Any, where: str) -> list[dict[str, Any]]:
    """Delete what a filter selects; selecting nothing is no error."""
    gone = matching(store, book, data_filter, where)
    store.db.executemany("DELETE FROM meta WHERE book=? AND id=?", [(book.n, e["metadataId"]) for e in gone])
    return gone


def update(store: BookStore, book: Book, request: Any, where: str) -> list[dict[str, Any]]:
    """Change key or value of what the filters select."""
    given = get(request, "developerMetadata")
    mask = [name.strip() for name in get(request, "fields", "").split(",") if name.strip()]
    if given is None or not mask:
        raise invalid(f"Invalid {where}: developerMetadata and fields are required.")
    changed = []
    for data_filter in get(request, "dataFilters", []):
        for entry in matching(store, book, data_filter, where):
            for name, column in (("metadataKey", "key"), ("metadataValue", "value"), ("visibility", "visibility")):
                if name in mask or mask == ["*"]:
                    entry[name] = get(given, name, "")
                    store.db.execute(
                        f"UPDATE meta SET {column}=? WHERE book=? AND id=?",  # noqa: S608 - column is one of three literals
                        (entry[name], book.n, entry["metadataId"]),
                    )
            changed.append(entry)
    return changed


def move_columns(store: BookStore, book: Book, sheet_id: int, mapping: dict[int, int | None], dimension: str) -> None:
    """Let metadata follow its row or column.

    Args:
        store: the spreadsheets.
        book: which of them.
        sheet_id: the sheet whose dimension changed.
        mapping: old index to new index; None where it was deleted. Indices not named stay.
        dimension: ``ROWS`` or ``COLUMNS``.
    """
    for entry in entries(store, book):
        span = entry["location"].get("dimensionRange")
        if span is None or span["sheetId"] != sheet_id or span["dimension"] != dimension:
            continue
        target = mapping.get(span["startIndex"], span["startIndex"])
        if target is None:
            store.db.execute("DELETE FROM meta WHERE book=? AND id=?", (book.n, entry["metadataId"]))
            continue
        span["startIndex"], span["endIndex"] = target, target + 1
        store.db.execute(
            "UPDATE meta SET location=? WHERE book=? AND id=?",
            (json.dumps(entry["location"]), book.n, entry["metadataId"]),
        )


def as_json(struct: Any) -> Any:
    """Return a decoded struct as plain JSON values."""
    return msgspec.to_builtins(struct)
