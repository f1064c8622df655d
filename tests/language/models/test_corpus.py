"""The corpus: its format, its coverage, and the substitution that varies it."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.language.corpus.loader import INTENTS, CorpusError, load, parse, parse_line
from actors.language.corpus.slots import refill, respell
from actors.language.training.run import held_out

EXAMPLES = load()


def test_every_intent_stands_in_every_language() -> None:
    seen = Counter((e.intent, e.lang) for e in EXAMPLES if e.intent)
    assert {(i, lang) for i in INTENTS for lang in ("en", "ar", "arz")} <= set(seen)


def test_the_corpus_is_large_and_has_no_repeats() -> None:
    assert len({" ".join(e.text.lower().split()) for e in EXAMPLES}) > 2300


def test_held_out_messages_are_not_trained_on() -> None:
    assert not {e.text.lower() for e in held_out()} & {e.text.lower() for e in EXAMPLES}


def test_a_line_gives_its_flags_and_spans() -> None:
    example = parse_line("-! call [Sara|per] in [JVC|loc] now", "complaint", "en", "t")
    assert (example.sentiment, example.urgent, example.text) == ("negative", True, "call Sara in JVC now")
    assert [(example.text[s.start : s.end], s.type) for s in example.spans] == [("Sara", "person"), ("JVC", "location")]


def test_a_line_break_before_a_name_does_not_move_its_span() -> None:
    example = parse_line("  hello\\nthis is\\n[Sara|per] ", "inquiry", "en", "t")
    assert example.text == "hello\nthis is\nSara"
    assert [example.text[s.start : s.end] for s in example.spans] == ["Sara"]


def test_every_marked_span_is_a_name_of_its_message() -> None:
    for example in EXAMPLES:
        for span in example.spans:
            marked = example.text[span.start : span.end]
            assert marked
            assert marked == marked.strip()


@pytest.mark.parametrize("content", ["hello\n", "@ nosuch en\nhi\n", "@ inquiry en\n[a|loc] [b|loc\n@ inquiry\n"])
def test_a_malformed_file_is_an_error(content: str) -> None:
    with pytest.raises(CorpusError):
        parse(content, "t")


@given(st.integers(0, 10**6), st.sampled_from([e for e in EXAMPLES if e.spans]))
def test_substitution_keeps_spans_on_names(seed: int, example: object) -> None:
    rng = random.Random(seed)
    assert hasattr(example, "spans")
    varied = respell(refill(example, rng, 1.0), rng)  # type: ignore[arg-type]
    assert [s.type for s in varied.spans] == [s.type for s in example.spans]
    end = 0
    for span in varied.spans:
        assert end <= span.start < span.end <= len(varied.text)
        assert varied.text[span.start : span.end].strip() == varied.text[span.start : span.end]
        end = span.end


def test_digits_that_are_letters_stay_as_they_are() -> None:
    example = parse_line("3ayez ashoof el sha2a el 7elwa, 2 rooms bi 85 alf, ma3ak 5", "inquiry", "arz", "t")
    seen = [respell(example, random.Random(seed)).text for seed in range(60)]
    words = [[w for w in text.split() if any(c.isalpha() for c in w)] for text in seen]
    assert {"".join(c for w in found for c in w if c.isdigit()) for found in words} == {"3273"}
    assert len({"".join(c for c in text if c.isdigit()) for text in seen}) > 10
