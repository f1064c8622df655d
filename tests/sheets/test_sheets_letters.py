"""Rows that Google refuses: letters of the one dead-letter queue, replayed exactly once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import actors.sheets.columns as columns
from actors.sheets.errors import LedgerError
from actors.sheets.ledger import LEDGER_FILE, Ledger
from actors.sheets.refused import NoRowError, RefusedRows, answer_letters
from messages.row import Row
from messages.wire import encode
from store.folder import DataFolder
from stress.sheets_server.process import ServerProcess
from tests.sheets.test_sheets_sink import add_rows, ask, start, until
from tests.sheets.whole_system import admin, chosen

LONG = "x" * 50_001


def ids(numbers: Any) -> list[str]:
    return [f"{n:032x}" for n in numbers]


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let go out what Sheets refuses: texts above 50,000 characters."""
    with monkeypatch.context() as patch:
        patch.setattr(columns, "clean_text", lambda text: text)
        yield patch


def refuse_one(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0), row(1, text=LONG), row(2))
    bench.drain()
    assert bench.column("Row id") == ids([0, 2])


def test_a_refused_row_is_a_letter(bench: Any, row: Callable[..., Row], refusing: pytest.MonkeyPatch) -> None:
    refuse_one(bench, row)
    refused = bench.pipe.refused
    listed = answer_letters(refused, "dlq_list", {})
    assert listed["total"] == 1
    letter = listed["letters"][0]
    assert (letter["letter"], letter["conversation"], letter["message"]) == (ids([1])[0], "c1", "m1")
    assert (letter["reason"], letter["attempts"]) == ("refused", 1)
    shown = answer_letters(refused, "dlq_show", {"letter": letter["letter"]})["letter"]
    assert shown["row"]["text"] == LONG
    assert "50000 characters" in shown["traceback"]
    json.dumps(shown)
    assert answer_letters(refused, "dlq_show", {"letter": "none"}) == {"letter": None}


def test_a_replayed_row_is_written_once(bench: Any, row: Callable[..., Row], refusing: pytest.MonkeyPatch) -> None:
    refuse_one(bench, row)
    letter = ids([1])[0]
    assert answer_letters(bench.pipe.refused, "dlq_replay", {"letter": letter}) == {"replayed": [letter]}
    assert answer_letters(bench.pipe.refused, "dlq_replay", {"letter": letter}) == {"replayed": []}
    refusing.undo()
    lag_ms = bench.pipe.writer.lag_ms
    bench.drain()
    assert bench.column("Row id") == ids([0, 2, 1])
    assert bench.pipe.refused.count() == 0
    assert bench.pipe.writer.lag_ms == lag_ms  # the row was not on its way since it was decided
    bench.crash()
    bench.source.add(row(3))
    bench.drain()
    assert bench.column("Row id") == ids([0, 2, 1, 3])
    assert bench.pipe.ledger.fetch("SELECT COUNT(*) FROM kept") == [(0,)]


@pytest.mark.parametrize("fault", ["reset_after", "500_after", "reset_before", "malformed", "502_html"])
def test_a_replay_is_never_doubled_when_the_sink_dies_in_between(
    bench: Any, row: Callable[..., Row], refusing: pytest.MonkeyPatch, server: ServerProcess, fault: str
) -> None:
    refuse_one(bench, row)
    bench.pipe.refused.replay(ids([1])[0])
    refusing.undo()
    bench.crash()  # between the letter's end and the batch's plan
    pipe = bench.open()
    pipe.writer._books.ready(bench.settings.spreadsheet)
    server.control("faults", next=[[fault, ":batchUpdate"]])
    pipe.drain(20.0, stop=lambda: pipe.writer.counters["unknown"] > 0)
    assert pipe.writer.counters["unknown"]  # sent, and nobody knows what became of it
    bench.crash()
    bench.drain()
    assert bench.column("Row id") == ids([0, 2, 1])


def test_a_row_that_is_refused_again_is_a_letter_again(
    bench: Any, row: Callable[..., Row], refusing: pytest.MonkeyPatch
) -> None:
    refuse_one(bench, row)
    for attempts in (2, 3):
        assert answer_letters(bench.pipe.refused, "dlq_replay", {"all": "true"}) == {"replayed": ids([1])}
        bench.drain()
        assert [(r.letter, r.attempts) for r in bench.pipe.refused.rows()] == [(ids([1])[0], attempts)]


