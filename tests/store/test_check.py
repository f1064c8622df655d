from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
import pytest

from messages.inbound import Inbound
from messages.row import DeadLetter, Reject, Reply, Row
from messages.session import Snapshot, Tally
from messages.wire import encode
from store import log, view
from store.check import FolderReport, check_folder
from store.entries import Counters
from store.environment import Environment, Transaction
from store.errors import FolderMissing
from store.folder import DataFolder
from store.log import LogWriter
from store.partition import PartitionState
from tests.store.processes import Child


def inbound(conversation: str, number: int) -> Inbound:
    return Inbound(id=f"m{number}", source="export", conversation=conversation, sender=conversation, text="مرحبا")


def row(conversation: str, number: int) -> bytes:
    return encode(
        Row(
            row_id=f"{conversation}-{number}",
            conversation=conversation,
            position=number + 1,
            message_id=f"m{number}",
            source="export",
            direction="in",
            kind="text",
            sender=conversation,
            sender_name="",
            text="مرحبا",
            sequence=None,
            sent_ms=0,
            utc_offset_min=0,
            received_ms=0,
            committed_ms=0,
        )
    )


def fill(folder: DataFolder, *, turns: int = 3, recent: int = 4_000_000) -> None:
    """Twenty messages to each partition a turn, the last of which are not done yet."""
    for partition in range(folder.partitions):
        names = [name for name in map(str, range(200)) if folder.partition_of(name) == partition][:10]
        inbox = LogWriter(folder.inbox(partition))
        state = PartitionState(folder.state(partition), owner="fill", max_recent_bytes=recent)
        for number in range(turns):
            inbox.append([encode(inbound(name, number)) for name in names])
            turn = state.begin()
            for name in names:
                position = state.rows_next + len(turn.rows)
                turn.put_session(name, encode(Snapshot(conversation=name, position=number + 1)))
                turn.claim(f"{name}-{number}".encode().rjust(16), position, 0 if number == 1 else 10**12)
                turn.add_row(row(name, number))
            turn.add_reply(encode(Reply(reply_id="r", conversation=names[0], in_reply_to="m", text="hi")))
            turn.put_letter("l", encode(DeadLetter(letter_id="l", message=inbound(names[0], 0), reason="raised")))
            turn.put_tally("run", encode(Tally(rows=number)))
            turn.put_fact("sink", b"\x01")
            turn.set_cursor(inbox.next_position)
            state.commit(turn)
        inbox.append([encode(inbound(names[0], turns))])
        inbox.trim(5)
        state.trim_rows(7)
        inbox.close()
        state.close()
    rejects = LogWriter(folder.rejects())
    rejects.append([encode(Reject(where="a.txt:1", reason="not a message"))])
    rejects.close()


