"""Deletion on request reaches every copy that the sinks hold: sheets, ledger, file, and rows still on their way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import actors.sheets.columns as columns
from actors.sheets.both_sinks import agree
from actors.sheets.forgetting import Forgetting
from actors.sheets.ledger import LEDGER_FILE, Ledger
from actors.sheets.redaction import MARK, Forgotten, left_id, person_of, redacted, request_of
from actors.sheets.rows_reader import RowsReader
from actors.sheets.rows_table import record_of
from actors.sheets.sqlite_rows import SqliteRows
from messages.inbound import Attachment, Inbound
from messages.row import Row
from messages.understanding import Entity
from store.folder import DataFolder
from stress.sheets_server.process import ServerProcess
from tests.sheets.test_sheets_sink import add_rows, ask, start, until

THEN = 1_700_000_000_000
SINK = "sink@majlis-local.iam.gserviceaccount.com"


def ids(numbers: Any) -> list[str]:
    return [f"{n:032x}" for n in numbers]


def telling(row: Callable[..., Row], number: int, conversation: str = "c1", **more: Any) -> Row:
    """A row that says something personal in every field that can."""
    facts: dict[str, Any] = {
        "sender": "971501234567",
        "sender_name": "Sophie Bennett",
        "text": "my secret is 4711",
        "entities": (
            Entity(type="person", start=0, end=6, text="Sophie", value="Sophie", confidence=1.0, layer="rule"),
        ),
        "thread": "Sophie's flat",
        "attachments": (Attachment(name="passport Sophie.pdf", sha256="ab"),),
        "reply": "Dear Sophie",
        "notes": ("passport Sophie.pdf was not read",),
        "message_id": f"wamid.SBDQ{number}",
        "intent": "inquiry",
    }
    return row(number, conversation, **{**facts, **more})


SECRETS = ("Sophie", "4711", "971501234567", "Dear", "wamid", "passport")


def assert_told_nothing(rows: list[list[Any]]) -> None:
    text = json.dumps(rows)
    assert not [secret for secret in SECRETS if secret in text], text


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
    bench.pipe.drain(0.2)
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


# -- the embedded sink's file


def test_a_file_is_emptied_to_the_last_byte_and_repeats_are_known(row: Callable[..., Row], tmp_path: Path) -> None:
    rows = SqliteRows(tmp_path / "rows.sqlite")
    mine = [telling(row, n, text="4711 " + "long " * 3000) for n in range(20)]
    rows.write([(0, n, one) for n, one in enumerate(mine)])
    rows.write([(0, 20, row(20, "c2")), (0, 21, telling(row, 3, text="4711 another"))])  # the second is a conflict
    late = row(30, received_ms=THEN + 1, text="a new life")
    rows.write([(0, 22, late)])
    request = request_of("c1", THEN)
    assert rows.forget([request]) == {request.person: 21}
    assert rows.forget([request]) == {request.person: 0}
    assert rows.emptied(request.person) == 21
    reader = RowsReader(tmp_path / "rows.sqlite")
    kept = list(reader.query())
    reader.close()
    assert [one.row_id for one in kept] == ids([*range(21), 30])
    assert kept[:20] == [redacted(one) for one in mine]
    assert kept[21] == late
    again = rows.write([(0, 23, redacted(mine[4]))])
    assert (again.repeated, again.conflicts) == (1, 0)
    rows.close()
    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"4711" not in data
    assert b"another" not in data
    assert b"passport" not in data


def test_both_files_learn_what_either_was_asked(row: Callable[..., Row], tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data", partitions=1)
    rows = SqliteRows(folder.rows_file)
    rows.write([(0, 0, telling(row, 0)), (0, 1, telling(row, 1, "c2"))])
    rows.forget([request_of("c1", THEN)])
    rows.close()
    ledger = Ledger(folder.path / LEDGER_FILE)
    forgetting = Forgetting(ledger)
    forgetting.ask("c2", THEN)
    agree(folder, forgetting)
    agree(folder, forgetting)
    assert forgetting.forgotten.covers(row(5, "c1"))
    reader = RowsReader(folder.rows_file)
    assert [one.text for one in reader.query()] == [MARK, MARK]
    reader.close()
    ledger.close()


# -- the actors


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.create(tmp_path / "data", partitions=2)


def test_the_actor_takes_a_request_in_without_credentials_and_does_it_later(
    folder: DataFolder, settings: Any, bench: Any, row: Callable[..., Row], tmp_path: Path
) -> None:
    add_rows(folder, {0: [telling(row, 0), row(1, "c2")]})
    kept = SqliteRows(folder.rows_file)
    kept.write([(1, 0, telling(row, 9))])
    kept.close()
    settings = settings.model_copy(update={"batch_age_s": 0.1})
    system = start(folder, settings)
    try:
        until(lambda: ask(system, "cursors")["cursors"].get("0") == 2)
    finally:
        system.shutdown()
    (tmp_path / "none.json").write_text("{}")
    system = start(folder, settings.model_copy(update={"credentials_file": tmp_path / "none.json"}))
    try:
        found = ask(system, "forget", conversation="c1")
        assert (found["redacted"], found["pending"]) == (1, 1)  # the file's row; the spreadsheet waits
        assert ask(system, "forgetting")["forgetting"][0]["spreadsheet"] == settings.spreadsheet
        assert not system.ask("sink", "forget", {}, 5.0).ok
        assert ask(system, "dlq_list")["total"] == 0
    finally:
        system.shutdown()
    system = start(folder, settings)
    try:
        until(lambda: ask(system, "forgetting") == {"forgetting": []})
        assert ask(system, "forget", conversation="c1")["redacted"] == 2
    finally:
        system.shutdown()
    assert bench.column("Text") == [MARK, "text 1"]
    assert_told_nothing([bench.values()[1]])


@pytest.mark.slow
def test_the_embedded_sink_forgets_and_a_push_empties_what_was_pushed_before(
    settings: Any, bench: Any, tmp_path: Path
) -> None:
    from actors.sheets.progress import sink_marks
    from actors.sheets.push import push
    from stress.system_under_test import SystemUnderTest
    from tests.sheets.whole_system import QUIET, feed

    def message(number: int, conversation: str, text: str) -> Inbound:
        return Inbound(id=f"m{number}", source="test", conversation=conversation, sender="x", text=text, sent_ms=THEN)

    path = tmp_path / "data"
    with SystemUnderTest(path, QUIET) as system:
        feed(system, [message(n, f"c{n % 2}", f"4711 {n}") for n in range(4)], "one")
        until(lambda: sum(sink_marks(system.folder).values()) == 4)
        assert push(path, settings).pushed == 4
        found = system.ask("sink", "forget", {"conversation": "c1"})
        assert (found["redacted"], found["pending"]) == (2, 1)
        assert [each["conversation"] for each in system.ask("sink", "forgetting")["forgetting"]] == ["c1"]
        feed(system, [message(9, "c1", "a new life")], "two")
        until(lambda: sum(sink_marks(system.folder).values()) == 5)
    reader = RowsReader(path / "rows.sqlite")
    texts = [one.text for one in reader.query()]
    reader.close()
    assert sorted(texts) == sorted([MARK, MARK, "4711 0", "4711 2", "a new life"])
    report = push(path, settings)
    assert (report.pushed, report.forgetting) == (1, 0)
    assert bench.column("Text").count(MARK) == 2
    assert "a new life" in bench.column("Text")
    assert len(bench.column("Row id")) == 5


def test_the_embedded_sink_empties_spreadsheets_of_before_by_itself(
    folder: DataFolder, settings: Any, bench: Any, server: ServerProcess, row: Callable[..., Row]
) -> None:
    from actors.sheets.push import push
    from tests.sheets.test_sheets_switching import start_embedded

    add_rows(folder, {0: [telling(row, 0), row(1, "c2")]})
    system = start_embedded(folder, settings)
    try:
        until(lambda: ask(system, "cursors")["cursors"]["0"] == 2)
        assert push(folder.path, settings).pushed == 2
        server.control("share", id=settings.spreadsheet, editors=[])
        found = ask(system, "forget", conversation="c1")
        assert (found["redacted"], found["pending"]) == (1, 1)

        def troubled() -> bool:
            answer = system.ask("sink", "forgetting", {}, 5.0)  # while the thread holds the ledger there is none
            return answer.ok and "permission" in answer.result["forgetting"][0]["trouble"]

        until(troubled)
        server.control("share", id=settings.spreadsheet, editors=[SINK])
    finally:
        system.shutdown()
    system = start_embedded(folder, settings)  # what an earlier life has left is done by the next one
    try:
        until(lambda: (a := system.ask("sink", "forgetting", {}, 5.0)).ok and a.result == {"forgetting": []})
    finally:
        system.shutdown()
    assert bench.column("Text") == [MARK, "text 1"]
    assert_told_nothing([bench.values()[1]])
