"""Real child processes for the tests of the store, and disks that fill up."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

_FORK = get_context("fork")
PATIENCE_S = 60


class Child:
    """A forked process that runs a function with a connection to the test."""

    def __init__(self, target: Callable[..., None], *args: Any) -> None:
        self.pipe, theirs = _FORK.Pipe()
        self._process = _FORK.Process(target=_run, args=(target, self.pipe, theirs, args), daemon=True)
        self._process.start()
        theirs.close()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def receive(self) -> Any:
        assert self.pipe.poll(PATIENCE_S), "the child said nothing"
        return self.pipe.recv()

    def send(self, message: Any) -> None:
        self.pipe.send(message)

    def drain(self) -> list[Any]:
        """Everything that it said before it died."""
        said = []
        with contextlib.suppress(EOFError, OSError):
            while True:
                said.append(self.pipe.recv())
        return said

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.join()

    def join(self) -> None:
        # Not the process's own join: that waits for whatever the child forked, too.
        watch = os.pidfd_open(self.pid)
        assert select.select([watch], [], [], PATIENCE_S)[0], "the child goes on"
        os.close(watch)
        assert self._process.exitcode is not None

    @property
    def exit_code(self) -> int | None:
        return self._process.exitcode


def _run(target: Callable[..., None], ours: Connection, theirs: Connection, args: tuple[Any, ...]) -> None:
    ours.close()
    try:
        target(theirs, *args)
    except BaseException as error:
        with contextlib.suppress(OSError):
            theirs.send(error)
        raise
    finally:
        theirs.close()


@contextlib.contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """A file system of its own with a given size; skips the test where mounting is not possible."""
    place.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a small file system can only be mounted by root on Linux")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", os.fspath(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", os.fspath(place)], check=True)


def fill(place: Path) -> Path:
    """Take all the room that a disk has left, in one file."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    return ballast
