"""What the two sinks of a data folder know of each other: how far they have written, and whom they were to forget.

One sink runs at a time. It is then the writer of the other one's file as well, for requests to forget and when it takes
over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from actors.sheets import rows_forgetting
from actors.sheets.forgetting import Forgetting
from actors.sheets.redaction import Request, newer
from actors.sheets.rows_table import RowsFileError
from actors.sheets.sqlite_rows import SqliteRows
from store.folder import DataFolder


def file_requests(folder: DataFolder) -> list[Request]:
    """Return the requests to forget that the embedded sink's file keeps, none where there is no file.

    Args:
        folder: the data folder.

    Raises:
        RowsFileError: the file cannot be read.
    """
    with _reading(folder) as db:
        return rows_forgetting.requests(db) if db else []


def file_emptied(folder: DataFolder, person: str) -> int:
    """Return how many rows of a person were emptied in the embedded sink's file.

    Args:
        folder: the data folder.
        person: whose, as ``person_of`` gives it.

    Raises:
        RowsFileError: the file cannot be read.
    """
    with _reading(folder) as db:
        return rows_forgetting.emptied(db, person) if db else 0


@contextmanager
def _reading(folder: DataFolder) -> Iterator[sqlite3.Connection | None]:
    if not folder.rows_file.is_file():
        yield None
        return
    try:
        db = sqlite3.connect(f"{folder.rows_file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            db.execute("PRAGMA busy_timeout = 10000")
            yield db
        finally:
            db.close()
    except sqlite3.Error as error:
        raise RowsFileError(f"{folder.rows_file}: cannot be read: {error}") from error


def forget_in_file(folder: DataFolder, requests: Iterable[Request]) -> dict[str, int]:
    """Empty what the embedded sink's file holds, where it has not been asked to yet; nothing where there is no file.

    Args:
        folder: the data folder, on which no embedded sink runs.
        requests: who is to be forgotten, and until when.

    Returns:
        person to how many rows were emptied.

    Raises:
        RowsFileError: the file cannot be written now.
    """
    fresh = newer(requests, file_requests(folder))
    if not fresh or not folder.rows_file.is_file():
        return {}
    rows = SqliteRows(folder.rows_file)
    try:
        return rows.forget(fresh)
    finally:
        rows.close()


def agree(folder: DataFolder, forgetting: Forgetting) -> None:
    """Take the file's requests into the ledger, and the ledger's into the file.

    Args:
        folder: the data folder, on which no embedded sink runs.
        forgetting: the ledger's requests.

    Raises:
        RowsFileError: the file cannot be read or written now; the ledger keeps what it has.
        LedgerError: the ledger cannot be written.
    """
    forgetting.adopt(file_requests(folder))
    forget_in_file(folder, forgetting.requests())
