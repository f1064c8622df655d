"""JSON-lines logs, one file an actor.

Thespian replaces ``logging.root`` in each actor by a forwarder to a process of its own; an actor's log is set up
inside it instead, and what libraries log goes to the same file.
"""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path
from typing import Any

import structlog

from supervision.quiet_trace import quiet_trace

MAXIMUM_BYTES = 16 * 1024 * 1024
"""A log file is rotated at this size; one older file is kept."""

_FORMATTER = logging.Formatter("%(message)s")


class _Line:
    """Hand finished lines to a rotating file."""

    def __init__(self, handler: logging.Handler) -> None:
        self._handler = handler

    def msg(self, message: str) -> None:
        record = logging.LogRecord("majlis", logging.INFO, "", 0, message, None, None)
        self._handler.handle(record)

    log = debug = info = warning = warn = error = critical = fatal = exception = failure = msg


class _Foreign(logging.Handler):
    """Write what libraries log as lines of the actor's log."""

    def __init__(self, log: Any) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        trace = quiet_trace(error)[1] if error is not None else None
        write = self._log.error if record.levelno >= logging.ERROR else self._log.warning
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)
        write(text, library=record.name, **({"exception": trace} if trace else {}))


def file_name(actor: str) -> str:
    """Name the log file of an actor."""
    return actor.replace("/", "-") + ".jsonl"


def open_log(folder: str, name: str, level: str, **bound: Any) -> Any:
    """Open an actor's log, and send what libraries log in this process to it.

    Args:
        folder: where the log files are, "" to write none.
        name: full name of the actor.
        level: least level that is written: ``debug``, ``info``, ``warning``, ``error``.
        bound: facts that each line carries.

    Returns:
        a structlog logger.
    """
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        path = Path(folder) / file_name(name)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=MAXIMUM_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace", delay=True
        )
    else:
        handler = logging.NullHandler()
    handler.setFormatter(_FORMATTER)
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    log = structlog.wrap_logger(
        _Line(handler),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        context_class=dict,
        cache_logger_on_first_use=True,
    ).bind(actor=name, **bound)
    root = logging.RootLogger(logging.WARNING)
    root.addHandler(_Foreign(log))
    logging.root = root
    logging.Logger.root = root
    logging.Logger.manager = logging.Manager(root)
    return log
