"""Credits, micro-batches, deadlines, and the second chance."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.session.dispatcher import Dispatcher, DispatchPolicy


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


def dispatcher(batch: int = 4, credits: int = 2) -> tuple[Dispatcher[str], Clock]:  # noqa: A002
    clock = Clock()
    return Dispatcher(DispatchPolicy(batch=batch, credits=credits, deadline_ms=100), clock), clock


def test_a_batch_grows_while_the_credits_are_used() -> None:
    pool, _ = dispatcher(credits=1)
    pool.set_workers(["w"])
    pool.offer("a")
    first = pool.take()
    assert first is not None
    assert list(first.items.values()) == ["a"]
    for item in "bcdef":
        pool.offer(item)
    assert pool.take() is None
    pool.answered(first.number)
    second = pool.take()
    assert second is not None
    assert list(second.items.values()) == ["b", "c", "d", "e"]


def test_work_goes_to_the_least_busy() -> None:
    pool, _ = dispatcher(batch=1)
    pool.set_workers(["w0", "w1"])
    for item in "abcde":
        pool.offer(item)
    flights = [pool.take() for _ in range(5)]
    workers = [flight.worker for flight in flights if flight]
    assert sorted(workers) == ["w0", "w0", "w1", "w1"]
    assert workers[0] != workers[1]


def test_the_batch_a_worker_died_on_is_given_to_others_one_by_one_and_then_blamed() -> None:
    pool, _ = dispatcher()
    pool.set_workers(["w0"])
    for item in "abc":
        pool.offer(item)
    assert pool.take() is not None
    assert pool.set_workers(["w1"]).items == []
    alone = [pool.take(), pool.take()]
    assert [list(flight.items.values()) for flight in alone if flight] == [["a"], ["b"]]
    assert pool.take() is None
    assert pool.set_workers(["w2"]).items == ["a"]
    assert pool.queued == 2


def test_a_batch_that_only_waited_at_a_dead_worker_is_not_blamed_for_it() -> None:
    pool = Dispatcher[str](DispatchPolicy(batch=4, credits=2), Clock(), blame=lambda _: 0)
    pool.set_workers(["w0"])
    pool.offer("a")
    assert pool.take() is not None
    assert pool.set_workers(["w1"]).items == []
    again = pool.take()
    assert again is not None
    assert list(again.items.values()) == ["a"]


def test_an_item_that_failed_before_shares_its_batch_with_none() -> None:
    pool, _ = dispatcher()
    pool.set_workers(["w0"])
    pool.offer_alone("bad")
    pool.offer("a")
    first, second = pool.take(), pool.take()
    assert [list(flight.items.values()) for flight in (first, second) if flight] == [["bad"], ["a"]]


def test_a_worker_past_its_deadline_is_named_and_its_late_answer_ignored() -> None:
    pool, clock = dispatcher()
    pool.set_workers(["w0", "w1"])
    pool.offer("a")
    pool.offer("b")
    flight = pool.take()
    assert flight is not None
    clock.now = 99
    assert pool.overdue() == []
    clock.now = 100
    assert pool.overdue() == [flight.worker]
    assert pool.drop_worker(flight.worker) == []
    assert pool.answered(flight.number) is None
    again = pool.take()
    assert again is not None
    assert again.worker != flight.worker


def test_a_worker_that_takes_no_work_is_given_none_and_what_it_holds_stays_with_it() -> None:
    pool, _ = dispatcher(batch=1)
    pool.set_workers(["idle", "busy"])
    pool.let_work("idle", work=False)
    for item in "abc":
        pool.offer(item)
    flights = [flight for flight in (pool.take(), pool.take(), pool.take()) if flight]
    assert [flight.worker for flight in flights] == ["busy", "busy"]
    pool.let_work("busy", work=False)
    held = pool.answered(flights[0].number)
    assert held is not None
    assert pool.take() is None
    assert (pool.in_flight, pool.queued) == (1, 1)
    pool.let_work("idle", work=True)
    last = pool.take()
    assert last is not None
    assert last.worker == "idle"


@given(st.lists(st.sampled_from(["offer", "take", "answer", "die"]), max_size=80))
def test_nothing_is_lost_and_nothing_is_given_out_twice_at_once(steps: list[str]) -> None:
    pool, _ = dispatcher()
    generation = 0
    pool.set_workers([f"w{generation}"])
    offered, done, blamed = 0, [], []
    flights = []
    for step in steps:
        if step == "offer":
            pool.offer(str(offered))
            offered += 1
        elif step == "take":
            flight = pool.take()
            if flight:
                flights.append(flight)
        elif step == "answer" and flights:
            settled = pool.answered(flights.pop(0).number)
            done += list(settled.items.values()) if settled else []
        elif step == "die":
            generation += 1
            flights.clear()
            blamed += pool.set_workers([f"w{generation}"]).items
    while (flight := pool.take()) or pool.in_flight:
        if flight:
            flights.append(flight)
        else:
            settled = pool.answered(flights.pop(0).number)
            done += list(settled.items.values()) if settled else []
    assert sorted(map(int, done + blamed)) == list(range(offered))
