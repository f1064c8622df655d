"""Breaker, governor, batching, ledger, cells and push."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from actors.sheets.batch import Entry, Span, count_rows, spans_of, split_spans
from actors.sheets.batching import Item, Limits, select, wait_ms
from actors.sheets.breaker import Breakers, SheetsCircuitBreaker
from actors.sheets.breaker_policy import BreakerPolicy
from actors.sheets.client import failure_of
from actors.sheets.columns import clean_text
from actors.sheets.errors import (
    Denied,
    HeldBack,
    Missing,
    OutcomeUnknown,
    Refused,
    SheetsError,
    Throttled,
    Unreachable,
)
from actors.sheets.governor import Governor
from actors.sheets.layout import read_layout
from actors.sheets.ledger import Ledger
from actors.sheets.settings import SheetsSettings
from messages.row import Row
from stress.sheets_server.process import ServerProcess


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def ms(self) -> int:
        return int(self.now * 1000)


DOWN = OutcomeUnknown("down", status=503)
POLICY = BreakerPolicy(window_s=60, minimum_calls=4, failure_rate=0.5, probes=2, open_s=10, max_open_s=35, jitter=0)


def breaker(clock: Clock, draw: float = 0.5) -> SheetsCircuitBreaker:
    return SheetsCircuitBreaker("book", POLICY, clock.ms, lambda: draw)


def call(one: SheetsCircuitBreaker, error: Exception | None = None) -> bool:
    if not one.admit():
        return False
    one.record(error)
    return True


def test_the_breaker_opens_by_rate_probes_and_closes() -> None:
    clock = Clock()
    one = breaker(clock)
    for error in (None, None, DOWN):
        assert call(one, error)
    assert one.closed  # three calls are too few to judge
    assert call(one, DOWN)
    assert one.opened
    assert not call(one)
    clock.now += 10.1
    assert one.state == "half_open"
    assert one.admit()
    assert not one.admit()  # one probe at a time
    one.record(None)
    assert one.state == "half_open"
    assert call(one)
    assert one.closed


def test_each_failed_probe_opens_it_for_longer_up_to_a_limit() -> None:
    clock = Clock()
    one = breaker(clock)
    waits = []
    for _ in range(4):
        call(one, DOWN)
    for _ in range(3):
        waits.append(round(one.open_remaining))
        clock.now += one.open_remaining + 0.1
        assert call(one, DOWN)
    assert waits == [10, 20, 35]


def test_a_servers_wish_and_jitter_shape_the_open_time() -> None:
    clock = Clock()
    asked = breaker(clock)
    for _ in range(4):
        call(asked, OutcomeUnknown("down", status=503, retry_after_s=99))
    assert asked.open_remaining == pytest.approx(99)
    policy = POLICY.model_copy(update={"jitter": 0.2})
    early, late = (SheetsCircuitBreaker("b", policy, clock.ms, lambda d=d: d) for d in (0.0, 0.999))  # type: ignore[misc]
    for one in (early, late):
        for _ in range(4):
            call(one, DOWN)
    assert early.open_remaining == pytest.approx(8)
    assert late.open_remaining == pytest.approx(12, abs=0.01)


@pytest.mark.parametrize("error", [Throttled("429", status=429), Refused("400", status=400), Missing("404")])
def test_answers_of_a_working_service_are_no_failures(error: Exception) -> None:
    clock = Clock()
    one = breaker(clock)
    for _ in range(50):
        assert call(one, error)
    assert one.closed
    for _ in range(4):
        call(one, DOWN)
    assert one.opened  # and they did not hide the failures either


def test_old_failures_are_forgotten() -> None:
    clock = Clock()
    one = breaker(clock)
    for _ in range(3):
        call(one, DOWN)
    clock.now += 61
    call(one, DOWN)
    assert one.closed


def test_a_breaker_is_a_context_manager_that_does_not_run_while_open() -> None:
    clock = Clock()
    one = breaker(clock)
    one.set_state("open")
    ran = []
    with pytest.raises(SheetsError, match="circuit is open"), one:
        ran.append(1)
    assert not ran
    clock.now += 10_000
    assert one.opened  # set by hand, it stays
    one.set_state("half_open")
    assert call(one)
    with pytest.raises(SheetsError, match="not 'ajar'"):
        one.set_state("ajar")


def test_breakers_survive_a_restart() -> None:
    clock = Clock()
    first = Breakers(POLICY, clock.ms)
    for _ in range(4):
        call(first.of("book"), DOWN)
    again = Breakers(POLICY, clock.ms, first.dump())
    assert again.of("book").opened
    assert again.of("book").open_remaining == pytest.approx(10)
    assert again.of("other").closed


def governor(clock: Clock, **changes: Any) -> Governor:
    return Governor(SheetsSettings(**changes), Breakers(POLICY, clock.ms), clock)


def minute_of_writes(gate: Governor, clock: Clock, answer: Exception | None = None) -> int:
    end, count = clock.now + 60, 0
    while clock.now < end:
        try:
            gate.before("book", write=True)
            gate.after("book", answer, write=True)  # type: ignore[arg-type]
            count += 1
        except HeldBack as held:
            clock.now += max(0.01, held.retry_after_s or 0)
    return count


def test_writes_keep_to_their_share_of_the_quota() -> None:
    clock = Clock()
    gate = governor(clock)
    minute_of_writes(gate, clock)
    assert 23 <= minute_of_writes(gate, clock) <= 24
    gate.set_draining(draining=True)
    minute_of_writes(gate, clock)
    assert 52 <= minute_of_writes(gate, clock) <= 54
    assert gate.saved(1000)["saved"] == 1000 - gate.calls["writes"]


def test_reads_that_ran_dry_come_back_together_so_that_a_look_gets_through() -> None:
    clock = Clock()
    gate = governor(clock)
    for _ in range(3):
        while not (wait_s := gate.wait_s("book", write=False)):
            gate.before("book", write=False)
        clock.now += wait_s
        for _ in range(6):  # what begins anew when one of them is held back
            gate.before("book", write=False)


def test_throttling_halves_the_rate_and_it_comes_back() -> None:
    clock = Clock()
    gate = governor(clock)
    minute_of_writes(gate, clock)
    assert minute_of_writes(gate, clock, Throttled("429", retry_after_s=1)) < 10
    minute_of_writes(gate, clock)
    minute_of_writes(gate, clock)
    assert minute_of_writes(gate, clock) >= 23
    assert gate.breakers.of("book").closed


def test_an_open_breaker_holds_calls_back_without_spending_tokens() -> None:
    clock = Clock()
    gate = governor(clock)
    gate.set_breaker("book", "open")
    with pytest.raises(HeldBack, match="circuit"):
        gate.before("book", write=True)
    assert gate.calls["writes"] == 0
    gate.before("other", write=True)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, b"{}", Throttled),
        (403, b'{"error":{"message":"m","errors":[{"reason":"rateLimitExceeded"}]}}', Throttled),
        (403, b'{"error":{"message":"m"}}', Denied),
        (401, b"", Denied),
        (404, b"<html>", Missing),
        (400, b'{"error":{"message":"bad cell"}}', Refused),
        (500, b"", OutcomeUnknown),
        (502, b"<!DOCTYPE html>", OutcomeUnknown),
        (503, b"{}", OutcomeUnknown),
        (408, b"{}", OutcomeUnknown),
    ],
)
def test_answers_are_told_apart_by_their_effect(status: int, body: bytes, kind: type[Exception]) -> None:
    failure = failure_of(status, body, "3", 0.0)
    assert type(failure) is kind
    assert failure.retry_after_s == 3.0


def test_retry_after_may_be_a_date() -> None:
    failure = failure_of(429, b"{}", "Thu, 01 Jan 1970 00:01:00 GMT", 20.0)
    assert failure.retry_after_s == 40.0
    assert failure_of(429, b"{}", "soon", 0.0).retry_after_s is None


def test_nothing_listens_means_not_sent(settings: SheetsSettings) -> None:
    from actors.sheets.client import open_client

    client = open_client(settings.model_copy(update={"api_url": "http://127.0.0.1:9"}))
    with pytest.raises(Unreachable):
        client.http_client.batch_update("book", {"requests": []})


LIMITS = Limits(rows=4, bytes=1000, full_bytes=500, age_ms=2000, urgent_age_ms=200)


def item(row: Row, partition: int, position: int, size: int = 10) -> Item:
    return Item(Entry(partition, position, b""), row, size, row.committed_ms)


def test_urgent_rows_go_first_behind_those_of_their_conversation(row: Callable[..., Row]) -> None:
    waiting = {
        0: [item(row(n, c, urgent=u), 0, n) for n, (c, u) in enumerate([("a", False), ("b", False), ("a", True)])],
        1: [item(row(9, "c"), 1, 0)],
    }
    chosen = [(i.row.conversation, i.entry.position) for i in select(waiting, LIMITS)]
    assert chosen == [("a", 0), ("a", 2), ("b", 1), ("c", 0)]


def test_a_batch_is_due_by_count_size_age_or_urgency(row: Callable[..., Row]) -> None:
    now = 1_700_000_000_500
    assert wait_ms({0: []}, LIMITS, now) is None
    assert wait_ms({0: [item(row(0), 0, 0)]}, LIMITS, now) == 1500
    assert wait_ms({0: [item(row(0), 0, 0)]}, LIMITS, now + 3000) == 0
    assert wait_ms({0: [item(row(0), 0, 0, size=600)]}, LIMITS, now) == 0
    assert wait_ms({0: [item(row(n), 0, n) for n in range(4)]}, LIMITS, now) == 0
    assert wait_ms({0: [item(row(0, urgent=True), 0, 0)]}, LIMITS, now) == 0


@how(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3), st.booleans(), st.integers(1, 400)), max_size=30))
def test_batches_never_break_a_conversations_order(rows: list[tuple[int, int, bool, int]]) -> None:
    from tests.sheets.conftest import make_row

    waiting: dict[int, list[Item]] = {0: [], 1: []}
    for number, (partition, conversation, urgent, size) in enumerate(rows):
        made = make_row(number, f"{partition}-{conversation}", urgent=urgent)
        waiting[partition].append(item(made, partition, len(waiting[partition]), size))
    seen: dict[str, int] = {}
    taken = 0
    while any(waiting.values()):
        chosen = select(waiting, LIMITS)
        assert chosen
        for one in chosen:
            assert seen.get(one.row.conversation, -1) < one.entry.position
            seen[one.row.conversation] = one.entry.position
            waiting[one.entry.partition].remove(one)
        taken += len(chosen)
    assert taken == len(rows)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20)), unique=True, max_size=30), st.integers(0, 30))
def test_spans_keep_order_and_split_where_told(places: list[tuple[int, int]], at: int) -> None:
    spans = spans_of(Entry(p, n, b"") for p, n in places)
    assert [(s.partition, n) for s in spans for n in range(s.start, s.stop)] == places
    first, second = split_spans(spans, at)
    assert count_rows(first) == min(at, len(places))
    assert [(s.partition, n) for s in first + second for n in range(s.start, s.stop)] == places


@how(max_examples=25, deadline=None)
@given(st.permutations(list(range(12))))
def test_the_mark_passes_only_what_is_done(order: list[int]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "l.db")
        done: set[int] = set()
        for position in order[:4]:
            with ledger.transaction():
                ledger.mark_done([Span(0, position, position + 1)])
            done.add(position)
            mark = next(n for n in range(13) if n not in done)
            ahead = {n for a, b in ledger.ahead(0) for n in range(a, b)}
            assert (ledger.mark(0), ahead) == (mark, {n for n in done if n > mark})
        ledger.close()


def test_a_ledger_of_another_kind_is_refused(tmp_path: Path) -> None:
    import sqlite3

    from actors.sheets.errors import LedgerError

    path = tmp_path / "l.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(LedgerError, match="cannot be used"):
        Ledger(path)
    other = sqlite3.connect(tmp_path / "o.db")
    other.execute("PRAGMA application_id=5")
    other.execute("CREATE TABLE t(x)")
    other.close()
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger(tmp_path / "o.db")


def test_texts_are_cleaned_and_cut() -> None:
    assert clean_text("a\ud800b\x00c\td\n") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c\td\n"
    assert clean_text("x" * 50_000) == "x" * 50_000
    assert clean_text("x" * 50_001).endswith("[cut, 50,001 characters in all]")
    assert len(clean_text("x" * 50_001)) <= 50_000


def test_layout_finds_columns_by_mark_then_by_header() -> None:
    layout = read_layout(["Mine", " text ", "Was time"], {2: "time"})
    assert layout.places == ("", "text", "time")
    assert layout.unmarked == (("text", 1),)
    assert "conversation" in layout.missing
    assert "'Time' was changed to 'Was time'" in layout.notes[0]


def test_rows_kept_locally_are_pushed_once_also_when_interrupted(
    bench: Any, server: ServerProcess, row: Callable[..., Row], tmp_path: Path
) -> None:
    from actors.sheets.push import push
    from actors.sheets.sqlite_rows import SqliteRows
    from store.folder import DataFolder

    folder = DataFolder.create(tmp_path / "data", partitions=1)
    with pytest.raises(SheetsError, match="no rows file"):
        push(folder.path, bench.settings)
    kept = SqliteRows(folder.rows_file)
    kept.write([(0, n, row(n)) for n in range(10)])
    server.control("faults", next=[["reset_after", ":batchUpdate"]] * 2)
    first = push(folder.path, bench.settings.model_copy(update={"batch_rows": 4}))
    assert (first.complete, first.pushed, first.before, first.set_aside) == (True, 10, 0, 0)
    kept.write([(0, n, row(n)) for n in range(10, 15)])
    seen: list[tuple[int, int]] = []
    second = push(folder.path, bench.settings, lambda done, total: seen.append((done, total)))
    assert (second.pushed, second.before) == (5, 10)
    assert seen[-1] == (15, 15)
    assert bench.column("Row id") == [f"{n:032x}" for n in range(15)]
    kept.close()


@pytest.mark.slow
def test_a_short_chaos_run_loses_and_doubles_nothing(tmp_path: Path) -> None:
    from stress.sheets_chaos import run

    result = run(1_200, 2, 0.15, folder=tmp_path, batch_rows=40, server_kills=1, limit_s=120, pace=(0.9, 1.4))
    assert result["ok"], json.dumps(result)
    assert result["kills"] == 2
    assert result["faults_in_all"] > 0
