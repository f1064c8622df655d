"""The ``spreadsheets.values`` collection."""

from __future__ import annotations

from typing import Any

from stress.sheets_server import a1
from stress.sheets_server.batch import write_rectangle
from stress.sheets_server.book_store import Book, BookStore, Sheet
from stress.sheets_server.cells import from_input, render
from stress.sheets_server.errors import invalid
from stress.sheets_server.schema import get
from stress.sheets_server.views import locate


def read(store: BookStore, book: Book, text: str, option: str, major: str) -> dict[str, Any]:
    """Answer ``values.get`` for one range.

    Args:
        store: the spreadsheets.
        book: which of them.
        text: A1 notation.
        option: ``FORMATTED_VALUE``, ``UNFORMATTED_VALUE`` or ``FORMULA``.
        major: ``ROWS`` or ``COLUMNS``.

    Returns:
        a ``ValueRange``, trailing blanks left out.
    """
    sheet, span = locate(store, book, text)
    row1, col1 = span.row1 or sheet.rows, span.col1 or sheet.cols
    lines = store.lines(sheet, span.row0, row1)
    last = max(lines, default=span.row0 - 1)
    table = []
    for row in range(span.row0, last + 1):
        cells = [render(cell, option) for cell in lines.get(row, [])[span.col0 : col1]]
        while cells and cells[-1] == "":
            cells.pop()
        table.append(cells)
    while table and not table[-1]:
        table.pop()
    if major == "COLUMNS":
        width = max((len(r) for r in table), default=0)
        table = [[(r[c] if c < len(r) else "") for r in table] for c in range(width)]
    answer: dict[str, Any] = {
        "range": a1.format_range(sheet.title, span.row0, row1, span.col0, col1),
        "majorDimension": major,
    }
    if table:
        answer["values"] = table
    return answer


def _option(option: str | None) -> str:
    if option not in {"RAW", "USER_ENTERED"}:
        raise invalid("'valueInputOption' is required but not specified")
    return option


def _table(value_range: Any, option: str) -> list[list[Any]]:
    rows = get(value_range, "values", [])
    if not all(isinstance(row, list) for row in rows):
        raise invalid("Invalid values: expected a list of lists.")
    if get(value_range, "majorDimension") == "COLUMNS":
        height = max((len(c) for c in rows), default=0)
        rows = [[(c[r] if r < len(c) else None) for c in rows] for r in range(height)]
    return [[from_input(value, option) for value in row] for row in rows]


def _merge(store: BookStore, sheet: Sheet, user: str, row0: int, col0: int, rows: list[list[Any]]) -> dict[str, Any]:
    """Write values; JSON null leaves a cell as it is, an empty string clears it."""
    width = max((len(r) for r in rows), default=0)
    write_rectangle(store, sheet, user, row0, col0, rows)
    return {
        "updatedRange": a1.format_range(sheet.title, row0, row0 + len(rows), col0, col0 + width),
        "updatedRows": len(rows),
        "updatedColumns": width,
        "updatedCells": sum(len(r) for r in rows),
    }


def update(store: BookStore, book: Book, user: str, text: str, value_range: Any, option: str | None) -> dict[str, Any]:
    """Answer ``values.update``."""
    rows = _table(value_range, _option(option))
    sheet, span = locate(store, book, text)
    height, width = len(rows), max((len(r) for r in rows), default=0)
    single = span.row1 == span.row0 + 1 and span.col1 == span.col0 + 1
    row_limit = sheet.rows if single else span.row1 or sheet.rows
    col_limit = sheet.cols if single else span.col1 or sheet.cols
    if span.row0 + height > row_limit or span.col0 + width > col_limit:
        if single:
            sheet.rows, sheet.cols = max(sheet.rows, span.row0 + height), max(sheet.cols, span.col0 + width)
            store.save_sheet(sheet)
            store.check_cells(book, "data")
        else:
            raise invalid(f"Requested writing within range [{text}], but tried writing beyond it")
    return {"spreadsheetId": book.id, **_merge(store, sheet, user, span.row0, span.col0, rows)}


def append(store: BookStore, book: Book, user: str, text: str, value_range: Any, option: str | None) -> dict[str, Any]:
    """Answer ``values.append``: below the table that starts in the range, or below all data for a whole sheet."""
    rows = _table(value_range, _option(option))
    sheet, span = locate(store, book, text)
    start = store.last_row(sheet)
    if span.row1 != sheet.rows:
        filled = store.lines(sheet, span.row0, None)
        start = next(row for row in range(span.row0, start + span.row0 + 1) if row not in filled)
    width = span.col0 + max((len(r) for r in rows), default=0)
    sheet.rows, sheet.cols = max(sheet.rows, start + len(rows)), max(sheet.cols, width)
    store.save_sheet(sheet)
    store.check_cells(book, "data")
    answer = _merge(store, sheet, user, start, span.col0, rows)
    return {
        "spreadsheetId": book.id,
        "tableRange": a1.format_range(sheet.title, 0, max(1, start), span.col0, span.col0 + 1),
        "updates": {"spreadsheetId": book.id, **answer},
    }


def clear(store: BookStore, book: Book, user: str, text: str) -> dict[str, Any]:
    """Answer ``values.clear``."""
    sheet, span = locate(store, book, text)
    row1, col1 = span.row1 or sheet.rows, span.col1 or sheet.cols
    used = min(row1, store.last_row(sheet))
    if used > span.row0:
        write_rectangle(
            store, sheet, user, span.row0, span.col0, [[None] * (col1 - span.col0) for _ in range(used - span.row0)]
        )
    return {
        "spreadsheetId": book.id,
        "clearedRange": a1.format_range(sheet.title, span.row0, row1, span.col0, col1),
    }
