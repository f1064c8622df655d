"""Messages without words, phrases that turn a word's sense, and haste in many spellings."""

from __future__ import annotations

import numpy as np
import pytest

from actors.language.hybrid_mixing import N_INTENT, URGENT_AT, Mixing
from actors.language.hybrid_mood import Mood, moods
from actors.language.intent.ngrams import fold
from actors.language.sentiment.lexicon import default_lexicon
from actors.language.sentiment.urgency import CUES, cues

LEXICON = default_lexicon()
SURELY_NEUTRAL = Mixing(
    sources=["ngrams"],
    intent=[1.0],
    intent_bias=[0.0] * N_INTENT,
    sentiment=[[0.0] * 3] * 10,
    sentiment_bias=[0.0, 3.0, 0.0],
    urgent=[0.0] * (1 + len(CUES)),
    urgent_bias=-3.0,
)


def mood(text: str) -> Mood:
    """Let a mixing that takes everything for neutral judge a text."""
    scores = {"ngrams": np.zeros((1, URGENT_AT + 1), dtype=np.float32)}
    return moods(scores, SURELY_NEUTRAL, [text], [fold(text)], lexicon=LEXICON, threshold=0.75)[0]


@pytest.mark.parametrize("text", ["🤬", "😭😭", "👎👎👎", "💔 !", "😡😡😡"])
def test_a_cross_or_sad_face_without_words_is_negative(text: str) -> None:
    assert mood(text).sentiment == "negative"
    assert mood(text).sentiment_score < -0.5


@pytest.mark.parametrize("text", ["👍", "🙏", "👋", "🤔", "🏠", "?", "keys 😡"])
def test_gestures_and_texts_are_left_to_the_models(text: str) -> None:
    assert mood(text).sentiment == "neutral"


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("honestly couldn't be happier", 1),
        ("it could not be worse", -1),
        ("the kitchen is not bad at all", 1),
        ("well thanks for nothing", -1),
        ("والله حبيت الشقة", 1),
        ("ما حبيت الشقة", -1),
        ("شكرا على لا شيء", -1),
        ("el mante2a 3agabetny", 1),
        ("el mante2a ma 3agabetny", -1),
        ("shokran 3ala wala 7aga", -1),
        ("el sha2a mesh we7sha", 1),
    ],
)
def test_phrases_turn_their_words(text: str, sign: int) -> None:
    assert LEXICON.polarity(text).total * sign > 0


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("el72oona ya nas", "now"),
        ("ana mesta3gel", "now"),
        ("fi 7aree2a", "danger"),
        ("el magary 3al ard", "danger"),
        ("someone is breaking into the shop", "danger"),
        ("i7na ma7boseen", "stuck"),
        ("el mandoob wa2ef", "stuck"),
        ("mesh mesta3gela khales", "calm"),
        ("مو مستعجل عليها", "calm"),
        ("3ala mahlek", "calm"),
    ],
)
def test_cues_in_many_spellings(text: str, cue: str) -> None:
    assert cues(text)[CUES.index(cue)] > 0
