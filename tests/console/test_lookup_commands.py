"""``majlis admin lookups`` and ``sink --whole`` where tables were imported and where the sink reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

import pytest
from click.testing import CliRunner, Result

from actors.console import admin_channels
from actors.console.admin import command
from actors.sheets.lookup_files import lookup_file, write_lookup
from messages.admin import AdminAnswer

EMBEDDED = "the embedded sink writes to this disk: lookups is of the Google Sheets sink"
STOCK = [
    {"Reference": "R-1", "Project": "Zenith Quartz Residences", "Price": "AED 2.1M"},
    {},
    {"Reference": "R-2", "Project": "Oryx Halcyon Tower", "Price": "2.450"},
    {"Reference": "TOTAL", "Price": "4500000"},
]


class System:
    """Answers as actors do: errors are texts, all else is what it told."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def names(self, prefix: str = "") -> list[str]:
        return [f"{prefix}0"]

    def ask(self, target: str, verb: str, arguments: dict[str, Any], timeout_s: float) -> AdminAnswer:
        told = self.answers.get(verb, {"counters": {"lookups": 3, "messages": 4}})
        if isinstance(told, str):
            return AdminAnswer(id=1, target=target, ok=False, error=told)
        return AdminAnswer(id=1, target=target, ok=True, result=told)


def run(monkeypatch: pytest.MonkeyPatch, system: System, *arguments: object) -> Result:
    monkeypatch.setattr(admin_channels, "connect", lambda folder: system)
    monkeypatch.setattr("actors.console.admin_asking.connect", lambda folder: system)
    return CliRunner().invoke(command, [str(one) for one in arguments])  # type: ignore[arg-type]


def test_imported_tables_are_shown_with_the_embedded_sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lookup(lookup_file(tmp_path, "properties"), STOCK)
    system = System(lookups=EMBEDDED)
    done = run(monkeypatch, system, "lookups", "--folder", tmp_path, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    properties = told["tables"]["properties"]
    assert (properties["rows"], properties["unusable"]) == (3, 2)
    assert properties["problems"] == [
        "line 4: price '2.450' has two readings: is it a thousands or a decimal point?",
        "line 5: it adds other rows up and is no property",
    ]
    assert told["asked"] == {"sink": 0, "replies": 3, "names": 4}
    shown = run(monkeypatch, system, "lookups", "--folder", tmp_path)
    assert "properties, not used: line 4: price '2.450' has two readings" in shown.stdout
    empty = run(monkeypatch, system, "lookups", "--folder", tmp_path / "none")
    assert (empty.exit_code, EMBEDDED in empty.stderr) == (1, True)


def test_rows_of_the_spreadsheet_that_cannot_be_used_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lookup(lookup_file(tmp_path, "properties"), STOCK * 5)
    stock = {"worksheet": "Stock", "rows": 20, "age_s": 2.0, "trouble": ""}
    system = System(lookups={"tables": {"properties": stock}, "lookups": 1, "misses": 0, "reads": 1, "counters": {}})
    done = run(monkeypatch, system, "lookups", "--folder", tmp_path)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.count("not used: line") == 5
    assert "properties, not used: 5 more" in done.stdout
    assert "Stock" in done.stdout
    broken = run(monkeypatch, System(lookups="the sink is not connected yet"), "lookups", "--folder", tmp_path)
    assert (broken.exit_code, "not connected yet" in broken.stderr) == (1, True)


def test_a_table_of_which_nothing_is_offered_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lookup(lookup_file(tmp_path, "properties"), [{"Project": "No Reference House"}])
    done = run(monkeypatch, System(lookups=EMBEDDED), "lookups", "--folder", tmp_path, "--json")
    trouble = json.loads(done.stdout)["tables"]["properties"]["trouble"]
    assert trouble == "nothing of it is offered: there is no column 'reference'"


def test_nothing_is_claimed_of_a_row_that_was_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded = System(whole={"row": None}, sheets=EMBEDDED.replace("lookups", "sheets"))
    done = run(monkeypatch, embedded, "sink", "--whole", "abc", "--folder", tmp_path)
    assert done.exit_code == 1
    assert "spreadsheet" not in done.stderr
    assert "`majlis rows` shows them whole" in done.stderr
    done = run(monkeypatch, System(whole={"row": None}), "sink", "--whole", "abc", "--folder", tmp_path)
    assert "if the spreadsheet has a row of this id" in done.stderr
