"""MediaGalleryService: the kept files of all conversations, found again by what was read of them.

media/ab/cdef...           contents, named by their SHA-256 (content_store.py)
media/gallery/index        metadata (gallery_index.py)
media/gallery/thumbnails   small JPEGs of pictures
media/gallery/readings     all that was read of a content, with its tables and word times
media/gallery/archive      contents above the quota, oldest first
"""

from __future__ import annotations

import json
import mimetypes
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from actors.media.content_store import ContentStore
from actors.media.errors import GalleryError
from actors.media.gallery_index import GalleryIndex, Query
from actors.media.settings import MIB, GallerySettings
from messages.media import READING, GalleryEntry, Reading, ReadItem
from messages.wire import encode
from store.files import read_private, sync_directory, write_private

_SUFFIXES = {"audio/ogg": ".ogg", "application/ogg": ".ogg", "image/webp": ".webp", "text/vcard": ".vcf"}


class Forgotten(NamedTuple):
    """What was deleted on a person's request: entries, and files of contents, archive and thumbnails."""

    entries: int
    files: int


class Gallery:
    """The gallery of a data folder.

    Args:
        store: the kept contents.
        settings: bounds.
        writable: False for a look beside the running system.

    Raises:
        GalleryError: it is opened for reading and there is none yet.
    """

    def __init__(self, store: ContentStore, settings: GallerySettings, *, writable: bool) -> None:
        self._store = store
        self._settings = settings
        self._folder = store.folder / "gallery"
        if not writable and not (self._folder / "index" / "data.mdb").exists():
            raise GalleryError(f"there is no gallery in {store.folder}")
        self._index = GalleryIndex(self._folder / "index", writable=writable)

    def close(self) -> None:
        """Close the metadata."""
        self._index.close()

    def add(self, entry: GalleryEntry, thumbnail: bytes = b"", reading: Reading | None = None) -> int:
        """Add a message's file; adding it again changes nothing but what was read of it.

        Args:
            entry: its facts.
            thumbnail: a small JPEG, or b"".
            reading: all that was read of it, with tables and word times, or None.

        Returns:
            its number.
        """
        if thumbnail and entry.sha256:
            target = self._thumbnail_path(entry.sha256)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_private(target, thumbnail)
        if reading is not None and entry.sha256:
            target = self._reading_path(entry.sha256)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_private(target, encode(msgspec.structs.replace(reading, cleaned=b"", thumbnail=b"")))
        return self._index.add(entry)

    def get(self, number: int) -> GalleryEntry:
        """Give an entry.

        Args:
            number: which.

        Returns:
            the entry.

        Raises:
            GalleryError: there is none of this number.
        """
        entry = self._index.get(number)
        if entry is None:
            raise GalleryError(f"the gallery has no entry {number}")
        return entry

    def find(self, query: Query) -> list[GalleryEntry]:
        """Search by unit, conversation, sender, date, kind and text; newest first."""
        return self._index.find(query)

    def near_duplicates(self, number: int) -> list[tuple[GalleryEntry, int]]:
        """Find pictures that look like one.

        Args:
            number: of a picture.

        Returns:
            the other entries, with the bits of 64 in which their hashes differ, nearest first.
        """
        entry = self.get(number)
        if not entry.phash:
            return []
        near = self._index.near(entry.phash, self._settings.near_duplicate_bits)
        return [(other, bits) for found, bits in near if found != number and (other := self._index.get(found))]

    def content(self, entry: GalleryEntry) -> Path:
        """Tell where an entry's content lies.

        Args:
            entry: an entry.

        Returns:
            its file, in the store or in the archive.

        Raises:
            GalleryError: its content is not kept.
        """
        if not entry.sha256:
            raise GalleryError(f"the content of entry {entry.number} is not kept")
        for path in (self._store.path(entry.sha256), self._archive_path(entry.sha256)):
            if path.is_file():
                return path
        raise GalleryError(f"the content of entry {entry.number} is gone")

    def thumbnail(self, entry: GalleryEntry) -> Path | None:
        """Tell where an entry's thumbnail lies; None where it has none."""
        path = self._thumbnail_path(entry.sha256) if entry.sha256 else None
        return path if path is not None and path.is_file() else None

    def reading(self, entry: GalleryEntry) -> Reading | None:
        """Give all that was read of an entry's content; None where that is not kept."""
        data = read_private(self._reading_path(entry.sha256)) if entry.sha256 else None
        return None if data is None else READING.decode(data)

    def set_aside(self, sha256: str) -> Reading | None:
        """Tell whether a content was set aside before, because readers died on it.

        Args:
            sha256: of the content.

        Returns:
            what was noted then; None where it was not set aside.
        """
        for entry in self._index.with_content(sha256):
            reading = self.reading(entry)
            if reading is not None and reading.set_aside:
                return reading
        return None

    def react(self, conversation: str, message_id: str, sender: str, emoji: str) -> int:
        """Note a reaction to a message's files.

        Args:
            conversation: the message's conversation.
            message_id: the message's id.
            sender: who reacts.
            emoji: with what; "" takes the reaction back.

        Returns:
            how many files the message has here.
        """

        def edit(entry: GalleryEntry) -> GalleryEntry:
            reactions = {who: what for who, what in entry.reactions.items() if who != sender}
            return msgspec.structs.replace(entry, reactions=reactions | ({sender: emoji} if emoji else {}))

        entries = self._index.of_message(conversation, message_id)
        for entry in entries:
            self._index.change(entry.number, edit)
        return len(entries)

    def set_thread(self, conversation: str, message_id: str, thread: str) -> int:
        """Note the thread of a message's files; returns how many the message has here."""
        entries = self._index.of_message(conversation, message_id)
        for entry in entries:
            self._index.change(entry.number, lambda one: msgspec.structs.replace(one, thread=thread))
        return len(entries)

    def replace_content(self, original: str, cleaned: str) -> None:
        """Remember that a cleaned content was kept in place of an original (SHA-256 in hex)."""
        if original != cleaned:
            self._index.replace_content(original, cleaned)

    def current_content(self, sha256: str) -> str:
        """Give the content that is kept in place of one, or itself."""
        return self._index.current_content(sha256)

    def drop_original(self, sha256: str) -> bool:
        """Delete an original whose cleaned content is kept; to be called once the row that names the latter is decided.

        Args:
            sha256: of the original.

        Returns:
            whether it was deleted; not where it was not replaced, or other entries show it.
        """
        current = self._index.current_content(sha256)
        if current == sha256 or not self._store.path(current).is_file() or self._index.with_content(sha256):
            return False
        return _unlink(self._store.path(sha256))

    def enforce_quota(self) -> list[int]:
        """Move the oldest contents to the archive until the rest is within the quota.

        Returns:
            numbers of the entries whose content was moved.
        """
        entries = [entry for entry in self._index.oldest_first() if entry.sha256 and not entry.archived]
        sizes = {entry.sha256: entry.size for entry in entries}
        total = sum(sizes.values())
        # A content counts as old as its newest entry: it is still in use there.
        order = list(dict.fromkeys(entry.sha256 for entry in reversed(entries)))[::-1]
        moved = []
        for sha256 in order:
            if total <= self._settings.quota_mb * MIB:
                break
            self._archive(sha256)
            total -= sizes[sha256]
            for entry in self._index.with_content(sha256):
                self._index.change(entry.number, lambda one: msgspec.structs.replace(one, archived=True))
                moved.append(entry.number)
        return moved

    def forget(self, person: str) -> Forgotten:
        """Delete all of a person's media and what was read of them, in every copy.

        A content that another person's entry shows too stays for that entry.

        Args:
            person: a sender, or the key of a conversation.

        Returns:
            what was deleted.
        """
        everything = 1 << 62
        theirs = {
            entry.number: entry
            for query in (Query(sender=person, limit=everything), Query(conversation=person, limit=everything))
            for entry in self._index.find(query)
        }
        for number in theirs:
            self._index.remove(number)
        for entry in [entry for entry in self._index.oldest_first() if person in entry.reactions]:
            self.react(entry.conversation, entry.message_id, person, "")
        contents = {entry.sha256 for entry in theirs.values() if entry.sha256}
        gone = {sha256 for sha256 in contents if not self._index.with_content(sha256)}
        gone |= {sha256 for sha256 in self._index.forget_contents(gone) if not self._index.with_content(sha256)}
        files = 0
        for sha256 in gone:
            places = (
                self._store.path(sha256),
                self._archive_path(sha256),
                self._thumbnail_path(sha256),
                self._reading_path(sha256),
            )
            files += sum(_unlink(place) for place in places)
        for sha256 in contents - gone:
            self._rename_reading(self._index.with_content(sha256)[0])
        return Forgotten(len(theirs), files)

    def _rename_reading(self, entry: GalleryEntry) -> None:
        """Let what was read of a shared content bear the name that a remaining entry has for it."""
        reading = self.reading(entry)
        if reading is not None and reading.name != entry.name:
            write_private(self._reading_path(entry.sha256), encode(msgspec.structs.replace(reading, name=entry.name)))

    def shows(self, sha256: str) -> bool:
        """Tell whether an entry shows a content."""
        return bool(self._index.with_content(sha256))

    def export(self, entries: Iterable[GalleryEntry], folder: Path) -> int:
        """Copy contents to a folder, with ``index.jsonl`` telling what each is.

        Args:
            entries: which.
            folder: where; made where it is missing. File names are numbers and types, never what customers wrote.

        Returns:
            how many contents were copied.

        Raises:
            GalleryError: the folder holds an export already.
        """
        folder.mkdir(parents=True, exist_ok=True)
        index = folder / "index.jsonl"
        if index.exists():
            raise GalleryError(f"{folder} holds an export already")
        copied = 0
        with index.open("w", encoding="utf-8") as lines:
            for entry in entries:
                facts = as_object(entry)
                try:
                    source = self.content(entry)
                except GalleryError as error:
                    facts["missing"] = str(error)
                else:
                    file = f"{entry.number:08d}{suffix_of(entry.mime)}"
                    shutil.copyfile(source, folder / file)
                    facts["file"] = file
                    copied += 1
                lines.write(json.dumps(facts, ensure_ascii=False) + "\n")
        return copied

    def _archive(self, sha256: str) -> None:
        source, target = self._store.path(sha256), self._archive_path(sha256)
        if not source.is_file():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        # The copy is complete under its name before the original goes: the archive may be another disk.
        partial = target.with_suffix(".partial")
        shutil.copyfile(source, partial)
        partial.replace(target)
        sync_directory(target.parent)
        source.unlink()

    def _archive_path(self, sha256: str) -> Path:
        return self._folder / "archive" / sha256[:2] / sha256[2:]

    def _thumbnail_path(self, sha256: str) -> Path:
        return self._folder / "thumbnails" / sha256[:2] / f"{sha256[2:]}.jpg"

    def _reading_path(self, sha256: str) -> Path:
        return self._folder / "readings" / sha256[:2] / f"{sha256[2:]}.msgpack"


