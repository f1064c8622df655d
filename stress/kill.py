"""``kill -9`` under load: each kind of process in turn, at random moments; then every row is looked for."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from actors.system.boot import SystemClient
from actors.system.errors import SystemFault
from actors.whatsapp.feed_progress import FeedProgress
from store.errors import StoreError
from store.partition import PartitionReader
from stress.skeleton import feeder, rows_in_order
from stress.system_under_test import SystemUnderTest

KINDS = (
    "shard",
    "worker",
    "sink",
    "gateway",
    "sessions supervisor",
    "language supervisor",
    "root",
    "admin",
    "feeder",
)
CONVERSATIONS = 300
RECOVERY_LIMIT_S = 60.0


class Load:
    """Feeding processes, one after the other, each going on behind what was acknowledged to the last."""

    def __init__(self, path: Path, total: int, rate: float) -> None:
        self._path = path
        self._total = total
        self._rate = rate
        self._progress = path.with_name("acknowledged")
        self._process: subprocess.Popen[str] | None = None
        self.feeders = 0

    def acknowledged(self) -> int:
        """Read how many messages were acknowledged."""
        return int(self._progress.read_text()) if self._progress.exists() else 0

    def start(self) -> None:
        """Start a feeder behind what was acknowledged."""
        self.feeders += 1
        self._process = feeder(
            self._path,
            total=self._total,
            start=self.acknowledged(),
            conversations=CONVERSATIONS,
            rate=self._rate,
            batch=64,
            run=f"feeder-{self.feeders}",
            progress=self._progress,
        )

    @property
    def running(self) -> bool:
        """Whether a feeder is at work."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Kill the feeder, and start its successor."""
        assert self._process is not None  # started
        self._process.kill()
        self._process.communicate()
        self.start()

    def wait(self, timeout_s: float) -> None:
        """Wait for the feeder's end, starting it anew if it gave up."""
        give_up = time.monotonic() + timeout_s
        while time.monotonic() < give_up and self.acknowledged() < self._total:
            if not self.running:
                self.start()
            time.sleep(0.05)
        if self._process is not None:
            self._process.communicate()


def run(*, kills: int, rate: float, seed: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Kill, wait for recovery, go on; at the end compare the sink with what was fed.

    Args:
        kills: how many.
        rate: load, messages a second.
        seed: of the moments and of the choice among equals.
        say: told what is being done.

    Returns:
        counts of lost, repeated, disordered rows and orphans, and recovery times a kind in milliseconds.
    """
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    base = Path(tempfile.mkdtemp(prefix="majlis-kill-"))
    path = base / "data"
    total = int(rate * max(20.0, kills * 1.2))
    recovered: dict[str, list[float]] = defaultdict(list)
    before = set(psutil.pids())
    try:
        with SystemUnderTest(path, {"language.engine": "rules"}) as system:
            load = Load(path, total, rate)
            load.start()
            for number in range(kills):
                time.sleep(chance.uniform(0.1, 0.6))
                kind = KINDS[number % len(KINDS)]
                took = _kill_one(system, load, kind, chance)
                recovered[kind].append(took)
                say(f"{number + 1}/{kills} {kind}: back after {took * 1000:.0f} ms, {load.acknowledged()}/{total} fed")
            load.wait(total / rate + 300)
            _settle(system, total)
            processes = len(system.processes())
            code = system.stop()
        order = rows_in_order(path / "rows.sqlite", total, CONVERSATIONS)
        orphans = [pid for pid in set(psutil.pids()) - before if _belongs(pid, path)]
    finally:
        shutil.rmtree(base, ignore_errors=True)
    everything = sorted(took for times in recovered.values() for took in times)
    return {
        "kills": kills,
        "messages": total,
        "feeders": load.feeders,
        **order,
        "orphans": len(orphans),
        "exit_code": code,
        "processes_at_the_end": processes,
        "recovery_ms_median": round(everything[len(everything) // 2] * 1000) if everything else 0,
        "recovery_ms_worst": round(everything[-1] * 1000) if everything else 0,
        "recovery_ms_by_kind": {
            kind: [round(min(times) * 1000), round(sorted(times)[len(times) // 2] * 1000), round(max(times) * 1000)]
            for kind, times in recovered.items()
        },
    }


def _belongs(pid: int, path: Path) -> bool:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return any(str(path) in file.path for file in process.open_files())
    except psutil.Error:
        return False


def _kill_one(system: SystemUnderTest, load: Load, kind: str, chance: random.Random) -> float:
    began = time.monotonic()
    if kind == "feeder":
        load.kill()
        return time.monotonic() - began
    pid = _pid_of(system, kind, chance)
    done = _rows_committed(system)
    os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    _await_recovery(system, pid, done if load.running else None)
    return time.monotonic() - began


def _pid_of(system: SystemUnderTest, kind: str, chance: random.Random) -> int:
    give_up = time.monotonic() + RECOVERY_LIMIT_S
    names = {
        "shard": [f"sessions/shard-{number}" for number in range(2)],
        "worker": [f"language/worker-{number}" for number in range(2)],
        "sink": ["sink"],
        "gateway": ["gateway"],
        "sessions supervisor": ["sessions"],
        "language supervisor": ["language"],
        "root": [""],
    }
    while time.monotonic() < give_up:
        try:
            if kind == "admin":
                # After the root's death the file names the old one until all of the tree is ready.
                admin = int((system.folder.read_runtime() or {})["admin_pid"])
                if psutil.pid_exists(admin):
                    return admin
                raise SystemFault("the admin is not up")  # noqa: TRY301 - as when nobody answers
            return int(system.ask(chance.choice(names[kind]), "status")["pid"])
        except (SystemFault, StoreError, KeyError):
            time.sleep(0.05)
    raise SystemFault(f"no {kind} answers")


def _await_recovery(system: SystemUnderTest, killed: int, done: int | None) -> None:
    """Wait until every actor is ready again, and messages are committed again."""
    give_up = time.monotonic() + RECOVERY_LIMIT_S
    while time.monotonic() < give_up:
        try:
            with SystemClient.connect(system.folder, 1.0) as client:
                tree = client.ask("", "tree", {}, 1.0)
                ready = tree.ok and _all_ready(tree.result, killed)
        except (SystemFault, StoreError):
            ready = False
        if ready and (done is None or _rows_committed(system) > done):
            return
        time.sleep(0.01)
    raise SystemFault(f"not recovered {RECOVERY_LIMIT_S:.0f} s after the kill of process {killed}")


def _all_ready(tree: dict[str, Any], killed: int) -> bool:
    if tree.get("pid") == killed or tree.get("phase", "ready") != "ready":
        return False
    return all(_all_ready(child, killed) for child in tree.get("children", []))


def _rows_committed(system: SystemUnderTest) -> int:
    total = 0
    for partition in range(system.folder.partitions):
        reader = PartitionReader(system.folder.state(partition))
        total += reader.rows_next
        reader.close()
    return total


def _settle(system: SystemUnderTest, total: int) -> None:
    progress = FeedProgress(system.folder, "none")
    give_up = time.monotonic() + 120
    try:
        while time.monotonic() < give_up:
            # By its own readers: an environment is open once in a process.
            if sum(progress.committed_rows().values()) >= total and progress.waiting_rows() == 0:
                return
            time.sleep(0.05)
    finally:
        progress.close()
