"""Requests to forget a conversation, in the embedded sink's file: kept there, and its rows emptied."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from actors.sheets.redaction import EMPTIED, MARK, MARKED, Request, left_id, person_of, redacted
from messages.row import Row

TABLE = (
    "CREATE TABLE IF NOT EXISTS forgotten (person TEXT PRIMARY KEY, shown TEXT NOT NULL, asked_ms INTEGER NOT NULL, "
    "rows INTEGER NOT NULL)"
)
_EMPTY = ", ".join([*(f"{name} = ?" for name in MARKED), *(f"{name} = ''" for name in EMPTIED)])


def requests(db: sqlite3.Connection) -> list[Request]:
    """Return the requests that a file keeps; none where it is older than they are."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'forgotten'").fetchone():
        return []
    return [Request(*found) for found in db.execute("SELECT person, shown, asked_ms FROM forgotten")]


def emptied(db: sqlite3.Connection, person: str) -> int:
    """Return how many rows of a person were emptied in all."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'forgotten'").fetchone():
        return 0
    found = db.execute("SELECT rows FROM forgotten WHERE person = ?", (person,)).fetchone()
    return int(found[0]) if found else 0


def forget(db: sqlite3.Connection, asked: Sequence[Request]) -> dict[str, int]:
    """Keep requests and empty the rows that they are about, in one transaction; repeating it changes nothing.

    Args:
        db: the file, open for writing.
        asked: the requests.

    Returns:
        person to how many rows were emptied now, of those that are in the table ``rows`` or ``conflicts``.

    Raises:
        sqlite3.Error: nothing changed.
    """
    db.execute("PRAGMA secure_delete = ON")  # what a page held must not stay in it
    db.create_function("person_of", 1, lambda key: person_of(str(key)), deterministic=True)
    db.create_function("left_id", 3, lambda *texts: left_id(*map(str, texts)), deterministic=True)
    counts: dict[str, int] = {}
    db.execute("BEGIN IMMEDIATE")
    try:
        for request in asked:
            count = db.execute(
                f"UPDATE rows SET message_id = left_id(message_id, conversation, sender), {_EMPTY} "  # noqa: S608
                "WHERE received_ms <= ? AND conversation <> ? AND person_of(conversation) = ?",
                (*[MARK] * len(MARKED), request.asked_ms, MARK, request.person),
            ).rowcount
            count += _empty_conflicts(db, request)
            counts[request.person] = count
            db.execute(
                "INSERT INTO forgotten VALUES (?, ?, ?, ?) ON CONFLICT (person) DO UPDATE SET "
                "asked_ms = max(asked_ms, excluded.asked_ms), rows = rows + excluded.rows",
                (*request, count),
            )
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    finally:
        db.execute("PRAGMA secure_delete = OFF")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return counts


def _empty_conflicts(db: sqlite3.Connection, request: Request) -> int:
    count = 0
    for seq, text in db.execute("SELECT seq, row FROM conflicts").fetchall():
        row = msgspec.json.decode(text, type=Row)
        if row.received_ms <= request.asked_ms and person_of(row.conversation) == request.person:
            left = msgspec.json.encode(redacted(row)).decode()
            db.execute("UPDATE conflicts SET row = ? WHERE seq = ?", (left, seq))
            count += 1
    return count
