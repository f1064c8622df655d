"""The one call that writes a batch: what is sent, and what its answer tells of the worksheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from actors.sheets.columns import cells_of
from actors.sheets.layout import LAYOUT_FIELDS, Layout, layout_of
from actors.sheets.target import Target, quoted, unstamp_request
from messages.row import Row

_encode = msgspec.json.Encoder().encode
_ANSWER_FIELDS = f"replies,updatedSpreadsheet(sheets(properties(sheetId,gridProperties),data({LAYOUT_FIELDS})))"
_CELL_FIELDS = "userEnteredValue,userEnteredFormat.numberFormat"


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
        # Encoded one by one: a write's cells are half a million objects, which need not live together.
        "rows": [msgspec.Raw(_encode({"values": cells_of(row, places)})) for row in rows],
        "fields": _CELL_FIELDS,
    }
    answer = http.request(
        "post",
        f"https://sheets.googleapis.com/v4/spreadsheets/{target.spreadsheet}:batchUpdate",
        params={"fields": _ANSWER_FIELDS},
        json={
            "requests": [
                *target.fence_requests(),
                {"appendCells": append},
                stamp,
                *(unstamp_request(number) for number in prune),
            ],
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
