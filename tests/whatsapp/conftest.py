from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import httpx
import pytest
from pydantic import SecretStr

from actors.whatsapp.gateway_metrics import GatewayMetrics
from actors.whatsapp.http_app import Statuses, Submit, create_app
from actors.whatsapp.http_connections import server_config
from actors.whatsapp.server_thread import ServerThread
from actors.whatsapp.settings import WhatsAppSettings
from messages.delivery import DeliveryStatus
from messages.inbound import Inbound
from messages.row import Reject

SECRET = "app-secret"
GENERIC_SECRET = "generic-secret"
SETTINGS = WhatsAppSettings(
    port=0,
    verify_token=SecretStr("handshake"),
    app_secrets=(SecretStr("older-secret"), SecretStr(SECRET)),
    generic_secrets=(SecretStr(GENERIC_SECRET),),
)


@dataclass
class Kept:
    """What a gateway has put on disk, and the error that its disk has now."""

    messages: list[Inbound] = field(default_factory=list)
    statuses: list[DeliveryStatus] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    error: Exception | None = None
    draining: bool = False
    now_ms: int | None = None
    metrics: GatewayMetrics = field(default_factory=GatewayMetrics)
    gate: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def clock(self) -> int:
        return time.time_ns() // 1_000_000 if self.now_ms is None else self.now_ms

    async def submit(self, messages: Sequence[Inbound]) -> None:
        if self.error is not None:
            raise self.error
        self.reached.set()
        if not self.gate.is_set():
            await asyncio.to_thread(self.gate.wait, 10)
        self.messages += messages

    async def report(self, statuses: Sequence[DeliveryStatus]) -> None:
        self.statuses += statuses

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@dataclass
class Gateway:
    kept: Kept
    port: int
    client: httpx.Client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def start_gateway() -> Iterator[Callable[..., Gateway]]:
    """Start gateways that listen on real sockets."""
    running: list[tuple[ServerThread, httpx.Client]] = []

    def start(
        settings: WhatsAppSettings = SETTINGS,
        statuses: Statuses | None = None,
        submit: Submit | None = None,
        **more: object,
    ) -> Gateway:
        kept = Kept()
        app = create_app(
            settings,
            submit or kept.submit,
            kept.rejects.append,
            statuses or kept.report,
            kept.clock,
            metrics=kept.metrics,
            draining=lambda: kept.draining,
            **more,  # type: ignore[arg-type]
        )
        thread = ServerThread(server_config(app, settings)).start()
        client = httpx.Client(base_url=f"http://127.0.0.1:{thread.port}", timeout=20, trust_env=False)
        running.append((thread, client))
        return Gateway(kept, thread.port, client)

    yield start
    for thread, client in running:
        client.close()
        thread.stop()


@pytest.fixture
def gateway(start_gateway: Callable[..., Gateway]) -> Gateway:
    return start_gateway()
