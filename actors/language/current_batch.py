"""What a worker has in its hands, written where it outlives the worker: so that the right batch is blamed for a death.

A worker's mailbox may hold several batches, of several shards; only the one it was working on can have killed it. The
note is a few bytes in a file, written without fsync: it has to survive the process, not the machine.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_KEPT_LIVES = 4
_SIZE = 160


def _path(folder: Path, worker: str, incarnation: int) -> Path:
    return folder / "workers" / f"{worker.replace('/', '.')}@{incarnation}"


class CurrentBatch:
    """A worker's note.

    Args:
        folder: the data folder.
        worker: the worker's name.
        incarnation: which life of it.
    """

    def __init__(self, folder: Path, worker: str, incarnation: int) -> None:
        path = _path(folder, worker, incarnation)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        older = sorted(path.parent.glob(f"{worker.replace('/', '.')}@*"), key=lambda file: int(file.name.split("@")[1]))
        for file in older[:-_KEPT_LIVES]:
            with suppress(OSError):
                file.unlink()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.end()

    def begin(self, shard: str, batch: int) -> None:
        """Note the batch that is being worked on."""
        os.pwrite(self._file, f"{shard} {batch}".ljust(_SIZE).encode()[:_SIZE], 0)

    def end(self) -> None:
        """Note that nothing is."""
        os.pwrite(self._file, b" " * _SIZE, 0)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def last_batch(folder: Path, worker: str, incarnation: int) -> tuple[str, int] | None:
    """Read what a worker had in its hands last.

    Args:
        folder: the data folder.
        worker: the worker's name.
        incarnation: which life of it.

    Returns:
        the shard and its batch; ``("", 0)`` if the worker was between batches; None if there is no note.
    """
    try:
        words = _path(folder, worker, incarnation).read_text().split()
    except (OSError, UnicodeDecodeError):
        return None
    if len(words) != 2 or not words[1].isdigit():
        return ("", 0) if not words else None
    return words[0], int(words[1])
