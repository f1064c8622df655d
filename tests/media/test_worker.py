"""What a media worker does with kept files, alone and in a running system."""

from __future__ import annotations

import io
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from actors.media.content_store import ContentStore
from actors.media.gallery import Gallery
from actors.media.gallery_index import Query
from actors.media.joining import for_the_row, joined_text, row_note
from actors.media.lookup_import import lookup_rows
from actors.media.sandboxed_readers import SandboxedReaders
from actors.media.settings import GallerySettings, MediaSettings, MediaWorkerConfig
from actors.media.worker_actor import ReadingDesk
from messages.media import GalleryEntry, Reading, ReadItem, Table, Word
from stress.media_documents import text_pdf
from stress.media_scenes import SCENES
from supervision.spec import ChildSpec, SupervisorSpec
from tests.media.conftest import SENT_MS
from tests.media.test_sandbox import Hostile
from tests.system.harness import QUICK, Bench, until

SETTINGS = MediaSettings(ocr_engine="rapidocr", image_deadline_s=60)


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "media")


@pytest.fixture
def desk(store: ContentStore) -> Iterator[ReadingDesk]:
    made = ReadingDesk(MediaWorkerConfig(media=SETTINGS, folder=store.folder), SandboxedReaders(SETTINGS))
    yield made
    made.close()


def photo_with_place() -> bytes:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (25.0, 4.0, 48.0), 3: "E", 4: (55.0, 8.0, 24.0)}
    target = io.BytesIO()
    SCENES["listing"](0).image.save(target, "JPEG", quality=88, exif=exif.tobytes())
    return target.getvalue()


def item(store: ContentStore, content: bytes, key: int = 1) -> ReadItem:
    kept = store.keep(io.BytesIO(content), "photo.jpg")
    return ReadItem(
        key=key,
        path=str(store.path(kept.sha256)),
        sha256=kept.sha256,
        sent_ms=SENT_MS,
        name="photo.jpg",
        conversation="c1",
        message_id=f"m{key}",
        sender="sara",
    )


def test_a_photo_is_read_cleaned_and_filed(store: ContentStore, desk: ReadingDesk) -> None:
    asked = item(store, photo_with_place())
    kept = desk.read(asked)
    assert kept.reading.fields["unit"] == "121"
    assert kept.sha256 != asked.sha256
    clean = store.path(kept.sha256).read_bytes()
    assert not Image.open(io.BytesIO(clean)).getexif().get_ifd(0x8825)
    assert kept.size == len(clean)
    again = desk.read(asked)
    assert (again.sha256, again.reading.text) == (kept.sha256, kept.reading.text)
    desk.close()
    gallery = Gallery(store, GallerySettings(), writable=True)
    [entry] = gallery.find(Query(unit="121"))
    assert (entry.sha256, entry.message_id, entry.size) == (kept.sha256, "m1", kept.size)
    assert gallery.thumbnail(entry) is not None
    assert gallery.drop_original(asked.sha256)
    gallery.close()


def test_a_crash_after_the_original_was_dropped_loses_nothing(store: ContentStore, desk: ReadingDesk) -> None:
    asked = item(store, photo_with_place())
    first = desk.read(asked)
    store.path(asked.sha256).unlink()
    second = desk.read(asked)
    assert (second.reading.error, second.sha256, second.reading.text) == ("", first.sha256, first.reading.text)


def test_tables_stay_in_the_gallery_and_come_back_as_lookup_rows(
    store: ContentStore, desk: ReadingDesk, workbook: Path
) -> None:
    kept = desk.read(item(store, workbook.read_bytes()))
    assert kept.reading.tables == ()
    assert kept.sha256 == ""
    desk.close()
    gallery = Gallery(store, GallerySettings(), writable=False)
    [entry] = gallery.find(Query(kind="document"))
    reading = gallery.reading(entry)
    assert reading is not None
    assert len(lookup_rows(reading).rows) == 3


def test_what_was_set_aside_is_not_tried_again_by_the_next_worker(tmp_path: Path, store: ContentStore) -> None:
    config = MediaWorkerConfig(media=SETTINGS, folder=store.folder)
    hostile = Hostile(tmp_path)
    first = ReadingDesk(config, hostile.readers)
    asked = item(store, b"SEGV me")
    assert first.read(asked).reading.set_aside
    assert hostile.count() == 2
    first.close()
    second = Hostile(tmp_path)
    again = ReadingDesk(config, second.readers)
    assert again.read(asked).reading.set_aside
    assert second.count() == 2, "no reader was asked again"
    again.close()


def test_a_bad_file_is_filed_with_its_error(store: ContentStore, desk: ReadingDesk) -> None:
    kept = desk.read(item(store, b"\xff\xd8\xff\xe0 broken"))
    assert kept.reading.error
    desk.close()
    [entry] = Gallery(store, GallerySettings(), writable=False).find(Query())
    assert entry.error == kept.reading.error


def test_what_was_read_joins_the_text() -> None:
    readings = [Reading(name="a", text="Unit 121"), Reading(name="b"), Reading(name="c", text="x" * 9000)]
    assert joined_text("see this", readings[:2]) == "see this\nUnit 121"
    assert joined_text("", readings[:1]) == "Unit 121"
    assert joined_text("", readings[1:2]) == ""
    assert len(joined_text("", readings[2:])) == 4000


