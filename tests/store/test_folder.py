from __future__ import annotations

import json
import os
import select
import stat
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from store.errors import FolderDamaged, FolderLocked, FolderMissing, FormatUnknown
from store.folder import DataFolder
from store.log import LogReader
from store.partition import PartitionReader
from tests.store.processes import Child


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_has_its_format_key_and_environments_and_opens_again(tmp_path: Path) -> None:
    made = DataFolder.create(tmp_path / "deep" / "data", partitions=3)
    opened = DataFolder.open(tmp_path / "deep" / "data")
    again = DataFolder.open_or_create(tmp_path / "deep" / "data", partitions=9)
    assert (made.id, made.partitions, made.created) == (opened.id, 3, opened.created)
    assert (again.id, again.partitions) == (made.id, 3)
    assert made.frame_key() == opened.frame_key()
    assert len(made.frame_key()) == 32
    assert (mode(made.path), mode(made.path / "frame.key"), mode(made.path / "format.json")) == (0o700, 0o600, 0o600)
    for partition in range(3):
        reader = LogReader(made.inbox(partition))
        state = PartitionReader(made.state(partition))
        assert (reader.next_position, state.rows_next, state.session_count()) == (0, 0, 0)
        assert mode(made.inbox(partition) / "data.mdb") == 0o600
        reader.close()
        state.close()
    for partition in (-1, 3):
        with pytest.raises(ValueError, match="partition"):
            made.inbox(partition)


def test_two_folders_have_different_keys_and_ids(tmp_path: Path) -> None:
    one, two = (DataFolder.create(tmp_path / name, partitions=1) for name in "ab")
    assert one.frame_key() != two.frame_key()
    assert one.id != two.id


def test_creating_over_something_else_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    (tmp_path / "file").write_text("text")
    for place in ("photos", "file"):
        with pytest.raises(FolderDamaged):
            DataFolder.open_or_create(tmp_path / place)
    assert [entry.name for entry in (tmp_path / "photos").iterdir()] == ["cat.jpg"]
    DataFolder.create(tmp_path / "data", partitions=1)
    with pytest.raises(FolderDamaged, match="already"):
        DataFolder.create(tmp_path / "data", partitions=1)
    for partitions in (0, 257):
        with pytest.raises(ValueError, match="partitions"):
            DataFolder.create(tmp_path / "many", partitions=partitions)


def test_an_interrupted_creation_is_no_folder_and_is_completed(tmp_path: Path) -> None:
    made = DataFolder.create(tmp_path / "data", partitions=2)
    key = made.frame_key()
    (tmp_path / "data" / "format.json").unlink()
    with pytest.raises(FolderMissing):
        DataFolder.open(tmp_path / "data")
    assert DataFolder.open_or_create(tmp_path / "data", partitions=2).frame_key() == key


@pytest.mark.parametrize(
    ("contents", "error"),
    [
        (b'{"format": 2, "partitions": 8}', FormatUnknown),
        (b'{"partitions": 8}', FormatUnknown),
        (b'{"format": 1, "partitions": "8", "created": "", "id": ""}', FolderDamaged),
        (b'{"format": 1, "partitions": 0, "created": "", "id": ""}', FolderDamaged),
        (b"[1]", FolderDamaged),
        (b"\xff\xfe", FolderDamaged),
        (b"", FolderDamaged),
    ],
)
def test_an_unknown_or_damaged_format_is_one_clear_error(
    tmp_path: Path, contents: bytes, error: type[Exception]
) -> None:
    DataFolder.create(tmp_path / "data", partitions=1)
    (tmp_path / "data" / "format.json").write_bytes(contents)
    for open_ in (DataFolder.open, DataFolder.open_or_create):
        with pytest.raises(error):
            open_(tmp_path / "data")
    with pytest.raises(FolderMissing):
        DataFolder.open(tmp_path / "none")


