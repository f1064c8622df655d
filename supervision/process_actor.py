"""The base of every actor process: a Thespian actor that keeps to a contract.

It says when it is ready, keeps one timer heap, lets no exception reach Thespian (which would hand the same message to
the same instance again), counts and drops what it cannot read, and exits with a status that its supervisor knows.
"""

from __future__ import annotations

import os
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar, NoReturn, Union

from thespian.actors import Actor, ActorExitRequest, ThespianWatch, WakeupMessage, WatchMessage
from thespian.system.transport import TransmitOnly

from messages.admin import AdminAnswer, AdminRequest
from messages.control import Directory, DirectorySeen, Ready, Registered, Start, Stop, Unregistered
from messages.health import Fault, Hung
from messages.wire import Codec, Wire, WireError, encode
from supervision.admin_desk import AdminDesk
from supervision.core import EXIT_FAULT, EXIT_NORMAL
from supervision.errors import UnknownVerbError
from supervision.logs import open_log
from supervision.parcel import Address, Parcel
from supervision.process import set_process_name
from supervision.quiet_trace import quiet_trace
from supervision.timers import Timer, Timers

_BASE_TYPES = (
    (Start | Ready | Stop | Registered | Unregistered | Directory | DirectorySeen | Fault | Hung)
    | AdminRequest
    | AdminAnswer
)
_FLUSH_S = 0.2
_TRACE_CHARACTERS = 16_384
_NO_NAMES: Mapping[str, Address] = MappingProxyType({})
_NO_NUMBERS: Mapping[str, int] = MappingProxyType({})


