"""Starting and stopping from outside, as an operator does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from tests.spine.conftest import StartSystem
from tests.spine.feeding import feed, message, rows_of, shards, until


def majlis(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "actors.console.main", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


def test_a_second_system_on_the_folder_is_refused_in_one_line(start_system: StartSystem, tmp_path: Path) -> None:
    system = start_system()
    second = majlis("start", "--folder", str(tmp_path / "data"))
    assert second.returncode == 1
    (line,) = second.stderr.strip().splitlines()
    assert str(system.pid) in line


def test_sigterm_stops_everything_and_exits_with_zero(start_system: StartSystem) -> None:
    system = start_system()
    processes = system.processes()
    assert len(processes) >= 10
    feed(system, [message("a", 1)])
    assert system.stop() == 0
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert alive == []
    assert system.folder.read_runtime() is None


def test_what_was_acknowledged_before_a_stop_becomes_rows_after_the_next_start(start_system: StartSystem) -> None:
    system = start_system(language__workers=1)
    feed(system, [message(f"c{number % 50}", number) for number in range(3_000)], wait=False)
    system.stop()
    again = start_system()
    from tests.spine.feeding import finished

    assert finished(again, 3_000).rows == 3_000
    assert len({row.row_id for row in rows_of(again)}) == 3_000


def test_killing_the_foreground_command_leaves_nothing_running(start_system: StartSystem) -> None:
    system = start_system()
    processes = system.processes()
    psutil.Process(system.pid).kill()
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert alive == []


def test_a_wrong_setting_names_itself_and_its_line(tmp_path: Path) -> None:
    config = tmp_path / "majlis.toml"
    config.write_text("[sessions]\nshards = 2\nshrads = 3\n")
    outcome = majlis("start", "--config", str(config))
    assert outcome.returncode == 1
    assert f"{config}:3" in outcome.stderr
    assert "sessions.shrads" in outcome.stderr


def test_paused_shards_take_nothing_in_and_go_on_when_resumed(start_system: StartSystem) -> None:
    system = start_system()
    for number in range(2):
        system.ask(f"sessions/shard-{number}", "pause")
    feed(system, [message("a", 1)], wait=False)
    until(lambda: system.ask("gateway", "inbox")["accepted"] == 1, "the gateway's acknowledgement")
    assert all(answer["gauges"].get("open_messages", 0) == 0 for answer in shards(system, "status"))  # type: ignore[attr-defined]
    for number in range(2):
        system.ask(f"sessions/shard-{number}", "resume")
    from tests.spine.feeding import finished

    assert finished(system, 1).rows == 1
