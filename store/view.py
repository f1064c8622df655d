"""Reading a partition's state: what its owner and its readers in other processes have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from store.entries import Counters, counters_of, read_entries
from store.environment import Environment, Transaction
from store.errors import LogDamaged
from store.names import name_key, unpack_named, unpack_value
from store.turn import CLAIM

DATABASES = ("meta", "sessions", "dedup", "expiry", "rows", "replies", "letters", "tallies", "facts")
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
        return self._named("sessions", key)

    def snapshots(self, keys: Sequence[str]) -> list[bytes | None]:
        """Give the snapshots of several sessions in one read, None for each that is not known."""
        wanted = [name_key(key) for key in keys]
        with self._env.read() as txn:
            found = dict(txn.cursor(self._env.database("sessions")).getmulti(wanted))
        return [None if (stored := found.get(key)) is None else unpack_value(key, stored) for key in wanted]

    def session_count(self) -> int:
        """Give how many sessions are known."""
        with self._env.read() as txn:
            return int(txn.stat(self._env.database("sessions"))["entries"])

    def sessions(self, *, after: str = "", limit: int = 100) -> list[tuple[str, bytes]]:
        """List sessions in the order of their keys on disk.

        Args:
            after: the last key of the page before, "" for the first page.
            limit: at most so many.

        Returns:
            keys and snapshots.
        """
        return self._page("sessions", after, limit)

    def claimed(self, digests: Sequence[bytes]) -> list[tuple[int, int] | None]:
        """Look dedup keys up.

        Args:
            digests: 16 bytes each.

        Returns:
            for each the position and expiry (milliseconds since 1970 UTC, 0 never) of its claim, or None.
        """
        with self._env.read() as txn:
            found = dict(txn.cursor(self._env.database("dedup")).getmulti(digests))
        if not found:
            return [None] * len(digests)
        return [None if (data := found.get(digest)) is None else CLAIM.unpack(data) for digest in digests]

    def claim_count(self) -> int:
        """Give how many dedup keys are held."""
        with self._env.read() as txn:
            return int(txn.stat(self._env.database("dedup"))["entries"])

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
            cursor = txn.cursor(self._env.database(database))
            if after:
                key = name_key(after)
                if not cursor.set_range(key) or (cursor.key() == key and not cursor.next()):
                    return []
            elif not cursor.first():
                return []
            return [unpack_named(key, stored) for key, stored in islice(cursor.iternext(), max(limit, 0))]

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
