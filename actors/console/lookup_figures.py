"""Who looks things up in the spreadsheet's tables, and how few of these lookups made a call: asked of all."""

from __future__ import annotations

from typing import Any, Protocol

from messages.admin import AdminAnswer


class Asking(Protocol):
    """What asks the actors of a running system."""

    def names(self, prefix: str = "") -> list[str]:
        """Return full names of actors."""

    def ask(self, target: str, verb: str, arguments: dict[str, Any], timeout_s: float) -> AdminAnswer:
        """Ask one."""


def lookup_figures(client: Asking, told: dict[str, Any], timeout_s: float) -> tuple[dict[str, Any], list[str]]:
    """Add up the lookups of all processes, since each of them started.

    Args:
        client: asks the actors.
        told: what the sink told of its tables.
        timeout_s: how long to wait for each answer.

    Returns:
        the sink's facts with ``asked`` (lookups by who makes them: ``sink`` for the admin verb, ``replies`` in shards,
        ``names`` for texts that language workers compared with the table's names), ``hit_rate`` (share that waited for
        no call, None before the first lookup) and ``saved`` (lookups less reads); and errors of actors that gave none.
    """
    errors: list[str] = []

    def add_up(prefix: str, counter: str) -> int:
        total = 0
        for name in client.names(prefix):
            answer = client.ask(name, "status", {}, timeout_s)
            if answer.ok:
                total += int(answer.result["counters"].get(counter, 0))
            else:
                errors.append(f"{name}: {answer.error}")
        return total

    kept = told["tables"].get("properties", {}).get("rows") is not None
    asked = {
        "sink": told["lookups"],
        "replies": add_up("sessions/shard-", "lookups") if kept else 0,
        "names": add_up("language/worker-", "messages") if kept else 0,
    }
    total = sum(asked.values())
    rate = round(1 - told["misses"] / total, 6) if total else None
    facts = {key: value for key, value in told.items() if key != "lookups"}
    return {**facts, "asked": asked, "hit_rate": rate, "saved": total - told["reads"]}, errors
