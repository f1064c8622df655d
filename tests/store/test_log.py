from __future__ import annotations

import signal
from collections.abc import Callable
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from store.errors import Fenced, FolderMissing, LogDamaged, QueueFull, StoreError
from store.log import TRIM_LIMIT, LogReader, LogWriter
from tests.store.processes import Child


def entry(position: int) -> bytes:
    return b"entry %d " % position + b"." * (position % 97)


def test_appended_entries_are_read_in_order_with_their_positions(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log")
    assert writer.append([b"a", b"b"]) == 0
    assert writer.append([b"c"]) == 2
    assert (writer.first_position, writer.next_position, writer.held_bytes) == (0, 3, 3)
    writer.close()
    reader = LogReader(tmp_path / "log")
    assert reader.read(0) == [(0, b"a"), (1, b"b"), (2, b"c")]
    assert reader.read(2) == [(2, b"c")]
    assert reader.read(3) == []
    assert (reader.first_position, reader.next_position, reader.held_bytes) == (0, 3, 3)
    reader.close()


def test_a_reopened_log_goes_on_where_it_was_even_when_empty(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log")
    writer.append([b"abc", b"de"])
    assert writer.trim(99) == 2
    assert (writer.first_position, writer.next_position, writer.held_bytes) == (2, 2, 0)
    writer.close()
    writer = LogWriter(tmp_path / "log")
    assert (writer.first_position, writer.next_position, writer.held_bytes) == (2, 2, 0)
    assert writer.append([b"f"]) == 2
    writer.close()


def test_reading_stops_at_the_limit_and_at_the_bytes_but_gives_one_entry(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log")
    writer.append([bytes(1000)] * 10)
    writer.close()
    reader = LogReader(tmp_path / "log")
    assert [position for position, _ in reader.read(0, limit=4)] == [0, 1, 2, 3]
    assert [position for position, _ in reader.read(0, max_bytes=3500)] == [0, 1, 2]
    assert [position for position, _ in reader.read(7, max_bytes=1)] == [7]
    assert reader.read(0, limit=0) == []
    reader.close()


def test_reading_passes_over_what_was_trimmed(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log")
    writer.append([entry(position) for position in range(10)])
    assert writer.trim(6) == 6
    assert writer.trim(6) == 0
    assert writer.trim(3) == 0
    writer.close()
    reader = LogReader(tmp_path / "log")
    assert reader.read(0) == [(position, entry(position)) for position in range(6, 10)]
    reader.close()


def test_a_full_queue_refuses_and_writes_nothing_until_it_is_trimmed(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log", max_bytes=100)
    writer.append([bytes(60)])
    with pytest.raises(QueueFull):
        writer.append([bytes(20), bytes(21)], marks={b"m": b"1"})
    assert (writer.next_position, writer.held_bytes, writer.mark(b"m")) == (1, 60, None)
    assert writer.append([bytes(40)]) == 1  # exactly at the bound
    with pytest.raises(QueueFull):
        writer.append([b"x"])
    assert writer.append([], marks={b"m": b"2"}) == 2  # marks alone take no room in the queue
    assert writer.trim(1) == 1
    assert writer.append([bytes(60)]) == 2
    writer.close()
    reopened = LogWriter(tmp_path / "log", max_bytes=100)
    with pytest.raises(QueueFull):
        reopened.append([b"x"])
    reopened.close()


def test_marks_are_written_with_the_entries_and_kept(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log")
    writer.append([b"a"], marks={b"feed": b"7", b"other": b""})
    writer.append([], marks={b"feed": b"8"})
    assert writer.append([]) == 1
    writer.close()
    writer = LogWriter(tmp_path / "log")
    assert (writer.mark(b"feed"), writer.mark(b"other"), writer.mark(b"none")) == (b"8", b"", None)
    for key in (b"", bytes(501)):
        with pytest.raises(ValueError, match="mark"):
            writer.append([b"b"], marks={key: b""})
    assert writer.next_position == 1
    writer.close()


def test_entries_of_any_size_are_kept(tmp_path: Path) -> None:
    entries = [b"", bytes(5_000_000), b"x", bytes(range(256)) * 100]
    writer = LogWriter(tmp_path / "log")
    writer.append(entries)
    writer.close()
    reader = LogReader(tmp_path / "log")
    assert [data for _, data in reader.read(0, max_bytes=10_000_000)] == entries
    reader.close()


def test_trimming_is_bounded_work(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log")
    writer.append([b"."] * (TRIM_LIMIT + 5))
    assert writer.trim(TRIM_LIMIT + 5) == TRIM_LIMIT
    assert writer.first_position == TRIM_LIMIT
    assert writer.trim(TRIM_LIMIT + 5) == 5
    writer.close()


def test_the_file_does_not_grow_in_a_steady_state(disk_path: Path) -> None:
    writer = LogWriter(disk_path / "log")
    sizes = []
    for _ in range(120):
        writer.append([bytes(300)] * 256)
        writer.trim(writer.next_position - 1000)
        sizes.append(writer.file_bytes)
    writer.close()
    assert sizes[-1] == sizes[40]
    assert sizes[-1] < 3_000_000


def _append_for_ever(pipe: Connection, path: Path) -> None:
    writer = LogWriter(path)
    position = writer.next_position
    while True:
        batch = [entry(position + offset) for offset in range(1 + position % 40)]
        writer.append(batch, marks={b"upto": b"%d" % (position + len(batch))})
        position += len(batch)
        pipe.send(position)


def test_kill_9_in_the_middle_of_appends_loses_nothing_that_was_acknowledged(disk_path: Path) -> None:
    acknowledged = 0
    for round_ in range(6):
        child = Child(_append_for_ever, disk_path / "log")
        for _ in range(3 + 17 * round_):
            acknowledged = child.receive()
        child.kill()
        acknowledged = max([acknowledged, *child.drain()])
        writer = LogWriter(disk_path / "log")
        end = writer.next_position
        assert end >= acknowledged
        assert writer.mark(b"upto") == b"%d" % end  # the marks are of the same transaction
        writer.close()
        reader = LogReader(disk_path / "log")
        found = reader.read(0, limit=1_000_000, max_bytes=1 << 30)
        reader.close()
        assert found == [(position, entry(position)) for position in range(end)]


def _own(pipe: Connection, path: Path) -> None:
    writer = LogWriter(path)
    writer.append([b"first owner"])
    pipe.send("owns")
    pipe.recv()
    attempts: list[Callable[[], int]] = [
        lambda: writer.append([b"too late"], marks={b"m": b""}),
        lambda: writer.trim(1),
    ]
    for attempt in attempts:
        try:
            attempt()
        except Fenced as error:
            pipe.send(str(error))
        else:
            pipe.send("was not fenced")


def test_a_newer_writer_fences_the_older_one(tmp_path: Path) -> None:
    child = Child(_own, tmp_path / "log")
    assert child.receive() == "owns"
    writer = LogWriter(tmp_path / "log")
    child.send("go on")
    assert "was replaced by writer 2" in child.receive()
    assert "was replaced by writer 2" in child.receive()
    child.join()
    assert writer.append([b"second owner"]) == 1
    assert (writer.first_position, writer.mark(b"m")) == (0, None)
    writer.close()


def _read_while_it_grows(pipe: Connection, path: Path, upto: int) -> None:
    reader = LogReader(path)
    pipe.send("open")
    position = 0
    while position < upto:
        for at, data in reader.read(position):
            if (at, data[:8]) != (position, position.to_bytes(8, "big")):
                pipe.send(f"{at} {data[:8]!r} where {position} should be")
                return
            position += 1
    pipe.send(position)


def test_the_map_grows_under_a_concurrent_reader(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log")
    before = writer.file_bytes
    writer.close()
    child = Child(_read_while_it_grows, tmp_path / "log", 12_000)
    assert child.receive() == "open"
    writer = LogWriter(tmp_path / "log", max_bytes=1 << 30)
    for start in range(0, 12_000, 400):
        writer.append([position.to_bytes(8, "big") + bytes(4000) for position in range(start, start + 400)])
    assert child.receive() == 12_000
    child.join()
    assert writer.file_bytes > 40_000_000 > before  # the first map has 16 MiB
    writer.close()
    again = LogWriter(tmp_path / "log", max_bytes=1 << 30)  # and a grown log opens with the first size in mind
    assert again.append([b"more"]) == 12_000
    again.close()


def _die_while_reading(pipe: Connection, path: Path) -> None:
    reader = LogReader(path)
    txn = reader._env.read()
    pipe.send(txn.id())
    signal.pause()


def test_a_reader_that_was_killed_does_not_make_the_file_grow_for_ever(tmp_path: Path) -> None:
    LogWriter(tmp_path / "log").close()
    child = Child(_die_while_reading, tmp_path / "log")
    child.receive()
    writer = LogWriter(tmp_path / "log")

    def turn_over() -> int:
        for _ in range(20):
            writer.append([bytes(3000)] * 100)
            writer.trim(writer.next_position - 100)
        return writer.file_bytes

    pinned = [turn_over() for _ in range(3)]
    assert all(after > before for before, after in pairwise(pinned))  # it does hold the pages
    child.kill()
    freed = [turn_over() for _ in range(4)]
    assert freed[-1] == freed[0] <= pinned[-1] + 1_000_000
    writer.close()


def _use_what_the_parent_opened(pipe: Connection, writer: LogWriter, path: Path) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: writer.append([b"x"]),
        lambda: writer.mark(b"m"),
        lambda: LogReader(path),
    ]
    for attempt in attempts:
        try:
            attempt()
        except StoreError as error:
            pipe.send(str(error))
        else:
            pipe.send("was allowed")
    writer.close()


def test_an_environment_does_not_cross_a_fork(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log")
    child = Child(_use_what_the_parent_opened, writer, tmp_path / "log")
    assert "opened by process" in child.receive()
    assert "opened by process" in child.receive()
    assert "already open" in child.receive()
    child.join()
    assert writer.append([b"still works"]) == 0
    writer.close()


def test_a_log_is_opened_once_in_a_process(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log")
    with pytest.raises(StoreError, match="already open"):
        LogWriter(tmp_path / "log")
    writer.close()
    writer.close()
    with pytest.raises(StoreError, match="closed"):
        writer.append([b"x"])
    LogWriter(tmp_path / "log").close()


def test_a_missing_or_foreign_log_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(FolderMissing):
        LogReader(tmp_path / "none")
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "data.mdb").touch()  # its writer died before the first page
    with pytest.raises(FolderMissing):
        LogReader(tmp_path / "begun")
    LogWriter(tmp_path / "begun").close()
    LogReader(tmp_path / "begun").close()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "data.mdb").write_bytes(b"not an environment" * 1000)
    for kind in (LogReader, LogWriter):
        with pytest.raises(LogDamaged):
            kind(tmp_path / "foreign")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        LogWriter(tmp_path / "file")
