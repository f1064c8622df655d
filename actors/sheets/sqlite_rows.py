"""The embedded sink's pure part: rows and the sink's cursors in one SQLite file, in the same transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from actors.sheets import rows_forgetting
from actors.sheets.redaction import Request
from actors.sheets.rows_table import (
    APPLICATION_ID,
    COLUMNS,
    INSERT,
    SCHEMA_VERSION,
    STATEMENTS,
    RowsFileError,
    fitted,
    key_of,
    record_of,
)
from messages.row import Row

_CHECKPOINT_PAGES = 16_000
"""Pages in the write-ahead log before a checkpoint (64 MB). Keys are random, so a page is rewritten often: at
1,000,000 rows this took 12 us a row against 16 us with SQLite's default of 1,000."""

_CACHE_KIB = 64 * 1024
_BUSY_MS = 10_000


class WriteOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one batch.

    Attributes:
        written: rows that are new in the file.
        repeated: rows that were there already with the same content.
        conflicts: rows whose id was there with another content; kept in the ``conflicts`` table.
        skipped: rows at positions below the cursor, done earlier.
    """

    written: int = 0
    repeated: int = 0
    conflicts: int = 0
    skipped: int = 0


class SqliteRows:
    """The one writer of a rows file.

    Args:
        path: the file; made where it does not exist, its folder has to be there.

    Raises:
        RowsFileError: the file is damaged, of another version, not ours, or has another writer.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None, cached_statements=32)
        except sqlite3.Error as error:
            raise RowsFileError(f"{path}: cannot be opened: {error}") from error
        try:
            self._prepare()
            self._cursors = {int(partition): int(position) for partition, position in self._select_cursors()}
        except sqlite3.Error as error:
            self._db.close()
            raise RowsFileError(f"{path}: is damaged or not a rows file: {error}") from error
        except RowsFileError:
            self._db.close()
            raise

    def _prepare(self) -> None:
        db = self._db
        db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            check_version(db, self.path)  # before anything is changed in a file that is not ours
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        db.execute("BEGIN IMMEDIATE")
        try:
            if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                for statement in STATEMENTS:
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            db.execute(rows_forgetting.TABLE)
            check_version(db, self.path)
        except sqlite3.Error:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    def _select_cursors(self) -> list[tuple[int, int]]:
        return self._db.execute("SELECT partition, next_position FROM cursors").fetchall()

    def cursors(self) -> dict[int, int]:
        """Tell where to read on.

        Returns:
            the next position to read, for each partition that has been read from.
        """
        return dict(self._cursors)

    def write(self, rows: Sequence[tuple[int, int, Row]]) -> WriteOutcome:
        """Write rows and cursors in one transaction, on the disk when this returns.

        Args:
            rows: (partition, position in its rows log, row), positions rising within a partition.

        Returns:
            what became of them.

        Raises:
            RowsFileError: the file refuses the transaction (full disk, damage); nothing of it was written.
        """
        fresh: list[tuple[int, int, Row]] = []
        cursors = dict(self._cursors)
        moved: dict[int, int] = {}
        for entry in rows:
            partition, position, _ = entry
            if position >= cursors.get(partition, 0):
                cursors[partition] = moved[partition] = position + 1
                fresh.append(entry)
        skipped = len(rows) - len(fresh)
        if not fresh:
            return WriteOutcome(skipped=skipped)
        db = self._db
        records = [record_of(row) for _, _, row in fresh]
        repeated = conflicts = 0
        try:
            db.execute("BEGIN IMMEDIATE")
            try:
                db.execute("SAVEPOINT bulk")
                try:
                    db.executemany(INSERT, records)
                except (sqlite3.IntegrityError, OverflowError):
                    # A key is there already, or a number does not fit: take this batch row by row.
                    db.execute("ROLLBACK TO bulk")
                    repeated, conflicts = self._write_singly(fresh, records)
                db.execute("RELEASE bulk")
                db.executemany(
                    "INSERT INTO cursors VALUES (?, ?) "
                    "ON CONFLICT (partition) DO UPDATE SET next_position = excluded.next_position",
                    moved.items(),
                )
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise RowsFileError(f"{self.path}: cannot write rows: {error}") from error
        self._cursors = cursors
        return WriteOutcome(
            written=len(fresh) - repeated - conflicts, repeated=repeated, conflicts=conflicts, skipped=skipped
        )

    def _write_singly(
        self, entries: Sequence[tuple[int, int, Row]], records: Sequence[tuple[Any, ...]]
    ) -> tuple[int, int]:
        db = self._db
        repeated = conflicts = 0
        for (partition, position, row), plain in zip(entries, records, strict=True):
            record = fitted(plain)
            there = db.execute(
                f"SELECT {', '.join(COLUMNS)} FROM rows WHERE row_id = ?",  # noqa: S608 - our own column names
                (record[0],),
            ).fetchone()
            if there is None:
                db.execute(INSERT, record)
            elif there == record:
                repeated += 1
            else:
                conflicts += 1
                db.execute(
                    "INSERT INTO conflicts (row_id, partition, position, row) VALUES (?, ?, ?, ?)",
                    (key_of(row.row_id), partition, position, msgspec.json.encode(row).decode()),
                )
        return repeated, conflicts

    def forget(self, requests: Iterable[Request]) -> dict[str, int]:
        """Empty what the file holds of conversations, and keep the requests, in one transaction on the disk.

        Args:
            requests: who is to be forgotten, and until when.

        Returns:
            person to how many rows were emptied.

        Raises:
            RowsFileError: the file refuses the transaction; nothing changed.
        """
        asked = list(requests)
        if not asked:
            return {}
        try:
            return rows_forgetting.forget(self._db, asked)
        except sqlite3.Error as error:
            raise RowsFileError(f"{self.path}: cannot forget: {error}") from error

    def requests(self) -> list[Request]:
        """Return all requests to forget that were taken in."""
        return rows_forgetting.requests(self._db)

    def emptied(self, person: str) -> int:
        """Return how many rows of a person were emptied in all."""
        return rows_forgetting.emptied(self._db, person)

    def close(self) -> None:
        """Fold the write-ahead log into the file and close it."""
        self._db.close()


def check_version(db: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is not a rows file of this version.

    Args:
        db: the open file.
        path: named in the error.

    Raises:
        RowsFileError: it is another program's, or another version's.
    """
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise RowsFileError(f"{path}: is not a rows file of Majlis")
    if version != SCHEMA_VERSION:
        raise RowsFileError(f"{path}: has schema version {version}, this Majlis reads {SCHEMA_VERSION}")
