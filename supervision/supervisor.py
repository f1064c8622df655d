"""The supervisor's process: carries out what the pure core decides."""

from __future__ import annotations

import importlib
import os
import random
import time
from collections import deque
from functools import partial
from typing import Any, ClassVar

import msgspec
from thespian.actors import ChildActorExited

from messages.admin import AdminAnswer, AdminRequest
from messages.control import Ready, Registered, Start, Stop, Unregistered
from messages.health import Fault, Hung
from messages.wire import Wire
from supervision import process
from supervision.admin_desk import WHOLE
from supervision.core import EXIT_ESCALATED, Phase, SupervisorState, initial, step
from supervision.describe import describe_child, describe_supervisor
from supervision.errors import AdminError, UnknownVerbError
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
)
from supervision.gather import Questions
from supervision.handle import Handle
from supervision.parcel import Address
from supervision.process_actor import ProcessActor
from supervision.spec import SUPERVISOR_SPEC

_SWEEP_S = 0.5
"""SIGCHLD wakes a supervisor at once; should one get lost, the next look at the children is this far away."""
_REPEAT_START_S = 3.0
_ORPHANS_S = 0.005
_FAULTS_KEPT = 20
_SILENT_MOST = 3
_FORWARDED = ("pause", "resume", "drain")


class Supervisor(ProcessActor):
    """Start, watch, and restart children as a declaration says."""

    exit_on_fault: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.state: SupervisorState | None = None
        self.questions = Questions()
        self._handles: dict[str, Handle] = {}
        self._faults: deque[dict[str, Any]] = deque(maxlen=_FAULTS_KEPT)
        self._rng = random.Random()  # noqa: S311 - jitter
        self._told: dict[str, str] = {}
        self._in_step = False
        self._queue: deque[Event] = deque()

    # --- life ---

    def started(self, config: bytes) -> None:
        """Read the declaration and start the children."""
        spec = SUPERVISOR_SPEC.decode(config)
        self.state = initial(spec, int(time.time() * 1000))
        self.timers.after(_SWEEP_S, self._sweep_again, key="sweep")
        self.timers.after(spec.heartbeat_s, self._heartbeat, key="heartbeat")
        self.timers.after(0, lambda: self.happened(Boot()))

    def became_ready(self) -> None:
        """Wait for the children: the core says when."""

    def announce(self) -> None:
        """Tell the parent that all children are ready, for the first time."""
        super().became_ready()

    def _stop(self, reason: str) -> None:
        if self.state is None:
            self.leave(reason)
        self.happened(Shutdown(reason))

    # --- the core ---

    def happened(self, event: Event) -> None:
        """Take an event through the core and carry out the effects; events that these cause follow in order."""
        self._queue.append(event)
        if self._in_step:
            return
        self._in_step = True
        try:
            while self._queue and self.state is not None:
                self.state, effects = step(self.state, self._queue.popleft(), time.monotonic(), self._rng)
                for effect in effects:
                    self._carry(effect)
        finally:
            self._in_step = False

    def _carry(self, effect: Effect) -> None:
        match effect:
            case StartProcess():
                self._fork(effect)
            case RequestExit(name, incarnation, reason):
                handle = self._handle(name, incarnation)
                if handle is not None:
                    self.tell(handle.created, Stop(reason=reason))
            case Kill(name, incarnation, reason):
                self.log.warning("kill", child=name, life=incarnation, reason=reason)
                handle = self._handle(name, incarnation)
                if handle is not None:
                    self.counters["kills"] += 1
                    process.kill(handle.process.pid)
            case SetTimer(timer, after_s):
                self.timers.after(after_s, lambda: self.happened(Rang(timer)))
            case AllReady():
                self.announce()
            case Finished(escalated, reason):
                self._finish(reason, escalated=escalated)
            case Noted(name, what, detail):
                self.counters[what.replace(" ", "_")] += 1
                self.log.warning(what, child=name, detail=detail)

    def _finish(self, reason: str, *, escalated: bool) -> None:
        if escalated:
            self.report_fault(AdminError(reason), "supervising", leaving=True)
            self.leave(reason, EXIT_ESCALATED)
        self.leave(reason)

    def _handle(self, name: str, incarnation: int) -> Handle | None:
        handle = self._handles.get(name)
        return handle if handle is not None and handle.incarnation == incarnation else None

    def _fork(self, effect: StartProcess) -> None:
        spec, incarnation = effect.spec, effect.incarnation
        module, _, cls = spec.actor.partition(":")
        try:
            getattr(importlib.import_module(module), cls)
        except Exception as error:  # noqa: BLE001 - whatever a module raises, the child cannot start; reported
            self._queue.append(NotForked(spec.name, incarnation, f"{type(error).__name__}: {error}"))
            return
        created = self.createActor(f"{module}.{cls}")
        children = getattr(self._myRef, "_child_procs", ())
        child = next((info.childProc for info in children if info.childAddr is created), None)
        if child is None:
            self._queue.append(NotForked(spec.name, incarnation, "its process could not be made"))
            return
        self._handles[spec.name] = Handle(incarnation, created, child, begun=time.monotonic())
        self._tell_start(spec.name)
        self._queue.append(Forked(spec.name, incarnation, child.pid))

    def _tell_start(self, name: str) -> None:
        assert self.state is not None
        spec = self.state.rows[name].spec
        handle = self._handles[name]
        start = Start(name=name, incarnation=handle.incarnation, config=spec.config, logs=self.logs, level=self.level)
        root = self.root if self.root is not None else self.myAddress
        self.tell(handle.created, start, addresses=(self.myAddress, root))

    # --- what children do ---

    def supervise(self, message: Wire, sender: Address) -> None:
        """Take what children, and those who wait for them, report."""
        match message:
            case Ready(name=name, incarnation=incarnation):
                handle = self._handle(name, incarnation)
                if handle is not None:
                    handle.address = sender
                    if self.paused_now:
                        verb = "drain" if self.draining_now else "pause"
                        self.tell(sender, AdminRequest(id=0, target=name, verb=verb, arguments=self._told))
                    self.happened(BecameReady(name, incarnation))
                    self.register(Registered(name=name, incarnation=incarnation), sender)
            case Fault():
                self._faults.append(
                    {
                        "name": message.name,
                        "incarnation": message.incarnation,
                        "doing": message.doing,
                        "error": message.error,
                        "at": time.time(),
                    }
                )
                reason = f"{message.doing}: {message.error}"
                self.happened(Faulted(message.name, message.incarnation, reason, message.leaving))
            case Hung(name=name, incarnation=incarnation, reason=reason, reporter=reporter):
                self.counters["hung"] += 1
                self.happened(ReportedHung(name, incarnation, f"{reason} ({reporter})" if reporter else reason))
            case AdminAnswer():
                self.questions.answered(message)
            case _:
                super().supervise(message, sender)

    def took_other(self, message: Any, sender: Address) -> None:
        """Look at the children when Thespian says that one is gone: it may say so twice, and not why."""
        if isinstance(message, ChildActorExited):
            self._sweep()
        else:
            super().took_other(message, sender)

    def _sweep_again(self) -> None:
        self._sweep()
        now = time.monotonic()
        for name, handle in list(self._handles.items()):
            row = self.state.rows.get(name) if self.state is not None else None
            if row is None or row.phase is not Phase.STARTING or handle.told > 2:
                continue
            if now - handle.begun > _REPEAT_START_S * handle.told:
                # The first message to a new actor can vanish on Thespian; the actor ignores one that comes twice.
                handle.told += 1
                self._tell_start(name)
        self.timers.after(_SWEEP_S, self._sweep_again, key="sweep")

    def _sweep(self) -> None:
        dead = [(name, handle) for name, handle in self._handles.items() if not handle.process.is_alive()]
        if not dead:
            return
        left = process.orphans(os.getsid(0))
        if left:
            # What a dead child leaves behind goes first: no successor may start beside an orphan of its predecessor.
            self.counters["orphans_killed"] += len(left)
            for pid in left:
                process.kill(pid)
            self.timers.after(_ORPHANS_S, self._sweep, key="orphans")
            return
        for name, handle in dead:
            code = handle.process.exitcode
            del self._handles[name]
            self.questions.lost(name, handle.incarnation)
            if handle.address is not None:
                self.register(Unregistered(name=name, incarnation=handle.incarnation), None)
            self.log.info("child exited", child=name, life=handle.incarnation, code=code)
            self.happened(Exited(name, handle.incarnation, int(code) if code is not None else -9))

    def _heartbeat(self) -> None:
        assert self.state is not None
        every = self.state.spec.heartbeat_s
        for name, row in list(self.state.rows.items()):
            handle = self._handles.get(name)
            if row.spec.kind == "supervisor" and row.phase is Phase.READY and handle and handle.address:
                if handle.silent >= _SILENT_MOST:
                    reason = f"silent for {handle.silent * every:g} s"
                    self.happened(ReportedHung(name, handle.incarnation, reason))
                    continue
                handle.silent += 1
                question = self.questions.open(partial(self._heard, handle))
                number = self.questions.asked(question, name, handle.incarnation)
                self.tell(handle.address, AdminRequest(id=number, target=name, verb="ping"))
        self.timers.after(every, self._heartbeat, key="heartbeat")

    @staticmethod
    def _heard(handle: Handle, answers: dict[str, AdminAnswer]) -> None:
        if any(answer.ok for answer in answers.values()):
            handle.silent = 0

    def register(self, change: Registered | Unregistered, address: Address | None) -> None:
        """Tell the root who has become ready or is gone."""
        if self.root is not None:
            self.tell(self.root, change, addresses=(address,) if address is not None else ())

    # --- admin ---

    def take_admin(self, request: AdminRequest, sender: Address) -> None:
        """Answer what needs the children's answers later, all else at once."""
        if request.verb in _FORWARDED and self.state is not None:
            self._forward(request, sender)
        elif request.verb == "tree" and self.state is not None:
            self._tree(request, sender)
        else:
            super().take_admin(request, sender)

    def ask_children(self, request: AdminRequest, names: list[str], sender: Address, *, then: Any) -> None:
        """Send a request on to some children and go on when they have answered, or the time is over."""
        question = self.questions.open(then)
        wait_ms = max(request.timeout_ms - 100, 50)
        for name in names:
            handle = self._handles.get(name)
            if handle is None or handle.address is None:
                self.questions.refused(question, name, f"{name} is not ready")
            elif not self.questions.may_ask(name, handle.incarnation):
                self.questions.refused(question, name, f"{name} has not answered earlier questions")
            else:
                number = self.questions.asked(question, name, handle.incarnation)
                onward = AdminRequest(
                    id=number, target=name, verb=request.verb, arguments=request.arguments, timeout_ms=wait_ms
                )
                self.tell(handle.address, onward)
        del sender
        self.timers.after(wait_ms / 1000, lambda: self.questions.expired(question, wait_ms))
        self.questions.sent(question)

    def _forward(self, request: AdminRequest, sender: Address) -> None:
        assert self.state is not None
        names = [name for name, row in self.state.rows.items() if row.phase is Phase.READY]
        if self._supervisor is None:
            request = msgspec.structs.replace(request, arguments={**request.arguments, WHOLE: "yes"})
        # Children that become ready later are told as well.
        self._told = request.arguments
        self.paused_now = request.verb != "resume"
        self.draining_now = request.verb == "drain"

        def answer(answers: dict[str, AdminAnswer]) -> None:
            wrong = [f"{name}: {each.error}" for name, each in answers.items() if not each.ok]
            children = {name: each.result for name, each in answers.items() if each.ok}
            self.desk.answer(request, sender, result={"children": children}, error="; ".join(wrong))

        self.ask_children(request, names, sender, then=answer)

    def _tree(self, request: AdminRequest, sender: Address) -> None:
        assert self.state is not None
        rows = self.state.rows
        below = [name for name, row in rows.items() if row.spec.kind == "supervisor" and row.phase is Phase.READY]

        def answer(answers: dict[str, AdminAnswer]) -> None:
            children = []
            for entry in self.describe_children():
                given = answers.get(entry["name"])
                if given is not None:
                    entry["children"] = given.result.get("children", [])
                    entry["strategy"] = given.result.get("strategy", "")
                    if not given.ok:
                        entry["error"] = given.error
                children.append(entry)
            self.desk.answer(request, sender, result=self.describe() | {"children": children})

        self.ask_children(request, below, sender, then=answer)

    def describe(self) -> dict[str, Any]:
        """Tell about the supervisor itself."""
        assert self.state is not None
        return describe_supervisor(self.state, self.incarnation, time.monotonic())

    def describe_children(self) -> list[dict[str, Any]]:
        """Tell about each child, as the core's table has it."""
        assert self.state is not None
        now = time.monotonic()
        return [describe_child(row, now) for row in self.state.rows.values()]

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:
        """Carry out a person's command on the children."""
        assert self.state is not None
        match verb:
            case "children":
                return self.describe() | {"children": self.describe_children(), "faults": list(self._faults)}
            case "restart" | "start":
                return self._command(RestartChild(self._child(arguments)), arguments)
            case "stop":
                return self._command(StopChild(self._child(arguments)), arguments)
            case "scale":
                self.happened(Scale(int(arguments.get("size", ""))))
                return {"size": sum(row.up for row in self.state.rows.values()) - len(self.state.spec.children)}
            case _:
                raise UnknownVerbError(f"{self.name} does not know {verb!r}")

    def _child(self, arguments: dict[str, str]) -> str:
        assert self.state is not None
        name = self.state.spec.full_name(arguments.get("child", ""))
        if name not in self.state.rows:
            raise AdminError(f"{self.name} has no child {name!r}")
        return name

    def _command(self, event: Event, arguments: dict[str, str]) -> dict[str, Any]:
        self.happened(event)
        assert self.state is not None
        row = self.state.rows[self._child(arguments)]
        return {"name": row.spec.name, "phase": row.phase.value, "incarnation": row.incarnation}

    def status(self) -> dict[str, Any]:
        """Add the children to the status."""
        base = super().status()
        return base | (self.describe() if self.state is not None else {})
