"""The one writer of the inbox logs, with real LMDB."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from actors.whatsapp.ingest import Draining, InboxWriter
from messages.row import REJECT, Reject
from messages.wire import WireError
from store.errors import QueueFull, StoreError
from store.folder import DataFolder
from tests.ingest.conftest import NOW_MS, entries_of, held, message

Open = Callable[..., InboxWriter]


@pytest.fixture
def open_writer(folder: DataFolder) -> Iterator[Open]:
    opened: list[InboxWriter] = []

    def open_(max_bytes: int = 10_000_000, appended: Callable[[set[int]], None] = lambda _: None) -> InboxWriter:
        for writer in opened:
            writer.close()
        opened.append(InboxWriter(folder, max_bytes=max_bytes, clock=lambda: NOW_MS, appended=appended))
        return opened[-1]

    yield open_
    for writer in opened:
        writer.close()


def in_partition(folder: DataFolder, partition: int) -> str:
    return next(name for name in map(str, range(100)) if folder.partition_of(name) == partition)


def test_messages_are_durable_and_stamped_when_append_returns(folder: DataFolder, open_writer: Open) -> None:
    writer = open_writer()
    assert writer.append([message(1), message(2, "other")]) == 2
    found = {item.id: item for item in held(writer)}
    assert set(found) == {"m1", "m2"}
    assert all(item.received_ms == NOW_MS for item in found.values())


def test_requests_of_many_threads_share_commits_and_keep_each_feeds_order(
    folder: DataFolder, open_writer: Open
) -> None:
    gate, blocked = threading.Event(), threading.Event()

    def hold_first(_: set[int]) -> None:
        blocked.set()
        gate.wait(30)

    writer = open_writer(appended=hold_first)
    with ThreadPoolExecutor(max_workers=41) as threads:
        first = threads.submit(writer.append, [message(0, "first")])
        assert blocked.wait(30)
        waiting = [
            threads.submit(writer.append, [message(n * 10 + k, f"feed-{n}") for k in range(5)], run=f"r{n}", batch=1)
            for n in range(1, 41)
        ]
        while len(writer._waiting) < 40:
            threading.Event().wait(0.005)
        gate.set()
        assert [future.result(30) for future in waiting] == [5] * 40
        first.result(30)
    assert writer.counters["groups"] == 2
    ids = [item.id for item in held(writer)]
    assert len(ids) == len(set(ids)) == 201
    for n in range(1, 41):
        assert [i for i in ids if i in {f"m{n * 10 + k}" for k in range(5)}] == [f"m{n * 10 + k}" for k in range(5)]


def test_a_repeated_batch_number_of_a_run_is_not_taken_twice_also_after_reopening(
    folder: DataFolder, open_writer: Open
) -> None:
    writer = open_writer()
    batch = [message(n, f"c{n}") for n in range(10)]
    assert writer.append(batch, run="r", batch=1) == 10
    assert writer.append(batch, run="r", batch=1) == 0
    again = open_writer()
    assert again.append(batch, run="r", batch=1) == 0
    assert again.append(batch, run="r", batch=2) == 10
    assert again.append(batch, run="other", batch=1) == 10
    assert len(held(again)) == 30


def test_a_batch_of_which_one_partition_was_full_is_completed_by_its_repetition(
    folder: DataFolder, open_writer: Open
) -> None:
    writer = open_writer(max_bytes=100_000)
    full, free = in_partition(folder, 0), in_partition(folder, 1)
    writer.append([message(0, full, "x" * 99_000)])
    batch = [message(1, full, "y" * 5_000), message(2, free)]
    with pytest.raises(QueueFull):
        writer.append(batch, run="r", batch=1)
    assert [item.id for item in held(writer)] == ["m0", "m2"]
    writer.append([message(3, free)])  # the other partition goes on meanwhile
    writer.trim({0: 1})
    assert writer.append(batch, run="r", batch=1) == 1
    assert sorted(item.id for item in held(writer)) == ["m1", "m2", "m3"]


def test_paused_it_refuses_and_resumed_it_takes_again(open_writer: Open) -> None:
    writer = open_writer()
    writer.refuse(refusing=True)
    with pytest.raises(Draining, match="paused or stopping"):
        writer.append([message(1)])
    writer.refuse(refusing=False)
    assert writer.append([message(1)]) == 1


def test_after_close_it_refuses(open_writer: Open) -> None:
    writer = open_writer()
    writer.close()
    with pytest.raises(Draining):
        writer.append([message(1)])


def test_a_message_that_cannot_be_encoded_is_an_error_of_its_sender_alone(
    folder: DataFolder, open_writer: Open
) -> None:
    writer = open_writer()
    with pytest.raises(WireError):
        writer.append([message(1), message(2, text="\ud800")])
    assert writer.append([message(3)]) == 1
    assert [item.id for item in held(writer)] == ["m3"]


@pytest.mark.parametrize(("run", "batch"), [("r", -1), ("r", 1 << 64), ("long" * 500, 1), ("\ud800", 1)])
def test_a_strange_run_or_batch_number_never_ends_the_writer(open_writer: Open, run: str, batch: int) -> None:
    writer = open_writer()
    with ThreadPoolExecutor(max_workers=1) as threads:
        outcome = threads.submit(writer.append, [message(1)], run=run, batch=batch).exception(20)
    assert outcome is None or isinstance(outcome, StoreError)
    assert writer.append([message(2)]) == 1


def test_long_names_of_runs_are_told_apart(open_writer: Open) -> None:
    writer = open_writer()
    long = "feed" * 500
    assert writer.append([message(1)], run=long + "a", batch=1) == 1
    assert writer.append([message(1)], run=long + "a", batch=1) == 0
    assert writer.append([message(1)], run=long + "b", batch=1) == 1


def test_a_bell_that_cannot_be_rung_ends_neither_the_request_nor_the_writer(open_writer: Open) -> None:
    def broken(_: set[int]) -> None:
        raise OSError("the pipe is gone")

    writer = open_writer(appended=broken)
    with ThreadPoolExecutor(max_workers=1) as threads:
        assert threads.submit(writer.append, [message(1)]).result(20) == 1
        assert threads.submit(writer.append, [message(2)]).result(20) == 1


def test_a_request_whose_asker_left_does_not_end_the_writer(folder: DataFolder, open_writer: Open) -> None:
    gate, blocked = threading.Event(), threading.Event()

    def hold_first(_: set[int]) -> None:
        blocked.set()
        gate.wait(30)

    writer = open_writer(appended=hold_first)

    async def leave() -> None:
        first = asyncio.ensure_future(writer.submit([message(1)]))
        await asyncio.to_thread(blocked.wait, 30)
        left = asyncio.ensure_future(writer.submit([message(2)]))
        await asyncio.sleep(0)
        left.cancel()
        gate.set()
        assert await first == 1
        assert await writer.submit([message(3)]) == 1

    asyncio.run(asyncio.wait_for(leave(), 60))
    assert {"m1", "m3"} <= {item.id for item in held(writer)}


def test_rejects_are_kept_and_at_the_bound_the_oldest_make_room(folder: DataFolder, open_writer: Open) -> None:
    writer = open_writer(max_bytes=100_000)
    for number in range(50):
        writer.reject([Reject(where=f"f:{number}", reason="bad", raw=b"x" * 5_000)])
    kept = [REJECT.decode(raw).where for _, raw in entries_of(writer._rejects)]
    assert writer._rejects.held_bytes <= 100_000
    assert kept == [f"f:{number}" for number in range(50 - len(kept), 50)]
    assert len(kept) >= 15


def test_many_rejects_at_once_make_as_much_room_as_they_need(folder: DataFolder, open_writer: Open) -> None:
    writer = open_writer(max_bytes=100_000)
    for start in range(0, 40, 10):
        writer.reject([Reject(where=f"f:{start + n}", reason="bad", raw=b"x" * 6_000) for n in range(10)])
    writer.reject([Reject(where=f"last:{n}", reason="bad", raw=b"x" * 6_000) for n in range(40)])
    kept = [REJECT.decode(raw).where for _, raw in entries_of(writer._rejects)]
    assert kept[-1] == "last:39"
    assert writer._rejects.held_bytes <= 100_000


def test_trimming_waits_for_some_hundred_entries_or_an_empty_log(folder: DataFolder, open_writer: Open) -> None:
    writer = open_writer()
    name = in_partition(folder, 0)
    writer.append([message(n, name) for n in range(600)])
    writer.trim({0: 10})
    assert len(held(writer)) == 600
    writer.trim({0: 520})
    assert len(held(writer)) == 80
    writer.trim({0: 600})
    assert held(writer) == []
    assert writer.held_bytes() == [0, 0]
