"""The ledger's SQLite file: its tables, its version, and how older versions are brought up to it."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

from actors.sheets.errors import LedgerError
from messages.row import ROW
from messages.wire import WireError

VERSION = 2
APPLICATION_ID = 0x4D414A53  # "MAJS"

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS batch(sequence INTEGER PRIMARY KEY, spreadsheet TEXT NOT NULL, digest TEXT NOT NULL,
  spans BLOB NOT NULL, rows INTEGER NOT NULL, status TEXT NOT NULL,
  doubtful INTEGER NOT NULL DEFAULT 0, rank TEXT NOT NULL,
  planned_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL DEFAULT 0, stamped INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS batch_status ON batch(status, sequence);
CREATE INDEX IF NOT EXISTS batch_stamped ON batch(stamped, spreadsheet, sequence);
CREATE TABLE IF NOT EXISTS progress(partition INTEGER PRIMARY KEY, mark INTEGER NOT NULL, ahead BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS dead(partition INTEGER, position INTEGER, reason TEXT NOT NULL, data BLOB NOT NULL,
  at_ms INTEGER NOT NULL, letter TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY(partition, position));
CREATE TABLE IF NOT EXISTS kept(partition INTEGER, position INTEGER, data BLOB NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(partition, position));
CREATE TABLE IF NOT EXISTS whole(letter TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS forgotten(person TEXT PRIMARY KEY, shown TEXT NOT NULL, conversation TEXT NOT NULL,
  asked_ms INTEGER NOT NULL, rows INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS forgetting(person TEXT NOT NULL, spreadsheet TEXT NOT NULL, trouble TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(person, spreadsheet));
CREATE TABLE IF NOT EXISTS fact(name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS dead_letter ON dead(letter);
PRAGMA application_id={APPLICATION_ID};
PRAGMA user_version={VERSION};
"""


def open_file(path: Path) -> sqlite3.Connection:
    """Open a ledger's file; made where it is missing, brought up to this version where it is older.

    Args:
        path: the file.

    Returns:
        the connection, for any thread; what is deleted is overwritten on the disk.

    Raises:
        LedgerError: it is of another program or of a newer version.
        sqlite3.Error: it is damaged or cannot be opened.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        application = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if application not in {0, APPLICATION_ID} or version not in {0, 1, VERSION}:
            strange = f"{path}: not a ledger of this version (application {application}, {version})"
            raise LedgerError(strange)  # noqa: TRY301 - the file is closed below, as for SQLite's own errors
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA secure_delete=ON")  # a row that is to be forgotten must not stay in free pages
        if version == 1:
            _from_version_1(db)
        db.executescript(_SCHEMA)
    except BaseException:
        db.close()
        raise
    return db


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a ledger's file beside the process that holds it, without changing anything.

    Raises:
        LedgerError: it is not a ledger of this version.
        sqlite3.Error: it is damaged or cannot be opened.
    """
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA busy_timeout = 10000")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        db.close()
        raise LedgerError(f"{path}: is of version {version}; it is brought up to date when the sink opens it")
    return db


def _from_version_1(db: sqlite3.Connection) -> None:
    """Give rows that were set aside their letters' ids; version 1 did not know them as letters."""
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute("ALTER TABLE dead ADD COLUMN letter TEXT NOT NULL DEFAULT ''")
        db.execute("ALTER TABLE dead ADD COLUMN attempts INTEGER NOT NULL DEFAULT 1")
        for number, data in db.execute("SELECT rowid,data FROM dead").fetchall():
            db.execute("UPDATE dead SET letter=? WHERE rowid=?", (letter_of(data), number))
        db.execute(f"PRAGMA user_version={VERSION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def letter_of(data: bytes) -> str:
    """Return the letter's id of a row that is set aside: its row id, or the hash of bytes that are no row."""
    try:
        return ROW.decode(data).row_id
    except WireError:
        return hashlib.blake2b(data, digest_size=16).hexdigest()
