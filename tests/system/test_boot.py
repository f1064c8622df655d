"""A system starts, answers, is paused, scaled, drained, and stops without a trace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from actors.system.boot import RunningSystem, SystemClient, is_running
from actors.system.boot_control import NONCE_BYTES, Sealer
from actors.system.errors import NotRunning, SystemFault
from messages.admin import ADMIN_ANSWER
from messages.control import Stop
from messages.wire import encode
from store.errors import FolderLocked
from store.folder import DataFolder
from supervision.spec import SupervisorSpec
from tests.system.harness import Bench, echo, until

Start = Callable[..., Bench]


def test_the_tree_is_ready_and_everybody_knows_everybody(bench: Bench) -> None:
    rows = bench.tree()
    assert set(rows) == {
        "gateway", "sessions", "sessions/shard-0", "sessions/shard-1", "sessions/shard-2",
        "language", "language/worker-0", "language/worker-1", "sink",
    }  # fmt: skip
    assert {row["phase"] for row in rows.values()} == {"ready"}
    for name in ("gateway", "language/worker-1", "sink"):
        until(partial(bench.knows, name, sorted(rows)))


def test_messages_go_from_actor_to_actor(bench: Bench) -> None:
    assert bench.do("gateway", "say", to="sessions/shard-1", text="ping") == {"sent": True}
    until(lambda: "ping" in bench.do("sessions/shard-1", "words")["words"])
    until(lambda: "pong" in bench.do("gateway", "words")["words"])
    assert bench.do("gateway", "say", to="nobody", text="x") == {"sent": False}


def test_bytes_that_are_no_message_are_counted_and_dropped(bench: Bench) -> None:
    pid = bench.pid("sink")
    before = bench.do("sink", "status")["counters"].get("bad_messages", 0)
    for junk in ("", "00", "ff" * 20, "93cd0064", "92cd038402", "dc0000"):
        bench.do("gateway", "junk", to="sink", hex=junk)
    until(lambda: bench.do("sink", "status")["counters"].get("bad_messages", 0) == before + 6)
    assert bench.pid("sink") == pid


def test_overdue_timers_fire_in_order_and_cancelled_ones_never(bench: Bench) -> None:
    bench.do("sink", "timers")
    until(lambda: bench.do("sink", "words")["fired"] == ["0.05", "0.1", "0.15"])


def test_watched_descriptors_are_served(bench: Bench) -> None:
    bench.do("gateway", "pipe", text="through the pipe")
    until(lambda: "through the pipe" in bench.do("gateway", "words")["words"])


def test_the_status_tells_pid_memory_and_counters(bench: Bench) -> None:
    status = bench.do("language/worker-0", "status")
    assert status["pid"] == bench.pid("language/worker-0")
    assert status["rss_bytes"] > 5_000_000
    assert status["counters"]["received"] >= 2
    assert status["directory"] == 9


def test_a_system_that_is_ready_knows_itself_already(start: Start) -> None:
    bench = start()
    names = sorted(bench.tree())
    for name in ("gateway", "sessions/shard-2", "language/worker-1", "sink"):
        assert bench.knows(name, names)


def test_pause_reaches_all_below_and_those_who_come_later(start: Start) -> None:
    bench = start()
    bench.do("language", "pause")
    assert bench.do("language/worker-1", "status")["paused"] is True
    assert bench.do("sink", "status")["paused"] is False
    bench.do("language", "scale", size=3)
    bench.pid("language/worker-2")
    until(lambda: bench.do("language/worker-2", "status")["paused"])
    bench.do("", "resume")
    assert bench.do("language/worker-2", "status")["paused"] is False


def test_a_pool_is_scaled_up_and_down(start: Start) -> None:
    bench = start()
    assert bench.do("language", "scale", size=4) == {"size": 4}
    bench.pid("language/worker-3")
    until(lambda: "language/worker-3" in bench.do("sink", "directory")["names"])
    bench.do("language", "scale", size=1)
    until(lambda: [name for name in bench.tree() if name.startswith("language/")] == ["language/worker-0"])
    until(lambda: "language/worker-1" not in bench.do("sink", "directory")["names"])
    answer = bench.system.ask("language", "scale", {"size": 9}, 5.0)
    assert answer.error == "size 9 is not between 1 and 4"
    assert bench.system.ask("sink", "scale", {"size": 1}, 5.0).error == "sink does not know 'scale'"


def test_drain_waits_for_work_in_hand(start: Start) -> None:
    bench = start()
    bench.do("sessions/shard-1", "busy", seconds=0.5)
    assert bench.system.drain(20.0)
    assert bench.do("sessions/shard-1", "idle") == {"idle": True}
    assert bench.do("sessions/shard-1", "status")["draining"] is True
    bench.do("", "resume")
    bench.do("sessions/shard-1", "busy", seconds=60)
    assert not bench.system.drain(0.7)


def test_stopped_by_a_person_stays_down_until_restarted(start: Start) -> None:
    bench = start()
    bench.do("sink", "stop")
    until(lambda: bench.tree()["sink"]["phase"] == "absent")
    assert bench.system.ask("sink", "status", {}, 5.0).error == "sink is not ready"
    assert bench.system.ask("nobody", "status", {}, 5.0).error == "nobody is not known"
    assert bench.system.ask("root", "stop", {}, 5.0).ok is False
    bench.do("sink", "restart")
    bench.pid("sink")


def test_temporary_and_transient_actors(start: Start) -> None:
    children = (echo("t", restart="transient"), echo("u", restart="temporary"), echo("p"))
    bench = start(SupervisorSpec("root", children=children))
    bench.do("t", "finish")
    until(lambda: bench.tree()["t"]["phase"] == "absent")
    bench.do("u", "segfault")
    until(lambda: bench.tree()["u"]["phase"] == "failed")
    assert bench.pid("p")


def test_a_client_reaches_the_system_of_another_process(bench: Bench) -> None:
    code = (
        "import sys; from pathlib import Path; from store.folder import DataFolder\n"
        "from actors.system.boot import SystemClient\n"
        "with SystemClient.connect(DataFolder.open(Path(sys.argv[1]))) as client:\n"
        "    print(client.ask('sink', 'status', {}, 5.0).result['pid'], client.names('language/'))\n"
        "    assert 'thespian' not in sys.modules\n"
    )
    path = str(bench.folder.path)
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split(" ", 1)[0] == str(bench.pid("sink"))
    assert "'language/worker-1'" in done.stdout


def test_a_client_without_a_system_gets_a_clear_error(tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data", partitions=1)
    assert not is_running(folder)
    with pytest.raises(NotRunning, match="no system runs on this data folder"):
        SystemClient.connect(folder)
    # What a killed foreground leaves behind, its pid taken by another process meanwhile.
    folder.write_runtime({"pid": 1, "pid_started": -1, "control": ["127.0.0.1", 9]})
    assert not is_running(folder)
    with pytest.raises(NotRunning, match="no system runs on this data folder"):
        SystemClient.connect(folder)


def test_a_client_with_another_key_is_refused(bench: Bench, tmp_path: Path) -> None:
    other = DataFolder.create(tmp_path / "data", partitions=1)
    facts = bench.folder.read_runtime()
    assert facts is not None
    other.write_runtime(facts)
    with SystemClient.connect(other) as client, pytest.raises(SystemFault):
        client.ask("", "shutdown", {}, 2.0)
    assert bench.do("root", "status")["counters"]["control_refused"] >= 1
    assert bench.pid("sink")


def test_logs_are_json_lines_one_file_an_actor(bench: Bench) -> None:
    import json

    lines = (bench.folder.path / "logs" / "sessions-shard-0.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    assert (first["actor"], first["event"], first["level"]) == ("sessions/shard-0", "ready", "info")


def test_interrupts_from_a_terminal_reach_no_actor(bench: Bench) -> None:
    before = bench.processes()
    for pid in before:
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGHUP)
    for name in bench.tree():
        bench.do(name, "ping")
    assert sorted(bench.processes()) == sorted(before)


def test_actors_hold_the_folders_lock_as_long_as_they_live(start: Start, tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "locked", partitions=1)
    lock = folder.lock("test")
    system = RunningSystem.start(folder, SupervisorSpec("root", children=(echo("a"),)))
    try:
        lock.release()  # only the foreground's share
        with pytest.raises(FolderLocked):
            folder.lock("second")
    finally:
        system.shutdown()
    folder.lock("third").release()


def test_requests_that_are_no_requests_are_answered_with_an_error(bench: Bench) -> None:
    facts = bench.folder.read_runtime()
    assert facts is not None
    with socket.create_connection(tuple(facts["control"]), timeout=5) as connection:
        nonce = connection.recv(NONCE_BYTES, socket.MSG_WAITALL)
        key = bench.folder.frame_key()
        sender, receiver = Sealer(key, nonce, b">", 1 << 20), Sealer(key, nonce, b"<", 1 << 20)
        for junk in (b"", b"\xc1", b"\xff" * 1000, encode(Stop(reason="x"))):
            connection.sendall(sender.seal(junk))
            buffer = bytearray()
            while (body := receiver.take(buffer)) is None:
                buffer += connection.recv(4096)
            answer = ADMIN_ANSWER.decode(body)
            assert not answer.ok
            assert answer.error.startswith("not a AdminRequest")
    assert bench.pid("sink")
