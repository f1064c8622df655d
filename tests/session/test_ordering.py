"""Order within a conversation: by sequence number with a bounded wait, else by arrival or reorder window."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.session.ordering import Ordering, OrderingPolicy, Released, arrive, due
from tests.session.samples import arrival, inbound

POLICY = OrderingPolicy(hold_back_ms=5_000)


def feed(sequences: list[int], gaps_between_ms: list[int]) -> tuple[Ordering, list[Released]]:
    ordering, now = Ordering(), 0
    released: list[Released] = []
    for index, sequence in enumerate(sequences):
        now += gaps_between_ms[index % len(gaps_between_ms)] if gaps_between_ms else 0
        ordering, more = due(ordering, now)
        released += more
        ordering, more = arrive(ordering, arrival(index, inbound(index, sequence=sequence)), now, POLICY)
        released += more
    ordering, more = due(ordering, now + 5_000)
    return ordering, [*released, *more]


def test_numbered_messages_come_out_by_number_and_a_gap_is_waited_for() -> None:
    ordering, first = arrive(Ordering(next_sequence=5), arrival(0, inbound(0, sequence=6)), 0, POLICY)
    assert first == ()
    assert ordering.due_ms == 5_000
    ordering, both = arrive(ordering, arrival(1, inbound(1, sequence=5)), 100, POLICY)
    assert [item.arrival.message.sequence for item in both] == [5, 6]
    assert not any(item.late or item.gap for item in both)
    assert ordering.due_ms is None


def test_a_gap_is_given_up_after_the_hold_back_and_reported() -> None:
    ordering, _ = arrive(Ordering(next_sequence=5), arrival(0, inbound(0, sequence=8)), 0, POLICY)
    assert due(ordering, 4_999)[1] == ()
    ordering, released = due(ordering, 5_000)
    assert [(item.arrival.message.sequence, item.gap) for item in released] == [(8, 3)]
    _, late = arrive(ordering, arrival(1, inbound(1, sequence=6)), 6_000, POLICY)
    assert [(item.arrival.message.sequence, item.late) for item in late] == [(6, True)]


def test_the_first_number_of_a_conversation_may_be_out_of_order() -> None:
    ordering, none = arrive(Ordering(), arrival(0, inbound(0, sequence=42)), 0, POLICY)
    assert none == ()
    ordering, more = arrive(ordering, arrival(1, inbound(1, sequence=41)), 10, POLICY)
    assert more == ()
    _, released = due(ordering, 5_000)
    assert [item.arrival.message.sequence for item in released] == [41, 42]
    assert [item.gap for item in released] == [0, 0]


def test_unnumbered_messages_keep_the_order_of_arrival_and_late_ones_say_so() -> None:
    ordering, first = arrive(Ordering(), arrival(0, inbound(0, sent_ms=2_000)), 0, POLICY)
    ordering, second = arrive(ordering, arrival(1, inbound(1, sent_ms=1_000)), 0, POLICY)
    ordering, third = arrive(ordering, arrival(2, inbound(2, sent_ms=2_000)), 0, POLICY)
    assert [item.late for item in (*first, *second, *third)] == [False, True, False]


def test_the_reorder_window_sorts_by_time_sent_then_id() -> None:
    policy = OrderingPolicy(reorder_ms=300)
    ordering = Ordering()
    released: list[Released] = []
    for now, number, sent in ((0, 1, 3_000), (100, 2, 1_000), (200, 3, 2_000)):
        ordering, more = arrive(ordering, arrival(number, inbound(number, sent_ms=sent)), now, policy)
        released += more
    ordering, more = due(ordering, 300)
    assert [item.arrival.message.sent_ms for item in (*released, *more)] == [1_000, 2_000, 3_000]
    assert ordering.waiting == 0


def test_more_held_messages_than_the_limit_give_the_gap_up_at_once() -> None:
    policy = OrderingPolicy(limit=3)
    ordering = Ordering(next_sequence=1)
    released: list[Released] = []
    for number in range(4):
        ordering, more = arrive(ordering, arrival(number, inbound(number, sequence=number + 5)), 0, policy)
        released += more
    assert [item.arrival.message.sequence for item in released] == [5, 6, 7, 8]
    assert released[0].gap == 4


@given(st.permutations(range(1, 13)), st.lists(st.integers(0, 3_000), max_size=5))
def test_every_message_comes_out_once_and_those_not_late_in_order(numbers: list[int], pauses: list[int]) -> None:
    ordering, released = feed(numbers, pauses)
    assert sorted(item.arrival.message.sequence or 0 for item in released) == sorted(numbers)
    assert ordering.waiting == 0
    on_time = [item.arrival.message.sequence or 0 for item in released if not item.late]
    assert on_time == sorted(on_time)
    missing = sum(item.gap for item in released)
    late = sum(1 for item in released if item.late)
    # What was missing from between came late; what came before the first number was never known to be missing.
    assert missing <= late


@given(st.permutations(range(1, 9)))
def test_without_pauses_any_order_of_arrival_comes_out_sorted(numbers: list[int]) -> None:
    _, released = feed(numbers, [])
    expected = sorted(numbers)
    assert [item.arrival.message.sequence for item in released if not item.late] == expected


@given(st.lists(st.integers(1, 6), max_size=20), st.lists(st.integers(0, 6_000), max_size=5))
def test_repeated_numbers_under_other_ids_are_never_lost(numbers: list[int], pauses: list[int]) -> None:
    _, released = feed(numbers, pauses)
    assert sorted(item.arrival.position for item in released) == list(range(len(numbers)))
