"""Texts made to hurt: every one is answered, and in time that grows with its length only."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.language.rules.extract import RuleExtractor
from messages.understanding import Entity

EXTRACTOR = RuleExtractor()
LONG = 65_536

PIECES = [
    "1",
    "1,",
    "1.",
    "1/",
    "1-",
    "1 ",
    "1:",
    "(1",
    "+1 ",
    "a.",
    "a@",
    "a@b.",
    "a-",
    "A ",
    "Aa ",
    "http://",
    "www.a",
    "ع",
    "و",
    "بكرة ",
    "ـ",
    "\u064b",
    "e\u0301\u0302\u0303",
    "😀",
    "👨‍👩‍👧",
    "\u202e",
    "\u200f",
    "\x00",
    "\n",
    "'",
    "'s",
    "two ",
    "hundred and ",
    "point ",
    "k ",
    "5k ",
    "and ",
    "million and ",
    "unit 1, ",
    "no. ",
    "the ",
    "in ",
    "Dubai ",
    "Marina ",
    "dubai marina ",
    "12 a ",
    "12 Aa Aa ",
    "12 n ",
    "Mr ",
    "next ",
    "march ",
    "8th of ",
    "half past ",
    "$",
    "AED ",
    "%",
    "#",
    "3 bed ",
    "2b2b",
    "الساعة ",
    "مليون و ",
    "#1 ",
    "5pm ",
    "mon ",
    "0501234567 ",
]


def check(text: str, found: tuple[Entity, ...]) -> None:
    last = 0
    for one in found:
        assert last <= one.start < one.end <= len(text)
        assert text[one.start : one.end] == one.text
        assert 0 < one.confidence <= 1
        last = one.end


def cost(text: str) -> float:
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        EXTRACTOR.extract(text, sent_ms=0)
        best = min(best, time.process_time() - started)
    return best


@pytest.mark.parametrize("piece", PIECES)
def test_a_repeated_piece_costs_time_in_proportion_to_its_length(piece: str) -> None:
    text = (piece * (LONG // len(piece) + 1))[:LONG]
    check(text, EXTRACTOR.extract(text, sent_ms=0))
    # four times the text: 4 where the cost is linear, 16 where it is quadratic
    assert cost(text) < 9 * cost(text[: LONG // 4]) + 0.01


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_sound_spans(text: str) -> None:
    check(text, EXTRACTOR.extract(text, sent_ms=1_700_000_000_000, utc_offset_min=240))


@given(st.lists(st.sampled_from(PIECES), max_size=40), st.integers(-(2**53), 2**53), st.integers(-900, 900))
@settings(max_examples=400, deadline=None)
def test_any_mixture_of_cues_and_any_clock_gives_sound_spans(pieces: list[str], sent_ms: int, offset: int) -> None:
    text = "".join(pieces)
    check(text, EXTRACTOR.extract(text, sent_ms=sent_ms, utc_offset_min=offset))
    for one in EXTRACTOR.candidates(text, sent_ms=sent_ms, utc_offset_min=offset):
        assert text[one.start : one.end] == one.text
        assert one.text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\ufffd\ufffd",
        "😀😀",
        "http://a.b",
        "\x00\x01\x02",
        "\u202eabc\u202c",
        "z̸̢͎a̴l̶g̸o̷ 2̷b̷r̷",
        "0" * 400,
        "9" * 25 + "k",
    ],
)
def test_odd_texts_are_answered(text: str) -> None:
    check(text, EXTRACTOR.extract(text, sent_ms=0))


def test_marks_inside_a_word_are_looked_through_and_kept_in_the_span() -> None:
    (price,) = EXTRACTOR.extract("AED\u200f 90\u200bk", sent_ms=0)
    assert (price.text, price.value) == ("AED\u200f 90\u200bk", 90000)
    (date,) = EXTRACTOR.extract("بُكْرَة", sent_ms=0)
    assert (date.type, date.text, date.value) == ("date", "بُكْرَة", "1970-01-02")
