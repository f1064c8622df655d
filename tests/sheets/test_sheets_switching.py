"""From one sink to the other and back: every row is recorded by exactly one of them, and pushed once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.sheets.batch import Entry, Span, digest_of
from actors.sheets.ledger import LEDGER_FILE, Ledger
from actors.sheets.log_source import adopt_embedded
from actors.sheets.progress import sink_marks
from actors.sheets.push import push
from actors.sheets.rows_reader import RowsReader
from actors.sheets.settings import SheetsSettings
from actors.sheets.sqlite_rows import SqliteRows
from actors.sheets.taking_over import take_over
from actors.system.boot import RunningSystem
from actors.system.settings import Settings
from messages.row import Row
from messages.wire import encode
from store.folder import DataFolder
from store.partition import PartitionState
from stress.sheets_server.process import ServerProcess
from supervision.spec import ChildSpec, SupervisorSpec
from tests.sheets.test_sheets_sink import add_rows, ask, start, until


def ids(numbers: Any) -> list[str]:
    return [f"{n:032x}" for n in numbers]


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.create(tmp_path / "data", partitions=2)


def start_embedded(folder: DataFolder, sheets: SheetsSettings | None = None) -> RunningSystem:
    config = Settings(folder=folder.path, sheets=sheets or SheetsSettings()).model_dump_json().encode()
    sink = ChildSpec("sink", "actors.sheets.embedded_sink:EmbeddedSink", config, shutdown_ms=5_000)
    return RunningSystem.start(folder, SupervisorSpec("root", children=(sink,)))


def trim(folder: DataFolder, partition: int, before: int) -> None:
    """Trim a rows log as its shard does behind what the sink says."""
    state = PartitionState(folder.state(partition), owner="test")
    state.trim_rows(before)
    state.close()


def until_at(system: RunningSystem, position: int) -> None:
    until(lambda: ask(system, "cursors")["cursors"].get("0") == position)


def kept_ids(folder: DataFolder) -> list[str]:
    reader = RowsReader(folder.rows_file)
    found = [row.row_id for row in reader.query()]
    reader.close()
    return found


def plan(ledger: Ledger, book: str, rows: list[tuple[Entry, Row]], *, sent: bool) -> None:
    with ledger.transaction():
        spans = [Span(entry.partition, entry.position, entry.position + 1) for entry, _ in rows]
        batch = ledger.plan(book, digest_of(rows), spans, 0)
        if sent:
            ledger.mark_sent(batch.sequence)


def entry(partition: int, position: int, row: Row) -> tuple[Entry, Row]:
    return Entry(partition, position, encode(row)), row


def test_what_the_sheets_sink_did_and_has_under_way_is_not_recorded_anew(
    folder: DataFolder, row: Callable[..., Row]
) -> None:
    add_rows(folder, {0: [row(n) for n in range(10)], 1: [row(n) for n in range(20, 23)]})
    ledger = Ledger(folder.path / LEDGER_FILE)
    with ledger.transaction():
        ledger.mark_done([Span(0, 0, 3), Span(0, 6, 7)])  # an urgent row went before others
    plan(ledger, "book", [entry(0, 4, row(4))], sent=True)
    plan(ledger, "book", [entry(0, 5, row(5)), entry(1, 0, row(20))], sent=False)
    ledger.close()
    system = start_embedded(folder)
    try:
        until(lambda: ask(system, "cursors")["cursors"] == {"0": 10, "1": 3})
    finally:
        system.shutdown()
    assert sorted(kept_ids(folder)) == ids([3, 5, 7, 8, 9, 20, 21, 22])
    ledger = Ledger(folder.path / LEDGER_FILE)
    assert [batch.status for batch in ledger.open_batches()] == ["sent"]
    assert ledger.kept(0, 0, 100) == {4: encode(row(4))}  # its log may be trimmed
    adopt_embedded(folder, ledger)
    assert (ledger.mark(0), ledger.mark(1)) == (10, 3)
    ledger.close()


def test_taking_over_while_a_push_holds_the_ledger(folder: DataFolder, row: Callable[..., Row]) -> None:
    from actors.sheets.errors import LedgerError

    add_rows(folder, {0: [row(0), row(1)]})
    assert take_over(folder).marks == {}
    ledger = Ledger(folder.path / LEDGER_FILE)
    with ledger.transaction():
        ledger.mark_done([Span(0, 0, 1)])
    assert take_over(folder).marks == {0: 1}  # nothing is under way, so nobody has to be waited for
    plan(ledger, "book", [entry(0, 1, row(1))], sent=True)
    with pytest.raises(LedgerError, match="another sink holds"):
        take_over(folder)
    system = start_embedded(folder)
    try:
        assert ask(system, "cursors")["cursors"] == {"0": 0, "1": 0}
        ledger.close()
        until(lambda: ask(system, "cursors")["cursors"]["0"] == 2)
    finally:
        system.shutdown()
    assert kept_ids(folder) == []


@pytest.mark.parametrize("applied", [True, False])
def test_there_and_back_with_an_answer_lost_and_a_push_in_between(
    folder: DataFolder,
    settings: SheetsSettings,
    bench: Any,
    server: ServerProcess,
    row: Callable[..., Row],
    applied: bool,
) -> None:
    fast = settings.model_copy(update={"batch_age_s": 0.05, "timeout_s": 30.0})
    # Google Sheets, until an answer does not come
    add_rows(folder, {0: [row(0), row(1)]})
    system = start(folder, fast)
    try:
        until(lambda: ask(system, "cursors")["cursors"].get("0") == 2)
        kind = "timeout_after" if applied else "timeout_before"
        server.control("faults", next=[[kind, ":batchUpdate"]], hang_s=25.0)
        add_rows(folder, {0: [row(2)]})
        until(lambda: ask(system, "sheets")["batches"].get("sent"))
    finally:
        system.shutdown()
    add_rows(folder, {0: [row(3), row(4)], 1: [row(10, "c2")]})
    # this disk, and the shards trim their logs
    system = start_embedded(folder)
    try:
        until(lambda: ask(system, "cursors")["cursors"] == {"0": 5, "1": 1})
    finally:
        system.shutdown()
    assert sorted(kept_ids(folder)) == ids([3, 4, 10])
    trim(folder, 0, 5)
    trim(folder, 1, 1)
    assert sum(sink_marks(folder).values()) == 6
    # a push settles what was under way and sends what was kept
    report = push(folder.path, fast)
    assert report.complete
    assert sorted(bench.column("Row id")) == ids([0, 1, 2, 3, 4, 10])
    # and Google Sheets again
    add_rows(folder, {0: [row(5)], 1: [row(11, "c2")]})
    system = start(folder, fast)
    try:
        until(lambda: ask(system, "cursors")["cursors"] == {"0": 6, "1": 2})
    finally:
        system.shutdown()
    assert push(folder.path, fast).pushed == 0
    assert sorted(bench.column("Row id")) == ids([0, 1, 2, 3, 4, 5, 10, 11])
    assert sorted(kept_ids(folder)) == ids([3, 4, 10])


def test_rows_that_were_not_trimmed_are_not_sent_after_a_second_change(
    folder: DataFolder, settings: SheetsSettings, bench: Any, row: Callable[..., Row]
) -> None:
    fast = settings.model_copy(update={"batch_age_s": 0.05})
    for number in range(3):  # each time both sinks get a row, and no log is ever trimmed
        add_rows(folder, {0: [row(2 * number)]})
        system = start(folder, fast)
        try:
            until_at(system, 2 * number + 1)
        finally:
            system.shutdown()
        add_rows(folder, {0: [row(2 * number + 1)]})
        system = start_embedded(folder)
        try:
            until_at(system, 2 * number + 2)
        finally:
            system.shutdown()
    assert bench.column("Row id") == ids([0, 2, 4])
    assert kept_ids(folder) == ids([1, 3, 5])
    assert push(folder.path, fast).pushed == 3
    assert bench.column("Row id") == ids([0, 2, 4, 1, 3, 5])


def test_a_new_sheets_sink_begins_behind_the_embedded_one(folder: DataFolder, row: Callable[..., Row]) -> None:
    kept = SqliteRows(folder.rows_file)
    kept.write([(1, n, row(n)) for n in range(3)])
    ledger = Ledger(folder.path / LEDGER_FILE)
    adopt_embedded(folder, ledger)
    assert (ledger.mark(0), ledger.mark(1)) == (0, 3)
    kept.write([(1, 3, row(3))])
    adopt_embedded(folder, ledger)  # also when it is not the first time
    assert ledger.mark(1) == 4
    kept.close()
    ledger.close()
