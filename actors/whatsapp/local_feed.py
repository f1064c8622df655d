"""The local feed: how replays, imports and load generators on this machine hand messages to the gateway.

A batch is MessagePack over HTTP on loopback, signed with the data folder's key, so that only who may read the folder
may feed it. Both ends are here: the server's routes and the client.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actors.whatsapp.errors import WhatsAppError
from actors.whatsapp.request_limits import BodyReader, RequestRefused
from messages.doorbell import INGEST_BATCH, IngestBatch
from messages.inbound import INBOUND, Inbound
from messages.row import Reject
from messages.wire import Codec, Wire, WireError, encode
from store.errors import StoreError

if TYPE_CHECKING:
    import uvicorn

    from actors.whatsapp.ingest import InboxWriter

SIGNATURE = "x-majlis-signature"
KEPT_BYTES = 65_536
"""Of a message that is set aside so much is kept."""

_REJECTS = msgspec.msgpack.Decoder(list[Reject])


class FeedRefused(WhatsAppError):
    """The gateway says that a batch is wrong: sending it again would not help."""


class FeedTooLarge(FeedRefused):
    """A batch is larger than the gateway takes: smaller ones may go."""


class FeedUnreachable(WhatsAppError):
    """The gateway did not take a batch within the feed's patience."""


class _LooseBatch(Wire, frozen=True, tag=72, kw_only=True):
    """An ``IngestBatch`` whose messages are decoded one by one."""

    run: str
    batch: int
    messages: tuple[msgspec.Raw, ...]


class _Answer(msgspec.Struct, frozen=True):
    taken: int
    rejected: tuple[str, ...] = ()


_LOOSE: Codec[_LooseBatch] = Codec(_LooseBatch)
_ANSWER = msgspec.json.Decoder(_Answer)


def sign(key: bytes, body: bytes) -> str:
    """Sign a body with the data folder's key (keyed BLAKE2b, hex)."""
    return blake2b(body, key=key, digest_size=32).hexdigest()


def _is_signed(key: bytes, body: bytes, signature: str) -> bool:
    # As bytes: a header may hold any character, and texts beyond ASCII cannot be compared in constant time.
    return hmac.compare_digest(sign(key, body).encode(), signature.encode("utf-8", "replace"))


