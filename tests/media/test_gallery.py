"""The gallery: found again by everything that is known, bounded, and forgotten on request."""

from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.media.content_store import ContentStore
from actors.media.errors import GalleryError
from actors.media.gallery import Gallery, entry_of, suffix_of
from actors.media.gallery_index import Query, matches
from actors.media.settings import MIB, GallerySettings
from messages.media import GALLERY_ENTRY, GalleryEntry, Reading, ReadItem
from messages.wire import encode

DAY = 86_400_000


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "media")


@pytest.fixture
def gallery(store: ContentStore) -> Gallery:
    return Gallery(store, GallerySettings(), writable=True)


def entry(store: ContentStore, number: int, content: bytes = b"", **facts: object) -> GalleryEntry:
    kept = store.keep(io.BytesIO(content or f"content {number}".encode()), "x")
    base: dict[str, object] = {
        "number": 0,
        "conversation": "c1",
        "message_id": f"m{number}",
        "sender": "sara",
        "at_ms": number * DAY,
        "name": f"file{number}.jpg",
        "kind": "image",
        "mime": "image/jpeg",
        "size": kept.size,
        "sha256": kept.sha256,
    }
    return GalleryEntry(**{**base, **facts})  # type: ignore[arg-type]


def numbers(found: list[GalleryEntry]) -> list[int]:
    return [one.number for one in found]


def test_search_by_everything(store: ContentStore, gallery: Gallery) -> None:
    gallery.add(entry(store, 1, unit="B-1204", text="Floor plan of the villa"))
    gallery.add(entry(store, 2, conversation="c2", sender="omar", kind="audio", text="صوت المستأجر"))
    gallery.add(entry(store, 3, unit="907", fields={"project": "Aspen Park"}))
    assert numbers(gallery.find(Query())) == [3, 2, 1]
    assert numbers(gallery.find(Query(limit=2))) == [3, 2]
    assert numbers(gallery.find(Query(unit="b - 1204"))) == [1]
    assert numbers(gallery.find(Query(conversation="c2"))) == [2]
    assert numbers(gallery.find(Query(sender="sara"))) == [3, 1]
    assert numbers(gallery.find(Query(kind="audio"))) == [2]
    assert numbers(gallery.find(Query(since_ms=2 * DAY))) == [3, 2]
    assert numbers(gallery.find(Query(until_ms=2 * DAY))) == [1]
    assert numbers(gallery.find(Query(since_ms=DAY + 1, until_ms=3 * DAY))) == [2]
    assert numbers(gallery.find(Query(text="VILLA plan"))) == [1]
    assert numbers(gallery.find(Query(text="المستأجر"))) == [2]
    assert numbers(gallery.find(Query(text="aspen", unit="907"))) == [3]
    assert numbers(gallery.find(Query(text="aspen", unit="B-1204"))) == []


def test_adding_twice_changes_nothing_but_what_was_read(store: ContentStore, gallery: Gallery) -> None:
    one = entry(store, 1, text="old words")
    assert gallery.add(one) == gallery.add(one) == 1
    gallery.react("c1", "m1", "omar", "👍")
    assert gallery.add(entry(store, 1, text="new words")) == 1
    found = gallery.get(1)
    assert (found.text, found.reactions) == ("new words", {"omar": "👍"})
    assert numbers(gallery.find(Query(text="old"))) == []
    assert numbers(gallery.find(Query(text="new"))) == [1]


def test_reactions_come_and_go(store: ContentStore, gallery: Gallery) -> None:
    gallery.add(entry(store, 1))
    assert gallery.react("c1", "m1", "omar", "❤") == 1
    gallery.react("c1", "m1", "omar", "😮")
    gallery.react("c1", "m1", "sara", "👍")
    assert gallery.get(1).reactions == {"omar": "😮", "sara": "👍"}
    gallery.react("c1", "m1", "omar", "")
    assert gallery.get(1).reactions == {"sara": "👍"}
    assert gallery.react("c1", "nothere", "omar", "👍") == 0


