"""The root supervisor: top of the tree, keeper of the directory, and the door for admin messages."""

from __future__ import annotations

import os
import socket
from typing import Any

from actors.system.boot_control import Connection, ControlError
from actors.system.transport import CURRENT
from messages.admin import ADMIN_REQUEST, AdminAnswer, AdminRequest
from messages.control import DirectorySeen, Ready, Registered, Unregistered
from messages.wire import Codec, Wire, WireError, encode
from supervision.directory import DirectoryBook
from supervision.errors import AdminError
from supervision.events import Shutdown
from supervision.parcel import Address
from supervision.spec import SupervisorSpec
from supervision.supervisor import Supervisor

_PUSH_AFTER_S = 0.005
"""Changes of the directory within this time go out together."""
_SETTLE_S = 1.0
"""A system counts as ready this long after its last actor was, even if one has not taken the directory yet."""
_CONNECTIONS = 48
_UNPROVEN_S = 5.0
_TO_PARENT = ("restart", "start", "stop")


class RootConfig(Wire, frozen=True, tag=134, kw_only=True):
    """What the root is told.

    Attributes:
        spec: the tree.
        control_fd: the inherited control listener.
    """

    spec: SupervisorSpec
    control_fd: int


ROOT_CONFIG: Codec[RootConfig] = Codec(RootConfig)


