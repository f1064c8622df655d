"""Sessions of a partition on a real store: exactly one row a message, in order, whenever the host dies."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.session.digest import digest_of
from actors.session.host_policy import HostPolicy
from actors.session.operated_host import OperatedHost
from actors.session.ordering import OrderingPolicy
from actors.session.session import SessionPolicy
from actors.session.transitions import Phase
from messages.inbound import Inbound
from messages.row import DEAD_LETTER, ROW, Row
from messages.session import TALLY, Tally
from messages.understanding import Understanding, WorkResult
from messages.wire import encode
from store.errors import Fenced
from store.partition import PartitionState
from tests.session.samples import inbound

Answer = Callable[[str], WorkResult]


def understood(_text: str) -> WorkResult:
    return WorkResult(key=0, understanding=Understanding(tier="essential"))


class ListInbox:
    """An inbox in memory: an environment cannot be open twice in one process, and its log has tests of its own."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []

    def read(self, start: int, *, limit: int = 1000, max_bytes: int = 4_000_000) -> list[tuple[int, bytes]]:
        return list(enumerate(self.entries[start : start + limit], start=start))


class Bench:
    """A partition with a clock of its own, that can die and come back."""

    def __init__(self, folder: Path, policy: HostPolicy | None = None) -> None:
        self.folder = folder
        self.policy = policy or HostPolicy(session=SessionPolicy(backoff_ms=10))
        self.now = 1_000_000
        self.inbox = ListInbox()
        self.state = PartitionState(folder / "state", owner="test")
        self.host = self.born()

    def born(self) -> OperatedHost:
        return OperatedHost(0, self.inbox, self.state, self.policy, lambda: self.now)

    def die(self) -> None:
        self.state.close()
        self.state = PartitionState(self.folder / "state", owner="test")
        self.host = self.born()

    def put(self, *messages: Inbound) -> None:
        self.inbox.entries += [encode(message) for message in messages]

    def turn(self, answer: Answer = understood, chance: random.Random | None = None) -> None:
        self.host.take_in()
        asks = list(self.host.asks)
        self.host.asks.clear()
        if chance:
            chance.shuffle(asks)
        for cell, token in asks:
            self.host.begin(cell)
            assert cell.state.current is not None
            self.host.answer(cell, token, answer(cell.state.current.arrival.message.text))

    def settle(self, answer: Answer = understood) -> None:
        for _ in range(200):
            self.turn(answer)
            self.host.tick()
            self.host.commit()
            self.now += 1_000
            if not self.host.asks and not self.host.open_count and self.host.take_in() == 0:
                return
        raise AssertionError("the host does not come to rest")

    def rows(self) -> list[Row]:
        return [ROW.decode(raw) for _, raw in self.state.rows(0, limit=100_000)]

    def tally(self, run: str = "run") -> Tally:
        raw = self.state.tally(run)
        return Tally() if raw is None else TALLY.decode(raw)

    def close(self) -> None:
        self.state.close()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_each_message_becomes_one_row_with_its_number(bench: Bench) -> None:
    bench.put(*(inbound(n, conversation=f"c{n % 3}") for n in range(30)))
    bench.settle()
    rows = bench.rows()
    assert len({row.row_id for row in rows}) == 30
    for key in ("c0", "c1", "c2"):
        own = [row for row in rows if row.conversation == key]
        assert [row.position for row in own] == list(range(1, 11))
        assert [row.sent_ms for row in own] == sorted(row.sent_ms for row in own)
    assert bench.host.cursor == 30
    assert bench.tally() == Tally(rows=30, last_ms=bench.tally().last_ms)


def test_a_redelivered_message_is_counted_and_adds_no_row(bench: Bench) -> None:
    bench.put(inbound(1), inbound(1), inbound(2))
    bench.settle()
    bench.put(inbound(2))
    bench.settle()
    assert [row.message_id for row in bench.rows()] == ["m1", "m2"]
    assert (bench.tally().rows, bench.tally().duplicates) == (2, 2)


def test_a_live_message_is_forgotten_after_its_time_and_an_imported_one_never(bench: Bench) -> None:
    bench.put(inbound(1), msgspec.structs.replace(inbound(2), imported=True))
    bench.settle()
    bench.now += bench.policy.dedup_ms + 1
    bench.state.expire(bench.now)
    bench.put(inbound(1), msgspec.structs.replace(inbound(2), imported=True))
    bench.settle()
    assert [row.message_id for row in bench.rows()] == ["m1", "m2", "m1"]


