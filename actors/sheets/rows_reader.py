"""Reading the embedded sink's file: filters, counts, rows in order of commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from actors.sheets.rows_table import SELECT, RowsFileError, row_of
from actors.sheets.sqlite_rows import check_version
from messages.row import Row

_FETCH = 500


class RowFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are wanted; what is None or "" does not restrict.

    Attributes:
        conversation: the conversation's key; ``*`` and ``?`` match any characters.
        intent: the intent.
        since_ms: sent then or later, milliseconds since 1970 UTC.
        until_ms: sent before that.
        since_local_ms: sent then or later by the sender's own clock (as if that clock showed UTC).
        until_local_ms: sent before that, likewise.
        urgent: only rows that are (True) or are not (False) marked urgent.
        late: only rows that did (True) or did not (False) come late.
        text: a part of the text, without regard to case.
        limit: at most so many, from the first on.
        tail: at most so many, the last ones.
    """

    conversation: str = ""
    intent: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    since_local_ms: int | None = None
    until_local_ms: int | None = None
    urgent: bool | None = None
    late: bool | None = None
    text: str = ""
    limit: int | None = None
    tail: int | None = None


def _holds(text: object, part: str) -> bool:
    return isinstance(text, str) and part in text.casefold()


class RowsReader:
    """A reader of a rows file; several may read while the sink writes.

    Args:
        path: the file.

    Raises:
        RowsFileError: it is missing, damaged, of another version, or not ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise RowsFileError(f"{path}: there is no rows file; no message has been recorded in this folder yet")
        self._db = self._open()
        self._db.create_function("holds", 2, _holds, deterministic=True)

    def _open(self) -> sqlite3.Connection:
        failure: Exception | None = None
        # A folder that may not be written has no room for SQLite's shared index: then no writer is there either,
        # and the file can be read as one that does not change.
        for mode in ("mode=ro", "mode=ro&immutable=1"):
            try:
                db = sqlite3.connect(f"{self.path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)
            except sqlite3.Error as error:
                failure = error
                continue
            try:
                db.execute("PRAGMA busy_timeout = 10000")
                check_version(db, self.path)
                db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlite3.Error as error:
                db.close()
                failure = error
            except RowsFileError:
                db.close()
                raise
            else:
                return db
        raise RowsFileError(f"{self.path}: is damaged or cannot be read: {failure}")

    def query(self, wanted: RowFilter | None = None) -> Iterator[Row]:
        """Give the rows that a filter lets through, in the order in which they were written.

        Args:
            wanted: the filter; None for all rows.

        Yields:
            the rows; they are read as they are taken, never all at once.

        Raises:
            RowsFileError: the file is damaged.
        """
        wanted = wanted or RowFilter()
        where, values = _where(wanted)
        sql = f"{SELECT}{where} ORDER BY seq"
        if wanted.tail is not None:
            kept = f"SELECT seq FROM rows{where} ORDER BY seq DESC LIMIT ?"  # noqa: S608 - built from constants
            sql = f"{SELECT} WHERE seq IN ({kept}) ORDER BY seq"
            values = [*values, wanted.tail]
        if wanted.limit is not None:
            sql += " LIMIT ?"
            values = [*values, wanted.limit]
        try:
            cursor = self._db.execute(sql, values)
            while records := cursor.fetchmany(_FETCH):
                for record in records:
                    yield row_of(record)
        except sqlite3.Error as error:
            raise RowsFileError(f"{self.path}: is damaged or cannot be read: {error}") from error

    def count(self, wanted: RowFilter | None = None) -> int:
        """Count the rows that a filter lets through (``limit`` and ``tail`` bound the count).

        Args:
            wanted: the filter; None for all rows.

        Returns:
            how many there are.

        Raises:
            RowsFileError: the file is damaged.
        """
        wanted = wanted or RowFilter()
        where, values = _where(wanted)
        try:
            number = int(self._db.execute(f"SELECT count(*) FROM rows{where}", values).fetchone()[0])  # noqa: S608
        except sqlite3.Error as error:
            raise RowsFileError(f"{self.path}: is damaged or cannot be read: {error}") from error
        return min([number, *(bound for bound in (wanted.limit, wanted.tail) if bound is not None)])

    def conflicts(self) -> int:
        """Count the rows whose id was there already with another content."""
        try:
            return int(self._db.execute("SELECT count(*) FROM conflicts").fetchone()[0])
        except sqlite3.Error as error:
            raise RowsFileError(f"{self.path}: is damaged or cannot be read: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _where(wanted: RowFilter) -> tuple[str, list[Any]]:
    terms: list[str] = []
    values: list[Any] = []
    if wanted.conversation:
        pattern = any(mark in wanted.conversation for mark in "*?")
        terms.append("conversation GLOB ?" if pattern else "conversation = ?")
        # An opening bracket would begin a character class.
        values.append(wanted.conversation.replace("[", "[[]") if pattern else wanted.conversation)
    if wanted.intent:
        terms.append("intent = ?")
        values.append(wanted.intent)
    if wanted.since_ms is not None:
        terms.append("sent_ms >= ?")
        values.append(wanted.since_ms)
    if wanted.until_ms is not None:
        terms.append("sent_ms < ?")
        values.append(wanted.until_ms)
    if wanted.since_local_ms is not None:
        terms.append("sent_ms + utc_offset_min * 60000 >= ?")
        values.append(wanted.since_local_ms)
    if wanted.until_local_ms is not None:
        terms.append("sent_ms + utc_offset_min * 60000 < ?")
        values.append(wanted.until_local_ms)
    if wanted.urgent is not None:
        terms.append("urgent = 1" if wanted.urgent else "urgent IS NOT 1")
    if wanted.late is not None:
        terms.append("late = 1" if wanted.late else "late IS NOT 1")
    if wanted.text:
        terms.append("holds(text, ?)")
        values.append(wanted.text.casefold())
    return (f" WHERE {' AND '.join(terms)}" if terms else ""), values
