from __future__ import annotations

import errno
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import lmdb
import pytest

from store.environment import FIRST_MAP_BYTES
from store.errors import Fenced, StoreError
from store.log import LogReader, LogWriter
from store.partition import PartitionState
from tests.store.processes import Child


def input_output_error() -> lmdb.Error:
    error = lmdb.DiskError("broken disk")
    object.__setattr__(error, "code", errno.EIO)
    return error


class Failing:
    """A real environment whose next write transactions fail as LMDB's do."""

    def __init__(self, real: Any, *errors: lmdb.Error) -> None:
        self._real = real
        self.errors = list(errors)

    def begin(self, *, write: bool = False) -> Any:
        if write and self.errors:
            raise self.errors.pop(0)
        return self._real.begin(write=write)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_an_environment_that_lmdb_gave_up_is_opened_anew(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log")
    writer.append([b"before"])
    writer._env._env = failing = Failing(writer._env._env, lmdb.PanicError("after a failed meta page"))
    assert writer.append([b"after"]) == 1
    assert failing.errors == []
    assert not isinstance(writer._env._env, Failing)
    writer.close()
    reader = LogReader(tmp_path / "log")
    assert reader.read(0) == [(0, b"before"), (1, b"after")]
    reader.close()


def test_a_lasting_input_output_error_is_reported_and_a_passing_one_is_not(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log")
    real = writer._env._env
    writer._env._env = Failing(real, input_output_error())
    assert writer.append([b"x"]) == 0
    writer._env._env = Failing(real, *(input_output_error() for _ in range(9)))
    with pytest.raises(StoreError, match="broken disk"):
        writer.append([b"y"])
    writer._env._env = real
    assert writer.append([b"z"]) == 1
    writer.close()


def test_an_append_that_failed_but_landed_is_not_appended_again(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log")
    before = writer._counters
    writer.append([b"landed"])
    writer._counters = before  # as if its commit had been reported as failed
    with pytest.raises(StoreError, match="after all"):
        writer.append([b"landed"])
    writer.close()
    writer = LogWriter(tmp_path / "log")
    assert writer.next_position == 1
    writer.close()


def test_a_turn_that_failed_but_landed_is_not_committed_again(tmp_path: Path) -> None:
    state = PartitionState(tmp_path / "state", owner="one")
    before = state._at
    turn = state.begin()
    turn.add_row(b"row")
    state.commit(turn)
    state._at, turn.committed = before, False
    with pytest.raises(StoreError, match="after all"):
        state.commit(turn)
    state.close()
    state = PartitionState(tmp_path / "state", owner="two")
    assert state.rows_next == 1
    state.close()


def _grow(pipe: Connection, path: Path) -> None:
    pipe.recv()
    writer = LogWriter(path)
    writer.append([bytes(1 << 20)] * (2 * FIRST_MAP_BYTES >> 20))
    pipe.send("grown")


def test_a_writer_whose_map_another_one_outgrew_learns_that_it_is_fenced(tmp_path: Path) -> None:
    child = Child(_grow, tmp_path / "log")
    writer = LogWriter(tmp_path / "log")
    child.send("go")
    assert child.receive() == "grown"
    with pytest.raises(Fenced):
        writer.append([b"x"])
    assert writer.mark(b"m") is None
    writer.close()
    child.join()


def _hold_a_snapshot(pipe: Connection, path: Path) -> None:
    pipe.recv()
    reader = LogReader(path)
    with reader._env.read():
        pipe.send("holds")
        pipe.recv()


def test_the_slots_of_killed_readers_are_used_again(tmp_path: Path) -> None:
    children = [Child(_hold_a_snapshot, tmp_path / "log") for _ in range(5)]
    writer = LogWriter(tmp_path / "log")
    for child in children:
        child.send("go")
        assert child.receive() == "holds"
    for child in children[:4]:
        child.kill()
    assert writer._env.clear_dead_readers() == 4
    assert writer._env.clear_dead_readers() == 0
    children[4].kill()
    writer.close()
