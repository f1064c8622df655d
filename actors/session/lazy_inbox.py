"""A partition's inbox as its shard sees it: there once the gateway has made it."""

from __future__ import annotations

from pathlib import Path

from store.errors import FolderMissing
from store.log import LogReader


class LazyInbox:
    """Reads a partition's inbox, which the gateway makes when it first starts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: LogReader | None = None

    def read(self, start: int, *, limit: int = 1000, max_bytes: int = 4_000_000) -> list[tuple[int, bytes]]:
        """Read entries from a position on; none while there is no log yet."""
        if self._reader is None:
            try:
                self._reader = LogReader(self._path)
            except FolderMissing:
                return []
        return self._reader.read(start, limit=limit, max_bytes=max_bytes)
