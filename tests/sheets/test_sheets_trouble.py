"""What a person is told of a sink that cannot write, and what is forgotten once it can."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from messages.row import Row
from stress.sheets_server.process import ServerProcess
from tests.sheets.conftest import SINK


def test_rows_that_come_while_it_is_blocked_are_counted(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.open(retry_blocked_s=30.0)
    bench.drain()
    assert bench.pipe.writer.status()["waiting"] == 0
    bench.do({"addProtectedRange": {"protectedRange": {"protectedRangeId": 5, "range": {"sheetId": bench.sheet_id()}}}})
    bench.source.add(row(1), row(2))
    assert "is protected" in bench.stuck(times=1)
    assert bench.pipe.writer.status()["waiting"] == 2  # the batch that could not be written
    bench.source.add(*(row(n) for n in range(3, 8)))
    bench.pipe.pump()
    assert bench.pipe.writer.status()["waiting"] == 7


def test_an_open_circuit_is_told_once_and_is_the_reason_that_is_shown(
    bench: Any, server: ServerProcess, row: Callable[..., Row]
) -> None:
    bench.source.add(row(0))
    policy = bench.settings.breaker.model_copy(update={"minimum_calls": 3, "open_s": 0.4, "jitter": 0.0, "probes": 1})
    bench.open(breaker=policy)
    bench.drain()
    server.control("faults", rate=1.0, kinds=["503"])
    bench.source.add(row(1))
    until = time.monotonic() + 20
    while bench.pipe.breakers()[0]["times"] < 3:  # it opens, fails its probe, and opens again
        assert time.monotonic() < until
        time.sleep(min(0.1, bench.pipe.pump(flush=True).wait_s))
    bench.pipe.pump(flush=True)
    told = [note for note in bench.notes if "circuit is open" in note]
    assert len(told) == 1
    shown = bench.pipe.writer.status()
    assert "circuit is open" in shown["reason"]
    assert shown["last_failure"]
    server.control("faults", rate=0.0, reset=True)
    bench.drain()
    assert bench.pipe.writer.status()["reason"] == ""


def test_a_circuit_that_a_person_opened_says_so(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.drain()
    bench.pipe.set_breaker("", "open")
    bench.source.add(row(1))
    for _ in range(3):
        bench.pipe.pump(flush=True)
    assert "opened by hand" in bench.pipe.writer.status()["reason"]
    assert sum("opened by hand" in note for note in bench.notes) == 1
    bench.pipe.set_breaker("", "closed")
    bench.drain()


def test_the_last_failure_has_a_time_and_goes_when_a_batch_landed(
    bench: Any, server: ServerProcess, row: Callable[..., Row]
) -> None:
    bench.source.add(row(0))
    bench.drain()
    server.control("faults", next=[["429", ":batchUpdate"]])
    bench.source.add(row(1))
    before = time.time_ns() // 1_000_000
    while not bench.pipe.governor.calls["throttled"]:
        bench.pipe.pump(flush=True)
    shown = bench.pipe.writer.status()
    assert "Quota exceeded" in shown["last_failure"]
    assert before <= shown["last_failure_ms"] <= time.time_ns() // 1_000_000
    bench.drain()
    shown = bench.pipe.writer.status()
    assert (shown["last_failure"], shown["last_failure_ms"]) == ("", 0)


def test_who_may_not_write_is_told_whom_to_share_with(
    bench: Any, server: ServerProcess, row: Callable[..., Row]
) -> None:
    bench.source.add(row(0))
    bench.drain()
    server.control("share", id=bench.settings.spreadsheet, editors=[])
    bench.source.add(row(1))
    reason = bench.stuck(times=1)
    assert reason.startswith("the account may not write: ")
    assert SINK in reason
    assert bench.settings.spreadsheet in reason
    assert "editor" in reason
    server.control("share", id=bench.settings.spreadsheet, editors=[SINK])
    bench.pipe.writer.unblock()
    bench.drain()


def test_an_api_that_is_off_is_no_matter_of_sharing(bench: Any, server: ServerProcess, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.drain()
    server.control("api", enabled=False)
    bench.source.add(row(1))
    reason = bench.stuck(times=1)
    assert "majlis doctor sheets" in reason
    assert "share" not in reason


def test_a_fenced_sink_says_what_to_do(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.drain()
    first = bench.pipe
    bench.open("other")
    bench.drain()
    bench.source.add(row(1))
    reason = bench.stuck(first)
    assert "another sink has taken over" in reason
    assert "majlis admin restart sink" in reason
    first.close()


@pytest.mark.parametrize("refused", [False, True])
def test_a_full_spreadsheet_is_told_in_one_sentence(
    bench: Any, server: ServerProcess, row: Callable[..., Row], refused: bool
) -> None:
    bench.source.add(row(0))
    bench.open(**({} if refused else {"max_cells": 27_100}))
    bench.drain()
    if refused:
        server.control("limits", max_cells=27_100)
    bench.source.add(*(row(n) for n in range(1, 60)))
    reason = bench.stuck(times=1)
    assert reason.count("full") == 1
    assert "sheets.spare_spreadsheets" in reason


def test_a_spreadsheet_that_was_full_before_us_is_told_the_same_way(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.open(max_cells=26_010)
    assert "sheets.spare_spreadsheets" in bench.stuck(times=1)
