"""The local feed: how replays, imports and load generators on this machine hand messages to the gateway.

A batch is MessagePack over HTTP on loopback, signed with the data folder's key, so that only who may read the folder
may feed it. Both ends are here: the server's routes and the client.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actors.whatsapp.errors import WhatsAppError
from messages.doorbell import INGEST_BATCH, IngestBatch
from messages.inbound import Inbound
from messages.row import Reject
from messages.wire import WireError, encode
from store.errors import DiskFull, QueueFull, StoreError

if TYPE_CHECKING:
    from actors.whatsapp.ingest import InboxWriter

SIGNATURE = "x-majlis-signature"
_REJECTS = msgspec.msgpack.Decoder(list[Reject])


class FeedRefused(WhatsAppError):
    """The gateway says that a batch is wrong: sending it again would not help."""


class FeedUnreachable(WhatsAppError):
    """The gateway did not take a batch within the feed's patience."""


def sign(key: bytes, body: bytes) -> str:
    """Sign a body with the data folder's key (keyed BLAKE2b, hex)."""
    return blake2b(body, key=key, digest_size=32).hexdigest()


def feed_app(inbox: InboxWriter, key: bytes, *, max_body: int) -> Starlette:
    """Make the local feed's application.

    Args:
        inbox: where messages go.
        key: the data folder's key.
        max_body: largest body, bytes.

    Returns:
        the application: ``POST /feed``, ``POST /rejects``.
    """

    async def body_of(request: Request) -> bytes | Response:
        size = int(request.headers.get("content-length") or 0)
        if size > max_body:
            return JSONResponse({"error": f"body of {size} bytes, at most {max_body}"}, 413)
        body = await request.body()
        if not hmac.compare_digest(sign(key, body), request.headers.get(SIGNATURE, "")):
            return JSONResponse({"error": "signature missing or wrong"}, 401)
        return body

    async def feed(request: Request) -> Response:
        body = await body_of(request)
        if isinstance(body, Response):
            return body
        try:
            batch = INGEST_BATCH.decode(body)
        except WireError as error:
            return JSONResponse({"error": str(error)}, 400)
        try:
            taken = await inbox.submit(batch.messages, run=batch.run, batch=batch.batch)
        except (QueueFull, DiskFull) as error:
            return JSONResponse({"error": str(error)}, 503, {"retry-after": "1"})
        except StoreError as error:
            return JSONResponse({"error": str(error)}, 503, {"retry-after": "2"})
        return _signed(JSONResponse({"taken": taken}))

    async def rejects(request: Request) -> Response:
        body = await body_of(request)
        if isinstance(body, Response):
            return body
        try:
            inbox.reject(_REJECTS.decode(body))
        except msgspec.DecodeError as error:
            return JSONResponse({"error": str(error)}, 400)
        except StoreError as error:
            return JSONResponse({"error": str(error)}, 503, {"retry-after": "1"})
        return _signed(JSONResponse({"kept": True}))

    def _signed(response: Response) -> Response:
        # An acknowledgement is believed only from who knows the key: another process may sit on an old port.
        response.headers[SIGNATURE] = sign(key, bytes(response.body))
        return response

    return Starlette(routes=[Route("/feed", feed, methods=["POST"]), Route("/rejects", rejects, methods=["POST"])])


class FeedClient:
    """Hands batches to a running system's gateway, and repeats them until they are durable.

    Args:
        port_of: gives the gateway's port, None while none is known; asked again after each failure.
        key: the data folder's key.
        run: name of the feed; one client a run, its batches are numbered here.
        patience_s: how long an unreachable or refusing gateway is waited for.
        sleep: waits; a stop may be signalled from it by raising.
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
        self._batch = 0
        self._patience_s = patience_s
        self._sleep = sleep
        self._client = httpx.Client(timeout=httpx.Timeout(30.0, connect=2.0), trust_env=False)

    def send(self, messages: Sequence[Inbound]) -> int:
        """Send a batch, and return when it is durable.

        Args:
            messages: of one feed, in order.

        Returns:
            how many were taken in; fewer than sent when a repetition found its first try had landed.

        Raises:
            FeedRefused: the gateway says that the batch is wrong.
            FeedUnreachable: there was no answer within the patience.
        """
        self._batch += 1
        body = encode(IngestBatch(run=self.run, batch=self._batch, messages=tuple(messages)))
        answer = self._post("/feed", body)
        return int(answer.json()["taken"])

    def reject(self, rejects: Sequence[Reject]) -> None:
        """Have input kept that could not become a message.

        Raises:
            FeedRefused, FeedUnreachable: as for ``send``.
        """
        self._post("/rejects", msgspec.msgpack.encode(list(rejects)))

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
                    if answer.status_code == 200 and hmac.compare_digest(
                        sign(self._key, answer.content), answer.headers.get(SIGNATURE, "")
                    ):
                        return answer
                    reason = f"{answer.status_code}: {answer.text[:300]}"
                    # 401 can be another system that took the port over after a restart: asked again like the others.
                    if answer.status_code in {400, 413}:
                        raise FeedRefused(reason)
            self._sleep(wait)
            wait = min(wait * 1.7, 1.0)
        raise FeedUnreachable(f"the gateway took nothing for {self._patience_s:.0f} s: {reason}")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
