"""The one place that touches LMDB: opening, growing, short transactions, and its errors turned into ours.

What was found of py-lmdb 3.0.0 (LMDB 0.9.36) and is answered here:

* A child of ``fork`` can go on using its parent's environment without an error, and corrupts it: each use compares
  the process id. Opening the same files again, in the same process or in such a child, is refused by the binding.
* Read transactions cannot be renewed by hand; ``max_spare_txns=1`` keeps one and renews it at the next ``begin``.
* A full disk is ``DiskError`` (ENOSPC), or EIO where the last write was cut short: LMDB does not repeat a short write.
  The transaction is gone, the environment stays usable. After a failed write of the meta page every later call is
  ``PanicError`` until the environment is opened anew.
* On a full disk even removing entries needs a few new pages, for LMDB never overwrites. So a writer keeps some room
  allocated behind the last page, which only transactions that free room may use up.
* A reader that was killed keeps its slot in the reader table and pins the pages that it saw, until ``reader_check``.
"""

from __future__ import annotations

import contextlib
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
RESERVE_BYTES = 256 << 10
_RESERVE_STEP_BYTES = 512 << 10
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
        self._page_bytes = 4096
        self._allocated = 0
        self._open()

    def _open(self) -> None:
        if not self._writable and not self._made():
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
            self._page_bytes = int(self._env.stat()["psize"])
            self._dbs = {name: self._open_database(name) for name in self._names}
            self._allocated = self.file_bytes()
        except (lmdb.Error, OSError) as error:
            self.close()
            if isinstance(error, (lmdb.NotFoundError, lmdb.ReadonlyError)):
                raise FolderMissing(f"{self.path}: its writer has not made it yet") from error
            raise self._translate(error) from error

    def _made(self) -> bool:
        try:
            return self.file_bytes() > 0
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be read: {error.strerror}") from error

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
        self._require_open()
        for _ in range(_TRIES):
            try:
                return self._env.begin()
            except lmdb.MapResizedError:
                self._env.set_mapsize(0)
            except lmdb.ReadersFullError:
                self._env.reader_check()
            except lmdb.Error as error:
                raise self._translate(error) from error
        raise StoreError(f"{self.path}: all {MAX_READERS} reader slots are in use, or the map grows all the time")

    def write(self, work: Callable[[Transaction], T], *, urgent: bool = False) -> T:
        """Run one write transaction and commit it with fsync; grow the map and run it again where it did not fit.

        Args:
            work: does all reads and writes; it may run several times, so it must not change anything else.
            urgent: it frees room or is needed to go on at all, so it may use the reserve.

        Returns:
            what ``work`` gave.

        Raises:
            DiskFull: no room; nothing was written.
            StoreError: or whatever ``work`` raises; nothing was written.
        """
        self._require_open()
        failures = 0
        while True:
            try:
                if not urgent:
                    self._keep_reserve()
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
            except lmdb.Error as error:
                failures += 1
                trouble = self._translate(error)
                if isinstance(trouble, DiskFull):
                    self._give_back()
                elif getattr(error, "code", 0) == errno.EIO and failures < _TRIES:
                    continue  # it was cut short, and by now there is room again
                raise trouble from error

    def _keep_reserve(self) -> None:
        """Have room allocated behind the last page, or free pages within the file.

        Raises:
            DiskFull: there is neither.
        """
        used = (int(self._env.info()["last_pgno"]) + 1) * self._page_bytes
        least = used + RESERVE_BYTES
        if least <= self._allocated or not hasattr(os, "posix_fallocate"):
            return
        start = max(used, self._allocated)
        fd = os.open(self.path / "data.mdb", os.O_WRONLY | os.O_CLOEXEC)
        try:
            for end in (least + _RESERVE_STEP_BYTES, least):
                try:
                    os.posix_fallocate(fd, start, end - start)
                except OSError as error:
                    if error.errno not in _DISK_FULL:
                        return  # a file system that cannot: then there is no reserve
                else:
                    self._allocated = end
                    return
        finally:
            os.close(fd)
        if used - self._live_bytes() < RESERVE_BYTES - (start - used):
            raise DiskFull(f"{self.path}: the disk is full, nothing was written (what room is left is for removing)")

    def _out_of_room(self) -> bool:
        if not hasattr(os, "posix_fallocate"):
            return True
        fd = os.open(self.path / "data.mdb", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.posix_fallocate(fd, os.fstat(fd).st_size, RESERVE_BYTES)
        except OSError as error:
            return error.errno in _DISK_FULL
        finally:
            os.close(fd)
        return False

    def _give_back(self) -> None:
        """Cut off what a failed transaction wrote behind the last page, for it may have taken the disk's last room."""
        # What goes wrong here is no worse than not doing it: the error that led here is what the caller has to know.
        with contextlib.suppress(lmdb.Error, OSError), self._env.begin(write=True):  # no other process writes now
            end = (int(self._env.info()["last_pgno"]) + 1) * self._page_bytes + RESERVE_BYTES
            if self.file_bytes() > end:
                os.truncate(self.path / "data.mdb", end)
            self._allocated = min(self._allocated, end)

    def _live_bytes(self) -> int:
        with self._env.begin() as txn:
            stats = [txn.stat(), *(txn.stat(db) for db in self._dbs.values())]
        pages = sum(stat["branch_pages"] + stat["leaf_pages"] + stat["overflow_pages"] for stat in stats)
        return (int(pages) + 2) * self._page_bytes  # and two meta pages

    def _grow(self) -> None:
        self._env.reader_check()
        self._map_bytes = int(self._env.info()["map_size"]) * 2
        try:
            self._env.set_mapsize(self._map_bytes)
        except lmdb.Error as error:
            raise self._translate(error) from error

    def clear_dead_readers(self) -> int:
        """Free the slots of readers whose processes are gone, so that their pages can be used again."""
        self._require_open()
        return int(self._env.reader_check())

    def file_bytes(self) -> int:
        """Give the size of the data file."""
        return (self.path / "data.mdb").stat().st_size

    def close(self) -> None:
        """Close it; a second call does nothing, and in a forked child nothing is touched."""
        if self._env is not None and os.getpid() == self._pid:
            self._env.close()
        self._env = None

    def _require_open(self) -> None:
        if os.getpid() != self._pid:
            raise StoreError(f"{self.path}: opened by process {self._pid}; open it in the process that uses it")
        if self._env is None:
            raise StoreError(f"{self.path}: closed")

    def _translate(self, error: Exception) -> StoreError:
        code = getattr(error, "code", 0) or getattr(error, "errno", 0)
        if code in _DISK_FULL or (code == errno.EIO and self._env is not None and self._out_of_room()):
            return DiskFull(f"{self.path}: the disk is full, nothing was written ({error})")
        if isinstance(error, _DAMAGE):
            return LogDamaged(f"{self.path}: {error}")
        return StoreError(f"{self.path}: {error}")
