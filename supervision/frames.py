"""What this process turned away at its port, before anything was decoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class FrameCounts:
    """Counts of a process.

    Attributes:
        unauthenticated: frames without the right MAC.
        malformed: headers that are no length, or too great a one.
    """

    unauthenticated: int = 0
    malformed: int = 0


COUNTS = FrameCounts()
"""The process's own; Thespian has one transport in a process, which takes its serializer from a module global."""


def reset() -> None:
    """Begin to count anew, in a process that was just forked."""
    COUNTS.unauthenticated = COUNTS.malformed = 0
