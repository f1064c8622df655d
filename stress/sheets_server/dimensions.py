"""Insert, append, delete and move rows and columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stress.sheets_server import metadata
from stress.sheets_server.book_store import Book, BookStore, Sheet
from stress.sheets_server.errors import invalid
from stress.sheets_server.guards import check_guards
from stress.sheets_server.schema import get


def _span(store: BookStore, book: Book, span: Any, where: str) -> tuple[Sheet, str, int, int]:
    sheet = store.sheet(book, get(span, "sheetId", 0), where)
    dimension = get(span, "dimension")
    size = sheet.rows if dimension == "ROWS" else sheet.cols
    start, stop = get(span, "startIndex", 0), get(span, "endIndex", size)
    if dimension not in {"ROWS", "COLUMNS"} or not 0 <= start < stop:
        raise invalid(f"Invalid {where}: the dimension range is not valid.")
    return sheet, dimension, start, stop


def _recolumn(store: BookStore, sheet: Sheet, book: Book, order: list[int | None]) -> None:
    """Rebuild each row from old column numbers (None for a new one), and let metadata follow."""
    lines = store.lines(sheet, 0, None)
    store.put_lines(
        sheet,
        {
            row: [cells[old] if old is not None and old < len(cells) else None for old in order]
            for row, cells in lines.items()
        },
    )
    mapping: dict[int, int | None] = dict.fromkeys(range(sheet.cols))
    mapping.update({old: new for new, old in enumerate(order) if old is not None})
    metadata.move_columns(store, book, sheet.id, mapping, "COLUMNS")


def _insert(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    sheet, dimension, start, stop = _span(store, book, get(request, "range"), where)
    count = stop - start
    if start > (sheet.rows if dimension == "ROWS" else sheet.cols):
        raise invalid(f"Invalid {where}: range.startIndex is beyond the grid.")
    if dimension == "ROWS":
        check_guards(store, sheet, user, start, start, 0, sheet.cols)
        store.shift_rows(sheet, start, count)
        metadata.move_columns(store, book, sheet.id, {r: r + count for r in range(start, sheet.rows)}, "ROWS")
        sheet.rows += count
    else:
        old = list(range(sheet.cols))
        _recolumn(store, sheet, book, [*old[:start], *([None] * count), *old[start:]])
        sheet.cols += count
    store.save_sheet(sheet)
    store.check_cells(book, where)
    return {}


def _append(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    del user
    sheet = store.sheet(book, get(request, "sheetId", 0), where)
    length = get(request, "length", 0)
    if length < 1:
        raise invalid(f"Invalid {where}: length must be positive.")
    if get(request, "dimension") == "ROWS":
        sheet.rows += length
    else:
        sheet.cols += length
    store.save_sheet(sheet)
    store.check_cells(book, where)
    return {}


def _delete(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    sheet, dimension, start, stop = _span(store, book, get(request, "range"), where)
    size = sheet.rows if dimension == "ROWS" else sheet.cols
    if stop > size or stop - start >= size:
        raise invalid(f"Invalid {where}: You can't delete all the {dimension.lower()} on the sheet.")
    if dimension == "ROWS":
        check_guards(store, sheet, user, start, stop, 0, sheet.cols)
        store.remove_rows(sheet, start, stop)
        gone: dict[int, int | None] = dict.fromkeys(range(start, stop))
        gone.update({r: r - (stop - start) for r in range(stop, sheet.rows)})
        metadata.move_columns(store, book, sheet.id, gone, "ROWS")
        sheet.rows -= stop - start
    else:
        check_guards(store, sheet, user, 0, sheet.rows, start, stop)
        old = list(range(sheet.cols))
        _recolumn(store, sheet, book, [*old[:start], *old[stop:]])
        sheet.cols -= stop - start
    store.save_sheet(sheet)
    return {}


def _move(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    sheet, dimension, start, stop = _span(store, book, get(request, "source"), where)
    target = get(request, "destinationIndex", 0)
    size = sheet.rows if dimension == "ROWS" else sheet.cols
    if stop > size or target > size or start < target < stop:
        raise invalid(f"Invalid {where}: source or destinationIndex is not valid.")
    order = list(range(size))
    moved = order[start:stop]
    left = order[:start] + order[stop:]
    at = target if target <= start else target - len(moved)
    new = left[:at] + moved + left[at:]
    if dimension == "COLUMNS":
        _recolumn(store, sheet, book, list(new))
        return {}
    check_guards(store, sheet, user, start, stop, 0, sheet.cols)
    lines = store.lines(sheet, 0, None)
    store.put_lines(sheet, {row: lines.get(old, []) for row, old in enumerate(new)})
    metadata.move_columns(store, book, sheet.id, {old: row for row, old in enumerate(new)}, "ROWS")
    return {}


def _cosmetic(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    """Accept a change of looks that no value depends on."""
    del store, book, request, where, user
    return {}


DIMENSION_HANDLERS: dict[str, Callable[[BookStore, Book, Any, str, str], dict[str, Any]]] = {
    "insertDimension": _insert,
    "appendDimension": _append,
    "deleteDimension": _delete,
    "moveDimension": _move,
    "autoResizeDimensions": _cosmetic,
    "updateDimensionProperties": _cosmetic,
}
