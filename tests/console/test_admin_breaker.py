"""``majlis admin breaker``: which circuit breakers are shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from actors.console import admin_channels
from actors.console.admin import app

BREAKERS = [
    {"name": name, "state": "closed", "open_for_s": 0.0, "forced": False, "times": 0, "last_failure": ""}
    for name in ("book", "spare")
]


@pytest.mark.parametrize(("arguments", "shown"), [(("breaker",), ["book", "spare"]), (("breaker", "spare"), ["spare"])])
def test_a_name_shows_that_one_alone(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], shown: list[str]
) -> None:
    monkeypatch.setattr(admin_channels, "ask", lambda *_: {"breakers": BREAKERS})
    found: dict[str, Any] = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert [each["name"] for each in found["breakers"]] == shown
    table = CliRunner().invoke(app, list(arguments)).stdout
    assert ("book" in table) is ("book" in shown)


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch, form: list[str]) -> None:
    monkeypatch.setattr(admin_channels, "ask", lambda *_: {"breakers": BREAKERS})
    done = CliRunner().invoke(app, ["breaker", "nosuchid", *form])
    assert done.exit_code == 1
    assert "no breaker nosuchid" in done.stderr
