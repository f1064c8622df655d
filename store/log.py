"""An append-only log: one LMDB environment, positions from 0, exactly one writing process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from store.entries import Counters, counters_of, put_entries, read_entries, remove_entries, replace_entries
from store.environment import Environment, Transaction
from store.errors import Fenced, QueueFull, StoreError

DATABASES = ("meta", "entries", "marks")
COUNTERS = b"counters"
EPOCH = b"epoch"
TRIM_LIMIT = 20_000
_MARK_KEY_LIMIT = 500


class LogWriter:
    """The one writer of a log; for one thread at a time.

    Opening it fences an older writer: that one's next append raises ``Fenced``.

    Args:
        path: directory of the log; made where it is missing.
        max_bytes: the most bytes of entries that it may hold.

    Raises:
        LogDamaged, DiskFull, StoreError: it cannot be opened.
    """

    def __init__(self, path: Path, *, max_bytes: int = 100_000_000) -> None:
        self._max_bytes = max_bytes
        self._env = Environment(path, DATABASES, writable=True)
        self._epoch = 0
        self._counters = Counters()
        self._epoch, self._counters = self._env.write(self._take_over, urgent=True)

    def _take_over(self, txn: Transaction) -> tuple[int, Counters]:
        meta = self._env.database("meta")
        epoch = int.from_bytes(txn.get(EPOCH, db=meta) or b"", "big") + 1
        txn.put(EPOCH, epoch.to_bytes(8, "big"), db=meta)
        counters = counters_of(txn.get(COUNTERS, db=meta))
        txn.put(COUNTERS, counters.pack(), db=meta)
        return epoch, counters

    def _standing(self, txn: Transaction) -> Counters:
        meta = self._env.database("meta")
        epoch = int.from_bytes(txn.get(EPOCH, db=meta) or b"", "big")
        if epoch != self._epoch:
            raise Fenced(f"{self._env.path}: writer {self._epoch} was replaced by writer {epoch}")
        counters = counters_of(txn.get(COUNTERS, db=meta))
        if counters != self._counters:
            raise StoreError(f"{self._env.path}: an append that had failed is there after all; open the log anew")
        return counters

    def append(self, entries: Sequence[bytes], *, marks: Mapping[bytes, bytes] | None = None) -> int:
        """Append entries in one transaction, on disk before it returns.

        Args:
            entries: what to append, in order; may be empty when there are marks.
            marks: small keys (1 to 500 bytes) and values written in the same transaction.

        Returns:
            the position of the first entry.

        Raises:
            QueueFull: the log would hold more than it may; nothing was written.
            DiskFull: no room; nothing was written.
            Fenced: a newer writer has taken over; nothing was written.
        """
        added = sum(map(len, entries))
        items = sorted(marks.items()) if marks else []
        if any(not 1 <= len(key) <= _MARK_KEY_LIMIT for key, _ in items):
            raise ValueError(f"a mark's key is 1 to {_MARK_KEY_LIMIT} bytes")

        def work(txn: Transaction) -> tuple[int, Counters]:
            before = self._standing(txn)
            if entries and before.held + added > self._max_bytes:
                raise QueueFull(
                    f"{self._env.path}: {before.held} bytes wait, {added} more would exceed {self._max_bytes}"
                )
            after = put_entries(txn, self._env.database("entries"), before, entries)
            txn.put(COUNTERS, after.pack(), db=self._env.database("meta"))
            if items:
                txn.cursor(self._env.database("marks")).putmulti(items)
            return before.next, after

        if not entries and not items:
            return self._counters.next
        first, self._counters = self._env.write(work)
        return first

    def mark(self, key: bytes) -> bytes | None:
        """Give the value of a mark, or None."""
        with self._env.read() as txn:
            value: bytes | None = txn.get(key, db=self._env.database("marks"))
            return value

    def read(self, start: int, *, limit: int = 1000, max_bytes: int = 4_000_000) -> list[tuple[int, bytes]]:
        """Read entries in order, as ``LogReader.read`` does for other processes."""
        with self._env.read() as txn:
            return read_entries(txn, self._env.database("entries"), start, limit=limit, max_bytes=max_bytes)

    def replace(self, entries: Mapping[int, bytes]) -> int:
        """Write other bytes in place of entries, in one transaction.

        Args:
            entries: position to new bytes; positions that are not held are passed over.

        Returns:
            how many were replaced.

        Raises:
            DiskFull, Fenced: nothing was replaced.
        """
        if not entries:
            return 0

        def work(txn: Transaction) -> tuple[Counters, int]:
            after, count = replace_entries(txn, self._env.database("entries"), self._standing(txn), entries)
            txn.put(COUNTERS, after.pack(), db=self._env.database("meta"))
            return after, count

        self._counters, count = self._env.write(work, urgent=True)
        return count

    def trim(self, before: int) -> int:
        """Remove entries before a position, at most 20,000 a call.

        Args:
            before: the first position to keep; the caller names the slowest reader's.

        Returns:
            how many were removed.

        Raises:
            DiskFull, Fenced, LogDamaged: nothing was removed.
        """
        if min(before, self._counters.next) <= self._counters.first:
            return 0
        self._env.clear_dead_readers()

        def work(txn: Transaction) -> tuple[Counters, int]:
            after, count = remove_entries(
                txn, self._env.database("entries"), self._standing(txn), before, limit=TRIM_LIMIT
            )
            txn.put(COUNTERS, after.pack(), db=self._env.database("meta"))
            return after, count

        self._counters, count = self._env.write(work, urgent=True)
        return count

    @property
    def next_position(self) -> int:
        """The position that the next entry gets."""
        return self._counters.next

    @property
    def first_position(self) -> int:
        """The position of the oldest entry that is still held, or the next one where none is."""
        return self._counters.first

    @property
    def held_bytes(self) -> int:
        """The bytes of the entries that are held."""
        return self._counters.held

    @property
    def file_bytes(self) -> int:
        """The size of the log's file."""
        return self._env.file_bytes()

    def close(self) -> None:
        """Close it; a second call does nothing."""
        self._env.close()


class LogReader:
    """Reads a log that another process writes.

    Args:
        path: directory of the log.

    Raises:
        FolderMissing: there is none.
    """

    def __init__(self, path: Path) -> None:
        self._env = Environment(path, DATABASES, writable=False)

    def read(self, start: int, *, limit: int = 1000, max_bytes: int = 4_000_000) -> list[tuple[int, bytes]]:
        """Read entries in order.

        Args:
            start: first position wanted; trimmed ones are passed over.
            limit: at most so many entries.
            max_bytes: stop at so many bytes; one entry is always given.

        Returns:
            positions and entries.
        """
        with self._env.read() as txn:
            return read_entries(txn, self._env.database("entries"), start, limit=limit, max_bytes=max_bytes)

    def _counters(self) -> Counters:
        with self._env.read() as txn:
            return counters_of(txn.get(COUNTERS, db=self._env.database("meta")))

    @property
    def next_position(self) -> int:
        """The position that the next entry gets."""
        return self._counters().next

    @property
    def first_position(self) -> int:
        """The position of the oldest entry that is still held."""
        return self._counters().first

    @property
    def held_bytes(self) -> int:
        """The bytes of the entries that are held."""
        return self._counters().held

    def mark(self, key: bytes) -> bytes | None:
        """Give the value of a mark, or None."""
        with self._env.read() as txn:
            value: bytes | None = txn.get(key, db=self._env.database("marks"))
            return value

    def close(self) -> None:
        """Close it; a second call does nothing."""
        self._env.close()
