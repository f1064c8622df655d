"""Deletion on request reaches every copy that the sinks hold: sheets, ledger, file, and rows still on their way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import actors.sheets.columns as columns
from actors.sheets.redaction import MARK, Forgotten, left_id, person_of, redacted
from actors.sheets.rows_table import record_of
from messages.row import Row
from stress.sheets_server.process import ServerProcess
from tests.sheets.telling_rows import SINK, THEN, assert_told_nothing, ids, telling
from tests.sheets.test_sheets_sink import until


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    with monkeypatch.context() as patch:
        patch.setattr(columns, "clean_text", lambda text: text)
        yield patch


# -- what is left of a row


def test_a_row_keeps_what_counts_it_and_nothing_that_tells(row: Callable[..., Row]) -> None:
    before = telling(row, 1)
    after = redacted(before)
    assert redacted(after) == after
    assert (after.row_id, after.position, after.sent_ms, after.received_ms, after.kind, after.intent) == (
        before.row_id,
        before.position,
        before.sent_ms,
        before.received_ms,
        before.kind,
        before.intent,
    )
    assert_told_nothing([list(record_of(after)[1:])])
    assert (after.conversation, after.sender, after.sender_name, after.text) == (MARK,) * 4


@pytest.mark.parametrize(
    ("message_id", "left"),
    [
        ("wamid.HBgMOTcxNTAxMjM0NTY3", ""),
        ("x-971501234567-3", ""),
        ("OTcxNTAxMjM0NTY3", ""),  # the number in base 64
        ("m17", "m17"),
        ("8a54ee574cf95171", "8a54ee574cf95171"),
        ("", ""),
    ],
)
def test_ids_that_give_the_person_away_go(message_id: str, left: str) -> None:
    assert left_id(message_id, "+971 50 123 4567", "971501234567") == left


def test_a_request_counts_for_what_had_been_taken_in(row: Callable[..., Row]) -> None:
    forgotten = Forgotten({person_of("c1"): THEN})
    assert forgotten.covers(row(1, received_ms=THEN))
    assert not forgotten.covers(row(1, received_ms=THEN + 1))
    assert not forgotten.covers(row(1, "c2"))
    forgotten.add(person_of("c1"), THEN - 5)  # an older request takes nothing back
    assert forgotten.covers(row(1, received_ms=THEN))


# -- spreadsheets


def test_rows_in_a_sheet_are_emptied_and_new_ones_recorded(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(telling(row, 0), row(1, "c2"), telling(row, 2))
    bench.drain()
    pipe = bench.pipe
    assert pipe.forgetting.ask("c1", THEN + 10) == 0
    assert pipe.forgetting.of("c1")["pending"] == 1
    assert [each["conversation"] for each in pipe.forgetting.status()] == ["c1"]
    bench.source.add(
        telling(row, 3),  # taken in before the request, its row came late
        telling(row, 4, received_ms=THEN + 11, text="a new life", sender_name="Zoe", sender="1"),
    )
    bench.drain()
    found = pipe.forgetting.of("c1")
    assert (found["redacted"], found["pending"]) == (2, 0)
    assert pipe.forgetting.status() == []
    assert bench.column("Row id") == ids(range(5))
    assert bench.column("No.") == [1, 2, 3, 4, 5]
    assert bench.column("Text") == [MARK, "text 1", MARK, MARK, "a new life"]
    assert bench.column("Name")[4] == "Zoe"
    assert bench.column("Conversation") == [MARK, "c2", MARK, MARK, "c1"]
    assert bench.column("Sender")[1] == "971501234567"
    assert bench.column("Intent") == ["inquiry", "", "inquiry", "inquiry", "inquiry"]
    assert_told_nothing([bench.values()[n] for n in (1, 3, 4)])
    assert pipe.forgetting.ask("c1", THEN + 10) == 0  # again: nothing more to do
    bench.drain()
    assert pipe.forgetting.of("c1")["redacted"] == 2
    assert bench.column("Text")[4] == "a new life"


def test_no_key_is_kept_once_it_is_done(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(telling(row, 0, "Sophie Bennett"))
    bench.drain()
    bench.pipe.forgetting.ask("Sophie Bennett", THEN)
    bench.drain()
    bench.pipe.close()
    bench.pipe = None
    assert b"Sophie" not in (bench.folder / "ledger").read_bytes()


def test_rows_are_found_when_columns_and_rows_were_moved(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(*(telling(row, n, f"c{n % 2}", text=f"4711 {n}") for n in range(6)))
    bench.drain()
    sheet = bench.sheet_id()
    span = {"sheetId": sheet, "dimension": "COLUMNS"}
    whole = {"sheetId": sheet, "startRowIndex": 1, "endRowIndex": 7}
    bench.do(
        {"moveDimension": {"source": {**span, "startIndex": 7, "endIndex": 8}, "destinationIndex": 0}},
        {"moveDimension": {"source": {**span, "startIndex": 23, "endIndex": 24}, "destinationIndex": 2}},
        {"insertDimension": {"range": {**span, "startIndex": 1, "endIndex": 2}}},
        {"sortRange": {"range": whole, "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]}},
        {"updateSheetProperties": {"properties": {"sheetId": sheet, "title": "It's ours"}, "fields": "title"}},
        {"setBasicFilter": {"filter": {"range": {"sheetId": sheet}}}},
    )
    bench.http.values_update(
        bench.settings.spreadsheet,
        "'It''s ours'!A1:B2",
        {"valueInputOption": "RAW"},
        {"values": [["What they said", "Mine"], ["4711 5", "my own remark"]]},
    )
    bench.pipe.forgetting.ask("c1", THEN)
    bench.drain()
    title = "It's ours"
    assert bench.column("What they said", title) == [MARK, "4711 4", MARK, "4711 2", MARK, "4711 0"]
    assert bench.column("Row id", title) == ids([5, 4, 3, 2, 1, 0])
    assert bench.column("Mine", title)[0] == "my own remark"
    assert_told_nothing([bench.values(title)[n] for n in (1, 3, 5)])
    assert bench.pipe.forgetting.of("c1")["redacted"] == 3


def test_copies_of_the_worksheet_and_a_deleted_column_are_no_hiding_place(bench: Any, row: Callable[..., Row]) -> None:
    import hashlib

    prefix = hashlib.blake2b(b"c1", digest_size=4).hexdigest()
    bench.source.add(telling(row, 0, row_id=prefix + "0" * 24), row(1, "c2"))
    bench.drain()
    whole = bench.values()
    bench.do({"addSheet": {"properties": {"title": "Archive"}}}, {"addSheet": {"properties": {"title": "Stock"}}})
    for title, table in (("Archive", whole), ("Stock", [["Conversation", "Text"], ["c1", "not ours"]])):
        bench.http.values_update(
            bench.settings.spreadsheet, f"'{title}'!A1", {"valueInputOption": "RAW"}, {"values": table}
        )
    span = {"sheetId": bench.sheet_id(), "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    bench.do({"deleteDimension": {"range": span}})
    bench.pipe.forgetting.ask("c1", THEN)
    bench.drain()
    assert_told_nothing([bench.values()[1], bench.values("Archive")[1]])
    assert bench.column("Text") == [MARK, "text 1"]
    assert bench.column("Text", "Archive") == [MARK, "text 1"]
    assert bench.column("Text", "Stock") == ["not ours"]


def test_every_spreadsheet_of_before_is_emptied(bench: Any, server: ServerProcess, row: Callable[..., Row]) -> None:
    spare = server.control("books", owner="owner@example.com", editors=[SINK])["spreadsheetId"]
    bench.settings = bench.settings.model_copy(
        update={"spare_spreadsheets": (spare,), "batch_rows": 4, "max_cells": 26_000 + 24 * 20}
    )
    bench.source.add(*(telling(row, n) for n in range(24)))
    bench.drain()
    first = bench.column("Row id")
    assert 4 <= len(first) < 24
    bench.pipe.forgetting.ask("c1", THEN)
    assert bench.pipe.forgetting.of("c1")["pending"] == 2
    bench.drain()
    assert first + bench.column("Row id", book=spare) == ids(range(24))
    assert_told_nothing(bench.values()[1:] + bench.values(book=spare)[1:])
    assert bench.pipe.forgetting.of("c1")["redacted"] == 24


def test_what_cannot_be_reached_now_is_emptied_later(
    bench: Any, server: ServerProcess, row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    import actors.sheets.sweep as sweep

    monkeypatch.setattr(sweep, "_RETRY_S", 0.01)
    bench.source.add(telling(row, 0))
    bench.drain()
    server.control("share", id=bench.settings.spreadsheet, editors=[])
    bench.pipe.forgetting.ask("c1", THEN)
    until(lambda: (bench.pipe.pump(flush=True), bench.pipe.forgetting.status()[0]["trouble"])[1])
    bench.pipe.drain(0.2)  # it tries again and tells nobody again
    status = bench.pipe.forgetting.status()
    assert "does not have permission" in status[0]["trouble"]
    assert sum("not yet emptied" in note for note in bench.notes) == 1
    bench.crash()
    server.control("share", id=bench.settings.spreadsheet, editors=[SINK])
    bench.drain()
    assert_told_nothing(bench.values()[1:])
    assert bench.pipe.forgetting.status() == []


def test_a_spreadsheet_that_was_deleted_holds_nothing_any_more(
    bench: Any, server: ServerProcess, row: Callable[..., Row]
) -> None:
    bench.source.add(telling(row, 0))
    bench.drain()
    server.control("trash", id=bench.settings.spreadsheet)
    bench.pipe.forgetting.ask("c1", THEN)
    bench.drain()
    assert bench.pipe.forgetting.status() == []
    assert any("is gone" in note for note in bench.notes)


@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "timeout_late", "503"])
def test_a_batch_under_way_is_settled_first_and_then_emptied(
    bench: Any, server: ServerProcess, row: Callable[..., Row], fault: str
) -> None:
    bench.source.add(row(0, "c2"))
    bench.drain()
    bench.source.add(telling(row, 1), row(2, "c2"))
    server.control("faults", next=[[fault, ":batchUpdate"]], hang_s=0.7)
    bench.pipe.drain(20.0, stop=lambda: bench.pipe.writer.counters["unknown"] > 0)
    assert bench.pipe.writer.counters["unknown"]
    bench.pipe.forgetting.ask("c1", THEN)
    bench.crash()
    bench.drain()
    assert bench.column("Row id") == ids(range(3))
    assert_told_nothing([bench.values()[2]])
    assert bench.column("Text") == ["text 0", MARK, "text 2"]


@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "500_after", "429"])
def test_emptying_is_done_again_where_its_answer_was_lost(
    bench: Any, server: ServerProcess, row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    import actors.sheets.sweep as sweep

    monkeypatch.setattr(sweep, "_RETRY_S", 0.01)
    bench.source.add(telling(row, 0), row(1, "c2"))
    bench.drain()
    bench.pipe.forgetting.ask("c1", THEN)
    server.control("faults", next=[[fault, ":batchUpdate"]])
    until(lambda: bench.pipe.drain(20.0) and not bench.pipe.forgetting.status())
    assert bench.column("Text") == [MARK, "text 1"]


def test_rows_that_were_sorted_meanwhile_are_put_back(
    bench: Any, row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    import actors.sheets.sheet_rows as sheet_rows

    bench.source.add(*(telling(row, n, f"c{n % 3}", text=f"said {n}") for n in range(9)))
    bench.drain()
    sheet = bench.sheet_id()
    whole = {"sheetId": sheet, "startRowIndex": 1, "endRowIndex": 10}
    orders = iter(["DESCENDING", "ASCENDING", "DESCENDING"])
    write = sheet_rows._write

    def sorting(*given: Any) -> Any:
        order = next(orders, None)
        if order:  # a person sorts between the sink's reading and its writing
            bench.do({"sortRange": {"range": whole, "sortSpecs": [{"dimensionIndex": 2, "sortOrder": order}]}})
        return write(*given)

    monkeypatch.setattr(sheet_rows, "_write", sorting)
    bench.pipe.forgetting.ask("c1", THEN)
    bench.pipe.governor._settings = bench.settings.model_copy(update={"min_interval_s": 0.3})  # as with Google
    bench.drain()
    found = dict(zip(bench.column("Row id"), bench.column("Text"), strict=True))
    assert found == {f"{n:032x}": MARK if n % 3 == 1 else f"said {n}" for n in range(9)}
    assert sorted(bench.column("Reply")) == ["", "", "", *["Dear Sophie"] * 6]


def test_refused_rows_and_batches_to_be_written_again_are_redacted(
    bench: Any, row: Callable[..., Row], refusing: pytest.MonkeyPatch
) -> None:
    bench.source.add(*(telling(row, n, text="4711" + "x" * 50_001) for n in range(2)))
    bench.drain()
    pipe = bench.pipe
    assert pipe.refused.count() == 2
    pipe.refused.replay(ids([1])[0])
    refusing.undo()
    assert pipe.forgetting.ask("c1", THEN) == 2
    dead = pipe.refused.rows()[0]
    assert dead.row() == redacted(telling(row, 0, text="4711" + "x" * 50_001))
    assert MARK in dead.reason
    pipe.refused.replay(ids([0])[0])
    bench.drain()
    assert sorted(bench.column("Row id")) == ids(range(2))
    assert_told_nothing(bench.values()[1:])


def test_a_row_that_is_refused_after_the_request_is_set_aside_without_its_person(
    bench: Any, row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "_SURELY_SHORT", 0)
    monkeypatch.setattr(columns, "clean_text", lambda text: "x" * 50_001)
    bench.source.add(telling(row, 0))
    pipe = bench.open()
    pipe.forgetting.ask("c1", THEN)
    pipe.drain(5.0)
    assert [each.row() for each in pipe.refused.rows()] == [redacted(telling(row, 0))]


def test_long_conversations_are_emptied_in_parts(
    bench: Any, row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    import actors.sheets.sweep as sweep

    monkeypatch.setattr(sweep, "MOST_ROWS", 7)
    bench.source.add(*(telling(row, n, f"c{n % 2}") for n in range(40)))
    bench.drain()
    bench.pipe.forgetting.ask("c1", THEN)
    bench.drain()
    assert bench.pipe.forgetting.of("c1") == {"redacted": 20, "pending": 0, "spreadsheets": [], "asked_ms": THEN}
    assert bench.column("Text") == ["my secret is 4711", MARK] * 20


@pytest.mark.parametrize("step", ["emptied", "finish"])
def test_a_crash_before_it_is_noted_empties_again_and_nothing_else(
    bench: Any, row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from actors.sheets.forgetting import Forgetting

    class PowerCutError(BaseException):
        """The process ends here."""

    def cut(*_: Any) -> None:
        raise PowerCutError

    bench.source.add(telling(row, 0), row(1, "c2"))
    bench.drain()
    bench.pipe.forgetting.ask("c1", THEN)
    with monkeypatch.context() as patch:
        patch.setattr(Forgetting, step, cut)
        with pytest.raises(PowerCutError):
            bench.drain()
    bench.crash()
    bench.source.add(telling(row, 2, received_ms=THEN + 1, text="a new life"))
    bench.drain()
    assert bench.pipe.forgetting.status() == []
    assert bench.column("Text") == [MARK, "text 1", "a new life"]
