"""The way in for admin messages: a listener on the loopback that the root actor serves.

The foreground command opens it once and every root inherits it by fork, so its port stays the same while roots and
admins come and go, and a request made meanwhile waits in the backlog instead of being refused.

Protocol: the server sends a nonce of 16 bytes. Each side then sends frames: 4 bytes length (big-endian), 32 bytes
BLAKE2b keyed with the data folder's key over nonce, direction, running number and body, and the body, MessagePack. A
wrong MAC ends the connection; nothing is decoded before it is checked. Nonce and number make a recorded request
worthless.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import struct
import time
from typing import Any

from actors.system.errors import NotReady, NotRunning, SystemFault
from messages.admin import ADMIN_ANSWER, AdminAnswer, AdminRequest
from messages.wire import WireError, encode

NONCE_BYTES = 16
MAC_BYTES = 32
MAXIMUM_REQUEST = 1 << 20
MAXIMUM_ANSWER = 64 << 20
BACKLOG = 64
_LENGTH = struct.Struct(">I")


class ControlError(SystemFault):
    """The other end of a control connection is not who it has to be."""


def open_listener(bind: str) -> socket.socket:
    """Open the control listener on a free port."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((bind, 0))
    listener.listen(BACKLOG)
    listener.setblocking(False)  # noqa: FBT003 - the library's signature
    return listener


class Sealer:
    """Seal what one end of a connection sends, or open what it gets.

    Args:
        key: the data folder's key.
        nonce: the connection's.
        direction: ``b">"`` from the client, ``b"<"`` from the server.
        limit: longest body, bytes.
    """

    def __init__(self, key: bytes, nonce: bytes, direction: bytes, limit: int) -> None:
        self._key = key
        self._nonce = nonce
        self._direction = direction
        self._limit = limit
        self._number = 0

    def _mac(self, body: bytes) -> bytes:
        prefix = self._nonce + self._direction + self._number.to_bytes(8, "big")
        return hashlib.blake2b(prefix + body, key=self._key, digest_size=MAC_BYTES).digest()

    def seal(self, body: bytes) -> bytes:
        """Make a frame."""
        frame = _LENGTH.pack(len(body)) + self._mac(body) + body
        self._number += 1
        return frame

    def take(self, buffer: bytearray) -> bytes | None:
        """Take a whole frame's body off the front of a buffer; None while there is none.

        Raises:
            ControlError: too long, or the wrong MAC.
        """
        if len(buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(buffer)
        if length > self._limit:
            raise ControlError(f"a frame of {length} bytes")
        end = _LENGTH.size + MAC_BYTES + length
        if len(buffer) < end:
            return None
        mac = bytes(buffer[_LENGTH.size : _LENGTH.size + MAC_BYTES])
        body = bytes(buffer[_LENGTH.size + MAC_BYTES : end])
        if not hmac.compare_digest(mac, self._mac(body)):
            raise ControlError("a frame with the wrong MAC")
        del buffer[:end]
        self._number += 1
        return body


class Connection:
    """The server's end of one connection.

    Args:
        sock: the accepted socket.
        key: the data folder's key.
    """

    def __init__(self, sock: socket.socket, key: bytes) -> None:
        self.sock = sock
        self.opened = time.monotonic()
        self.proven = False
        nonce = os.urandom(NONCE_BYTES)
        self._in = Sealer(key, nonce, b">", MAXIMUM_REQUEST)
        self._out = Sealer(key, nonce, b"<", MAXIMUM_ANSWER)
        self._buffer = bytearray()
        sock.setblocking(False)  # noqa: FBT003 - the library's signature
        sock.send(nonce)

    def read(self) -> list[bytes] | None:
        """Read what is there.

        Returns:
            bodies of whole requests; None at the end of the connection.

        Raises:
            ControlError: what came was not sealed with the key.
            OSError: the connection broke.
        """
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return []
        if not data:
            return None
        self._buffer += data
        bodies = []
        while (body := self._in.take(self._buffer)) is not None:
            self.proven = True
            bodies.append(body)
        return bodies

    def answer(self, answer: AdminAnswer) -> None:
        """Send an answer; a client that takes none within a second loses the connection.

        Raises:
            OSError: the connection broke.
        """
        self.sock.settimeout(1.0)
        try:
            self.sock.sendall(self._out.seal(encode(answer)))
        finally:
            self.sock.setblocking(False)  # noqa: FBT003 - the library's signature


class ControlClient:
    """The client's end: one request at a time.

    Args:
        address: where the listener is.
        key: the data folder's key.
        timeout_s: limit for connecting.

    Raises:
        NotRunning: nobody listens there.
        NotReady: nobody answers there in time.
    """

    def __init__(self, address: tuple[str, int], key: bytes, timeout_s: float) -> None:
        self._buffer = bytearray()
        self._number = 0
        try:
            self._sock = socket.create_connection(address, timeout=timeout_s)
        except OSError as error:
            raise NotRunning(f"no system answers on {address[0]}:{address[1]}: {error}") from error
        try:
            nonce = self._receive(NONCE_BYTES, time.monotonic() + timeout_s)
        except SystemFault:
            self._sock.close()
            raise
        self._out = Sealer(key, nonce, b">", MAXIMUM_REQUEST)
        self._in = Sealer(key, nonce, b"<", MAXIMUM_ANSWER)

    def _receive(self, size: int, deadline: float) -> bytes:
        while len(self._buffer) < size:
            self._read(deadline)
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _read(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise NotReady("the system does not answer in time")
        self._sock.settimeout(left)
        try:
            data = self._sock.recv(1 << 20)
        except TimeoutError as error:
            raise NotReady("the system does not answer in time") from error
        except OSError as error:
            raise NotRunning(f"the system is gone: {error}") from error
        if not data:
            raise NotRunning("the system ended the connection")
        self._buffer += data

    def ask(self, target: str, verb: str, arguments: dict[str, Any], timeout_s: float) -> AdminAnswer:
        """Ask and wait for the answer.

        Args:
            target: full name of the actor, "" for the root.
            verb: what is asked.
            arguments: its arguments; values go as text.
            timeout_s: how long to wait.

        Returns:
            the answer, also when it says that something could not be done.

        Raises:
            NotReady: no answer in time.
            NotRunning: the connection ended.
        """
        self._number += 1
        request = AdminRequest(
            id=self._number,
            target=target,
            verb=verb,
            arguments={key: str(value) for key, value in arguments.items()},
            timeout_ms=max(int(timeout_s * 1000), 1),
        )
        try:
            self._sock.settimeout(timeout_s)
            self._sock.sendall(self._out.seal(encode(request)))
        except OSError as error:
            raise NotRunning(f"the system is gone: {error}") from error
        # The root gives its own answer at the deadline; a little patience lets that one arrive.
        deadline = time.monotonic() + timeout_s + 0.5
        while True:
            body = self._in.take(self._buffer)
            if body is None:
                self._read(deadline)
                continue
            try:
                answer = ADMIN_ANSWER.decode(body)
            except WireError as error:
                raise ControlError(str(error)) from error
            if answer.id == self._number:
                return answer

    def close(self) -> None:
        """End the connection."""
        self._sock.close()