def test_a_session_has_one_message_in_work_while_others_go_on(bench: Bench) -> None:
    bench.put(inbound(1, conversation="a"), inbound(2, conversation="a"), inbound(3, conversation="b"))
    bench.host.take_in()
    assert sorted(cell.key for cell, _ in bench.host.asks) == ["a", "b"]


def test_a_message_that_always_raises_is_set_aside_and_its_conversation_goes_on(bench: Bench) -> None:
    def picky(text: str) -> WorkResult:
        return WorkResult(key=0, error="Traceback: boom") if "poison" in text else understood(text)

    bench.put(inbound(1), inbound(2, text="poison"), inbound(3))
    bench.settle(picky)
    assert [row.message_id for row in bench.rows()] == ["m1", "m3"]
    ((_, raw),) = bench.state.letters()
    letter = DEAD_LETTER.decode(raw)
    assert (letter.message.id, letter.reason, letter.attempts) == ("m2", "raised", 4)
    assert "boom" in letter.traceback
    assert bench.tally().set_aside == 1
    assert bench.host.cursor == 3


def test_an_understanding_that_cannot_be_written_is_a_failed_try_and_not_the_end_of_the_shard(bench: Bench) -> None:
    bench.put(inbound(1), inbound(2, conversation="other"))

    def broken(text: str) -> WorkResult:
        lang = "\ud800" if text == "message 1" else "en"
        return WorkResult(key=0, understanding=Understanding(lang=lang))

    bench.settle(broken)
    assert [row.message_id for row in bench.rows()] == ["m2"]
    assert bench.tally().set_aside == 1


def test_a_dead_letter_can_be_replayed_into_exactly_one_row(bench: Bench) -> None:
    bench.put(inbound(1))
    bench.settle(lambda _: WorkResult(key=0, error="boom"))
    ((letter, _),) = bench.state.letters()
    assert bench.host.replay(letter)
    assert not bench.host.replay(letter)
    bench.settle()
    assert [row.message_id for row in bench.rows()] == ["m1"]
    assert bench.state.letters() == []
    assert not bench.host.replay(letter)
    bench.put(inbound(1))
    bench.settle()
    assert len(bench.rows()) == 1


def test_a_lock_that_is_held_too_long_is_released_and_its_message_set_aside(bench: Bench) -> None:
    bench.put(inbound(1), inbound(2))
    bench.host.take_in()
    bench.now += 120_000
    bench.host.tick()
    assert bench.host.counters["overdue"] == 0, "the wait for a worker is not the session's fault"
    for cell, _ in bench.host.asks:
        bench.host.begin(cell)
    bench.host.asks.clear()
    bench.now += 30_000
    bench.host.tick()
    assert bench.host.counters["overdue"] == 1
    bench.now += 15_000
    bench.host.tick()
    bench.settle()
    assert [row.message_id for row in bench.rows()] == ["m2"]
    ((_, raw),) = bench.state.letters()
    assert DEAD_LETTER.decode(raw).reason == "lease_expired"


def test_an_operator_unlocks(bench: Bench) -> None:
    bench.put(inbound(1))
    bench.host.take_in()
    assert not bench.host.unlock("nobody", "sara")
    assert bench.host.unlock("c", "sara")
    assert bench.host.in_work() == []


def test_sessions_above_the_limit_are_passivated_and_come_back_from_their_snapshots(tmp_path: Path) -> None:
    bench = Bench(tmp_path, HostPolicy(resident_limit=10))
    bench.put(*(inbound(n, conversation=f"c{n}") for n in range(50)))
    bench.settle()
    assert bench.host.resident_count <= 10
    assert bench.state.session_count() == 50
    bench.put(inbound(100, conversation="c0"))
    bench.settle()
    assert bench.rows()[-1].position == 2


def test_an_idle_session_is_passivated(bench: Bench) -> None:
    bench.put(inbound(1))
    bench.settle()
    bench.now += bench.policy.idle_ms
    bench.host.tick()
    assert bench.host.resident_count == 0


def test_a_damaged_snapshot_sets_its_messages_aside_and_leaves_the_others_alone(bench: Bench) -> None:
    turn = bench.state.begin()
    turn.put_session("bad", b"\xc1not a snapshot")
    bench.state.commit(turn)
    bench.put(inbound(1, conversation="bad"), inbound(2, conversation="good"))
    bench.settle()
    assert [row.message_id for row in bench.rows()] == ["m2"]
    ((_, raw),) = bench.state.letters()
    assert DEAD_LETTER.decode(raw).reason == "snapshot_unreadable"


