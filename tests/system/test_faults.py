"""Processes die, hang and misbehave; the system goes on, and nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.system.boot_processes import session_members
from actors.system.errors import SystemFault
from supervision.spec import SupervisorSpec
from tests.system.harness import QUICK, Bench, echo, tree_spec, until

Start = Callable[..., Bench]


def test_a_killed_actor_comes_back_alone(start: Start) -> None:
    bench = start()
    before = bench.tree()
    os.kill(before["sink"]["pid"], signal.SIGKILL)
    after = bench.all_new(before, ["sink"])
    assert after["sink"]["restarts"] == 1
    assert after["sink"]["reason"] == "killed by signal 9"
    assert after["sink"]["incarnation"] > before["sink"]["incarnation"]
    others = set(before) - {"sink"}
    assert {name: after[name]["pid"] for name in others} == {name: before[name]["pid"] for name in others}


def test_a_killed_supervisor_takes_its_children_along_and_all_come_back(start: Start) -> None:
    bench = start()
    before = bench.tree()
    names = [name for name in before if name.startswith("sessions")]
    old = [before[name]["pid"] for name in names]
    os.kill(before["sessions"]["pid"], signal.SIGKILL)
    until(lambda: bench.gone(old))
    after = bench.all_new(before, names)
    assert after["gateway"]["pid"] == before["gateway"]["pid"]
    directory = until(lambda: "sessions/shard-2" in bench.do("sink", "directory")["names"])
    assert directory


def test_no_successor_starts_beside_an_orphan_of_a_dead_supervisor(start: Start) -> None:
    bench = start()
    before = bench.tree()
    bench.do("sessions/shard-1", "outlive")
    orphan = before["sessions/shard-1"]["pid"]
    os.kill(before["sessions"]["pid"], signal.SIGKILL)
    bench.all_new(before, [name for name in before if name.startswith("sessions")])
    assert bench.gone([orphan])


@pytest.mark.parametrize("victim", ["root_pid", "admin_pid"])
def test_a_killed_root_or_admin_has_the_whole_tree_started_anew(start: Start, victim: str) -> None:
    bench = start()
    before = bench.tree()
    old = bench.processes()
    os.kill(getattr(bench.system, victim), signal.SIGKILL)
    bench.all_new(before, list(before))
    assert bench.gone(old)
    assert bench.system.restarts == 1
    facts = bench.folder.read_runtime()
    assert facts is not None
    assert facts["admin_pid"] == bench.system.admin_pid


def test_the_death_of_thespians_log_process_costs_nothing(start: Start) -> None:
    bench = start()
    before = bench.tree()
    (logger,) = bench.others()
    os.kill(logger, signal.SIGKILL)
    until(lambda: bench.others() not in ([], [logger]))
    bench.system.watch()
    assert bench.system.restarts == 0
    assert {name: row["pid"] for name, row in bench.tree().items()} == {n: row["pid"] for n, row in before.items()}


def test_watching_from_a_thread_that_ends_does_not_end_the_system(start: Start) -> None:
    import threading

    bench = start()
    before = bench.tree()
    os.kill(bench.system.root_pid, signal.SIGKILL)
    thread = threading.Thread(target=lambda: until(bench.system.watch))
    thread.start()
    thread.join()
    now = bench.all_new(before, list(before))
    bench.do("sink", "words")
    assert bench.tree()["sink"]["pid"] == now["sink"]["pid"]


def test_shutdown_right_after_kills_leaves_nothing(start: Start) -> None:
    bench = start()
    before = bench.tree()
    for name in ("language", "sessions/shard-1", "gateway"):
        os.kill(before[name]["pid"], signal.SIGKILL)
    bench.system.shutdown()
    assert bench.processes() == []


def test_shutdown_does_not_wait_for_the_hung(start: Start) -> None:
    bench = start(SupervisorSpec("root", children=(echo("a", shutdown_ms=200), echo("b"))))
    os.kill(bench.pid("a"), signal.SIGSTOP)
    bench.system.shutdown(5.0)
    assert bench.processes() == []


def test_children_stop_last_first(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "stops"
    names = ("a", "b", "c")
    bench = start(SupervisorSpec("root", children=tuple(echo(name, stop_file=str(file)) for name in names)))
    bench.system.shutdown()
    assert file.read_text().split("\n")[:3] == [f"{name} shutdown requested" for name in ("c", "b", "a")]


_FOREGROUND = """
import sys, time
from pathlib import Path
from tests.system.harness import Bench
bench = Bench(Path(sys.argv[1]))
print(bench.system.admin_pid, flush=True)
time.sleep(60)
"""


def test_nothing_outlives_a_killed_foreground_nor_holds_its_pipes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _FOREGROUND, str(tmp_path / "data")]
    foreground = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert foreground.stdout is not None
    admin = int(foreground.stdout.readline())
    members = session_members(admin)
    assert len(members) == 12
    foreground.kill()
    rest, _ = foreground.communicate(timeout=10)  # the pipe's end: nobody else holds it
    assert rest == b""

    def nobody() -> bool:
        alive = []
        for pid in members:
            stat = Path(f"/proc/{pid}/stat")
            try:
                state = stat.read_bytes().rpartition(b")")[2].split()[0]
            except OSError:
                continue
            if state != b"Z":  # where nobody reaps orphans, the dead stay listed
                alive.append(pid)
        return not alive

    until(nobody)


def test_an_exception_is_not_retried_on_the_same_instance(start: Start) -> None:
    bench = start()
    before = bench.tree()
    bench.do("gateway", "say", to="sink", text="raise")
    after = bench.all_new(before, ["sink"])
    assert after["sink"]["restarts"] == 1
    assert after["sink"]["reason"] == "taking a message: ValueError: told to raise"
    log = bench.folder.path / "logs" / "sink.jsonl"
    assert log.read_text().count('"event": "fault"') == 1
    faults = bench.do("root", "children")["faults"]
    assert [(fault["name"], fault["error"]) for fault in faults] == [("sink", "ValueError: told to raise")]


@pytest.mark.parametrize(
    ("verb", "reason"),
    [
        ("raise_in_timer", "a timer: ValueError: raised in a timer"),
        ("segfault", "killed by signal 11"),
        ("finish", "left normally"),
    ],
)
def test_other_ways_to_go(start: Start, verb: str, reason: str) -> None:
    bench = start()
    before = bench.tree()
    bench.do("sink", verb)
    assert bench.all_new(before, ["sink"])["sink"]["reason"] == reason


def test_a_question_that_raises_ends_nobody(start: Start) -> None:
    bench = start()
    before = bench.pid("sink")
    answer = bench.system.ask("sink", "bug", {}, 5.0)
    assert (answer.ok, answer.error) == (False, "RuntimeError: a bug")
    assert bench.system.ask("sink", "no_such_verb", {}, 5.0).error == "sink does not know 'no_such_verb'"
    assert bench.pid("sink") == before


def test_a_hung_actor_is_killed_and_comes_back_when_a_peer_reports_it(start: Start) -> None:
    bench = start()
    before = bench.tree()
    bench.do("language/worker-0", "freeze")
    until(lambda: _is_stopped(before["language/worker-0"]["pid"]))
    assert bench.do("gateway", "hung", who="language/worker-0") == {"told": True}
    after = bench.all_new(before, ["language/worker-0"])
    assert after["language/worker-0"]["reason"] == "hung: no answer (gateway)"
    assert after["language/worker-1"]["pid"] == before["language/worker-1"]["pid"]


def test_a_hung_actor_right_below_the_root_is_killed_too(start: Start) -> None:
    bench = start()
    before = bench.tree()
    bench.do("sink", "freeze")
    until(lambda: _is_stopped(before["sink"]["pid"]))
    assert bench.do("language/worker-0", "hung", who="sink") == {"told": True}
    bench.all_new(before, ["sink"])


def test_a_whole_branch_is_restarted_by_a_person(start: Start) -> None:
    bench = start()
    before = bench.tree()
    bench.do("sessions", "restart")
    bench.all_new(before, [name for name in before if name.startswith("sessions")])
    assert bench.tree()["sessions"]["reason"] == "restarted"


@pytest.mark.slow
def test_a_hung_supervisor_and_a_hung_root_are_noticed(start: Start) -> None:
    bench = start(tree_spec(heartbeat_s=0.3))
    before = bench.tree()
    names = [name for name in before if name.startswith("sessions")]
    os.kill(before["sessions"]["pid"], signal.SIGSTOP)
    after = bench.all_new(before, names)
    assert after["sessions"]["reason"] == "hung: silent for 0.9 s"
    assert after["sink"]["pid"] == before["sink"]["pid"]
    bench.system.ping_every_s = 0.2
    os.kill(bench.system.root_pid, signal.SIGSTOP)
    bench.all_new(after, list(after))


def test_a_busy_actor_is_restarted_after_its_grace(start: Start) -> None:
    bench = start(SupervisorSpec("root", backoff=QUICK, children=(echo("a", shutdown_ms=200), echo("b"))))
    before = bench.tree()
    bench.do("b", "say", to="a", text="hang")
    bench.do("a", "restart")
    bench.all_new(before, ["a"])


@pytest.mark.slow
def test_a_hung_actor_does_not_hold_up_the_directory_of_others(start: Start) -> None:
    bench = start()
    os.kill(bench.pid("gateway"), signal.SIGSTOP)
    for _ in range(12):
        before = bench.tree()
        os.kill(before["sink"]["pid"], signal.SIGKILL)
        bench.all_new(before, ["sink"])
    until(lambda: "sink" in bench.do("sessions/shard-0", "directory")["names"])
    errors = [bench.system.ask("gateway", "status", {}, 0.05).error for _ in range(6)]
    assert errors[0] == "gateway did not answer within 50 ms"
    assert errors[-1] == "gateway has not answered earlier questions"
    os.kill(bench.pid("gateway"), signal.SIGCONT)


def test_too_many_restarts_escalate_to_the_parent(start: Start) -> None:
    fragile = SupervisorSpec("fragile", intensity=1, period_s=30.0, backoff=QUICK, children=(echo("a"),))
    bench = start(SupervisorSpec("root", intensity=5, backoff=QUICK, children=(fragile, echo("b"))))
    first = bench.tree()
    for _ in range(2):
        before = bench.tree()
        os.kill(before["fragile/a"]["pid"], signal.SIGKILL)
        bench.all_new(before, ["fragile/a"])
    after = bench.tree()
    assert after["fragile"]["pid"] != first["fragile"]["pid"]
    assert after["fragile"]["restarts"] == 1
    assert "fragile/a: 2 restarts in 30 s" in after["fragile"]["reason"]
    assert after["b"]["pid"] == first["b"]["pid"]


def test_one_for_all_and_rest_for_one_on_real_processes(start: Start) -> None:
    together = SupervisorSpec("together", strategy="one_for_all", backoff=QUICK, children=(echo("a"), echo("b")))
    chain = SupervisorSpec("chain", strategy="rest_for_one", backoff=QUICK, children=tuple(map(echo, "abc")))
    bench = start(SupervisorSpec("root", backoff=QUICK, children=(together, chain)))
    before = bench.tree()
    os.kill(before["together/b"]["pid"], signal.SIGKILL)
    os.kill(before["chain/b"]["pid"], signal.SIGKILL)
    after = bench.all_new(before, ["together/a", "together/b", "chain/b", "chain/c"])
    assert after["chain/a"]["pid"] == before["chain/a"]["pid"]


@pytest.mark.slow
def test_a_system_that_cannot_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SystemFault, match=r"bad is \w+ \(starting: RuntimeError: cannot start\)|went down"):
        Bench(tmp_path / "data", tree_spec(children=(echo("bad", fail_start=True),)), ready_timeout_s=3)
    with pytest.raises(SystemFault, match="went down while it started"):
        Bench(tmp_path / "data", tree_spec(intensity=1, children=(echo("bad", fail_start=True),)))
    assert not [pid for pid in _children() if b"majlis" in Path(f"/proc/{pid}/comm").read_bytes()]


def test_a_supervisor_keeps_nothing_of_the_dead(start: Start) -> None:
    bench = start(SupervisorSpec("root", backoff=QUICK, intensity=500, children=(echo("a"), echo("b"))))

    def restart() -> None:
        before = bench.tree()
        os.kill(before["a"]["pid"], signal.SIGKILL)
        bench.all_new(before, ["a"])

    def open_files() -> int:
        # Those of the door's connections, which come and go with each question, left out.
        count = 0
        for fd in Path(f"/proc/{bench.system.root_pid}/fd").iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile
                count += not str(fd.readlink()).startswith("socket:")
        return count

    restart()
    first = open_files()
    for _ in range(8):
        restart()
    assert open_files() <= first + 1


def test_an_actor_that_fails_for_a_while_is_retried(start: Start, tmp_path: Path) -> None:
    obstacle = tmp_path / "obstacle"
    bench = start(
        SupervisorSpec(
            "root", backoff=QUICK, intensity=500, children=(echo("a", fail_start_while=str(obstacle)), echo("b"))
        )
    )
    before = bench.tree()
    obstacle.touch()
    os.kill(before["a"]["pid"], signal.SIGKILL)
    until(lambda: bench.tree().get("a", {}).get("reason") == "starting: RuntimeError: not yet")
    obstacle.unlink()
    bench.all_new(before, ["a"])


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"T"


def _children() -> list[int]:
    return [int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
