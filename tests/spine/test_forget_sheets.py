"""Forgetting a person whose rows are in Google Sheets, or wait for it: cells are emptied, no file keeps a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actors.sheets.settings import SheetsSettings
from stress.system_under_test import SystemUnderTest
from tests.sheets.conftest import bench, book, key_file, keys_server, owner_key_file, server, settings
from tests.sheets.whole_system import chosen, feed
from tests.spine.feeding import finished, message, until
from tests.spine.test_forget import SOPHIE, from_sophie, holding, majlis

__all__ = ["bench", "book", "key_file", "keys_server", "owner_key_file", "server", "settings"]


@pytest.mark.slow
def test_cells_are_emptied_and_rows_that_wait_reach_google_without_a_word(
    bench: Any, server: Any, settings: SheetsSettings, tmp_path: Path
) -> None:
    with SystemUnderTest(tmp_path / "data", chosen(settings)) as system:
        feed(system, [from_sophie(1, "hello"), message("Omar", 1, "hello from Omar")], "run")
        finished(system, 2)
        system.ask("sink", "pause")  # what comes now waits, as while Google does not answer
        feed(system, [from_sophie(2, "the plan", run="later"), message("Omar", 2, "more", run="later")], "later")

        def forgotten() -> bool:
            done = majlis("admin", "forget", SOPHIE, "--yes", "--json", "--timeout", "30", "--folder", str(system.path))
            return done.returncode == 0 and json.loads(done.stdout)["removed"]["rows"] >= 1

        until(forgotten, "it is taken in", 60)
        system.ask("sink", "resume")
        finished(system, 2, "later")

        def emptied() -> bool:
            cells = str(bench.values())
            return "marmalade" not in cells and SOPHIE not in cells and cells.count("[deleted on request]") >= 2

        until(emptied, "the cells say nothing any more", 60)
        texts = [row[bench.values()[0].index("Text")] for row in bench.values()[1:]]
        assert sorted(texts) == ["[deleted on request]"] * 2 + ["hello from Omar", "more"]
    with SystemUnderTest(tmp_path / "data", chosen(settings)):
        pass
    assert holding(tmp_path / "data") == {}
