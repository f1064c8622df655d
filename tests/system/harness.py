"""A real system of toy actors, and waiting on conditions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from actors.system.boot import RunningSystem
from actors.system.boot_processes import session_members
from actors.system.errors import SystemFault
from store.folder import DataFolder
from supervision.spec import Backoff, ChildSpec, Pool, SupervisorSpec

T = TypeVar("T")
ECHO = "tests.supervision.toys:Echo"
QUICK = Backoff(0.01, 2.0, 0.2, 0.0)


def until(probe: Callable[[], T | None], timeout_s: float = 20.0) -> T:
    """Ask again and again until the answer is true."""
    deadline = time.monotonic() + timeout_s
    while True:
        result = probe()
        if result:
            return result
        assert time.monotonic() < deadline, f"did not come true within {timeout_s} s; last: {result!r}"
        time.sleep(0.01)


def echo(name: str, **options: Any) -> ChildSpec:
    """Declare a toy."""
    own = {key: options.pop(key) for key in ("restart", "shutdown_ms", "ready_ms") if key in options}
    return ChildSpec(name, ECHO, json.dumps(options).encode(), **own)


def tree_spec(**changes: Any) -> SupervisorSpec:
    """Declare a small tree: a gateway, three shards, a pool of two workers, a sink."""
    sessions = SupervisorSpec(
        "sessions",
        intensity=50,
        backoff=QUICK,
        children=tuple(echo(f"shard-{number}") for number in range(3)),
    )
    language = SupervisorSpec("language", intensity=50, backoff=QUICK, pool=Pool(echo("worker"), 2, 1, 4))
    facts: dict[str, Any] = {
        "name": "root",
        "intensity": 50,
        "backoff": QUICK,
        "children": (echo("gateway"), sessions, language, echo("sink")),
    }
    return SupervisorSpec(**(facts | changes))


class Bench:
    """A running system with short ways to look at it."""

    def __init__(self, path: Path, spec: SupervisorSpec | None = None, **start: Any) -> None:
        self.folder = DataFolder.open_or_create(path, partitions=1)
        self.system = RunningSystem.start(self.folder, spec or tree_spec(), **start)

    def do(self, target: str, verb: str, **arguments: Any) -> dict[str, Any]:
        """Ask, and insist on a yes."""
        answer = self.system.ask(target, verb, arguments, 10.0)
        assert answer.ok, answer.error
        return answer.result

    def tree(self) -> dict[str, dict[str, Any]]:
        """Describe all actors by name; empty while the system cannot say."""
        try:
            top = self.system.ask("", "tree", {}, 0.5)
        except SystemFault:
            return {}
        return flat(top.result) if top.ok else {}

    def pid(self, name: str) -> int:
        """Give the process of a ready actor."""

        def look() -> int:
            row = self.tree().get(name, {})
            return int(row["pid"]) if row.get("phase") == "ready" else 0

        return until(look)

    def all_new(self, before: dict[str, dict[str, Any]], names: list[str]) -> dict[str, dict[str, Any]]:
        """Wait until actors are ready in other processes than before."""

        def look() -> dict[str, dict[str, Any]] | None:
            self.system.watch()
            now = self.tree()
            new = all(
                now.get(name, {}).get("phase") == "ready" and now[name]["pid"] != before[name]["pid"] for name in names
            )
            return now if new else None

        return until(look)

    def knows(self, name: str, others: list[str]) -> bool:
        """Tell whether an actor's directory holds exactly some names."""
        return bool(self.do(name, "directory")["names"] == others)

    def processes(self) -> list[int]:
        """List all processes of the system."""
        return session_members(self.system.admin_pid)

    def others(self) -> list[int]:
        """List the processes that are neither actors nor the admin: Thespian's log process."""
        known = {row["pid"] for row in self.tree().values()} | {self.system.root_pid, self.system.admin_pid}
        return [pid for pid in self.processes() if pid not in known]

    def gone(self, pids: list[int]) -> bool:
        """Tell whether processes are gone; zombies are waited for first."""
        self.system._reaped = 0.0
        self.system.watch()
        return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def flat(tree: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Put a tree's actors into one mapping."""
    found = {}
    for child in tree.get("children", []):
        found[child["name"]] = child
        found |= flat(child)
    return found