def wall_ms() -> int:
    """Read the clock, milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def _decoded(body: bytes, at_ms: int) -> tuple[IngestBatch, list[Reject]]:
    """Decode a batch; messages that are none are set apart, so that they do not hold the others up for ever."""
    try:
        return INGEST_BATCH.decode(body), []
    except WireError:
        loose = _LOOSE.decode(body)
    messages: list[Inbound] = []
    rejects: list[Reject] = []
    for number, raw in enumerate(loose.messages):
        try:
            messages.append(INBOUND.decode(bytes(raw)))
        except WireError as error:
            where = f"feed {loose.run[:64] or 'without name'}, batch {loose.batch}, message {number}"
            kept = bytes(raw)[:KEPT_BYTES]
            rejects.append(Reject(where=where, reason=str(error), raw=kept, at_ms=at_ms, run=loose.run))
    return IngestBatch(run=loose.run, batch=loose.batch, messages=tuple(messages)), rejects


def feed_app(
    inbox: InboxWriter,
    key: bytes,
    *,
    max_body: int,
    body_timeout_s: float = 30.0,
    clock: Callable[[], int] = wall_ms,
) -> Starlette:
    """Make the local feed's application.

    Args:
        inbox: where messages go.
        key: the data folder's key.
        max_body: largest body, bytes; four of them may be in memory at once.
        body_timeout_s: a body must have come within this.
        clock: gives milliseconds since 1970 UTC.

    Returns:
        the application: ``POST /feed``, ``POST /rejects``.
    """
    bodies = BodyReader(max_bytes=max_body, max_in_flight=4 * max_body, timeout_s=body_timeout_s)

    async def handled(request: Request, handle: Callable[[bytes], Awaitable[Response]]) -> Response:
        try:
            body = await bodies.read(request.scope, request.receive)
        except RequestRefused as error:
            # The rest of the body is not waited for: the connection ends with this answer.
            return JSONResponse({"error": str(error)}, error.status, {"connection": "close"})
        try:
            if not _is_signed(key, body, request.headers.get(SIGNATURE, "")):
                return JSONResponse({"error": "signature missing or wrong"}, 401)
            return await handle(body)
        except (WireError, msgspec.DecodeError, UnicodeDecodeError) as error:
            return JSONResponse({"error": str(error)}, 400)
        except StoreError as error:
            return JSONResponse({"error": str(error)}, 503, {"retry-after": "1"})
        finally:
            bodies.release(len(body))

    async def feed(request: Request) -> Response:
        async def take(body: bytes) -> Response:
            batch, rejects = _decoded(body, clock())
            if rejects:
                await asyncio.to_thread(inbox.reject, rejects)
            taken = await inbox.submit(batch.messages, run=batch.run, batch=batch.batch)
            return _signed(_Answer(taken, tuple(f"{item.where}: {item.reason}" for item in rejects)))

        return await handled(request, take)

    async def rejects(request: Request) -> Response:
        async def keep(body: bytes) -> Response:
            kept = _REJECTS.decode(body)
            await asyncio.to_thread(inbox.reject, kept)
            return _signed(_Answer(len(kept)))

        return await handled(request, keep)

    def _signed(answer: _Answer) -> Response:
        # An acknowledgement is believed only from who knows the key: another process may sit on an old port.
        body = msgspec.json.encode(answer)
        return Response(body, headers={SIGNATURE: sign(key, body), "content-type": "application/json"})

    return Starlette(routes=[Route("/feed", feed, methods=["POST"]), Route("/rejects", rejects, methods=["POST"])])


def feed_server(
    inbox: InboxWriter,
    key: bytes,
    *,
    max_body: int,
    max_connections: int = 256,
    header_timeout_s: float = 10.0,
    body_timeout_s: float = 30.0,
) -> uvicorn.Config:
    """Configure the local feed's server: bounded connections, headers and bodies in time.

    Args:
        inbox: where messages go.
        key: the data folder's key.
        max_body: largest body, bytes.
        max_connections: open at once; for one more, that which has been idle longest is closed.
        header_timeout_s: a request's headers must have come within this.
        body_timeout_s: and its body within this.

    Returns:
        a configuration for ``uvicorn.Server``.
    """
    import uvicorn

    from actors.whatsapp.http_connections import BoundedConnection, ConnectionLimits

    limits = ConnectionLimits(header_timeout_s, max_connections)
    return uvicorn.Config(
        feed_app(inbox, key, max_body=max_body, body_timeout_s=body_timeout_s),
        http=type("FeedConnection", (BoundedConnection,), {"limits": limits}),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=2,
    )


class FeedClient:
    """Hands batches to a running system's gateway, and repeats them until they are durable.

    Args:
        port_of: gives the gateway's port, None while none is known; asked again after each failure.
        key: the data folder's key.
        run: name of the feed; one client a run, its batches are numbered here.
        patience_s: how long an unreachable or refusing gateway is waited for.
        sleep: waits; a stop may be signalled from it by raising.

    Attributes:
        rejected: a line for each message that could not be taken in and was kept among the rejects.
    """

    def __init__(
        self,
        port_of: Callable[[], int | None],
        key: bytes,
        *,
        run: str = "",
        patience_s: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._port_of = port_of
        self._key = key
        self.run = run
        self.rejected: list[str] = []
        self._batch = 0
        self._patience_s = patience_s
        self._sleep = sleep
        self._client = httpx.Client(timeout=httpx.Timeout(30.0, connect=2.0), trust_env=False)

    def send(self, messages: Sequence[Inbound]) -> int:
        """Send a batch, and return when it is durable.

        Args:
            messages: of one feed, in order.

        A message that cannot be sent or taken, for its text or its size, is kept among the rejects; the others go on.

        Returns:
            how many were taken in; fewer than sent when a repetition found its first try had landed.

        Raises:
            FeedRefused: the gateway says that the batch is wrong.
            FeedUnreachable: there was no answer within the patience.
        """
        if not messages:
            return 0
        self._batch += 1
        try:
            body = encode(IngestBatch(run=self.run, batch=self._batch, messages=tuple(messages)))
            answer = _ANSWER.decode(self._post("/feed", body).content)
        except (WireError, FeedTooLarge) as error:
            if len(messages) > 1:
                half = len(messages) // 2
                return self.send(messages[:half]) + self.send(messages[half:])
            self._set_aside(messages[0], str(error))
            return 0
        self.rejected += answer.rejected
        return answer.taken

    def _set_aside(self, message: Inbound, reason: str) -> None:
        where = ascii(f"{message.conversation}: {message.id}")[1:-1][:300]
        raw = message.text.encode("utf-8", "backslashreplace")[:KEPT_BYTES]
        self.rejected.append(f"{where}: {reason}")
        run = self.run.encode("utf-8", "backslashreplace").decode()
        self.reject([Reject(where=where, reason=reason, raw=raw, at_ms=wall_ms(), run=run)])

    def reject(self, rejects: Sequence[Reject]) -> None:
        """Have input kept that could not become a message.

        Raises:
            FeedRefused, FeedUnreachable: as for ``send``.
        """
        try:
            self._post("/rejects", msgspec.msgpack.encode(list(rejects)))
        except FeedTooLarge:
            if len(rejects) == 1:
                (only,) = rejects
                if not only.raw:
                    raise
                self.reject([msgspec.structs.replace(only, raw=only.raw[: len(only.raw) // 2])])
                return
            half = len(rejects) // 2
            self.reject(rejects[:half])
            self.reject(rejects[half:])

    def _post(self, path: str, body: bytes) -> httpx.Response:
        headers = {SIGNATURE: sign(self._key, body), "content-type": "application/msgpack"}
        give_up = time.monotonic() + self._patience_s
        wait = 0.02
        reason = "no gateway has published a port"
        while time.monotonic() < give_up:
            port = self._port_of()
            if port is not None:
                try:
                    answer = self._client.post(f"http://127.0.0.1:{port}{path}", content=body, headers=headers)
                except httpx.TransportError as error:
                    reason = f"{type(error).__name__}: {error}"
                else:
                    if answer.status_code == 200 and _is_signed(
                        self._key, answer.content, answer.headers.get(SIGNATURE, "")
                    ):
                        return answer
                    reason = f"{answer.status_code}: {answer.text[:300]}"
                    # 401 can be another system that took the port over after a restart: asked again like the others.
                    if answer.status_code == 413:
                        raise FeedTooLarge(reason)
                    if answer.status_code == 400:
                        raise FeedRefused(reason)
            self._sleep(wait)
            wait = min(wait * 1.7, 1.0)
        raise FeedUnreachable(f"the gateway took nothing for {self._patience_s:.0f} s: {reason}")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
