"""Room for Python's call frames: without it a deeply forked actor can spend its time mapping and unmapping memory.

CPython 3.11 keeps frames in chunks of 16 KB. A call that crosses into a new chunk maps it, and its return unmaps it
again; a loop that happens to sit at a chunk's end pays two system calls and a page fault for every call it makes.
Actors are forked within the calls of their supervisors, so that some of them always sit there. (Measured: a shard at
1,000 messages a second spent most of its system time so.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ROOM_SLOTS = 36_000
"""Size of one frame, in slots of 8 bytes. A chunk's size is the power of two that holds the frame: 288,000 bytes take
512 KB, which leaves over 200 KB, some hundred calls deep, before the next boundary."""


def _call(target: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    return target(*arguments)


_call.__code__ = _call.__code__.replace(co_stacksize=ROOM_SLOTS)


def with_room(target: Callable[..., Any], *arguments: Any) -> Any:
    """Make a call whose own calls have room.

    Args:
        target: what is called.
        *arguments: its arguments.

    Returns:
        what it returns.
    """
    return _call(target, arguments)
