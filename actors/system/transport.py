"""Thespian's TCP base, made safe: authenticated frames, bounded buffers, one interface, processes that die in order.

Out of the box every actor listens on 0.0.0.0 and unpickles whatever it is sent, a negative length in a frame's header
ends it, and ``kill -9`` of a parent leaves its children running. ``install`` replaces the module globals of
``thespian.system.transport.TCPTransport`` and ``thespian.system.multiprocCommon`` that decide this; forked actors
inherit the replacements, so it has to run before the actor system starts. Thespian 4.0.1.

A frame on the wire is ``<length>>`` and then 32 bytes BLAKE2b (keyed with the data folder's key) of the pickle that
follows. What does not carry the right MAC is dropped and counted; nothing of it is unpickled.
"""

from __future__ import annotations

import hashlib
import hmac
import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from actors.system.errors import SystemFault
from supervision.frame_room import with_room
from supervision.frames import COUNTS, reset
from supervision.process import die_with_parent

MAC_BYTES = 32
MAXIMUM_FRAME = 64 * 1024 * 1024
"""Longest frame that is taken in, bytes."""
MAXIMUM_INCOMING = 256
"""Connections of one actor that may be in the middle of a frame; beyond that the oldest is closed."""
_INCOMING_PERIOD = timedelta(seconds=60)
"""Time for a frame to come in, once its connection is open (Thespian's default is 7 minutes)."""
_HEADER_DIGITS = 12
_PENDING_SENDS = 200
"""Sends that may be under way to all receivers of an actor together (Thespian's default is 20): one hung receiver with
a few messages must not hold up the messages to all others."""
_NATIVE_FAULTS = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT")


class TransportError(SystemFault):
    """The actor system's transport cannot be set up."""


class FrameError(TransportError):
    """A frame whose header cannot be."""


@dataclass(slots=True)
class Settings:
    """What the processes of a system inherit.

    Attributes:
        key: the frames' key.
        bind: the one address that everything listens on.
        output: file that takes what processes write to stdout and stderr.
        kept: numbers of the file descriptors that the system's processes keep from the one that started it.
        spawned: processes that this process has made for Thespian.
        records_spawned: whether that list is kept; actors keep none, each entry holds a pipe open.
    """

    key: bytes = b""
    bind: str = "127.0.0.1"
    output: str = os.devnull
    kept: tuple[int, ...] = ()
    spawned: list[Any] = field(default_factory=list)
    records_spawned: bool = True


CURRENT = Settings()
"""This process's settings. Thespian's transport takes its serializer from a module global, so they are one as well."""


class FrameSerializer:
    """Stand in for ``pickle`` in Thespian's transport.

    Args:
        settings: holds the key.
        refusal: what ``loads`` gives for a frame without the right MAC: Thespian's word for damaged data, which both
            ends take for a failed transmission (an exception would leak a sender's slot where a reply is awaited).
    """

    def __init__(self, settings: Settings, refusal: str) -> None:
        self._settings = settings
        self._refusal = refusal

    def _mac(self, data: bytes) -> bytes:
        return hashlib.blake2b(data, key=self._settings.key, digest_size=MAC_BYTES).digest()

    def dumps(self, message: Any) -> bytes:
        """Pickle a message behind its MAC."""
        data = pickle.dumps(message, protocol=5)
        return self._mac(data) + data

    def loads(self, frame: bytes | bytearray) -> Any:
        """Check a frame, and unpickle it only if the MAC is right."""
        data = bytes(memoryview(frame)[MAC_BYTES:])
        if len(frame) <= MAC_BYTES or not hmac.compare_digest(self._mac(data), bytes(frame[:MAC_BYTES])):
            COUNTS.unauthenticated += 1
            return self._refusal
        return pickle.loads(data)  # noqa: S301 - authenticated with the data folder's key


