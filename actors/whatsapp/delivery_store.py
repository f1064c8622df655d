"""Where every reply stands, on disk: SQLite, committed with fsync before a send goes out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from messages.delivery import OUTGOING, Outgoing, OutgoingState
from messages.wire import encode
from store.errors import DiskFull, StoreError

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS outgoing (
  number INTEGER PRIMARY KEY,
  reply_id TEXT NOT NULL UNIQUE,
  conversation TEXT NOT NULL,
  state TEXT NOT NULL,
  send_id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  changed_ms INTEGER NOT NULL,
  record BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS active ON outgoing (number) WHERE state IN ('waiting', 'sending', 'unknown');
CREATE INDEX IF NOT EXISTS by_state ON outgoing (state, changed_ms);
CREATE INDEX IF NOT EXISTS by_send ON outgoing (send_id) WHERE send_id <> '';
CREATE INDEX IF NOT EXISTS by_message ON outgoing (message_id) WHERE message_id <> '';
CREATE TABLE IF NOT EXISTS marks (log TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
"""
_VERSION: Final = 1
_PUT: Final = """
INSERT INTO outgoing (reply_id, conversation, state, send_id, message_id, changed_ms, record)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (reply_id) DO UPDATE SET state = excluded.state, send_id = excluded.send_id,
  message_id = excluded.message_id, changed_ms = excluded.changed_ms, record = excluded.record
"""


class DeliveryStore:
    """Records of outgoing replies, and how far each log has been read.

    Args:
        path: the database file; made where it is missing.

    Raises:
        StoreError: it cannot be opened, or was made by another version.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version not in {0, _VERSION}:
                raise StoreError(f"{path}: made by another version ({version}), this one knows {_VERSION}")
            self._db.executescript(_SCHEMA)
            self._db.execute(f"PRAGMA user_version = {_VERSION}")
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path}: {error}") from error

    def commit(self, changes: Iterable[Outgoing], marks: Mapping[str, int]) -> None:
        """Write records and marks in one transaction, on disk before it returns.

        Raises:
            DiskFull: no room; nothing was written.
            StoreError: nothing was written.
        """
        rows = [
            (
                record.reply.reply_id,
                record.reply.conversation,
                record.state,
                record.send_id,
                record.message_id,
                record.changed_ms,
                encode(record),
            )
            for record in changes
        ]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(_PUT, rows)
                self._db.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?)", list(marks.items()))
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            kind = DiskFull if error.sqlite_errorcode == sqlite3.SQLITE_FULL else StoreError
            raise kind(f"the delivery database: {error}") from error
        except sqlite3.Error as error:
            raise StoreError(f"the delivery database: {error}") from error

    def _records(self, where: str, values: Sequence[object] = ()) -> list[Outgoing]:
        rows = self._db.execute(f"SELECT record FROM outgoing WHERE {where}", values)  # noqa: S608 - our own texts
        return [OUTGOING.decode(row[0]) for row in rows]

    def active(self) -> list[Outgoing]:
        """Give the unfinished records in the order in which they came."""
        return self._records("state IN ('waiting', 'sending', 'unknown') ORDER BY number")

    def of_send(self, send_id: str, message_id: str) -> list[Outgoing]:
        """Give the records that a status speaks of: by our callback data, else by the channel's id."""
        found = self._records("send_id = ? AND send_id <> '' ORDER BY number", (send_id,)) if send_id else []
        if not found and message_id:
            found = self._records("message_id = ? AND message_id <> '' ORDER BY number", (message_id,))
        return found

    def known(self, reply_ids: Sequence[str]) -> set[str]:
        """Tell which replies were taken in before."""
        marks = ",".join("?" * len(reply_ids))
        rows = self._db.execute(f"SELECT reply_id FROM outgoing WHERE reply_id IN ({marks})", reply_ids)  # noqa: S608
        return {row[0] for row in rows}

    def in_state(self, state: OutgoingState, *, limit: int = 100) -> list[Outgoing]:
        """Give the records in a state, the latest first."""
        return self._records("state = ? ORDER BY changed_ms DESC LIMIT ?", (state, limit))

    def of_conversation(self, conversation: str, *, limit: int = 100) -> list[Outgoing]:
        """Give a conversation's records, the latest first."""
        return self._records("conversation = ? ORDER BY number DESC LIMIT ?", (conversation, limit))

    def counts(self) -> dict[str, int]:
        """Count the records in each state."""
        return dict(self._db.execute("SELECT state, COUNT(*) FROM outgoing GROUP BY state"))

    def mark(self, log: str) -> int:
        """Tell how far a log has been read: the position that comes next."""
        row = self._db.execute("SELECT position FROM marks WHERE log = ?", (log,)).fetchone()
        return 0 if row is None else int(row[0])

    def prune(self, before_ms: int, *, limit: int = 1000) -> int:
        """Remove finished records that have not changed since then.

        Returns:
            how many were removed.
        """
        finished = "state NOT IN ('waiting', 'sending', 'unknown') AND changed_ms < ?"
        picked = f"SELECT number FROM outgoing WHERE {finished} LIMIT ?"  # noqa: S608 - our own texts
        cursor = self._db.execute(f"DELETE FROM outgoing WHERE number IN ({picked})", (before_ms, limit))  # noqa: S608
        return cursor.rowcount

    def forget(self, conversation: str) -> int:
        """Remove a conversation's finished records, and overwrite where they stood.

        Returns:
            how many were removed.

        Raises:
            DiskFull, StoreError: nothing was removed.
        """
        try:
            self._db.execute("PRAGMA secure_delete = ON")
            cursor = self._db.execute(
                "DELETE FROM outgoing WHERE conversation = ? AND state NOT IN ('waiting', 'sending', 'unknown')",
                (conversation,),
            )
            # The log still holds the pages as they were.
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
            raise (DiskFull if full else StoreError)(f"the delivery database: {error}") from error
        return cursor.rowcount

    def close(self) -> None:
        """Close it."""
        self._db.close()
