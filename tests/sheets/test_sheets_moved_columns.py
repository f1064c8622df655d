"""Columns that are moved while a batch is under way: landing and putting rows under their headers are two steps."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.sheets.astray import find_rows
from actors.sheets.columns import COLUMNS
from actors.sheets.errors import HeldBack
from actors.sheets.settings import SheetsSettings
from messages.row import Row
from stress.sheets_server.process import ServerProcess
from tests.sheets.conftest import OWNER, SINK, Bench

MINE = "Mine"
NUMBER = next(n for n, c in enumerate(COLUMNS) if c.key == "position")
TEXT = next(n for n, c in enumerate(COLUMNS) if c.key == "text")
LAST = len(COLUMNS) - 1


def ids(numbers: Any) -> list[str]:
    return [f"{n:032x}" for n in numbers]


def move(bench: Any, start: int, to: int) -> None:
    span = {"sheetId": bench.sheet_id(), "dimension": "COLUMNS", "startIndex": start, "endIndex": start + 1}
    bench.do({"moveDimension": {"source": span, "destinationIndex": to}})


def insert(bench: Any, at: int) -> None:
    """Make a column of the owner's own."""
    sheet = bench.sheet_id()
    span = {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    cell = {"values": [{"userEnteredValue": {"stringValue": MINE}}]}
    start = {"sheetId": sheet, "rowIndex": 0, "columnIndex": at}
    bench.do(
        {"insertDimension": {"range": span}},
        {"updateCells": {"start": start, "rows": [cell], "fields": "userEnteredValue"}},
    )


def own_column_and_text_first(bench: Any) -> None:
    move(bench, TEXT, 0)
    insert(bench, 2)


def row_id_behind_own_column(bench: Any) -> None:
    insert(bench, 0)
    move(bench, LAST + 1, 2)


EDITS: dict[str, Callable[[Any], None]] = {
    "text to the front": lambda bench: move(bench, TEXT, 0),
    "row id to the front": lambda bench: move(bench, LAST, 0),
    "an own column": lambda bench: insert(bench, 2),
    "an own column and text to the front": own_column_and_text_first,
    "row id behind an own column": row_id_behind_own_column,
}


def check(bench: Any, count: int) -> None:
    """Every row stands once, in order, and whole under its headers; the owner's column is empty."""
    assert bench.column("Row id") == ids(range(count))
    assert bench.column("Text") == [f"text {n}" for n in range(count)]
    assert bench.column("No.") == [n + 1 for n in range(count)]
    assert bench.column("Sender") == ["971501234567"] * count
    assert bench.column("Message id") == [f"m{n}" for n in range(count)]
    lines = bench.values()
    if MINE in lines[0]:
        assert bench.column(MINE) == [""] * count
    assert max(map(len, lines)) <= len(lines[0])


def until_astray(bench: Any) -> None:
    """Pump until a batch has landed under other headers, and is not yet put right."""
    end = time.monotonic() + 20
    while "columns were moved" not in bench.pipe.writer.status()["reason"]:
        assert time.monotonic() < end, bench.pipe.writer.status()
        bench.pipe.pump(flush=True)
    assert bench.pipe.writer.state.queue


@pytest.mark.parametrize("edit", EDITS)
def test_rows_go_home_although_the_next_write_is_held_back(bench: Any, row: Callable[..., Row], edit: str) -> None:
    bench.open(min_interval_s=0.4)
    bench.source.add(row(0))
    bench.drain()
    EDITS[edit](bench)
    bench.source.add(row(1), row(2))
    until_astray(bench)
    bench.source.add(row(3))
    bench.drain()
    check(bench, 4)
    assert sum("put under their headers again" in note for note in bench.notes) == 1
    assert not bench.pipe.writer.status()["reason"]


@pytest.mark.parametrize(
    ("edit", "again"), [*((edit, True) for edit in EDITS), ("an own column and text to the front", False)]
)
def test_a_crash_between_landing_and_going_home(bench: Any, row: Callable[..., Row], edit: str, again: bool) -> None:
    bench.open(min_interval_s=0.4)
    bench.source.add(row(0))
    bench.drain()
    EDITS[edit](bench)
    bench.source.add(row(1), row(2))
    until_astray(bench)
    bench.crash()
    if again:  # the owner goes on while we are away
        move(bench, 5, 12)
    bench.source.add(row(3))
    bench.open(min_interval_s=0.4)
    bench.drain()
    check(bench, 4)


@pytest.mark.parametrize("when", ["before", "after", "both"])
@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize("edit", ["an own column and text to the front", "row id behind an own column"])
def test_a_lost_answer_with_a_move_in_between(
    bench: Any, server: ServerProcess, row: Callable[..., Row], when: str, crash: bool, edit: str
) -> None:
    bench.open(min_interval_s=0.2)
    bench.source.add(row(0))
    bench.drain()
    if when != "after":
        EDITS[edit](bench)
    server.control("faults", next=[["reset_after", ":batchUpdate"]])
    bench.source.add(row(1), row(2))
    while not bench.pipe.writer.counters["unknown"]:
        bench.pipe.pump(flush=True)
    if when == "after":
        EDITS[edit](bench)
    elif when == "both":
        move(bench, 6, 14)
    if crash:
        bench.crash()
        bench.open(min_interval_s=0.2)
    bench.source.add(row(3))
    bench.drain()
    check(bench, 4)


@pytest.mark.parametrize("kind", ["timeout_late", "reset_before"])
def test_no_attempt_follows_for_other_columns_while_an_earlier_one_may_land(
    bench: Any, server: ServerProcess, row: Callable[..., Row], kind: str
) -> None:
    bench.source.add(row(0))
    bench.drain()
    late = server.control("stats")["late"]
    server.control("faults", hang_s=0.9, next=[[kind, ":batchUpdate"]])
    bench.source.add(row(1), row(2))
    while not bench.pipe.writer.counters["unknown"]:
        bench.pipe.pump(flush=True)
    EDITS["an own column and text to the front"](bench)
    bench.crash()  # the next life looks at the columns before it sends again
    pipe = bench.open()
    while pipe.writer.state.phase != "send":
        pipe.pump(flush=True)
    while kind == "timeout_late" and server.control("stats")["late"] == late:
        pass  # it lands when it was asked for already
    bench.drain()
    bench.source.add(row(3))
    bench.drain()
    check(bench, 4)


@pytest.mark.parametrize("failure", ["429", "503", "reset_before", "reset_after", "malformed", "timeout_before"])
def test_going_home_is_repeated_through_failures(
    bench: Any, server: ServerProcess, row: Callable[..., Row], failure: str
) -> None:
    bench.open(min_interval_s=0.2)
    bench.source.add(row(0))
    bench.drain()
    EDITS["an own column and text to the front"](bench)
    bench.source.add(row(1), row(2))
    until_astray(bench)
    server.control("faults", hang_s=0.9, next=[[failure, ":batchUpdate"], [failure, "values:batchGet"]])
    bench.source.add(row(3))
    bench.drain()
    check(bench, 4)


def test_columns_moved_again_while_rows_go_home(
    bench: Any, row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.source.add(row(0))
    bench.drain()
    EDITS["an own column"](bench)
    edits = [lambda: move(bench, TEXT + 1, 0), lambda: move(bench, LAST + 1, 1)]

    def moved_after(*args: Any, **named: Any) -> Any:
        found = find_rows(*args, **named)
        if edits:
            edits.pop(0)()
        return found

    monkeypatch.setattr("actors.sheets.moved_columns.find_rows", moved_after)
    bench.source.add(row(1), row(2))
    bench.drain()
    bench.source.add(row(3))
    bench.drain()
    assert not edits
    check(bench, 4)


def test_what_the_owner_writes_beside_a_row_stays(bench: Any, row: Callable[..., Row]) -> None:
    bench.open(min_interval_s=0.3)
    bench.source.add(row(0))
    bench.drain()
    move(bench, TEXT, 0)
    insert(bench, LAST + 1)
    bench.source.add(row(1), row(2))
    until_astray(bench)
    values = {"values": [["a note of mine"], ["=A3"]]}
    bench.http.values_update(bench.settings.spreadsheet, "Majlis!Y3", {"valueInputOption": "USER_ENTERED"}, values)
    bench.drain()
    assert bench.column("Row id") == ids(range(3))
    assert bench.column("Text") == [f"text {n}" for n in range(3)]
    assert bench.column(MINE)[:2] == ["", "a note of mine"]
    assert "=A3" in bench.column(MINE)[2]


def test_an_own_column_that_is_moved_on_is_emptied_of_what_came_into_it(bench: Any, row: Callable[..., Row]) -> None:
    bench.open(min_interval_s=0.3)
    bench.source.add(row(0))
    bench.drain()
    insert(bench, NUMBER)
    bench.source.add(row(1, urgent=True), row(2))
    until_astray(bench)
    move(bench, NUMBER, LAST + 2)
    bench.drain()
    check(bench, 3)


def test_rows_that_the_owner_deletes_meanwhile_are_not_waited_for(bench: Any, row: Callable[..., Row]) -> None:
    bench.open(min_interval_s=0.3)
    bench.source.add(row(0))
    bench.drain()
    move(bench, TEXT, 0)
    bench.source.add(row(1), row(2))
    until_astray(bench)
    span = {"sheetId": bench.sheet_id(), "dimension": "ROWS", "startIndex": 2, "endIndex": 4}
    bench.do({"deleteDimension": {"range": span}})
    bench.source.add(row(3))
    bench.drain()
    assert bench.column("Row id") == ids([0, 3])


def test_the_worksheet_may_be_deleted_before_its_rows_went_home(bench: Any, row: Callable[..., Row]) -> None:
    bench.open(min_interval_s=0.3)
    bench.source.add(row(0))
    bench.drain()
    move(bench, TEXT, 0)
    bench.source.add(row(1))
    until_astray(bench)
    bench.do({"deleteSheet": {"sheetId": bench.sheet_id()}})
    bench.source.add(row(2))
    bench.drain()
    assert bench.column("Row id") == ids([2])
    assert bench.pipe.writer.counters["landed_rows"] == 3


def test_no_row_is_written_while_a_column_that_is_missing_is_held_back(bench: Any, row: Callable[..., Row]) -> None:
    bench.open(min_interval_s=0.4)
    bench.source.add(row(0))
    bench.drain()
    span = {"sheetId": bench.sheet_id(), "dimension": "COLUMNS", "startIndex": 8, "endIndex": 9}
    bench.do({"deleteDimension": {"range": span}})
    for number in (1, 2):
        bench.source.add(row(number, intent="offer"))
        bench.drain()
    assert bench.column("Intent") == ["", "offer", "offer"]
    assert bench.column("Row id") == ids(range(3))


@pytest.fixture
def real_quotas(tmp_path: Path) -> Iterator[Bench]:
    """Google's own quotas, of which no other test has used anything, and the default settings."""
    server = ServerProcess(tmp_path / "state.db")
    try:
        keys = {}
        for name, email in (("sink", SINK), ("owner", OWNER)):
            keys[name] = tmp_path / f"{name}.json"
            keys[name].write_text(json.dumps(server.control("keys", email=email)))
        book = server.control("books", owner=OWNER, editors=[SINK])["spreadsheetId"]
        settings = SheetsSettings(spreadsheet=book, credentials_file=keys["sink"], api_url=server.url)
        bench = Bench(settings, tmp_path, keys["owner"])
        bench.server = server  # type: ignore[attr-defined]
        yield bench
        if bench.pipe is not None:
            bench.pipe.close()
    finally:
        server.stop()


def test_moves_are_put_right_within_googles_quotas_and_default_settings(
    real_quotas: Any, row: Callable[..., Row]
) -> None:
    bench = real_quotas
    bench.source.add(row(0))
    bench.drain(30)
    pipe = bench.pipe
    before = pipe.governor.calls["reads"]
    for count, edit in enumerate(("text to the front", "an own column"), start=1):
        EDITS[edit](bench)
        bench.source.add(row(count))
        bench.drain(30)
    assert pipe.governor.calls["reads"] - before <= 2
    with contextlib.suppress(HeldBack):  # nothing is left of the reads: a look that needs several has to wait for them
        while True:
            pipe.governor.before(bench.settings.spreadsheet, write=False)
    move(bench, LAST + 1, 0)
    bench.server.control("faults", next=[["reset_after", ":batchUpdate"]])
    bench.source.add(row(3))
    bench.drain(45)
    check(bench, 4)
    assert not pipe.governor.calls["throttled"]
