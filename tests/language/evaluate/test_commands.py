"""``majlis understand`` and ``majlis evaluate`` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actors.console.evaluate import command as evaluate
from actors.console.understand import command as understand

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


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere.txt", "--tier", "rules"], "nowhere.txt"),
        (["-", "--tier", "best"], "unknown engine 'best'"),
        (["-", "--tier", "full", "--models", "nowhere"], "nowhere"),
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


def test_evaluate_wants_one_set(tmp_path: Path) -> None:
    assert run(evaluate).exit_code == 2
    assert run(evaluate, str(tmp_path / "no.jsonl")).exit_code == 2
    path = labelled(tmp_path, '{"text": "a"}')
    assert run(evaluate, str(path), "--flow", str(path)).exit_code == 2
