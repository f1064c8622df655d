"""One skeleton for the many spellings of Arabic, in both scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.language.intent.arabic_forms import arabic_skeleton, gram_text, latin_skeleton
from actors.language.intent.ngrams import fold


@pytest.mark.parametrize(
    ("spellings", "arabic"),
    [
        (("3ayez", "3yz", "3awez", "3aayez"), "عايز"),
        (("bokra", "bukra", "bkra"), "بكرة"),
        (("sha2a", "shaqqa", "sha22a", "shaqa"), "شقة"),
        (("fel", "fil"), ""),
        (("ghorfa", "8orfa", "ghurfah"), "غرفة"),
        (("7elw", "7elwa"), "حلو"),
        (("khamsa", "5amsa", "khamseh"), "خمسة"),
    ],
)
def test_spellings_of_a_word_share_its_skeleton(spellings: tuple[str, ...], arabic: str) -> None:
    found = {latin_skeleton(word) for word in spellings}
    if arabic:
        found.add(arabic_skeleton(fold(arabic)))
    assert len(found) == 1


@pytest.mark.parametrize("word", ["والشقة", "بالشقة", "الشقة", "للشقة", "شقة"])
def test_article_and_attached_prepositions_do_not_count(word: str) -> None:
    assert arabic_skeleton(fold(word)) == arabic_skeleton(fold("شقة"))


def test_digits_that_are_letters_stay_and_numbers_do_not() -> None:
    text = "3ayez sha2a b 85 alf, 12 shahr"
    kept = gram_text(text, fold(text), "arz")
    assert kept.startswith("3ayez sha2a b 00 alf, 00 shahr  ")


def test_english_is_left_as_it_is() -> None:
    text = "2BR in JVC, call 050 1234567"
    assert gram_text(text, fold(text), "en") == fold(text)
    assert gram_text("🙏", fold("🙏"), "") == "🙏"


@given(st.text(max_size=200), st.sampled_from(["en", "ar", "arz", ""]))
def test_any_text_has_a_bounded_form(text: str, language: str) -> None:
    folded = fold(text)
    assert len(gram_text(text, folded, language)) <= 8 * len(text) + 64
