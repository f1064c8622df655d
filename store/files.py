"""Small private files, replaced whole."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path

from store.errors import DiskFull, FolderDamaged, StoreError


def write_private(path: Path, data: bytes) -> None:
    """Replace a file's contents at once, on disk before it returns, mode 0600.

    Args:
        path: the file; its directory exists.
        data: the new contents.

    Raises:
        DiskFull, StoreError: the old contents stay.
    """
    new = path.with_name(f".new-{path.name}-{secrets.token_hex(4)}")
    try:
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(fd)
        new.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        kind = DiskFull if error.errno in {errno.ENOSPC, errno.EDQUOT} else StoreError
        raise kind(f"{path}: cannot be written: {error.strerror}") from error


def read_private(path: Path) -> bytes | None:
    """Give a file's contents, or None where it or its directory is missing.

    Raises:
        FolderDamaged: it is there and cannot be read.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FolderDamaged(f"{path}: cannot be read: {error.strerror}") from error


def sync_directory(path: Path) -> None:
    """Bring a directory's entries to disk, so that new files in it outlive a power cut."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
