"""Messages that no honest source sends: none may end the process that hosts everybody's sessions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from actors.session.dispatcher import Dispatcher, DispatchPolicy
from messages.inbound import Inbound
from messages.understanding import Understanding, WorkResult
from tests.session.samples import inbound
from tests.session.test_partition_host import Bench

RECEIVED_MS = 1_700_000_000_000


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.state.close()


def came_in(message: Inbound, **changes: object) -> Inbound:
    return msgspec.structs.replace(message, received_ms=RECEIVED_MS, **changes)


@pytest.mark.parametrize("sequence", [2**64 - 1, 2**63, -(2**63), 2**62])
@pytest.mark.parametrize("fails", [False, True])
def test_a_sequence_number_at_the_edge_of_its_type(bench: Bench, sequence: int, fails: bool) -> None:
    bench.put(inbound(1, sequence=1), inbound(2, sequence=sequence, text="edge"), inbound(3, sequence=2))

    def answer(text: str) -> WorkResult:
        if fails and text == "edge":
            return WorkResult(key=0, error="Traceback")
        return WorkResult(key=0, understanding=Understanding())

    bench.settle(answer)
    bench.die()
    bench.put(inbound(4, sequence=3))
    bench.settle(answer)
    assert bench.host.cursor == 4
    assert {row.message_id for row in bench.rows()} >= {"m1", "m3", "m4"}


def test_one_date_of_the_far_future_does_not_make_all_that_follow_late(bench: Bench) -> None:
    bench.put(
        came_in(inbound(1), sent_ms=RECEIVED_MS - 1_000),
        came_in(inbound(2), sent_ms=253_402_300_799_000),
        came_in(inbound(3), sent_ms=RECEIVED_MS),
    )
    bench.settle()
    bench.die()
    bench.put(came_in(inbound(4), sent_ms=RECEIVED_MS + 1_000), came_in(inbound(5), sent_ms=RECEIVED_MS - 5_000))
    bench.settle()
    assert [row.late for row in bench.rows()] == [False, False, False, False, True]


def test_the_first_message_of_a_conversation_is_not_late_however_old_it_is(bench: Bench) -> None:
    bench.put(came_in(inbound(1), sent_ms=-5))
    bench.settle()
    assert [row.late for row in bench.rows()] == [False]


def test_a_trace_with_lone_surrogates_is_kept_and_the_conversation_goes_on(bench: Bench) -> None:
    bench.put(inbound(1, text="bad"), inbound(2))
    bench.settle(
        lambda text: (
            WorkResult(key=0, error="\ud800 trace")
            if text == "bad"
            else WorkResult(key=0, understanding=Understanding())
        )
    )
    assert [row.message_id for row in bench.rows()] == ["m2"]
    assert bench.host.cursor == 2


@pytest.mark.parametrize("conversation", ["", "x" * 300, "م" * 5_000, "\0", "a\nb", "../../etc"])
def test_any_name_of_a_conversation(bench: Bench, conversation: str) -> None:
    bench.put(*(inbound(number, conversation=conversation) for number in range(3)))
    bench.settle()
    bench.die()
    bench.put(inbound(3, conversation=conversation), inbound(2, conversation=conversation))
    bench.settle()
    assert [(row.conversation, row.position) for row in bench.rows()] == [(conversation, n) for n in range(1, 5)]


def test_huge_extra_facts_and_attachments(bench: Bench) -> None:
    bench.put(msgspec.structs.replace(inbound(1), extra={f"k{n}": "v" * 1_000 for n in range(500)}), inbound(2))
    bench.settle()
    assert len(bench.rows()) == 2


def test_a_batch_is_bounded_by_the_length_of_its_texts() -> None:
    policy = DispatchPolicy(batch=10, weight=100)
    dispatcher: Dispatcher[str] = Dispatcher(policy, lambda: 0, weigh=len)
    dispatcher.set_workers(["w1", "w2", "w3", "w4", "w5"])
    for text in ("a" * 60, "b" * 40, "c" * 1, "d" * 500, "e" * 90, *"fghijklmnop"):
        dispatcher.offer(text)
    found: list[list[int]] = []
    while (flight := dispatcher.take()) is not None:
        found.append([len(text) for text in flight.items.values()])
        dispatcher.answered(flight.number)
    assert found == [[60, 40], [1], [500], [90, *[1] * 9], [1, 1]]
