"""The gateway's HTTP application: Cloud API webhooks and the generic webhook, answered when they are on disk."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import PackageNotFoundError, version

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from actors.whatsapp.conversation_aliases import ConversationAliases
from actors.whatsapp.errors import PayloadError
from actors.whatsapp.gateway_metrics import GatewayMetrics
from actors.whatsapp.generic_webhook import openapi_document, parse_generic
from actors.whatsapp.recent_ids import RecentIds
from actors.whatsapp.request_limits import BodyReader, RequestRate, RequestRefused
from actors.whatsapp.settings import WhatsAppSettings
from actors.whatsapp.signature import TimedSignatures, is_signature, verify_body
from actors.whatsapp.webhook_payload import Payload, Reading, either, parse_payload
from messages.delivery import DeliveryStatus
from messages.inbound import Inbound
from messages.row import Reject
from store.errors import StoreError

Submit = Callable[[Sequence[Inbound]], Awaitable[object]]
Statuses = Callable[[Sequence[DeliveryStatus]], Awaitable[object]]
_RAW_MAX = 65_536
_CHALLENGE_MAX = 1024


def _seen(writing: asyncio.Future[Sequence[Inbound]]) -> None:
    # Its sender was told to come again; an error that nobody asks for would be logged as lost.
    if not writing.cancelled():
        writing.exception()


def _never() -> bool:
    return False


class _Gateway:
    """What both webhooks share: limits, signatures, the way to disk, and answers."""

    def __init__(
        self,
        settings: WhatsAppSettings,
        *,
        submit: Submit,
        reject: Callable[[Reject], None],
        statuses: Statuses,
        clock: Callable[[], int],
        metrics: GatewayMetrics,
        aliases: ConversationAliases | None,
        draining: Callable[[], bool],
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.metrics = metrics
        self.aliases = aliases
        self._submit = submit
        self._reject = reject
        self._statuses = statuses
        self._draining = draining
        self.timed = TimedSignatures(settings.generic_secrets, tolerance_s=settings.generic_tolerance_s)
        self._rate = RequestRate(settings.max_requests_per_s, time.monotonic)
        self._bodies = BodyReader(
            max_bytes=settings.max_body_bytes,
            max_in_flight=settings.max_body_bytes_in_flight,
            timeout_s=settings.body_timeout_s,
        )
        self._channels = frozenset(settings.channels)
        self._rejecting = asyncio.Lock()
        self._durable = RecentIds(settings.remember_ids)

    def reading(self) -> Reading:
        settings = self.settings
        return Reading(
            received_ms=self.clock(),
            timezone=settings.timezone,
            channels=self._channels,
            max_messages=settings.max_messages,
            max_extra_chars=settings.max_extra_chars,
            max_depth=settings.max_depth,
            resolve=either if self.aliases is None else self.aliases.resolve,
        )

    def admit(self) -> None:
        """Refuse what cannot be taken now, before anything is read."""
        if self._draining():
            raise RequestRefused(503, "the gateway is stopping", "draining")
        if not self._rate.take():
            raise RequestRefused(429, "too many requests", "rate")

    async def keep(
        self, messages: Sequence[Inbound], statuses: Sequence[DeliveryStatus], rejects: Sequence[Reject], route: str
    ) -> None:
        """Put everything on disk, or refuse the request so that it comes again."""
        writing = asyncio.ensure_future(self._write(messages, statuses, rejects))
        # Waited for and never cancelled: a write that was given up on goes on, and its writer answers it in the end.
        done, _ = await asyncio.wait((writing,), timeout=self.settings.ack_timeout_s)
        if not done:
            writing.add_done_callback(_seen)
            raise RequestRefused(503, "the log did not take the messages in time", "late")
        try:
            fresh = writing.result()
        except StoreError as error:
            raise RequestRefused(503, f"nothing can be taken in now: {type(error).__name__}", "full") from error
        for message in fresh:
            self.metrics.count_message(message.source, message.kind)
        if len(fresh) < len(messages):
            self.metrics.redelivered.inc(len(messages) - len(fresh))
        for state, count in Counter(status.state for status in statuses).items():
            self.metrics.statuses.labels(state).inc(count)
        if rejects:
            self.metrics.rejects.labels(route).inc(len(rejects))

    async def _write(
        self, messages: Sequence[Inbound], statuses: Sequence[DeliveryStatus], rejects: Sequence[Reject]
    ) -> Sequence[Inbound]:
        if self.aliases is not None:
            await self.aliases.flush()
        fresh = self._durable.unknown(messages)
        if fresh:
            await self._submit(fresh)
            self._durable.add(fresh)
        if statuses:
            await self._statuses(statuses)
        if rejects:
            await self._keep_rejects(rejects)
        return fresh

    async def _keep_rejects(self, rejects: Sequence[Reject]) -> None:
        # Each costs an fsync, and a body may hold a thousand: not in the event loop, and one writer at a time.
        async with self._rejecting:
            await asyncio.to_thread(lambda: [self._reject(reject) for reject in rejects])

    async def keep_reject(self, reason: str, raw: bytes, scope: Scope, route: str) -> None:
        """Keep a body that is no payload; its sender gets an error, so a full log of rejects is not another."""
        try:
            await self._keep_rejects([self.rejected(reason, raw, scope)])
        except StoreError:
            self.metrics.refused.labels(route, "reject_log_full").inc()
        else:
            self.metrics.rejects.labels(route).inc()

    def rejected(self, reason: str, raw: bytes, scope: Scope) -> Reject:
        client = scope.get("client")
        where = f"{scope['path']} from {client[0] if client else 'unknown'}"
        return Reject(where=where, reason=reason, raw=raw[:_RAW_MAX], at_ms=self.clock())

    async def serve(
        self, scope: Scope, receive: Receive, send: Send, route: str, handle: Callable[[Scope, Receive], Awaitable[int]]
    ) -> None:
        """Run one request, answer it, count it."""
        began = time.perf_counter()
        headers: dict[str, str] = {}
        try:
            accepted = await handle(scope, receive)
        except RequestRefused as refusal:
            status = refusal.status
            if status in {429, 503}:
                headers["Retry-After"] = str(self.settings.retry_after_s)
            if refusal.cause in {"slow", "too_long", "disconnected", "compressed"}:
                # The rest of the body is not read, so the connection cannot be used again.
                headers["Connection"] = "close"
            self.metrics.refused.labels(route, refusal.cause).inc()
            response: Response = JSONResponse({"error": refusal.reason}, status_code=status, headers=headers)
        else:
            status = 200
            self.metrics.ack_seconds.observe(time.perf_counter() - began)
            response = JSONResponse({"accepted": accepted})
        self.metrics.count_request(route, status)
        self.metrics.in_flight_bytes.set(self._bodies.in_flight)
        await response(scope, receive, send)

    async def with_body(self, scope: Scope, receive: Receive, handle: Callable[[Scope, bytes], Awaitable[int]]) -> int:
        body = await self._bodies.read(scope, receive)
        try:
            return await handle(scope, body)
        finally:
            self._bodies.release(len(body))

    # ---- Cloud API -------------------------------------------------------------------------------------------------

    async def verify(self, request: Request) -> Response:
        """Answer Meta's handshake: the challenge comes back only to who knows the token."""
        asked = request.query_params
        token = self.settings.verify_token
        known = token is not None and hmac.compare_digest(
            asked.get("hub.verify_token", "").encode("utf-8", "replace"), token.get_secret_value().encode()
        )
        if asked.get("hub.mode") != "subscribe" or not known:
            self.metrics.refused.labels("webhook", "verify_token").inc()
            return JSONResponse({"error": "the verify token is not ours"}, status_code=403)
        return PlainTextResponse(asked.get("hub.challenge", "")[:_CHALLENGE_MAX])

    async def webhook(self, scope: Scope, receive: Receive) -> int:
        self.admit()
        if not is_signature(Headers(scope=scope).get("x-hub-signature-256", "")):
            raise RequestRefused(401, "the request is not signed", "signature")
        return await self.with_body(scope, receive, self._webhook_body)

    async def _webhook_body(self, scope: Scope, body: bytes) -> int:
        if not verify_body(self.settings.app_secrets, body, Headers(scope=scope).get("x-hub-signature-256", "")):
            raise RequestRefused(401, "the signature does not fit the body", "signature")
        try:
            payload: Payload = parse_payload(body, self.reading())
        except PayloadError as error:
            await self.keep_reject(str(error), body, scope, "webhook")
            raise RequestRefused(400, str(error), "payload") from error
        except StoreError as error:
            raise RequestRefused(503, f"nothing can be taken in now: {type(error).__name__}", "full") from error
        rejects = [self.rejected(refused.reason, refused.raw, scope) for refused in payload.refused]
        await self.keep(payload.messages, payload.statuses, rejects, "webhook")
        return len(payload.messages)

    # ---- any other source ------------------------------------------------------------------------------------------

    async def generic(self, scope: Scope, receive: Receive) -> int:
        self.admit()
        header = Headers(scope=scope).get("x-majlis-signature", "")
        problem = self.timed.well_formed(header, self.clock() / 1000)
        if problem:
            raise RequestRefused(401, problem, "signature")
        return await self.with_body(scope, receive, self._generic_body)

    async def _generic_body(self, scope: Scope, body: bytes) -> int:
        header = Headers(scope=scope).get("x-majlis-signature", "")
        problem = self.timed.verify(header, body, self.clock() / 1000)
        if problem:
            raise RequestRefused(401, problem, "signature")
        try:
            messages = parse_generic(body, self.clock())
        except PayloadError as error:
            await self.keep_reject(str(error), body, scope, "messages")
            raise RequestRefused(422, str(error), "payload") from error
        await self.keep(messages, (), (), "messages")
        self.timed.remember(header)
        return len(messages)


