"""Strangers' text on a terminal."""

from __future__ import annotations

import pytest

from actors.console.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, مرحبا 🙂", "plain text, مرحبا 🙂"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
    ],
)
def test_nothing_acts_on_the_terminal(text: str, shown: str) -> None:
    assert visible(text) == shown