def test_an_unreadable_inbox_entry_is_kept_aside(bench: Bench) -> None:
    bench.inbox.entries += [b"\xff\xff", encode(inbound(1))]
    bench.settle()
    assert len(bench.rows()) == 1
    assert bench.host.counters["unreadable"] == 1
    assert bench.host.cursor == 2


def test_a_host_whose_partition_was_taken_over_writes_nothing_more(bench: Bench, tmp_path: Path) -> None:
    bench.put(inbound(1))
    bench.turn()
    # The epoch is raised from another process, as in real life: an environment is open once in each.
    code = "import sys, pathlib, store.partition as p; p.PartitionState(pathlib.Path(sys.argv[1]), owner='new')"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "state")], check=True)
    with pytest.raises(Fenced):
        bench.host.commit()
    assert bench.rows() == []


def test_thousands_of_the_apps_own_lines_in_a_row_are_recorded_in_order(bench: Bench) -> None:
    lines = [msgspec.structs.replace(inbound(number), kind="system") for number in range(3_000)]
    bench.put(inbound(9_000, sent_ms=0), *lines, inbound(9_001, sent_ms=9_999_999))
    bench.settle()
    assert len(bench.rows()) == 3_002
    assert [row.position for row in bench.rows()] == list(range(1, 3_003))
    assert bench.host.in_work() == []


def test_the_window_bounds_what_is_in_memory(tmp_path: Path) -> None:
    bench = Bench(tmp_path, HostPolicy(window=16))
    bench.put(*(inbound(n) for n in range(100)))
    bench.host.take_in()
    bench.host.take_in()
    assert bench.host.open_count == 16
    bench.settle()
    assert len(bench.rows()) == 100


def test_gaps_and_late_messages_are_on_the_row(tmp_path: Path) -> None:
    bench = Bench(tmp_path, HostPolicy(ordering=OrderingPolicy(hold_back_ms=5_000)))
    bench.put(inbound(1, sequence=1), inbound(4, sequence=4))
    bench.settle()
    bench.put(inbound(2, sequence=2))
    bench.settle()
    assert [(row.sequence, row.gap, row.late) for row in bench.rows()] == [
        (1, 0, False),
        (4, 2, False),
        (2, 0, True),
    ]
    assert bench.tally().late == 1


def sometimes_failing(chance: random.Random, share: float) -> Answer:
    def answer(text: str) -> WorkResult:
        return WorkResult(key=0, error="x") if chance.random() < share / 3 else understood(text)

    return answer


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    ids=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), min_size=1, max_size=40),
    steps=st.lists(st.sampled_from(["put", "turn", "tick", "commit", "die", "fail"]), max_size=40),
)
def test_whenever_it_dies_each_message_becomes_one_row_in_order(
    tmp_path_factory: pytest.TempPathFactory, seed: int, ids: list[tuple[int, int]], steps: list[str]
) -> None:
    bench = Bench(tmp_path_factory.mktemp("partition"))
    chance = random.Random(seed)
    todo = [inbound(number, conversation=f"c{conversation}") for number, conversation in ids]
    for step in steps:
        if step == "put" and todo:
            bench.put(todo.pop(0))
        elif step in {"turn", "fail"}:
            flaky = chance.random() if step == "fail" else 0.0
            bench.turn(sometimes_failing(chance, flaky), chance)
        elif step == "tick":
            bench.now += 50
            bench.host.tick()
        elif step == "commit":
            bench.host.commit()
        elif step == "die":
            bench.die()
    bench.put(*todo)
    bench.settle()
    rows, tally = bench.rows(), bench.tally()
    unique = list(dict.fromkeys((f"c{conversation}", f"m{number}") for number, conversation in ids))
    aside = {DEAD_LETTER.decode(raw).letter_id for _, raw in bench.state.letters()}
    recorded = [(row.conversation, row.message_id) for row in rows]
    assert len(recorded) == len(set(recorded))
    expected = [pair for pair in unique if digest_of(*pair).hex() not in aside]
    for key in {conversation for conversation, _ in unique}:
        own = [pair for pair in recorded if pair[0] == key]
        assert own == [pair for pair in expected if pair[0] == key]
        assert [row.position for row in rows if row.conversation == key] == list(range(1, len(own) + 1))
    assert (tally.rows, tally.set_aside, tally.duplicates) == (len(rows), len(aside), len(ids) - len(unique))
    assert bench.host.cursor == len(ids)
    assert all(cell.state.phase is Phase.IDLE for cell in bench.host.residents())
    bench.close()
