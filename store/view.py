"""Reading a partition's state: what its owner and its readers in other processes have in common."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from operator import itemgetter
from pathlib import Path

from store.entries import Counters, counters_of, read_entries
from store.environment import Environment, Transaction
from store.errors import LogDamaged
from store.names import name_key, unpack_named, unpack_value
from store.recent import Recent, load_recent
from store.turn import CLAIM

DATABASES = ("meta", "sessions", "dedup", "expiry", "rows", "replies", "letters", "tallies", "facts", "recent")
EPOCH = b"epoch"
OWNER = b"owner"
CURSOR = b"cursor"
ROWS = b"rows"
REPLIES = b"replies"


def number(data: bytes | None) -> int:
    """Decode a number kept in ``meta``; 0 where there is none."""
    return int.from_bytes(data or b"", "big")


class PartitionView:
    """Reads of one partition's state; each sees one committed transaction's whole.

    Args:
        env: the open environment.
    """

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._recent = Recent()
        self._seen = -1

    def rows(self, start: int, *, limit: int = 1000, max_bytes: int = 4_000_000) -> list[tuple[int, bytes]]:
        """Read rows in order.

        Args:
            start: first position wanted; trimmed ones are passed over.
            limit: at most so many.
            max_bytes: stop at so many bytes; one row is always given.

        Returns:
            positions and rows.
        """
        return self._entries("rows", start, limit, max_bytes)

    def replies(self, start: int, *, limit: int = 1000, max_bytes: int = 4_000_000) -> list[tuple[int, bytes]]:
        """Read replies in order, with the arguments of ``rows``."""
        return self._entries("replies", start, limit, max_bytes)

    def _entries(self, database: str, start: int, limit: int, max_bytes: int) -> list[tuple[int, bytes]]:
        with self._env.read() as txn:
            return read_entries(txn, self._env.database(database), start, limit=limit, max_bytes=max_bytes)

    def session(self, key: str) -> bytes | None:
        """Give a session's snapshot, or None."""
        return self.snapshots((key,))[0]

    def snapshots(self, keys: Sequence[str]) -> list[bytes | None]:
        """Give the snapshots of several sessions in one read, None for each that is not known."""
        with self._env.read() as txn:
            recent = self._recent_in(txn).sessions
            wanted = {key: name_key(key) for key in keys if key not in recent}
            found = dict(txn.cursor(self._env.database("sessions")).getmulti(wanted.values())) if wanted else {}
        snapshots = []
        for key in keys:
            place = wanted.get(key)
            if place is None:
                snapshots.append(recent[key])
            else:
                stored = found.get(place)
                snapshots.append(None if stored is None else unpack_value(place, stored))
        return snapshots

    def session_count(self) -> int:
        """Give how many sessions are known."""
        with self._env.read() as txn:
            recent = self._recent_in(txn)
            db = self._env.database("sessions")
            count = int(txn.stat(db)["entries"])
            if recent.sessions:
                places = recent.ordered()
                found = {key for key, _ in txn.cursor(db).getmulti([place for place, _ in places])}
                for place, name in places:
                    alive = recent.sessions[name] is not None
                    count += alive - (place in found)
            return count

    def sessions(self, *, after: str = "", limit: int = 100) -> list[tuple[str, bytes]]:
        """List sessions in the order of their keys on disk.

        Args:
            after: the last key of the page before, "" for the first page.
            limit: at most so many.

        Returns:
            keys and snapshots.
        """
        with self._env.read() as txn:
            recent = self._recent_in(txn)
            order = recent.ordered()
            start = bisect_right(order, (name_key(after), after)) if after else 0
            fresh = ((place, name, recent.sessions[name]) for place, name in islice(order, start, None))
            settled = (
                (place, name, snapshot)
                for place, name, snapshot in self._walk(txn, "sessions", after)
                if name not in recent.sessions
            )
            alive = (
                (name, snapshot)
                for _, name, snapshot in merge(fresh, settled, key=itemgetter(0))
                if snapshot is not None
            )
            return list(islice(alive, max(limit, 0)))

    def claimed(self, digests: Sequence[bytes]) -> list[tuple[int, int] | None]:
        """Look dedup keys up.

        Args:
            digests: 16 bytes each.

        Returns:
            for each the position and expiry (milliseconds since 1970 UTC, 0 never) of its claim, or None.
        """
        with self._env.read() as txn:
            recent = self._recent_in(txn).claims
            found = dict(txn.cursor(self._env.database("dedup")).getmulti(digests))
        claims = [recent.get(digest) or found.get(digest) for digest in digests]
        return [None if claim is None else CLAIM.unpack(claim) for claim in claims]

    def claim_count(self) -> int:
        """Give how many dedup keys are held."""
        with self._env.read() as txn:
            recent = self._recent_in(txn).claims
            db = self._env.database("dedup")
            known = len(txn.cursor(db).getmulti(recent, values=False)) if recent else 0
            return int(txn.stat(db)["entries"]) + len(recent) - known

    def letter(self, letter_id: str) -> bytes | None:
        """Give a dead letter, or None."""
        return self._named("letters", letter_id)

    def letters(self, *, after: str = "", limit: int = 100) -> list[tuple[str, bytes]]:
        """List dead letters by pages, with the arguments of ``sessions``."""
        return self._page("letters", after, limit)

    def letter_count(self) -> int:
        """Give how many dead letters are kept."""
        with self._env.read() as txn:
            return int(txn.stat(self._env.database("letters"))["entries"])

    def tally(self, run: str) -> bytes | None:
        """Give the counts of a feed, or None."""
        return self._named("tallies", run)

    def tallies(self) -> list[tuple[str, bytes]]:
        """List the counts of all feeds."""
        return list(self._all("tallies"))

    def fact(self, key: str) -> bytes | None:
        """Give a small named value, or None."""
        return self._named("facts", key)

    def facts(self) -> list[tuple[str, bytes]]:
        """List all small named values."""
        return list(self._all("facts"))

    def _named(self, database: str, name: str) -> bytes | None:
        key = name_key(name)
        with self._env.read() as txn:
            stored: bytes | None = txn.get(key, db=self._env.database(database))
        return None if stored is None else unpack_value(key, stored)

    def _page(self, database: str, after: str, limit: int) -> list[tuple[str, bytes]]:
        with self._env.read() as txn:
            found = islice(self._walk(txn, database, after), max(limit, 0))
            return [(name, value) for _, name, value in found]

    def _walk(self, txn: Transaction, database: str, after: str) -> Iterator[tuple[bytes, str, bytes]]:
        cursor = txn.cursor(self._env.database(database))
        if after:
            place = name_key(after)
            if not cursor.set_range(place) or (cursor.key() == place and not cursor.next()):
                return
        elif not cursor.first():
            return
        for place, stored in cursor.iternext():
            yield place, *unpack_named(place, stored)

    def _recent_in(self, txn: Transaction) -> Recent:
        seen = txn.id()
        if seen != self._seen:
            self._recent = load_recent(txn, self._env.database("recent"))
            self._seen = seen
        return self._recent

    def _all(self, database: str) -> Iterator[tuple[str, bytes]]:
        after = ""
        while page := self._page(database, after, 1000):
            yield from page
            after = page[-1][0]
            if len(page) < 1000:
                return

    def _meta(self, key: bytes) -> bytes | None:
        with self._env.read() as txn:
            value: bytes | None = txn.get(key, db=self._env.database("meta"))
            return value

    def meta_in(self, txn: Transaction) -> tuple[int, int, Counters, Counters]:
        """Give epoch, cursor, and the counters of rows and replies as a transaction sees them."""
        get, meta = txn.get, self._env.database("meta")
        epoch = get(EPOCH, db=meta)
        if epoch is None:
            raise LogDamaged(f"{self._env.path}: it has no epoch")
        return (
            number(epoch),
            number(get(CURSOR, db=meta)),
            counters_of(get(ROWS, db=meta)),
            counters_of(get(REPLIES, db=meta)),
        )

    @property
    def file_bytes(self) -> int:
        """The size of the environment's file."""
        return self._env.file_bytes()

    def close(self) -> None:
        """Close it; a second call does nothing."""
        self._env.close()


