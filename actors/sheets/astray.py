"""Put rows under their headers again when a person moved columns while they were being written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actors.sheets.columns import cells_of
from actors.sheets.target import Worksheet, quoted
from messages.row import Row


def letters_of(column: int) -> str:
    """Return a column's letters in A1 notation; columns count from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def bring_home(http: Any, spreadsheet: str, sheet: Worksheet, assumed: Sequence[str], rows: Sequence[Row]) -> int:
    """Rewrite rows that were written for other columns; repeating it changes nothing.

    The rows are found by their row ids, which stand in the column that had been taken for theirs, or wherever that
    column went to together with the rows.

    Args:
        http: gspread's HTTP client.
        spreadsheet: where.
        sheet: the worksheet as it is now.
        assumed: which columns the rows were written for.
        rows: the batch's rows.

    Returns:
        how many rows were rewritten.

    Raises:
        CallFailed: the calls failed; it has to be repeated.
    """
    places = sheet.layout.places
    home = places.index("row_id")
    strayed = list(assumed).index("row_id")
    if strayed >= sheet.columns:
        return 0  # the column has been deleted since, and what was in it is gone with it
    wanted = {row.row_id: row for row in rows}
    if strayed == home:
        # The ids are in their column in either case: rewrite what is there, which is right or will be.
        found = _column(http, spreadsheet, sheet.title, home)
    else:
        # The rows stand where they were written, unless the columns were moved after them.
        at_home = {text for text in _column(http, spreadsheet, sheet.title, home) if text in wanted}
        wanted = {key: row for key, row in wanted.items() if key not in at_home}
        found = _column(http, spreadsheet, sheet.title, strayed)
    runs: list[tuple[int, list[Row]]] = []
    for number, text in enumerate(found):
        row = wanted.get(text)
        if row is None:
            continue
        if runs and runs[-1][0] + len(runs[-1][1]) == number:
            runs[-1][1].append(row)
        else:
            runs.append((number, [row]))
    if not runs:
        return 0
    requests = []
    for start, run in runs:
        span = {
            "sheetId": sheet.sheet_id,
            "startRowIndex": start,
            "endRowIndex": start + len(run),
            "startColumnIndex": 0,
            "endColumnIndex": max(len(places), len(assumed)),
        }
        cells = [{"values": cells_of(row, places)} for row in run]
        requests.append(
            {
                "updateCells": {
                    "range": span,
                    "rows": cells,
                    "fields": "userEnteredValue,userEnteredFormat.numberFormat",
                }
            }
        )
    http.batch_update(spreadsheet, {"requests": requests})
    return sum(len(run) for _, run in runs)


def _column(http: Any, spreadsheet: str, title: str, column: int) -> list[str]:
    name = letters_of(column)
    answer = http.values_get(spreadsheet, f"{quoted(title)}!{name}:{name}", params={"majorDimension": "COLUMNS"})
    values: list[list[str]] = answer.get("values") or [[]]
    return [str(value) for value in values[0]]