def test_the_row_says_what_was_read_or_why_not() -> None:
    assert row_note(Reading(name="a", text="x", engine="easyocr", confidence=0.87)) == "read by easyocr (0.87)"
    assert row_note(Reading(name="a", engine="vosk", notes=("it is silent",))) == "no text (vosk); it is silent"
    assert row_note(Reading(name="a", error="it is empty")) == "unread: it is empty"
    macro = Reading(name="a", error="it is damaged", notes=("it holds macros",))
    assert row_note(macro) == "unread: it is damaged; it holds macros"
    word = Word(text="x", start_s=0, end_s=1, confidence=1)
    table = Table(name="t", header=("a",), rows=())
    full = Reading(name="a", text="y" * 5000, cleaned=b"1", thumbnail=b"2", words=(word,), tables=(table,))
    small = for_the_row(full)
    assert (small.cleaned, small.thumbnail, small.words, small.tables, len(small.text)) == (b"", b"", (), (), 4000)
    assert small.notes == ("the first 4000 of 5000 letters of its text",)


def media_tree(folder: Path) -> SupervisorSpec:
    config = MediaWorkerConfig(media=SETTINGS, folder=folder, kind="document").model_dump_json().encode()
    worker = ChildSpec("worker", "actors.media.worker_actor:MediaWorker", config, ready_ms=60_000, shutdown_ms=2000)
    children = (
        ChildSpec("gateway", "tests.media.toys:Asker"),
        worker,
        ChildSpec("gallery", "actors.media.gallery_actor:GalleryActor", config),
    )
    return SupervisorSpec("root", intensity=50, backoff=QUICK, children=children)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "data", media_tree(tmp_path / "data" / "media"))
    yield made
    made.system.shutdown()
    assert made.processes() == []


def test_the_quota_is_looked_after_soon_after_the_start(tmp_path: Path) -> None:
    store = ContentStore(tmp_path / "data" / "media")
    gallery = Gallery(store, GallerySettings(), writable=True)
    for number in range(3):
        content = store.keep(io.BytesIO(bytes([number]) * 500_000), "a.txt")
        gallery.add(
            GalleryEntry(
                number=0, conversation="c", message_id=f"m{number}", sender="s", name="a.txt", sha256=content.sha256,
                at_ms=number, kind="document", mime="text/plain", size=content.size,
            )
        )  # fmt: skip
    gallery.close()
    told = MediaWorkerConfig(folder=store.folder, gallery=GallerySettings(quota_mb=1)).model_dump_json().encode()
    children = (
        ChildSpec("gateway", "tests.media.toys:Asker"),
        ChildSpec("gallery", "actors.media.gallery_actor:GalleryActor", told),
    )
    bench = Bench(tmp_path / "data", SupervisorSpec("root", backoff=QUICK, children=children))
    try:
        until(lambda: bench.do("gallery", "status")["counters"]["archived"] == 1, 30)
    finally:
        bench.system.shutdown()


def answer(bench: Bench, batch: int) -> list[dict[str, Any]]:
    def look() -> Any:
        return bench.do("gateway", "answer", batch=str(batch)).get("answer")

    results: list[dict[str, Any]] = until(look, 60)
    return results


def ask(bench: Bench, batch: int, paths: list[Path], deadline_ms: int = 0, facts: dict[str, str] | None = None) -> None:
    items = json.dumps([{"key": key, "path": str(path), **(facts or {})} for key, path in enumerate(paths)])
    deadline = str(deadline_ms or time.time_ns() // 1_000_000 + 60_000)
    arguments = {"batch": str(batch), "items": items, "deadline": deadline, "to": "worker"}

    def sent() -> bool:
        return bool(bench.do("gateway", "ask", **arguments)["sent"])

    until(sent)


@pytest.mark.slow
def test_a_worker_answers_batches_survives_its_readers_and_is_replaced(bench: Bench, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(text_pdf([["Tenant: Maria Santos"]]))
    bad.write_bytes(b"%PDF-1.4 nonsense")
    ask(bench, 1, [good, bad, tmp_path / "missing"])
    first = answer(bench, 1)
    assert [one["key"] for one in first] == [0, 1, 2]
    assert "Maria" in first[0]["text"]
    assert [bool(one["error"]) for one in first] == [False, True, True]
    ask(bench, 2, [good], deadline_ms=1)
    until(lambda: bench.do("worker", "status")["counters"]["expired"] == 1)
    readers = bench.do("worker", "engine")["readers"]
    for reader in readers.values():
        os.kill(reader["pid"], signal.SIGKILL)
    ask(bench, 3, [good])
    assert "Maria" in answer(bench, 3)[0]["text"]
    before = bench.pid("worker")
    os.kill(before, signal.SIGKILL)
    until(lambda: bench.pid("worker") != before)
    ask(bench, 4, [good])
    assert "Maria" in answer(bench, 4)[0]["text"]


@pytest.mark.slow
def test_the_gallery_answers_reactions_and_requests(bench: Bench) -> None:
    store = ContentStore(bench.folder.path / "media")
    kept = store.keep(io.BytesIO(text_pdf([["Rent of unit B-1204"]])), "x")
    facts = {"sha256": kept.sha256, "conversation": "c1", "message_id": "m1", "sender": "sara", "name": "x.pdf"}
    ask(bench, 1, [store.path(kept.sha256)], facts=facts)
    answer(bench, 1)
    bench.do("gateway", "react", to="gallery", emoji="👍")
    until(lambda: bench.do("gallery", "find", text="rent")["entries"][0]["reactions"] == {"omar": "👍"})
    assert bench.do("gallery", "quota") == {"archived": 0}
    assert bench.do("gallery", "forget", person="sara")["entries"] == 1
    assert bench.do("gallery", "find", unit="B-1204")["entries"] == []
    assert not store.path(kept.sha256).exists()