def test_near_duplicates_by_their_hashes(store: ContentStore, gallery: Gallery) -> None:
    for number, phash in enumerate(("ff00ff00ff00ff00", "ff00ff00ff00ff01", "ff00ff00ff00ffff", "00ff00ff00ff00ff"), 1):
        gallery.add(entry(store, number, phash=phash))
    assert [(one.number, bits) for one, bits in gallery.near_duplicates(1)] == [(2, 1)]
    gallery.add(entry(store, 5))
    assert gallery.near_duplicates(5) == []


def test_the_quota_archives_the_oldest_first_and_contents_stay_readable(store: ContentStore) -> None:
    gallery = Gallery(store, GallerySettings(quota_mb=1), writable=True)
    for number in (2, 1, 3):
        gallery.add(entry(store, number, bytes([number]) * (MIB // 2)))
    assert [gallery.get(number).message_id for number in gallery.enforce_quota()] == ["m1"]
    old = next(one for one in gallery.find(Query()) if one.message_id == "m1")
    assert old.archived
    assert "archive" in gallery.content(old).parts
    assert gallery.content(old).read_bytes() == bytes([1]) * (MIB // 2)
    assert not store.path(old.sha256).exists()
    assert gallery.enforce_quota() == []


def test_an_old_content_that_is_in_use_again_is_not_old(store: ContentStore) -> None:
    gallery = Gallery(store, GallerySettings(quota_mb=1), writable=True)
    shared = bytes([9]) * (MIB // 2)
    gallery.add(entry(store, 1, shared))
    gallery.add(entry(store, 2, bytes([2]) * (MIB // 2)))
    gallery.add(entry(store, 3, shared, conversation="c2"))
    gallery.add(entry(store, 4, bytes([4]) * (MIB // 2)))
    moved = gallery.enforce_quota()
    assert [gallery.get(number).message_id for number in moved] == ["m2"]


def test_a_person_is_forgotten_in_every_copy(store: ContentStore) -> None:
    gallery = Gallery(store, GallerySettings(quota_mb=1), writable=True)
    archived = gallery.add(entry(store, 1, bytes(MIB + 1), text="secret words"), b"thumb")
    gallery.add(entry(store, 2, b"shared by both"))
    gallery.add(entry(store, 3, b"shared by both", sender="omar", conversation="c2"))
    original = store.keep(io.BytesIO(b"original with its place"), "x")
    cleaned = entry(store, 4, b"cleaned")
    gallery.add(cleaned)
    gallery.replace_content(original.sha256, cleaned.sha256)
    gallery.enforce_quota()
    assert gallery.get(archived).archived
    gone = gallery.forget("sara")
    assert gone.entries == 3
    assert gone.files == 4  # archive, its thumbnail, cleaned, original
    assert numbers(gallery.find(Query())) == [3]
    assert gallery.find(Query(text="secret")) == []
    assert gallery.content(gallery.get(3)).read_bytes() == b"shared by both"
    assert not store.path(original.sha256).exists()
    everything = b"".join(
        path.read_bytes() for path in store.folder.rglob("*") if path.is_file() and "index" not in path.parts
    )
    assert b"original with its place" not in everything
    assert gallery.forget("sara") == (0, 0)
    assert gallery.forget("c2").entries == 1


def test_an_original_goes_once_its_cleaned_content_is_kept(store: ContentStore, gallery: Gallery) -> None:
    original = store.keep(io.BytesIO(b"original"), "x")
    assert gallery.current_content(original.sha256) == original.sha256
    assert not gallery.drop_original(original.sha256)
    cleaned = entry(store, 1, b"cleaned")
    gallery.replace_content(original.sha256, cleaned.sha256)
    assert gallery.current_content(original.sha256) == cleaned.sha256
    assert gallery.drop_original(original.sha256)
    assert not store.path(original.sha256).exists()
    assert store.path(cleaned.sha256).exists()


def test_export_uses_no_names_of_customers(tmp_path: Path, store: ContentStore, gallery: Gallery) -> None:
    gallery.add(entry(store, 1, name="../../evil.sh"))
    gallery.add(entry(store, 2, mime="application/pdf", kind="document"))
    lost = entry(store, 3)
    gallery.add(lost)
    store.path(lost.sha256).unlink()
    target = tmp_path / "out"
    assert gallery.export(gallery.find(Query()), target) == 2
    assert sorted(path.name for path in target.iterdir()) == ["00000001.jpg", "00000002.pdf", "index.jsonl"]
    lines = [json.loads(line) for line in (target / "index.jsonl").read_text().splitlines()]
    assert [line.get("file") for line in lines] == [None, "00000002.pdf", "00000001.jpg"]
    assert "gone" in lines[0]["missing"]
    with pytest.raises(GalleryError, match="holds an export already"):
        gallery.export([], target)


def test_readers_see_what_the_writer_commits(tmp_path: Path, store: ContentStore, gallery: Gallery) -> None:
    with pytest.raises(GalleryError, match="there is no gallery"):
        Gallery(ContentStore(tmp_path / "empty"), GallerySettings(), writable=False)
    gallery.add(entry(store, 1))
    gallery.close()
    looking = Gallery(store, GallerySettings(), writable=False)
    assert numbers(looking.find(Query())) == [1]
    with pytest.raises(GalleryError, match="no entry 9"):
        looking.get(9)


def test_entries_are_made_of_readings() -> None:
    item = ReadItem(key=1, path="x", conversation="c", message_id="m", sender="s", thread="t", sent_ms=5)
    reading = Reading(
        name="n", kind="image", mime="image/png", text="words", fields={"unit": ["1", "2"], "phash": "0" * 16}
    )
    made = entry_of(item, reading, "ab", 7)
    assert (made.unit, made.phash, made.size, made.thread, made.at_ms) == ("1", "0" * 16, 7, "t", 5)
    assert GALLERY_ENTRY.decode(encode(made)) == made
    assert (suffix_of("image/png"), suffix_of("audio/ogg"), suffix_of("x/y")) == (".png", ".ogg", ".bin")


WORDS = st.lists(st.sampled_from(["villa", "plan", "شقة", "sea", "B-12"]), max_size=4).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(
    entries=st.lists(
        st.tuples(WORDS, st.sampled_from(["", "1", "A-2"]), st.sampled_from(["c1", "c2"]), st.integers(0, 5)),
        max_size=12,
    ),
    query=st.builds(
        Query,
        text=WORDS,
        unit=st.sampled_from(["", "1", "a-2"]),
        conversation=st.sampled_from(["", "c1"]),
        since_ms=st.integers(0, 4),
        until_ms=st.integers(0, 6),
        limit=st.sampled_from([0, 1, 2, 100]),
    ),
)
def test_the_index_finds_what_a_scan_of_all_finds(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[str, str, str, int]], query: Query
) -> None:
    store = ContentStore(tmp_path_factory.mktemp("g"))
    gallery = Gallery(store, GallerySettings(), writable=True)
    for number, (text, unit, conversation, at_ms) in enumerate(entries):
        gallery.add(
            GalleryEntry(
                number=0, conversation=conversation, message_id=f"m{number}", text=text, unit=unit, at_ms=at_ms
            )
        )
    everything = [gallery.get(number + 1) for number in range(len(entries))]
    wanted = sorted((one for one in everything if matches(one, query)), key=lambda one: (one.at_ms, one.number))[::-1]
    assert numbers(gallery.find(query)) == numbers(wanted[: query.limit])
    gallery.close()


def test_a_thread_that_is_decided_later_is_noted_and_stays(store: ContentStore, gallery: Gallery) -> None:
    entry = GalleryEntry(number=0, conversation="c1", message_id="m1", name="a", sha256="ab" * 32, text="words")
    number = gallery.add(entry)
    assert gallery.set_thread("c1", "m1", "Viewing #2") == 1
    assert gallery.get(number).thread == "Viewing #2"
    gallery.add(msgspec.structs.replace(entry, text="read again"))
    assert (gallery.get(number).thread, gallery.get(number).text) == ("Viewing #2", "read again")
    assert gallery.set_thread("c1", "other", "x") == 0


def test_reactions_of_a_forgotten_person_go_from_others_files(store: ContentStore, gallery: Gallery) -> None:
    number = gallery.add(GalleryEntry(number=0, conversation="group", message_id="m1", sender="omar", at_ms=5))
    gallery.react("group", "m1", "sara", "👍")
    gallery.react("group", "m1", "omar", "❤")
    assert gallery.forget("sara").entries == 0
    assert gallery.get(number).reactions == {"omar": "❤"}
