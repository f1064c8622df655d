"""WhatsApp through a whole system, Meta's side played by a local server: message in, row written, reply out."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from typing import Any

import httpx
import pytest

from actors.sheets.rows_reader import RowsReader
from actors.whatsapp.feed_port import read_port
from stress.system_under_test import SystemUnderTest
from stress.whatsapp_server.graph_api import MediaFile
from stress.whatsapp_server.local_whatsapp import LocalWhatsApp
from stress.whatsapp_server.traffic import Mix, Traffic
from tests.spine.conftest import StartSystem
from tests.spine.feeding import rows_of, until

SECRET = "an-app-secret"


def whatsapp_settings(meta: LocalWhatsApp) -> dict[str, object]:
    return {
        "whatsapp__port": 0,
        "whatsapp__admin_port": 0,
        "whatsapp__app_secrets": f'["{SECRET}"]',
        "whatsapp__verify_token": "handshake",
        "whatsapp__access_token": "graph-token",
        "whatsapp__graph_url": meta.graph_url,
        "whatsapp__delivery__dry_run": "false",
        "whatsapp__replies__complaint_hand_over": "false",
        "whatsapp__replies__unclear_limit": 10,
    }


def written(system: SystemUnderTest) -> int:
    if not system.folder.rows_file.exists():
        return 0
    with RowsReader(system.folder.rows_file) as reader:
        return reader.count()


@pytest.mark.slow
def test_each_webhook_message_becomes_one_row_in_order_though_they_come_twice(start_system: StartSystem) -> None:
    with LocalWhatsApp(secret=SECRET) as meta:
        system = start_system(**whatsapp_settings(meta))
        meta.connect(read_port(system.path, "webhook") or 0)
        traffic = Traffic(seed=3, people=100, mix=Mix(duplicates=0.2, swapped=0.0), start_s=int(time.time()) - 600)
        updates = traffic.messages(1_000)
        meta.deliver(traffic.channel, traffic.disorder(updates), size=50)
        until(lambda: written(system) >= 1_000, "a row for each message", 60)
        rows = rows_of(system)
        assert len(rows) == len({row.row_id for row in rows}) == 1_000
        assert Counter(row.message_id for row in rows) == Counter(update.message["id"] for update in updates)
        positions: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            positions[row.conversation].append(row.position)
        assert all(found == list(range(1, len(found) + 1)) for found in positions.values())


@pytest.mark.slow
def test_a_greeting_is_answered_once_and_the_answer_stands_on_the_row(start_system: StartSystem) -> None:
    with LocalWhatsApp(secret=SECRET) as meta:
        system = start_system(**whatsapp_settings(meta), language__engine="tests.spine.engines:GreetingEngine")
        meta.connect(read_port(system.path, "webhook") or 0)
        traffic = Traffic(seed=4, people=130, mix=Mix(duplicates=0, swapped=0), start_s=int(time.time()) - 60)
        updates = [update for update in traffic.messages(3_000) if update.message["type"] == "text"]
        firsts = list({update.person: update for update in reversed(updates)}.values())
        assert len(firsts) >= 100
        meta.deliver(traffic.channel, firsts, size=10)
        meta.deliver(traffic.channel, firsts, size=10)
        until(lambda: written(system) >= len(firsts), "a row for each message", 60)
        until(lambda: len(meta.api.landed) >= len(firsts), "an answer to each", 60)
        rows = rows_of(system)
        assert len(rows) == len(firsts)
        assert all(row.reply for row in rows)
        assert Counter(landed.text for landed in meta.api.landed) == Counter(row.reply for row in rows)
        assert len({landed.callback for landed in meta.api.landed}) == len(firsts)


def test_the_handshake_bad_signatures_health_and_metrics(start_system: StartSystem) -> None:
    with LocalWhatsApp(secret=SECRET) as meta:
        system = start_system(**whatsapp_settings(meta))
        url = f"http://127.0.0.1:{read_port(system.path, 'webhook')}/webhooks/whatsapp"
        admin = f"http://127.0.0.1:{read_port(system.path, 'admin')}"
        asked = {"hub.mode": "subscribe", "hub.verify_token": "handshake", "hub.challenge": "42"}
        assert httpx.get(url, params=asked).text == "42"
        assert httpx.get(url, params=asked | {"hub.verify_token": "x"}).status_code == 403
        assert httpx.post(url, content=b"{}").status_code == 401
        assert httpx.get(f"{admin}/readyz").json()["status"] == "ok"
        assert "majlis_gateway_refused" in httpx.get(f"{admin}/metrics").text
        assert SECRET not in "".join(file.read_text() for file in (system.path / "logs").glob("*.jsonl"))


@pytest.mark.slow
def test_a_document_is_fetched_read_and_recorded(start_system: StartSystem) -> None:
    with LocalWhatsApp(secret=SECRET) as meta:
        settings = whatsapp_settings(meta) | {
            "media_pool__workers": 1,
            "whatsapp__media__private_hosts": f'["{meta.host}"]',
        }
        system = start_system(**settings)
        meta.connect(read_port(system.path, "webhook") or 0)
        listing = b"unit,price\n1204,AED 2150000\n302,AED 75000\n"
        meta.api.media["m1"] = MediaFile(listing, "text/csv")
        traffic = Traffic(seed=5, people=1, mix=Mix(duplicates=0, swapped=0, user_ids=0), start_s=int(time.time()))
        (update,) = traffic.messages(1)
        for number, media_id in enumerate(("m1", "gone")):
            part = {"id": media_id, "mime_type": "text/csv", "filename": "list.csv", "caption": "our list"}
            update.message.update(id=f"wamid.{number}", type="document", document=part)
            meta.deliver(traffic.channel, [update])
        until(lambda: written(system) >= 2, "both rows", 120)
        first, second = rows_of(system)
        assert "1204" in first.text
        assert first.text.startswith("our list")
        assert (first.attachments[0].size, len(first.attachments[0].sha256)) == (len(listing), 64)
        assert second.text == "our list"
        assert "not fetched" in second.attachments[0].note
        reaction = {"message_id": "wamid.0", "emoji": "👍"}
        update.message.update(id="wamid.9", type="reaction", reaction=reaction)
        meta.deliver(traffic.channel, [update])
        found: dict[str, Any] = {}

        def filed() -> bool:
            entries = system.ask("media/gallery", "find", {"conversation": first.conversation})["entries"]
            found.update(next((entry for entry in entries if entry["message_id"] == "wamid.0"), {}))
            return bool(found.get("reactions"))

        until(filed, "the reaction is in the gallery", 60)
        assert found["reactions"] == {first.sender: "👍"}
        assert found["thread"] == first.thread != ""
        until(lambda: written(system) >= 3, "the reaction's row", 60)
        forget = [sys.executable, "-m", "actors.console.main", "admin", "forget", first.conversation, "--yes", "--json"]
        done = subprocess.run([*forget, "--folder", str(system.path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        removed = json.loads(done.stdout)["removed"]
        assert removed["gallery"] >= 1
        assert removed["aliases"] >= 1
        assert removed["rows"] == 3
        # The same message delivered again is still known, though no id leads to its conversation any more.
        meta.deliver(traffic.channel, [update])
        update.message.update(id="wamid.10", type="text", text={"body": "a new message"})
        meta.deliver(traffic.channel, [update])
        until(lambda: written(system) >= 4, "the new message's row", 60)
        assert [row.text for row in rows_of(system)][3:] == ["a new message"]
        system.stop()
        system.start()
        system.stop()
        for file in system.path.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                assert b"our list" not in content, file
                assert b"2150000" not in content, file
