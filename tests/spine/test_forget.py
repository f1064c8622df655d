"""A person is forgotten on request: then no file of the data folder holds what they wrote, sent, or are called."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actors.console.forgetting import Forgetting
from actors.media.content_store import ContentStore
from actors.media.gallery import Gallery
from actors.media.settings import GallerySettings
from actors.system.boot_client import SystemClient
from actors.system.errors import SystemFault
from messages.admin import AdminAnswer
from messages.inbound import Attachment, Inbound
from messages.media import GalleryEntry, Reading
from messages.row import Reject
from stress.system_under_test import SystemUnderTest
from tests.spine.conftest import StartSystem
from tests.spine.feeding import client_of, feed, finished, message, rows_of, shards, until

SOPHIE = "Sophie Bennett"
PHONE = "+971559876543"
SECRETS = ("Bennett", "55987654", "marmalade", "zanzibar", "quokka", "xylophone")
"""Pieces of the person's name, number, texts, files and rejected input."""


def majlis(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "actors.console.main", *words], capture_output=True, text=True, check=False
    )


def forget(system: SystemUnderTest) -> dict[str, Any]:
    done = majlis("admin", "forget", SOPHIE, "--yes", "--json", "--folder", str(system.path))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def holding(folder: Path, words: Iterable[str] = SECRETS) -> dict[str, list[str]]:
    """Tell which files hold which words, in any of the ways in which a file may hold text."""
    forms = {
        word: (word.encode(), word.encode("utf-16-le"), word.encode().hex().encode(), word.upper().encode())
        for word in words
    }
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            there = [word for word, shapes in forms.items() if any(shape in content for shape in shapes)]
            if there:
                found[str(path.relative_to(folder))] = there
    return found


def kept(system: SystemUnderTest, content: bytes, name: str = "zanzibar plan.txt") -> Attachment:
    return ContentStore(system.folder.media).keep(io.BytesIO(content), name)


def from_sophie(number: int, text: str, **more: object) -> Inbound:
    now_ms = time.time_ns() // 1_000_000
    return msgspec.structs.replace(
        message(SOPHIE, number, f"{text}, my marmalade"), sender=PHONE, sender_name=SOPHIE, sent_ms=now_ms, **more
    )


def live(system: SystemUnderTest) -> None:
    """Let Sophie and Omar write, with files, a dead letter each, and input that could not be read."""
    shared = kept(system, b"a price list that both have", "list.txt")
    feed(
        system,
        [
            from_sophie(1, "hello"),
            message("Omar", 1, "hello from Omar"),
            from_sophie(2, "the plan", kind="document", attachments=(kept(system, b"quokka" * 9), shared)),
            msgspec.structs.replace(message("Omar", 2, "the list"), kind="document", attachments=(shared,)),
            from_sophie(3, "raise now", kind="document", attachments=(kept(system, b"xylophone" * 9),)),
            message("Omar", 3, "raise now, says Omar"),
        ],
    )
    plan = kept(system, b"quokka" * 9)
    with closing(Gallery(ContentStore(system.folder.media), GallerySettings(), writable=True)) as gallery:
        for who, content in ((SOPHIE, plan), (SOPHIE, shared), ("Omar", shared)):
            name = "zanzibar.txt" if who == SOPHIE else "list.txt"
            entry = GalleryEntry(
                number=0, conversation=who, message_id=f"{who}-2", sender=who, name=name, sha256=content.sha256,
                text=f"what {who} sent", at_ms=1, kind="document", mime="text/plain", size=content.size,
            )  # fmt: skip
            reading = Reading(name="zanzibar.txt", text="xylophone" if content is plan else "prices")
            gallery.add(entry, b"thumbnail of quokka" if content is plan else b"", reading)
    client = client_of(system)
    client.reject(
        [
            Reject(where=f"Chat with {SOPHIE}.txt:7", reason="no date", raw=b"xylophone"),
            Reject(where="feed.jsonl:1", reason="no text", raw=json.dumps({"from": SOPHIE, "x": "quokka"}).encode()),
            Reject(where="feed.jsonl:2", reason="no text", raw=b"from Omar"),
            Reject(where="feed.jsonl:3", reason="no text", raw=f"{PHONE}: zanzibar".encode()),
        ]
    )
    client.close()


def test_nothing_of_a_person_is_left_and_others_keep_everything(start_system: StartSystem) -> None:
    system = start_system(language__engine="tests.spine.engines:MoodyEngine")
    live(system)
    before = [row for row in rows_of(system) if row.conversation == "Omar"]
    assert len(holding(system.path)) > 4
    found = forget(system)
    removed = found["removed"]
    assert removed["sessions"] == removed["dead_letters"] == 1
    assert removed["rows"] == removed["gallery"] == 2
    assert removed["rejects"] == 3  # by the file's name, by hers, and by her number that only her rows tell
    assert removed["files"] == 4  # two contents, a thumbnail and a reading; not what Omar has, too
    assert system.ask("sessions/shard-0", "sessions", {"filter": "Sophie"})["sessions"] == []
    # A second time there is nothing to do, and what is delivered again stays away.
    again = forget(system)["removed"]
    assert {place: count for place, count in again.items() if count} == {"rows": 2}  # of both requests together
    client = client_of(system, "again")
    client.send([msgspec.structs.replace(from_sophie(number, "hello"), run="again") for number in (1, 2, 3)])
    client.close()
    assert finished(system, 3, "again").duplicates == 3
    forget(system)
    system.stop()
    system.start()
    system.stop()
    assert holding(system.path) == {}
    assert [row for row in rows_of(system) if row.conversation == "Omar"] == before
    assert len(rows_of(system)) == 4
    assert majlis("check", "--folder", str(system.path)).returncode == 0


