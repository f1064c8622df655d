"""How far the rows of a data folder are written, whichever sink wrote them; asks no process."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from actors.sheets.errors import LedgerError
from actors.sheets.ledger import LEDGER_FILE
from store.folder import DataFolder


def sink_marks(folder: DataFolder) -> dict[int, int]:
    """Read the sinks' places.

    Args:
        folder: the data folder.

    Returns:
        partition to the position before which all rows are in the embedded sink's file or in the spreadsheet; a
        partition that no sink has read from is left out.

    Raises:
        LedgerError: a sink's file cannot be read.
    """
    marks: dict[int, int] = {}
    for path, query in (
        (folder.rows_file, "SELECT partition, next_position FROM cursors"),
        (folder.path / LEDGER_FILE, "SELECT partition, mark FROM progress"),
    ):
        for partition, mark in _read(path, query):
            if partition < folder.partitions:  # the ledger also counts what was pushed from the rows file
                marks[partition] = max(mark, marks.get(partition, 0))
    return marks


def _read(path: Path, query: str) -> list[tuple[int, int]]:
    if not path.exists():
        return []
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            db.execute("PRAGMA busy_timeout = 10000")
            return [(int(partition), int(mark)) for partition, mark in db.execute(query)]
        finally:
            db.close()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []  # the sink is just making its file
        raise LedgerError(f"{path}: cannot be read: {error}") from error
    except sqlite3.Error as error:
        raise LedgerError(f"{path}: cannot be read: {error}") from error
