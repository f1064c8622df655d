"""Reach a system that another process runs."""

from __future__ import annotations

from typing import Any, Self

from actors.system.boot_control import ControlClient
from actors.system.boot_processes import start_ticks
from actors.system.errors import NotRunning
from messages.admin import AdminAnswer
from store.folder import DataFolder


class SystemClient:
    """Reach a system that another process runs; made by ``connect``."""

    def __init__(self, control: ControlClient, facts: dict[str, Any]) -> None:
        self._control = control
        self.facts = facts

    @classmethod
    def connect(cls, folder: DataFolder, timeout_s: float = 5.0) -> Self:
        """Connect to the system on a data folder.

        Args:
            folder: the data folder.
            timeout_s: limit for connecting.

        Raises:
            NotRunning: no system runs on it.
            NotReady: it does not answer.
        """
        facts = folder.read_runtime()
        if facts is None or not _lives(facts):
            raise NotRunning(f"{folder.path}: no system runs on this data folder")
        host, port = facts["control"]
        return cls(ControlClient((str(host), int(port)), folder.frame_key(), timeout_s), facts)

    def ask(self, target: str, verb: str, arguments: dict[str, Any], timeout_s: float = 5.0) -> AdminAnswer:
        """Send an admin message; see ``RunningSystem.ask``."""
        return self._control.ask(target, verb, arguments, timeout_s)

    def names(self, prefix: str = "") -> list[str]:
        """List the full names of the ready actors that begin with something."""
        answer = self.ask("", "names", {})
        return [name for name in answer.result.get("names", []) if name.startswith(prefix)]

    def close(self) -> None:
        """End the connection."""
        self._control.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_running(folder: DataFolder) -> bool:
    """Tell whether a system runs on a data folder, which is so from when it is ready until it has stopped."""
    facts = folder.read_runtime()
    return facts is not None and _lives(facts)


def _lives(facts: dict[str, Any]) -> bool:
    pid = facts.get("pid")
    return isinstance(pid, int) and "control" in facts and start_ticks(pid) == facts.get("pid_started")