def entry_of(item: ReadItem, reading: Reading, sha256: str, size: int) -> GalleryEntry:
    """Make the entry of a read file.

    Args:
        item: what was asked, with its message.
        reading: what was read.
        sha256: of the content that is kept.
        size: its bytes.

    Returns:
        the entry, its number 0.
    """
    return GalleryEntry(
        number=0,
        conversation=item.conversation,
        message_id=item.message_id,
        sender=item.sender,
        thread=item.thread,
        at_ms=item.sent_ms,
        name=reading.name,
        kind=reading.kind,
        mime=reading.mime,
        size=size,
        sha256=sha256,
        phash=str(reading.fields.get("phash", "")),
        unit=_one(reading, "unit"),
        project=_one(reading, "project"),
        text=reading.text,
        engine=reading.engine,
        confidence=reading.confidence,
        fields=reading.fields,
        error=reading.error,
    )


def as_object(entry: GalleryEntry) -> dict[str, object]:
    """Give an entry as a JSON object."""
    return {name: value for name, value in msgspec.structs.asdict(entry).items() if name != "v"}


def suffix_of(mime: str) -> str:
    """Give the file suffix of a type, ``.bin`` where it has none."""
    return _SUFFIXES.get(mime) or mimetypes.guess_extension(mime, strict=False) or ".bin"


def _one(reading: Reading, name: str) -> str:
    value = reading.fields.get(name, "")
    return str(value[0]) if isinstance(value, list) else str(value)


def _unlink(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True
