"""Spreadsheets in SQLite: one transaction a request, so that a batch applies whole or not at all.

Every acknowledged change is in the write-ahead log before its answer goes out, so a killed server forgets nothing
that it acknowledged.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stress.sheets_server.cells import pack_row, unpack_row
from stress.sheets_server.errors import ApiError, invalid

MAX_CELLS = 10_000_000  # Google's limit for a spreadsheet

_SCHEMA = """
CREATE TABLE IF NOT EXISTS book(n INTEGER PRIMARY KEY, id TEXT UNIQUE, title TEXT, owner TEXT, editors TEXT,
  readers TEXT, trashed INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS sheet(book INTEGER, id INTEGER, title TEXT, pos INTEGER, rows INTEGER, cols INTEGER,
  extra TEXT, PRIMARY KEY(book, id));
CREATE TABLE IF NOT EXISTS line(book INTEGER, sheet INTEGER, row INTEGER, data BLOB,
  PRIMARY KEY(book, sheet, row)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta(book INTEGER, id INTEGER, key TEXT, value TEXT, visibility TEXT, location TEXT,
  PRIMARY KEY(book, id));
CREATE TABLE IF NOT EXISTS guard(book INTEGER, id INTEGER, sheet INTEGER, body TEXT, PRIMARY KEY(book, id));
CREATE TABLE IF NOT EXISTS account_key(kid TEXT PRIMARY KEY, email TEXT, public TEXT, revoked INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS token(token TEXT PRIMARY KEY, email TEXT, scopes TEXT, expires REAL);
"""


@dataclass
class Sheet:
    """One worksheet's properties."""

    book: int
    id: int
    title: str
    pos: int
    rows: int
    cols: int
    extra: dict[str, Any]


@dataclass(frozen=True)
class Book:
    """One spreadsheet's properties."""

    n: int
    id: str
    title: str
    owner: str
    editors: frozenset[str]
    readers: frozenset[str]
    trashed: bool


class BookStore:
    """All spreadsheets, keys and tokens of a server.

    Args:
        path: the SQLite file.
        max_cells: cells a spreadsheet may have.
    """

    def __init__(self, path: Path, max_cells: int = MAX_CELLS) -> None:
        self.max_cells = max_cells
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Apply all that the block does, or nothing."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # -- spreadsheets and sheets

    def create_book(self, title: str, owner: str, book_id: str | None = None) -> Book:
        """Make a spreadsheet without sheets."""
        chosen = book_id or secrets.token_urlsafe(33)[:44]
        self.db.execute(
            "INSERT INTO book(id,title,owner,editors,readers) VALUES(?,?,?,'[]','[]')", (chosen, title, owner)
        )
        return self.book(chosen)

    def book(self, book_id: str) -> Book:
        """Return a spreadsheet, or raise 404."""
        row = self.db.execute(
            "SELECT n,id,title,owner,editors,readers,trashed FROM book WHERE id=?", (book_id,)
        ).fetchone()
        if row is None or row[6]:
            raise ApiError(404, "Requested entity was not found.")
        return Book(
            row[0], row[1], row[2], row[3], frozenset(json.loads(row[4])), frozenset(json.loads(row[5])), bool(row[6])
        )

    def sheets(self, book: Book) -> list[Sheet]:
        """Return a spreadsheet's sheets in their order."""
        rows = self.db.execute(
            "SELECT book,id,title,pos,rows,cols,extra FROM sheet WHERE book=? ORDER BY pos,id", (book.n,)
        )
        return [Sheet(n, i, title, pos, high, wide, json.loads(extra)) for n, i, title, pos, high, wide, extra in rows]

    def sheet(self, book: Book, sheet_id: int, where: str) -> Sheet:
        """Return a sheet by id, or raise the 400 that Google gives."""
        for sheet in self.sheets(book):
            if sheet.id == sheet_id:
                return sheet
        raise invalid(f"Invalid {where}: No grid with id: {sheet_id}")

    def add_sheet(self, book: Book, title: str, sheet_id: int | None, rows: int, cols: int, where: str) -> Sheet:
        """Add a sheet at the end."""
        sheets = self.sheets(book)
        if any(s.title == title for s in sheets):
            raise invalid(
                f'Invalid {where}: A sheet with the name "{title}" already exists. Please enter another name.'
            )
        if sheet_id is None:
            sheet_id = secrets.randbelow(2**31 - 1)
        if any(s.id == sheet_id for s in sheets):
            raise invalid(f"Invalid {where}: Sheet with id {sheet_id} already exists.")
        if rows < 1 or cols < 1:
            raise invalid(f"Invalid {where}: a sheet needs at least one row and one column.")
        sheet = Sheet(book.n, sheet_id, title, max((s.pos for s in sheets), default=-1) + 1, rows, cols, {})
        self.db.execute("INSERT INTO sheet VALUES(?,?,?,?,?,?,'{}')", (book.n, sheet_id, title, sheet.pos, rows, cols))
        self.check_cells(book, where)
        return sheet

    def save_sheet(self, sheet: Sheet) -> None:
        """Write a sheet's properties back."""
        self.db.execute(
            "UPDATE sheet SET title=?,pos=?,rows=?,cols=?,extra=? WHERE book=? AND id=?",
            (sheet.title, sheet.pos, sheet.rows, sheet.cols, json.dumps(sheet.extra), sheet.book, sheet.id),
        )

    def check_cells(self, book: Book, where: str) -> None:
        """Raise 400 where a spreadsheet's grids together exceed the limit."""
        cells = self.db.execute("SELECT COALESCE(SUM(rows*cols),0) FROM sheet WHERE book=?", (book.n,)).fetchone()[0]
        if cells > self.max_cells:
            raise invalid(
                f"Invalid {where}: This action would increase the number of cells in the workbook above the limit of "
                f"{self.max_cells} cells."
            )

    def delete_sheet(self, book: Book, sheet: Sheet) -> None:
        """Delete a sheet with all that is on it."""
        for table in ("line", "guard"):
            self.db.execute(f"DELETE FROM {table} WHERE book=? AND sheet=?", (book.n, sheet.id))  # noqa: S608
        for meta_id, location in self.db.execute("SELECT id,location FROM meta WHERE book=?", (book.n,)).fetchall():
            place = json.loads(location)
            if place.get("sheetId") == sheet.id or place.get("dimensionRange", {}).get("sheetId") == sheet.id:
                self.db.execute("DELETE FROM meta WHERE book=? AND id=?", (book.n, meta_id))
        self.db.execute("DELETE FROM sheet WHERE book=? AND id=?", (book.n, sheet.id))

    # -- lines

    def last_row(self, sheet: Sheet) -> int:
        """Return the number of rows up to the last one with data."""
        found = self.db.execute("SELECT MAX(row) FROM line WHERE book=? AND sheet=?", (sheet.book, sheet.id)).fetchone()
        return 0 if found[0] is None else int(found[0]) + 1

    def lines(self, sheet: Sheet, row0: int, row1: int | None) -> dict[int, list[Any]]:
        """Return rows with data, by row number."""
        found = self.db.execute(
            "SELECT row,data FROM line WHERE book=? AND sheet=? AND row>=? AND row<?",
            (sheet.book, sheet.id, row0, 2**40 if row1 is None else row1),
        )
        return {row: unpack_row(data) for row, data in found}

    def put_lines(self, sheet: Sheet, lines: dict[int, list[Any]]) -> None:
        """Write whole rows; an empty one is removed."""
        packed = [(sheet.book, sheet.id, row, pack_row(cells)) for row, cells in lines.items()]
        self.db.executemany("INSERT OR REPLACE INTO line VALUES(?,?,?,?)", packed)
        empty = [(item[0], item[1], item[2]) for item in packed if item[3] == b"\x90"]
        if empty:
            self.db.executemany("DELETE FROM line WHERE book=? AND sheet=? AND row=?", empty)

    def shift_rows(self, sheet: Sheet, start: int, by: int) -> None:
        """Move the rows from ``start`` on by a number of rows."""
        rows = self.db.execute(
            "SELECT row,data FROM line WHERE book=? AND sheet=? AND row>=?", (sheet.book, sheet.id, start)
        ).fetchall()
        self.db.execute("DELETE FROM line WHERE book=? AND sheet=? AND row>=?", (sheet.book, sheet.id, start))
        self.db.executemany(
            "INSERT INTO line VALUES(?,?,?,?)", [(sheet.book, sheet.id, row + by, data) for row, data in rows]
        )

    def remove_rows(self, sheet: Sheet, start: int, stop: int) -> None:
        """Delete rows and close the gap."""
        self.db.execute(
            "DELETE FROM line WHERE book=? AND sheet=? AND row>=? AND row<?", (sheet.book, sheet.id, start, stop)
        )
        self.shift_rows(sheet, stop, start - stop)
