"""The calls that write rows: what is sent, and what the answer tells of the worksheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from actors.sheets.columns import cells_of
from actors.sheets.layout import LAYOUT_FIELDS, Layout, layout_of
from actors.sheets.target import Target, quoted, unstamp_request
from messages.row import Row

_encode = msgspec.json.Encoder().encode
_ANSWER_FIELDS = f"replies,updatedSpreadsheet(sheets(properties(sheetId,gridProperties),data({LAYOUT_FIELDS})))"
CELL_FIELDS = "userEnteredValue,userEnteredFormat.numberFormat"


def send_batch(http: Any, target: Target, rows: Iterable[Row], stamp: dict[str, Any], prune: Sequence[int]) -> Layout:
    """Write rows and their stamp in one atomic call, delete old stamps in it, and learn where our columns are now.

    Args:
        http: gspread's HTTP client.
        target: the spreadsheet, claimed and looked at.
        rows: in the order of the sheet.
        stamp: the request that creates the batch's stamp.
        prune: numbers of stamps that may go.

    Returns:
        the columns as they were when the rows were written; the grid's size is kept in the target.

    Raises:
        CallFailed: by what is known of its effect.
    """
    sheet = target.sheet
    assert sheet is not None
    places = sheet.layout.places
    append = {
        "sheetId": sheet.sheet_id,
        "rows": [encoded_row(cells_of(row, places)) for row in rows],
        "fields": CELL_FIELDS,
    }
    requests = [{"appendCells": append}, stamp, *(unstamp_request(number) for number in prune)]
    return write_and_look(http, target, requests)


def write_and_look(http: Any, target: Target, requests: Sequence[dict[str, Any]]) -> Layout:
    """Make changes behind the fence in one atomic call, and learn where our columns were when they were made.

    Args:
        http: gspread's HTTP client.
        target: the spreadsheet, claimed and looked at.
        requests: of a ``batchUpdate``.

    Returns:
        the columns; the grid's size is kept in the target.

    Raises:
        CallFailed: by what is known of its effect.
    """
    sheet = target.sheet
    assert sheet is not None
    answer = http.request(
        "post",
        f"https://sheets.googleapis.com/v4/spreadsheets/{target.spreadsheet}:batchUpdate",
        params={"fields": _ANSWER_FIELDS},
        json={
            "requests": [*target.fence_requests(), *requests],
            "includeSpreadsheetInResponse": True,
            "responseRanges": [f"{quoted(sheet.title)}!1:1"],
            "responseIncludeGridData": True,
        },
    ).json()
    shown = (answer.get("updatedSpreadsheet", {}).get("sheets") or [{}])[0]
    grid = shown.get("properties", {}).get("gridProperties")
    if grid:
        sheet.rows, sheet.columns = grid["rowCount"], grid["columnCount"]
    return layout_of(shown)


def encoded_row(cells: Sequence[Mapping[str, Any]]) -> msgspec.Raw:
    """Encode a row's cells by themselves: a write's cells are half a million objects, which need not live together."""
    return msgspec.Raw(_encode({"values": cells}))
