"""Files by content: where kept media lies, whatever their senders called it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from actors.media.errors import TooLargeError
from messages.inbound import Attachment

_CHUNK = 1 << 20


class ContentStore:
    """A folder of files named by the SHA-256 of their content: ``ab/cdef…``.

    Keeping a content again changes nothing; names that customers gave never become paths.

    Args:
        folder: where they lie; made when the first is kept.
        max_bytes: more than WhatsApp's own limit for documents (2 GB) is never needed.
    """

    def __init__(self, folder: Path, max_bytes: int = 2 << 30) -> None:
        self.folder = folder
        self.max_bytes = max_bytes

    def keep(self, stream: BinaryIO, name: str) -> Attachment:
        """Keep a file's content; it is on the disk when this returns.

        Args:
            stream: the content, read to its end.
            name: what it is called; shown only.

        Returns:
            name, size and digest; type and note are left to the caller.

        Raises:
            TooLargeError: it has more than ``max_bytes``.
            OSError: it cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        hashed = hashlib.sha256()
        size = 0
        descriptor, partial = tempfile.mkstemp(prefix=".partial-", dir=self.folder)
        try:
            with os.fdopen(descriptor, "wb") as out:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if size > self.max_bytes:
                        raise TooLargeError(f"has more than {self.max_bytes:,} bytes")
                    hashed.update(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            digest = hashed.hexdigest()
            target = self.path(digest)
            if target.is_file() and target.stat().st_size == size:
                return Attachment(name=name, size=size, sha256=digest)
            target.parent.mkdir(exist_ok=True)
            Path(partial).replace(target)
            _sync_folder(target.parent)
            return Attachment(name=name, size=size, sha256=digest)
        finally:
            Path(partial).unlink(missing_ok=True)

    def path(self, sha256: str) -> Path:
        """Tell where a content lies.

        Args:
            sha256: 64 hexadecimal digits.

        Returns:
            its path, whether or not it is there.

        Raises:
            ValueError: the digest is none.
        """
        if len(sha256) != 64 or not all(character in "0123456789abcdef" for character in sha256):
            raise ValueError(f"not a SHA-256 in hexadecimal: {sha256[:80]!r}")
        return self.folder / sha256[:2] / sha256[2:]

    def open(self, sha256: str) -> BinaryIO:
        """Open a kept content for reading.

        Raises:
            FileNotFoundError: it is not kept.
            ValueError: the digest is none.
        """
        return self.path(sha256).open("rb")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
