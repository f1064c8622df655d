"""Apply the requests of ``spreadsheets.batchUpdate``, in order, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stress.sheets_server import metadata
from stress.sheets_server.book_store import Book, BookStore, Sheet
from stress.sheets_server.cells import from_cell_data, pack_row, raw_value
from stress.sheets_server.dimensions import DIMENSION_HANDLERS
from stress.sheets_server.errors import invalid
from stress.sheets_server.guards import add_guard, check_guards, delete_guard
from stress.sheets_server.schema import get, set_field
from stress.sheets_server.views import sheet_properties

Handler = Callable[[BookStore, Book, Any, str, str], dict[str, Any]]


def apply_batch(store: BookStore, book: Book, requests: list[Any], user: str) -> list[dict[str, Any]]:
    """Apply requests in order.

    Args:
        store: where, inside a transaction that the caller rolls back on an error.
        book: the spreadsheet.
        requests: decoded ``Request`` structs.
        user: e-mail of the caller, for protected ranges.

    Returns:
        one reply a request.

    Raises:
        ApiError: the first refusal; nothing must then be kept.
    """
    if not requests:
        raise invalid("Must specify at least one request.")
    replies = []
    for number, request in enumerate(requests):
        name, value = set_field(request)
        handler = HANDLERS.get(name)
        where = f"requests[{number}].{name}"
        if handler is None:
            raise invalid(f"Invalid {where}: this local server does not implement it.")
        replies.append(handler(store, book, value, where, user))
    return replies


def _append_cells(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    sheet = store.sheet(book, get(request, "sheetId", 0), where)
    if not get(request, "fields"):
        raise invalid(f"Invalid {where}: At least one field must be listed in 'fields'. (Use '*' to indicate all.)")
    rows = get(request, "rows", [])
    start = store.last_row(sheet)
    check_guards(store, sheet, user, start, start + len(rows), 0, sheet.cols)
    packed = []
    width = 0
    for offset, row in enumerate(rows):
        cells = [from_cell_data(cell) for cell in get(row, "values", [])]
        width = max(width, len(cells))
        data = pack_row(cells)
        if data != b"\x90":
            packed.append((book.n, sheet.id, start + offset, data))
    if width > sheet.cols:
        raise invalid(f"Invalid {where}: Attempting to write column: {width}, beyond the last column: {sheet.cols}")
    store.db.executemany("INSERT INTO line VALUES(?,?,?,?)", packed)
    if start + len(rows) > sheet.rows:
        sheet.rows = start + len(rows)
        store.save_sheet(sheet)
        store.check_cells(book, where)
    return {}


def _bounds(sheet: Sheet, span: Any, where: str) -> tuple[int, int, int, int]:
    row0, col0 = get(span, "startRowIndex", 0), get(span, "startColumnIndex", 0)
    row1, col1 = get(span, "endRowIndex", sheet.rows), get(span, "endColumnIndex", sheet.cols)
    if row1 > sheet.rows or col1 > sheet.cols or row0 > row1 or col0 > col1 or min(row0, col0) < 0:
        raise invalid(f"Invalid {where}: the range exceeds the grid limits ({sheet.rows} rows, {sheet.cols} columns).")
    return row0, row1, col0, col1


def write_rectangle(store: BookStore, sheet: Sheet, user: str, row0: int, col0: int, rows: list[list[Any]]) -> None:
    """Write cells over a rectangle; None clears a cell."""
    height, width = len(rows), max((len(r) for r in rows), default=0)
    check_guards(store, sheet, user, row0, row0 + height, col0, col0 + width)
    lines = store.lines(sheet, row0, row0 + height)
    changed = {}
    for offset, cells in enumerate(rows):
        line = lines.get(row0 + offset, [])
        line.extend([None] * (col0 + len(cells) - len(line)))
        line[col0 : col0 + len(cells)] = cells
        changed[row0 + offset] = line
    store.put_lines(sheet, changed)


def _update_cells(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    if not get(request, "fields"):
        raise invalid(f"Invalid {where}: At least one field must be listed in 'fields'. (Use '*' to indicate all.)")
    start, span = get(request, "start"), get(request, "range")
    rows = [[from_cell_data(c) for c in get(row, "values", [])] for row in get(request, "rows", [])]
    if start is not None:
        sheet = store.sheet(book, get(start, "sheetId", 0), where)
        row0, col0 = get(start, "rowIndex", 0), get(start, "columnIndex", 0)
        row1, col1 = row0 + len(rows), col0 + max((len(r) for r in rows), default=0)
        if row1 > sheet.rows or col1 > sheet.cols:
            raise invalid(f"Invalid {where}: Attempting to write outside the grid.")
    elif span is not None:
        sheet = store.sheet(book, get(span, "sheetId", 0), where)
        row0, row1, col0, col1 = _bounds(sheet, span, where)
        rows = [
            [(rows[r][c] if r < len(rows) and c < len(rows[r]) else None) for c in range(col1 - col0)]
            for r in range(row1 - row0)
        ]
    else:
        raise invalid(f"Invalid {where}: start or range is required.")
    write_rectangle(store, sheet, user, row0, col0, rows)
    return {}


def _repeat_cell(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    """Repeat one cell over a bounded range; formats of whole columns are accepted and not kept."""
    sheet = store.sheet(book, get(get(request, "range"), "sheetId", 0), where)
    row0, row1, col0, col1 = _bounds(sheet, get(request, "range"), where)
    fields = get(request, "fields", "")
    if not fields:
        raise invalid(f"Invalid {where}: At least one field must be listed in 'fields'.")
    check_guards(store, sheet, user, row0, row1, col0, col1)
    if fields == "*" or "userEnteredValue" in fields:
        cell = from_cell_data(get(request, "cell"))
        write_rectangle(store, sheet, user, row0, col0, [[cell] * (col1 - col0) for _ in range(row1 - row0)])
    return {}


def _add_sheet(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    del user
    given = get(request, "properties")
    grid = get(given, "gridProperties") if given is not None else None
    title = get(given, "title") if given is not None else None
    taken = {sheet.title for sheet in store.sheets(book)}
    if title is None:
        title = next(f"Sheet{n}" for n in range(1, 10_000) if f"Sheet{n}" not in taken)
    sheet = store.add_sheet(
        book,
        title,
        get(given, "sheetId") if given is not None else None,
        get(grid, "rowCount", 1000) if grid is not None else 1000,
        get(grid, "columnCount", 26) if grid is not None else 26,
        where,
    )
    if grid is not None and get(grid, "frozenRowCount"):
        sheet.extra["frozenRowCount"] = get(grid, "frozenRowCount")
        store.save_sheet(sheet)
    return {"addSheet": {"properties": sheet_properties(sheet)}}


def _delete_sheet(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    del user
    sheet = store.sheet(book, get(request, "sheetId", 0), where)
    if len(store.sheets(book)) == 1:
        raise invalid(f"Invalid {where}: You can't remove all the sheets in a document.")
    store.delete_sheet(book, sheet)
    return {}


def _update_sheet(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    del user
    given = get(request, "properties")
    sheet = store.sheet(book, get(given, "sheetId", 0), where)
    mask = {name.strip() for name in get(request, "fields", "").split(",") if name.strip()}
    if not mask:
        raise invalid(f"Invalid {where}: At least one field must be listed in 'fields'.")
    grid = get(given, "gridProperties")
    if mask & {"title", "*"}:
        title = get(given, "title", sheet.title)
        if any(s.title == title and s.id != sheet.id for s in store.sheets(book)):
            raise invalid(
                f'Invalid {where}: A sheet with the name "{title}" already exists. Please enter another name.'
            )
        sheet.title = title
    if mask & {"index", "*"}:
        sheet.pos = get(given, "index", sheet.pos)
    whole = bool(mask & {"gridProperties", "*"})
    if grid is not None and (whole or "gridProperties.rowCount" in mask):
        sheet.rows = get(grid, "rowCount", sheet.rows)
        store.db.execute("DELETE FROM line WHERE book=? AND sheet=? AND row>=?", (sheet.book, sheet.id, sheet.rows))
    if grid is not None and (whole or "gridProperties.columnCount" in mask):
        sheet.cols = get(grid, "columnCount", sheet.cols)
        lines = store.lines(sheet, 0, None)
        store.put_lines(sheet, {row: cells[: sheet.cols] for row, cells in lines.items() if len(cells) > sheet.cols})
    if grid is not None and (whole or "gridProperties.frozenRowCount" in mask):
        sheet.extra["frozenRowCount"] = get(grid, "frozenRowCount", 0)
    store.save_sheet(sheet)
    store.check_cells(book, where)
    return {}


def _update_book(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    del user
    mask = get(request, "fields", "")
    if not mask:
        raise invalid(f"Invalid {where}: At least one field must be listed in 'fields'.")
    title = get(get(request, "properties"), "title")
    if title is not None and ("title" in mask or mask == "*"):
        store.db.execute("UPDATE book SET title=? WHERE n=?", (title, book.n))
    return {}


def _sort_range(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    sheet = store.sheet(book, get(get(request, "range"), "sheetId", 0), where)
    row0, row1, col0, col1 = _bounds(sheet, get(request, "range"), where)
    check_guards(store, sheet, user, row0, row1, col0, col1)
    lines = store.lines(sheet, row0, row1)
    table = [(lines.get(row, []) + [None] * sheet.cols)[col0:col1] for row in range(row0, row1)]
    for spec in reversed(get(request, "sortSpecs", [])):
        column = get(spec, "dimensionIndex", 0) - col0

        def key(cells: list[Any], column: int = column) -> tuple[int, float, str]:
            value = raw_value(cells[column])
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return (0 if number else 1, value if number else 0.0, "" if number else str(value))

        filled = [cells for cells in table if raw_value(cells[column]) is not None]
        blank = [cells for cells in table if raw_value(cells[column]) is None]
        table = sorted(filled, key=key, reverse=get(spec, "sortOrder") == "DESCENDING") + blank
    write_rectangle(store, sheet, user, row0, col0, table)
    return {}


def _set_filter(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    del user
    given = get(request, "filter")
    sheet = store.sheet(book, get(get(given, "range"), "sheetId", 0), where)
    sheet.extra["basicFilter"] = metadata.as_json(given)
    store.save_sheet(sheet)
    return {}


def _clear_filter(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    del user
    sheet = store.sheet(book, get(request, "sheetId", 0), where)
    sheet.extra.pop("basicFilter", None)
    store.save_sheet(sheet)
    return {}


def _create_metadata(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    del user
    entry = metadata.create(store, book, get(request, "developerMetadata"), where)
    return {"createDeveloperMetadata": {"developerMetadata": entry}}


def _delete_metadata(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    del user
    gone = metadata.delete(store, book, get(request, "dataFilter"), where)
    return {"deleteDeveloperMetadata": {"deletedDeveloperMetadata": gone} if gone else {}}


def _update_metadata(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    del user
    return {"updateDeveloperMetadata": {"developerMetadata": metadata.update(store, book, request, where)}}


HANDLERS: dict[str, Handler] = {
    "appendCells": _append_cells,
    "updateCells": _update_cells,
    "repeatCell": _repeat_cell,
    "addSheet": _add_sheet,
    "deleteSheet": _delete_sheet,
    "updateSheetProperties": _update_sheet,
    "updateSpreadsheetProperties": _update_book,
    "sortRange": _sort_range,
    "setBasicFilter": _set_filter,
    "clearBasicFilter": _clear_filter,
    "createDeveloperMetadata": _create_metadata,
    "deleteDeveloperMetadata": _delete_metadata,
    "updateDeveloperMetadata": _update_metadata,
    "addProtectedRange": add_guard,
    "deleteProtectedRange": delete_guard,
    **DIMENSION_HANDLERS,
}
