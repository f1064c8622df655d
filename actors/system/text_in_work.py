"""Whether texts are in work right now, for those who can wait: a few bytes that processes share, and no message.

Each process that handles texts has a slot in a file that all map into memory: the time at which it was last busy, 0
while it is not. To say so costs less than a microsecond, and to ask a few.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

FILE = "text_in_work"
"""Its name in the data folder."""
GATEWAY_SLOT = 0
_SLOT = struct.Struct("<Q")
_SLOTS = 264  # a shard for each of the most partitions, and the gateway
_NOBODY = bytes(_SLOTS * _SLOT.size)
_STALE_NS = 1_000_000_000
"""A process that has not said for so long that it is busy is gone, or hangs."""


class TextInWork:
    """The file, mapped.

    Args:
        folder: the data folder.
        clock: nanoseconds, monotonic, the same for all processes of the machine.
    """

    def __init__(self, folder: Path, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, _SLOTS * _SLOT.size)
            self._map = mmap.mmap(descriptor, _SLOTS * _SLOT.size)
        finally:
            os.close(descriptor)

    def say(self, slot: int, *, busy: bool) -> None:
        """Say whether this process has texts in its hands; to be repeated while it has.

        Args:
            slot: the process's own.
            busy: whether it has.
        """
        _SLOT.pack_into(self._map, slot * _SLOT.size, self._clock() if busy else 0)

    def any(self) -> bool:
        """Tell whether any process has texts in its hands."""
        if self._map[:] == _NOBODY:
            return False
        now = self._clock()
        return any(0 <= now - said < _STALE_NS for (said,) in _SLOT.iter_unpack(self._map[:]))

    def close(self) -> None:
        """Unmap the file."""
        self._map.close()


def shard_slot(shard: int) -> int:
    """Give a shard's slot by its number, from 0."""
    return GATEWAY_SLOT + 1 + shard
