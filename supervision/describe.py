"""What admin messages tell of supervisors and children."""

from __future__ import annotations

from typing import Any

from supervision import process
from supervision.core import Row, SupervisorState


def describe_supervisor(state: SupervisorState, incarnation: int, now: float) -> dict[str, Any]:
    """Tell about a supervisor itself.

    Args:
        state: its state.
        incarnation: which life of it.
        now: seconds of the monotonic clock.

    Returns:
        facts by name; times in seconds.
    """
    spec = state.spec
    return {
        "name": spec.name,
        "kind": "supervisor",
        "phase": "stopping" if state.closing is not None else "ready" if state.announced else "starting",
        "incarnation": incarnation,
        "strategy": spec.strategy,
        "pool": spec.pool is not None,
        "restarts_in_period": sum(at > now - spec.period_s for at in state.window),
        "intensity": spec.intensity,
        "period_s": spec.period_s,
    }


def describe_child(row: Row, now: float) -> dict[str, Any]:
    """Tell about a child.

    Args:
        row: its row in the supervisor's table.
        now: seconds of the monotonic clock.

    Returns:
        facts by name; times in seconds, memory in bytes.
    """
    return {
        "name": row.spec.name,
        "kind": row.spec.kind,
        "actor": row.spec.actor,
        "phase": row.phase.value,
        "pid": row.pid,
        "incarnation": row.incarnation,
        "restart": row.spec.restart,
        "restarts": row.restarts,
        "since_s": round(now - row.since, 3),
        "rss_bytes": process.resident_bytes(row.pid) if row.pid else 0,
        "cpu_s": round(process.cpu_seconds(row.pid), 3) if row.pid else 0.0,
        "reason": row.reason,
    }