def test_a_message_that_is_on_its_way_is_finished_before_it_is_forgotten(start_system: StartSystem) -> None:
    system = start_system()
    system.ask("sessions", "pause")
    feed(system, [from_sophie(1, "hello")], wait=False)
    refused = majlis("admin", "forget", SOPHIE, "--yes", "--timeout", "1", "--folder", str(system.path))
    assert refused.returncode == 1
    assert "1 messages of Sophie Bennett are still on their way" in refused.stderr
    system.ask("sessions", "resume")
    forget(system)
    assert finished(system, 1).rows == 1
    assert [row.text for row in rows_of(system)] == ["[deleted on request]"]


def test_rows_that_wait_for_a_sink_that_stands_still_are_emptied_where_they_wait(start_system: StartSystem) -> None:
    system = start_system()
    feed(system, [message("Omar", 1)])
    system.ask("sink", "pause")
    later = [from_sophie(1, "hello", run="later"), message("Omar", 2, "hello from Omar", run="later")]
    feed(system, later, wait=False, run="later")
    until(lambda: any(answer["session"] for answer in shards(system, "session", conversation=SOPHIE)), "it is decided")
    assert forget(system)["removed"]["rows"] == 1
    system.ask("sink", "resume")
    assert finished(system, 2, "later").rows == 2
    rows = rows_of(system)
    assert sorted(row.text for row in rows) == ["[deleted on request]", "hello", "hello from Omar"]
    system.stop()
    system.start()
    system.stop()
    assert holding(system.path) == {}


def test_a_name_that_is_no_conversation_is_refused_and_nothing_is_deleted(start_system: StartSystem) -> None:
    system = start_system()
    chats = [f"Group {number}" for number in range(7)]
    feed(
        system,
        [msgspec.structs.replace(message(chat, 1, "hello"), sender=PHONE, sender_name=SOPHIE) for chat in chats],
    )
    with closing(Gallery(ContentStore(system.folder.media), GallerySettings(), writable=True)) as gallery:
        sent = kept(system, b"quokka" * 9)
        entry = GalleryEntry(
            number=0, conversation=chats[0], message_id="1", sender=SOPHIE, name="plan.txt", sha256=sent.sha256,
            at_ms=1, kind="document", mime="text/plain", size=sent.size,
        )  # fmt: skip
        gallery.add(entry)
    for name, told in (
        (SOPHIE, "is a sender in Group 0, Group 1, Group 2, Group 3, Group 4 and 2 more"),
        (SOPHIE, "majlis admin forget 'Group 0'"),
        (PHONE, "is no conversation"),
        ("Sophie Benett", "nothing is known of a conversation 'Sophie Benett'"),
    ):
        for _ in range(2):  # what was refused does not count as known the second time
            done = majlis("admin", "forget", name, "--yes", "--folder", str(system.path))
            assert (done.returncode, done.stderr.count("\n")) == (1, 1)
            assert told in done.stderr
    assert {row.text for row in rows_of(system)} == {"hello"}
    assert ContentStore(system.folder.media).path(sent.sha256).exists()
    assert majlis("admin", "forget", chats[0], "--yes", "--folder", str(system.path)).returncode == 0
    assert sorted(row.conversation for row in rows_of(system)) == [*chats[1:], "[deleted on request]"]


class KilledError(Exception):
    """The command was killed."""


class DyingClient(SystemClient):
    """A client whose command dies at its n-th question; the question itself is carried out."""

    questions = 0

    def ask(self, target: str, verb: str, arguments: dict[str, Any], timeout_s: float = 5.0) -> AdminAnswer:
        answer = super().ask(target, verb, arguments, timeout_s)
        self.questions -= 1
        if self.questions == 0:
            raise KilledError
        return answer


@pytest.mark.slow
def test_a_request_that_is_killed_anywhere_is_completed_by_the_next(start_system: StartSystem) -> None:
    system = start_system(language__engine="tests.spine.engines:MoodyEngine")
    live(system)
    died = 0
    for questions in range(1, 20):
        with DyingClient.connect(system.folder) as client:
            client.questions = questions
            try:
                Forgetting(client, system.folder, SOPHIE).run(30)
            except KilledError:
                died += 1
            else:
                break
        for name in ("gateway", "delivery", "sessions/shard-0", "sessions/shard-1"):
            pid = process(system, name)
            os.kill(pid, signal.SIGKILL)
            until(lambda name=name, pid=pid: process(system, name) not in {0, pid}, f"{name} is back")  # type: ignore[misc]
    assert died >= 7
    system.stop()
    system.start()
    system.stop()
    assert holding(system.path) == {}
    assert len(rows_of(system)) == 4


def process(system: SystemUnderTest, name: str) -> int:
    try:
        return int(system.ask(name, "status")["pid"])
    except SystemFault:
        return 0
