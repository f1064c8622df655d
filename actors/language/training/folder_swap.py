"""A folder that is made beside another one and takes its place when it is complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def in_place_of(target: Path) -> Iterator[Path]:
    """Make a folder's new contents beside it, and put them in its place at the end.

    Whatever fails before leaves the folder as it was. Files in it that the new contents lack are kept.

    Args:
        target: the folder; it need not be there.

    Yields:
        an empty folder to fill.

    Raises:
        OSError: the folder beside it cannot be made, or not be moved.
    """
    place = target.resolve()
    if place.exists() and not place.is_dir():
        raise NotADirectoryError(f"{target} is not a folder")
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_name(f".{place.name}.new-{os.getpid()}")
    old = place.with_name(f".{place.name}.old-{os.getpid()}")
    new.mkdir()
    try:
        yield new
        if not place.exists():
            new.rename(place)
            return
        shutil.copymode(place, new)
        place.rename(old)
        try:
            new.rename(place)
        except BaseException:
            old.rename(place)
            raise
        for left in old.iterdir():
            if not (place / left.name).exists():
                left.rename(place / left.name)
        shutil.rmtree(old)
    finally:
        shutil.rmtree(new, ignore_errors=True)