def test_a_key_that_others_can_read_or_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data", partitions=1)
    key = folder.path / "frame.key"
    key.chmod(0o640)
    with pytest.raises(FolderDamaged, match="0600"):
        folder.frame_key()
    key.chmod(0o600)
    key.write_bytes(b"short")
    with pytest.raises(FolderDamaged, match="32"):
        folder.frame_key()
    key.unlink()
    with pytest.raises(FolderDamaged, match="missing"):
        folder.frame_key()


def test_partitions_of_conversations_are_stable_and_even(tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data", partitions=8)
    # These values must never change: stored conversations lie where they say.
    known = {"": 4, "971500000001": 0, "ليلى": 7, "\ud800": 0}
    assert {name: folder.partition_of(name) for name in known} == known
    counts = [0] * 8
    for number in range(8000):
        counts[folder.partition_of(f"97150{number:07d}")] += 1
    assert min(counts) > 850
    assert max(counts) < 1150


def test_the_runtime_file_is_private_replaced_whole_and_cleared(tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data", partitions=1)
    assert folder.read_runtime() is None
    folder.clear_runtime()
    folder.write_runtime({"port": 1, "pids": [1, 2]})
    folder.write_runtime({"port": 2})
    assert folder.read_runtime() == {"port": 2}
    assert mode(folder.runtime) == 0o600
    assert not list(folder.path.glob(".new-*"))
    folder.runtime.write_text("[]")
    with pytest.raises(FolderDamaged):
        folder.read_runtime()
    folder.clear_runtime()
    assert folder.read_runtime() is None


def _hold(pipe: Connection, path: Path) -> None:
    with DataFolder.open(path).lock("first system"):
        pid = os.fork()  # an actor
        if pid == 0:
            pipe.recv()
            os._exit(0)
        pipe.send(pid)
        pipe.recv()


def test_a_second_system_is_refused_while_any_process_of_the_first_lives(tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data", partitions=1)
    child = Child(_hold, folder.path)
    actor = child.receive()
    with pytest.raises(FolderLocked, match=rf"process {child.pid} \(first system\) since 20"):
        folder.lock("second")
    child.kill()
    with pytest.raises(FolderLocked, match=rf"has gone, but of its system {actor} still run"):
        folder.lock("second")
    watch = os.pidfd_open(actor)
    os.kill(actor, 9)
    assert select.select([watch], [], [], 60)[0]
    os.close(watch)
    lock = folder.lock("second")
    with pytest.raises(FolderLocked, match=rf"process {os.getpid()} \(second\)"):
        folder.lock("third")
    lock.release()
    assert lock.held is False
    lock.release()
    folder.lock("third").release()


def test_releasing_in_the_parent_does_not_free_the_lock_for_its_actors(tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data", partitions=1)
    lock = folder.lock("system")
    actor = Child(_wait)
    lock.release()
    with pytest.raises(FolderLocked, match=f"{actor.pid} still run|process {os.getpid()}"):
        folder.lock("second")
    actor.send("end")
    actor.join()
    folder.lock("second").release()


def _wait(pipe: Connection) -> None:
    pipe.recv()


def test_a_program_that_the_system_starts_does_not_keep_the_lock(tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data", partitions=1)
    with folder.lock("system"):
        viewer = subprocess.Popen(
            [sys.executable, "-c", "print('up', flush=True); input()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            close_fds=False,
        )
        assert viewer.stdout is not None
        assert viewer.stdout.readline() == b"up\n"
    folder.lock("second").release()
    viewer.communicate(b"\n")


def test_a_damaged_lock_file_still_gives_a_clear_error(tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data", partitions=1)
    with folder.lock("system") as lock:
        assert json.loads(lock.path.read_bytes())["pid"] == os.getpid()
        lock.path.write_bytes(b"\xff{")
        with pytest.raises(FolderLocked, match="in use by another process"):
            folder.lock("second")


def test_what_another_process_told_by_now_is_not_removed(tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data")
    folder.write_runtime({"pid": os.getpid() + 1})
    folder.clear_runtime()
    assert folder.read_runtime() == {"pid": os.getpid() + 1}
    folder.write_runtime({"pid": os.getpid()})
    folder.clear_runtime()
    assert folder.read_runtime() is None
