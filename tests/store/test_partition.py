from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from store.errors import Fenced, FolderMissing, QueueFull, StoreError
from store.partition import TRIM_LIMIT, PartitionReader, PartitionState, Turn
from tests.store.processes import Child

AWKWARD = [
    "",
    " ",
    "k",
    "h",
    "ليلى أحمد",
    "Zoë 🏠",
    "a" * 500,
    "a" * 501,
    "b" * 501,
    "é" * 300,
    "x" * 100_000,
    "\ud800",
    "\0",
]


def digest(number: int) -> bytes:
    return number.to_bytes(16, "big")


def full_turn(state: PartitionState, number: int, size: int = 20) -> Turn:
    """A turn with everything in it; everything says which turn it was."""
    turn, mark = state.begin(), b"%d" % number
    for member in range(number * size, (number + 1) * size):
        turn.put_session(f"session {member % 50}", mark)
        turn.claim(digest(member), member, 1000 + member if member % 2 else 0)
        turn.add_row(b"row %d" % member)
    turn.add_reply(b"reply " + mark)
    turn.put_letter("letter", mark)
    turn.put_tally("run", mark)
    turn.put_fact("fact", mark)
    turn.set_cursor((number + 1) * size)
    return turn


@pytest.fixture(params=[1_000_000, 3_000, 0], ids=["kept", "merged-now-and-then", "merged-at-once"])
def recent(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def test_a_turn_is_there_after_its_commit_and_after_reopening(tmp_path: Path, recent: int) -> None:
    state = PartitionState(tmp_path / "state", owner="one", max_recent_bytes=recent)
    for number in range(5):
        state.commit(full_turn(state, number))
    for _ in range(2):
        assert (state.cursor(), state.rows_first, state.rows_next, state.replies_next) == (100, 0, 100, 5)
        assert state.rows_bytes == sum(len(b"row %d" % at) for at in range(100))
        assert state.session_count() == 50
        assert [state.session(f"session {at}") for at in (0, 9, 10, 49, 50)] == [b"2", b"2", b"3", b"4", None]
        assert state.snapshots(["session 49", "none"]) == [b"4", None]
        assert state.claimed([digest(3), digest(100), digest(4)]) == [(3, 1003), None, (4, 0)]
        assert state.claim_count() == 100
        assert (state.letter("letter"), state.tally("run"), state.fact("fact")) == (b"4",) * 3
        assert (state.letters(), state.tallies(), state.facts()) == (
            [("letter", b"4")],
            [("run", b"4")],
            [("fact", b"4")],
        )
        assert state.rows(98) == [(98, b"row 98"), (99, b"row 99")]
        assert state.replies(4) == [(4, b"reply 4")]
        state.close()
        state = PartitionState(tmp_path / "state", owner="two")
    state.close()


def test_nothing_is_written_before_the_commit(tmp_path: Path) -> None:
    state = PartitionState(tmp_path / "state", owner="one")
    turn = full_turn(state, 0)
    assert not turn.empty
    assert (state.session_count(), state.rows_next, state.cursor()) == (0, 0, 0)
    state.commit(turn)
    with pytest.raises(StoreError, match="already"):
        state.commit(turn)
    assert state.rows_next == 20
    empty = state.begin()
    assert empty.empty
    state.commit(empty)
    state.close()


def test_the_later_word_on_a_session_holds_and_dropping_forgets_it(tmp_path: Path, recent: int) -> None:
    state = PartitionState(tmp_path / "state", owner="one", max_recent_bytes=recent)
    turn = state.begin()
    turn.put_session("a", b"1")
    turn.put_session("a", b"2")
    turn.put_session("b", b"1")
    turn.drop_session("b")
    turn.drop_session("never there")
    turn.put_letter("l", b"1")
    state.commit(turn)
    assert (state.session("a"), state.session("b"), state.session_count()) == (b"2", None, 1)
    turn = state.begin()
    turn.drop_session("a")
    turn.drop_letter("l")
    state.commit(turn)
    assert (state.session("a"), state.session_count(), state.sessions(), state.letter("l")) == (None, 0, [], None)
    turn = state.begin()
    turn.put_session("a", b"")
    state.commit(turn)
    assert (state.session("a"), state.session_count()) == (b"", 1)
    state.close()


def test_names_of_any_length_and_script_are_kept_apart(tmp_path: Path, recent: int) -> None:
    state = PartitionState(tmp_path / "state", owner="one", max_recent_bytes=recent)
    turn = state.begin()
    for number, name in enumerate(AWKWARD):
        turn.put_session(name, b"%d" % number)
        turn.put_letter(name, b"%d" % number)
        turn.put_tally(name, b"%d" % number)
        turn.put_fact(name, b"%d" % number)
    state.commit(turn)
    wanted = {name: b"%d" % number for number, name in enumerate(AWKWARD)}
    assert {name: state.session(name) for name in AWKWARD} == wanted
    assert {name: state.fact(name) for name in AWKWARD} == wanted
    for listed in (state.sessions(), state.letters(), state.tallies(), state.facts()):
        assert len(listed) == len(AWKWARD)
        assert dict(listed) == wanted
    state.close()


def test_sessions_are_listed_in_pages_while_half_of_them_are_recent(tmp_path: Path) -> None:
    state = PartitionState(tmp_path / "state", owner="one", max_recent_bytes=1_000_000)
    names = [f"{number:04d}" for number in range(300)]
    for part, snapshot in ((names[::2], bytes(10_000)), (names[::3], b"new")):  # the first exceeds the bound
        turn = state.begin()
        for name in part:
            turn.put_session(name, snapshot)
        state.commit(turn)
    turn = state.begin()
    for name in names[::10]:
        turn.drop_session(name)
    state.commit(turn)
    wanted = sorted((set(names[::2]) | set(names[::3])) - set(names[::10]))
    pages, after = [], ""
    while page := state.sessions(after=after, limit=7):
        assert len(page) == 7 or page[-1][0] == wanted[-1]
        pages += page
        after = page[-1][0]
    assert [name for name, _ in pages] == wanted
    assert all(snapshot == (b"new" if int(name) % 3 == 0 else bytes(10_000)) for name, snapshot in pages)
    assert state.session_count() == len(wanted)
    state.close()


def test_a_reader_in_another_process_sees_each_turn_whole(tmp_path: Path, recent: int) -> None:
    child = Child(_watch, tmp_path / "state")
    state = PartitionState(tmp_path / "state", owner="shard-1", max_recent_bytes=recent)
    child.send("open")
    assert child.receive() == (0, 0, 0, None, None, 1, "shard-1")
    for number in range(5):
        state.commit(full_turn(state, number))
        child.send("look")
        mark = b"%d" % number
        assert child.receive() == (
            (number + 1) * 20,
            (number + 1) * 20,
            min(20 * (number + 1), 50),
            mark,
            mark,
            1,
            "shard-1",
        )
    child.send("stop")
    child.join()
    state.close()


def _watch(pipe: Connection, path: Path) -> None:
    pipe.recv()
    reader = PartitionReader(path)
    while True:
        session = reader.session(f"session {(reader.cursor() - 1) % 50}")
        pipe.send((
            reader.cursor(), reader.rows_next, reader.session_count(), session, reader.tally("run"),
            reader.epoch(), reader.owner(),
        ))  # fmt: skip
        if pipe.recv() == "stop":
            return


def test_full_rows_refuse_a_turn_whole_and_trimming_makes_room(tmp_path: Path) -> None:
    state = PartitionState(tmp_path / "state", owner="one", max_rows_bytes=1000, max_replies_bytes=100)
    turn = state.begin()
    turn.add_row(bytes(600))
    state.commit(turn)
    waiting = state.begin()
    waiting.add_row(bytes(401))
    waiting.put_session("s", b"1")
    waiting.set_cursor(1)
    with pytest.raises(QueueFull):
        state.commit(waiting)
    assert (state.session("s"), state.cursor(), state.rows_next, state.rows_bytes) == (None, 0, 1, 600)
    without_rows = state.begin()
    without_rows.put_fact("f", b"1")
    state.commit(without_rows)
    assert state.trim_rows(1) == 1
    state.commit(waiting)
    assert (state.session("s"), state.cursor(), state.rows_first, state.rows_next) == (b"1", 1, 1, 2)
    replies = state.begin()
    replies.add_reply(b"1")
    state.commit(replies)
    replies = state.begin()
    replies.add_reply(bytes(100))
    with pytest.raises(QueueFull):
        state.commit(replies)
    assert (state.replies_next, state.replies_bytes) == (1, 1)
    state.close()


def test_a_turn_larger_than_the_bound_goes_through_when_nothing_else_waits(tmp_path: Path) -> None:
    state = PartitionState(tmp_path / "state", owner="one", max_rows_bytes=1000)
    large = state.begin()
    for _ in range(3):
        large.add_row(bytes(700))
    state.commit(large)
    assert state.rows_bytes == 2100
    with pytest.raises(QueueFull):
        state.commit(full_turn(state, 0))
    assert state.trim_rows(2) == 2
    with pytest.raises(QueueFull):
        state.commit(full_turn(state, 20, size=200))
    assert state.trim_rows(3) == 1
    state.commit(full_turn(state, 20, size=200))
    state.close()


def test_trimming_is_bounded_work_and_the_file_does_not_grow_in_a_steady_state(tmp_path: Path) -> None:
    state = PartitionState(tmp_path / "state", owner="one", max_recent_bytes=60_000)
    turn = state.begin()
    for _ in range(TRIM_LIMIT + 3):
        turn.add_row(b"r")
        turn.add_reply(b"r")
    state.commit(turn)
    assert (state.trim_rows(10**9), state.trim_rows(10**9), state.trim_rows(10**9)) == (TRIM_LIMIT, 3, 0)
    assert (state.trim_replies(10**9), state.trim_replies(10**9), state.trim_replies(0)) == (TRIM_LIMIT, 3, 0)
    sizes = []
    for number in range(100):
        turn = state.begin()
        for member in range(300):
            at = number * 300 + member
            turn.put_session(f"{at * 7919 % 2000}", bytes(300))
            turn.claim(digest(at * 7919 % 1_000_003), at, number + 10)
            turn.add_row(bytes(300))
        state.commit(turn)
        if number % 3 == 0:
            state.trim_rows(state.rows_next - 500)
            state.expire(number)
        sizes.append(state.file_bytes)
    assert sizes[-1] == sizes[50]
    assert state.claim_count() <= 300 * 14
    state.close()


def test_the_cursor_does_not_go_back(tmp_path: Path) -> None:
    state = PartitionState(tmp_path / "state", owner="one")
    state.commit(full_turn(state, 1))
    back = state.begin()
    back.set_cursor(39)
    back.add_row(b"x")
    with pytest.raises(StoreError, match="back"):
        state.commit(back)
    assert (state.cursor(), state.rows_next) == (40, 20)
    state.close()


def test_dedup_keys_expire_by_time_and_those_that_never_do_stay(tmp_path: Path, recent: int) -> None:
    state = PartitionState(tmp_path / "state", owner="one", max_recent_bytes=recent)
    turn = state.begin()
    for number in range(100):
        turn.claim(digest(number), number, 0 if number < 10 else number)
    state.commit(turn)
    assert state.expire(9) == 0
    assert state.expire(49, limit=15) == 15
    assert state.expire(49) == 25
    assert state.expire(49) == 0
    known = state.claimed([digest(number) for number in range(100)])
    assert known[:10] == [(number, 0) for number in range(10)]
    assert known[10:50] == [None] * 40
    assert known[50:] == [(number, number) for number in range(50, 100)]
    assert state.claim_count() == 60
    state.close()


def test_a_key_claimed_again_lives_by_its_newer_expiry(tmp_path: Path, recent: int) -> None:
    state = PartitionState(tmp_path / "state", owner="one", max_recent_bytes=recent)
    for position, expires in ((1, 50), (2, 80)):
        turn = state.begin()
        turn.claim(digest(7), position, expires)
        state.commit(turn)
        state.commit(full_turn(state, position))
    state.expire(60)
    assert state.claimed([digest(7)]) == [(2, 80)]
    state.expire(80)
    assert state.claimed([digest(7)]) == [None]
    with pytest.raises(ValueError, match="16 bytes"):
        state.begin().claim(b"short", 1, 0)
    state.close()


def _own(pipe: Connection, path: Path) -> None:
    state = PartitionState(path, owner="old shard")
    state.commit(full_turn(state, 0))
    pipe.send(state.epoch)
    pipe.recv()
    attempts: list[Callable[[], object]] = [
        lambda: state.commit(full_turn(state, 1)),
        lambda: state.trim_rows(5),
        lambda: state.trim_replies(1),
        lambda: state.expire(10**9),
    ]
    for attempt in attempts:
        try:
            attempt()
        except Fenced as error:
            pipe.send(str(error))
        else:
            pipe.send("was not fenced")


def test_a_newer_owner_fences_the_older_one_in_another_process(tmp_path: Path) -> None:
    child = Child(_own, tmp_path / "state")
    assert child.receive() == 1
    state = PartitionState(tmp_path / "state", owner="new shard", max_recent_bytes=0)
    assert state.epoch == 2
    state.commit(full_turn(state, 1))
    child.send("go on")
    for _ in range(4):
        said = child.receive()
        assert "old shard (epoch 1)" in said
        assert "replaced by new shard (epoch 2)" in said
    child.join()
    assert (state.cursor(), state.rows_first, state.rows_next, state.replies_first, state.replies_next) == (
        40,
        0,
        40,
        0,
        2,
    )
    assert state.claim_count() == 40
    state.close()


def _commit_for_ever(pipe: Connection, path: Path, recent: int) -> None:
    state = PartitionState(path, owner="shard", max_recent_bytes=recent)
    number = state.cursor() // 20
    while True:
        state.commit(full_turn(state, number))
        state.trim_rows(state.rows_next - 200)
        pipe.send(number)
        number += 1


def test_kill_9_leaves_whole_turns_and_every_acknowledged_one(disk_path: Path, recent: int) -> None:
    acknowledged = -1
    for round_ in range(4):
        child = Child(_commit_for_ever, disk_path / "state", recent)
        for _ in range(2 + 13 * round_):
            acknowledged = child.receive()
        child.kill()
        acknowledged = max([acknowledged, *child.drain()])
        state = PartitionState(disk_path / "state", owner="check")
        end = state.cursor()
        last = end // 20 - 1
        assert end % 20 == 0
        assert last >= acknowledged
        assert (state.rows_next, state.replies_next, state.claim_count()) == (end, last + 1, end)
        assert state.rows(0) == [(at, b"row %d" % at) for at in range(state.rows_first, end)]
        assert state.replies(0) == [(at, b"reply %d" % at) for at in range(last + 1)]
        mark = b"%d" % last
        assert (state.letter("letter"), state.tally("run"), state.fact("fact")) == (mark, mark, mark)
        assert state.session(f"session {(end - 1) % 50}") == mark
        claims = state.claimed([digest(at) for at in range(end)])
        assert claims == [(at, 1000 + at if at % 2 else 0) for at in range(end)]
        state.close()


def test_a_missing_state_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(FolderMissing):
        PartitionReader(tmp_path / "none")
