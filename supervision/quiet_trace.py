"""Traces for log files: where it happened and what kind of error, without words that a message may quote.

``ValueError: could not convert '2 million' to float`` holds what a customer wrote, and a log file outlives a request to
forget it. So the messages of errors that are not our own are left out; the supervisor gets them, in memory.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator

HUSHED = "(its message is not logged: it may quote what was written; see majlis admin children)"
_OWN = frozenset({"actors", "messages", "store", "supervision"})


def quiet_trace(error: BaseException) -> tuple[str, str]:
    """Write an error for a log file.

    Args:
        error: with the errors that led to it.

    Returns:
        one line, and the trace. Messages of our own errors and of the operating system stay, of all others the kind.
    """
    trace = "".join(traceback.format_exception(error))
    for one in _chain(error):
        message = str(one)
        if message and not _is_safe(one):
            trace = trace.replace(f": {message}", f": {HUSHED}")
    line = f"{type(error).__name__}: {error if _is_safe(error) else HUSHED}"
    return line, trace


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def _is_safe(error: BaseException) -> bool:
    return isinstance(error, OSError) or type(error).__module__.partition(".")[0] in _OWN