class Root(Supervisor):
    """The root of the tree."""

    def __init__(self) -> None:
        super().__init__()
        self._book = DirectoryBook()
        self._listener: socket.socket | None = None
        self._connections: dict[int, Connection] = {}
        self._told_ready = False
        self._awaiting_ready: list[tuple[Connection, AdminRequest]] = []

    def started(self, config: bytes) -> None:
        """Open the door, then start the children."""
        told = ROOT_CONFIG.decode(config)
        self._listener = socket.socket(fileno=told.control_fd)
        self._listener.setblocking(False)  # noqa: FBT003 - the library's signature
        self.watch(told.control_fd)
        # Children must not hold the door or its connections open.
        os.register_at_fork(after_in_child=self._close_in_child)
        super().started(encode(told.spec))

    def _close_in_child(self) -> None:
        for connection in self._connections.values():
            connection.sock.close()
        if self._listener is not None:
            self._listener.close()

    def became_ready(self) -> None:
        """Wait for the children."""

    def announce(self) -> None:
        """Tell who waits for it that all is ready, once everybody also knows everybody."""
        self.log.info("all ready", actors=len(self._book.entries))
        self._push()
        self.timers.after(_SETTLE_S, self._tell_ready)

    def _is_all_ready(self) -> bool:
        if self.state is None or not self.state.announced:
            return False
        return self._told_ready or self._book.settled()

    def _tell_ready(self) -> None:
        self._told_ready = True
        waiting, self._awaiting_ready = self._awaiting_ready, []
        for connection, request in waiting:
            self._reply(connection, AdminAnswer(id=request.id, target="root", ok=True, result=self._facts()))

    # --- directory ---

    def register(self, change: Registered | Unregistered, address: Address | None) -> None:
        """Keep the list of ready actors."""
        if isinstance(change, Unregistered):
            struck = self._book.remove(change.name, change.incarnation)
            for name, incarnation in struck:
                self.questions.lost(name, incarnation)
            changed = bool(struck)
        else:
            changed = address is not None and self._book.add(change.name, change.incarnation, address)
        if changed:
            self.timers.after(_PUSH_AFTER_S, self._push, key="push")

    def supervise(self, message: Wire, sender: Address) -> None:
        """Take changes of the directory beside what every supervisor takes."""
        match message:
            case Registered() | Unregistered():
                self.register(message, self.beside[0] if self.beside else None)
            case DirectorySeen(name=name, incarnation=incarnation, version=version):
                self._book.seen(name, incarnation, version)
                if self._awaiting_ready and self._is_all_ready():
                    self._tell_ready()
                if version < self._book.version:
                    self.timers.after(_PUSH_AFTER_S, self._push, key="push")
            case Ready():
                super().supervise(message, sender)
            case _:
                super().supervise(message, sender)

    def _push(self) -> None:
        message, addresses = self._book.message()
        for _name, entry in self._book.due():
            self.tell(entry.address, message, addresses=addresses)
        self.gauges["directory"] = len(self._book.entries)

    # --- the door ---

    def readable(self, fd: int) -> None:
        """Serve the listener or one of its connections."""
        if self._listener is not None and fd == self._listener.fileno():
            self._accept()
            return
        connection = self._connections.get(fd)
        if connection is None:
            self.unwatch(fd)
            return
        try:
            bodies = connection.read()
        except (ControlError, OSError) as error:
            self.counters["control_refused"] += isinstance(error, ControlError)
            self.log.warning("control connection refused", error=str(error))
            bodies = None
        if bodies is None:
            self._drop(connection)
            return
        for body in bodies:
            self._request(connection, body)

    def _accept(self) -> None:
        assert self._listener is not None
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return
        if len(self._connections) >= _CONNECTIONS:
            self.counters["control_refused"] += 1
            sock.close()
            return
        try:
            connection = Connection(sock, CURRENT.key)
        except OSError:
            sock.close()
            return
        fd = sock.fileno()
        self._connections[fd] = connection
        self.watch(fd)
        self.timers.after(_UNPROVEN_S, lambda: None if connection.proven else self._drop(connection))

    def _drop(self, connection: Connection) -> None:
        fd = connection.sock.fileno()
        if fd >= 0:
            self.unwatch(fd)
            self._connections.pop(fd, None)
            connection.sock.close()

    def _reply(self, connection: Connection, answer: AdminAnswer) -> None:
        if connection.sock.fileno() < 0:
            return
        try:
            connection.answer(answer)
        except (OSError, WireError) as error:
            self.log.warning("answer not delivered", error=str(error))
            self._drop(connection)

    def _request(self, connection: Connection, body: bytes) -> None:
        try:
            request = ADMIN_REQUEST.decode(body)
        except WireError as error:
            self.counters["bad_messages"] += 1
            self._reply(connection, AdminAnswer(id=0, target="root", ok=False, error=str(error)))
            return
        self.counters["admin_requests"] += 1
        match request.verb:
            case "ready" if not self._is_all_ready():
                self._awaiting_ready.append((connection, request))
            case "ready" | "names":
                self._reply(connection, AdminAnswer(id=request.id, target="root", ok=True, result=self._facts()))
            case "shutdown":
                self._reply(connection, AdminAnswer(id=request.id, target="root", ok=True))
                self.happened(Shutdown("shutdown requested"))
            case _:
                self._route(connection, request)

    def _facts(self) -> dict[str, Any]:
        return {"pid": os.getpid(), "incarnation": self.incarnation, "names": sorted(["root", *self._book.entries])}

    def _route(self, connection: Connection, request: AdminRequest) -> None:
        """Send a request as a message to whom it is for: the named actor, or its supervisor for what it cannot do."""
        target = request.target or "root"
        arguments = request.arguments
        if request.verb in _TO_PARENT:
            arguments = {"child": target}
            if target == "root":
                error = "the root cannot do that to itself; stop the foreground command"
                self._reply(connection, AdminAnswer(id=request.id, target=target, ok=False, error=error))
                return
            target = target.rpartition("/")[0] or "root"

        def reply(answers: dict[str, AdminAnswer]) -> None:
            (answer,) = answers.values()
            made = AdminAnswer(
                id=request.id, target=answer.target or target, ok=answer.ok, error=answer.error, result=answer.result
            )
            self._reply(connection, made)

        question = self.questions.open(reply)
        entry = self._book.entries.get(target)
        if target == "root":
            incarnation, address = self.incarnation, self.myAddress
        elif entry is None:
            known = "is not ready" if self._is_declared(target) else "is not known"
            self.questions.refused(question, target, f"{target} {known}")
            self.questions.sent(question)
            return
        else:
            incarnation, address = entry.incarnation, entry.address
        if not self.questions.may_ask(target, incarnation):
            self.questions.refused(question, target, f"{target} has not answered earlier questions")
            self.questions.sent(question)
            return
        number = self.questions.asked(question, target, incarnation)
        onward = AdminRequest(
            id=number, target=target, verb=request.verb, arguments=arguments, timeout_ms=request.timeout_ms
        )
        self.tell(address, onward)
        wait_ms = request.timeout_ms
        self.timers.after(wait_ms / 1000, lambda: self.questions.expired(question, wait_ms))

    def _is_declared(self, name: str) -> bool:
        return self.state is not None and any(name == row or name.startswith(f"{row}/") for row in self.state.rows)

    def status(self) -> dict[str, Any]:
        """Add the door's connections."""
        return super().status() | {"control_connections": len(self._connections)}

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:
        """Refuse what would leave the system without its root."""
        if verb == "scale" and (self.state is None or self.state.spec.pool is None):
            raise AdminError("root is not a pool")
        return super().admin(verb, arguments)
