"""Write the databases of a data folder anew, so that nothing of what was removed is left in their unused parts.

LMDB never overwrites: a removed record stays in pages that are free, and in gaps of pages that are in use, until other
records come there. A copy of its pages would hold the gaps too, so every record is put into a new file, which then
takes the old one's place. SQLite's ``VACUUM`` does the same for its files.

Nothing may have the databases open meanwhile: ``wipe`` runs before a system's first process, where ``ask_for_wipe`` has
left a note in the folder.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import lmdb

from store.errors import StoreError
from store.files import sync_directory, write_private
from store.folder import DataFolder

NOTE = "wipe"
"""Name of the note in the data folder."""
_NEW = "rewritten"
_MOST_DATABASES = 64
_SPARE_BYTES = 16 << 20


def ask_for_wipe(folder: DataFolder) -> None:
    """Leave the note that the databases are to be written anew before the next start."""
    write_private(folder.path / NOTE, b"")


def wipe_where_asked(folder: DataFolder) -> int:
    """Write all databases anew where the note asks for it; the caller holds the folder's lock.

    Interrupted anywhere it leaves each database old or new, and the note, so that the next start does it again.

    Args:
        folder: the data folder; no process may have it open.

    Returns:
        how many databases were written anew; 0 where nothing was asked.

    Raises:
        StoreError: a database cannot be read or written; it stays as it was, and so does the note.
    """
    note = folder.path / NOTE
    if not note.exists():
        return 0
    count = 0
    for environment in _environments(folder.path):
        rewrite_environment(environment)
        count += 1
    for database in _sqlite_files(folder.path):
        _vacuum(database)
        count += 1
    note.unlink()
    sync_directory(folder.path)
    return count


def _environments(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("data.mdb")):
        if file.parent.name != _NEW:
            yield file.parent


def _sqlite_files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.iterdir()):
        if file.is_file():
            with file.open("rb") as content:
                if content.read(16) == b"SQLite format 3\0":
                    yield file


def rewrite_environment(path: Path) -> None:
    """Put all records of an LMDB environment into a new file that takes the old one's place.

    Args:
        path: its directory; no process may have it open.

    Raises:
        StoreError: it cannot be read or written; the old file stays.
    """
    new = path / _NEW
    size = (path / "data.mdb").stat().st_size
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        old = lmdb.open(os.fspath(path), readonly=True, lock=False, max_dbs=_MOST_DATABASES, readahead=False)
        try:
            target = lmdb.open(
                os.fspath(new), map_size=2 * size + _SPARE_BYTES, max_dbs=_MOST_DATABASES, mode=0o700, sync=False
            )
            try:
                _copy_records(old, target)
                target.sync(True)  # noqa: FBT003 - the binding's own signature
            finally:
                target.close()
        finally:
            old.close()
        (new / "data.mdb").replace(path / "data.mdb")
        sync_directory(path)
        shutil.rmtree(new)
        # Its table of readers speaks of the old file's transactions.
        (path / "lock.mdb").unlink(missing_ok=True)
    except (lmdb.Error, OSError) as error:
        raise StoreError(f"{path}: cannot be written anew: {error}") from error


def _copy_records(old: lmdb.Environment, target: lmdb.Environment) -> None:
    with old.begin() as source:
        names = [bytes(name) for name in source.cursor().iternext(keys=True, values=False)]
        for name in names:
            into = target.open_db(name)
            with target.begin(write=True) as txn:
                cursor = txn.cursor(into)
                for key, value in source.cursor(old.open_db(name, txn=source, create=False)):
                    cursor.put(key, value, append=True)


def _vacuum(file: Path) -> None:
    try:
        database = sqlite3.connect(file, isolation_level=None)
        try:
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            database.close()
    except sqlite3.Error as error:
        raise StoreError(f"{file}: cannot be written anew: {error}") from error
