"""A supervisor as a pure state machine: ``(state, event, now, rng) -> (state, effects)``.

The rules are those of Erlang/OTP's supervisors (strategies, restart types, intensity over a sliding window,
escalation), with two additions: a backoff between restarts, and a start only after the predecessor's process is
gone. Every child has a row with a goal (up or down) and a phase; after each event one pass over the rows stops what
must go down, last first, and starts what may come up, first first.
"""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from supervision.errors import AdminError
from supervision.events import (
    AllReady,
    BecameReady,
    Boot,
    Effect,
    Event,
    Exited,
    Faulted,
    Finished,
    Forked,
    Kill,
    Noted,
    NotForked,
    Rang,
    ReportedHung,
    RequestExit,
    RestartChild,
    Scale,
    SetTimer,
    Shutdown,
    StartProcess,
    StopChild,
    Timer,
)
from supervision.spec import ChildSpec, SupervisorSpec

EXIT_NORMAL = 0
"""Exit status of an actor that was told to stop or has finished."""
EXIT_FAULT = 70
"""Exit status of an actor that leaves because of an error (EX_SOFTWARE of sysexits)."""
EXIT_ESCALATED = 71
"""Exit status of a supervisor that gives up."""


class Phase(Enum):
    """Where a child stands.

    absent -> starting -> ready -> absent | stopping -> absent; absent -> backing_off -> starting; failed is an absent
    child that is not started again by itself.
    """

    ABSENT = "absent"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    BACKING_OFF = "backing_off"
    FAILED = "failed"


ALIVE = frozenset({Phase.STARTING, Phase.READY, Phase.STOPPING})


@dataclass(frozen=True, slots=True)
class Row:
    """One child.

    Attributes:
        spec: its declaration, with its full name.
        phase: where it stands.
        incarnation: its present or last life, 0 before the first.
        pid: its process, 0 where none is known.
        up: whether it should run.
        cycle: it has to go down before it comes up again.
        retired: forget it once it is down.
        hold_until: not to be started before, seconds of the monotonic clock.
        failures: failures in a row.
        restarts: restarts after failures in all.
        since: when it entered its phase.
        reason: why it last went down, or is about to.
    """

    spec: ChildSpec
    phase: Phase = Phase.ABSENT
    incarnation: int = 0
    pid: int = 0
    up: bool = True
    cycle: bool = False
    retired: bool = False
    hold_until: float = 0.0
    failures: int = 0
    restarts: int = 0
    since: float = 0.0
    reason: str = ""

    @property
    def alive(self) -> bool:
        """Whether a process of it may exist."""
        return self.phase in ALIVE

    @property
    def doomed(self) -> bool:
        """Whether its process has to go."""
        return self.alive and (self.cycle or not self.up)


@dataclass(frozen=True, slots=True)
class SupervisorState:
    """A supervisor.

    Attributes:
        spec: its declaration.
        rows: its children by full name, in the order of start.
        next_incarnation: number of the next life; seeded with the clock, so that it grows across restarts of it too.
        window: times of the restarts within the period.
        booted: children may start.
        announced: all were ready once.
        closing: why it is going down, None while it is not.
        escalated: it goes down because of too many restarts.
        finished: it has said so.
    """

    spec: SupervisorSpec
    rows: dict[str, Row]
    next_incarnation: int
    window: tuple[float, ...] = ()
    booted: bool = False
    announced: bool = False
    closing: str | None = None
    escalated: bool = False
    finished: bool = False


def initial(spec: SupervisorSpec, seed: int) -> SupervisorState:
    """Make the state before anything happened.

    Args:
        spec: the declaration.
        seed: first incarnation number; milliseconds of the wall clock make it grow across restarts.

    Returns:
        the state.
    """
    return SupervisorState(spec, {child.name: Row(child) for child in spec.members()}, seed)


def describe_exit(code: int) -> str:
    """Put an exit status into words."""
    if code < 0:
        return f"killed by signal {-code}"
    return {EXIT_NORMAL: "left normally", EXIT_FAULT: "left after a fault", EXIT_ESCALATED: "gave up"}.get(
        code, f"exit status {code}"
    )


def step(
    state: SupervisorState, event: Event, now: float, rng: random.Random
) -> tuple[SupervisorState, tuple[Effect, ...]]:
    """Take one event.

    Args:
        state: the supervisor before it.
        event: what happened.
        now: seconds of the monotonic clock.
        rng: source of the backoff's jitter.

    Returns:
        the supervisor after it, and what to do, in order.

    Raises:
        AdminError: a person's command names no child, or a size out of bounds; the state is as before.
    """
    turn = _Turn(state, now, rng)
    turn.take(event)
    turn.reconcile()
    return turn.done(), tuple(turn.effects)


