from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from actors.whatsapp.delivery_actor import DeliveryConfig
from actors.whatsapp.delivery_service import DeliveryService, Logs
from actors.whatsapp.delivery_store import DeliveryStore
from actors.whatsapp.send_client import SendClient, message_body, read_answer
from actors.whatsapp.send_outcome import Outcome, Send, Verdict
from actors.whatsapp.settings import REVEAL, DeliverySettings, WhatsAppSettings
from actors.whatsapp.status_log import StatusLog
from messages.delivery import DeliveryStatus, Outgoing
from messages.row import Reply
from messages.wire import encode
from store.entries import read_entries
from store.errors import FolderMissing, QueueFull, StoreError
from store.folder import DataFolder
from store.partition import PartitionState
from stress.whatsapp_server.faults import Faults
from stress.whatsapp_server.graph_api import Limits
from stress.whatsapp_server.local_whatsapp import LocalWhatsApp
from tests.whatsapp.conftest import SECRET, SETTINGS, Gateway

LOOSE = Limits(pair_every_s=0.001, pair_burst=1000, channel_per_s=100_000)
FAST: dict[str, Any] = {
    "dry_run": False,
    "channel_per_s": 100_000,
    "channel_burst": 100_000,
    "pair_every_s": 0.001,
    "pair_burst": 1000,
    "backoff_s": 0.01,
    "backoff_max_s": 0.05,
    "breaker_open_s": 0.02,
    "breaker_open_max_s": 0.1,
    "settle_s": 0.4,
    "settle_max_s": 20,
    "request_timeout_s": 2,
}


class SameProcess(Logs):
    """LMDB opens an environment once in a process: here readers look through the writers' own."""

    def __init__(self, folder: DataFolder, shards: list[PartitionState]) -> None:
        super().__init__(folder)
        self._shards = shards
        self.log: StatusLog | None = None

    def outbox(self, partition: int) -> PartitionState:
        return self._shards[partition]

    def statuses(self) -> SameProcess:
        if self.log is None:
            raise FolderMissing("no status has come")
        return self

    def read(self, start: int, *, limit: int = 1000) -> list[tuple[int, bytes]]:
        assert self.log is not None
        env = self.log._log._env
        with env.read() as txn:
            return read_entries(txn, env.database("entries"), start, limit=limit, max_bytes=1_000_000)


