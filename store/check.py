"""Verify a data folder, and say what it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from messages.inbound import INBOX_ENTRY, Struck
from messages.row import DEAD_LETTER, REJECT, REPLY, ROW
from messages.session import SNAPSHOT, TALLY
from messages.wire import WireError
from store import log, view
from store.entries import Counters, counters_of
from store.environment import Environment, Transaction
from store.errors import FolderMissing, LogDamaged, StoreError
from store.folder import DataFolder
from store.names import unpack_named
from store.recent import Recent, load_recent
from store.turn import CLAIM, DIGEST_BYTES

Decode = Callable[[bytes], Any]

_SHOWN = 20  # problems of one kind in one environment that are listed; the rest is counted
_NEVER = bytes(8)
_DECODERS: dict[str, Decode] = {"sessions": SNAPSHOT.decode, "tallies": TALLY.decode}


class LogFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a log holds: positions, bytes of entries, bytes of its file."""

    first: int = 0
    next: int = 0
    held_bytes: int = 0
    file_bytes: int = 0


class PartitionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a partition holds; ``lag`` is how many entries of the inbox are not done."""

    partition: int
    inbox: LogFigures
    lag: int
    epoch: int
    owner: str
    cursor: int
    sessions: int
    claims: int
    rows: LogFigures
    replies: LogFigures
    letters: int
    tallies: int
    facts: int
    state_file_bytes: int


class FolderReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a data folder holds and what is wrong with it.

    Attributes:
        path, id, created: which folder.
        decoded: how many records were decoded.
        partitions: figures of those that could be read.
        rejects: the log of input that could not become a message.
        problems: one line each; empty is a sound folder.
    """

    path: str
    id: str
    created: str
    decoded: int
    partitions: list[PartitionFigures]
    rejects: LogFigures
    problems: list[str]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


class _Findings:
    """Problems of one environment, those of one kind listed up to a bound."""

    def __init__(self, place: str) -> None:
        self.decoded = 0
        self.place = place
        self._found: dict[str, list[str]] = {}

    def add(self, kind: str, detail: str) -> None:
        self._found.setdefault(kind, []).append(detail)

    def lines(self) -> list[str]:
        lines = []
        for kind, details in self._found.items():
            lines += [f"{self.place}: {kind}: {detail}" for detail in details[:_SHOWN]]
            if len(details) > _SHOWN:
                lines.append(f"{self.place}: {kind}: {len(details) - _SHOWN} more")
        return lines

    def decode(self, kind: str, where: str, decode: Decode | None, data: bytes) -> Any:
        """Decode a record; a failure is a problem and gives None."""
        if decode is None:
            return None
        self.decoded += 1
        try:
            return decode(data)
        except (WireError, msgspec.MsgspecError, ValueError) as error:
            self.add(kind, f"{where} cannot be decoded: {error}")
            return None


def check_folder(path: Path, *, decoders: dict[str, Decode] | None = None) -> FolderReport:
    """Verify a data folder: every environment, every record, and that they agree with each other.

    It only reads and may run while a system uses the folder: each environment is looked at in one transaction, which
    keeps its writer from using pages again meanwhile, so a large one grows a little for the time.

    Args:
        path: the data folder.
        decoders: other ways than the messages' codecs to decode ``sessions``, ``tallies`` and ``facts``; a decoder
            raises ``WireError``, ``ValueError`` or an error of msgspec.

    Returns:
        figures and problems.

    Raises:
        FolderMissing, FormatUnknown, FolderDamaged: there is nothing that could be looked at.
    """
    folder = DataFolder.open(path)
    problems: list[str] = []
    decoded = 0
    figures = []
    try:
        folder.frame_key()
    except StoreError as error:
        problems.append(str(error))
    for name in ("inbox", "state"):
        wanted = {f"{partition:03d}" for partition in range(folder.partitions)}
        present = {entry.name for entry in (folder.path / name).glob("*")}
        problems += [f"{name}/{extra}: belongs to no partition" for extra in sorted(present - wanted)]
    for partition in range(folder.partitions):
        inbox, state = _Findings(f"inbox/{partition:03d}"), _Findings(f"state/{partition:03d}")
        try:
            figures.append(_check_partition(folder, partition, inbox, state, _DECODERS | (decoders or {})))
        except StoreError as error:
            problems.append(str(error))
        problems += inbox.lines() + state.lines()
        decoded += inbox.decoded + state.decoded
    rejects = LogFigures()
    if folder.rejects().exists():
        found = _Findings("rejects")
        try:
            rejects = _check_log(folder.rejects(), found, REJECT.decode, lambda _record, _where: None)
        except StoreError as error:
            problems.append(str(error))
        problems += found.lines()
        decoded += found.decoded
    return FolderReport(
        path=str(folder.path),
        id=folder.id,
        created=folder.created,
        decoded=decoded,
        partitions=figures,
        rejects=rejects,
        problems=problems,
    )


def _check_partition(
    folder: DataFolder, partition: int, inbox: _Findings, state: _Findings, decoders: Mapping[str, Decode]
) -> PartitionFigures:
    def belongs(record: Any, where: str) -> None:
        if isinstance(record, Struck):
            return
        home = folder.partition_of(record.conversation)
        if home != partition:
            inbox.add("wrong partition", f"{where} is of a conversation that belongs to partition {home}")

    # The order matters while a system runs: the cursor is behind what was trimmed before it was read, and before
    # what has come by the time that it was read.
    before = _check_log(folder.inbox(partition), inbox, INBOX_ENTRY.decode, belongs)
    figures = _check_state(folder.state(partition), state, decoders)
    reader = log.LogReader(folder.inbox(partition))
    try:
        newest = reader.next_position
    finally:
        reader.close()
    cursor = figures["cursor"]
    if not before.first <= cursor <= newest:
        state.add("cursor", f"{cursor} is outside the inbox's positions {before.first} to {newest}")
    return PartitionFigures(partition=partition, inbox=before, lag=max(newest - cursor, 0), **figures)