class ProcessActor(Actor):  # type: ignore[misc]
    """Base of every actor process.

    Attributes:
        accepts: union of the message types that it receives beside those of this package.
        serves: whether others wait for its answers, so that it works on while the whole system drains.
        exit_on_fault: whether an exception that escapes a hook ends this incarnation (its supervisor starts another).
        name: full name, given by the supervisor.
        incarnation: number of this life.
        log: structlog logger, bound to the name.
        counters: totals since the start, by name; part of the status.
        gauges: present values, by name; part of the status.
        directory: address of every ready actor of the system, by full name.
        incarnations: incarnation of every ready actor, by full name.
        timers: the actor's timers.
        paused_now: between ``pause`` and ``resume``.
        draining_now: after ``drain``.
        logs: folder of the log files.
        level: least level that is logged.
        root: address of the root; None in the root itself.
        beside: addresses that came with the message at hand.
    """

    accepts: ClassVar[Any] = None
    serves: ClassVar[bool] = False
    exit_on_fault: ClassVar[bool] = True

    name: str = ""
    incarnation: int = 0
    log: Any = None
    logs: str = ""
    level: str = "info"

    def __init__(self) -> None:
        super().__init__()
        self.counters: Counter[str] = Counter()
        self.gauges: dict[str, float] = {}
        self.directory: Mapping[str, Address] = _NO_NAMES
        self.incarnations: Mapping[str, int] = _NO_NUMBERS
        self.timers = Timers(time.monotonic, self._wake)
        self.paused_now = False
        self.draining_now = False
        self._codec: Codec[Wire] = Codec(
            _BASE_TYPES if self.accepts is None else Union[_BASE_TYPES, self.accepts]  # noqa: UP007 - at run time
        )
        self._watched: dict[int, None] = {}
        self._supervisor: Address | None = None
        self.root: Address | None = None
        self.beside: tuple[Address, ...] = ()
        self._is_ready = False
        self.born = time.monotonic()
        self.desk = AdminDesk(self)

    # --- hooks ---

    def started(self, config: bytes) -> None:
        """Open resources; the actor is reported ready when this returns.

        Args:
            config: the settings from the declaration.
        """

    def received(self, message: Wire, sender: Address) -> None:  # noqa: ARG002 - for subclasses
        """Handle a message of a type that the class accepts."""
        self.counters["unexpected"] += 1

    def readable(self, fd: int) -> None:
        """Handle a watched file descriptor that has something to read."""

    def directory_changed(self) -> None:
        """Act on a change of ``directory``."""

    def stopping(self, reason: str) -> None:
        """Flush and close; the process ends when this returns."""

    def paused(self) -> None:
        """Take no new work."""

    def resumed(self) -> None:
        """Take work again, after a pause or a drain."""

    def drained(self) -> bool:
        """Tell whether all work at hand is done; asked again and again while draining."""
        return True

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:  # noqa: ARG002 - for subclasses
        """Answer an admin message.

        Args:
            verb: what is asked.
            arguments: its arguments.

        Returns:
            the facts of the answer.

        Raises:
            UnknownVerbError: the actor does not know the verb.
            AdminError: it cannot be done; the text is the answer.
        """
        raise UnknownVerbError(f"{self.name} does not know {verb!r}")

    # --- services ---

    def tell(self, to: Address, message: Wire, *, addresses: tuple[Address, ...] = ()) -> None:
        """Send a message.

        Args:
            to: address of the receiver.
            message: the message; one that cannot be encoded raises here, before anything is sent.
            addresses: addresses that go beside it.

        Raises:
            WireError: it cannot be encoded.
        """
        self.send(to, Parcel(encode(message), addresses))
        self.counters["told"] += 1

    def tell_name(self, name: str, message: Wire) -> bool:
        """Send a message to a ready actor by its full name.

        Returns:
            False when no such actor is ready now, and nothing was sent.
        """
        to = self.directory.get(name)
        if to is None:
            return False
        self.tell(to, message)
        return True

    def watch(self, fd: int) -> None:
        """Call ``readable`` whenever a file descriptor has something to read."""
        self._watched[fd] = None

    def unwatch(self, fd: int) -> None:
        """Watch a file descriptor no more; to be called before it is closed."""
        self._watched.pop(fd, None)

    def report_fault(self, error: BaseException, doing: str, *, leaving: bool = False) -> None:
        """Tell the supervisor and the log of an error.

        Args:
            error: what was raised.
            doing: what the actor was doing.
            leaving: whether it exits because of it.
        """
        trace = "".join(traceback.format_exception(error))[-_TRACE_CHARACTERS:]
        line = f"{type(error).__name__}: {error}"
        self.counters["faults"] += 1
        if self.log is not None:
            quiet, quiet_lines = quiet_trace(error)
            quiet_lines = quiet_lines[-_TRACE_CHARACTERS:]
            self.log.error("fault", doing=doing, error=quiet, exception=quiet_lines, leaving=leaving)
        if self._supervisor is not None:
            clean = (
                line.encode("utf-8", "backslashreplace").decode(),
                trace.encode("utf-8", "backslashreplace").decode(),
            )
            self.tell(
                self._supervisor,
                Fault(
                    name=self.name,
                    incarnation=self.incarnation,
                    doing=doing,
                    error=clean[0][:1000],
                    traceback=clean[1],
                    leaving=leaving,
                ),
            )

    def report_hung(self, name: str, reason: str, incarnation: int | None = None) -> bool:
        """Tell the supervisor of another actor that it hangs, which has it killed and started anew.

        Args:
            name: full name of the actor that hangs.
            reason: what was waited for.
            incarnation: which life of it; the one in the directory by default.

        Returns:
            False when its supervisor is not ready now, or the actor has no entry in the directory any more.
        """
        life = self.incarnations.get(name) if incarnation is None else incarnation
        if life is None:
            return False
        # The root is not in the directory: its address came with the start.
        above = name.rpartition("/")[0]
        supervisor = self.directory.get(above) if above else self.root
        if supervisor is None:
            return False
        self.tell(supervisor, Hung(name=name, incarnation=life, reason=reason, reporter=self.name))
        return True

    def leave(self, reason: str, status: int = EXIT_NORMAL) -> NoReturn:
        """End this process; what was sent is given 0.2 s to go out.

        Args:
            reason: for the log.
            status: exit status; normal for work that is finished.
        """
        if self.log is not None:
            self.log.info("leaving", reason=reason, status=status)
        deadline = time.monotonic() + _FLUSH_S
        try:
            # Each run ends with the first message that has gone out, and tells how many have not.
            while (left := deadline - time.monotonic()) > 0:
                if not self._myRef.transport.run(TransmitOnly, timedelta(seconds=left)):
                    break
        except Exception as error:  # noqa: BLE001 - the process ends in any case, and its status is what counts
            if self.log is not None:
                self.log.warning("unsent", error=str(error))
        raise SystemExit(status)

    def status(self) -> dict[str, Any]:
        """Tell how the actor is: the answer to the admin verb ``status``."""
        return self.desk.status()

    # --- the machinery ---

    def receiveMessage(self, message: Any, sender: Address) -> ThespianWatch | None:  # noqa: N802 - Thespian's name
        """Take one message from Thespian; nothing but an exit of the process escapes."""
        self._guard(lambda: self._take(message, sender), "taking a message")
        return ThespianWatch(list(self._watched)) if self._watched else None

    def _guard(self, call: Callable[[], None], doing: str) -> bool:
        """Make a call; an exception is reported, and ends the incarnation. The no-retry guard."""
        try:
            call()
        except Exception as error:  # noqa: BLE001 - reported; Thespian would run the same message again
            leaving = self.exit_on_fault
            self.report_fault(error, doing, leaving=leaving)
            if leaving:
                self.leave(f"{doing}: {error}", EXIT_FAULT)
            return False
        return True

    def _take(self, message: Any, sender: Address) -> None:
        if isinstance(message, Parcel):
            self._take_parcel(message, sender)
        elif isinstance(message, WakeupMessage):
            for callback in self.timers.woken():
                self._guard(callback, "a timer")
        elif isinstance(message, WatchMessage):
            for fd in message.ready:
                if fd in self._watched:
                    self.readable(fd)
        elif isinstance(message, ActorExitRequest):
            self._stop("exit requested")
        else:
            self.took_other(message, sender)

    def took_other(self, message: Any, sender: Address) -> None:  # noqa: ARG002 - for subclasses
        """Take a message of Thespian's own."""
        self.counters[f"other.{type(message).__name__}"] += 1

    def _take_parcel(self, parcel: Parcel, sender: Address) -> None:
        try:
            message = self._codec.decode(parcel.data)
        except (WireError, TypeError) as error:
            self.counters["bad_messages"] += 1
            if self.log is not None:
                self.log.warning("bad message", error=str(error), size=len(parcel.data))
            return
        self.counters["received"] += 1
        if isinstance(message, Start):
            self._start(message, parcel.addresses)
        elif not self._is_ready:
            self.counters["early"] += 1
            if isinstance(message, Stop):
                self.leave(message.reason)
        else:
            self.beside = parcel.addresses
            self._dispatch(message, sender)

    def _dispatch(self, message: Wire, sender: Address) -> None:
        match message:
            case Directory():
                self._take_directory(message)
            case AdminRequest():
                self.take_admin(message, sender)
            case Stop(reason=reason):
                self._stop(reason)
            case Ready() | Registered() | Unregistered() | DirectorySeen() | Fault() | Hung() | AdminAnswer():
                self.supervise(message, sender)
            case _:
                self.received(message, sender)

    def supervise(self, message: Wire, sender: Address) -> None:  # noqa: ARG002 - for subclasses
        """Take a message that only supervisors understand."""
        self.counters["unexpected"] += 1

    def _start(self, start: Start, addresses: tuple[Address, ...]) -> None:
        if self.name:
            return  # sent again because the first might have been lost
        self.name, self.incarnation = start.name, start.incarnation
        self.logs, self.level = start.logs, start.level
        self._supervisor = addresses[0] if addresses else None
        self.root = addresses[1] if len(addresses) > 1 else None
        set_process_name("majlis:" + "/".join(part[-8:] for part in start.name.split("/")))
        self.log = open_log(start.logs, start.name, start.level, incarnation=start.incarnation, pid=os.getpid())

        def open_resources() -> None:
            self.started(start.config)
            self._is_ready = True

        try:
            open_resources()
        except Exception as error:  # noqa: BLE001 - a failed start is reported, and the supervisor decides
            self.report_fault(error, "starting", leaving=True)
            self.leave(f"failed start: {error}", EXIT_FAULT)
        self.became_ready()

    def became_ready(self) -> None:
        """Tell the supervisor; a supervisor does so only when its children are ready."""
        self.log.info("ready", seconds=round(time.monotonic() - self.born, 3))
        if self._supervisor is not None:
            self.tell(self._supervisor, Ready(name=self.name, incarnation=self.incarnation, pid=os.getpid()))

    def _take_directory(self, message: Directory) -> None:
        self.directory = MappingProxyType(dict(zip(message.names, self.beside, strict=True)))
        self.incarnations = MappingProxyType(dict(zip(message.names, message.incarnations, strict=True)))
        if self.root is not None:
            seen = DirectorySeen(name=self.name, incarnation=self.incarnation, version=message.version)
            self.tell(self.root, seen)
        self.directory_changed()

    def _stop(self, reason: str) -> None:
        if self._is_ready:
            self._is_ready = False
            self.stopping(reason)
        self.leave(reason)

    # --- admin messages ---

    def take_admin(self, request: AdminRequest, sender: Address) -> None:
        """Carry out an admin request and answer it."""
        self.desk.take(request, sender)

    # --- Thespian ---

    def _wake(self, seconds: float) -> None:
        self.wakeupAfter(timedelta(seconds=seconds))


__all__ = ["Address", "ProcessActor", "Timer"]
