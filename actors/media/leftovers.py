"""Kept contents that nothing shows any more, and what an interrupted write has left behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from actors.media.content_store import ContentStore

STALE_S = 3600.0
"""A partial file that nobody has written to for so long belongs to a process that is gone."""


def delete_contents(store: ContentStore, contents: Iterable[str], shown: Callable[[str], bool]) -> int:
    """Delete contents of the store and of the gallery's archive.

    Args:
        store: the kept contents.
        contents: SHA-256 in hex.
        shown: whether something else still shows a content; it stays then.

    Returns:
        how many files were deleted.
    """
    deleted = 0
    for sha256 in set(contents):
        if not shown(sha256):
            for path in (store.path(sha256), store.folder / "gallery" / "archive" / sha256[:2] / sha256[2:]):
                if path.is_file():
                    path.unlink(missing_ok=True)
                    deleted += 1
    return deleted


def delete_leftovers(folder: Path, now_s: float) -> int:
    """Delete files and folders of writes and downloads that were interrupted.

    Args:
        folder: of the kept contents.
        now_s: the time, seconds since 1970 UTC.

    Returns:
        how many were deleted.
    """
    if not folder.is_dir():
        return 0
    found = [*folder.glob(".partial-*"), *folder.glob("fetch-*"), *folder.glob("gallery/archive/*/*.partial")]
    stale = [path for path in found if now_s - path.stat().st_mtime > STALE_S]
    for path in stale:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return len(stale)