@pytest.fixture(params=[4_000_000, 0], ids=["recent", "merged"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> DataFolder:
    folder = DataFolder.create(tmp_path / "data", partitions=2)
    fill(folder, recent=request.param)
    return folder


def test_a_sound_folder_has_figures_and_no_problems(folder: DataFolder) -> None:
    report = check_folder(folder.path)
    assert report.problems == []
    assert report.sound
    assert (report.id, report.path, report.rejects.next) == (folder.id, str(folder.path), 1)
    assert [figures.partition for figures in report.partitions] == [0, 1]
    for figures in report.partitions:
        assert (figures.inbox.first, figures.inbox.next, figures.cursor, figures.lag) == (5, 31, 30, 1)
        assert (figures.sessions, figures.claims, figures.letters, figures.tallies, figures.facts) == (10, 30, 1, 1, 1)
        assert (figures.rows.first, figures.rows.next, figures.replies.next) == (7, 30, 3)
        assert (figures.owner, figures.epoch) == ("fill", 2)
        assert min(figures.inbox.held_bytes, figures.inbox.file_bytes, figures.state_file_bytes) > 0
    # inbox, rows, replies, letter, tally, sessions of each partition, and the rejected line
    assert report.decoded == 2 * (26 + 23 + 3 + 1 + 1 + 10) + 1
    assert msgspec.json.decode(msgspec.json.encode(report), type=FolderReport) == report


def test_an_empty_folder_is_sound_and_a_missing_one_an_error(tmp_path: Path) -> None:
    assert check_folder(DataFolder.create(tmp_path / "data", partitions=1).path).sound
    with pytest.raises(FolderMissing):
        check_folder(tmp_path / "none")


def change(path: Path, names: tuple[str, ...], work: Callable[[Environment, Transaction], Any]) -> None:
    env = Environment(path, names, writable=True)
    env.write(lambda txn: work(env, txn))
    env.close()


def drop_entry(env: Environment, txn: Transaction) -> None:
    assert txn.delete((10).to_bytes(8, "big"), db=env.database("entries"))


def spoil_entry(env: Environment, txn: Transaction) -> None:
    txn.put((10).to_bytes(8, "big"), b"\xc1 not a message", db=env.database("entries"))


def misplace_entry(env: Environment, txn: Transaction) -> None:
    stranger = next(name for name in map(str, range(200)) if name_of_partition_1(name))
    txn.put((10).to_bytes(8, "big"), encode(inbound(stranger, 0)), db=env.database("entries"))


def name_of_partition_1(name: str) -> bool:
    import hashlib

    return hashlib.blake2b(name.encode(), digest_size=8).digest()[-1] % 2 == 1


def wrong_counters(env: Environment, txn: Transaction) -> None:
    txn.put(log.COUNTERS, Counters(5, 40, 1).pack(), db=env.database("meta"))


def short_counters(env: Environment, txn: Transaction) -> None:
    txn.put(log.COUNTERS, b"123", db=env.database("meta"))


def cursor_beyond(env: Environment, txn: Transaction) -> None:
    txn.put(view.CURSOR, (99).to_bytes(8, "big"), db=env.database("meta"))


def cursor_behind(env: Environment, txn: Transaction) -> None:
    txn.put(view.CURSOR, (4).to_bytes(8, "big"), db=env.database("meta"))


def spoil_letter(env: Environment, txn: Transaction) -> None:
    txn.put(b"kbad", b"?", db=env.database("letters"))


def spoil_session(env: Environment, txn: Transaction) -> None:
    txn.put(b"kbad", b"?", db=env.database("sessions"))


def strange_key(env: Environment, txn: Transaction) -> None:
    txn.put(b"?bad", b"?", db=env.database("sessions"))


def unindexed_claim(env: Environment, txn: Transaction) -> None:
    txn.put(bytes(16), bytes(15) + b"\x01", db=env.database("dedup"))


def short_claim(env: Environment, txn: Transaction) -> None:
    txn.put(bytes(16), bytes(15), db=env.database("dedup"))


def doubled_row(env: Environment, txn: Transaction) -> None:
    rows = env.database("rows")
    txn.put((9).to_bytes(8, "big"), txn.get((8).to_bytes(8, "big"), db=rows), db=rows)


def torn_recent(env: Environment, txn: Transaction) -> None:
    txn.put(bytes(12), b"\x93", db=env.database("recent"))


@pytest.mark.parametrize(
    ("place", "names", "work", "says"),
    [
        ("inbox", log.DATABASES, drop_entry, "11 where 10 should be"),
        ("inbox", log.DATABASES, spoil_entry, "entries 10 cannot be decoded"),
        ("inbox", log.DATABASES, misplace_entry, "belongs to partition 1"),
        ("inbox", log.DATABASES, wrong_counters, "the counters say 40"),
        ("inbox", log.DATABASES, short_counters, "counters are 3 bytes"),
        ("state", view.DATABASES, cursor_beyond, "99 is outside the inbox's positions 5 to 31"),
        ("state", view.DATABASES, cursor_behind, "4 is outside the inbox's positions 5 to 31"),
        ("state", view.DATABASES, spoil_letter, "'bad' cannot be decoded"),
        ("state", view.DATABASES, spoil_session, "'bad' cannot be decoded"),
        ("state", view.DATABASES, strange_key, "key of an unknown kind"),
        ("state", view.DATABASES, unindexed_claim, "is not in the index by expiry"),
        ("state", view.DATABASES, short_claim, "16 and 15 bytes"),
        ("state", view.DATABASES, doubled_row, "is there twice"),
        ("state", view.DATABASES, torn_recent, "recent turns: record 0"),
    ],
)
def test_each_kind_of_damage_is_found(
    folder: DataFolder, place: str, names: tuple[str, ...], work: Callable[[Environment, Transaction], Any], says: str
) -> None:
    change(folder.path / place / "000", names, work)
    report = check_folder(folder.path)
    assert not report.sound
    assert any(says in problem for problem in report.problems), report.problems
    assert all(f"{place}/000" in problem for problem in report.problems)
    assert report.partitions[-1].partition == 1  # the others are checked all the same


def test_missing_environments_strange_ones_and_bad_keys_are_found(folder: DataFolder) -> None:
    (folder.inbox(0) / "data.mdb").rename(folder.path / "elsewhere")
    (folder.path / "state" / "007").mkdir()
    (folder.path / "frame.key").chmod(0o644)
    problems = "\n".join(check_folder(folder.path).problems)
    assert "inbox/000: no log or state is here" in problems
    assert "state/007: belongs to no partition" in problems
    assert "0600" in problems


def test_many_problems_of_one_kind_are_counted_and_not_all_listed(folder: DataFolder) -> None:
    writer = LogWriter(folder.inbox(1))
    writer.append([b"?"] * 500)
    writer.close()
    report = check_folder(folder.path)
    assert len(report.problems) == 21
    assert report.problems[-1] == "inbox/001: records: 480 more"


def _keep_writing(pipe: Connection, folder: DataFolder) -> None:
    name = next(name for name in map(str, range(200)) if folder.partition_of(name) == 0)
    inbox = LogWriter(folder.inbox(0))
    state = PartitionState(folder.state(0), owner="busy", max_recent_bytes=20_000)
    number = 1000
    while not pipe.poll():
        inbox.append([encode(inbound(name, number + offset)) for offset in range(10)])
        turn = state.begin()
        for offset in range(10):
            turn.put_session(f"{name} {number + offset}", encode(Snapshot(conversation=name)))
            turn.claim(f"{number + offset}".encode().rjust(16), number, number)
            turn.add_row(row(name, number + offset))
        turn.set_cursor(inbox.next_position)
        state.commit(turn)
        inbox.trim(state.cursor() - 50)
        state.trim_rows(state.rows_next - 50)
        state.expire(number - 300)
        number += 10
        pipe.send(number)


def test_it_may_run_while_the_folder_is_written(folder: DataFolder) -> None:
    child = Child(_keep_writing, folder)
    seen = set()
    for _ in range(40):
        assert child.receive() > 1000
        report = check_folder(folder.path)
        assert report.problems == []
        seen.add(report.partitions[0].inbox.next)
    assert len(seen) > 10
    child.send("stop")
    child.drain()
    child.join()
