"""``majlis understand`` and ``majlis evaluate`` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actors.console.evaluate import command as evaluate
from actors.console.understand import command as understand
from messages.understanding import Understanding, WorkItem, WorkResult

GOOD = '{"id": "m1", "lang": "en", "ts": "2026-05-12T11:00:00+04:00", "text": "2BR tomorrow?"}'


def run(command: object, *arguments: str, given: bytes | str = b"") -> Result:
    return CliRunner().invoke(command, list(arguments), input=given)  # type: ignore[arg-type]


def test_understand_writes_the_contracts_object_for_each_line() -> None:
    result = run(understand, "--tier", "essential", given=GOOD + "\n\nplain text with $500\n")
    assert result.exit_code == 0
    first, empty, plain = [json.loads(line) for line in result.stdout.splitlines()]
    assert first == {
        "id": "m1",
        "lang": "en",
        "ts": "2026-05-12T11:00:00+04:00",
        "text": "2BR tomorrow?",
        "entities": [
            {"type": "bedrooms", "start": 0, "end": 3, "text": "2BR", "value": 2},
            {"type": "date", "start": 4, "end": 12, "text": "tomorrow", "value": "2026-05-13"},
        ],
        "intent": None,
        "sentiment": None,
        "urgent": None,
    }
    assert empty["entities"] == []
    assert plain["entities"][0]["value"] == 500


def test_understand_keeps_going_after_bad_lines_and_counts_them() -> None:
    result = run(
        understand, "--tier", "essential", given=b'{"text": 1}\n\xff\xfe\n{"text": "ok"\n' + GOOD.encode() + b"\n"
    )
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line.get("line") for line in lines] == [1, 2, 3, None]
    assert lines[3]["id"] == "m1"
    assert "3 lines could not be used" in result.stderr
    assert "standard input:2: not UTF-8 at byte 0" in result.stderr
    assert result.exit_code == 2


def test_understand_reads_a_file_and_tells_details(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(GOOD + "\n", encoding="utf-8")
    result = run(understand, str(path), "--tier", "rules", "--details")
    entity = json.loads(result.stdout)["entities"][0]
    assert entity["layer"] == "rules"
    assert 0 < entity["confidence"] <= 1


def test_a_national_number_follows_the_senders_clock() -> None:
    record = {"text": "call 07700 900123", "ts": "2026-05-12T11:00:00+01:00"}
    result = run(understand, "--tier", "rules", given=json.dumps(record))
    assert json.loads(result.stdout)["entities"][0]["value"] == "+447700900123"


@pytest.mark.parametrize("stamp", ["2026-05-12T11:00:00Z", "2026-05-12T11:00:00"])
@pytest.mark.parametrize("options", [(), ("--region", "AE"), ("--region", "ae")])
def test_a_clock_in_utc_does_not_tell_a_country(stamp: str, options: tuple[str, ...]) -> None:
    record = {"text": "call 050 123 4567", "ts": stamp}
    result = run(understand, "--tier", "rules", *options, given=json.dumps(record))
    assert json.loads(result.stdout)["entities"][0]["value"] == "+971501234567"


def test_a_named_region_wins_over_the_clock_in_any_case() -> None:
    record = {"text": "call 050 123 4567", "ts": "2026-05-12T11:00:00+01:00"}
    for options, extra in ((("--region", "ae"), {}), ((), {"region": "ae"})):
        result = run(understand, "--tier", "rules", *options, given=json.dumps({**record, **extra}))
        assert json.loads(result.stdout)["entities"][0]["value"] == "+971501234567"


def test_a_records_unknown_region_is_its_own_error() -> None:
    given = json.dumps({"text": "050 123 4567", "region": "foo"}) + "\n" + GOOD + "\n"
    result = run(understand, "--tier", "rules", given=given)
    first, second = map(json.loads, result.stdout.splitlines())
    assert "unknown region 'foo'" in first["error"]
    assert second["id"] == "m1"


def test_an_id_comes_back_as_it_was_and_an_object_is_refused() -> None:
    ids = (7, 2.5, "x", None, True, 12345678901234567890)
    result = run(understand, "--tier", "rules", given="\n".join(json.dumps({"id": i, "text": "a"}) for i in ids))
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == list(ids)
    for wrong in ({"a": 1}, [1]):
        result = run(understand, "--tier", "rules", given=json.dumps({"id": wrong, "text": "a"}))
        assert "'id'" in json.loads(result.stdout)["error"]
        assert result.exit_code == 2


def test_the_language_is_always_one_of_the_contracts() -> None:
    lines = [{"text": "😀😀"}, {"text": "123"}, {"text": "شقة للبيع"}, {"text": "hello", "lang": "fr"}, {"text": ""}]
    result = run(understand, "--tier", "rules", given="\n".join(map(json.dumps, lines)))
    assert [json.loads(line)["lang"] for line in result.stdout.splitlines()] == ["en", "en", "ar", "en", "en"]


def test_the_settings_hold_for_both_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "majlis.toml"
    config.write_text('[language]\nengine = "rules"\nregion = "GB"\n', encoding="utf-8")
    given = json.dumps({"text": "call 07700 900123"})
    result = run(understand, "--config", str(config), "--details", given=given)
    answer = json.loads(result.stdout)
    assert (answer["tier"], answer["entities"][0]["value"]) == ("essential", "+447700900123")
    assert result.stderr == ""
    path = labelled(tmp_path, '{"text": "2BR", "intent": "inquiry"}')
    report = json.loads(run(evaluate, str(path), "--config", str(config), "--json").stdout)
    assert report["tiers"] == {"essential": 1}
    monkeypatch.setenv("MAJLIS_UNDERSTANDING__MODELS", str(tmp_path / "here"))
    assert str(tmp_path / "here") in run(understand, given=given).stderr
    assert str(tmp_path / "there") in run(understand, "--models", str(tmp_path / "there"), given=given).stderr


def test_one_long_line_costs_its_neighbours_nothing() -> None:
    lines = [{"text": ("12 x 14 in JVC, " * 5000)[:65_536]}, {"text": "2 bed in JVC under 90k, 050 123 4567"}]
    result = run(understand, "--tier", "rules", "--details", given="\n".join(map(json.dumps, lines)))
    long, short = map(json.loads, result.stdout.splitlines())
    assert "later_entities" in long["unavailable"]
    assert [e["type"] for e in short["entities"]] == ["bedrooms", "location", "price", "phone"]
    assert "later_entities" not in short["unavailable"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere.txt", "--tier", "rules"], "nowhere.txt"),
        (["-", "--tier", "best"], "unknown engine 'best'"),
        (["-", "--tier", "full", "--models", "nowhere"], "nowhere"),
        (["-", "--tier", "os:getcwd"], "os:getcwd"),
        (["-", "--tier", ":x"], ":x"),
        (["-", "--tier", "rules", "--region", "foo"], "unknown region 'foo'"),
    ],
)
def test_understand_refuses_in_one_line(arguments: list[str], reason: str) -> None:
    result = run(understand, *arguments)
    assert result.exit_code == 2
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1


def labelled(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_evaluate_scores_what_is_labelled(tmp_path: Path) -> None:
    entities = [{"type": "bedrooms", "start": 0, "end": 3, "text": "2BR", "value": 2}]
    path = labelled(tmp_path, json.dumps({**json.loads(GOOD), "entities": entities, "intent": "inquiry"}))
    result = run(evaluate, str(path), "--tier", "essential", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["set"] == "set.jsonl"
    assert report["entities"]["strict"]["precision"] == 0.5
    assert report["entities"]["strict"]["recall"] == 1
    assert report["intent"] is None
    assert report["tiers"] == {"essential": 1}
    page = tmp_path / "report.html"
    shown = run(evaluate, str(path), "--tier", "essential", "--html", str(page))
    assert "entities strict F1" in shown.stdout
    assert "<svg" in page.read_text(encoding="utf-8")


def test_evaluate_names_bad_lines_counts_them_and_scores_the_rest(tmp_path: Path) -> None:
    path = labelled(tmp_path, '{"text": "a", "entities": []}', '{"text": "a", "intent": "dance"}', "[")
    result = run(evaluate, str(path), "--tier", "essential", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["records"] == 1
    assert "set.jsonl:2: unknown intent 'dance'" in result.stderr
    assert "set.jsonl:3: not JSON" in result.stderr


def test_evaluate_scores_dialogues(tmp_path: Path) -> None:
    turns = [{"speaker": "user", "text": "hi", "switch": False}, {"speaker": "user", "text": "also", "switch": True}]
    path = labelled(tmp_path, json.dumps({"id": "d", "turns": turns}))
    result = run(evaluate, "--flow", str(path), "--detector", "tests.language.evaluate.test_scores:Keyword", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["precision"], report["recall"], report["f1"]) == (1, 1, 1)


def test_evaluate_scores_dialogues_by_the_tier_that_is_named(tmp_path: Path) -> None:
    turns = [
        {"speaker": "user", "text": "is unit 1203 in Princess Tower free?", "switch": False},
        {"speaker": "user", "text": "and how much is unit 405 in Marina Gate?", "switch": True},
    ]
    path = labelled(tmp_path, json.dumps({"id": "d", "turns": turns}))
    result = run(evaluate, "--flow", str(path), "--tier", "rules", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["f1"] == 1


def test_evaluate_wants_one_set(tmp_path: Path) -> None:
    assert run(evaluate).exit_code == 2
    assert run(evaluate, str(tmp_path / "no.jsonl")).exit_code == 2
    path = labelled(tmp_path, '{"text": "a"}')
    assert run(evaluate, str(path), "--flow", str(path)).exit_code == 2


def test_evaluate_refuses_what_is_no_set_engine_or_detector_in_one_line(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n", encoding="utf-8")
    turns = labelled(tmp_path, json.dumps({"turns": [{"text": "hi", "switch": False}]}))
    for arguments, reason in (
        ([str(empty), "--tier", "rules"], "no records"),
        (["--flow", str(empty)], "no dialogues"),
        (["--flow", str(turns), "--detector", "os:getcwd"], "os:getcwd"),
        (["--flow", str(turns), "--models", str(tmp_path / "none"), "--tier", "reduced"], str(tmp_path / "none")),
        (["--flow", str(turns), "--tier", "all"], "one --tier"),
        (["--flow", str(turns), "--tier", "rules", "--detector", "a:b"], "--detector"),
        ([str(turns), "--tier", "rules", "--region", "foo"], "unknown region"),
    ):
        result = run(evaluate, *arguments)
        assert result.exit_code == 2
        assert reason in result.stderr
        assert result.stderr.count("\n") == 1


def test_several_tiers_stand_side_by_side(tmp_path: Path) -> None:
    path = labelled(tmp_path, '{"text": "2BR", "entities": [{"type": "bedrooms", "start": 0, "end": 3}]}')
    result = run(evaluate, str(path), "--tier", "rules", "--tier", "empty", "--json")
    report = json.loads(result.stdout)
    assert {name: part["entities"]["strict"]["recall"] for name, part in report["by_tier"].items()} == {
        "rules": 1,
        "empty": 0,
    }
    assert report["engine"] == "rules"
    assert report["entities"]["strict"]["recall"] == 1
    shown = run(evaluate, str(path), "--tier", "rules", "--tier", "empty", "--html", str(tmp_path / "page.html"))
    assert "rules" in shown.stdout
    assert "empty" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_all_stands_for_the_three_tiers_that_can_be_had(tmp_path: Path) -> None:
    path = labelled(tmp_path, '{"text": "2BR", "entities": []}')
    result = run(evaluate, str(path), "--tier", "all", "--models", str(tmp_path / "none"), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["engine"] == "essential"
    full, reduced = result.stderr.splitlines()
    assert full.startswith("majlis: full is left out")
    assert reduced.startswith("majlis: reduced is left out")


def test_a_single_tier_is_no_column_of_its_own(tmp_path: Path) -> None:
    path = labelled(tmp_path, '{"text": "2BR", "lang": "en", "entities": []}')
    assert "essential" not in run(evaluate, str(path), "--tier", "rules").stdout.partition("\n")[2]


class Counting:
    """An engine with statistics."""

    tier = "none"

    def understand(self, items: list[WorkItem], tier: str | None = None) -> list[WorkResult]:
        return [WorkResult(key=item.key, understanding=Understanding()) for item in items]

    def stats(self) -> dict[str, float]:
        return {"cache_hit_rate": 0.25, "cascade_share": 0.5}


def test_the_caches_hit_rate_is_reported(tmp_path: Path) -> None:
    path = labelled(tmp_path, '{"text": "2BR", "intent": "inquiry"}')
    engine = f"{__name__}:Counting"
    report = json.loads(run(evaluate, str(path), "--tier", engine, "--json").stdout)
    assert report["statistics"] == {"cache_hit_rate": 0.25, "cascade_share": 0.5}
    assert "cache hit rate 25.0%" in run(evaluate, str(path), "--tier", engine).stdout