def test_purged_letters_are_gone_and_bytes_that_are_no_row_are_not_replayed(
    bench: Any, row: Callable[..., Row], refusing: pytest.MonkeyPatch
) -> None:
    bench.source.logs[0].append(b"not a row")
    refuse_one(bench, row)
    refused = bench.pipe.refused
    bad = next(r.letter for r in refused.rows() if r.row() is None)
    shown = answer_letters(refused, "dlq_show", {"letter": bad})["letter"]
    assert bytes.fromhex(shown["raw_hex"]) == b"not a row"
    with pytest.raises(NoRowError, match="is no row"):
        answer_letters(refused, "dlq_replay", {"letter": bad})
    with pytest.raises(ValueError, match="name a letter"):
        answer_letters(refused, "dlq_purge", {})
    assert answer_letters(refused, "dlq_purge", {"letter": bad}) == {"purged": [bad]}
    assert answer_letters(refused, "dlq_purge", {"all": "true"}) == {"purged": ids([1])}
    assert refused.count() == 0


def test_a_replay_that_finds_no_room_on_the_disk_changes_nothing(
    bench: Any, row: Callable[..., Row], refusing: pytest.MonkeyPatch
) -> None:
    refuse_one(bench, row)
    refused = bench.pipe.refused
    pages = bench.pipe.ledger.fetch("PRAGMA page_count")[0][0]
    bench.pipe.ledger.fetch(f"PRAGMA max_page_count={pages}")
    with pytest.raises(LedgerError):
        refused.replay(ids([1])[0])
    bench.pipe.ledger.fetch("PRAGMA max_page_count=1000000")
    assert refused.count() == 1
    assert bench.pipe.ledger.fetch("SELECT COUNT(*) FROM kept") == [(0,)]


def test_a_ledger_of_version_1_gets_its_letters(row: Callable[..., Row], tmp_path: Path) -> None:
    path = tmp_path / "old.ledger"
    db = sqlite3.connect(path)
    db.executescript(
        "CREATE TABLE dead(partition INTEGER, position INTEGER, reason TEXT NOT NULL, data BLOB NOT NULL, "
        "at_ms INTEGER NOT NULL, PRIMARY KEY(partition, position));"
        "CREATE TABLE fact(name TEXT PRIMARY KEY, value TEXT NOT NULL);"
        "PRAGMA application_id=0x4D414A53; PRAGMA user_version=1;"
    )
    db.execute("INSERT INTO dead VALUES(0,7,'refused',?,5)", (encode(row(7)),))
    db.execute("INSERT INTO fact VALUES('next_sequence','12')")
    db.commit()
    db.close()
    ledger = Ledger(path)
    assert [(r.letter, r.position, r.attempts) for r in RefusedRows(ledger).rows()] == [(ids([7])[0], 7, 1)]
    assert ledger.next_sequence() == 12
    ledger.close()


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.create(tmp_path / "data", partitions=2)


def set_aside(folder: DataFolder, *rows: Row) -> None:
    from actors.sheets.batch import Entry

    ledger = Ledger(folder.path / LEDGER_FILE)
    with ledger.transaction():
        for position, one in enumerate(rows):
            RefusedRows(ledger).bury(Entry(0, position, encode(one)), "Google said no", 1_700_000_000_000)
    ledger.close()


def test_the_actor_replays_also_when_it_is_killed(
    folder: DataFolder, settings: Any, bench: Any, row: Callable[..., Row], server: ServerProcess
) -> None:
    import os
    import signal

    add_rows(folder, {0: [row(0), row(1)]})
    set_aside(folder, row(0), row(1))
    system = start(folder, settings.model_copy(update={"batch_age_s": 0.1}))
    try:
        until(lambda: system.ask("sink", "sheets", {}, 2.0).ok)
        server.control("faults", next=[["timeout_after", ":batchUpdate"]], hang_s=0.5)
        assert ask(system, "dlq_replay", letter=ids([1])[0]) == {"replayed": ids([1])}
        os.kill(ask(system, "status")["pid"], signal.SIGKILL)
        until(lambda: (a := system.ask("sink", "sheets", {}, 2.0)).ok and a.result["batches"].get("landed"))
        assert ask(system, "dlq_list")["total"] == 1
        assert ask(system, "dlq_purge", all="true") == {"purged": ids([0])}
        assert not system.ask("sink", "dlq_purge", {}, 5.0).ok
    finally:
        system.shutdown()
    assert bench.column("Row id") == ids([1])


