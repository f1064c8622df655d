"""A system to work with: the one that runs on the data folder, or an own one for as long as it is needed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from actors.system.boot import RunningSystem, is_running
from actors.system.settings import Settings
from actors.system.tree import declare
from store.folder import DataFolder

WATCH_EVERY_S = 0.1


@contextmanager
def own_system(settings: Settings) -> Iterator[RunningSystem]:
    """Run a system on the settings' data folder, watched by a thread, and shut it down at the end.

    Args:
        settings: of all services; the folder is made where it is missing.

    Yields:
        the running system.

    Raises:
        StoreError: the folder is locked by another system, damaged, or of an unknown format.
        SystemFault: the system did not become ready.
    """
    folder = DataFolder.open_or_create(settings.folder, partitions=settings.system.partitions)
    with folder.lock("majlis"):
        system = RunningSystem.start(
            folder, declare(settings), ready_timeout_s=settings.system.ready_timeout_s, bind=settings.system.bind
        )
        ended = threading.Event()

        def keep_watch() -> None:
            while not ended.wait(WATCH_EVERY_S):
                system.watch()

        watcher = threading.Thread(target=keep_watch, name="watch", daemon=True)
        watcher.start()
        try:
            yield system
        finally:
            ended.set()
            watcher.join()
            system.shutdown(settings.system.drain_timeout_s)


@contextmanager
def any_system(settings: Settings) -> Iterator[DataFolder]:
    """Use the system that runs on the data folder, or an own one for as long as the block lasts.

    Args:
        settings: of all services.

    Yields:
        the data folder of a running system.

    Raises:
        StoreError, SystemFault: as for ``own_system``.
    """
    if settings.folder.exists():
        folder = DataFolder.open(settings.folder)
        if is_running(folder):
            yield folder
            return
    with own_system(settings):
        yield DataFolder.open(settings.folder)
