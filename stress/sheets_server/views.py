"""What ``spreadsheets.get`` and the other reads answer, and partial responses by ``fields``."""

from __future__ import annotations

import re
from typing import Any

from stress.sheets_server import a1, metadata
from stress.sheets_server.book_store import Book, BookStore, Sheet
from stress.sheets_server.cells import cell_data
from stress.sheets_server.errors import invalid
from stress.sheets_server.guards import guards_of

_TOKEN = re.compile(r"[^,()/]+|[,()/]")


def sheet_properties(sheet: Sheet) -> dict[str, Any]:
    """Return a sheet's ``SheetProperties``."""
    grid: dict[str, Any] = {"rowCount": sheet.rows, "columnCount": sheet.cols}
    if sheet.extra.get("frozenRowCount"):
        grid["frozenRowCount"] = sheet.extra["frozenRowCount"]
    return {
        "sheetId": sheet.id,
        "title": sheet.title,
        "index": sheet.pos,
        "sheetType": "GRID",
        "gridProperties": grid,
    }


def locate(store: BookStore, book: Book, text: str) -> tuple[Sheet, a1.Range]:
    """Find the sheet and the rectangle that A1 notation names.

    Raises:
        ApiError: 400 where it cannot be parsed or lies outside the grid.
    """
    sheets = store.sheets(book)
    span = a1.parse(text, frozenset(s.title for s in sheets))
    sheet = sheets[0] if span.title is None else next(s for s in sheets if s.title == span.title)
    if span.row0 >= sheet.rows or span.col0 >= sheet.cols:
        raise invalid(f"Range ({text}) exceeds grid limits. Max rows: {sheet.rows}, max columns: {sheet.cols}")
    row1 = sheet.rows if span.row1 is None else min(span.row1, sheet.rows)
    col1 = sheet.cols if span.col1 is None else min(span.col1, sheet.cols)
    return sheet, a1.Range(sheet.title, span.row0, row1, span.col0, col1)


def grid_data(store: BookStore, sheet: Sheet, span: a1.Range) -> dict[str, Any]:
    """Return one ``GridData``."""
    lines = store.lines(sheet, span.row0, span.row1)
    last = max(lines, default=span.row0 - 1)
    rows = []
    for row in range(span.row0, last + 1):
        cells = lines.get(row, [])[span.col0 : span.col1]
        rows.append({"values": [cell_data(cell) for cell in cells]} if cells else {})
    data: dict[str, Any] = {"rowData": rows} if rows else {}
    if span.row0:
        data["startRow"] = span.row0
    if span.col0:
        data["startColumn"] = span.col0
    return data


def spreadsheet(
    store: BookStore, book: Book, user: str, base_url: str, ranges: list[str], *, grids: bool
) -> dict[str, Any]:
    """Return a ``Spreadsheet`` resource.

    Args:
        store: the spreadsheets.
        book: which of them.
        user: e-mail of the caller.
        base_url: where the server is, for the spreadsheet's address.
        ranges: A1 ranges; sheets outside of them are left out.
        grids: whether cell data is included.
    """
    spans: dict[int, list[a1.Range]] = {}
    for text in ranges:
        sheet, span = locate(store, book, text)
        spans.setdefault(sheet.id, []).append(span)
    entries = metadata.entries(store, book)
    shown = []
    for sheet in store.sheets(book):
        if ranges and sheet.id not in spans:
            continue
        item: dict[str, Any] = {"properties": sheet_properties(sheet)}
        own = [e for e in entries if e["location"].get("sheetId") == sheet.id]
        if own:
            item["developerMetadata"] = own
        if guards := guards_of(store, sheet, user):
            item["protectedRanges"] = guards
        if "basicFilter" in sheet.extra:
            item["basicFilter"] = sheet.extra["basicFilter"]
        if grids:
            wanted = spans.get(sheet.id) or [a1.Range(sheet.title, 0, sheet.rows, 0, sheet.cols)]
            item["data"] = [grid_data(store, sheet, span) for span in wanted]
            _column_metadata(item["data"], wanted, entries, sheet)
        shown.append(item)
    result: dict[str, Any] = {
        "spreadsheetId": book.id,
        "properties": {
            "title": book.title,
            "locale": "en_US",
            "autoRecalc": "ON_CHANGE",
            "timeZone": "Etc/GMT",
        },
        "sheets": shown,
        "spreadsheetUrl": f"{base_url}/spreadsheets/d/{book.id}/edit",
    }
    top = [e for e in entries if e["location"].get("spreadsheet")]
    if top:
        result["developerMetadata"] = top
    return result


def _column_metadata(
    data: list[dict[str, Any]], spans: list[a1.Range], entries: list[dict[str, Any]], sheet: Sheet
) -> None:
    by_column: dict[int, list[dict[str, Any]]] = {}
    for entry in entries:
        at = entry["location"].get("dimensionRange")
        if at is not None and at["sheetId"] == sheet.id and at["dimension"] == "COLUMNS":
            by_column.setdefault(at["startIndex"], []).append(entry)
    if not by_column:
        return
    for grid, span in zip(data, spans, strict=True):
        grid["columnMetadata"] = [
            {"pixelSize": 100, **({"developerMetadata": by_column[c]} if c in by_column else {})}
            for c in range(span.col0, span.col1 or sheet.cols)
        ]


def partial(value: Any, fields: str) -> Any:
    """Reduce a response to the fields that a mask names.

    Args:
        value: the response.
        fields: for example ``sheets(properties.title,data/rowData),spreadsheetId``; "" or ``*`` keeps all.

    Returns:
        the reduced response.

    Raises:
        ApiError: 400 where the mask cannot be parsed.
    """
    if not fields or fields == "*":
        return value
    tokens = _TOKEN.findall(fields.replace(".", "/"))
    tree, used = _parse_mask(tokens, 0, fields)
    if used != len(tokens):
        raise invalid(f"Request contains an invalid argument: fields {fields!r}")
    return _reduce(value, tree)


def _parse_mask(tokens: list[str], at: int, fields: str) -> tuple[dict[str, Any], int]:
    tree: dict[str, Any] = {}
    while at < len(tokens):
        node = tree
        while True:
            if at >= len(tokens) or tokens[at] in {",", "(", ")", "/"}:
                raise invalid(f"Request contains an invalid argument: fields {fields!r}")
            node = node.setdefault(tokens[at].strip(), {})
            at += 1
            if at < len(tokens) and tokens[at] == "/":
                at += 1
                continue
            break
        if at < len(tokens) and tokens[at] == "(":
            inner, at = _parse_mask(tokens, at + 1, fields)
            node.update(inner)
            if at >= len(tokens) or tokens[at] != ")":
                raise invalid(f"Request contains an invalid argument: fields {fields!r}")
            at += 1
        if at < len(tokens) and tokens[at] == ",":
            at += 1
            continue
        break
    return tree, at


def _reduce(value: Any, tree: dict[str, Any]) -> Any:
    if not tree or "*" in tree:
        return value
    if isinstance(value, list):
        return [_reduce(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _reduce(value[name], inner) for name, inner in tree.items() if name in value}
