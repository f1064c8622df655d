"""What was removed is gone from the databases' files after they were written anew; what is there stays as it was."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import store.wipe
from messages.session import Snapshot
from messages.wire import encode
from store.check import check_folder
from store.errors import StoreError
from store.folder import DataFolder
from store.log import LogReader, LogWriter
from store.partition import PartitionReader, PartitionState
from store.wipe import NOTE, ask_for_wipe, rewrite_environment, wipe_where_asked

SECRET = b"a text that is to go"
KEPT = encode(Snapshot(conversation="kept"))


def lived_in(path: Path) -> DataFolder:
    """Make a folder whose partition, log and SQLite file held the secret and removed it."""
    folder = DataFolder.create(path, partitions=1)
    state = PartitionState(folder.state(0), owner="test")
    for number in range(40):
        turn = state.begin()
        turn.put_session(f"s{number:02d}", SECRET * 50)
        turn.put_letter(f"l{number:02d}", SECRET + b"%d" % number)
        turn.claim(b"%016d" % number, number, 0)
        state.commit(turn)
    turn = state.begin()
    for number in range(40):
        turn.drop_letter(f"l{number:02d}")
        if number % 2:
            turn.drop_session(f"s{number:02d}")
        else:
            turn.put_session(f"s{number:02d}", KEPT)
    state.commit(turn)
    state.settle()
    state.close()
    log = LogWriter(path / "log")
    log.append([SECRET, b"other"])
    log.trim(1)
    log.close()
    with sqlite3.connect(path / "some.sqlite") as database:
        database.execute("CREATE TABLE t (x)")
        database.execute("INSERT INTO t VALUES (?), (?)", (SECRET, b"kept"))
        database.commit()
        database.execute("DELETE FROM t WHERE x = ?", (SECRET,))
    database.close()
    return folder


def holding(folder: DataFolder) -> list[str]:
    return [path.name for path in folder.path.rglob("*") if path.is_file() and SECRET in path.read_bytes()]


def test_nothing_is_left_of_what_was_removed_and_the_rest_is_as_it_was(tmp_path: Path) -> None:
    folder = lived_in(tmp_path / "data")
    assert len(holding(folder)) >= 2
    before = PartitionReader(folder.state(0))
    sessions, epoch, claim = before.sessions(limit=100), before.epoch(), before.claimed([b"%016d" % 7])
    before.close()
    assert wipe_where_asked(folder) == 0
    assert holding(folder)
    ask_for_wipe(folder)
    assert wipe_where_asked(folder) > 0
    assert holding(folder) == []
    assert not (folder.path / NOTE).exists()
    after = PartitionReader(folder.state(0))
    assert (after.sessions(limit=100), after.epoch(), after.claimed([b"%016d" % 7])) == (sessions, epoch, claim)
    assert len(sessions) == 20
    assert claim == [(7, 0)]
    after.close()
    reader = LogReader(tmp_path / "data" / "log")
    assert reader.read(0) == [(1, b"other")]
    reader.close()
    assert check_folder(folder.path).sound
    state = PartitionState(folder.state(0), owner="again")
    turn = state.begin()
    turn.put_session("new", KEPT)
    state.commit(turn)
    assert state.session("new") == KEPT
    assert state.session("s02") == KEPT
    state.close()


def test_interrupted_it_leaves_every_database_whole_and_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lived_in(tmp_path / "data")
    ask_for_wipe(folder)
    done: list[Path] = []

    def dies(path: Path) -> None:
        if len(done) == 2:
            (path / "rewritten").mkdir()
            (path / "rewritten" / "data.mdb").write_bytes(b"half")
            raise StoreError("killed")
        rewrite_environment(path)
        done.append(path)

    monkeypatch.setattr(store.wipe, "rewrite_environment", dies)
    with pytest.raises(StoreError):
        wipe_where_asked(folder)
    assert check_folder(folder.path).sound
    monkeypatch.undo()
    assert wipe_where_asked(folder) > 0
    assert holding(folder) == []
    assert check_folder(folder.path).sound


def test_a_damaged_database_stays_and_says_so(tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data", partitions=1)
    (folder.path / "broken").mkdir()
    (folder.path / "broken" / "data.mdb").write_bytes(b"no database" * 1000)
    ask_for_wipe(folder)
    with pytest.raises(StoreError, match="broken"):
        wipe_where_asked(folder)
    assert (folder.path / NOTE).exists()
    assert (folder.path / "broken" / "data.mdb").read_bytes() == b"no database" * 1000


def test_entries_of_a_log_can_be_replaced(tmp_path: Path) -> None:
    log = LogWriter(tmp_path / "log")
    log.append([b"one", b"two", b"three"])
    log.trim(1)
    assert log.replace({0: b"gone", 1: b"2", 2: b"THREE!", 9: b"never there"}) == 2
    assert log.replace({}) == 0
    assert log.read(0) == [(1, b"2"), (2, b"THREE!")]
    assert log.held_bytes == 7
    log.close()
    again = LogWriter(tmp_path / "log")
    assert (again.held_bytes, again.first_position, again.next_position) == (7, 1, 3)
    again.close()
