"""Scores, on small sets whose right scores are counted by hand."""

from __future__ import annotations

import json

import pytest

from actors.language.engine import EmptyEngine, EngineError, RulesEngine, load_engine
from actors.language.evaluate import calibration, label_scores, score
from actors.language.evaluate_flow import DetectorError, Dialogue, Turn, load_detector, read_dialogues, score_flow
from actors.language.evaluate_records import Record, RecordError, parse_record, read_records
from actors.language.evaluate_report import render
from messages.understanding import Entity, EntityType, Understanding, WorkItem


def entity(kind: EntityType, start: int, end: int, value: str | float = "x") -> Entity:
    return Entity(type=kind, start=start, end=end, text="?" * (end - start), value=value)


def record(text: str = "?" * 40, **fields: object) -> Record:
    return parse_record(json.dumps({"id": "1", "lang": "en", "text": text, **fields}))


def gold(kind: str, start: int, end: int, value: object = "x") -> dict[str, object]:
    return {"type": kind, "start": start, "end": end, "value": value}


def test_strict_relaxed_and_values_are_counted_apart() -> None:
    records = [
        record(
            entities=[
                gold("price", 0, 3, 900),
                gold("project", 5, 9),
                gold("date", 10, 14, "2026-01-01"),
                gold("unit", 20, 22),
            ]
        )
    ]
    found = (
        entity("price", 0, 3, 9000),  # right span, wrong value
        entity("location", 5, 10),  # relaxed only: project and location are one
        entity("date", 10, 14, "2026-01-01"),
        entity("time", 30, 33),  # extra
    )
    scores = score(records, [Understanding(entities=found)])["entities"]
    assert (scores["strict"]["tp"], scores["strict"]["fp"], scores["strict"]["fn"]) == (2, 2, 2)
    assert (scores["relaxed"]["tp"], scores["relaxed"]["fp"], scores["relaxed"]["fn"]) == (3, 1, 1)
    assert scores["values"] == {"accuracy": 0.5, "right": 1, "of": 2}
    assert scores["by_type"]["unit"]["strict"]["fn"] == 1


def test_one_long_prediction_pairs_with_one_label_only() -> None:
    records = [record(entities=[gold("location", 0, 4), gold("location", 6, 9)])]
    scores = score(records, [Understanding(entities=(entity("location", 0, 9),))])["entities"]
    assert (scores["relaxed"]["tp"], scores["relaxed"]["fn"]) == (1, 1)


def test_a_set_with_values_scores_them_and_only_the_types_it_labels() -> None:
    records = [
        record(entities=[{"type": "location", "start": 0, "end": 4}], values={"bedrooms": 2.0}),
        record(entities=[], values={"bedrooms": 3}),
        record(entities=[], values={}),
    ]
    answers = [
        Understanding(entities=(entity("location", 0, 4), entity("price", 5, 9), entity("bedrooms", 10, 12, 2))),
        Understanding(),
        Understanding(entities=(entity("bedrooms", 10, 12, 1),)),
    ]
    scores = score(records, answers)
    assert scores["entities"]["types"] == ["location"]
    assert scores["entities"]["strict"]["f1"] == 1
    assert scores["entities"]["values"]["accuracy"] is None
    assert [scores["values_only"][key] for key in ("tp", "fp", "fn")] == [1, 1, 1]


def test_a_record_with_values_alone_hides_nothing_of_the_others() -> None:
    records = [record(entities=[gold("bedrooms", 0, 3, 2)]), record(values={"bedrooms": 2})]
    found = Understanding(entities=(entity("bedrooms", 0, 3, 2), *(entity("date", n, n + 1) for n in range(5, 9))))
    alone, both = score(records[:1], [found]), score(records, [found, found])
    assert alone["entities"]["strict"]["f1"] == pytest.approx(1 / 3)
    assert both["entities"] == alone["entities"]
    assert both["entities"]["types"] == "all"
    assert both["values_only"]["f1"] == 1