@dataclass(slots=True)
class _Turn:
    """The state while one event is taken."""

    before: SupervisorState
    now: float
    rng: random.Random
    effects: list[Effect] = field(default_factory=list)
    rows: dict[str, Row] = field(init=False)
    changes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = dict(self.before.rows)

    def get(self, name: str) -> Any:
        return self.changes.get(name, getattr(self.before, name))

    def put(self, row: Row, **changes: Any) -> Row:
        if "phase" in changes and changes["phase"] is not row.phase:
            changes.setdefault("since", self.now)
        after = dataclasses.replace(row, **changes)
        self.rows[row.spec.name] = after
        return after

    def done(self) -> SupervisorState:
        return dataclasses.replace(self.before, rows=self.rows, **self.changes)

    # --- events ---

    def take(self, event: Event) -> None:
        match event:
            case Boot():
                self.changes["booted"] = True
            case Shutdown(reason):
                if self.get("closing") is None:
                    self.close(reason, escalated=False)
            case RestartChild(name):
                row = self.known(name)
                self.put(row, up=True, retired=False, cycle=row.alive, hold_until=0.0, failures=0, reason="restarted")
            case StopChild(name):
                self.put(self.known(name), up=False, reason="stopped")
            case Scale(size):
                self.scale(size)
            case Rang(timer):
                self.rang(timer)
            case _:
                self.of_child(event)

    def known(self, name: str) -> Row:
        if self.get("closing") is not None:
            raise AdminError(f"{self.before.spec.name} is going down")
        row = self.rows.get(name)
        if row is None:
            raise AdminError(f"{self.before.spec.name} has no child {name}")
        return row

    def of_child(self, event: Event) -> None:
        if not isinstance(event, Forked | NotForked | BecameReady | Faulted | Exited | ReportedHung):
            raise TypeError(f"not an event: {event!r}")
        row = self.rows.get(event.name)
        any_life = isinstance(event, ReportedHung) and event.incarnation == 0
        if row is None or not row.alive or (row.incarnation != event.incarnation and not any_life):
            return  # of an earlier life, or told twice
        match event:
            case Forked(pid=pid):
                self.put(row, pid=pid)
            case BecameReady():
                if row.phase is Phase.STARTING:
                    self.put(row, phase=Phase.READY)
            case Faulted(reason=reason, leaving=leaving):
                if leaving:
                    self.put(row, reason=reason)
                self.effects.append(Noted(event.name, "fault", reason))
            case ReportedHung(reason=reason):
                self.put(row, reason=f"hung: {reason}")
                self.effects.append(Kill(event.name, row.incarnation, f"hung: {reason}"))
            case NotForked(reason=reason):
                self.gone(self.put(row, reason=reason), EXIT_FAULT)
            case Exited(code=code):
                self.gone(row, code)

    def rang(self, timer: Timer) -> None:
        row = self.rows.get(timer.name)
        if row is None or row.incarnation != timer.incarnation:
            return
        if timer.kind == "ready" and row.phase is Phase.STARTING:
            reason = f"not ready within {row.spec.ready_ms} ms"
            self.put(row, reason=reason)
            self.effects.append(Kill(timer.name, timer.incarnation, reason))
        elif timer.kind == "stop" and row.phase is Phase.STOPPING:
            reason = f"still there {row.spec.shutdown_ms} ms after the exit request"
            self.effects.append(Kill(timer.name, timer.incarnation, reason))
        elif timer.kind == "start" and row.phase is Phase.BACKING_OFF:
            self.put(row, phase=Phase.ABSENT, hold_until=0.0)

    def gone(self, row: Row, code: int) -> None:
        asked = row.phase is Phase.STOPPING
        ripe = row.phase is Phase.READY and self.now - row.since >= self.before.spec.period_s
        words = describe_exit(code)
        reason = row.reason if code in (EXIT_FAULT, EXIT_ESCALATED) and row.reason else words
        if row.reason.startswith(("hung", "not ready")):
            reason = row.reason
        row = self.put(row, phase=Phase.ABSENT, pid=0, cycle=False, reason=row.reason if asked else reason)
        if asked or not row.up or self.get("closing") is not None:
            return
        normal = code == EXIT_NORMAL
        if row.spec.restart == "temporary" or (row.spec.restart == "transient" and normal):
            self.put(row, up=False, phase=Phase.ABSENT if normal else Phase.FAILED)
            self.effects.append(Noted(row.spec.name, "not restarted", reason))
            return
        self.fail(row, ripe=ripe)

    def fail(self, row: Row, *, ripe: bool) -> None:
        spec = self.before.spec
        window = (*(at for at in self.get("window") if at > self.now - spec.period_s), self.now)
        self.changes["window"] = window
        if len(window) > spec.intensity:
            self.close(f"{row.spec.name}: {len(window)} restarts in {spec.period_s:g} s: {row.reason}", escalated=True)
            return
        failures = 1 if ripe else row.failures + 1
        hold = self.now + spec.backoff.delay(failures, self.rng.random())
        self.put(row, failures=failures, restarts=row.restarts + 1, hold_until=hold)
        self.effects.append(Noted(row.spec.name, "restart", row.reason))
        if spec.strategy == "one_for_one":
            return
        after = False
        for other in list(self.rows.values()):
            if other.spec.name == row.spec.name:
                after = True
            elif other.alive and (after or spec.strategy == "one_for_all"):
                stays_down = other.spec.restart == "temporary"
                self.put(other, cycle=True, up=other.up and not stays_down, hold_until=hold, reason="sibling died")

    def close(self, reason: str, *, escalated: bool) -> None:
        self.changes.update(closing=reason, escalated=escalated)
        for row in list(self.rows.values()):
            self.put(row, up=False, reason=row.reason if escalated else reason)

    def scale(self, size: int) -> None:
        spec = self.before.spec
        if self.get("closing") is not None:
            raise AdminError(f"{spec.name} is going down")
        if spec.pool is None:
            raise AdminError(f"{spec.name} is not a pool")
        if not spec.pool.minimum <= size <= spec.pool.maximum:
            raise AdminError(f"size {size} is not between {spec.pool.minimum} and {spec.pool.maximum}")
        wanted = {spec.member(index).name: spec.member(index) for index in range(size)}
        fixed = len(spec.children)
        for name, row in list(self.rows.items())[fixed:]:
            if name not in wanted:
                self.put(row, up=False, retired=True, reason="scaled down")
        for name, child in wanted.items():
            present = self.rows.get(name)
            if present is None:
                self.rows[name] = Row(child, since=self.now)
            elif present.retired:
                self.put(present, up=True, retired=False)

    # --- one pass over the rows ---

    def reconcile(self) -> None:
        self.stop_doomed()
        for name, row in list(self.rows.items()):
            if row.retired and not row.alive:
                del self.rows[name]
            elif row.phase is Phase.BACKING_OFF and not row.up:
                self.put(row, phase=Phase.ABSENT)
        if self.get("closing") is not None:
            if not any(row.alive for row in self.rows.values()) and not self.get("finished"):
                self.changes["finished"] = True
                self.effects.append(Finished(self.get("escalated"), self.get("closing")))
            return
        if self.get("booted"):
            self.start_wanted()
            if not self.get("announced") and all(r.phase is Phase.READY for r in self.rows.values() if r.up):
                self.changes["announced"] = True
                self.effects.append(AllReady())

    def stop_doomed(self) -> None:
        side_by_side = self.before.spec.pool is not None
        for row in reversed(self.rows.values()):
            if not row.doomed:
                continue
            if row.phase is not Phase.STOPPING:
                stopping = self.put(row, phase=Phase.STOPPING)
                self.effects.append(RequestExit(row.spec.name, row.incarnation, stopping.reason))
                timer = Timer("stop", row.spec.name, row.incarnation)
                self.effects.append(SetTimer(timer, row.spec.shutdown_ms / 1000))
            if not side_by_side:
                return

    def start_wanted(self) -> None:
        strategy = self.before.spec.strategy
        if strategy != "one_for_one" and any(row.doomed for row in self.rows.values()):
            return
        for row in list(self.rows.values()):
            if row.up and row.phase is not Phase.READY:
                if not row.alive:
                    self.start_or_hold(row)
                if strategy == "rest_for_one":
                    return

    def start_or_hold(self, row: Row) -> None:
        name = row.spec.name
        if row.hold_until > self.now:
            if row.phase is not Phase.BACKING_OFF:
                self.put(row, phase=Phase.BACKING_OFF)
                timer = Timer("start", name, row.incarnation)
                self.effects.append(SetTimer(timer, row.hold_until - self.now))
            return
        incarnation: int = self.get("next_incarnation")
        self.changes["next_incarnation"] = incarnation + 1
        self.put(row, phase=Phase.STARTING, incarnation=incarnation, pid=0, hold_until=0.0)
        self.effects.append(StartProcess(row.spec, incarnation))
        self.effects.append(SetTimer(Timer("ready", name, incarnation), row.spec.ready_ms / 1000))
