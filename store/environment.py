"""The one place that touches LMDB: opening, growing, short transactions, and its errors turned into ours.

What was found of py-lmdb 3.0.0 (LMDB 0.9.36) and is answered here:

* A child of ``fork`` can go on using its parent's environment without an error, and corrupts it: each use compares
  the process id. Opening the same files again, in the same process or in such a child, is refused by the binding.
* Read transactions cannot be renewed by hand; ``max_spare_txns=1`` keeps one and renews it at the next ``begin``.
* A full disk is ``DiskError`` (ENOSPC), or EIO where the last write was cut short: LMDB does not repeat a short write.
  The transaction is gone, the environment stays usable. After a failed write of the meta page every later call is
  ``PanicError`` until the environment is opened anew.
* A reader that was killed keeps its slot in the reader table and pins the pages that it saw, until ``reader_check``.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import lmdb

from store.errors import DiskFull, FolderMissing, LogDamaged, StoreError

Transaction: TypeAlias = Any  # lmdb.Transaction; the binding is not typed for this project's settings
Database: TypeAlias = Any  # a named database's handle

T = TypeVar("T")

FIRST_MAP_BYTES = 16 << 20
MAX_READERS = 512
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DAMAGE = (lmdb.CorruptedError, lmdb.PageNotFoundError, lmdb.InvalidError, lmdb.VersionMismatchError)
_TRIES = 3


class Environment:
    """One LMDB environment, open in this process.

    Args:
        path: its directory; made by a writer where it is missing.
        databases: the names of its databases, made by a writer where they are missing.
        writable: False opens it for reading only.
        map_bytes: the first size of the map; it doubles when it is full.

    Raises:
        FolderMissing: a reader finds no environment, or one that its writer has not finished making.
        LogDamaged: the files are not an LMDB environment.
        DiskFull: no room to make it.
        StoreError: it is already open in this process, or cannot be opened.
    """

    def __init__(
        self, path: Path, databases: Sequence[str], *, writable: bool, map_bytes: int = FIRST_MAP_BYTES
    ) -> None:
        self.path = path
        self._names = tuple(databases)
        self._writable = writable
        self._map_bytes = map_bytes
        self._pid = os.getpid()
        self._env: Any = None
        self._dbs: dict[str, Database] = {}
        self._open()

    def _open(self) -> None:
        if not self._writable and not (self.path / "data.mdb").exists():
            raise FolderMissing(f"{self.path}: no log or state is here")
        try:
            if self._writable:
                self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._env = lmdb.open(
                os.fspath(self.path),
                map_size=self._map_bytes if self._writable else 0,
                subdir=True,
                lock=True,
                readonly=not self._writable,
                create=self._writable,
                mode=0o700,
                readahead=False,  # access is random once there are many sessions
                max_readers=MAX_READERS,
                max_dbs=len(self._names),
                max_spare_txns=1,
            )
            self._env.reader_check()
            self._dbs = {name: self._open_database(name) for name in self._names}
        except (lmdb.Error, OSError) as error:
            self.close()
            if isinstance(error, (lmdb.NotFoundError, lmdb.ReadonlyError)):
                raise FolderMissing(f"{self.path}: its writer has not made it yet") from error
            raise self._translate(error) from error

    def _open_database(self, name: str) -> Database:
        try:
            return self._env.open_db(name.encode(), create=self._writable)
        except lmdb.MapResizedError:
            self._env.set_mapsize(0)
            return self._env.open_db(name.encode(), create=self._writable)

    def database(self, name: str) -> Database:
        """Give the handle of a named database; it stays valid until the environment is opened anew."""
        return self._dbs[name]

    def read(self) -> Transaction:
        """Begin a read transaction, to be used in a ``with`` and ended soon: it pins the pages that it sees.

        Raises:
            StoreError: the environment is closed, or was opened by another process.
        """
        if os.getpid() != self._pid:
            raise self._foreign()
        for _ in range(_TRIES):
            try:
                return self._env.begin()
            except lmdb.MapResizedError:
                self._env.set_mapsize(0)
            except lmdb.ReadersFullError:
                self._env.reader_check()
            except (lmdb.Error, AttributeError) as error:
                raise self._translate(error) from error
        raise StoreError(f"{self.path}: all {MAX_READERS} reader slots are in use, or the map grows all the time")

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run one write transaction and commit it with fsync; grow the map and run it again where it did not fit.

        Args:
            work: does all reads and writes; it may run several times, so it must not change anything else.

        Returns:
            what ``work`` gave.

        Raises:
            DiskFull: no room; nothing was written.
            StoreError: or whatever ``work`` raises; nothing was written.
        """
        if os.getpid() != self._pid:
            raise self._foreign()
        failures = 0
        while True:
            try:
                with self._env.begin(write=True) as txn:
                    return work(txn)
            except lmdb.MapFullError:
                self._grow()
            except lmdb.MapResizedError:
                self._env.set_mapsize(0)
            except lmdb.PanicError as error:
                failures += 1
                if failures >= _TRIES:
                    raise self._translate(error) from error
                self.close()
                self._open()
            except (lmdb.Error, AttributeError) as error:
                # A write that the end of the disk cut short is EIO; done again it says whether there is room.
                failures += 1
                if getattr(error, "code", 0) != errno.EIO or failures >= _TRIES:
                    raise self._translate(error) from error

    def _grow(self) -> None:
        self._env.reader_check()
        self._map_bytes = int(self._env.info()["map_size"]) * 2
        try:
            self._env.set_mapsize(self._map_bytes)
        except lmdb.Error as error:
            raise self._translate(error) from error

    def clear_dead_readers(self) -> int:
        """Free the slots of readers whose processes are gone, so that their pages can be used again."""
        return int(self._env.reader_check())

    def file_bytes(self) -> int:
        """Give the size of the data file."""
        return (self.path / "data.mdb").stat().st_size

    def close(self) -> None:
        """Close it; a second call does nothing, and in a forked child nothing is touched."""
        if self._env is not None and os.getpid() == self._pid:
            self._env.close()
        self._env = None

    def _foreign(self) -> StoreError:
        return StoreError(f"{self.path}: opened by process {self._pid}; open it in the process that uses it")

    def _translate(self, error: Exception) -> StoreError:
        if self._env is None and isinstance(error, AttributeError):
            return StoreError(f"{self.path}: closed")
        code = getattr(error, "code", 0) or getattr(error, "errno", 0)
        if code in _DISK_FULL:
            return DiskFull(f"{self.path}: the disk is full, nothing was written ({error})")
        if isinstance(error, _DAMAGE):
            return LogDamaged(f"{self.path}: {error}")
        return StoreError(f"{self.path}: {error}")
