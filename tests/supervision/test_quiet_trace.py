"""A log file never holds what a customer wrote, not even where an error quotes it."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from store.errors import DiskFull
from supervision.logs import open_log
from supervision.quiet_trace import HUSHED, quiet_trace

WRITTEN = "marma" + "lade"  # a trace shows the line that raises


def raised(*errors: BaseException) -> BaseException:
    """Raise errors one from another, and give the last."""
    last: BaseException | None = None
    for error in errors:
        try:
            raise error from last
        except BaseException as caught:  # noqa: BLE001 - the test's own
            last = caught
    assert last is not None
    return last


@pytest.mark.parametrize(
    "errors",
    [
        (ValueError("could not convert 'marmalade'"),),
        (KeyError("marmalade"), RuntimeError("while\nreading marmalade")),
        (ExceptionGroup("some", [TypeError("not marmalade")]),),
        (UnicodeDecodeError("utf-8", b"marmalade", 0, 1, "bad"), OSError("the disk said so")),
    ],
)
def test_foreign_messages_are_left_out_wherever_they_stand(errors: tuple[BaseException, ...]) -> None:
    line, trace = quiet_trace(raised(*errors))
    assert "marmalade" not in line + trace
    assert type(errors[-1]).__name__ in line
    assert all(type(error).__name__ in trace for error in errors)
    assert "test_quiet_trace.py" in trace


def test_our_own_messages_and_the_systems_stay() -> None:
    line, trace = quiet_trace(raised(OSError(28, "No space left on device"), DiskFull("state/000: the disk is full")))
    assert line == "DiskFull: state/000: the disk is full"
    assert "No space left on device" in trace
    assert HUSHED not in trace


def test_what_libraries_log_with_a_trace_is_hushed_too(tmp_path: Path) -> None:
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    try:
        open_log(str(tmp_path), "actor", "info")
        try:
            raise ValueError(WRITTEN)
        except ValueError:
            logging.getLogger("library").exception("it failed")
    finally:
        root.handlers[:] = before
    (line,) = (tmp_path / "actor.jsonl").read_text().splitlines()
    assert WRITTEN not in line
    assert "ValueError" in json.loads(line)["exception"]
