"""The server as an ASGI application: tokens, API, misbehaviour, and its control end."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from stress.sheets_server import accounts
from stress.sheets_server.api import Api
from stress.sheets_server.book_store import MAX_CELLS, BookStore
from stress.sheets_server.drive import PREFIX, DriveApi
from stress.sheets_server.errors import ApiError, SheetsServerError, invalid
from stress.sheets_server.faults import Faults
from stress.sheets_server.quota import Limits, Quota
from stress.sheets_server.schema import schema

_HTML_502 = (
    "<!DOCTYPE html>\n<html lang=en>\n<title>Error 502 (Server Error)!!1</title>\n"
    "<p><b>502.</b> <ins>That's an error.</ins>\n<p>The server encountered a temporary error. "
    "<ins>Please try again in 30 seconds.</ins>\n"
)


class ResettableProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, with its transport in the scope, so that a handler can reset the connection."""

    def on_message_begin(self) -> None:
        """Put the transport into the request's scope."""
        super().on_message_begin()
        self.scope["majlis_transport"] = self.transport  # type: ignore[typeddict-unknown-key]


def reset_connection(request: Request) -> None:
    """Send a TCP reset to the client."""
    transport = request.scope["majlis_transport"]
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class SheetsServer:
    """The server's state and routes.

    Args:
        state: the SQLite file.
        base_url: where it is reached.
        max_cells: cells a spreadsheet may have.
    """

    def __init__(self, state: Path, base_url: str, max_cells: int = MAX_CELLS) -> None:
        self.store = BookStore(state, max_cells)
        self.base_url = base_url
        self.faults = Faults()
        self.quota = Quota(Limits(), time.monotonic)
        self.api = Api(self.store, schema(), self.quota, base_url)
        self.drive = DriveApi(self.store)
        self.late = 0
        self.tasks: set[asyncio.Task[Any]] = set()

    def application(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/token", self.token, methods=["POST"]),
                Route("/_control/{what}", self.control, methods=["GET", "POST"]),
                Route("/{path:path}", self.call, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
            ]
        )

    async def token(self, request: Request) -> Response:
        """Exchange an assertion for a token."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode("latin-1")).items()}
        try:
            return JSONResponse(accounts.grant(self.store, form, self.base_url + "/token"))
        except accounts.GrantError as error:
            return JSONResponse({"error": "invalid_grant", "error_description": str(error)}, 400)

    async def call(self, request: Request) -> Response:
        """Answer an API call, or misbehave."""
        body = await request.body()
        raw_path = request.scope["raw_path"].decode("latin-1")
        fault = self.faults.draw(raw_path)
        plan = self.faults.plan
        if fault is None:
            return self._answer(request, raw_path, body)
        if fault == "timeout_late":
            # The call goes on after the client has gone, as one that is queued inside Google would.
            task = asyncio.create_task(self._late(request, raw_path, body, plan.hang_s))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        if fault in {"500_after", "timeout_after", "reset_after", "slow_drip", "malformed"}:
            done = self._answer(request, raw_path, body)
        if fault.startswith("timeout"):
            await asyncio.sleep(plan.hang_s)
        if fault.startswith(("timeout", "reset")):
            reset_connection(request)
            return Response(status_code=500)
        if fault == "slow_drip":
            return StreamingResponse(_drip(bytes(done.body), plan.hang_s), done.status_code, dict(done.headers))
        if fault == "malformed":
            return Response(
                bytes(done.body)[: max(1, len(done.body) // 2)], done.status_code, media_type=done.media_type
            )
        return self._refusal(fault, request)

    def _refusal(self, fault: str, request: Request) -> Response:
        if fault == "502_html":
            return HTMLResponse(_HTML_502, 502)
        if fault == "revoked":
            token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
            self.store.db.execute("DELETE FROM token WHERE token=?", (token,))
            return _error(ApiError(401, "Request had invalid authentication credentials."))
        if fault.startswith("429"):
            wait = self.faults.plan.retry_after_s if fault == "429_retry_after" else None
            return _error(ApiError(429, "Quota exceeded for quota metric 'Write requests'.", retry_after=wait))
        code = int(fault[:3])
        message = "Internal error encountered." if code == 500 else "The service is currently unavailable."
        return _error(ApiError(code, message))

    async def _late(self, request: Request, raw_path: str, body: bytes, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        self._answer(request, raw_path, body)
        self.late += 1

    def _answer(self, request: Request, raw_path: str, body: bytes) -> Response:
        try:
            if request.headers.get("content-encoding") == "gzip":
                try:
                    body = gzip.decompress(body)
                except (OSError, EOFError, zlib.error) as error:
                    raise invalid(f"Invalid gzip body: {error}") from error
            query = parse_qs(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
            authorization = request.headers.get("authorization", "")
            api = self.drive if raw_path.startswith(PREFIX) else self.api
            answer = api.answer(request.method, raw_path, query, authorization, body)
        except ApiError as error:
            return _error(error)
        return Response(msgspec.json.encode(answer), media_type="application/json; charset=UTF-8")

    async def control(self, request: Request) -> Response:
        """Change the server's behaviour or read its counts; bound to loopback, without authentication."""
        what = request.path_params["what"]
        raw = await request.body()
        given = json.loads(raw) if raw else {}
        try:
            return JSONResponse(self._control(what, given))
        except (SheetsServerError, KeyError) as error:
            return JSONResponse({"error": str(error)}, 400)

    def _control(self, what: str, given: dict[str, Any]) -> Any:
        action = getattr(self, f"_control_{what}", None)
        if action is None:
            raise SheetsServerError(f"unknown control {what}")
        return action(given) or {}

    def _control_keys(self, given: dict[str, Any]) -> Any:
        return accounts.make_key(self.store, str(given["email"]), self.base_url + "/token")

    def _control_books(self, given: dict[str, Any]) -> Any:
        with self.store.transaction():
            book = self.store.create_book(str(given.get("title", "Local")), str(given["owner"]), given.get("id"))
            self.store.add_sheet(book, "Sheet1", 0, 1000, 26, "sheets")
            editors = json.dumps(given.get("editors", []))
            self.store.db.execute("UPDATE book SET editors=? WHERE n=?", (editors, book.n))
        return {"spreadsheetId": book.id}

    def _control_share(self, given: dict[str, Any]) -> None:
        for role in ("editors", "readers"):
            if role in given:
                self.store.db.execute(
                    f"UPDATE book SET {role}=? WHERE id=?",  # noqa: S608 - role is one of two literals
                    (json.dumps(given[role]), given["id"]),
                )

    def _control_trash(self, given: dict[str, Any]) -> None:
        self.store.db.execute("UPDATE book SET trashed=? WHERE id=?", (int(given.get("trashed", True)), given["id"]))

    def _control_faults(self, given: dict[str, Any]) -> None:
        self.faults.set(given)

    def _control_limits(self, given: dict[str, Any]) -> None:
        for name, value in given.items():
            if name == "max_cells":
                self.store.max_cells = int(value)
            elif hasattr(self.quota.limits, name):
                setattr(self.quota.limits, name, int(value))
            else:
                raise SheetsServerError(f"unknown limit {name}")

    def _control_revoke(self, given: dict[str, Any]) -> None:
        self.store.db.execute("DELETE FROM token")
        if "email" in given:
            self.store.db.execute("UPDATE account_key SET revoked=1 WHERE email=?", (given["email"],))

    def _control_api(self, given: dict[str, Any]) -> None:
        self.api.enabled = bool(given["enabled"])

    def _control_drive(self, given: dict[str, Any]) -> None:
        self.drive.enabled = bool(given["enabled"])

    def _control_list(self, given: dict[str, Any]) -> Any:
        found = self.store.db.execute("SELECT id,title,editors FROM book WHERE owner=? ORDER BY n", (given["owner"],))
        return {"books": [{"id": i, "title": title, "editors": json.loads(editors)} for i, title, editors in found]}

    def _control_stats(self, given: dict[str, Any]) -> Any:
        del given
        return {"calls": dict(self.api.calls), "faults": dict(self.faults.counts), "late": self.late}


def _error(error: ApiError) -> JSONResponse:
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else None
    return JSONResponse(error.body(), error.code, headers)


async def _drip(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    """Send a body in forty pieces over a time."""
    size = max(1, len(body) // 40)
    for at in range(0, len(body), size):
        yield body[at : at + size]
        await asyncio.sleep(seconds / 40)
