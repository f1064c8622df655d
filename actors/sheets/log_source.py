"""The rows logs of a data folder, and the embedded sink's file, as sources of the Sheets sink."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from actors.sheets.ledger import Ledger
from actors.sheets.rows_table import COLUMNS, RowsFileError, row_of
from messages.wire import encode
from store.errors import FolderMissing
from store.folder import DataFolder
from store.partition import PartitionReader

ROWS_FILE_PARTITION = 1_000_000
"""The partition's number under which rows of the embedded sink's file stand in the ledger; folders have at most 256."""


class LogSource:
    """The rows logs of all partitions.

    Args:
        folder: the data folder.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._readers: dict[int, PartitionReader] = {}

    def partitions(self) -> Sequence[int]:
        """Return the partitions whose state is there."""
        return [p for p in range(self._folder.partitions) if self._reader(p) is not None]

    def _reader(self, partition: int) -> PartitionReader | None:
        if partition not in self._readers:
            try:
                self._readers[partition] = PartitionReader(self._folder.state(partition))
            except FolderMissing:
                return None
        return self._readers[partition]

    def read(self, partition: int, start: int, limit: int, max_bytes: int) -> list[tuple[int, bytes]]:
        """Return positions and rows from a position on."""
        reader = self._reader(partition)
        return [] if reader is None else reader.rows(start, limit=limit, max_bytes=max_bytes)

    def close(self) -> None:
        """Close the readers."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()


class RowsFileSource:
    """The rows that the embedded sink kept, as one partition in the order of commit.

    Rows of other partitions are read from their logs: the Google Sheets sink may have left batches under way.

    Args:
        folder: the data folder.

    Raises:
        RowsFileError: there is no rows file, or it cannot be read.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._path = folder.rows_file
        self._logs = LogSource(folder)
        if not self._path.is_file():
            raise RowsFileError(f"{self._path}: there is no rows file; nothing was kept locally")
        self._db = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)

    def partitions(self) -> Sequence[int]:
        """Return the one partition."""
        return (ROWS_FILE_PARTITION,)

    def read(self, partition: int, start: int, limit: int, max_bytes: int) -> list[tuple[int, bytes]]:
        """Return positions and rows from a position on."""
        if partition != ROWS_FILE_PARTITION:
            return self._logs.read(partition, start, limit, max_bytes)
        found: list[tuple[int, bytes]] = []
        size = 0
        try:
            records = self._db.execute(
                f"SELECT seq, {', '.join(COLUMNS)} FROM rows WHERE seq >= ? ORDER BY seq LIMIT ?",  # noqa: S608
                (start, limit),
            )
            for record in records:
                data = encode(row_of(tuple(record[1:])))
                found.append((int(record[0]), data))
                size += len(data)
                if size >= max_bytes:
                    break
        except sqlite3.Error as error:
            raise RowsFileError(f"{self._path}: cannot be read: {error}") from error
        return found

    def count(self) -> int:
        """Return how many rows the file holds."""
        return int(self._db.execute("SELECT COUNT(*) FROM rows").fetchone()[0])

    def close(self) -> None:
        """Close the file and the logs."""
        self._db.close()
        self._logs.close()


def adopt_embedded(folder: DataFolder, ledger: Ledger) -> None:
    """Begin behind what the embedded sink has written: those rows are ``majlis rows push``'s.

    Args:
        folder: the data folder.
        ledger: the sink's ledger.

    Raises:
        RowsFileError: the embedded sink's file cannot be read.
    """
    if not folder.rows_file.is_file():
        return
    try:
        db = sqlite3.connect(f"{folder.rows_file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            cursors = {int(p): int(n) for p, n in db.execute("SELECT partition, next_position FROM cursors")}
        finally:
            db.close()
    except sqlite3.Error as error:
        raise RowsFileError(f"{folder.rows_file}: cannot be read: {error}") from error
    with ledger.transaction():
        for partition, position in cursors.items():
            ledger.begin_at(partition, position)
