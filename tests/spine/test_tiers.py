"""A cheaper tier while live messages wait too long, imports that wait for the best, and the operator's word."""

from __future__ import annotations

import json
from collections import Counter

import msgspec
from typer.testing import CliRunner, Result

from actors.console.admin import app
from tests.spine.conftest import StartSystem
from tests.spine.feeding import feed, message, rows_of, shards

HEAVY = "tests.spine.engines:HeavyEngine"


def test_live_messages_that_wait_too_long_get_a_cheaper_tier_and_their_rows_say_so(start_system: StartSystem) -> None:
    system = start_system(language__engine=HEAVY, language__fall_s=0.5, language__batch=4, language__rest_s=300.0)
    sent = [message(f"c{number}", 1) for number in range(120)]
    assert feed(system, sent).rows == 120
    tiers = Counter(row.tier for row in rows_of(system))
    assert tiers["full"] >= 1
    assert tiers["reduced"] + tiers["essential"] >= 40
    answers = shards(system, "tier")
    assert all(answer["falls"] for answer in answers)
    assert {answer["wanted"] for answer in answers} == {"auto"}


def test_an_import_waits_for_the_best_tier(start_system: StartSystem) -> None:
    system = start_system(language__engine=HEAVY, language__fall_s=0.2, language__batch=4)
    sent = [msgspec.structs.replace(message(f"c{number}", 1), imported=True) for number in range(30)]
    assert feed(system, sent).rows == 30
    assert {row.tier for row in rows_of(system)} == {"full"}


def test_an_operator_asks_for_a_tier(start_system: StartSystem) -> None:
    system = start_system(language__engine=HEAVY)

    def tier(*words: str) -> Result:
        return CliRunner().invoke(app, ["tier", *words, "--folder", str(system.path), "--json"])

    assert {each["tier"] for each in json.loads(tier().stdout)["tiers"]} == {"full"}
    told = json.loads(tier("essential").stdout)
    assert [(each["tier"], each["wanted"]) for each in told["tiers"]] == [("essential", "essential")] * 2
    feed(system, [message("a", 1, run="first")], run="first")
    refused = tier("best")
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "no tier 'best'" in refused.stderr
    assert tier("auto").exit_code == 0
    feed(system, [message("a", 2, run="second")], run="second")
    assert [row.tier for row in rows_of(system)] == ["essential", "full"]
