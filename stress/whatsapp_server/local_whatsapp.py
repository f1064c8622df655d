"""WhatsApp on this machine: one server for sends and media, one deliverer for messages and statuses."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from typing import Self

import uvicorn

from actors.whatsapp.server_thread import ServerThread
from stress.whatsapp_server.deliverer import Deliverer
from stress.whatsapp_server.faults import Faults
from stress.whatsapp_server.graph_api import GraphApi, Landed, Limits
from stress.whatsapp_server.traffic import Update, webhook_body
from stress.whatsapp_server.webhook_client import WebhookClient

VERSION = "v23.0"


class LocalWhatsApp:
    """Meta's side; also a context manager.

    Args:
        secret: the app's secret, which signs webhooks.
        webhook_path: path of the gateway's webhook.
        token: bearer token for sends and media.
        limits, faults: how it behaves.
        seed: of what is drawn.
        port: where it listens, 0 for a free one.

    Attributes:
        api: the Graph API's state: what landed, media, limits, faults.
    """

    def __init__(
        self,
        *,
        secret: str,
        webhook_path: str = "/webhooks/whatsapp",
        token: str = "graph-token",  # noqa: S107 - of a local test server
        limits: Limits | None = None,
        faults: Faults | None = None,
        seed: int = 1,
        port: int = 0,
    ) -> None:
        self._secret = secret
        self._webhook_path = webhook_path
        self._random = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self.api = GraphApi(
            token=token, limits=limits or Limits(), faults=faults or Faults(), accepted=self._accepted, seed=seed
        )
        config = uvicorn.Config(
            self.api.app(), host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off"
        )
        self._server = ServerThread(config)
        self.api.base_url = f"http://127.0.0.1:{self._server.port}"
        self._deliverer: Deliverer | None = None
        self._statuses: set[asyncio.Task[None]] = set()
        self.statuses_lost = 0

    @property
    def graph_url(self) -> str:
        """The base address that goes into the gateway's settings."""
        return f"{self.api.base_url}/{VERSION}"

    @property
    def host(self) -> str:
        """Host and port, for the media client's ``private_hosts``."""
        return f"127.0.0.1:{self._server.port}"

    def connect(self, gateway_port: int) -> None:
        """Deliver webhooks to this gateway from now on."""
        client = WebhookClient("127.0.0.1", gateway_port, timeout_s=10)
        self._deliverer = Deliverer(client, self._webhook_path, self._secret)

    @property
    def deliverer(self) -> Deliverer:
        """What was delivered so far, and how it was answered."""
        if self._deliverer is None:
            raise RuntimeError("connect a gateway first")
        return self._deliverer

    def deliver(self, channel: str, updates: list[Update], *, size: int = 100, per_s: float = 0.0) -> None:
        """Deliver messages in bodies of so many, and return when each was answered 200."""
        for update in updates:
            self.api.wrote(channel, update.person.user_id or update.person.wa_id)
            self.api.wrote(channel, update.person.wa_id)
        bodies = [webhook_body(channel, updates[first : first + size]) for first in range(0, len(updates), size)]
        self.deliver_bodies(bodies, per_s=per_s)

    def deliver_bodies(self, bodies: Iterable[bytes], *, per_s: float = 0.0) -> None:
        """Deliver bodies as they are."""
        self._server.call(self.deliverer.run(bodies, per_s=per_s))

    def _accepted(self, landed: Landed) -> None:
        if self._deliverer is None:
            return
        faults = self.api.faults
        for state in ("sent", "delivered", "read"):
            if self._random.random() < faults.status_lost:
                self.statuses_lost += 1
                continue
            for _ in range(2 if self._random.random() < faults.status_twice else 1):
                task = asyncio.get_running_loop().create_task(self._report(landed, state))
                self._statuses.add(task)
                task.add_done_callback(self._statuses.discard)

    async def _report(self, landed: Landed, state: str) -> None:
        await asyncio.sleep(self._random.uniform(0, self.api.faults.status_late_s))
        status = {
            "id": landed.message_id,
            "status": state,
            "timestamp": str(int(self.api.clock_s())),
            "recipient_id": landed.to,
            "biz_opaque_callback_data": landed.callback,
        }
        await self.deliverer.deliver(webhook_body(landed.channel, [], [status]))

    def start(self) -> Self:
        """Start it."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop it; statuses that are still to come are lost."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()
