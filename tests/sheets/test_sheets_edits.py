"""The writer and people who edit the spreadsheet: columns, worksheets, protection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actors.sheets.columns import COLUMNS
from messages.row import Row
from stress.sheets_server.process import ServerProcess

HEADERS = [c.header for c in COLUMNS]


def ids(numbers: Any) -> list[str]:
    return [f"{n:032x}" for n in numbers]


def test_columns_may_be_moved_renamed_and_added_to(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.drain()
    sheet = bench.sheet_id()
    span = {"sheetId": sheet, "dimension": "COLUMNS"}
    bench.do(
        {"moveDimension": {"source": {**span, "startIndex": 7, "endIndex": 8}, "destinationIndex": 0}},
        {"insertDimension": {"range": {**span, "startIndex": 1, "endIndex": 2}}},
    )
    bench.http.values_update(
        bench.settings.spreadsheet,
        "Majlis!A1:B1",
        {"valueInputOption": "RAW"},
        {"values": [["What they said", "Mine"]]},
    )
    bench.source.add(row(1))
    bench.drain()
    bench.source.add(row(2))
    bench.drain()
    assert bench.column("What they said") == ["text 0", "text 1", "text 2"]
    assert bench.column("Mine") == ["", "", ""]
    assert bench.column("Row id") == ids(range(3))
    assert bench.column("Sender") == ["971501234567"] * 3
    assert any("'Text' was changed to 'What they said'" in note for note in bench.notes)


@pytest.mark.parametrize("lost", [False, True])
def test_columns_moved_during_a_write_are_put_right(
    bench: Any, server: ServerProcess, row: Callable[..., Row], lost: bool
) -> None:
    bench.source.add(row(0))
    bench.drain()
    span = {"sheetId": bench.sheet_id(), "dimension": "COLUMNS", "startIndex": 23, "endIndex": 24}
    bench.do({"moveDimension": {"source": span, "destinationIndex": 0}})  # the sink does not know of it yet
    if lost:
        server.control("faults", next=[["reset_after", ":batchUpdate"]])
    bench.source.add(row(1), row(2))
    bench.drain()
    assert bench.column("Row id") == ids(range(3))
    assert bench.column("Text") == ["text 0", "text 1", "text 2"]


def test_a_deleted_column_comes_back_on_the_right(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.drain()
    span = {"sheetId": bench.sheet_id(), "dimension": "COLUMNS", "startIndex": 8, "endIndex": 9}
    bench.do({"deleteDimension": {"range": span}})
    bench.source.add(row(1, intent="offer"))
    bench.drain()
    bench.source.add(row(2, intent="complaint"))
    bench.drain()
    assert bench.values()[0][-1] == "Intent"
    assert bench.column("Intent") == ["", "offer", "complaint"]
    assert bench.column("Row id") == ids(range(3))
    assert any("lacks the columns 'Intent'" in note for note in bench.notes)


def test_a_deleted_worksheet_is_made_anew(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.drain()
    bench.do({"deleteSheet": {"sheetId": bench.sheet_id()}})
    bench.source.add(row(1))
    bench.drain()
    assert bench.column("Row id") == ids([1])
    assert any("was deleted" in note for note in bench.notes)


def test_a_renamed_sorted_and_filtered_worksheet_is_written_on(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0), row(1))
    bench.drain()
    sheet = bench.sheet_id()
    whole = {"sheetId": sheet, "startRowIndex": 1, "endRowIndex": 3}
    bench.do(
        {"updateSheetProperties": {"properties": {"sheetId": sheet, "title": "It's ours"}, "fields": "title"}},
        {"sortRange": {"range": whole, "sortSpecs": [{"dimensionIndex": 2, "sortOrder": "DESCENDING"}]}},
        {"setBasicFilter": {"filter": {"range": {"sheetId": sheet}}}},
    )
    bench.source.add(row(2))
    bench.drain()
    assert bench.column("Row id", "It's ours") == ids([1, 0, 2])


def test_a_protected_worksheet_blocks_with_one_message_and_nothing_is_lost(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.drain()
    guard = {"protectedRange": {"protectedRangeId": 5, "range": {"sheetId": bench.sheet_id()}}}
    bench.do({"addProtectedRange": guard})
    bench.source.add(row(1))
    assert "is protected" in bench.stuck()
    assert [note for note in bench.notes if "is protected" in note] == bench.notes[-1:]
    bench.do({"deleteProtectedRange": {"protectedRangeId": 5}})
    bench.drain()
    assert bench.column("Row id") == ids(range(2))


def test_a_row_is_not_set_aside_for_a_protection_that_ends_before_it_is_looked_for(
    bench: Any, row: Callable[..., Row]
) -> None:
    bench.source.add(row(0))
    bench.drain()
    guard = {"protectedRange": {"protectedRangeId": 5, "range": {"sheetId": bench.sheet_id()}}}
    bench.do({"addProtectedRange": guard})
    bench.source.add(row(1))
    while not bench.pipe.writer.state.refusal:
        bench.pipe.pump(flush=True)
    bench.do({"deleteProtectedRange": {"protectedRangeId": 5}})
    bench.drain()
    assert bench.column("Row id") == ids(range(2))
    assert not bench.pipe.writer.counters["buried"]


def test_columns_without_headers_that_are_moved_are_still_known(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.drain()
    bench.http.values_update(
        bench.settings.spreadsheet, "Majlis!A1:X1", {"valueInputOption": "RAW"}, {"values": [[""] * len(HEADERS)]}
    )
    bench.source.add(row(1))
    bench.drain()
    assert sum("headers were changed: 'Time' was emptied" in note for note in bench.notes) == 1  # one message for all
    span = {"sheetId": bench.sheet_id(), "dimension": "COLUMNS", "startIndex": 7, "endIndex": 8}
    bench.do({"moveDimension": {"source": span, "destinationIndex": 0}})
    bench.source.add(row(2))
    bench.drain()
    assert [line[0] for line in bench.values()[1:]] == [f"text {n}" for n in range(3)]