@pytest.mark.slow
def test_the_command_line_has_one_queue(settings: Any, bench: Any, row: Callable[..., Row], tmp_path: Path) -> None:
    from stress.system_under_test import SystemUnderTest

    folder = DataFolder.create(tmp_path / "data", partitions=2)
    set_aside(folder, row(100), row(101), row(102))
    with SystemUnderTest(folder.path, chosen(settings)) as system:
        listed = json.loads(admin(folder.path, "dlq", "list", "--json").stdout)
        assert listed["total"] == 3
        assert {each["holder"] for each in listed["letters"]} == {"sink"}
        assert sorted(each["letter"] for each in listed["letters"]) == ids([100, 101, 102])
        assert "refused" in admin(folder.path, "dlq", "list").stdout
        shown = admin(folder.path, "dlq", "show", ids([101])[0])
        assert "Google said no" in shown.stdout
        exported = admin(folder.path, "dlq", "export", str(tmp_path / "letters.jsonl"))
        assert exported.stdout.startswith("3 letters")
        lines = [json.loads(line) for line in (tmp_path / "letters.jsonl").read_text().splitlines()]
        assert sorted(line["row"]["message_id"] for line in lines) == ["m100", "m101", "m102"]
        assert admin(folder.path, "dlq", "replay", ids([101])[0]).stdout == "replayed 1\n"
        assert admin(folder.path, "dlq", "replay", ids([101])[0]).returncode == 1
        until(lambda: system.ask("sink", "sheets")["batches"].get("landed") == 1)
        assert admin(folder.path, "dlq", "purge", ids([100])[0]).stdout == "purged 1\n"
        assert admin(folder.path, "dlq", "replay", "--all").stdout == "replayed 1\n"
        until(lambda: system.ask("sink", "sheets")["batches"].get("landed") == 2)
        assert bench.column("Row id") == ids([101, 102])
        assert json.loads(admin(folder.path, "dlq", "list", "--json").stdout)["total"] == 0
        assert admin(folder.path, "dlq", "show", ids([101])[0]).returncode == 1


@pytest.mark.slow
def test_letters_of_a_push_are_in_the_queue_while_the_embedded_sink_runs(
    row: Callable[..., Row], tmp_path: Path
) -> None:
    from stress.system_under_test import SystemUnderTest

    folder = DataFolder.create(tmp_path / "data", partitions=2)
    set_aside(folder, row(1), row(2))
    quiet = {"language.engine": "rules", "language.workers": 1, "sessions.shards": 1}
    with SystemUnderTest(folder.path, quiet):
        assert json.loads(admin(folder.path, "dlq", "list", "--json").stdout)["total"] == 2
        assert admin(folder.path, "dlq", "purge", ids([1])[0]).stdout == "purged 1\n"
        holder = Ledger(folder.path / LEDGER_FILE)  # as `majlis rows push` does
        refused = admin(folder.path, "dlq", "purge", ids([2])[0])
        assert refused.returncode == 1
        assert "rows push" in refused.stderr
        assert json.loads(admin(folder.path, "dlq", "list", "--json").stdout)["total"] == 1  # looking is free
        holder.close()
        assert json.loads(admin(folder.path, "dlq", "list", "--json").stdout)["total"] == 1


def test_a_batch_that_version_1_left_open_is_settled(
    bench: Any, row: Callable[..., Row], server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    import actors.sheets.batch_rows as batch_rows
    from actors.sheets.batch import former_digest_of

    bench.source.add(row(0))
    bench.drain()
    bench.source.add(row(1))
    server.control("faults", next=[["reset_after", ":batchUpdate"]])
    with monkeypatch.context() as patch:
        patch.setattr(batch_rows, "digest_of", former_digest_of)
        bench.pipe.drain(20.0, stop=lambda: bench.pipe.writer.counters["unknown"] > 0)
    bench.crash()
    bench.source.add(row(2))
    bench.drain()
    assert bench.column("Row id") == ids(range(3))
