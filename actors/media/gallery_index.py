"""The gallery's metadata in LMDB: entries by number, and the indexes that searches go through.

Keys of the indexes are a 16-byte BLAKE2b digest of what is indexed, then the entry's number: names and words of any
length fit, entries come in their order, and each hit is compared with the entry itself.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from messages.media import GALLERY_ENTRY, GalleryEntry, MediaKind
from messages.wire import encode
from store.environment import Environment, Transaction

_NUMBER = struct.Struct(">Q")
_STAMP = struct.Struct(">QQ")
_BASES = ("entries", "messages", "keys", "times", "hashes", "replaced", "facts")
_WORD = re.compile(r"\w{2,}")
_MOST_WORDS = 2000
_LAST = b"last"
T = TypeVar("T")


class Query(NamedTuple):
    """What to look for; all that is set has to hold.

    Attributes:
        unit: of the property, without regard to case and blanks.
        conversation: its key.
        sender: who sent it.
        since_ms, until_ms: when its message was sent, from and before, milliseconds since 1970 UTC.
        kind: image, audio, video, document.
        text: words that its text, name or fields hold, in any order.
        limit: of the entries given back, newest first.
    """

    unit: str = ""
    conversation: str = ""
    sender: str = ""
    since_ms: int = 0
    until_ms: int = 0
    kind: MediaKind | None = None
    text: str = ""
    limit: int = 100


class GalleryIndex:
    """Entries and their indexes.

    Args:
        path: the LMDB folder.
        writable: False for readers beside the system that writes it.
    """

    def __init__(self, path: Path, *, writable: bool) -> None:
        self._env = Environment(path, _BASES, writable=writable)

    def close(self) -> None:
        """Close the environment."""
        self._env.close()

    def add(self, entry: GalleryEntry) -> int:
        """Add an entry, or give it new contents where its message's file is there already.

        Args:
            entry: its ``number`` is ignored; reactions of the one that is there stay.

        Returns:
            its number.
        """

        def work(txn: Transaction) -> int:
            key = _message_key(entry)
            known = txn.get(key, db=self._db("messages"))
            if known is not None:
                number = _NUMBER.unpack(known)[0]
                before = self._load(txn, number)
                if before is not None:
                    self._unindex(txn, before)
                    new = msgspec.structs.replace(
                        entry,
                        number=number,
                        reactions=before.reactions,
                        archived=before.archived,
                        thread=entry.thread or before.thread,
                    )
                    self._index(txn, new)
                    return int(number)
            number = self._next(txn)
            txn.put(key, _NUMBER.pack(number), db=self._db("messages"))
            self._index(txn, msgspec.structs.replace(entry, number=number))
            return number

        return self._env.write(work)

    def change(self, number: int, edit: Callable[[GalleryEntry], GalleryEntry]) -> GalleryEntry | None:
        """Change an entry.

        Args:
            number: which.
            edit: gives the changed entry; it may run several times.

        Returns:
            the entry as it is now; None where there is none.
        """

        def work(txn: Transaction) -> GalleryEntry | None:
            before = self._load(txn, number)
            if before is None:
                return None
            after = edit(before)
            self._unindex(txn, before)
            self._index(txn, after)
            return after

        return self._env.write(work)

    def remove(self, number: int) -> GalleryEntry | None:
        """Take an entry out, with all that the indexes hold of it.

        Args:
            number: which.

        Returns:
            the entry; None where there was none.
        """

        def work(txn: Transaction) -> GalleryEntry | None:
            before = self._load(txn, number)
            if before is not None:
                self._unindex(txn, before)
                txn.delete(_NUMBER.pack(number), db=self._db("entries"))
                txn.delete(_message_key(before), db=self._db("messages"))
            return before

        return self._env.write(work)

    def get(self, number: int) -> GalleryEntry | None:
        """Give an entry by its number."""
        with self._env.read() as txn:
            return self._load(txn, number)

    def find(self, query: Query) -> list[GalleryEntry]:
        """Search.

        Args:
            query: what to look for.

        Returns:
            entries, newest message first.
        """
        with self._env.read() as txn:
            found: list[GalleryEntry] = []
            for number in self._candidates(txn, query):
                if len(found) >= query.limit:
                    break
                entry = self._load(txn, number)
                if entry is not None and matches(entry, query):
                    found.append(entry)
            return found

    def with_content(self, sha256: str) -> list[GalleryEntry]:
        """Give all entries of one content."""
        with self._env.read() as txn:
            numbers = self._scan(txn, _key("sha", sha256))
            return [entry for number in numbers if (entry := self._load(txn, number)) and entry.sha256 == sha256]

    def of_message(self, conversation: str, message_id: str) -> list[GalleryEntry]:
        """Give all entries of one message."""
        with self._env.read() as txn:
            numbers = self._scan(txn, _key("message", f"{conversation}\0{message_id}"))
            entries = [self._load(txn, number) for number in numbers]
        return [e for e in entries if e is not None and (e.conversation, e.message_id) == (conversation, message_id)]

    def oldest_first(self) -> Iterator[GalleryEntry]:
        """Give all entries, the oldest message first, from one snapshot."""
        with self._env.read() as txn:
            for key, _ in txn.cursor(db=self._db("times")):
                entry = self._load(txn, _STAMP.unpack(key)[1])
                if entry is not None:
                    yield entry

    def near(self, phash: str, bits: int) -> list[tuple[int, int]]:
        """Find pictures whose perceptual hashes differ in few bits.

        Args:
            phash: 16 hex digits.
            bits: at most.

        Returns:
            numbers with the bits of difference, nearest first.
        """
        import numpy as np

        with self._env.read() as txn:
            pairs = [(key, value) for key, value in txn.cursor(db=self._db("hashes"))]
        if not pairs:
            return []
        numbers = np.frombuffer(b"".join(key for key, _ in pairs), dtype=">u8")
        hashes = np.frombuffer(b"".join(value for _, value in pairs), dtype=">u8")
        wanted = np.uint64(int(phash, 16))
        distances = np.unpackbits((hashes.astype(np.uint64) ^ wanted).view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1)
        near = np.flatnonzero(distances <= bits)
        return sorted(((int(numbers[at]), int(distances[at])) for at in near), key=lambda pair: (pair[1], pair[0]))

    def replace_content(self, original: str, cleaned: str) -> None:
        """Remember which content was kept in place of an original.

        Args:
            original: SHA-256 in hex.
            cleaned: likewise.
        """
        self._env.write(lambda txn: txn.put(bytes.fromhex(original), bytes.fromhex(cleaned), db=self._db("replaced")))

    def current_content(self, sha256: str) -> str:
        """Give the content that was kept in place of one, or itself."""
        with self._env.read() as txn:
            found = txn.get(bytes.fromhex(sha256), db=self._db("replaced"))
        return found.hex() if found is not None else sha256

    def forget_contents(self, gone: set[str]) -> set[str]:
        """Forget what replaced what, for contents that are gone.

        Args:
            gone: SHA-256 in hex.

        Returns:
            the originals of those contents: their copies have to go too.
        """

        def work(txn: Transaction) -> set[str]:
            originals = set()
            for key, value in txn.cursor(db=self._db("replaced")):
                if value.hex() in gone or key.hex() in gone:
                    originals.add(key.hex())
            for original in originals:
                txn.delete(bytes.fromhex(original), db=self._db("replaced"))
            return originals

        return self._env.write(work)

    def _candidates(self, txn: Transaction, query: Query) -> Iterator[int]:
        """Give numbers that may match, newest message first."""
        keys = [_key("unit", _plain(query.unit))] if query.unit else []
        keys += [_key("conversation", query.conversation)] if query.conversation else []
        keys += [_key("sender", query.sender)] if query.sender else []
        keys += [_key("word", word) for word in _words(query.text)]
        if keys:
            sets = sorted((set(self._scan(txn, key)) for key in keys), key=len)
            common = set.intersection(*sets)
            entries = ((entry.at_ms, number) for number in common if (entry := self._load(txn, number)) is not None)
            yield from (number for _, number in sorted(entries, reverse=True))
            return
        cursor = txn.cursor(db=self._db("times"))
        top = _STAMP.pack(query.until_ms or (1 << 63), 0)
        placed = cursor.set_range(top)
        for key, _ in cursor.iterprev() if placed and cursor.prev() else (() if placed else cursor.iterprev()):
            at_ms, number = _STAMP.unpack(key)
            if at_ms < query.since_ms:
                return
            yield number

    def _scan(self, txn: Transaction, prefix: bytes) -> Iterator[int]:
        cursor = txn.cursor(db=self._db("keys"))
        if cursor.set_range(prefix):
            for key in cursor.iternext(keys=True, values=False):
                if not key.startswith(prefix):
                    return
                yield _NUMBER.unpack(key[len(prefix) :])[0]

    def _load(self, txn: Transaction, number: int) -> GalleryEntry | None:
        data = txn.get(_NUMBER.pack(number), db=self._db("entries"))
        return None if data is None else GALLERY_ENTRY.decode(data)

    def _next(self, txn: Transaction) -> int:
        last = txn.get(_LAST, db=self._db("facts"))
        number = (_NUMBER.unpack(last)[0] if last else 0) + 1
        txn.put(_LAST, _NUMBER.pack(number), db=self._db("facts"))
        return int(number)

    def _index(self, txn: Transaction, entry: GalleryEntry) -> None:
        number = _NUMBER.pack(entry.number)
        txn.put(number, encode(entry), db=self._db("entries"))
        txn.put(_STAMP.pack(max(0, entry.at_ms), entry.number), b"", db=self._db("times"))
        for key in _keys(entry):
            txn.put(key + number, b"", db=self._db("keys"))
        if entry.phash:
            txn.put(number, bytes.fromhex(entry.phash), db=self._db("hashes"))

    def _unindex(self, txn: Transaction, entry: GalleryEntry) -> None:
        number = _NUMBER.pack(entry.number)
        txn.delete(_STAMP.pack(max(0, entry.at_ms), entry.number), db=self._db("times"))
        for key in _keys(entry):
            txn.delete(key + number, db=self._db("keys"))
        txn.delete(number, db=self._db("hashes"))

    def _db(self, name: str) -> object:
        return self._env.database(name)


def matches(entry: GalleryEntry, query: Query) -> bool:
    """Tell whether an entry is what a query looks for.

    Args:
        entry: an entry.
        query: a query.

    Returns:
        True where all that the query sets holds.
    """
    return (
        (not query.unit or _plain(entry.unit) == _plain(query.unit))
        and (not query.conversation or entry.conversation == query.conversation)
        and (not query.sender or entry.sender == query.sender)
        and (query.kind is None or entry.kind == query.kind)
        and entry.at_ms >= query.since_ms
        and (not query.until_ms or entry.at_ms < query.until_ms)
        and (not query.text or _words(query.text) <= _entry_words(entry))
    )


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _entry_words(entry: GalleryEntry) -> set[str]:
    fields = " ".join(str(value) for value in entry.fields.values())
    words = _WORD.findall(f"{entry.name} {entry.unit} {entry.project} {fields} {entry.text}".casefold())
    return set(list(dict.fromkeys(words))[:_MOST_WORDS])


def _keys(entry: GalleryEntry) -> Iterator[bytes]:
    yield _key("conversation", entry.conversation)
    yield _key("message", f"{entry.conversation}\0{entry.message_id}")
    if entry.sender:
        yield _key("sender", entry.sender)
    if entry.unit:
        yield _key("unit", _plain(entry.unit))
    if entry.sha256:
        yield _key("sha", entry.sha256)
    for word in _entry_words(entry):
        yield _key("word", word)


def _key(what: str, value: str) -> bytes:
    return blake2b(f"{what}\0{value}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _message_key(entry: GalleryEntry) -> bytes:
    return _key("entry", f"{entry.conversation}\0{entry.message_id}\0{entry.name}\0{entry.sha256}")
