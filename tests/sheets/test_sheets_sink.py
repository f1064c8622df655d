"""The sink actor in a real actor system, against the real local server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from actors.sheets.settings import SheetsSettings
from actors.system.boot import RunningSystem
from messages.row import Row
from messages.wire import encode
from store.folder import DataFolder
from store.partition import PartitionState
from stress.sheets_server.process import ServerProcess
from supervision.spec import ChildSpec, SupervisorSpec

T = TypeVar("T")


def until(probe: Callable[[], T | None], timeout_s: float = 30.0) -> T:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        found = probe()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come true in time")


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.create(tmp_path / "data", partitions=2)


def add_rows(folder: DataFolder, rows: dict[int, list[Row]]) -> None:
    for partition, some in rows.items():
        state = PartitionState(folder.state(partition), owner="test")
        turn = state.begin()
        for one in some:
            turn.add_row(encode(one))
        state.commit(turn)
        state.close()


def start(folder: DataFolder, settings: SheetsSettings) -> RunningSystem:
    config = {"folder": str(folder.path), "sessions": {"shards": 1}, "sheets": settings.model_dump(mode="json")}
    sink = ChildSpec("sink", "actors.sheets.sheets_sink:SheetsSink", json.dumps(config).encode(), shutdown_ms=5_000)
    return RunningSystem.start(folder, SupervisorSpec("root", children=(sink,)))


def ask(system: RunningSystem, verb: str, **arguments: str) -> dict[str, Any]:
    answer = system.ask("sink", verb, arguments, 10.0)
    assert answer.ok, answer.error
    return dict(answer.result)


def test_the_actor_writes_answers_and_survives_a_kill(
    folder: DataFolder, settings: SheetsSettings, bench: Any, row: Callable[..., Row], server: ServerProcess
) -> None:
    import os
    import signal

    add_rows(folder, {0: [row(0), row(1)], 1: [row(2, "c2")]})
    settings = settings.model_copy(update={"batch_age_s": 0.1})
    system = start(folder, settings)
    try:
        until(lambda: ask(system, "cursors")["cursors"] == {"0": 2, "1": 1})
        name = settings.spreadsheet
        assert ask(system, "breaker")["breakers"][0]["name"] == name
        assert ask(system, "breaker", state="open")["breaker"]["state"] == "open"
        add_rows(folder, {0: [row(3)]})
        assert not system.ask("sink", "breaker", {"state": "ajar"}, 10.0).ok
        strange = system.ask("sink", "breaker", {"state": "open", "name": "nosuchid"}, 10.0)
        assert not strange.ok
        assert f"no spreadsheet 'nosuchid' is configured or was written to (known: {name})" in strange.error
        assert [each["name"] for each in ask(system, "breaker")["breakers"]] == [name]
        address = f"https://docs.google.com/spreadsheets/d/{name}/edit"
        assert ask(system, "breaker", state="open", name=address)["breaker"]["name"] == name
        before = ask(system, "status")
        os.kill(before["pid"], signal.SIGKILL)
        until(lambda: (a := system.ask("sink", "status", {}, 2.0)).ok and a.result["pid"] != before["pid"])
        until(lambda: system.ask("sink", "sheets", {}, 2.0).ok)
        found = until(lambda: [b for b in ask(system, "breaker")["breakers"] if b["name"] == name])
        assert (found[0]["state"], found[0]["forced"]) == ("open", True)  # it survived the kill
        ask(system, "breaker", state="closed")
        until(lambda: ask(system, "cursors")["cursors"].get("0") == 3)
    finally:
        system.shutdown()
    assert sorted(bench.column("Row id")) == [f"{n:032x}" for n in range(4)]


def test_without_credentials_the_actor_waits_and_says_why(
    folder: DataFolder, settings: SheetsSettings, tmp_path: Path
) -> None:
    (tmp_path / "broken.json").write_text('{"type": "service_account", "private_key": "secret-text"}')
    system = start(folder, settings.model_copy(update={"credentials_file": tmp_path / "broken.json"}))
    try:

        def told() -> str:
            answer = system.ask("sink", "sheets", {}, 2.0)
            return "" if answer.ok or "not connected" in answer.error else answer.error

        error = until(told)
        assert "lacks client_email, token_uri" in error
        assert "secret-text" not in error
    finally:
        system.shutdown()


def test_a_new_key_in_the_old_ones_place_is_taken_up(
    folder: DataFolder,
    settings: SheetsSettings,
    bench: Any,
    row: Callable[..., Row],
    server: ServerProcess,
    tmp_path: Path,
) -> None:
    email = "second@majlis-local.iam.gserviceaccount.com"
    key = tmp_path / "second.json"
    key.write_text(json.dumps(server.control("keys", email=email)))
    server.control("share", id=settings.spreadsheet, editors=[email])
    add_rows(folder, {0: [row(0)]})
    system = start(folder, settings.model_copy(update={"batch_age_s": 0.1, "credentials_file": key}))
    try:
        until(lambda: ask(system, "cursors")["cursors"].get("0") == 1)
        server.control("revoke", email=email)
        add_rows(folder, {0: [row(1)]})
        until(lambda: ask(system, "sheets")["phase"] == "blocked")
        new = tmp_path / "new.json"
        new.write_text(json.dumps(server.control("keys", email=email)))
        new.replace(key)
        ask(system, "unblock")
        until(lambda: ask(system, "cursors")["cursors"].get("0") == 2)
    finally:
        system.shutdown()
    assert bench.column("Row id") == [f"{n:032x}" for n in range(2)]
