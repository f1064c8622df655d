"""The log of what the channel reports: written by the gateway, read by delivery."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol

from messages.delivery import DELIVERY_STATUS, DeliveryStatus
from messages.wire import WireError, encode
from store.log import LogWriter

FOLDER: Final = "statuses"
"""Name of the log's directory in the data folder."""


class StatusLog:
    """The log's one writer.

    Args:
        path: its directory.
        max_bytes: bound of the log; at it the gateway answers 503 and the channel reports again.
        appended: called from the writer's thread after each group, to ring delivery's bell.
    """

    def __init__(self, path: Path, *, max_bytes: int, appended: Callable[[], None]) -> None:
        self._log = LogWriter(path, max_bytes=max_bytes)
        self._appended = appended
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="status-log")

    async def append(self, statuses: Sequence[DeliveryStatus]) -> None:
        """Return when the reports are on disk.

        Raises:
            QueueFull, DiskFull: nothing was written.
        """
        await asyncio.wrap_future(self._writer.submit(self._append, [encode(status) for status in statuses]))

    def _append(self, entries: Sequence[bytes]) -> None:
        self._log.append(entries)
        self._appended()

    def trim(self, before: int) -> None:
        """Remove the reports before a position: delivery has taken them."""
        self._writer.submit(self._log.trim, before).result()

    def close(self) -> None:
        """Write what waits, and close the log."""
        self._writer.shutdown(wait=True)
        self._log.close()


class Reports(Protocol):
    """The log, opened for reading."""

    def read(self, start: int, *, limit: int = 1000) -> list[tuple[int, bytes]]:
        """Read from a position on."""


def read_statuses(reader: Reports, start: int, limit: int) -> tuple[list[DeliveryStatus], int, int]:
    """Read reports.

    Args:
        reader: of the log.
        start: first position wanted.
        limit: at most so many.

    Returns:
        the reports, the position after them, and how many entries could not be read.
    """
    entries = reader.read(start, limit=limit)
    found: list[DeliveryStatus] = []
    bad = 0
    for _, raw in entries:
        try:
            found.append(DELIVERY_STATUS.decode(raw))
        except WireError:
            bad += 1
    return found, (entries[-1][0] + 1 if entries else start), bad
