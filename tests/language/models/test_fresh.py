"""The models on messages written after they were made: well under the measured scores, far over chance."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.language.corpus.loader import Example, load, parse
from actors.language.hybrid import HybridEngine
from actors.language.training.run import held_out
from messages.understanding import Understanding, WorkItem

pytestmark = pytest.mark.slow

FRESH = parse(Path(__file__).with_name("fresh.txt").read_text(encoding="utf-8"), "fresh.txt")


@pytest.fixture(scope="module")
def understood(engine: HybridEngine) -> list[tuple[Example, Understanding]]:
    results = engine.understand([WorkItem(key=i, text=e.text) for i, e in enumerate(FRESH)])
    return [(e, r.understanding) for e, r in zip(FRESH, results, strict=True) if r.understanding is not None]


def test_they_are_new() -> None:
    assert not {e.text.lower() for e in FRESH} & {e.text.lower() for e in [*load(), *held_out()]}


def test_intents(understood: list[tuple[Example, Understanding]]) -> None:
    right = [u.intent == e.intent for e, u in understood if e.intent]
    assert sum(right) / len(right) > 0.75


def test_sentiment_of_everyday_sentences(understood: list[tuple[Example, Understanding]]) -> None:
    recalls = []
    for label in ("negative", "neutral", "positive"):
        right = [u.sentiment == label for e, u in understood if not e.intent and e.sentiment == label]
        recalls.append(sum(right) / len(right))
    assert sum(recalls) / 3 > 0.6


def test_urgency(understood: list[tuple[Example, Understanding]]) -> None:
    hits = sum(e.urgent and bool(u.urgent) for e, u in understood)
    assert 2 * hits / (sum(e.urgent for e, _ in understood) + sum(bool(u.urgent) for _, u in understood)) > 0.7
