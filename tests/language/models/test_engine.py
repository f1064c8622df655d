"""The engine on the real models: tiers, understanding, bad input, cache, budgets, damaged files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from actors.language.engine import EngineError, load_engine
from actors.language.hybrid import HybridEngine
from actors.language.hybrid_cache import normalised, put_back
from actors.language.models_manifest import ModelFileError
from actors.language.settings import LanguageSettings
from actors.language.tagger.decode import Name
from messages.understanding import Tier, Understanding, WorkItem

pytestmark = pytest.mark.slow

SENT = 1_772_000_000_000


def _one(engine: HybridEngine, text: str, tier: str | None = None) -> Understanding:
    result = engine.understand([WorkItem(key=7, text=text, sent_ms=SENT)], tier)  # type: ignore[arg-type]
    assert result[0].key == 7
    assert result[0].error == ""
    assert result[0].understanding is not None
    return result[0].understanding


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Is there a two bedroom flat for rent near the beach?", "inquiry"),
        ("Can we come and see the villa on Saturday morning?", "viewing_request"),
        ("The toilet is blocked and nobody came to repair it, terrible", "complaint"),
        ("Please send me a copy of the tenancy contract", "document_request"),
        ("Hello, good morning", "greeting"),
        ("Thank you very much!", "thank_you"),
        ("That's all for now, goodbye", "closing"),
        ("السلام عليكم ورحمة الله", "greeting"),
        ("شكرا جزيلا لكم", "thank_you"),
        ("momken ashoof el sha2a bokra el sa3a 5?", "viewing_request"),
    ],
)
def test_plain_messages_are_understood(engine: HybridEngine, text: str, intent: str) -> None:
    assert _one(engine, text).intent == intent


def test_urgency_and_its_denial(engine: HybridEngine) -> None:
    assert _one(engine, "Water is flooding the kitchen, send someone right now!!").urgent is True
    assert _one(engine, "The hallway lamp is out, no rush, any day is fine").urgent is False


def test_sentiment_has_its_sign(engine: HybridEngine) -> None:
    good = _one(engine, "We absolutely love the flat, wonderful! 😍")
    bad = _one(engine, "This is awful, I am furious 😡")
    assert (good.sentiment, bad.sentiment) == ("positive", "negative")
    assert good.sentiment_score > 0 > bad.sentiment_score


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "😀" * 40,
        "a" * 65_536,
        "word " * 13_107,
        "https://example.test/" + "x" * 3000,
        "\u202eشقة 2BR\u202c JVC",
        "Z̷̡̢̛͓̪̘͉͎a̸̧l̶g̴o̵ " * 50,
        "\x00\x01\x02\x7f" * 200,
        "(((((" * 2000,
    ],
)
def test_strange_texts_get_an_answer_in_range(engine: HybridEngine, text: str) -> None:
    understood = _one(engine, text)
    assert -1 <= understood.sentiment_score <= 1
    assert 0 <= understood.intent_confidence <= 1
    assert understood.intent
    assert all(text[e.start : e.end] == e.text for e in understood.entities)


def test_an_empty_message_is_other_and_neutral(engine: HybridEngine) -> None:
    understood = _one(engine, "")
    assert (understood.intent, understood.sentiment, understood.urgent) == ("other", "neutral", False)


def test_each_tier_names_itself_and_what_it_lacks(engine: HybridEngine) -> None:
    full, reduced, essential = (_one(engine, "2BR in JVC?", t) for t in ("full", "reduced", "essential"))
    assert (full.tier, reduced.tier, essential.tier) == ("full", "reduced", "essential")
    assert full.unavailable == ()
    assert reduced.unavailable == ("model_entities",)
    assert {"intent", "sentiment", "urgency"} <= set(essential.unavailable)
    assert (essential.intent, essential.sentiment, essential.urgent) == ("", "", None)
    assert full.intent
    assert reduced.intent


def test_a_batch_gives_what_single_messages_give(engine: HybridEngine, models: Path) -> None:
    texts = ["2BR in JVC under 90k?", "AC broken again!!", "", "شكرا", "Tomas here, any news?"]
    fresh = HybridEngine.load(models, "full", "AE", LanguageSettings(cache=0))
    together = fresh.understand([WorkItem(key=i, text=t, sent_ms=SENT) for i, t in enumerate(texts)])
    for i, text in enumerate(texts):
        alone = _one(fresh, text)
        got = together[i].understanding
        assert got is not None
        assert (got.intent, got.sentiment, got.urgent) == (alone.intent, alone.sentiment, alone.urgent)
        assert [(e.type, e.start, e.end) for e in got.entities] == [(e.type, e.start, e.end) for e in alone.entities]


def test_the_cache_answers_a_repeat_but_not_its_dates(models: Path) -> None:
    engine = HybridEngine.load(models, "reduced", "AE")
    day = 86_400_000
    items = [WorkItem(key=0, text="viewing tomorrow?", sent_ms=SENT + d) for d in (0, day)]
    first, second = (engine.understand([item])[0].understanding for item in items)
    assert first is not None
    assert second is not None
    assert (engine.cache.hits, engine.cache.misses) == (1, 1)
    assert engine.stats()["cache_hit_rate"] == 0.5
    assert [e.value for e in first.entities] != [e.value for e in second.entities]


def test_the_cache_knows_a_text_whatever_white_space_stands_in_it(models: Path) -> None:
    engine = HybridEngine.load(models, "full", "AE")
    for text in ("Is Kwabena at Jolani Towers?", "  Is \n Kwabena\u00a0 at  Jolani Towers?\t"):
        found = _one(engine, text).entities
        assert [e.text.split() for e in found] == [["Kwabena"], ["Jolani", "Towers"]]
        assert all(text[e.start : e.end] == e.text for e in found)
    assert (engine.cache.hits, engine.cache.misses) == (1, 1)


def test_names_are_put_back_where_the_message_has_them() -> None:
    text = "\n a  bc \t\u00a0 d e "
    names = [Name("person", at, at + 1, 1.0) for at, c in enumerate(normalised(text)) if c != " "]
    assert [text[n.start : n.end] for n in put_back(names, text)] == list("abcde")
    (both,) = put_back([Name("person", 2, 6, 1.0)], text)
    assert text[both.start : both.end] == "bc \t\u00a0 d"


def test_the_cache_is_bounded(models: Path) -> None:
    engine = HybridEngine.load(models, "reduced", "AE", LanguageSettings(cache=10))
    engine.understand([WorkItem(key=i, text=f"message number {'x' * i}") for i in range(50)])
    assert len(engine.cache) == 10


ORDINARY = "Is there a 2 bed in JVC under 90k? Call me on 050 123 4567"


@pytest.mark.parametrize("length", [16_384, 65_536])
@pytest.mark.parametrize("tier", ["full", "essential"])
def test_a_long_message_costs_its_neighbours_nothing(engine: HybridEngine, tier: Tier, length: int) -> None:
    long = ("Nadim Qasr wants 12 x 14 in JVC at 90k, " * 2000)[:length]
    slow = HybridEngine(
        "full",
        engine._extractor,
        engine._first,
        engine._second,
        engine._mixing,
        engine._gate,
        LanguageSettings(cache=0),
    )
    slow._clock = _Ticking()
    texts = [long, ORDINARY, long, ORDINARY]
    results = slow.understand([WorkItem(key=i, text=t, sent_ms=SENT) for i, t in enumerate(texts)], tier)
    first, *_, last = (r.understanding for r in results)
    assert first is not None
    assert last is not None
    assert [e.type for e in last.entities] == ["bedrooms", "location", "price", "phone"]
    assert "later_entities" not in last.unavailable
    assert "later_entities" in first.unavailable
    assert first.entities
    assert all(long[e.start : e.end] == e.text for e in first.entities)
    assert slow.stats()["rules_overrun"] == 2


class _Ticking:
    """A clock on which each look takes a second."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def test_a_skipped_model_lowers_the_rows_tier_and_says_so(models: Path) -> None:
    engine = HybridEngine.load(models, "full", "AE", LanguageSettings(cache=0, model_ms=0.001))
    understood = _one(engine, "is Kwabena at Jolani Towers")
    assert understood.tier == "reduced"
    assert "model_entities" in understood.unavailable
    assert understood.intent
    assert engine.stats()["model_overrun"] == 1
    assert engine.stats()["cascade_share"] == 0