class FrameBuffer:
    """Take the place of Thespian's ``ReceiveBuffer``: the same interface, with bounds and without quadratic copying.

    Args:
        loads: turns a whole frame into a message.
    """

    def __init__(self, loads: Callable[[bytearray], Any]) -> None:
        self._loads = loads
        self._header = bytearray()
        self._size: int | None = None
        self._body = bytearray()
        self._extra = b""

    def addMore(self, data: bytes) -> None:  # noqa: N802 - Thespian's name
        """Take bytes from the socket.

        Raises:
            FrameError: they cannot be the beginning of a frame; the connection is then closed.
        """
        if self._size is None:
            head, mark, rest = data.partition(b">")
            self._header += head
            if len(self._header) > _HEADER_DIGITS or not (self._header + b"0").isdigit():
                COUNTS.malformed += 1
                raise FrameError("no length at the beginning of a frame")
            if not mark:
                return
            size = int(self._header or b"0")
            if not 0 < size <= MAXIMUM_FRAME:
                COUNTS.malformed += 1
                raise FrameError(f"a frame of {size} bytes")
            self._size = size
            data = rest
        want = self._size - len(self._body)
        self._body += data[:want]
        self._extra += data[want:]

    def is_empty(self) -> bool:
        """Tell whether nothing came yet."""
        return self._size is None and not self._header

    def remainingAmount(self) -> int:  # noqa: N802 - Thespian's name
        """Tell how many bytes to read at most; a small frame is read with one call."""
        return 20 if self._size is None else self._size - len(self._body)

    def isDone(self) -> bool:  # noqa: N802 - Thespian's name
        """Tell whether the frame is whole."""
        return self._size is not None and len(self._body) == self._size

    def removeExtra(self) -> None:  # noqa: N802 - Thespian's name
        """Forget what came behind the frame."""
        self._extra = b""

    def completed(self) -> tuple[Any, bytes] | None:
        """Give the message and what came behind its frame; None while it is not whole."""
        return (self._loads(self._body), self._extra) if self.isDone() else None


def install(key: bytes, *, bind: str, output: Path | str, kept: tuple[int, ...] = ()) -> Settings:
    """Make Thespian's TCP base safe in this process and in all that it forks.

    Args:
        key: 32 secret bytes.
        bind: numeric address to listen on, ``127.0.0.1`` unless there is a cluster.
        output: file that takes what the processes write to stdout and stderr.
        kept: file descriptors that processes of the system keep.

    Returns:
        the settings in force.

    Raises:
        TransportError: the key has the wrong length, or all interfaces are asked for.
    """
    if len(key) != 32:
        raise TransportError(f"the frames' key has {len(key)} bytes, not 32")
    if bind in {"", "0.0.0.0", "::", "*"}:  # noqa: S104 - refused
        raise TransportError("actors listen on one address only; name it")
    os.environ["THESPIAN_BASE_IPADDR"] = bind
    os.environ["THESPLOG_FILE"] = str(Path(output).with_suffix(".thespian")) if output != os.devnull else os.devnull
    CURRENT.key, CURRENT.bind, CURRENT.output, CURRENT.kept = key, bind, str(output), kept
    CURRENT.spawned.clear()

    from thespian.system import multiprocCommon, utilis
    from thespian.system.transport import IPBase, TCPTransport, asyncTransportBase, streamBuffer

    utilis._thesplog_file = os.environ["THESPLOG_FILE"]  # noqa: SLF001 - read once, from the environment
    utilis._thesplog_old_file = utilis._thesplog_file + ".old"  # noqa: SLF001
    IPBase.thisSystem.add_local_addr(bind)
    IPBase.IPActorAddress.bindArgs = property(lambda address: ((CURRENT.bind, address.bindname[1]),))
    asyncTransportBase.MAX_PENDING_TRANSMITS = _PENDING_SENDS

    serializer = FrameSerializer(CURRENT, streamBuffer.ackDataErrPacket)
    TCPTransport.serializer = serializer
    TCPTransport.ReceiveBuffer = FrameBuffer
    # The acknowledgements were made with plain pickle when the module was imported.
    TCPTransport.ackMsg = streamBuffer.toSendBuffer(streamBuffer.ackPacket, serializer.dumps)
    TCPTransport.ackDataErrMsg = streamBuffer.toSendBuffer(streamBuffer.ackDataErrPacket, serializer.dumps)
    TCPTransport.MAX_INCOMING_SOCKET_PERIOD = _INCOMING_PERIOD
    _install_process_entries(multiprocCommon, TCPTransport.TCPTransport)
    return CURRENT


