"""The state of a partition: everything that a shard decides in a turn, committed in one LMDB transaction.

Databases of the environment: ``meta`` (epoch, owner, cursor, counters), ``sessions``, ``dedup`` (digest to position
and expiry), ``expiry`` (expiry and digest, in the order of expiry), ``rows``, ``replies``, ``letters``, ``tallies``,
``facts``, ``recent`` (sessions and claims on their way into their trees, see ``store/recent.py``). An entry of
``expiry`` whose digest was claimed again with another expiry is stale and dropped when its time comes; ``dedup`` and
``recent`` alone say what is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from store.entries import Counters, counters_of, put_entries, remove_entries, replace_entries
from store.environment import Environment, Transaction
from store.errors import Fenced, QueueFull, StoreError
from store.recent import Recent, encode_turn, load_recent, merge_claims, merge_named, write_record
from store.turn import Turn
from store.view import CURSOR, DATABASES, EPOCH, OWNER, REPLIES, ROWS, PartitionReader, PartitionView, number

__all__ = ["PartitionReader", "PartitionState", "Turn"]

TRIM_LIMIT = 20_000
_NEVER = bytes(8)


class _Standing(NamedTuple):
    cursor: int
    rows: Counters
    replies: Counters


class PartitionState(PartitionView):
    """The one writer of a partition's state: its shard; for one thread at a time.

    Opening it raises the epoch in a transaction of its own, which fences an older owner.

    Args:
        path: directory of the state; made where it is missing.
        owner: who opens it, for people to read in the error that an older owner gets.
        max_rows_bytes: the most bytes of rows that may wait for the sink.
        max_replies_bytes: the most bytes of replies that may wait for delivery.
        max_recent_bytes: so many bytes of sessions and claims are kept in memory and sorted into their trees at once.

    Raises:
        LogDamaged, DiskFull, StoreError: it cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        *,
        owner: str,
        max_rows_bytes: int = 100_000_000,
        max_replies_bytes: int = 100_000_000,
        max_recent_bytes: int = 1_000_000,
    ) -> None:
        super().__init__(Environment(path, DATABASES, writable=True))
        self.owner = owner
        self.epoch = 0
        self._max_rows_bytes = max_rows_bytes
        self._max_replies_bytes = max_replies_bytes
        self._max_recent_bytes = max_recent_bytes
        self._recent = Recent()
        self.epoch, self._at, self._recent = self._env.write(self._take_over, urgent=True)

    def _take_over(self, txn: Transaction) -> tuple[int, _Standing, Recent]:
        meta = self._env.database("meta")
        epoch = number(txn.get(EPOCH, db=meta)) + 1
        standing = _Standing(
            number(txn.get(CURSOR, db=meta)),
            counters_of(txn.get(ROWS, db=meta)),
            counters_of(txn.get(REPLIES, db=meta)),
        )
        txn.put(EPOCH, epoch.to_bytes(8, "big"), db=meta)
        txn.put(OWNER, self.owner.encode("utf-8", "replace")[:500], db=meta)
        return epoch, standing, load_recent(txn, self._env.database("recent"))

    def _recent_in(self, txn: Transaction) -> Recent:  # noqa: ARG002 - its own process knows without reading
        return self._recent

    def _standing(self, txn: Transaction) -> _Standing:
        epoch, cursor, rows, replies = self.meta_in(txn)
        if epoch != self.epoch:
            owner = (txn.get(OWNER, db=self._env.database("meta")) or b"").decode("utf-8", "replace")
            raise Fenced(f"{self._env.path}: {self.owner} (epoch {self.epoch}) was replaced by {owner} (epoch {epoch})")
        standing = _Standing(cursor, rows, replies)
        if standing != self._at:
            raise StoreError(f"{self._env.path}: a turn whose commit failed is there after all; open the state anew")
        return standing

    def begin(self) -> Turn:
        """Begin a turn; several may be gathered side by side."""
        return Turn()

    def commit(self, turn: Turn) -> None:
        """Write a turn in one transaction, on disk before it returns; an empty one costs nothing.

        Args:
            turn: the effects.

        Raises:
            Fenced: a newer owner has taken over; nothing was written, and this owner has to stop.
            QueueFull: rows or replies would exceed their bound; nothing was written, try again after a trim. An empty
                log takes a turn of any size, so that none can wait for ever.
            DiskFull: no room; nothing was written, try again when there is.
            StoreError: the turn was committed before, or its cursor goes back; nothing was written.
        """
        turn.require_open()
        if turn.empty:
            turn.committed = True
            return
        record = encode_turn(turn) if turn.sessions or turn.claims else b""
        full = self._recent.bytes + len(record) > self._max_recent_bytes
        self._at = self._env.write(lambda txn: self._write_turn(txn, turn, record, full=full))
        turn.committed = True
        if record and full:
            self._recent = Recent()
        elif record:
            self._recent.add(turn, len(record))

    def _write_turn(self, txn: Transaction, turn: Turn, record: bytes, *, full: bool) -> _Standing:
        database = self._env.database
        before = self._standing(txn)
        meta = database("meta")
        cursor = before.cursor if turn.cursor is None else turn.cursor
        if cursor < before.cursor:
            raise StoreError(f"{self._env.path}: the cursor would go back from {before.cursor} to {cursor}")
        rows = put_entries(txn, database("rows"), before.rows, turn.rows)
        if turn.rows and before.rows.held and rows.held > self._max_rows_bytes:
            raise QueueFull(
                f"{self._env.path}: {before.rows.held} bytes of rows wait, the bound is {self._max_rows_bytes}"
            )
        replies = put_entries(txn, database("replies"), before.replies, turn.replies)
        if turn.replies and before.replies.held and replies.held > self._max_replies_bytes:
            raise QueueFull(
                f"{self._env.path}: {before.replies.held} bytes of replies wait, the bound is {self._max_replies_bytes}"
            )
        if record and full:
            self._merge(txn, self._recent.sessions | turn.sessions, self._recent.claims | turn.claims)
        elif record:
            write_record(txn, database("recent"), self._recent.turns, record)
        if turn.letters:
            merge_named(txn, database("letters"), turn.letters)
        if turn.tallies:
            merge_named(txn, database("tallies"), turn.tallies)
        if turn.facts:
            merge_named(txn, database("facts"), turn.facts)
        if cursor != before.cursor:
            txn.put(CURSOR, cursor.to_bytes(8, "big"), db=meta)
        if rows is not before.rows:
            txn.put(ROWS, rows.pack(), db=meta)
        if replies is not before.replies:
            txn.put(REPLIES, replies.pack(), db=meta)
        return _Standing(cursor, rows, replies)

    def _merge(self, txn: Transaction, sessions: dict[str, bytes | None], claims: dict[bytes, bytes]) -> None:
        database = self._env.database
        merge_named(txn, database("sessions"), sessions)
        merge_claims(txn, database("dedup"), database("expiry"), claims)
        txn.drop(database("recent"), delete=False)

    def cursor(self) -> int:
        """Give the inbox's low-water mark: everything before it is done."""
        return self._at.cursor

    @property
    def rows_next(self) -> int:
        """The position that the next row gets."""
        return self._at.rows.next

    @property
    def rows_first(self) -> int:
        """The position of the oldest row that is still held."""
        return self._at.rows.first

    @property
    def rows_bytes(self) -> int:
        """The bytes of the rows that are held."""
        return self._at.rows.held

    @property
    def replies_next(self) -> int:
        """The position that the next reply gets."""
        return self._at.replies.next

    @property
    def replies_first(self) -> int:
        """The position of the oldest reply that is still held."""
        return self._at.replies.first

    @property
    def replies_bytes(self) -> int:
        """The bytes of the replies that are held."""
        return self._at.replies.held

    def trim_rows(self, before: int) -> int:
        """Remove rows before a position, at most 20,000 a call.

        Args:
            before: the first position to keep; the sink's place.

        Returns:
            how many were removed.

        Raises:
            Fenced, DiskFull, LogDamaged: nothing was removed.
        """
        if min(before, self._at.rows.next) <= self._at.rows.first:
            return 0
        self._env.clear_dead_readers()

        def work(txn: Transaction) -> tuple[_Standing, int]:
            at = self._standing(txn)
            rows, count = remove_entries(txn, self._env.database("rows"), at.rows, before, limit=TRIM_LIMIT)
            txn.put(ROWS, rows.pack(), db=self._env.database("meta"))
            return at._replace(rows=rows), count

        self._at, count = self._env.write(work, urgent=True)
        return count

    def replace_rows(self, rows: Mapping[int, bytes]) -> int:
        """Write other bytes in place of rows that wait for the sink, in one transaction.

        Args:
            rows: position to new bytes; positions that are not held are passed over.

        Returns:
            how many were replaced.

        Raises:
            Fenced, DiskFull: nothing was replaced.
        """
        if not rows:
            return 0

        def work(txn: Transaction) -> tuple[_Standing, int]:
            at = self._standing(txn)
            counters, count = replace_entries(txn, self._env.database("rows"), at.rows, rows)
            txn.put(ROWS, counters.pack(), db=self._env.database("meta"))
            return at._replace(rows=counters), count

        self._at, count = self._env.write(work, urgent=True)
        return count

    def trim_replies(self, before: int) -> int:
        """Remove replies before a position, at most 20,000 a call; else as ``trim_rows``."""
        if min(before, self._at.replies.next) <= self._at.replies.first:
            return 0
        self._env.clear_dead_readers()

        def work(txn: Transaction) -> tuple[_Standing, int]:
            at = self._standing(txn)
            replies, count = remove_entries(txn, self._env.database("replies"), at.replies, before, limit=TRIM_LIMIT)
            txn.put(REPLIES, replies.pack(), db=self._env.database("meta"))
            return at._replace(replies=replies), count

        self._at, count = self._env.write(work, urgent=True)
        return count

    def settle(self) -> None:
        """Sort what is recent into the trees now, so that no record of an older turn is left beside them.

        Raises:
            Fenced, DiskFull: nothing was changed.
        """
        recent = self._recent
        if not recent.turns:
            return

        def work(txn: Transaction) -> None:
            self._standing(txn)
            self._merge(txn, recent.sessions, recent.claims)

        self._env.write(work, urgent=True)
        self._recent = Recent()

    def expire(self, now_ms: int, *, limit: int = 5000) -> int:
        """Remove dedup keys whose time has come; those that never expire stay.

        Args:
            now_ms: milliseconds since 1970 UTC; a key that expires at this instant goes.
            limit: look at no more than so many; call again while it gives as many.

        Returns:
            how many keys were removed, or replaced claims tidied up.

        Raises:
            Fenced, DiskFull: nothing was removed.
        """
        now = now_ms.to_bytes(8, "big")
        recent = self._recent
        fresh = any(_NEVER < claim[8:] <= now for claim in recent.claims.values())
        with self._env.read() as txn:  # mostly nothing is due: that costs no transaction and no fsync
            cursor = txn.cursor(self._env.database("expiry"))
            if not fresh and (not cursor.first() or cursor.key()[:8] > now):
                return 0

        def work(txn: Transaction) -> int:
            self._standing(txn)
            if fresh:
                self._merge(txn, recent.sessions, recent.claims)
            dedup = self._env.database("dedup")
            cursor = txn.cursor(self._env.database("expiry"))
            count = 0
            cursor.first()
            while count < limit:
                key = cursor.key()
                if not key or key[:8] > now:
                    break
                digest, expires = key[8:], key[:8]
                held = txn.get(digest, db=dedup)
                if held is not None and held[8:] == expires:
                    txn.delete(digest, db=dedup)
                cursor.delete()
                count += 1
            return count

        removed = self._env.write(work, urgent=True)
        if fresh:
            self._recent = Recent()
        return removed