def test_a_slow_moment_does_not_shut_the_model_for_ever(models: Path) -> None:
    engine = HybridEngine.load(models, "full", "AE", LanguageSettings(cache=0))
    engine._second["en"]._piece_s = 0.1
    tiers = [_one(engine, "is Kwabena at Jolani Towers").tier for _ in range(60)]
    assert (tiers[0], tiers[-1]) == ("reduced", "full")


def test_a_spent_context_budget_is_noted_and_the_threshold_still_holds(models: Path) -> None:
    engine = HybridEngine.load(models, "full", "AE", LanguageSettings(cache=0))
    engine._clock = _Ticking()
    understood = _one(engine, "is Kwabena at Jolani Towers")
    assert understood.unavailable == ("context",)
    assert all(e.confidence >= 0.7 for e in understood.entities)
    assert engine.stats()["context_overrun"] == 1


def test_one_bad_item_does_not_cost_the_others(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = HybridEngine.load(models, "full", "AE", LanguageSettings(cache=0))
    extract = engine._extractor.extract

    def fail(text: str, **kwargs: object) -> object:
        if "boom" in text:
            raise ValueError("bad text")
        return extract(text, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(engine._extractor, "extract", fail)
    results = engine.understand([WorkItem(key=i, text=t) for i, t in enumerate(["hi", "boom", "bye"])])
    assert [bool(r.error) for r in results] == [False, True, False]
    assert "bad text" in results[1].error
    assert results[1].understanding is None


@pytest.mark.parametrize("name", ["quick.npz", "encoder.onnx", "tagger.npz", "mixing.json"])
def test_a_damaged_model_file_is_refused_by_name(models: Path, tmp_path: Path, name: str) -> None:
    copy = _copy(models, tmp_path)
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 0xFF
    (copy / name).write_bytes(bytes(data))
    with pytest.raises(ModelFileError, match=name.replace(".", r"\.")):
        HybridEngine.load(copy, "full", "AE")


@pytest.mark.parametrize("name", ["encoder.onnx", "tagger.npz", "ordinary.txt"])
def test_without_a_sound_file_of_the_full_tier_the_reduced_one_answers(models: Path, tmp_path: Path, name: str) -> None:
    copy = _copy(models, tmp_path)
    for harm in ("grown", "gone"):
        if harm == "grown":
            with (copy / name).open("ab") as stream:
                stream.write(b"x")
        else:
            (copy / name).unlink()
        engine = load_engine("auto", copy)
        assert engine.tier == "reduced"
        assert name in engine.reason  # type: ignore[attr-defined]
        assert str(copy) in engine.remedy  # type: ignore[attr-defined]
        understood = engine.understand([WorkItem(key=1, text=ORDINARY)])[0].understanding
        assert understood is not None
        assert (understood.intent, understood.tier) == ("inquiry", "reduced")
        assert understood.urgent is False
        with pytest.raises(EngineError, match=name.replace(".", r"\.")):
            load_engine("full", copy)


@pytest.mark.parametrize("setting", ["flair_model", "names_model", "sentiment_model"])
def test_another_model_that_cannot_be_had_lowers_the_tier_to_reduced(
    models: Path, tmp_path: Path, setting: str
) -> None:
    settings = LanguageSettings(models=models, **{setting: str(tmp_path / "nosuch")})
    engine = load_engine("auto", models, settings=settings)
    assert engine.tier == "reduced"
    assert "nosuch" in engine.reason  # type: ignore[attr-defined]
    assert "train" not in engine.remedy  # type: ignore[attr-defined]


def _copy(models: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "copy"
    shutil.copytree(models, copy)
    return copy


def test_missing_models_are_an_error_that_tells_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="majlis train"):
        HybridEngine.load(tmp_path, "auto", "AE")


def test_the_first_stage_alone_is_reduced(models: Path, tmp_path: Path) -> None:
    import json

    copy = tmp_path / "copy"
    shutil.copytree(models, copy)
    (copy / "encoder.onnx").unlink()
    manifest = json.loads((copy / "manifest.json").read_text())
    del manifest["files"]["encoder.onnx"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert HybridEngine.load(copy, "auto", "AE").tier == "reduced"
    with pytest.raises(ModelFileError, match="encoder"):
        HybridEngine.load(copy, "full", "AE")
