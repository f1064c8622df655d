"""Deletion on request in the embedded sink's file, and by both sinks' actors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.sheets.both_sinks import agree
from actors.sheets.forgetting import Forgetting
from actors.sheets.ledger import LEDGER_FILE, Ledger
from actors.sheets.redaction import MARK, redacted, request_of
from actors.sheets.rows_reader import RowsReader
from actors.sheets.sqlite_rows import SqliteRows
from messages.inbound import Inbound
from messages.row import Row
from store.folder import DataFolder
from stress.sheets_server.process import ServerProcess
from tests.sheets.telling_rows import SINK, THEN, assert_told_nothing, ids, telling
from tests.sheets.test_sheets_sink import add_rows, ask, start, until

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
