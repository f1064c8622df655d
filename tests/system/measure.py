"""Measure boot, recovery and shutdown of a system of toy actors: ``python -m tests.system.measure [KILLS] [SEED]``.

Kills are ``kill -9`` of a process of each kind in random order, a fifth of them followed at once by a second one of
any process. Recovery is from the kill until the whole tree is ready again, as an admin message tells it.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

from actors.system.boot_processes import session_members
from tests.system.harness import Bench, tree_spec

KINDS = ("sink", "sessions/shard-1", "language/worker-0", "sessions", "language", "root", "admin")


def main() -> None:
    """Print one JSON object; times in milliseconds."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    began = time.monotonic()
    bench = Bench(Path(tempfile.mkdtemp()) / "data", tree_spec(intensity=1000))
    result: dict[str, object] = {"boot_ms": _since(began), "processes": len(bench.processes())}
    ended = threading.Event()

    def keep_watch() -> None:
        while not ended.is_set():
            bench.system.watch(0.05)

    watcher = threading.Thread(target=keep_watch)
    watcher.start()
    everyone = set(bench.tree())
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(kills):
        kind = rng.choice(KINDS)
        before = _pids(bench)
        began = time.monotonic()
        os.kill(before[kind], signal.SIGKILL)
        if rng.random() < 0.2:
            with contextlib.suppress(ProcessLookupError, IndexError):
                os.kill(rng.choice(session_members(bench.system.admin_pid)), signal.SIGKILL)
        while True:
            tree = bench.tree()
            ready = set(tree) == everyone and all(row["phase"] == "ready" for row in tree.values())
            if ready and _pids(bench).get(kind, before[kind]) != before[kind]:
                break
            if time.monotonic() - began > 60:
                sys.exit(f"not recovered from the death of {kind}: {bench.system.last_error}")
        times[kind].append(_since(began))
    result["recovery_ms"] = {
        kind: {"kills": len(each), "median": round(statistics.median(each)), "max": round(max(each))}
        for kind, each in sorted(times.items())
    }
    ended.set()
    watcher.join()
    for name in ("language", "sessions/shard-0"):
        os.kill(_pids(bench)[name], signal.SIGKILL)
    began = time.monotonic()
    bench.system.shutdown()
    result["shutdown_after_kills_ms"] = _since(began)
    result["left_running"] = bench.processes()
    sys.stdout.write(json.dumps(result) + "\n")


def _since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


def _pids(bench: Bench) -> dict[str, int]:
    pids = {name: row["pid"] for name, row in bench.tree().items() if row["pid"]}
    return pids | {"root": bench.system.root_pid, "admin": bench.system.admin_pid}


if __name__ == "__main__":
    main()
