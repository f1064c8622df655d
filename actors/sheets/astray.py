"""Put rows under their headers again when a person moved columns while they were being written.

The rows are found by their ids wherever those stand; only our own columns are written, and of a person's columns only
the cells that hold what had been meant for a column of ours are emptied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from actors.sheets.columns import cells_of
from actors.sheets.layout import Layout
from actors.sheets.sending import CELL_FIELDS, encoded_row, write_and_look
from actors.sheets.target import Target, Worksheet, quoted
from messages.row import Row

_NEAR = 1e-6
"""Numbers that differ by less are the same; a second is ten times as much."""


class Found(NamedTuple):
    """Rows of a batch as they were found in a worksheet.

    Attributes:
        rows: by their number in the grid; the header has 0.
        columns: what the columns hold that were read, by column.
    """

    rows: Mapping[int, Row]
    columns: Mapping[int, Sequence[Any]]

    def lacks(self, rows: Sequence[Row]) -> bool:
        """Tell whether some of the batch's rows were not found."""
        return len({row.row_id for row in self.rows.values()}) < len(rows)


def letters_of(column: int) -> str:
    """Return a column's letters in A1 notation; columns count from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def find_rows(
    http: Any,
    spreadsheet: str,
    sheet: Worksheet,
    tried: Sequence[Sequence[str]],
    rows: Sequence[Row],
    *,
    everywhere: bool,
) -> Found:
    """Find a batch's rows by their ids, by one read.

    Args:
        http: gspread's HTTP client.
        spreadsheet: where.
        sheet: the worksheet as it is now.
        tried: the columns that the rows may have been written for.
        rows: the batch's rows.
        everywhere: look into all columns: they were moved more than once.

    Returns:
        what was found.

    Raises:
        CallFailed: it could not be read.
    """
    order = _likely(sheet, tried)
    if everywhere:
        order += [column for column in range(sheet.columns) if column not in order]
    answer = http.values_batch_get(
        spreadsheet,
        [f"{quoted(sheet.title)}!{name}:{name}" for name in map(letters_of, order)],
        # A person's formula that repeats what we wrote is shown as a formula, and so is not taken for ours.
        {"majorDimension": "COLUMNS", "valueRenderOption": "FORMULA"},
    )
    columns = {
        column: (part.get("values") or [[]])[0] for column, part in zip(order, answer["valueRanges"], strict=True)
    }
    wanted = {row.row_id: row for row in rows}
    found: dict[int, Row] = {}
    for column in order:  # a person may keep our ids in a column of theirs: it counts only where we find no other
        met = {number: wanted[value] for number, value in enumerate(columns[column]) if number and value in wanted}
        found |= {number: row for number, row in met.items() if number not in found}
        for row in met.values():
            wanted.pop(row.row_id, None)
    return Found(found, columns)


def _likely(sheet: Worksheet, tried: Sequence[Sequence[str]]) -> list[int]:
    """Return where ids may stand after one move: their column, where it was taken to be, and columns not of ours."""
    places = sheet.layout.places
    likely = [places.index("row_id"), *(layout.index("row_id") for layout in map(list, tried))]
    likely += _not_ours(sheet, tried)
    return [column for column in dict.fromkeys(likely) if column < sheet.columns]


def _not_ours(sheet: Worksheet, tried: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns into which cells may have gone that are none of ours."""
    places = sheet.layout.places
    width = min(sheet.columns, max(map(len, (places, *tried))))
    return [column for column in range(width) if column >= len(places) or not places[column]]


def put_home(http: Any, target: Target, tried: Sequence[tuple[str, ...]], found: Found) -> Layout:
    """Write rows that were found under the headers, by one call; repeating it changes nothing.

    Args:
        http: gspread's HTTP client.
        target: the spreadsheet, claimed and looked at.
        tried: the columns that the rows may have been written for.
        found: the rows.

    Returns:
        the columns as they were when the rows were written.

    Raises:
        CallFailed: the call failed; it has to be repeated.
    """
    sheet = target.sheet
    assert sheet is not None
    return write_and_look(http, target, [*_own_cells(sheet, found), *_emptied_cells(sheet, tried, found)])


def _own_cells(sheet: Worksheet, found: Found) -> list[dict[str, Any]]:
    """Return the requests that write our columns, one for each block of rows and columns beside each other."""
    places = sheet.layout.places
    blocks = _runs(column for column, key in enumerate(places) if key)
    requests = []
    for rows in _runs(found.rows):
        lines = [cells_of(found.rows[number], places) for number in range(rows[0], rows[1] + 1)]
        for first, last in blocks:
            requests.append(_update(sheet, rows, (first, last), [cells[first : last + 1] for cells in lines]))
    return requests


def _emptied_cells(sheet: Worksheet, tried: Sequence[tuple[str, ...]], found: Found) -> list[dict[str, Any]]:
    """Return the requests that take what we wrote by mistake out of columns that are not ours."""
    written = {number: [cells_of(row, places) for places in tried] for number, row in found.rows.items()}
    requests = []
    for column in _not_ours(sheet, tried):
        values = found.columns.get(column, ())
        ours = [
            number
            for number, layouts in written.items()
            if number < len(values) and _is_ours(layouts, column, values[number])
        ]
        requests += [_update(sheet, run, (column, column), []) for run in _runs(ours)]
    return requests


def _is_ours(layouts: Sequence[Sequence[Mapping[str, Any]]], column: int, value: Any) -> bool:
    """Tell whether what stands in a column of a person's came from us.

    That column may have been moved since, so what any of the row's cells says counts. A tick is too common for that:
    it has to be where we wrote one.
    """
    if isinstance(value, bool):
        return any(column < len(cells) and _shows(cells[column], value) for cells in layouts)
    return any(_shows(cell, value) for cell in layouts[0])


def _shows(cell: Mapping[str, Any], value: Any) -> bool:
    """Tell whether a cell that we wrote is what was read."""
    for wanted in cell.get("userEnteredValue", {}).values():
        if isinstance(wanted, bool) or isinstance(value, bool):
            return wanted is value
        if isinstance(wanted, int | float) and isinstance(value, int | float):
            return abs(wanted - value) < _NEAR
        return bool(wanted == value)
    return False


def _update(
    sheet: Worksheet, rows: tuple[int, int], columns: tuple[int, int], lines: Sequence[list[dict[str, Any]]]
) -> dict[str, Any]:
    """Return the request that writes a block of cells, first to last; those that are not given become empty."""
    span = {
        "sheetId": sheet.sheet_id,
        "startRowIndex": rows[0],
        "endRowIndex": rows[1] + 1,
        "startColumnIndex": columns[0],
        "endColumnIndex": columns[1] + 1,
    }
    cells = [encoded_row(line) for line in lines]
    return {"updateCells": {"range": span, "rows": cells, "fields": CELL_FIELDS}}


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Join numbers that follow each other: first and last of each run."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] + 1 == number:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
