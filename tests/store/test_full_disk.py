from __future__ import annotations

import contextlib
import resource
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from store.errors import DiskFull, StoreError
from store.folder import DataFolder
from store.log import LogReader, LogWriter
from store.partition import PartitionReader, PartitionState, Turn
from tests.store.processes import Child, fill, small_disk


def entry(position: int) -> bytes:
    return b"%d " % position + bytes(700)


def append_until_full(writer: LogWriter) -> int:
    position = writer.next_position
    while True:
        batch = [entry(position + offset) for offset in range(7)]
        try:
            assert writer.append(batch, marks={b"upto": b"%d" % (position + 7)}) == position
        except DiskFull:
            return position
        position += 7


def check_log(path: Path, first: int, end: int) -> None:
    reader = LogReader(path)
    assert reader.read(0, limit=1_000_000, max_bytes=1 << 30) == [(at, entry(at)) for at in range(first, end)]
    assert (reader.first_position, reader.next_position, reader.mark(b"upto")) == (first, end, b"%d" % end)
    reader.close()


def test_a_log_on_a_full_disk_refuses_loses_nothing_and_recovers_with_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "6m") as disk:
        ballast = disk / "first"
        ballast.write_bytes(bytes(2 << 20))
        writer = LogWriter(disk / "log")
        end = append_until_full(writer)
        rest = fill(disk)
        for size in (50_000, 1):
            with pytest.raises(DiskFull):
                writer.append([bytes(size)], marks={b"upto": b"wrong"})
        assert (writer.next_position, writer.held_bytes) == (end, sum(len(entry(at)) for at in range(end)))
        writer.close()
        check_log(disk / "log", 0, end)
        writer = LogWriter(disk / "log")  # also what restarts on the full disk goes on
        with pytest.raises(DiskFull):
            writer.append([b"x"])
        rest.unlink()
        ballast.unlink()
        more = append_until_full(writer)
        assert more > end > 500
        writer.close()
        check_log(disk / "log", 0, more)


def test_trimming_works_on_a_full_disk_and_makes_room_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "3m") as disk:
        writer = LogWriter(disk / "log")
        end = append_until_full(writer)
        fill(disk)
        first = 0
        for _ in range(200):  # the log goes round many times within the room that it has
            first += writer.trim(first + 600)
            end = append_until_full(writer)
        assert first == 200 * 600
        writer.close()
        check_log(disk / "log", first, end)


def test_a_turn_on_a_full_disk_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def turn(number: int) -> Turn:
        turn = state.begin()
        for member in range(20):
            name = f"{number * 20 + member}"
            turn.put_session(name, bytes(400))
            turn.claim(name.encode().rjust(16), number, 0)
            turn.add_row(name.encode() + bytes(500))
        turn.put_fact("turn", b"%d" % number)
        turn.set_cursor(number + 1)
        return turn

    with small_disk(tmp_path / "disk", "4m") as disk:
        ballast = disk / "ballast0"
        ballast.write_bytes(bytes(1 << 20))
        state = PartitionState(disk / "state", owner="first", max_recent_bytes=100_000)
        number = 0
        with contextlib.suppress(DiskFull):
            while True:
                waiting = turn(number)
                state.commit(waiting)
                number += 1
        rest = fill(disk)
        for _ in range(3):
            with pytest.raises(DiskFull):
                state.commit(waiting)
        assert (state.cursor(), state.rows_next, state.fact("turn")) == (number, number * 20, b"%d" % (number - 1))
        assert state.session(f"{number * 20}") is None
        rest.unlink()
        ballast.unlink()
        state.commit(waiting)  # the very same turn
        state.close()
        reader = PartitionReader(disk / "state")
        assert (reader.cursor(), reader.rows_next, reader.session_count()) == (number + 1,) + ((number + 1) * 20,) * 2
        found = reader.rows(0, limit=1_000_000, max_bytes=1 << 30)
        assert found == [(at, b"%d" % at + bytes(500)) for at in range((number + 1) * 20)]
        assert all(reader.claimed([f"{at}".encode().rjust(16) for at in range((number + 1) * 20)]))
        reader.close()


def test_a_transaction_larger_than_the_reserve_on_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        writer = LogWriter(disk / "log")
        writer.append([b"before"])
        before = writer.file_bytes
        for size in (100, 1000, 1900, 5000):
            with pytest.raises(DiskFull):
                writer.append([bytes(size)] * (6_000_000 // size))
            assert writer.file_bytes <= before  # the disk's last room went back
        assert writer.append([b"after"]) == 1
        writer.close()
        reader = LogReader(disk / "log")
        assert reader.read(0) == [(0, b"before"), (1, b"after")]
        reader.close()


def test_small_files_and_new_folders_on_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "2m") as disk:
        folder = DataFolder.create(disk / "data", partitions=1)
        folder.write_runtime({"port": 1})
        ballast = fill(disk)
        with pytest.raises(DiskFull):
            folder.write_runtime({"port": 2, "more": "x" * 10_000})
        assert folder.read_runtime() == {"port": 1}
        with pytest.raises(StoreError):
            DataFolder.create(disk / "second", partitions=4)
        ballast.unlink()
        assert DataFolder.open_or_create(disk / "second", partitions=4).partitions == 4


def _append_under_a_file_limit(pipe: Connection, path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = LogWriter(path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, hard))
    end = append_until_full(writer)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, hard))
    pipe.send((end, append_until_full(writer)))
    writer.close()


def test_a_limit_on_files_is_a_full_disk_too(tmp_path: Path) -> None:
    child = Child(_append_under_a_file_limit, tmp_path / "log")
    end, more = child.receive()
    child.join()
    assert more > end > 0
    check_log(tmp_path / "log", 0, more)
