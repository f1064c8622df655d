from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from actors.whatsapp.reply_decision import ReplyRules, decide, reply_id
from actors.whatsapp.settings import RepliesSettings
from actors.whatsapp.status_log import StatusLog
from actors.whatsapp.template_store import TemplateStore
from messages.delivery import ReplyState
from messages.inbound import Inbound
from messages.understanding import Understanding
from messages.wire import encode
from stress.whatsapp_server.faults import Faults
from stress.whatsapp_server.graph_api import Limits
from stress.whatsapp_server.local_whatsapp import LocalWhatsApp
from stress.whatsapp_server.traffic import Person, Update
from tests.whatsapp.conftest import SECRET, SETTINGS, Gateway
from tests.whatsapp.test_delivery_service import Rig, states


@pytest.fixture
def whatsapp() -> Iterator[LocalWhatsApp]:
    limits = Limits(pair_every_s=0.001, pair_burst=1000, channel_per_s=100_000)
    with LocalWhatsApp(secret=SECRET, limits=limits, faults=Faults(status_twice=0.2, status_late_s=0.05)) as server:
        yield server


def test_a_hundred_people_at_once_each_get_their_replies_in_order(
    tmp_path: Path, start_gateway: Callable[..., Gateway], whatsapp: LocalWhatsApp
) -> None:
    rig = Rig(tmp_path / "data", whatsapp, coalesce=False)
    rules = ReplyRules(RepliesSettings(), TemplateStore(None, ("en", "ar", "arz")))
    understood = Understanding(lang="en", intent="greeting", intent_confidence=1.0)
    kept: dict[str, ReplyState] = {}
    order: dict[str, list[str]] = {}

    async def submit(messages: Sequence[Inbound]) -> None:
        # What a shard's turn does: one decision a message, in the conversation's order, and its reply into the outbox.
        for message in messages:
            state = kept.get(message.conversation, ReplyState())
            decision = decide(state, message, understood, message.received_ms, rules)
            kept[message.conversation] = decision.state
            if decision.reply is not None:
                order.setdefault(message.conversation, []).append(decision.reply.reply_id)
                turn = rig.shards[rig.folder.partition_of(message.conversation)].begin()
                turn.add_reply(encode(decision.reply))
                rig.shards[rig.folder.partition_of(message.conversation)].commit(turn)

    log = StatusLog(tmp_path / "data" / "statuses", max_bytes=10_000_000, appended=rig.wake.set)
    rig.logs.log = log
    gateway = start_gateway(SETTINGS, submit=submit, statuses=log.append)
    whatsapp.connect(gateway.port)
    now_s = int(whatsapp.api.clock_s())
    people = [Person(f"P{n}", f"97150{n:04d}", f"AE.{n}" if n % 2 else "", hidden=n % 4 == 1) for n in range(100)]
    updates = []
    for number in range(300):
        person = people[number % 100]
        message = {"id": f"w{number}", "timestamp": str(now_s), "type": "text", "text": {"body": "hello"}}
        message |= {"from_user_id": person.user_id} if person.hidden else {"from": person.wa_id}
        updates.append(Update(person, message))
    whatsapp.deliver("106", updates + updates[:50], size=7)  # and some of it again
    rig.run(lambda: states(rig) == {"read": 300}, seconds=60)
    landed = whatsapp.api.landed
    assert sorted(item.callback for item in landed) == sorted(name for names in order.values() for name in names)
    assert len(order) == 100
    for conversation, names in order.items():
        assert [item.callback for item in landed if item.to == conversation] == names
    assert {item.text for item in landed if item.to == "AE.1"} == {"Hello P1, this is our office. How can we help you?"}
    rig.close()
    whatsapp.stop()
    log.close()


def test_reply_ids_differ_between_conversations_and_messages() -> None:
    def name(conversation: str, identity: str) -> str:
        return reply_id(Inbound(id=identity, source="whatsapp", conversation=conversation, sender="x"))

    assert len({name("a", "b"), name("a", "c"), name("b", "b"), name("ab", ""), name("", "ab")}) == 5
