"""Lexicon, emoji, negation, urgency cues and the conversation's trend."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.language.sentiment.lexicon import EMOJI_WEIGHT, Lexicon, LexiconError, default_lexicon
from actors.language.sentiment.trend import MoodState, advance
from actors.language.sentiment.urgency import CUES, cues

LEXICON = default_lexicon()


@pytest.mark.parametrize(
    ("plain", "negated"),
    [
        ("the flat is good", "the flat is not good"),
        ("we are happy", "we aren't happy"),
        ("الشقة حلوة", "الشقة مو حلوة"),
        ("el sha2a helwa", "el sha2a mesh helwa"),
    ],
)
def test_negation_turns_the_sign(plain: str, negated: str) -> None:
    assert LEXICON.polarity(plain).total > 0 > LEXICON.polarity(negated).total


def test_a_negation_does_not_reach_past_a_full_stop() -> None:
    assert LEXICON.polarity("no. great flat").total > 0


def test_an_intensifier_makes_it_stronger_and_a_diminisher_weaker() -> None:
    very, plain, bit = (LEXICON.polarity(t).negative for t in ("very bad", "bad", "a bit bad"))
    assert very > plain > bit > 0


def test_an_emoji_counts_one_and_a_half_times_a_word_of_its_weight() -> None:
    lexicon = Lexicon("@ en\n2 good\n@ emoji\n2 😊\n")
    assert lexicon.polarity("😊").total == pytest.approx(EMOJI_WEIGHT * lexicon.polarity("good").total)
    assert EMOJI_WEIGHT == 1.5


def test_emoji_turn_a_plain_text() -> None:
    assert LEXICON.polarity("the keys 😡").total < 0 < LEXICON.polarity("the keys 😍").total


def test_phrases_win_over_their_words() -> None:
    assert LEXICON.polarity("what a waste of money").total < 0


def test_a_lexicon_line_without_a_weight_is_an_error() -> None:
    with pytest.raises(LexiconError):
        Lexicon("@ en\ngood nice\n")


@given(st.text(max_size=300))
def test_any_text_can_be_scored(text: str) -> None:
    polarity = LEXICON.polarity(text)
    assert polarity.positive >= 0
    assert polarity.negative >= 0
    found = cues(text)
    assert len(found) == len(CUES)
    assert all(0 <= c <= 3 for c in found)


def test_cues_see_haste_and_its_denial() -> None:
    at = {name: i for i, name in enumerate(CUES)}
    assert cues("send a plumber NOW, kitchen is flooding!!")[at["now"]] > 0
    assert cues("eb3ato 7ad dlwa2ty")[at["now"]] > 0
    assert cues("ana ma7boosa fel asanser")[at["stuck"]] > 0
    assert cues("there is smoke")[at["danger"]] > 0
    assert cues("no rush at all")[at["calm"]] > 0
    assert cues("what is the rent")[: len(CUES) - 1] == (0.0,) * (len(CUES) - 1)


def _run(scores: list[float]) -> list[bool]:
    state, out = MoodState(), []
    for score in scores:
        state, trend = advance(state, score)
        out.append(trend.alert)
    return out


def test_a_sharp_drop_alerts_once() -> None:
    assert _run([0.8, 0.7, 0.8, -0.9, -0.9, -0.9]).count(True) == 1


def test_a_second_drop_after_recovery_alerts_again() -> None:
    assert _run([0.8, 0.8, 0.8, -1, -1, *[0.9] * 12, -1, -1, -1]).count(True) == 2


def test_cooling_to_neutral_does_not_alert() -> None:
    assert not any(_run([0.9, 0.9, 0.9, 0.1, 0.0, 0.1]))


@given(st.lists(st.floats(-5, 5), max_size=40))
def test_the_state_stays_in_range(scores: list[float]) -> None:
    state = MoodState()
    for score in scores:
        state, trend = advance(state, score)
        assert -1 <= state.recent <= 1
        assert -2 <= trend.trend <= 2
