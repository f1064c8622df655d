"""The processes of a system as the foreground command sees them."""

from __future__ import annotations

import os
import queue
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from supervision.process import kill

T = TypeVar("T")


class Keeper:
    """A thread that makes the system's first process, and lives as long as that does.

    The kernel's parent-death signal is tied to the thread that forked, not to its process: a system restarted from a
    thread that ends would end with it.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()

    def call(self, work: Callable[[], T]) -> T:
        """Run something on the thread, and give what it gives or raise what it raises."""
        results: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                results.put((work(), None))
            except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
                results.put((None, error))

        self._calls.put(run)
        result, error = results.get()
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    def end(self) -> None:
        """End the thread; what it forked is killed by the kernel if it still runs."""
        self._calls.put(None)
        self._thread.join()


def start_ticks(pid: int) -> int | None:
    """Tell when a process began, in clock ticks since boot; with its pid, this names it for good. None when gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    if fields[0] == b"Z":
        return None
    return int(fields[19])


def session_members(session: int) -> list[int]:
    """List the processes of a session, zombies too.

    Thespian's admin begins a session of its own, which all actors inherit: so they are found whoever their parent is.
    """
    members = []
    for entry in os.listdir("/proc"):  # noqa: PTH208 - numbers
        if entry.isdigit():
            try:
                if os.getsid(int(entry)) == session:
                    members.append(int(entry))
            except (ProcessLookupError, PermissionError):
                continue
    return members


def reap(session: int) -> None:
    """Wait for those zombies of a session that are this process's own (it is their subreaper)."""
    for pid in session_members(session):
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue


def end_session(session: int, timeout_s: float = 5.0) -> list[int]:
    """SIGKILL whatever is left of a session, and wait until it is gone.

    Args:
        session: pid of the admin that began it.
        timeout_s: limit for the wait; processes in uninterruptible sleep may outlast it.

    Returns:
        pids that are still there.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        reap(session)
        left = session_members(session)
        for pid in left:
            kill(pid)
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.005)


class ExitWatch:
    """Learn of a process's end at once, whoever its parent is (pidfd).

    Args:
        pid: the process.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._fd = os.pidfd_open(pid)
        except ProcessLookupError:
            self._fd = -1

    def ended(self, timeout_s: float = 0.0) -> bool:
        """Tell whether it has ended, waiting for that for some seconds at most."""
        if self._fd < 0:
            return True
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(max(timeout_s, 0.0) * 1000))

    def close(self) -> None:
        """Stop watching."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