def _check_log(path: Path, found: _Findings, decode: Decode, look: Callable[[Any, str], None]) -> LogFigures:
    env = Environment(path, log.DATABASES, writable=False)
    try:
        with env.read() as txn:
            counters = counters_of(txn.get(log.COUNTERS, db=env.database("meta")))
            _check_entries(txn, env, "entries", counters, found, decode=decode, look=look)
        return _log_figures(counters, env.file_bytes())
    except LogDamaged as error:
        raise LogDamaged(f"{found.place}: {error}") from error
    finally:
        env.close()


def _log_figures(counters: Counters, file_bytes: int = 0) -> LogFigures:
    return LogFigures(first=counters.first, next=counters.next, held_bytes=counters.held, file_bytes=file_bytes)


def _check_entries(
    txn: Transaction,
    env: Environment,
    database: str,
    counters: Counters,
    found: _Findings,
    *,
    decode: Decode,
    look: Callable[[Any, str], None],
) -> None:
    expected, held = counters.first, 0
    for key, entry in txn.cursor(env.database(database)).iternext():
        position = int.from_bytes(key, "big")
        if len(key) != 8 or position != expected:
            found.add("positions", f"{database}: {position} where {expected} should be")
        expected = position + 1
        held += len(entry)
        record = found.decode("records", f"{database} {position}", decode, entry)
        if record is not None:
            look(record, f"{database} {position}")
    if expected != counters.next:
        found.add("positions", f"{database}: end at {expected}, the counters say {counters.next}")
    if held != counters.held:
        found.add("counters", f"{database}: hold {held} bytes, the counters say {counters.held}")


def _check_state(path: Path, found: _Findings, decoders: Mapping[str, Decode]) -> dict[str, Any]:
    env = Environment(path, view.DATABASES, writable=False)
    try:
        with env.read() as txn:
            meta = env.database("meta")
            if txn.get(view.EPOCH, db=meta) is None:
                raise FolderMissing(f"{path}: it has no epoch")
            rows, replies = counters_of(txn.get(view.ROWS, db=meta)), counters_of(txn.get(view.REPLIES, db=meta))
            seen: set[str] = set()

            def once(row: Any, where: str) -> None:
                if row.row_id in seen:
                    found.add("rows", f"{where}: row id {row.row_id} is there twice")
                seen.add(row.row_id)

            _check_entries(txn, env, "rows", rows, found, decode=ROW.decode, look=once)
            _check_entries(txn, env, "replies", replies, found, decode=REPLY.decode, look=lambda _record, _where: None)
            recent = load_recent(txn, env.database("recent"))
            for name, snapshot in recent.sessions.items():
                if snapshot is not None:
                    found.decode("sessions", repr(name[:80]), decoders.get("sessions"), snapshot)
            return {
                "epoch": view.number(txn.get(view.EPOCH, db=meta)),
                "owner": (txn.get(view.OWNER, db=meta) or b"").decode("utf-8", "replace"),
                "cursor": view.number(txn.get(view.CURSOR, db=meta)),
                "rows": _log_figures(rows),
                "replies": _log_figures(replies),
                "sessions": _check_named(
                    txn, env, "sessions", found, decode=decoders.get("sessions"), newer=recent.sessions
                ),
                "letters": _check_named(txn, env, "letters", found, decode=DEAD_LETTER.decode, newer={}),
                "tallies": _check_named(txn, env, "tallies", found, decode=decoders.get("tallies"), newer={}),
                "facts": _check_named(txn, env, "facts", found, decode=decoders.get("facts"), newer={}),
                "claims": _check_claims(txn, env, found, recent),
                "state_file_bytes": env.file_bytes(),
            }
    except LogDamaged as error:
        raise LogDamaged(f"{found.place}: {error}") from error
    finally:
        env.close()


def _check_named(
    txn: Transaction,
    env: Environment,
    database: str,
    found: _Findings,
    *,
    decode: Decode | None,
    newer: Mapping[str, bytes | None],
) -> int:
    """Check a tree of named values; count what it and the newer values come to."""
    count = sum(value is not None for value in newer.values())
    for key, stored in txn.cursor(env.database(database)).iternext():
        try:
            name, value = unpack_named(key, stored)
        except StoreError as error:
            found.add(database, str(error))
            continue
        found.decode(database, repr(name[:80]), decode, value)
        count += name not in newer
    return count


def _check_claims(txn: Transaction, env: Environment, found: _Findings, recent: Recent) -> int:
    dedup, expiry = env.database("dedup"), env.database("expiry")
    indexed = txn.cursor(expiry)
    count = len(recent.claims)
    for digest, claim in txn.cursor(dedup).iternext():
        if len(digest) != DIGEST_BYTES or len(claim) != CLAIM.size:
            found.add("dedup", f"{digest.hex()}: {len(digest)} and {len(claim)} bytes")
        elif claim[8:] != _NEVER and not indexed.set_key(claim[8:] + digest):
            found.add("dedup", f"{digest.hex()}: is not in the index by expiry")
        count += digest not in recent.claims
    for key in txn.cursor(expiry).iternext(keys=True, values=False):
        if len(key) != 8 + DIGEST_BYTES:
            found.add("expiry", f"{key.hex()}: {len(key)} bytes")
    return count
