"""Read a request within bounds of size, time, rate and memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import Receive, Scope


class RequestRefused(Exception):
    """A request that is answered without being handled.

    Args:
        status: HTTP status.
        reason: one clear line; also the label under which it is counted.
        cause: short label for counting.
    """

    def __init__(self, status: int, reason: str, cause: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.cause = cause


class RequestRate:
    """A token bucket over all requests.

    Args:
        per_s: requests a second, 0 for no limit; a second's worth may come at once.
        now_s: gives monotonic seconds.
    """

    def __init__(self, per_s: float, now_s: Callable[[], float]) -> None:
        self._per_s = per_s
        self._now_s = now_s
        self._tokens = max(1.0, per_s)
        self._at = now_s()

    def take(self) -> bool:
        """Take one token.

        Returns:
            False where the rate is exceeded.
        """
        if self._per_s <= 0:
            return True
        now = self._now_s()
        self._tokens = min(max(1.0, self._per_s), self._tokens + (now - self._at) * self._per_s)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class BodyReader:
    """Reads bodies; the memory of all that are read or handled at once is bounded.

    Args:
        max_bytes: of one body.
        max_in_flight: of all.
        timeout_s: for one body to arrive.
    """

    def __init__(self, *, max_bytes: int, max_in_flight: int, timeout_s: float) -> None:
        self._max_bytes = max_bytes
        self._max_in_flight = max_in_flight
        self._timeout_s = timeout_s
        self.in_flight = 0

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """Read one body; give its memory back with ``release``.

        Raises:
            RequestRefused: it is compressed (415), too long (413), too slow (408), or memory is taken (503).
        """
        declared = _check_headers(scope, self._max_bytes)
        if self.in_flight + declared > self._max_in_flight:
            raise RequestRefused(503, "too many bodies are being read at once", "memory")
        chunks: list[bytes] = []
        try:
            async with asyncio.timeout(self._timeout_s):
                more = True
                while more:
                    chunk, more = await _next_chunk(receive)
                    chunks.append(chunk)
                    self.in_flight += len(chunk)
                    self._check_size(sum(map(len, chunks)) if len(chunks) > 1 else len(chunk))
        except TimeoutError as error:
            self.release(sum(map(len, chunks)))
            raise RequestRefused(408, f"the body did not come within {self._timeout_s:g} s", "slow") from error
        except BaseException:
            self.release(sum(map(len, chunks)))
            raise
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise _too_long(self._max_bytes)
        if self.in_flight > self._max_in_flight:
            raise RequestRefused(503, "too many bodies are being read at once", "memory")

    def release(self, size: int) -> None:
        """Give back the memory of a body of this size."""
        self.in_flight -= size


async def _next_chunk(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise RequestRefused(400, "the sender went away before the body had come", "disconnected")
    chunk: bytes = message.get("body", b"")
    return chunk, bool(message.get("more_body", False))


def _too_long(limit: int) -> RequestRefused:
    return RequestRefused(413, f"the body is longer than {limit} bytes", "too_long")


def _check_headers(scope: Scope, max_bytes: int) -> int:
    declared = 0
    for name, value in scope["headers"]:
        if name == b"content-encoding" and value.strip().lower() not in {b"", b"identity"}:
            raise RequestRefused(415, "compressed bodies are not taken", "compressed")
        if name == b"content-length":
            if not value.isdigit() or len(value) > 15 or int(value) > max_bytes:
                raise _too_long(max_bytes)
            declared = int(value)
    return declared