class PartitionReader(PartitionView):
    """Reads a partition's state that another process writes.

    Args:
        path: directory of the state.

    Raises:
        FolderMissing: there is none.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(Environment(path, DATABASES, writable=False))

    def epoch(self) -> int:
        """Give the newest ownership's number."""
        return number(self._meta(EPOCH))

    def owner(self) -> str:
        """Give the name that the newest owner gave itself."""
        return (self._meta(OWNER) or b"").decode("utf-8", "replace")

    def cursor(self) -> int:
        """Give the inbox's low-water mark: everything before it is done."""
        return number(self._meta(CURSOR))

    @property
    def rows_next(self) -> int:
        """The position that the next row gets."""
        return counters_of(self._meta(ROWS)).next

    @property
    def rows_first(self) -> int:
        """The position of the oldest row that is still held."""
        return counters_of(self._meta(ROWS)).first

    @property
    def rows_bytes(self) -> int:
        """The bytes of the rows that are held."""
        return counters_of(self._meta(ROWS)).held

    @property
    def replies_next(self) -> int:
        """The position that the next reply gets."""
        return counters_of(self._meta(REPLIES)).next

    @property
    def replies_first(self) -> int:
        """The position of the oldest reply that is still held."""
        return counters_of(self._meta(REPLIES)).first
