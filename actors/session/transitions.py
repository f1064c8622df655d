"""The phases of a session and what may move it from one to another.

The table is explicit, after the way that cluster sharding of actor systems keeps its entities' states: an event that
the table does not name for a phase is an error, not a silent no-op.
"""

from __future__ import annotations

from enum import Enum

from actors.session.errors import IllegalTransition


class Phase(Enum):
    """Where a session stands."""

    IDLE = "idle"
    READING = "reading"
    UNDERSTANDING = "understanding"
    BACKING_OFF = "backing_off"
    PASSIVE = "passive"


class Trigger(Enum):
    """What happens to a session."""

    DELIVERED = "delivered"
    DELIVERED_WITH_FILES = "delivered_with_files"
    RECORDED = "recorded"
    READ = "read"
    READ_FAILED = "read_failed"
    BEGUN = "begun"
    UNDERSTOOD = "understood"
    FAILED = "failed"
    EXHAUSTED = "exhausted"
    RETRY_DUE = "retry_due"
    LEASE_OVERDUE = "lease_overdue"
    FORCED_RELEASE = "forced_release"
    PASSIVATED = "passivated"


TRANSITIONS: dict[tuple[Phase, Trigger], Phase] = {
    (Phase.IDLE, Trigger.DELIVERED): Phase.UNDERSTANDING,
    (Phase.IDLE, Trigger.PASSIVATED): Phase.PASSIVE,
    (Phase.IDLE, Trigger.RECORDED): Phase.IDLE,
    (Phase.IDLE, Trigger.DELIVERED_WITH_FILES): Phase.READING,
    (Phase.READING, Trigger.BEGUN): Phase.READING,
    (Phase.READING, Trigger.READ): Phase.UNDERSTANDING,
    (Phase.READING, Trigger.READ_FAILED): Phase.READING,
    (Phase.READING, Trigger.FORCED_RELEASE): Phase.IDLE,
    (Phase.UNDERSTANDING, Trigger.BEGUN): Phase.UNDERSTANDING,
    (Phase.UNDERSTANDING, Trigger.UNDERSTOOD): Phase.IDLE,
    (Phase.UNDERSTANDING, Trigger.FAILED): Phase.BACKING_OFF,
    (Phase.UNDERSTANDING, Trigger.EXHAUSTED): Phase.IDLE,
    (Phase.UNDERSTANDING, Trigger.LEASE_OVERDUE): Phase.UNDERSTANDING,
    (Phase.UNDERSTANDING, Trigger.FORCED_RELEASE): Phase.IDLE,
    (Phase.BACKING_OFF, Trigger.RETRY_DUE): Phase.UNDERSTANDING,
    (Phase.BACKING_OFF, Trigger.LEASE_OVERDUE): Phase.BACKING_OFF,
    (Phase.BACKING_OFF, Trigger.FORCED_RELEASE): Phase.IDLE,
}


def next_phase(phase: Phase, trigger: Trigger) -> Phase:
    """Look up where a trigger leads.

    Args:
        phase: where the session stands.
        trigger: what happens to it.

    Returns:
        the phase after it.

    Raises:
        IllegalTransition: the table does not name the pair.
    """
    try:
        return TRANSITIONS[phase, trigger]
    except KeyError:
        raise IllegalTransition(f"a session that is {phase.value} cannot be {trigger.value}") from None
