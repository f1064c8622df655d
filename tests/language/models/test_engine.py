"""The engine on the real models: tiers, understanding, bad input, cache, budgets, damaged files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from actors.language.hybrid import HybridEngine
from actors.language.models_manifest import ModelFileError
from actors.language.settings import LanguageSettings
from messages.understanding import Understanding, WorkItem

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


def test_the_cache_is_bounded(models: Path) -> None:
    engine = HybridEngine.load(models, "reduced", "AE", LanguageSettings(cache=10))
    engine.understand([WorkItem(key=i, text=f"message number {'x' * i}") for i in range(50)])
    assert len(engine.cache) == 10


def test_a_spent_budget_skips_the_layer_and_says_so(models: Path) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 1.0
        return now[0]

    engine = HybridEngine.load(models, "full", "AE", LanguageSettings(cache=0))
    engine._clock = clock
    understood = _one(engine, "is Kwabena at Jolani Towers")
    assert {"entities", "model_entities", "context"} <= set(understood.unavailable)
    assert understood.intent
    stats = engine.stats()
    assert (stats["rules_overrun"], stats["model_overrun"], stats["context_overrun"]) == (1, 1, 1)


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
    copy = tmp_path / "copy"
    shutil.copytree(models, copy)
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 0xFF
    (copy / name).write_bytes(bytes(data))
    with pytest.raises(ModelFileError, match=name.replace(".", r"\.")):
        HybridEngine.load(copy, "full", "AE")


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
