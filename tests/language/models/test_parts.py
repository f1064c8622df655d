"""N-grams, the intent decision, the manifest, the context check and the tagger's decoder."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.language import models_manifest
from actors.language.corpus.loader import INTENTS
from actors.language.hybrid_context import check, merge, refer
from actors.language.intent.decision import OTHER, calibration_error, decide
from actors.language.intent.ngrams import NgramHasher, fold
from actors.language.tagger.decode import Name, TagDecoder
from actors.language.tagger.words import cut, shapes
from messages.understanding import Entity

HASHER = NgramHasher(12)


@given(st.lists(st.text(max_size=80), min_size=1, max_size=40))
def test_a_text_has_the_same_features_alone_and_in_a_batch(texts: list[str]) -> None:
    folded = [fold(t) for t in texts]
    table = np.random.default_rng(1).normal(size=(HASHER.width, 3)).astype(np.float32)
    together = HASHER.scores(folded, table)
    for i, text in enumerate(folded):
        assert np.allclose(together[i], HASHER.scores([text], table)[0], atol=1e-4)


def test_the_matrix_and_the_direct_scores_agree() -> None:
    folded = [fold(t) for t in ("2BR in JVC?", "", "السلام عليكم", "thanks 🙏")]
    table = np.random.default_rng(2).normal(size=(HASHER.width, 4)).astype(np.float32)
    assert np.allclose(HASHER.matrix(folded) @ table, HASHER.scores(folded, table), atol=1e-4)


def _spread(**shares: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    out = np.full(len(INTENTS), (1 - sum(shares.values())) / (len(INTENTS) - len(shares)))
    for name, share in shares.items():
        out[INTENTS.index(name)] = share
    return out


def test_two_near_intents_do_not_become_other() -> None:
    decision = decide(_spread(offer=0.5, negotiation=0.45, other=0.001), 0.75)
    assert decision.intent == "offer"
    assert decision.alternatives[0][0] == "negotiation"


def test_an_intent_that_may_be_none_becomes_other() -> None:
    decision = decide(_spread(inquiry=0.4, other=0.35), 0.75)
    assert decision.intent == "other"
    assert decision.alternatives[0][0] == "inquiry"
    assert decision.alternatives[0][1] == pytest.approx(0.4)


@given(st.lists(st.floats(0.001, 1), min_size=len(INTENTS), max_size=len(INTENTS)))
def test_what_is_decided_beats_other_by_the_threshold(weights: list[float]) -> None:
    p = np.array(weights) / sum(weights)
    decision = decide(p, 0.75)
    at = INTENTS.index(decision.intent)
    assert at == OTHER or p[at] >= 0.75 * (p[at] + p[OTHER]) - 1e-12
    assert 0 <= decision.confidence <= 1
    assert decision.intent not in {name for name, _ in decision.alternatives}


def test_calibration_error_of_perfect_and_of_bragging_predictions() -> None:
    right = np.array([True, False] * 50)
    assert calibration_error(np.full(100, 0.5), right) == pytest.approx(0, abs=1e-9)
    assert calibration_error(np.full(100, 1.0), right) == pytest.approx(0.5)


def _folder(tmp_path: Path) -> Path:
    (tmp_path / "a.bin").write_bytes(b"weights")
    models_manifest.write(tmp_path, ("a.bin",), {"numpy": "2"}, {"x": 1})
    return tmp_path


def test_a_whole_folder_passes(tmp_path: Path) -> None:
    assert models_manifest.verify(_folder(tmp_path), ("a.bin",)).scores == {"x": 1}


@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, damage: str) -> None:
    path = _folder(tmp_path) / "a.bin"
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"wfights" if damage == "flip" else b"w")
    with pytest.raises(models_manifest.ModelFileError, match=r"a\.bin"):
        models_manifest.verify(tmp_path, ("a.bin",))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"files": 3, "format": 1}', '{"format": 1}'])
def test_a_damaged_manifest_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / models_manifest.NAME).write_text(content)
    with pytest.raises(models_manifest.ModelFileError, match="manifest"):
        models_manifest.verify(tmp_path, ())


def test_a_manifest_of_another_format_is_refused(tmp_path: Path) -> None:
    path = _folder(tmp_path) / models_manifest.NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(models_manifest.ModelFileError, match="format 99"):
        models_manifest.read(tmp_path)


def _entity(kind: str, text: str, whole: str, confidence: float = 0.95, value: object = None) -> Entity:
    start = whole.index(text)
    return Entity(
        type=kind,  # type: ignore[arg-type]
        start=start,
        end=start + len(text),
        text=text,
        value=value if value is not None else text.lower(),  # type: ignore[arg-type]
        confidence=confidence,
    )


def _name(kind: str, text: str, whole: str, confidence: float = 0.9) -> Name:
    start = whole.index(text)
    return Name(kind, start, start + len(text), confidence)


def test_the_tagger_adds_what_rules_do_not_have() -> None:
    text = "ask Ngozi about 1204"
    out = merge(text, [_entity("unit", "1204", text)], [_name("person", "Ngozi", text)], 0.7)
    assert [(e.type, e.text, e.layer) for e in out] == [("person", "Ngozi", "model"), ("unit", "1204", "rules")]


def test_a_sure_rule_keeps_its_span_and_gains_confidence() -> None:
    text = "flat in Dubai Marina please"
    out = merge(text, [_entity("location", "Dubai Marina", text)], [_name("project", "Marina please", text)], 0.7)
    assert [(e.text, e.confidence) for e in out] == [("Dubai Marina", 1.0)]


def test_names_never_displace_numbers() -> None:
    text = "pay 5,000 today"
    rules = [_entity("price", "5,000", text, 0.75, 5000)]
    assert merge(text, rules, [_name("person", "5,000 today", text, 0.99)], 0.7) == rules


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8), st.floats(0, 1)), max_size=8))
def test_merged_entities_never_overlap(places: list[tuple[int, int, float]]) -> None:
    text = "abcde fghij klmno pqrst uvwxy zabcd efghi"
    names = [Name(("person", "project", "location")[i % 3], s, s + n, c) for i, (s, n, c) in enumerate(places)]
    out = merge(text, [_entity("location", "fghij", text, 0.6)], names, 0.7)
    assert all(a.end <= b.start for a, b in itertools.pairwise(out))
    assert all(e.text == text[e.start : e.end] for e in out)


def test_the_second_one_is_the_second_unit_known() -> None:
    known = [_entity("unit", "804", "804"), _entity("unit", "1204", "1204")]
    found = refer("how much is the second one?", known)
    assert [(e.type, e.value, e.text, e.layer) for e in found] == [("unit", "1204", "second one", "context")]
    assert refer("what about the third one", known) == []


def test_the_same_unit_is_the_last_one() -> None:
    known = [_entity("unit", "804", "804"), _entity("unit", "1204", "1204")]
    assert [e.value for e in refer("can I view the same unit on friday", known)] == ["1204"]
    assert [e.value for e in refer("نفس الشقة بكرة", known)] == ["1204"]


def test_nothing_is_referred_to_without_a_conversation() -> None:
    assert check("the second one please", [], [], 0.7) == ()


def test_the_conversation_raises_confidence_over_the_threshold() -> None:
    text = "is Lilac still free"
    weak = _entity("project", "Lilac", text, 0.65)
    assert check(text, [weak], [], 0.7) == ()
    assert [e.text for e in check(text, [weak], [weak], 0.7)] == ["Lilac"]


def test_the_decoder_takes_the_best_path_of_all() -> None:
    tags = ["O", "B-person", "I-person", "<START>", "<STOP>"]
    rng = np.random.default_rng(5)
    transitions = rng.normal(size=(5, 5)).astype(np.float32)
    decoder = TagDecoder(tags, np.zeros((4, 5), np.float32), np.zeros(5, np.float32), transitions)
    emissions = rng.normal(size=(4, 5)).astype(np.float32)

    def score(path: tuple[int, ...]) -> float:
        at, total = 3, 0.0
        for i, tag in enumerate(path):
            total += float(transitions[tag, at] + emissions[i, tag])
            at = tag
        return total + float(transitions[4, at])

    every = [(a, b, c, d) for a in range(5) for b in range(5) for c in range(5) for d in range(5)]
    assert tuple(decoder.best_path(emissions)) == max(every, key=score)


@given(st.text(max_size=120))
def test_words_point_into_the_text(text: str) -> None:
    words = cut(text)
    assert all(text[a:b] == w for w, a, b in words)
    assert len(shapes(words)) == len(words)


def test_chance_is_reproducible() -> None:
    from actors.language.corpus import slots

    assert slots.person(random.Random(3), "en") == slots.person(random.Random(3), "en")
