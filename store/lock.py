"""The lock that keeps a second system off a data folder."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from store.errors import FolderLocked, StoreError


class FolderLock:
    """An exclusive lock on a data folder, held as long as any process of the system lives.

    It is a ``flock``: the kernel ties it to the open file, which every process forked after it shares. It ends when
    the last of them closes the file or dies, however it dies. So the lock is taken before the actor system starts,
    all actors inherit it, and a second system is refused while ANY process of the first one still runs, an orphaned
    actor too. ``release`` therefore only closes this process's share and does not unlock: unlocking would free it
    for all. A program started with ``exec`` does not inherit it (the file is close-on-exec), so a viewer or a
    converter that the system starts does not keep the folder locked.

    Args:
        path: the lock's file; made where it is missing and never removed, for a removed one could be locked twice.
        purpose: what the holder does, for the error that others get.

    Raises:
        FolderLocked: another system holds it; the message names who and since when.
        StoreError: the file cannot be opened.
    """

    def __init__(self, path: Path, purpose: str) -> None:
        self.path = path
        self._fd = -1
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"{path}: cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(fd, 4096, 0)
            os.close(fd)
            raise FolderLocked(_describe(path, holder)) from error
        facts = {"pid": os.getpid(), "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "purpose": purpose}
        try:
            os.ftruncate(fd, 0)
            os.pwrite(fd, json.dumps(facts).encode(), 0)
        except OSError:
            pass  # a full disk: the lock holds all the same, only its description is missing
        self._fd = fd

    @property
    def held(self) -> bool:
        """Whether this process still has its share of the lock."""
        return self._fd >= 0

    def release(self) -> None:
        """Give this process's share of the lock back; a second call does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def holders(path: Path) -> list[int]:
    """Give the processes that have a lock's file open, as far as they can be seen (Linux, own user's processes).

    Args:
        path: the lock's file.

    Returns:
        process ids in order.
    """
    found = []
    with contextlib.suppress(OSError):
        target = path.stat()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                for fd in (entry / "fd").iterdir():
                    seen = fd.stat()
                    if (seen.st_dev, seen.st_ino) == (target.st_dev, target.st_ino):
                        found.append(int(entry.name))
                        break
    return sorted(found)


def _describe(path: Path, holder: bytes) -> str:
    try:
        facts = json.loads(holder)
        pid, since, purpose = int(facts["pid"]), str(facts["since"]), str(facts["purpose"])
    except (ValueError, KeyError, TypeError):
        text = "another process"
        pid = 0
    else:
        text = f"process {pid} ({purpose}) since {since}"
    alive = holders(path)
    if alive and pid not in alive:
        text += f"; that process has gone, but of its system {', '.join(map(str, alive[:10]))} still run"
    return f"{path.parent}: in use by {text}"