class _Endpoint:
    """An ASGI endpoint that reads its own body."""

    def __init__(self, gateway: _Gateway, route: str, handle: Callable[[Scope, Receive], Awaitable[int]]) -> None:
        self._gateway = gateway
        self._route = route
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._gateway.serve(scope, receive, send, self._route, self._handle)


def create_app(
    settings: WhatsAppSettings,
    submit: Submit,
    reject: Callable[[Reject], None],
    statuses: Statuses,
    clock: Callable[[], int],
    *,
    metrics: GatewayMetrics,
    aliases: ConversationAliases | None = None,
    draining: Callable[[], bool] = _never,
) -> Starlette:
    """Build the gateway's application.

    Args:
        settings: of the channel.
        submit: takes messages and returns when they are on disk.
        reject: keeps input that could not become a message.
        statuses: takes reports about sent messages and returns when they are on disk.
        clock: gives milliseconds since 1970 UTC.
        metrics: counts.
        aliases: merges a customer's ids into one conversation, durably; None trusts each payload alone.
        draining: tells whether the gateway is stopping.

    Returns:
        an application with the webhook (``settings.webhook_path``), ``/v1/messages`` and ``/openapi.json``.
    """
    gateway = _Gateway(
        settings,
        submit=submit,
        reject=reject,
        statuses=statuses,
        clock=clock,
        metrics=metrics,
        aliases=aliases,
        draining=draining,
    )
    document = openapi_document(_version())

    async def openapi(_request: Request) -> Response:
        return JSONResponse(document)

    routes = [
        Route(settings.webhook_path, _Endpoint(gateway, "webhook", gateway.webhook), methods=["POST"]),
        Route(settings.webhook_path, gateway.verify, methods=["GET"]),
        Route("/openapi.json", openapi, methods=["GET"]),
    ]
    if settings.generic_secrets:
        routes.append(Route("/v1/messages", _Endpoint(gateway, "messages", gateway.generic), methods=["POST"]))
    return Starlette(routes=routes)


def _version() -> str:
    try:
        return version("majlis")
    except PackageNotFoundError:
        return "0"
