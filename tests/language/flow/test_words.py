from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.language.flow.cues import cue_phrases
from actors.language.flow.service_matters import service_phrases
from actors.language.flow.switch_detector import FlowSwitchDetector
from actors.language.flow.words import READ_CHARACTERS, PhraseBook, words_of


def test_words_are_folded() -> None:
    assert words_of("I’d LIKE it, أريد شقّة!") == ["i'd", "like", "it", "اريد", "شقه"]


def test_the_longest_phrase_wins_and_hits_do_not_overlap() -> None:
    book = PhraseBook([("rental car", 1), ("car", 2), ("rental car park", 3), ("park bench", 4)])
    assert book.find(words_of("the rental car park bench")) == [(1, 4, 3)]
    assert book.find(words_of("rental cars and a car")) == [(0, 2, 1), (4, 5, 2)]


def test_a_listed_word_is_not_taken_for_another_ones_plural() -> None:
    book = PhraseBook([("transfer", 1), ("transfers", 2)])
    assert book.find(["transfers"]) == [(0, 1, 2)]


def test_arabic_particles_are_taken_off() -> None:
    book = PhraseBook([("فندق", 1)])
    for word in ("فندق", "الفندق", "والفندق", "بالفندق", "للفندق"):
        assert [hit[2] for hit in book.find(words_of(word))] == [1], word


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    words = words_of(text)
    for book in (cue_phrases(), service_phrases()):
        for start, end, _ in book.find(words):
            assert 0 <= start < end <= len(words)


@pytest.mark.parametrize("text", ["a " * 32_768, "also " * 13_000, "\u0651" * 65_536, "😀" * 65_536, "x" * 65_536])
def test_long_texts_are_read_to_a_bound(text: str) -> None:
    assert sum(map(len, words_of(text))) <= READ_CHARACTERS
    assert not FlowSwitchDetector().turn("user", text)
