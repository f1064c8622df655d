"""Where the tests of the store put their files."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
NEEDED_BYTES = 500_000_000


@pytest.fixture
def disk_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory on the real disk, for the tests in which fsync has a meaning."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A directory in memory where there is such a thing: the store syncs at each commit, and a busy disk is slow."""
    usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > NEEDED_BYTES
    with tempfile.TemporaryDirectory(prefix="majlis-store-", dir=MEMORY if usable else None) as place:
        yield Path(place)