def test_urgency_has_no_f1_where_nothing_is_urgent() -> None:
    records, answers = [record(urgent=False), record(urgent=False)], [Understanding(urgent=u) for u in (False, True)]
    urgent = score(records, answers)["urgent"]
    assert urgent["f1"] is None
    assert (urgent["records"], urgent["fp"]) == (2, 1)


def test_labels_that_are_missing_or_unavailable_are_not_scored() -> None:
    scores = score([record(intent="inquiry", urgent=True)], [Understanding(unavailable=("intent", "sentiment"))])
    assert scores["entities"] is None
    assert scores["intent"] is None
    assert scores["sentiment"] is None
    assert scores["urgent"] is None


def test_labels_by_class() -> None:
    scores = label_scores([("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")])
    assert scores is not None
    assert scores["accuracy"] == 0.75
    assert scores["macro_recall"] == 0.75
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2)
    assert scores["confusion"] == {"a": {"a": 1, "b": 1}, "b": {"b": 2}}
    assert label_scores([]) is None


def test_calibration_error_is_the_weighted_gap() -> None:
    scores = calibration([(0.95, True), (0.95, False), (0.55, True), (1.0, True)])
    assert scores is not None
    # bin 9: mean confidence 0.9667, accuracy 2/3; bin 5: 0.55 and 1
    assert scores["ece"] == pytest.approx(0.75 * (2.9 / 3 - 2 / 3) + 0.25 * 0.45)


def test_scores_come_by_language_and_by_tier() -> None:
    records = [record(lang="en", intent="spam"), record(lang="ar", intent="spam")]
    answers = [Understanding(intent="spam", tier="full"), Understanding(intent="other", tier="reduced")]
    scores = score(records, answers)
    assert scores["by_language"]["en"]["intent"]["accuracy"] == 1
    assert scores["by_tier"]["reduced"]["intent"]["accuracy"] == 0
    assert scores["languages"] == {"ar": 1, "en": 1}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ("{}", "no field 'text'"),
        ('{"text": "a", "ts": "then"}', "'ts' is no ISO"),
        ('{"text": "a", "intent": "party"}', "unknown intent 'party'"),
        ('{"text": "a", "urgent": "yes"}', "'urgent'"),
        ('{"text": "a", "entities": {}}', "'entities' is not a list"),
        ('{"text": "a", "entities": [{"type": "moon"}]}', "no known type"),
        ('{"text": "a", "entities": [{"type": "date", "start": 0, "end": 2}]}', "no span"),
        ('{"text": "ab", "entities": [{"type": "date", "start": 0, "end": 2, "text": "b"}]}', "its text is not"),
        ('{"text": "a", "values": [1]}', "'values'"),
        ('{"text": "a", "values": {"beds": 2}}', "'beds'"),
        ('{"text": "a", "values": {"bedrooms": true}}', "'values'"),
        ('{"text": "a", "id": {"a": 1}}', "'id'"),
        ('{"text": "a", "region": "foo"}', "unknown region 'foo'"),
    ],
)
def test_a_bad_record_says_what_is_wrong(line: str, reason: str) -> None:
    with pytest.raises(RecordError) as caught:
        parse_record(line)
    assert reason in str(caught.value)


def test_bad_lines_are_named_and_the_rest_is_read() -> None:
    records, problems = read_records(['{"text": "a"}', "", "nonsense", '{"text": "b\\ud800"}'], "set.jsonl")
    assert [one.text for one in records] == ["a", "b\ufffd"]
    assert problems[0].startswith("set.jsonl:3: not JSON")


class Keyword:
    """Switches whenever the word "also" comes up."""

    def __init__(self) -> None:
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1

    def turn(self, speaker: str, text: str) -> bool:
        return speaker == "user" and "also" in text


