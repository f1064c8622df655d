"""The Graph API's side: takes sends and serves media, with WhatsApp's limits and errors."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from stress.whatsapp_server.faults import Faults

WINDOW_S = 24 * 3600


@dataclass
class Limits:
    """WhatsApp's limits; tests make them tighter.

    Attributes:
        channel_per_s: sends a second from one number.
        pair_every_s, pair_burst: sends to one person.
        window: whether free text needs a message of that person within 24 hours.
        media_ttl_s: how long a media link works.
    """

    channel_per_s: float = 80.0
    pair_every_s: float = 6.0
    pair_burst: int = 45
    window: bool = True
    media_ttl_s: float = 300.0


@dataclass(frozen=True)
class Landed:
    """A message that reached a person's phone."""

    message_id: str
    channel: str
    to: str
    text: str
    template: str
    callback: str
    at_s: float


@dataclass(frozen=True)
class MediaFile:
    """A file that can be fetched by id."""

    content: bytes
    mime: str


@dataclass
class _Bucket:
    tokens: float
    at_s: float


@dataclass
class GraphApi:
    """State of the API.

    Attributes:
        token: bearer token that it asks for.
        limits, faults: how it behaves; may be changed while it runs.
        base_url: where it is reached from outside; media links begin with it.
        accepted: called in the event loop for every message that landed, to report its status.
        clock_s: gives seconds since 1970 UTC.
    """

    token: str = "graph-token"  # noqa: S105 - of a local test server
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    base_url: str = ""
    accepted: Callable[[Landed], None] = lambda _landed: None
    clock_s: Callable[[], float] = time.time
    seed: int = 1
    landed: list[Landed] = field(default_factory=list)
    refused: dict[int, int] = field(default_factory=dict)
    media: dict[str, MediaFile] = field(default_factory=dict)
    links_given: int = 0
    downloads: int = 0
    _random: random.Random = field(init=False)
    _last_inbound: dict[tuple[str, str], float] = field(default_factory=dict)
    _buckets: dict[tuple[str, ...], _Bucket] = field(default_factory=dict)
    _links: dict[str, tuple[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - reproducible, not secret

    def app(self) -> Starlette:
        """Build the application."""
        return Starlette(
            routes=[
                Route("/{version}/{channel}/messages", self._messages, methods=["POST"]),
                Route("/download/{link}", self._download),
                Route("/{version}/{media_id}", self._media_link),
            ]
        )

    def wrote(self, channel: str, person: str) -> None:
        """Note that a person wrote to a number: opens the 24-hour window."""
        self._last_inbound[channel, person] = self.clock_s()

    def _take(self, key: tuple[str, ...], per_s: float, burst: float) -> bool:
        now = self.clock_s()
        bucket = self._buckets.setdefault(key, _Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.at_s) * per_s)
        bucket.at_s = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def _error(self, status: int, code: int, message: str, details: str = "") -> Response:
        self.refused[code] = self.refused.get(code, 0) + 1
        error: dict[str, Any] = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code}
        if details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": details}
        return JSONResponse({"error": error}, status_code=status)

    def _unauthorised(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Bearer {self.token}":
            return None
        return self._error(401, 190, "Invalid OAuth access token")

    # ---- sends -----------------------------------------------------------------------------------------------------

    async def _messages(self, request: Request) -> Response:
        refused = self._unauthorised(request)
        if refused is not None:
            return refused
        try:
            body = json.loads(await request.body())
        except ValueError:
            return self._error(400, 100, "Invalid parameter", "the body is not JSON")
        channel = request.path_params["channel"]
        problem = _problem(body)
        if problem:
            return self._error(400, 100, "Invalid parameter", problem)
        to = body.get("to") or body.get("recipient")
        refused = self._limited(channel, to, body["type"]) or self._failed()
        if refused is not None:
            return refused
        is_text = body["type"] == "text"
        parameters = [] if is_text else body["template"].get("components", [])
        landed = Landed(
            message_id=f"wamid.OUT{self.seed:03d}{len(self.landed):012d}",
            channel=channel,
            to=to,
            text=body["text"]["body"] if is_text else json.dumps(parameters, ensure_ascii=False),
            template="" if is_text else body["template"]["name"],
            callback=body.get("biz_opaque_callback_data", ""),
            at_s=self.clock_s(),
        )
        self.landed.append(landed)
        self.accepted(landed)
        draw = self._random.random()
        if draw < self.faults.lost_answer:
            return _Cut()
        if draw < self.faults.lost_answer + self.faults.gateway_error:
            return PlainTextResponse("<html>Bad Gateway</html>", status_code=502)
        contact = {"input": to, "wa_id": to} if to.isdigit() else {"input": to, "user_id": to}
        return JSONResponse(
            {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": landed.message_id}]}
        )

    def _limited(self, channel: str, to: str, sort: str) -> Response | None:
        limits = self.limits
        if not self._take((channel,), limits.channel_per_s, limits.channel_per_s):
            return self._error(429, 130429, "Rate limit hit", "Message failed to send: too many in a short time")
        if not self._take((channel, to), 1 / limits.pair_every_s, limits.pair_burst):
            return self._error(400, 131056, "(Business Account, Consumer Account) pair rate limit hit")
        last = self._last_inbound.get((channel, to), 0.0)
        if sort == "text" and limits.window and self.clock_s() - last > WINDOW_S:
            return self._error(400, 131047, "Re-engagement message", "More than 24 hours have passed")
        return None

    def _failed(self) -> Response | None:
        draw = self._random.random()
        if draw < self.faults.server_error:
            return self._error(500, 131000, "Something went wrong")
        if draw < self.faults.server_error + self.faults.undeliverable:
            return self._error(400, 131026, "Message undeliverable")
        return None

    # ---- media -----------------------------------------------------------------------------------------------------

    async def _media_link(self, request: Request) -> Response:
        refused = self._unauthorised(request)
        if refused is not None:
            return refused
        media_id = request.path_params["media_id"]
        if self._random.random() < self.faults.media_error:
            return self._error(500, 131000, "Something went wrong")
        file = self.media.get(media_id)
        if file is None:
            return self._error(400, 100, "Unsupported get request", f"Object with ID '{media_id}' does not exist")
        self.links_given += 1
        link = hashlib.sha256(f"{self.seed}-{self.links_given}".encode()).hexdigest()
        self._links[link] = (media_id, self.clock_s() + self.limits.media_ttl_s)
        return JSONResponse(
            {
                "messaging_product": "whatsapp",
                "url": f"{self.base_url}/download/{link}",
                "mime_type": file.mime,
                "sha256": hashlib.sha256(file.content).hexdigest(),
                "file_size": len(file.content),
                "id": media_id,
            }
        )

    async def _download(self, request: Request) -> Response:
        refused = self._unauthorised(request)
        if refused is not None:
            return refused
        media_id, until_s = self._links.get(request.path_params["link"], ("", 0.0))
        file = self.media.get(media_id)
        if file is None or self.clock_s() > until_s:
            return PlainTextResponse("URL signature expired", status_code=404)
        self.downloads += 1
        draw, faults = self._random.random(), self.faults
        content = file.content
        if draw < faults.media_corrupt:
            content = bytes([content[0] ^ 1]) + content[1:]
        elif draw < faults.media_corrupt + faults.media_cut:
            return _Cut(content)
        return Response(content, media_type=file.mime)


class _Cut(Response):
    """Half an answer: the connection is closed in the middle."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - starlette's signature
        headers = [(b"content-length", b"%d" % max(2, len(self.body)))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})
        raise ConnectionAbortedError("the answer is cut here on purpose")


def _problem(body: Any) -> str:
    if not isinstance(body, dict) or body.get("messaging_product") != "whatsapp":
        return "messaging_product must be whatsapp"
    to = body.get("to") or body.get("recipient")
    if not isinstance(to, str) or not to:
        return "to or recipient is required"
    callback = body.get("biz_opaque_callback_data", "")
    if not isinstance(callback, str) or len(callback) > 512:
        return "biz_opaque_callback_data has at most 512 characters"
    match body.get("type"):
        case "text":
            text = body.get("text")
            said = text.get("body") if isinstance(text, dict) else None
            if not isinstance(said, str) or not 1 <= len(said) <= 4096:
                return "text.body has 1 to 4096 characters"
        case "template":
            template = body.get("template")
            if not isinstance(template, dict) or not template.get("name") or not template.get("language"):
                return "a template has a name and a language"
        case _:
            return "unknown type"
    return ""