class Rig:
    """Delivery on a data folder, against a local WhatsApp server."""

    def __init__(self, path: Path, whatsapp: LocalWhatsApp, **settings: Any) -> None:
        self.folder = DataFolder.open_or_create(path, partitions=2)
        self.whatsapp = whatsapp
        self.settings = DeliverySettings(**{**FAST, **settings})
        self.shards = [PartitionState(self.folder.state(p), owner="test") for p in range(2)]
        self.wake = threading.Event()
        self.logs = SameProcess(self.folder, self.shards)
        self.start()

    def start(self) -> None:
        self.client = SendClient(self.whatsapp.graph_url, "graph-token", timeout_s=2, connections=8)
        self.executor = ThreadPoolExecutor(8)
        self.service = DeliveryService(
            self.folder,
            self.settings,
            sender=self.client.send,
            executor=self.executor,
            clock=lambda: time.time_ns() // 1_000_000,
            finished=self.wake.set,
            logs=self.logs,
        )

    def stop(self, *, killed: bool = False) -> None:
        if killed:
            # What a killed process leaves: no results are taken, no record is changed.
            self.service._results.clear()
            self.service._futures.clear()
        self.service.close(grace_s=5)
        self.executor.shutdown(wait=True, cancel_futures=True)
        self.client.close()

    def say(self, *replies: Reply) -> None:
        for reply in replies:
            partition = self.folder.partition_of(reply.conversation)
            turn = self.shards[partition].begin()
            turn.add_reply(encode(reply))
            self.shards[partition].commit(turn)

    def run(self, until: Callable[[], bool], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < deadline, self.service.store.counts()
            self.wake.clear()
            if not self.service.pump():
                self.wake.wait(0.02)

    def close(self) -> None:
        self.stop()
        for shard in self.shards:
            shard.close()


def reply(number: int, to: str = "971501", **more: Any) -> Reply:
    now = time.time_ns() // 1_000_000
    more.setdefault("window_until_ms", now + 86_400_000)
    return Reply(
        reply_id=f"r-{number}",
        conversation=to,
        in_reply_to=f"w{number}",
        text=more.pop("text", f"t{number}"),
        created_ms=now,
        channel="106",
        **more,
    )


@pytest.fixture
def whatsapp() -> Iterator[LocalWhatsApp]:
    limits = Limits(**vars(LOOSE))
    limits.window = False
    with LocalWhatsApp(secret=SECRET, limits=limits, seed=5) as server:
        yield server


@pytest.fixture
def make_rig(tmp_path: Path, whatsapp: LocalWhatsApp) -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def make(**settings: Any) -> Rig:
        made.append(Rig(tmp_path / "data", whatsapp, **settings))
        return made[-1]

    yield make
    for rig in made:
        rig.close()


@pytest.fixture
def reporting(
    start_gateway: Callable[..., Gateway], whatsapp: LocalWhatsApp, tmp_path: Path
) -> Iterator[Callable[[Rig], None]]:
    """Connect the server's status webhooks to delivery's status log through a real gateway."""
    logs: list[StatusLog] = []

    def connect(rig: Rig) -> None:
        log = StatusLog(tmp_path / "data" / "statuses", max_bytes=10_000_000, appended=lambda: None)
        logs.append(log)
        rig.logs.log = log
        gateway = start_gateway(SETTINGS, statuses=log.append)
        whatsapp.connect(gateway.port)

    yield connect
    whatsapp.stop()
    for log in logs:
        log.close()


def states(rig: Rig) -> dict[str, int]:
    return rig.service.store.counts()


def test_replies_go_out_once_each_and_in_order(make_rig: Callable[..., Rig], whatsapp: LocalWhatsApp) -> None:
    rig = make_rig(coalesce=False)
    rig.say(*[reply(number, to=f"97150{number % 7}") for number in range(70)])
    rig.run(lambda: states(rig).get("sent") == 70)
    assert len({landed.callback for landed in whatsapp.api.landed}) == 70
    for person in range(7):
        texts = [landed.text for landed in whatsapp.api.landed if landed.to == f"97150{person}"]
        assert texts == [f"t{number}" for number in range(70) if number % 7 == person]
    assert rig.service.outbox_marks() == {p: shard.replies_next for p, shard in enumerate(rig.shards)}
    rig.say(reply(3, to="971503"))  # the same reply again: a turn that was done anew
    rig.run(lambda: rig.service.outbox_marks() == {p: shard.replies_next for p, shard in enumerate(rig.shards)})
    assert len(whatsapp.api.landed) == 70


def test_a_dry_run_sends_nothing(make_rig: Callable[..., Rig], whatsapp: LocalWhatsApp) -> None:
    rig = make_rig(dry_run=True)
    rig.say(reply(1), reply(2))
    rig.run(lambda: states(rig) == {"dry_run": 2})
    assert not whatsapp.api.landed


def test_statuses_are_followed(
    make_rig: Callable[..., Rig], whatsapp: LocalWhatsApp, reporting: Callable[[Rig], None]
) -> None:
    rig = make_rig()
    reporting(rig)
    whatsapp.api.faults = Faults(status_twice=0.5, status_late_s=0.1)
    rig.say(*[reply(number, to=f"97150{number}") for number in range(20)])
    rig.run(lambda: states(rig) == {"read": 20})
    assert len(whatsapp.api.landed) == 20


def test_through_every_fault_each_person_gets_each_reply_once(
    make_rig: Callable[..., Rig], whatsapp: LocalWhatsApp, reporting: Callable[[Rig], None]
) -> None:
    rig = make_rig(coalesce=False, max_attempts=50)
    reporting(rig)
    whatsapp.api.faults = Faults(
        server_error=0.15, lost_answer=0.1, gateway_error=0.1, status_twice=0.3, status_late_s=0.1
    )
    rig.say(*[reply(number, to=f"97150{number % 10}") for number in range(60)])
    done = {"sent", "delivered", "read"}
    rig.run(lambda: sum(count for state, count in states(rig).items() if state in done) == 60, seconds=40)
    callbacks = [landed.callback for landed in whatsapp.api.landed]
    assert sorted(callbacks) == sorted(f"r-{number}" for number in range(60))
    assert rig.service.counters["unknown"] > 0
    for person in range(10):
        texts = [landed.text for landed in whatsapp.api.landed if landed.to == f"97150{person}"]
        assert texts == [f"t{number}" for number in range(60) if number % 10 == person]


def test_a_killed_delivery_sends_nothing_twice(
    make_rig: Callable[..., Rig], whatsapp: LocalWhatsApp, reporting: Callable[[Rig], None]
) -> None:
    rig = make_rig(coalesce=False)
    reporting(rig)
    whatsapp.api.faults = Faults(status_late_s=0.2)
    rig.say(*[reply(number, to=f"9715{number:02d}") for number in range(30)])
    rig.service.pump()
    rig.stop(killed=True)
    rig.start()
    assert rig.service.counters["restored_unknown"] == 30
    done = {"sent", "delivered", "read"}
    rig.run(lambda: sum(count for state, count in states(rig).items() if state in done) == 30)
    assert sorted(landed.callback for landed in whatsapp.api.landed) == sorted(f"r-{n}" for n in range(30))


def test_limits_of_the_server_are_kept_to_without_a_single_refusal(
    make_rig: Callable[..., Rig], whatsapp: LocalWhatsApp
) -> None:
    whatsapp.api.limits = Limits(channel_per_s=50, pair_every_s=0.2, pair_burst=2, window=False)
    rig = make_rig(channel_per_s=50, channel_burst=50, pair_every_s=0.2, pair_burst=2)
    rig.say(*[reply(number, to=f"97150{number % 8}") for number in range(40)])
    rig.run(lambda: states(rig).get("sent") == 40)
    assert whatsapp.api.refused == {}
    assert len(whatsapp.api.landed) < 40  # what waited for one person was joined


def test_refusals_for_speed_and_for_the_window_are_answered(
    make_rig: Callable[..., Rig], whatsapp: LocalWhatsApp
) -> None:
    whatsapp.api.limits = Limits(channel_per_s=20, pair_every_s=0.05, pair_burst=1, window=True)
    for person in range(3):
        whatsapp.api.wrote("106", f"97150{person}")
    rig = make_rig(coalesce=False)
    rig.say(*[reply(number, to=f"97150{number % 3}") for number in range(6)], reply(99, to="971999"))
    rig.run(lambda: states(rig) == {"sent": 6, "handed_over": 1})
    assert whatsapp.api.refused[131047] == 1
    assert rig.service.store.of_conversation("971999")[0].code == 131047


def test_a_wrong_token_loses_nothing(make_rig: Callable[..., Rig], whatsapp: LocalWhatsApp) -> None:
    whatsapp.api.token = "renewed"
    rig = make_rig()
    rig.say(reply(1))
    rig.run(lambda: rig.service.counters["channel"] > 2)
    assert rig.service.breakers()["106"] in {"open", "half_open"}
    whatsapp.api.token = "graph-token"
    rig.run(lambda: states(rig) == {"sent": 1})


def test_a_server_that_is_not_there_is_waited_for(make_rig: Callable[..., Rig], whatsapp: LocalWhatsApp) -> None:
    rig = make_rig()
    port = int(whatsapp.host.rsplit(":", 1)[1])
    whatsapp.stop()
    rig.say(reply(1))
    rig.run(lambda: rig.service.counters["retry"] > 1)
    assert states(rig) == {"waiting": 1}
    again = LocalWhatsApp(secret=SECRET, limits=whatsapp.api.limits, port=port).start()
    rig.run(lambda: states(rig) == {"sent": 1})
    again.stop()


def test_what_was_not_sent_is_taken_back_at_a_stop(make_rig: Callable[..., Rig], whatsapp: LocalWhatsApp) -> None:
    rig = make_rig()
    gate = threading.Event()
    inner = rig.client.send

    def slow(send: Send) -> Outcome:
        gate.wait(10)
        return inner(send)

    rig.service._sender = slow
    rig.say(*[reply(number, to=f"9715{number:02d}") for number in range(20)])
    rig.service.pump()
    threading.Timer(0.1, gate.set).start()
    rig.stop()
    rig.start()
    assert rig.service.counters["restored_unknown"] == 0
    rig.run(lambda: states(rig) == {"sent": 20})
    assert len(whatsapp.api.landed) == 20


def test_damaged_entries_are_counted_and_passed_over(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(dry_run=True)
    turn = rig.shards[0].begin()
    turn.add_reply(b"\xc1 no reply")
    rig.shards[0].commit(turn)
    rig.say(reply(1))
    rig.run(lambda: states(rig) == {"dry_run": 1})
    assert rig.service.counters["bad_replies"] == 1


def test_more_than_fits_waits_in_the_log(make_rig: Callable[..., Rig], whatsapp: LocalWhatsApp) -> None:
    rig = make_rig(max_waiting=5, coalesce=False)
    rig.say(*[reply(number, to=f"9715{number:02d}") for number in range(40)])
    rig.service.pump()
    assert rig.service.waiting == 5
    rig.run(lambda: states(rig).get("sent") == 40)


def test_waiting_replies_are_dropped_for_who_opted_out(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig()
    rig.service._executor = ThreadPoolExecutor(1)
    rig.say(reply(1, window_until_ms=0))
    rig.service.pump()
    rig.say(reply(2))
    rig.service.pump()
    assert rig.service.suppress("971501") in {0, 1}
    rig.run(lambda: states(rig).get("waiting", 0) == 0)


# ---- the pieces ----------------------------------------------------------------------------------------------------


def test_finished_records_are_pruned_and_open_ones_never(tmp_path: Path) -> None:
    store = DeliveryStore(tmp_path / "d.sqlite3")
    store.commit(
        [Outgoing(reply=reply(1), state="sent", changed_ms=5), Outgoing(reply=reply(2), changed_ms=5)], {"a": 7}
    )
    assert store.prune(6) == 1
    assert store.counts() == {"waiting": 1}
    store.close()
    again = DeliveryStore(tmp_path / "d.sqlite3")
    assert (again.mark("a"), again.mark("b")) == (7, 0)
    again._db.execute("PRAGMA user_version = 9")
    again.close()
    with pytest.raises(StoreError, match="another version"):
        DeliveryStore(tmp_path / "d.sqlite3")
    (tmp_path / "bad").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        DeliveryStore(tmp_path / "bad")


def test_the_status_log_is_bounded(tmp_path: Path) -> None:
    log = StatusLog(tmp_path / "s", max_bytes=200, appended=lambda: None)
    report = DeliveryStatus(message_id="w", state="sent")
    asyncio.run(log.append([report]))
    with pytest.raises(QueueFull):
        asyncio.run(log.append([report] * 100))
    log.trim(1)
    log.close()


def test_requests_name_the_recipient_in_the_right_field() -> None:
    assert message_body(Send("r", "106", "971501", "hi"))["to"] == "971501"
    body = message_body(Send("r", "106", "AE.123", "a\nb", "tpl", "ar"))
    assert (body["recipient"], "to" in body) == ("AE.123", False)
    assert body["template"]["components"][0]["parameters"][0]["text"] == "a b"


@pytest.mark.parametrize(
    ("http_status", "content", "verdict", "code"),
    [
        (200, b'{"messages":[{"id":"w1"}]}', Verdict.SENT, 0),
        (200, b"{}", Verdict.UNKNOWN, 200),
        (200, b"<html>", Verdict.UNKNOWN, 200),
        (200, b'{"messages":[{"id":5}]}', Verdict.UNKNOWN, 200),
        (502, b"<html>Bad Gateway</html>", Verdict.UNKNOWN, 502),
        (429, b"", Verdict.SLOW_CHANNEL, 429),
        (400, b'{"error":{"code":"x"}}', Verdict.REFUSED, 400),
        (400, b'{"error":5}', Verdict.REFUSED, 400),
        (400, b"[" * 5000, Verdict.REFUSED, 400),
        (500, b'{"error":{"code":131000,"message":"m"}}', Verdict.RETRY, 131000),
    ],
)
def test_any_answer_has_a_meaning(http_status: int, content: bytes, verdict: Verdict, code: int) -> None:
    found = read_answer(http_status, content, "7")
    assert (found.verdict, found.code) == (verdict, code)
    if verdict is Verdict.SLOW_CHANNEL:
        assert found.retry_after_ms == 7000


def test_secrets_are_written_only_for_who_needs_them() -> None:
    settings = WhatsAppSettings(access_token=SecretStr("t0ken"), app_secrets=(SecretStr("s3cret"),))
    config = DeliveryConfig(folder=Path("/x"), whatsapp=settings)
    for shown in (config.model_dump_json(), repr(config), str(config.model_dump())):
        assert "t0ken" not in shown
        assert "s3cret" not in shown
    again = DeliveryConfig.model_validate_json(config.model_dump_json(context=REVEAL))
    assert again.whatsapp == settings