def _install_process_entries(common: Any, transport: Any) -> None:
    """Have every process that Thespian forks begin with our own few lines; only once in a process's life."""
    if getattr(common, "_majlis_entries", False):
        return
    common._majlis_entries = True  # noqa: SLF001 - our own mark
    common.startAdmin = _Entry(common.startAdmin, admin=True)
    common.startChild = _Entry(common.startChild)
    common.startupASLogger = _Entry(common.startupASLogger)
    common.set_signal_handler = _set_signal_handler
    # Told to whoever started the admin, long gone when a dead log process is replaced; Thespian would end the admin.
    # A child that cannot reach its parent needs no telling either: it dies with it.
    common.actorStartupFailed = _ignore
    # Replacing a dead log process asks for a name that the admin does not have, which ended it.
    common.MultiProcAdmin.logDefs = property(lambda admin: admin.logdefs)
    accept = transport._acceptNewIncoming  # noqa: SLF001 - Thespian has no setting for it

    def accept_bounded(self: Any) -> None:
        accept(self)
        incoming = self._incomingSockets
        while len(incoming) > MAXIMUM_INCOMING:
            incoming.pop(next(iter(incoming))).close()
            COUNTS.malformed += 1

    transport._acceptNewIncoming = accept_bounded  # noqa: SLF001
    original_detach = common.detach_child

    def detach(process: Any) -> None:
        if CURRENT.records_spawned:
            CURRENT.spawned.append(process)
        original_detach(process)

    common.detach_child = detach


def _ignore(*_: Any) -> None:
    """Do nothing."""


class _Entry:
    """Begin a process of the system.

    Args:
        target: Thespian's own function for the process.
        admin: it is the admin, forked from a process that is none of the system's.
    """

    def __init__(self, target: Callable[..., None], *, admin: bool = False) -> None:
        self._target = target
        self._admin = admin

    def __call__(self, *arguments: Any) -> None:
        parent = multiprocessing.parent_process()
        die_with_parent(parent.pid if parent is not None and parent.pid is not None else os.getppid())
        CURRENT.spawned.clear()
        CURRENT.records_spawned = False
        reset()
        if self._admin:
            _leave_starter()
            _skip_one_fork()
        with_room(self._target, *arguments)


def _leave_starter() -> None:
    """Let go of what the starting process had open, so that nobody waits for a pipe that an actor holds.

    Descriptors are pointed at /dev/null rather than closed: objects inherited from the starter still know their
    numbers, and would close what had taken their place.
    """
    with open(os.devnull, "rb+", buffering=0) as null:  # noqa: PTH123 - a device
        output = os.open(CURRENT.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(null.fileno(), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        kept = {0, 1, 2, null.fileno(), output, *CURRENT.kept}
        for entry in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers
            fd = int(entry)
            if fd not in kept:
                try:
                    os.fstat(fd)
                except OSError:
                    continue  # the one that listed the others
                os.dup2(null.fileno(), fd)
        os.close(output)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for the life of the process
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _skip_one_fork() -> None:
    """Let the admin's next ``os.fork`` return 0 without forking.

    Thespian forks it a second time to orphan it; then it could not be told when its starter dies.
    """
    real = os.fork

    def once() -> int:
        os.fork = real
        return 0

    os.fork = once


def _set_signal_handler(number: int, handler: Any) -> None:
    """Set a handler as Thespian asks, except where that does harm.

    A handler in Python for SIGSEGV and its like returns to the faulty instruction, for ever. SIGINT and SIGHUP are
    the foreground command's business.
    """
    name = signal.Signals(number).name if number in set(signal.Signals) else ""
    if name in _NATIVE_FAULTS:
        signal.signal(number, signal.SIG_DFL)
    elif name in {"SIGINT", "SIGHUP"}:
        signal.signal(number, signal.SIG_IGN)
    else:
        signal.signal(number, handler)
