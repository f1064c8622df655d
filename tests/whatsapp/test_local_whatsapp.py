from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Timer

import httpx
import pytest

from store.errors import QueueFull
from stress.whatsapp_server.graph_api import Limits
from stress.whatsapp_server.local_whatsapp import LocalWhatsApp
from stress.whatsapp_server.traffic import Mix, Traffic
from tests.whatsapp.conftest import SECRET, SETTINGS, Gateway


@pytest.fixture
def whatsapp() -> Iterator[LocalWhatsApp]:
    with LocalWhatsApp(secret=SECRET, seed=2) as server:
        yield server


def ids(gateway: Gateway) -> list[str]:
    return [message.id for message in gateway.kept.messages]


def test_a_refused_delivery_comes_again_until_it_is_taken(gateway: Gateway, whatsapp: LocalWhatsApp) -> None:
    whatsapp.connect(gateway.port)
    updates = Traffic(1).messages(300)
    gateway.kept.error = QueueFull("full")

    def make_room() -> None:
        gateway.kept.error = None

    Timer(0.4, make_room).start()
    whatsapp.deliver("106", updates, size=20)
    assert sorted(ids(gateway)) == sorted(update.message["id"] for update in updates)
    assert whatsapp.deliverer.redelivered >= 15
    assert whatsapp.deliverer.answers[503] == whatsapp.deliverer.redelivered


def test_a_storm_of_duplicates_reaches_the_log_once_while_they_are_remembered(
    start_gateway: Callable[..., Gateway], whatsapp: LocalWhatsApp
) -> None:
    gateway = start_gateway(SETTINGS.model_copy(update={"remember_ids": 1000}))
    whatsapp.connect(gateway.port)
    traffic = Traffic(2, mix=Mix(duplicates=0.5, swapped=0.5))
    updates = traffic.messages(500)
    whatsapp.deliver("106", traffic.disorder(updates), size=50)
    whatsapp.deliver("106", updates, size=500)
    assert sorted(set(ids(gateway))) == sorted(update.message["id"] for update in updates)
    # Bodies that were under way side by side may both have brought one: the sessions recognise the second.
    again = len(ids(gateway)) - 500
    assert again < 150
    assert gateway.kept.count("majlis_gateway_redelivered_total") >= 500


def test_a_forgotten_message_is_taken_again(start_gateway: Callable[..., Gateway], whatsapp: LocalWhatsApp) -> None:
    gateway = start_gateway(SETTINGS.model_copy(update={"remember_ids": 10}))
    whatsapp.connect(gateway.port)
    updates = Traffic(2).messages(50)
    for _ in range(2):
        whatsapp.deliver("106", updates, size=50)
    assert len(ids(gateway)) == 90


def test_traffic_is_disorderly_and_the_same_for_a_seed() -> None:
    def stream(seed: int) -> list[str]:
        traffic = Traffic(seed, people=20, mix=Mix(duplicates=0.1, swapped=0.2))
        return [update.message["id"] for update in traffic.disorder(traffic.messages(500))]

    first = stream(1)
    assert first == stream(1)
    assert first != stream(2)
    assert 520 < len(first) < 590
    assert first != sorted(first)
    stamps = {update.message["timestamp"] for update in Traffic(1, per_s=100).messages(500)}
    assert len(stamps) == 5  # whole seconds


def send(whatsapp: LocalWhatsApp, to: str = "971501", **body: object) -> tuple[int, int]:
    document = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": "hi"}, **body}
    headers = {"Authorization": f"Bearer {whatsapp.api.token}"}
    answer = httpx.post(f"{whatsapp.graph_url}/106/messages", json=document, headers=headers, trust_env=False)
    return answer.status_code, answer.json().get("error", {}).get("code", 0)


def test_the_server_has_whatsapps_limits(whatsapp: LocalWhatsApp) -> None:
    assert send(whatsapp) == (400, 131047)
    whatsapp.api.wrote("106", "971501")
    assert send(whatsapp) == (200, 0)
    assert send(whatsapp, type="template") == (400, 100)
    assert send(whatsapp, text={"body": "x" * 4097}) == (400, 100)
    whatsapp.api.limits = Limits(pair_burst=1)
    whatsapp.api._buckets.clear()
    assert [send(whatsapp) for _ in range(2)] == [(200, 0), (400, 131056)]
    whatsapp.api.limits = Limits(channel_per_s=1)
    whatsapp.api._buckets.clear()
    assert [send(whatsapp) for _ in range(2)] == [(200, 0), (429, 130429)]
    whatsapp.api.token = "other"
    assert httpx.get(f"{whatsapp.graph_url}/m1", trust_env=False).status_code == 401
