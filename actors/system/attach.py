"""A system to work with: the one that runs on the data folder, or an own one for as long as it is needed."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from actors.system.boot import RunningSystem, is_running
from actors.system.settings import Settings
from actors.system.tree import declare
from store.errors import FolderLocked, FolderMissing, StoreError
from store.folder import DataFolder
from store.lock import FolderLock
from store.wipe import wipe_where_asked

WATCH_EVERY_S = 0.1
POLL_S = 0.05
FILES_VARIABLE = "MAJLIS_GAZETTEER"
"""As in ``actors.language.gazetteer``, whose import is spared where it is not set."""
USERS_FILE = "users.lock"


@contextmanager
def own_system(settings: Settings, told: Callable[[str], None] = lambda _: None) -> Iterator[RunningSystem]:
    """Run a system on the settings' data folder, watched by a thread, and shut it down at the end.

    Args:
        settings: of all services; the folder is made where it is missing.
        told: hears in one line when the whole tree had to be started anew, or could not be.

    Yields:
        the running system.

    Raises:
        StoreError: the folder is locked by another system, damaged, or of an unknown format.
        SystemFault: the system did not become ready.
        GazetteerError: a file of known names is wrong; every worker would say so, but where nobody looks.
    """
    _check_names()
    folder, lock = _locked(settings)
    with lock:
        wipe_where_asked(folder)
        system = RunningSystem.start(
            folder,
            declare(settings),
            ready_timeout_s=settings.system.ready_timeout_s,
            bind=settings.system.bind,
            log_level=settings.system.log_level,
        )
        ended = threading.Event()

        def keep_watch() -> None:
            while not ended.wait(WATCH_EVERY_S):
                if system.watch():
                    told(system.last_error or f"all processes were started anew ({system.restarts} times so far)")

        watcher = threading.Thread(target=keep_watch, name="watch", daemon=True)
        watcher.start()
        try:
            yield system
        finally:
            ended.set()
            # Before the thread is waited for: it ends a restart that may be under way there.
            system.shutdown(settings.system.drain_timeout_s)
            watcher.join()


def _check_names() -> None:
    named = os.environ.get(FILES_VARIABLE, "")
    if named:
        from actors.language.gazetteer import Gazetteer

        Gazetteer([Path(name) for name in named.split(os.pathsep) if name], builtin=False)


def _locked(settings: Settings) -> tuple[DataFolder, FolderLock]:
    path = settings.folder.absolute()
    try:
        folder = DataFolder.open(path)
    except FolderMissing:
        if path.exists() and not _ours_to_make(path):
            DataFolder.create(path, partitions=settings.system.partitions)  # says what is in the way
    else:
        return folder, folder.lock("majlis")
    # Locked before it is made: two commands that begin at once must not both make it.
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: cannot be made: {error.strerror}") from error
    lock = FolderLock(path / "lock", "majlis")
    try:
        return DataFolder.open_or_create(path, partitions=settings.system.partitions), lock
    except BaseException:
        lock.release()
        raise


def _ours_to_make(path: Path) -> bool:
    return path.is_dir() and ((path / "lock").exists() or not any(path.iterdir()))


class SystemUsers:
    """Who uses a running system beside the command that runs it: each holds a share of a lock (``flock``).

    The kernel gives a share back when its holder dies, however it dies.

    Args:
        path: the data folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path / USERS_FILE
        self._fd = -1

    def _take(self, kind: int) -> bool:
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def join(self) -> bool:
        """Become a user; False while the system is about to stop."""
        return self._take(fcntl.LOCK_SH)

    def close(self) -> bool:
        """Let nobody become a user any more; False while there is one."""
        return self._take(fcntl.LOCK_EX)

    def leave(self) -> None:
        """Give the share back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


@contextmanager
def any_system(settings: Settings, waiting: Callable[[], None] = lambda: None) -> Iterator[DataFolder]:
    """Use the system that runs on the data folder, or an own one for as long as the block lasts.

    An own one goes on after the block while others use it: two replays at once are one system's work.

    Args:
        settings: of all services.
        waiting: called before others are waited for at the end.

    Yields:
        the data folder of a running system.

    Raises:
        StoreError, SystemFault: as for ``own_system``.
    """
    give_up = time.monotonic() + settings.system.ready_timeout_s
    while True:
        with ExitStack() as stack:
            folder = _running_folder(settings, stack)
            if folder is not None:
                yield folder
                return
            users = SystemUsers(settings.folder)
            stack.callback(users.leave)
            try:
                stack.enter_context(own_system(settings))
            except FolderLocked:
                # Another command's system is starting or stopping there.
                if time.monotonic() > give_up:
                    raise
            else:
                yield DataFolder.open(settings.folder)
                if not users.close():
                    waiting()
                    while not users.close():
                        time.sleep(POLL_S)
                return
        time.sleep(POLL_S)


def _running_folder(settings: Settings, stack: ExitStack) -> DataFolder | None:
    with suppress(FolderMissing):
        folder = DataFolder.open(settings.folder)
        users = SystemUsers(folder.path)
        if users.join():
            if is_running(folder):
                stack.callback(users.leave)
                return folder
            users.leave()
    return None
