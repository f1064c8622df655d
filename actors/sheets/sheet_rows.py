"""Rows that are in a spreadsheet already: found in every worksheet with our columns, and emptied where they stand.

People sort worksheets while we write. So each write tells, in the same atomic call, which rows it met; whatever was
met by mistake is put back from what had been read before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from actors.sheets.astray import letters_of
from actors.sheets.columns import text_cell
from actors.sheets.errors import CallFailed, HeldBack
from actors.sheets.layout import LAYOUT_FIELDS, Layout, layout_of
from actors.sheets.redaction import EMPTIED, MARKED
from actors.sheets.target import quoted

_TITLES = "sheets.properties(sheetId,title,sheetType,gridProperties)"
_HEADERS = f"sheets(properties(sheetId,title,gridProperties),data({LAYOUT_FIELDS}))"
PERSONAL = (*MARKED, *EMPTIED, "message_id")
"""Keys of the columns that are emptied."""

_LEAST_COLUMNS = 4
"""A worksheet with fewer of our columns is somebody's own that has a heading like ours."""

MOST_ROWS = 2_000
"""Rows that one call empties: about 2 MB of requests, as Google advises."""

MOST_REMEMBERED = 60_000
"""Rows of a worksheet up to which all its personal cells are read before some are overwritten, so that they could be
put back; beyond that a mistake is reported only."""

_TRIES = 6
_PATIENCE = 8
_LONGEST_WAIT_S = 5.0
_MOST_NAMED = 20
_T = TypeVar("_T")


class SortedMeanwhileError(CallFailed):
    """Rows kept being moved while they were written; it has to be repeated."""


class FoundRow(NamedTuple):
    """A row as it stands in a worksheet.

    Attributes:
        number: its index in the grid; the header has 0.
        cells: values by key of our columns, as Sheets gives them unformatted.
    """

    number: int
    cells: Mapping[str, Any]

    def text(self, key: str) -> str:
        """Return a cell as its owner would write it; a whole number without a decimal point."""
        value = self.cells.get(key, "")
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


class Writing(NamedTuple):
    """Cells that are to be written into one row.

    Attributes:
        number: where the row is believed to be.
        row_id: its id, "" where it has none.
        texts: by key of our columns.
    """

    number: int
    row_id: str
    texts: Mapping[str, str]


@dataclass(frozen=True)
class OurSheet:
    """A worksheet that has our columns.

    Attributes:
        sheet_id, title: which.
        rows: how many its grid has.
        layout: its columns.
    """

    sheet_id: int
    title: str
    rows: int
    layout: Layout

    def column(self, key: str) -> int:
        """Return the column of a key, -1 where it is not there."""
        return self.layout.places.index(key) if key in self.layout.places else -1


def our_sheets(http: Any, spreadsheet: str) -> list[OurSheet]:
    """Find the worksheets of a spreadsheet that have our columns, also copies that people made.

    Args:
        http: gspread's HTTP client.
        spreadsheet: which.

    Returns:
        the worksheets.

    Raises:
        CallFailed: it could not be looked at.
    """
    shown = http.spreadsheets_get(spreadsheet, {"fields": _TITLES})
    titles = [s["properties"]["title"] for s in shown.get("sheets", []) if "gridProperties" in s["properties"]]
    if not titles:
        return []
    ranges = [f"{quoted(title)}!1:1" for title in titles]
    answer = http.spreadsheets_get(spreadsheet, {"ranges": ranges, "fields": _HEADERS})
    found = []
    for item in answer.get("sheets", []):
        properties = item["properties"]
        layout = layout_of(item)
        ours = {key for key in layout.places if key}
        if len(ours) >= _LEAST_COLUMNS and ours & {"conversation", "row_id"}:
            found.append(
                OurSheet(properties["sheetId"], properties["title"], properties["gridProperties"]["rowCount"], layout)
            )
    return found


def read_rows(http: Any, spreadsheet: str, sheet: OurSheet, keys: Iterable[str]) -> list[FoundRow]:
    """Read some of our columns, all of one moment.

    Args:
        http: gspread's HTTP client.
        spreadsheet: where.
        sheet: the worksheet.
        keys: which columns; those that it lacks are left out.

    Returns:
        a row each below the header, in their order; numbers count from 0.

    Raises:
        CallFailed: they could not be read.
    """
    wanted = [key for key in dict.fromkeys(keys) if sheet.column(key) >= 0]
    names = [letters_of(sheet.column(key)) for key in wanted]
    answer = http.values_batch_get(
        spreadsheet,
        [f"{quoted(sheet.title)}!{name}:{name}" for name in names],
        {"majorDimension": "COLUMNS", "valueRenderOption": "UNFORMATTED_VALUE"},
    )
    columns = [(part.get("values") or [[]])[0] for part in answer["valueRanges"]]
    height = max(map(len, columns), default=0)
    return [
        FoundRow(
            number,
            {key: column[number] for key, column in zip(wanted, columns, strict=True) if number < len(column)},
        )
        for number in range(1, height)
    ]