def test_flow_counts_labelled_turns_only() -> None:
    turns = [
        {"speaker": "user", "text": "hi", "switch": False},
        {"speaker": "system", "text": "also"},
        {"speaker": "user", "text": "also x", "switch": True},
        {"speaker": "user", "text": "new", "switch": True},
    ]
    lines = [
        json.dumps({"id": "1", "turns": turns}),
        '{"id": "2", "turns": [{"text": "also", "switch": false}]}',
        '{"turns": [{"text": 1}]}',
        '{"turns": [{"text": "a", "switch": 1}]}',
        "x",
    ]
    dialogues, problems = read_dialogues(lines, "f.jsonl")
    detector = Keyword()
    scores = score_flow(dialogues, detector)
    assert detector.resets == 2
    assert [scores[key] for key in ("tp", "fp", "fn", "turns", "switches")] == [1, 1, 1, 4, 2]
    assert (scores["precision"], scores["recall"], scores["f1"]) == (0.5, 0.5, 0.5)
    assert [problem.partition(": ")[0] for problem in problems] == ["f.jsonl:3", "f.jsonl:4", "f.jsonl:5"]


def test_a_detector_is_loaded_by_name_or_refused() -> None:
    assert load_detector(f"{__name__}:Keyword").turn("user", "also")
    for name in ("nowhere:X", "actors.language.engine:Nothing", "plain"):
        with pytest.raises(DetectorError):
            load_detector(name)


def test_the_report_is_one_page_that_escapes_its_data() -> None:
    records = [
        record(lang="<b>", entities=[gold("price", 0, 3, 1)], intent="inquiry", sentiment="neutral", urgent=False),
        record(values={"bedrooms": 1}),
    ]
    answer = Understanding(
        entities=(entity("price", 0, 3, 1),),
        intent="inquiry",
        intent_confidence=0.9,
        sentiment="neutral",
        urgent=False,
        tier="full",
    )
    report = {"set": "<script>x</script>", "engine": "full", "reason": "", "seconds": 1.0, "bad_lines": ["a:1: <i>"]}
    page = render({**report, **score(records, [answer, answer])})
    assert page.count("<svg") == 4
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "&lt;i&gt;" in page
    assert "http" not in page
    flow = score_flow([Dialogue("1", (Turn("user", "also", switch=True),))], Keyword())
    assert "context switches" in render({"set": "f", "detector": "d", "flow": flow, "bad_lines": []})


def test_engines_by_name() -> None:
    item = WorkItem(key=7, text="2BR in JVC", sent_ms=0)
    (result,) = EmptyEngine().understand([item])
    assert result.key == 7
    assert result.understanding is not None
    assert result.understanding == Understanding(tier="none", unavailable=result.understanding.unavailable)
    rules = load_engine("rules")
    assert rules.tier == "essential"
    (result,) = rules.understand([item])
    assert result.understanding is not None
    assert [one.value for one in result.understanding.entities] == [2, "jumeirah village circle"]
    assert result.understanding.lang == "en"
    assert "intent" in result.understanding.unavailable
    assert load_engine(f"{__name__}:Broken").tier == "none"
    for name in ("nonsense", "nowhere:X", "actors.language.engine:Nothing", "os:getcwd", ":x", f"{__name__}:Keyword"):
        with pytest.raises(EngineError):
            load_engine(name)


class Broken:
    """An engine's part that raises on one text."""

    tier = "none"

    def understand(self, items: list[WorkItem], tier: object = None) -> list[object]:
        return []

    def extract(self, text: str, **_: object) -> tuple[Entity, ...]:
        if text == "bad":
            raise RuntimeError("boom")
        return ()


def test_an_item_that_raises_does_not_cost_the_others() -> None:
    engine = RulesEngine(extractor=Broken())  # type: ignore[arg-type]
    good, bad, last = engine.understand([WorkItem(key=n, text=text) for n, text in enumerate(("a", "bad", "b"))])
    assert good.understanding is not None
    assert last.understanding is not None
    assert bad.understanding is None
    assert "RuntimeError: boom" in bad.error
