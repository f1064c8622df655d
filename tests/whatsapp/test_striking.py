"""What the gateway keeps of a conversation goes on request, and what is delivered again is still recognised."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from actors.whatsapp.conversation_aliases import ConversationAliases
from actors.whatsapp.delivery_store import DeliveryStore
from actors.whatsapp.gateway_http import ALIASES_FOLDER, forget_aliases
from actors.whatsapp.striking import STRUCK_REASON, strike_messages, strike_rejects
from messages.delivery import Outgoing, OutgoingState
from messages.inbound import INBOX_ENTRY, Inbound, Struck
from messages.row import REJECT, Reject, Reply
from messages.wire import encode
from store.folder import DataFolder
from store.log import LogWriter


@pytest.fixture
def log(tmp_path: Path) -> LogWriter:
    return LogWriter(tmp_path / "log")


def said(conversation: str, text: str) -> bytes:
    return encode(Inbound(id=text, source="test", conversation=conversation, sender="s", text=text))


def test_only_the_finished_messages_of_the_conversation_are_struck(log: LogWriter) -> None:
    log.append(
        [said("Sara", "1"), said("Omar", "about Sara"), b"not a message of Sara", said("Sara", "2"), said("Sara", "3")]
    )
    assert strike_messages(log, "Sara", 4) == 2
    assert strike_messages(log, "Sara", 4) == 0
    entries = [raw for _, raw in log.read(0)]
    assert [isinstance(INBOX_ENTRY.decode(raw), Struck) for raw in entries if raw[:3] != b"not"] == [
        True,
        False,
        True,
        False,
    ]
    assert entries[1] == said("Omar", "about Sara")


def test_rejects_that_name_the_person_are_struck_and_no_others(log: LogWriter) -> None:
    kept = [b"from Saraya", b"the seraglio", "سارة".encode()]
    gone = [
        b"from Sara:",
        json.dumps({"from": "Zoë Sara"}).encode(),
        json.dumps({"by": "Zoë"}).encode(),
        "Zoë".encode(),
    ]
    log.append([encode(Reject(where="file:1", reason="no date", raw=raw, run="r")) for raw in (*kept, *gone)])
    log.append([encode(Reject(where="chat of Sara.txt:7", reason="no date", raw=b"x")), b"no reject of Sara"])
    assert strike_rejects(log, ("Sara", "Zoë", "")) == 5
    assert strike_rejects(log, ("",)) == 0
    rejects = [REJECT.decode(raw) for _, raw in log.read(0) if raw[:2] != b"no"]
    assert [reject.raw for reject in rejects] == [*kept, b"", b"", b"", b"", b""]
    assert [reject.reason == STRUCK_REASON for reject in rejects] == [False] * 3 + [True] * 5
    assert rejects[3].run == "r"


@pytest.mark.parametrize("first", ["971501", "AE.1"])
def test_ids_are_removed_and_a_repeated_delivery_finds_its_conversation(tmp_path: Path, first: str) -> None:
    aliases = ConversationAliases(tmp_path / "aliases")
    assert aliases.resolve(*(("", first) if first == "971501" else (first, ""))) == first
    assert aliases.resolve("AE.1", "971501") == first
    assert aliases.resolve("AE.2", "971502") == "AE.2"
    names = asyncio.run(aliases.forget(first))
    assert sorted(names) == ["971501", "AE.1"]
    assert asyncio.run(aliases.forget(first)) == []
    aliases.close()
    data = (tmp_path / "aliases" / "data.mdb").read_bytes()
    assert b"971502" in data
    again = ConversationAliases(tmp_path / "aliases")
    assert again.resolve("AE.1", "971501") == first
    assert again.resolve("AE.2", "") == "AE.2"
    assert again.resolve("AE.3", "971503") == "AE.3"
    again.close()


def test_ids_go_where_webhooks_are_served_no_more(tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data", partitions=1)
    assert forget_aliases(folder, "971501") == []
    aliases = ConversationAliases(folder.path / ALIASES_FOLDER)
    aliases.resolve("AE.1", "971501")
    asyncio.run(aliases.flush())
    aliases.close()
    assert sorted(forget_aliases(folder, "AE.1")) == ["971501", "AE.1"]


def test_records_of_replies_go_but_not_those_under_way(tmp_path: Path) -> None:
    store = DeliveryStore(tmp_path / "delivery.sqlite3")

    def record(number: int, conversation: str, state: OutgoingState) -> Outgoing:
        text = f"marmalade {number}"
        return Outgoing(
            reply=Reply(reply_id=f"r{number}", conversation=conversation, in_reply_to="m", text=text), state=state
        )

    store.commit([record(1, "Sara", "sent"), record(2, "Sara", "sending"), record(3, "Omar", "sent")], {})
    assert store.forget("Sara") == 1
    assert [left.reply.reply_id for left in store.of_conversation("Sara")] == ["r2"]
    assert len(store.of_conversation("Omar")) == 1
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"marmalade 1" not in files
    assert b"marmalade 3" in files
    store.close()
