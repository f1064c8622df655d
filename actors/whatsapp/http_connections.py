"""Connections of the gateway's HTTP server: headers must come in time and be short, and idle ones make room."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from actors.whatsapp.settings import WhatsAppSettings

MAX_HEADER_BYTES = 65_536


class ConnectionLimits:
    """Bounds shared by the connections of one server.

    Args:
        header_timeout_s: a request's headers must be complete within this.
        max_connections: open at once; for one more, that which has been idle longest is closed.
    """

    def __init__(self, header_timeout_s: float, max_connections: int) -> None:
        self.header_timeout_s = header_timeout_s
        self.max_connections = max_connections
        self.open: dict[BoundedConnection, None] = {}
        self.late_headers = 0
        self.evicted = 0

    def admit(self, connection: BoundedConnection) -> None:
        """Take a connection in, and close another where there are too many."""
        if len(self.open) >= self.max_connections:
            idle = next((other for other in self.open if other.idle), connection)
            self.evicted += 1
            self.open.pop(idle, None)
            idle.transport.close()
            if idle is connection:
                return
        self.open[connection] = None

    def used(self, connection: BoundedConnection) -> None:
        """Move a connection to the end of those that may be closed."""
        if connection in self.open:
            del self.open[connection]
            self.open[connection] = None


class BoundedConnection(HttpToolsProtocol):
    """One connection; made by the server for each, with ``limits`` set by ``server_config``."""

    limits: ConnectionLimits

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._header_timer: asyncio.TimerHandle | None = None
        self._header_bytes = 0

    @property
    def idle(self) -> bool:
        """Whether no request is being handled."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock of the first request's headers."""
        super().connection_made(transport)
        self.limits.admit(self)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._headers_came()
        self.limits.open.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Refuse headers without end."""
        self._header_bytes += len(data)
        super().data_received(data)
        if self._header_timer is not None and self._header_bytes > MAX_HEADER_BYTES:
            self._headers_came()
            self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        """Start the clock of a further request's headers."""
        super().on_message_begin()
        if self._header_timer is None:
            self._await_headers()

    def on_headers_complete(self) -> None:
        """Stop the clock."""
        self._headers_came()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Note when it was last used."""
        super().on_response_complete()
        self.limits.used(self)

    def _await_headers(self) -> None:
        self._header_timer = self.loop.call_later(self.limits.header_timeout_s, self._headers_late)

    def _headers_came(self) -> None:
        self._header_bytes = 0
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _headers_late(self) -> None:
        self._header_timer = None
        self.limits.late_headers += 1
        self.transport.close()


def server_config(app: ASGIApp, settings: WhatsAppSettings) -> uvicorn.Config:
    """Configure the gateway's server.

    Args:
        app: the application.
        settings: of the channel.

    Returns:
        a configuration for ``uvicorn.Server``: bounded connections, TLS where configured, a proxy's headers only from
        the addresses that settings name.
    """
    limits = ConnectionLimits(settings.header_timeout_s, settings.max_connections)
    connection = type("GatewayConnection", (BoundedConnection,), {"limits": limits})
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=2,
        backlog=2048,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies) or None,
    )
