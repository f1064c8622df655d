"""What Linux offers for keeping processes in order."""

from __future__ import annotations

import ctypes
import os
import signal

# linux/prctl.h
_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int | bytes) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    argument = ctypes.c_char_p(value) if isinstance(value, bytes) else ctypes.c_ulong(value)
    if libc.prctl(option, argument, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl({option}): {os.strerror(code)}")


def die_with_parent(parent: int) -> None:
    """Have the kernel SIGKILL this process when its parent dies.

    Args:
        parent: pid of the process that made this one; if it is gone already, this process ends here, as the signal
            is sent only for deaths after the call (prctl(2), PR_SET_PDEATHSIG).
    """
    _prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(0)


def become_subreaper(*, enabled: bool = True) -> None:
    """Become (or stop being) the parent of orphans below this process, to wait for them (PR_SET_CHILD_SUBREAPER)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, int(enabled))


def set_process_name(name: str) -> None:
    """Set what ``ps`` and ``top`` show, at most 15 bytes (PR_SET_NAME)."""
    _prctl(_PR_SET_NAME, name.encode("ascii", "replace")[:15])


def kill(pid: int) -> None:
    """SIGKILL a process; one that is gone is no error."""
    if pid <= 1:
        return
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def orphans(session: int) -> list[int]:
    """List the living processes of a session whose parent is not in it any more, without the session's leader.

    In a system of ours (all of it one session, led by the admin) these are what a dead actor has left: actors that the
    parent-death signal has not ended yet, or programs that it had started.
    """
    parents: dict[int, int] = {}
    zombies: set[int] = set()
    for entry in os.listdir("/proc"):  # noqa: PTH208 - numbers
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:  # noqa: PTH123 - read very often
                state, parent, _, of_session = file.read().rpartition(b")")[2].split()[:4]
        except (OSError, ValueError):
            continue  # gone meanwhile
        if int(of_session) == session:
            parents[int(entry)] = int(parent)
            if state in {b"Z", b"X"}:
                zombies.add(int(entry))
    return [pid for pid, parent in parents.items() if parent not in parents and pid not in zombies and pid != session]


def resident_bytes(pid: int) -> int:
    """Read a process's resident memory, bytes; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123 - read very often
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def cpu_seconds(pid: int) -> float:
    """Read the processor time that a process has used, seconds; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - read very often
            fields = file.read().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0
