"""Sessions and claims that are committed but not yet sorted into their trees.

A turn touches sessions and dedup keys that lie all over their trees, and LMDB writes each touched page of 4 KB anew:
with many sessions that is a page and a block request for each message, several times the cost of everything else in
the turn. So a turn's snapshots and claims are first written one after the other into the database ``recent`` (a
handful of pages), in the same transaction as the rest of the turn, and kept in memory; when they exceed a bound, one
turn's transaction sorts all of them into the trees and empties ``recent``. This is the memtable and log of a
log-structured merge tree (O'Neil et al., 1996) in front of LMDB's B+ trees. Whoever opens the state reads ``recent``
first; a reader in another process does so for each transaction that it sees.
"""

from __future__ import annotations

import struct

import msgspec

from store.environment import Database, Transaction
from store.errors import LogDamaged
from store.names import name_key, pack_named
from store.turn import CLAIM, DIGEST_BYTES, Turn

_PIECE = 1900  # two to a page of 4,096 bytes; larger values need runs of free pages, which become rare with time
_KEY = struct.Struct(">QI")
_CLAIM_BYTES = DIGEST_BYTES + CLAIM.size
_NEVER = bytes(8)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[list[bytes], list[bytes | None], bytes]).decode


class Recent:
    """What ``recent`` holds, in memory.

    Attributes:
        sessions: the newest snapshot of each, None where it was dropped.
        claims: position and expiry of each digest, packed.
        bytes: what the records take on disk.
        turns: how many turns they are.
    """

    __slots__ = ("_order", "bytes", "claims", "sessions", "turns")

    def __init__(self) -> None:
        self.sessions: dict[str, bytes | None] = {}
        self.claims: dict[bytes, bytes] = {}
        self.bytes = 0
        self.turns = 0
        self._order: list[tuple[bytes, str]] | None = None

    def add(self, turn: Turn, size: int) -> None:
        """Take a committed turn in.

        Args:
            turn: the turn.
            size: what its record takes, in bytes.
        """
        self.sessions.update(turn.sessions)
        self.claims.update(turn.claims)
        self.bytes += size
        self.turns += 1
        self._order = None

    def ordered(self) -> list[tuple[bytes, str]]:
        """Give the sessions' keys on disk and their names, in the order of the tree."""
        if self._order is None:
            self._order = sorted((name_key(name), name) for name in self.sessions)
        return self._order


def encode_turn(turn: Turn) -> bytes:
    """Encode a turn's sessions and claims as one record."""
    names = [name.encode("utf-8", "surrogatepass") for name in turn.sessions]
    claims = b"".join([digest + claim for digest, claim in turn.claims.items()])
    return _encode((names, list(turn.sessions.values()), claims))


def write_record(txn: Transaction, db: Database, turns: int, record: bytes) -> None:
    """Write a turn's record behind those that are there."""
    pieces = [
        (_KEY.pack(turns, number), record[start : start + _PIECE])
        for number, start in enumerate(range(0, len(record), _PIECE))
    ]
    _, added = txn.cursor(db).putmulti(pieces, append=True)
    if added != len(pieces):
        raise LogDamaged(f"recent turns are numbered beyond {turns}")


def load_recent(txn: Transaction, db: Database) -> Recent:
    """Read all records.

    Raises:
        LogDamaged: a record is cut short or has holes.
    """
    recent = Recent()
    pieces: list[bytes] = []
    expected = (0, 0)
    for key, piece in txn.cursor(db).iternext():
        at = _KEY.unpack(key) if len(key) == _KEY.size else None
        if at == (expected[0] + 1, 0) and pieces:
            _take(recent, b"".join(pieces))
            pieces = []
        elif at != expected:
            raise LogDamaged(f"recent turns: record {at} where {expected} should be")
        pieces.append(piece)
        expected = (at[0], at[1] + 1)
    if pieces:
        _take(recent, b"".join(pieces))
    return recent


def _take(recent: Recent, record: bytes) -> None:
    try:
        names, snapshots, claims = _decode(record)
        keys = [name.decode("utf-8", "surrogatepass") for name in names]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LogDamaged(f"recent turns: record {recent.turns}: {error}") from error
    if len(keys) != len(snapshots) or len(claims) % _CLAIM_BYTES:
        raise LogDamaged(f"recent turns: record {recent.turns} is cut short")
    recent.sessions.update(zip(keys, snapshots, strict=True))
    for start in range(0, len(claims), _CLAIM_BYTES):
        middle = start + DIGEST_BYTES
        recent.claims[claims[start:middle]] = claims[middle : start + _CLAIM_BYTES]
    recent.bytes += len(record)
    recent.turns += 1


def merge_named(txn: Transaction, db: Database, sessions: dict[str, bytes | None]) -> None:
    """Put snapshots into their tree, and take the dropped ones out; also used for other named values."""
    items = [pack_named(name, value) for name, value in sessions.items() if value is not None]
    if items:
        items.sort()
        txn.cursor(db).putmulti(items)
    if len(items) != len(sessions):
        for name, value in sessions.items():
            if value is None:
                txn.delete(name_key(name), db=db)


def merge_claims(txn: Transaction, dedup: Database, expiry: Database, claims: dict[bytes, bytes]) -> None:
    """Put claims into their tree, and those that expire into the index by expiry."""
    items = sorted(claims.items())
    txn.cursor(dedup).putmulti(items)
    due = sorted([(claim[8:] + digest, b"") for digest, claim in items if claim[8:] != _NEVER])
    if due:
        txn.cursor(expiry).putmulti(due)
