"""Numbered entries in one LMDB database: what a log, a partition's rows and its replies have in common."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from store.environment import Database, Transaction
from store.errors import LogDamaged

_COUNTERS = struct.Struct(">QQQ")


class Counters(NamedTuple):
    """Where a log stands: its first and next position, and the bytes of the entries between them."""

    first: int = 0
    next: int = 0
    held: int = 0

    def pack(self) -> bytes:
        """Encode as 24 bytes, big-endian."""
        return _COUNTERS.pack(*self)


def counters_of(data: bytes | None) -> Counters:
    """Decode counters; None is a new log's."""
    if data is None:
        return Counters()
    try:
        return Counters(*_COUNTERS.unpack(data))
    except struct.error as error:
        raise LogDamaged(f"counters are {len(data)} bytes instead of {_COUNTERS.size}") from error


def position_key(position: int) -> bytes:
    """Encode a position so that LMDB's order of keys is the order of positions."""
    return position.to_bytes(8, "big")


def put_entries(txn: Transaction, db: Database, counters: Counters, entries: Sequence[bytes]) -> Counters:
    """Append entries at the end.

    Args:
        txn: a write transaction.
        db: the database of the entries.
        counters: where it stands.
        entries: what to append.

    Returns:
        where it stands now; the caller writes that in the same transaction.

    Raises:
        LogDamaged: the database holds entries at or behind the next position.
    """
    if not entries:
        return counters
    items = [(position.to_bytes(8, "big"), entry) for position, entry in enumerate(entries, counters.next)]
    _, added = txn.cursor(db).putmulti(items, append=True)
    if added != len(items):
        raise LogDamaged(f"only {added} of {len(items)} entries fit behind position {counters.next}")
    return Counters(counters.first, counters.next + len(items), counters.held + sum(map(len, entries)))


def read_entries(txn: Transaction, db: Database, start: int, *, limit: int, max_bytes: int) -> list[tuple[int, bytes]]:
    """Read entries in order.

    Args:
        txn: a transaction.
        db: the database of the entries.
        start: first position wanted; what was trimmed before it is passed over.
        limit: at most so many entries.
        max_bytes: stop when so many bytes are read; one entry is always given.

    Returns:
        positions and entries.
    """
    found: list[tuple[int, bytes]] = []
    cursor = txn.cursor(db)
    if limit <= 0 or not cursor.set_range(start.to_bytes(8, "big")):
        return found
    size = 0
    for key, value in cursor.iternext(keys=True, values=True):
        size += len(value)
        if found and size > max_bytes:
            break
        found.append((int.from_bytes(key, "big"), value))
        if len(found) >= limit:
            break
    return found


def replace_entries(
    txn: Transaction, db: Database, counters: Counters, entries: Mapping[int, bytes]
) -> tuple[Counters, int]:
    """Write other bytes in place of entries.

    Args:
        txn: a write transaction.
        db: the database of the entries.
        counters: where it stands.
        entries: position to new bytes; positions that are not held are passed over.

    Returns:
        where it stands now, and how many were replaced.
    """
    held, count = counters.held, 0
    for position, entry in entries.items():
        key = position_key(position)
        before = txn.get(key, db=db)
        if before is not None:
            txn.put(key, entry, db=db)
            held += len(entry) - len(before)
            count += 1
    return Counters(counters.first, counters.next, held), count


def remove_entries(
    txn: Transaction, db: Database, counters: Counters, before: int, *, limit: int
) -> tuple[Counters, int]:
    """Remove entries from the front.

    Args:
        txn: a write transaction.
        db: the database of the entries.
        counters: where it stands.
        before: the first position to keep.
        limit: at most so many.

    Returns:
        where it stands now, and how many were removed.

    Raises:
        LogDamaged: an entry that the counters promise is missing.
    """
    count = min(before, counters.next) - counters.first
    count = min(count, limit)
    if count <= 0:
        return counters, 0
    cursor = txn.cursor(db)
    if not cursor.first() or cursor.key() != position_key(counters.first):
        raise LogDamaged(f"the first entry is not at position {counters.first}")
    freed = 0
    for _ in range(count):
        freed += len(cursor.value())
        if not cursor.delete():
            raise LogDamaged(f"an entry before position {counters.first + count} is missing")
    return Counters(counters.first + count, counters.next, counters.held - freed), count
