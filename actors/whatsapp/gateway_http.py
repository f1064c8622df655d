"""The gateway's HTTP side as one piece: webhooks, admin port, aliases and the log of statuses."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable, Sequence
from typing import Final

import uvicorn

from actors.whatsapp.admin_app import create_admin_app
from actors.whatsapp.conversation_aliases import ConversationAliases
from actors.whatsapp.gateway_metrics import GatewayMetrics
from actors.whatsapp.http_app import create_app
from actors.whatsapp.http_connections import server_config
from actors.whatsapp.ingest import InboxWriter
from actors.whatsapp.server_thread import ServerThread
from actors.whatsapp.settings import WhatsAppSettings
from actors.whatsapp.status_log import FOLDER as STATUS_FOLDER
from actors.whatsapp.status_log import StatusLog
from messages.row import Reject
from store.folder import DataFolder

ALIASES_FOLDER: Final = "aliases"
_SPARE_FILES: Final = 256


def _nothing() -> Sequence[str]:
    return ()


class GatewayHttp:
    """Servers of one gateway process.

    Args:
        folder: the data folder.
        settings: of the channel.
        inbox: writer of the inbox logs.
        clock: gives milliseconds since 1970 UTC.
        reported: called from another thread when statuses are on disk: ring delivery's bell.
        status_bytes: bound of the log of statuses.
        unhealthy, unready: give further problems for ``/healthz`` and ``/readyz``.
        expositions: give further figures for ``/metrics``.

    Raises:
        OSError: a port is taken.
        StoreError: aliases or statuses cannot be opened.
    """

    def __init__(
        self,
        folder: DataFolder,
        settings: WhatsAppSettings,
        inbox: InboxWriter,
        *,
        clock: Callable[[], int],
        reported: Callable[[], None],
        status_bytes: int = 50_000_000,
        unhealthy: Callable[[], Sequence[str]] = _nothing,
        unready: Callable[[], Sequence[str]] = _nothing,
        expositions: Sequence[Callable[[], bytes]] = (),
    ) -> None:
        self._inbox = inbox
        self._unready = unready
        self._unhealthy = unhealthy
        self._draining = False
        self.metrics = GatewayMetrics()
        _allow_files(settings.max_connections + _SPARE_FILES)
        self._aliases = ConversationAliases(folder.path / ALIASES_FOLDER)
        self._statuses = StatusLog(folder.path / STATUS_FOLDER, max_bytes=status_bytes, appended=reported)
        app = create_app(
            settings,
            inbox.submit,
            self._reject,
            self._statuses.append,
            clock,
            metrics=self.metrics,
            aliases=self._aliases,
            draining=lambda: self._draining,
        )
        self._server = ServerThread(server_config(app, settings))
        admin = create_admin_app(self._faults, self._problems, [self.metrics.exposition, *expositions])
        self._admin = ServerThread(
            uvicorn.Config(
                admin,
                host=settings.admin_host,
                port=settings.admin_port,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                limit_concurrency=64,
            )
        )

    def _reject(self, reject: Reject) -> None:
        self._inbox.reject([reject])

    def _faults(self) -> Sequence[str]:
        own = [] if self._server.alive else ["the webhooks' server has ended"]
        return [*own, *self._unhealthy()]

    def _problems(self) -> Sequence[str]:
        own = ["the gateway is stopping"] if self._draining else []
        return [*own, *self._unready()]

    @property
    def port(self) -> int:
        """Where webhooks are taken."""
        return self._server.port

    @property
    def admin_port(self) -> int:
        """Where health and metrics are served."""
        return self._admin.port

    def start(self) -> None:
        """Take connections."""
        self._server.start()
        self._admin.start()

    def drain(self, *, draining: bool = True) -> None:
        """Answer webhooks 503 from now on, or take them again."""
        self._draining = draining

    def trim_statuses(self, before: int) -> None:
        """Remove the statuses that delivery has taken."""
        self._statuses.trim(before)

    def forget(self, conversation: str) -> list[str]:
        """Remove the ids that lead to a conversation; returns them."""
        return self._server.call(self._aliases.forget(conversation))

    def stop(self) -> None:
        """Answer what is under way, and close everything; the inbox is its owner's to close, after this."""
        self._draining = True
        self._server.stop()
        self._admin.stop()
        self._statuses.close()
        self._aliases.close()


def forget_aliases(folder: DataFolder, conversation: str) -> list[str]:
    """Remove the ids that lead to a conversation where webhooks are not served, but once were; returns them."""
    path = folder.path / ALIASES_FOLDER
    if not path.exists():
        return []
    aliases = ConversationAliases(path)
    try:
        return asyncio.run(aliases.forget(conversation))
    finally:
        aliases.close()


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < ceiling:
        resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))
