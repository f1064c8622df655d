"""The writer against the real local server: exactly once through every misbehaviour and every edit."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.sheets.columns import COLUMNS
from messages.row import Row
from stress.sheets_server.faults import KINDS
from stress.sheets_server.process import ServerProcess

HEADERS = [c.header for c in COLUMNS]


def ids(numbers: Any) -> list[str]:
    return [f"{n:032x}" for n in numbers]


def test_rows_become_typed_cells_under_headers(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0, text="=1+1", urgent=True), row(1, sender="0501234567", text="12/05/2024"))
    bench.drain()
    rows = bench.values()
    assert rows[0] == HEADERS
    first = dict(zip(rows[0], rows[1], strict=False))
    assert (first["Text"], first["Urgent"], first["No."]) == ("=1+1", True, 1)
    assert first["Time"] == pytest.approx(1_700_000_000 / 86400 + 25569 + 4 / 24, abs=1e-7)
    second = dict(zip(rows[0], rows[2], strict=False))
    assert (second["Sender"], second["Text"]) == ("0501234567", "12/05/2024")
    assert bench.http.values_get(bench.settings.spreadsheet, "Majlis!A2")["values"] == [["2023-11-15 02:13:20"]]


@pytest.mark.parametrize("kind", KINDS)
def test_each_misbehaviour_of_a_write_leaves_each_row_once(
    bench: Any, server: ServerProcess, row: Callable[..., Row], kind: str
) -> None:
    bench.source.add(row(0))
    bench.drain()
    late = server.control("stats")["late"]
    server.control("faults", hang_s=0.9, next=[[kind, ":batchUpdate"]], retry_after_s=1)
    bench.source.add(*(row(n) for n in range(1, 5)))
    bench.drain()
    bench.source.add(row(5))
    bench.drain()
    while kind == "timeout_late" and server.control("stats")["late"] == late:
        pass  # until the late attempt has arrived at the server; it is refused
    assert bench.column("Row id") == ids(range(6))


@pytest.mark.parametrize("kind", ["timeout_before", "reset_after", "500", "malformed", "429"])
def test_questions_may_fail_too(bench: Any, server: ServerProcess, row: Callable[..., Row], kind: str) -> None:
    bench.source.add(row(0))
    bench.drain()
    server.control("faults", hang_s=0.9, next=[["reset_after", ":batchUpdate"], [kind, "developerMetadata/"]])
    bench.source.add(row(1))
    bench.drain()
    assert bench.column("Row id") == ids(range(2))


@pytest.mark.parametrize("kind", ["timeout_before", "reset_after", "500_after", "timeout_late", "malformed"])
def test_first_contact_may_fail(bench: Any, server: ServerProcess, row: Callable[..., Row], kind: str) -> None:
    bench.source.add(row(0))
    server.control("faults", hang_s=0.9, next=[[kind, ":batchUpdate"], [kind, ":batchUpdate"], [kind, ":search"]])
    bench.drain()
    assert bench.column("Row id") == ids([0])
    titles = [s["properties"]["title"] for s in bench.http.spreadsheets_get(bench.settings.spreadsheet)["sheets"]]
    assert titles == ["Sheet1", "Majlis"]


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "timeout_late"])
def test_a_crash_between_send_and_answer_is_settled_by_the_next_life(
    bench: Any, server: ServerProcess, row: Callable[..., Row], kind: str
) -> None:
    bench.source.add(row(0))
    bench.drain()
    bench.source.add(row(1), row(2))
    server.control("faults", hang_s=0.9, next=[[kind, ":batchUpdate"]])
    while bench.pipe.writer.counters["unknown"] == 0:
        bench.pipe.pump(flush=True)
    bench.crash()
    bench.source.add(row(3))
    bench.drain()
    assert bench.column("Row id") == ids(range(4))


def test_a_planned_batch_that_was_never_sent_is_sent_by_the_next_life(
    bench: Any, server: ServerProcess, row: Callable[..., Row]
) -> None:
    bench.source.add(row(0))
    bench.drain()
    bench.source.add(row(1))
    server.control("faults", next=[["429", ":batchUpdate"]])
    while not bench.pipe.governor.calls["throttled"]:
        bench.pipe.pump(flush=True)
    bench.crash()
    bench.drain()
    assert bench.column("Row id") == ids(range(2))


def test_a_refused_row_is_found_by_halving_and_set_aside(
    bench: Any, row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    import actors.sheets.columns as columns

    monkeypatch.setattr(columns, "clean_text", lambda text: text)  # let what Sheets refuses go out
    bench.source.add(*(row(n, text="x" * 50_001 if n in {3, 11} else f"t{n}") for n in range(16)))
    bench.drain()
    assert bench.column("Row id") == ids(n for n in range(16) if n not in {3, 11})
    dead = bench.pipe.refused.rows()
    assert sorted(d.position for d in dead) == [3, 11]
    assert all("50000 characters" in d.reason for d in dead)


def test_when_every_row_is_refused_rows_wait_and_are_not_set_aside(
    bench: Any, row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    import actors.sheets.columns as columns

    monkeypatch.setattr(columns, "_SURELY_SHORT", 0)
    monkeypatch.setattr(columns, "clean_text", lambda text: "x" * 50_001)
    bench.source.add(*(row(n) for n in range(16)))
    pipe = bench.open(retry_blocked_s=60.0)
    assert not pipe.drain(20.0, stop=lambda: pipe.writer.state.phase == "blocked")
    assert pipe.writer.state.phase == "blocked"
    assert pipe.refused.count() == 5
    monkeypatch.undo()
    pipe.writer.unblock()
    bench.drain()
    assert sorted(bench.column("Row id") + [f"{d.position:032x}" for d in pipe.refused.rows()]) == ids(range(16))


def test_rows_that_vanished_from_their_log_block_with_a_message(
    bench: Any, server: ServerProcess, row: Callable[..., Row]
) -> None:
    bench.source.add(row(0))
    bench.drain()
    bench.source.add(row(1))
    server.control("faults", next=[["429", ":batchUpdate"]])
    while not bench.pipe.governor.calls["throttled"]:
        bench.pipe.pump(flush=True)
    bench.crash()
    kept = bench.source.logs[0].pop()
    assert "row 1 of partition 0 is not in its log any more" in bench.stuck()
    bench.source.logs[0].append(kept)
    bench.drain()
    assert bench.column("Row id") == ids(range(2))


def test_bad_bytes_in_a_log_stop_nobody(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.source.logs[0].append(b"not a row")
    bench.source.add(row(1))
    bench.drain()
    assert bench.column("Row id") == ids(range(2))
    assert bench.pipe.refused.rows()[0].data == b"not a row"


def test_texts_that_sheets_would_interpret_or_refuse(bench: Any, row: Callable[..., Row]) -> None:
    texts = [
        "=1+1",
        "+971",
        "-5",
        "@x",
        "\tx",
        "'x",
        '"x"',
        "0501234567",
        "2024-01-02",
        "1e5",
        "TRUE",
        "مرحبا",
        "a\x00b",
    ]
    bench.source.add(*(row(n, text=t) for n, t in enumerate(texts)), row(99, text="😀" * 30_000))
    bench.drain()
    shown = bench.column("Text")
    assert shown[:-2] == texts[:-1]
    assert shown[-2] == "a\N{REPLACEMENT CHARACTER}b"
    assert shown[-1].endswith("[cut, 30,000 characters in all]")
    assert len(shown[-1].encode("utf-16-le")) // 2 <= 50_000


def test_rights_withdrawn_and_given_back(bench: Any, server: ServerProcess, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.drain()
    server.control("share", id=bench.settings.spreadsheet, editors=[])
    bench.source.add(row(1))
    assert "does not have permission" in bench.stuck(times=1)
    server.control("share", id=bench.settings.spreadsheet, editors=["sink@majlis-local.iam.gserviceaccount.com"])
    bench.pipe.writer.unblock()
    bench.drain()
    assert bench.column("Row id") == ids(range(2))


def test_a_wrong_id_is_told_once_and_rows_wait(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.stuck(bench.open(spreadsheet="nope"))
    assert len(bench.notes) == 1
    assert bench.notes[0] == "there is no spreadsheet 'nope', or it was deleted; rows wait"
    bench.crash()
    bench.drain()
    assert bench.column("Row id") == ids([0])


def test_stamps_that_another_folder_left_are_no_alarm(bench: Any, row: Callable[..., Row]) -> None:
    stamp = {
        "metadataId": 1,
        "metadataKey": "majlis.batch",
        "metadataValue": "otherone:0123",
        "location": {"spreadsheet": True},
        "visibility": "DOCUMENT",
    }
    bench.source.add(row(0))
    bench.drain()
    number = bench.pipe.ledger.next_sequence()
    bench.do({"createDeveloperMetadata": {"developerMetadata": {**stamp, "metadataId": number}}})
    bench.source.add(row(1))
    bench.drain()
    assert bench.column("Row id") == ids(range(2))


@pytest.mark.parametrize("known", [True, False])
def test_a_full_spreadsheet_rolls_over_to_the_spare_one(
    bench: Any, server: ServerProcess, row: Callable[..., Row], known: bool
) -> None:
    spare = server.control("books", owner="owner@example.com", editors=["sink@majlis-local.iam.gserviceaccount.com"])[
        "spreadsheetId"
    ]
    limit = 26_000 + 24 * 20  # the first, blank worksheet has 26,000 cells
    bench.settings = bench.settings.model_copy(
        update={"spare_spreadsheets": (spare,), "batch_rows": 4, "max_cells": limit if known else 9_000_000}
    )
    if not known:
        server.control("limits", max_cells=limit)
    bench.source.add(*(row(n) for n in range(30)))
    bench.drain()
    first = bench.column("Row id")
    assert 4 <= len(first) < 30
    if not known:
        server.control("limits", max_cells=10_000_000)
    assert first + bench.column("Row id", book=spare) == ids(range(30))
    assert any("it goes on in spreadsheet" in note for note in bench.notes)


def test_a_full_spreadsheet_without_a_spare_waits(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(*(row(n) for n in range(30)))
    bench.open(max_cells=26_000 + 24 * 12, batch_rows=4)
    assert "spreadsheet is full" in bench.stuck()
    bench.crash()
    bench.drain()
    assert bench.column("Row id") == ids(range(30))


def test_a_second_sink_fences_the_first(bench: Any, row: Callable[..., Row], tmp_path: Path) -> None:
    bench.source.add(row(0))
    bench.drain()
    first = bench.pipe
    second = bench.open("other-ledger")
    second.drain(10.0)  # another data folder with a row of its own
    bench.source.add(row(1))
    bench.stuck(first)
    assert first.writer.state.phase == "fenced"
    assert any("another sink has taken over" in note for note in bench.notes)
    assert bench.column("Row id") == ids([0, 0])  # the first one's second row is not there
    first.close()


def test_the_fence_holds_also_where_numbers_do_not_meet(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.drain()
    first = bench.pipe
    with first.ledger.transaction():
        first.ledger.raise_sequence(5_000)
    second = bench.open("other-ledger")
    second.drain(10.0)
    bench.source.add(row(1))
    bench.stuck(first)
    assert first.writer.state.phase == "fenced"
    assert bench.column("Row id") == ids([0, 0])
    first.close()


def test_halving_keeps_the_order_through_crashes(
    bench: Any, row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    import actors.sheets.columns as columns

    monkeypatch.setattr(columns, "clean_text", lambda text: text)
    bench.source.add(*(row(n, text="x" * 50_001 if n == 2 else f"t{n}") for n in range(8)))
    for _ in range(40):
        counters = bench.open().writer.counters
        done = False
        while not done and not counters["split"] and counters["refused"] < 2:
            done = bench.pipe.pump(flush=True).idle
        bench.crash()
        if done:
            break
    bench.drain()
    assert bench.column("Row id") == ids(n for n in range(8) if n != 2)
    assert [d.position for d in bench.pipe.refused.rows()] == [2]


def test_one_process_holds_the_ledger(bench: Any) -> None:
    from actors.sheets.errors import LedgerError

    bench.open()
    with pytest.raises(LedgerError, match="another sink holds"):
        bench.pipe.__class__(bench.folder / "ledger", bench.settings, bench.source, owner="x", report=print)


def test_stamps_are_pruned_within_the_limit_of_metadata(bench: Any, row: Callable[..., Row]) -> None:
    bench.settings = bench.settings.model_copy(update={"batch_rows": 1, "keep_stamps": 4})
    bench.source.add(*(row(n) for n in range(40)))
    bench.drain()
    found = bench.http.request(
        "post",
        f"https://sheets.googleapis.com/v4/spreadsheets/{bench.settings.spreadsheet}/developerMetadata:search",
        json={"dataFilters": [{"developerMetadataLookup": {"metadataKey": "majlis.batch"}}]},
    ).json()
    assert len(found["matchedDeveloperMetadata"]) <= 6
    assert len(bench.column("Row id")) == 40


def test_a_foreign_entry_under_the_next_number_is_stepped_over(bench: Any, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.drain()
    number = bench.pipe.ledger.next_sequence()
    bench.do(
        {
            "createDeveloperMetadata": {
                "developerMetadata": {
                    "metadataId": number,
                    "metadataKey": "an add-on",
                    "metadataValue": "x",
                    "location": {"spreadsheet": True},
                    "visibility": "DOCUMENT",
                }
            }
        }
    )
    bench.source.add(row(1))
    bench.drain()
    assert bench.column("Row id") == ids(range(2))


def test_no_secret_in_what_is_reported(bench: Any, server: ServerProcess, row: Callable[..., Row]) -> None:
    bench.source.add(row(0))
    bench.drain()
    server.control("revoke", email="nobody@example.com")  # all tokens
    bench.source.add(row(1))
    shown = []
    while not bench.pipe.pump(flush=True).idle:
        shown.append(repr(bench.pipe.writer.status()))
    assert bench.column("Row id") == ids(range(2))
    text = repr(bench.notes) + "".join(shown)
    assert "ya29" not in text
    assert "PRIVATE KEY" not in text
    assert os.environ.get("GOOGLE_APPLICATION_CREDENTIALS") is None
