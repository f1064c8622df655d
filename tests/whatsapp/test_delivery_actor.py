from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from actors.whatsapp.delivery_actor import DeliveryConfig
from actors.whatsapp.settings import REVEAL, DeliverySettings, WhatsAppSettings
from messages.wire import encode
from store.partition import PartitionState
from stress.whatsapp_server.graph_api import Limits
from stress.whatsapp_server.local_whatsapp import LocalWhatsApp
from supervision.spec import Backoff, ChildSpec, SupervisorSpec
from tests.system.harness import Bench, until
from tests.whatsapp.conftest import SECRET
from tests.whatsapp.test_delivery_service import FAST, reply

ACTOR = "actors.whatsapp.delivery_actor:DeliveryActor"


@pytest.fixture
def whatsapp() -> Iterator[LocalWhatsApp]:
    limits = Limits(pair_every_s=0.001, pair_burst=1000, channel_per_s=100_000, window=False)
    with LocalWhatsApp(secret=SECRET, limits=limits, seed=5) as server:
        yield server


def write_replies(path: Path, numbers: range) -> None:
    """Write replies as a shard would, before the system runs."""
    from store.folder import DataFolder

    folder = DataFolder.open_or_create(path, partitions=1)
    shard = PartitionState(folder.state(0), owner="test")
    turn = shard.begin()
    for number in numbers:
        turn.add_reply(encode(reply(number, to=f"9715{number:02d}")))
    shard.commit(turn)
    shard.close()


def start(path: Path, whatsapp: LocalWhatsApp, token: str | None = "graph-token", **settings: Any) -> Bench:
    config = DeliveryConfig(
        folder=path,
        whatsapp=WhatsAppSettings(
            graph_url=whatsapp.graph_url,
            access_token=None if token is None else SecretStr(token),
            delivery=DeliverySettings(**{**FAST, **settings}),
        ),
    )
    child = ChildSpec("delivery", ACTOR, config.model_dump_json(context=REVEAL).encode())
    backoff = Backoff(0.01, 2.0, 0.2, 0.0)
    return Bench(path, SupervisorSpec("root", intensity=50, backoff=backoff, children=(child,)))


def counts(bench: Bench) -> dict[str, int]:
    found: dict[str, int] = bench.do("delivery", "outgoing")["counts"]
    return found


def test_the_actor_sends_what_the_outbox_holds_and_goes_on_after_a_kill(
    tmp_path: Path, whatsapp: LocalWhatsApp
) -> None:
    path = tmp_path / "data"
    write_replies(path, range(20))
    bench = start(path, whatsapp)
    try:
        until(lambda: counts(bench) == {"sent": 20})
        before = bench.pid("delivery")
        os.kill(before, signal.SIGKILL)
        until(lambda: "delivery" in bench.tree() and bench.pid("delivery") not in {0, before})
        assert until(lambda: counts(bench)) == {"sent": 20}
        assert sorted(landed.callback for landed in whatsapp.api.landed) == sorted(f"r-{n}" for n in range(20))
        facts = bench.do("delivery", "outgoing", conversation="971507")
        assert [record["state"] for record in facts["outgoing"]] == ["sent"]
        assert bench.do("delivery", "suppress", conversation="971507") == {"dropped": 0}
    finally:
        bench.system.shutdown()


def test_without_a_token_replies_are_recorded_and_not_sent(tmp_path: Path, whatsapp: LocalWhatsApp) -> None:
    path = tmp_path / "data"
    write_replies(path, range(5))
    bench = start(path, whatsapp, token=None)
    try:
        until(lambda: counts(bench) == {"dry_run": 5})
        assert not whatsapp.api.landed
    finally:
        bench.system.shutdown()