def overwrite(
    http: Any,
    spreadsheet: str,
    sheet: OurSheet,
    writings: Sequence[Writing],
    before: Sequence[FoundRow],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Write personal cells of rows that are known by their ids, and of no others.

    Args:
        http: gspread's HTTP client.
        spreadsheet: where.
        sheet: the worksheet.
        writings: what is to be written.
        before: the worksheet's rows as they were read, with their personal cells where they are remembered.
        sleep: waits so many seconds; only where something has to be put back.

    Returns:
        ids of rows that were overwritten by mistake and are not remembered.

    Raises:
        SortedMeanwhileError: rows kept being moved.
        CallFailed: a call failed; it has to be repeated.
    """
    wanted = {writing.row_id: writing.texts for writing in writings if writing.row_id}
    remembered = {row.text("row_id"): row for row in before if any(key in row.cells for key in PERSONAL)}
    lost: list[str] = []
    todo = list(writings)
    met = _write(http, spreadsheet, sheet, todo)
    for _ in range(_TRIES):
        wrong = [(writing, there) for writing, there in zip(todo, met, strict=True) if there != writing.row_id]
        again: dict[str, Mapping[str, str]] = {w.row_id: w.texts for w, _ in wrong if w.row_id}
        todo = []
        for writing, there in wrong:
            if there in wanted:
                again[there] = wanted[there]
            elif not there:  # an empty line, or one without an id: what was written there by mistake goes
                todo.append(Writing(writing.number, "", dict.fromkeys(PERSONAL, "")))
            elif there in remembered:
                again[there] = {key: remembered[there].text(key) for key in PERSONAL}
            else:
                lost.append(there)
        if not again and not todo:
            return lost
        try:
            found = _surely(lambda: read_rows(http, spreadsheet, sheet, ("row_id",)), sleep)
            ids = ((row.number, row.text("row_id")) for row in found)
            todo += [Writing(number, row_id, again[row_id]) for number, row_id in ids if row_id in again]
            if not todo:
                return lost  # the rows have gone
            met = _surely(lambda now=tuple(todo): _write(http, spreadsheet, sheet, now), sleep)  # type: ignore[misc]
        except CallFailed as error:
            ours = ", ".join(sorted(set(again) - set(wanted))[:_MOST_NAMED]) or "none"
            raise SortedMeanwhileError(
                f"rows were moved while others were emptied, and not all could be put back: {error}; the spreadsheet's "
                f"version history has the texts of: {ours}"
            ) from error
    raise SortedMeanwhileError("rows were moved again and again while they were written")


def _surely(call: Callable[[], _T], sleep: Callable[[float], None]) -> _T:
    """Make a call that may be repeated until it succeeds: what was written by mistake must not stay.

    Raises:
        CallFailed: it did not, for about half a minute.
    """
    for number in range(_PATIENCE):
        try:
            return call()
        except HeldBack as error:
            sleep(min(_LONGEST_WAIT_S, error.retry_after_s or 1.0))
        except CallFailed as error:
            sleep(min(_LONGEST_WAIT_S, error.retry_after_s or 0.2 * 2**number))
    return call()


def _write(http: Any, spreadsheet: str, sheet: OurSheet, writings: Sequence[Writing]) -> list[str]:
    """Write cells by row number in one call, and return the ids of the rows that were met, in the same order."""
    home = sheet.column("row_id")
    body: dict[str, Any] = {"requests": [each for writing in writings for each in _requests(sheet, writing)]}
    first, last = min(w.number for w in writings), max(w.number for w in writings)
    if home >= 0:
        name = letters_of(home)
        body["includeSpreadsheetInResponse"] = True
        body["responseRanges"] = [f"{quoted(sheet.title)}!{name}{first + 1}:{name}{last + 1}"]
        body["responseIncludeGridData"] = True
    answer = http.request(
        "post",
        f"https://sheets.googleapis.com/v4/spreadsheets/{spreadsheet}:batchUpdate",
        params={"fields": "updatedSpreadsheet(sheets(data(rowData(values(formattedValue)))))"},
        json=body,
    ).json()
    if home < 0:
        return [writing.row_id for writing in writings]  # the column of ids was deleted: nothing can be compared
    ids = _ids_of(answer)
    return [ids[w.number - first] if w.number - first < len(ids) else "" for w in writings]


def _ids_of(answer: Mapping[str, Any]) -> list[str]:
    for item in answer.get("updatedSpreadsheet", {}).get("sheets", []):
        for data in item.get("data", []):
            return [str((row.get("values") or [{}])[0].get("formattedValue", "")) for row in data.get("rowData", [])]
    return []


def _requests(sheet: OurSheet, writing: Writing) -> list[dict[str, Any]]:
    """Return one request for each run of personal columns beside each other."""
    columns = sorted((sheet.column(key), key) for key in writing.texts if sheet.column(key) >= 0)
    runs: list[list[tuple[int, str]]] = []
    for column, key in columns:
        if runs and runs[-1][-1][0] + 1 == column:
            runs[-1].append((column, key))
        else:
            runs.append([(column, key)])
    return [
        {
            "updateCells": {
                "start": {"sheetId": sheet.sheet_id, "rowIndex": writing.number, "columnIndex": run[0][0]},
                "rows": [{"values": [text_cell(writing.texts[key]) for _, key in run]}],
                "fields": "userEnteredValue",
            }
        }
        for run in runs
    ]
