"""What happens to a supervisor, and what it decides to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from supervision.spec import ChildSpec

TimerKind = Literal["ready", "stop", "start"]


@dataclass(frozen=True, slots=True)
class Timer:
    """Identify a timer; a timer of an earlier incarnation means nothing when it rings."""

    kind: TimerKind
    name: str
    incarnation: int


# --- events -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Boot:
    """Begin: start the children."""


@dataclass(frozen=True, slots=True)
class Forked:
    """A child's process exists."""

    name: str
    incarnation: int
    pid: int


@dataclass(frozen=True, slots=True)
class NotForked:
    """A child's process could not be made."""

    name: str
    incarnation: int
    reason: str


@dataclass(frozen=True, slots=True)
class BecameReady:
    """A child says that it is ready."""

    name: str
    incarnation: int


@dataclass(frozen=True, slots=True)
class Faulted:
    """A child says what was raised in it; ``leaving`` when it exits because of that."""

    name: str
    incarnation: int
    reason: str
    leaving: bool


@dataclass(frozen=True, slots=True)
class Exited:
    """A child's process is gone; ``code`` is its exit status, negative for a signal."""

    name: str
    incarnation: int
    code: int


@dataclass(frozen=True, slots=True)
class Rang:
    """A timer rang."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class ReportedHung:
    """Somebody waits in vain for a child; ``incarnation`` 0 means whichever lives."""

    name: str
    incarnation: int
    reason: str


@dataclass(frozen=True, slots=True)
class RestartChild:
    """A person wants a child stopped, if it lives, and started."""

    name: str


@dataclass(frozen=True, slots=True)
class StopChild:
    """A person wants a child down until told otherwise."""

    name: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A person wants the pool to have another size."""

    size: int


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Stop all children, last first, and finish."""

    reason: str


Event = (
    Boot
    | Forked
    | NotForked
    | BecameReady
    | Faulted
    | Exited
    | Rang
    | ReportedHung
    | RestartChild
    | StopChild
    | Scale
    | Shutdown
)

# --- effects ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StartProcess:
    """Make a child's process and tell it to start."""

    spec: ChildSpec
    incarnation: int


@dataclass(frozen=True, slots=True)
class RequestExit:
    """Ask a child to exit."""

    name: str
    incarnation: int
    reason: str


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL a child's process."""

    name: str
    incarnation: int
    reason: str


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Ring a timer after some seconds."""

    timer: Timer
    after_s: float


@dataclass(frozen=True, slots=True)
class AllReady:
    """Tell the parent that all children are ready, for the first time."""


@dataclass(frozen=True, slots=True)
class Finished:
    """All children are down: exit. ``escalated`` when the restarts were too many, and the parent has to act."""

    escalated: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Something worth a line in the log."""

    name: str
    what: str
    detail: str


Effect = StartProcess | RequestExit | Kill | SetTimer | AllReady | Finished | Noted
