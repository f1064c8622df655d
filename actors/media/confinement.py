"""Confine this process before it parses anything that a stranger sent: no network, bounded memory, files and time.

Linux only in its strong form: a network namespace of its own (unshare(2)) where that is permitted, and a seccomp(2)
filter that refuses ``socket`` (any family) and ``execve``; elsewhere Python's own socket creation is blocked.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import socket
import struct
import sys
from typing import Any, Never

from actors.media.errors import MediaError
from actors.media.settings import MIB

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 1, 38, 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # SECCOMP_RET_ALLOW; SECCOMP_RET_ERRNO with EPERM
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF_LD+W+ABS, JMP+JEQ+K, JMP+JGE+K, RET+K
# Machine: (audit architecture, numbers of socket, execve, execveat, io_uring_setup, ptrace).
_CALLS = {
    "x86_64": (0xC000003E, (41, 59, 322, 425, 101)),
    "aarch64": (0xC00000B7, (198, 221, 281, 425, 117)),
}
_X32 = 0x40000000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


class NoNetworkError(MediaError):
    """A reader process tried to reach the network."""


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the thread that started it ends."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def limit_resources(memory_mb: int, files: int, write_mb: int) -> tuple[int, tuple[str, ...]]:
    """Bound this process's address space, open files, written files and core dumps.

    Args:
        memory_mb: address space, MiB.
        files: file descriptors.
        write_mb: the largest file that may be written, MiB.

    Returns:
        the memory limit that holds (0 for none), and what could not be set.
    """
    notes = []
    held = memory_mb
    for what, name, value in (
        (resource.RLIMIT_AS, "memory", memory_mb * MIB),
        (resource.RLIMIT_NOFILE, "open files", files),
        (resource.RLIMIT_FSIZE, "written files", write_mb * MIB),
        (resource.RLIMIT_CORE, "core dumps", 0),
    ):
        hard = resource.getrlimit(what)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(what, (bound, bound))
        except (ValueError, OSError) as error:
            notes.append(f"no limit on {name}: {error}")
            held = 0 if name == "memory" else held
    return held, tuple(notes)


def limit_processor(seconds: float) -> None:
    """Bound the processor time of what follows; beyond it the kernel ends the process (SIGXCPU).

    Args:
        seconds: from now, of all threads together.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def cut_network() -> tuple[str, tuple[str, ...]]:
    """Cut this process off from the network in each way that is permitted.

    Has to run before any thread starts.

    Returns:
        the ways that hold, joined with ``+``: ``namespace``, ``seccomp``, ``python``; and what was not permitted.
    """
    ways, notes = [], []
    if sys.platform == "linux":
        libc = _libc()
        if libc.unshare(_CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
            ways.append("namespace")
        else:
            notes.append(f"no network namespace: {os.strerror(ctypes.get_errno())}")
        refused = _filter_calls(libc)
        if refused:
            notes.append(refused)
        else:
            ways.append("seccomp")
    socket.socket = _NoSocket  # type: ignore[misc]
    socket.create_connection = _no_network
    socket.getaddrinfo = _no_network
    ways.append("python")
    return "+".join(ways), tuple(notes)


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _filter_calls(libc: Any) -> str:
    """Install the seccomp filter: say why not, or ""."""
    known = _CALLS.get(platform.machine())
    if known is None:
        return f"no seccomp filter for {platform.machine()}"
    architecture, calls = known
    # struct seccomp_data: the call's number at 0, the architecture at 4.
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _REFUSE), (_LOAD, 0, 0, 0)]
    refuse_at = len(steps) + len(calls) + 2
    if platform.machine() == "x86_64":
        steps.append((_AT_LEAST, refuse_at - len(steps) - 1, 0, _X32))
    else:
        refuse_at -= 1
    steps += [(_EQUAL, refuse_at - len(steps) - place - 1, 0, call) for place, call in enumerate(calls)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(steps), ctypes.cast(buffer, ctypes.c_void_p))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return f"no seccomp filter: {os.strerror(ctypes.get_errno())}"
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        return f"no seccomp filter: {os.strerror(ctypes.get_errno())}"
    return ""


class _NoSocket(socket.socket):
    def __init__(self, *_: Any, **__: Any) -> None:
        _no_network()


def _no_network(*_: Any, **__: Any) -> Never:
    raise NoNetworkError("readers have no network")
