"""Bedrooms and bathrooms."""

from __future__ import annotations

from typing import Final

from actors.language.rules.candidate import Candidate, whole
from actors.language.rules.fold import NUMBER, Tokens
from actors.language.rules.lexicon import BATH_PAIR, BATH_WORDS, BED_PAIR, BED_WORDS, HALF, NUMBER_WORDS, STUDIO
from actors.language.rules.numbers import Number
from actors.language.rules.word_set import word_set

_OTHER_STUDIOS: Final = word_set(
    "yoga photo photography dance music recording art pilates fitness film tattoo design ballet tv nail hair"
)
_KINDS: Final = word_set(
    "dbl full master private separate large big spacious huge double attached total ensuite modern clean"
)
_ROOM: Final = word_set("room rooms rm rms rooom")
MOST_ROOMS: Final = 20
ROOM_PAIRS: Final = (
    STUDIO
    | frozenset(BED_PAIR)
    | frozenset(BATH_PAIR)
    | frozenset(
        prefix + word
        for word in (*STUDIO, *BED_PAIR, *BATH_PAIR)
        if word[0] > "\u0600"
        for prefix in ("و", "ب", "ل", "ف", "ال", "وال", "بال", "فال", "لل")
    )
    | {"غرفه", "اوضه", "oda", "2oda", "owda", "ouda", "ghorfa", "8orfa"}
)
_ONE_ROOM: Final = frozenset({"غرفه", "اوضه", "oda", "2oda", "owda", "ouda", "ghorfa", "8orfa"})
_WITH_HALL: Final = frozenset({"وصاله", "وصالون", "وهول", "وصالة"})
_HALL: Final = word_set("صاله صالون هول sala sala7 saleh salon hall")
_SLEEP: Final = word_set("نوم noum nom")
_ONE: Final = word_set("واحده وحده wa7da wahda wa7deh")


def read_rooms(tokens: Tokens, number: Number, at: int) -> Candidate | None:
    """Read a word for rooms after a number.

    Args:
        tokens: the text.
        number: the number.
        at: token after it.

    Returns:
        bedrooms or bathrooms, or None where another unit or none follows.
    """
    texts = tokens.texts
    if number.value > MOST_ROOMS or at >= len(texts):
        return None
    half_at = _half_bath(texts, at)
    if half_at:
        end = tokens.ends[half_at]
        return Candidate(tokens.starts[number.first] + number.skip, end, "bathrooms", whole(number.value + 0.5), 0.95)
    following = texts[at + 1] if at + 1 < len(texts) else ""
    if texts[at] in _KINDS and (following in BED_WORDS or following in BATH_WORDS):
        at += 1
    return _bathrooms(tokens, number, at) or _bedrooms(tokens, number, at)


def _half_bath(texts: list[str], at: int) -> int:
    """Return the bath word's token of "and a half bath", "and half baths", "half bath", or 0."""
    if texts[at] == "and":
        at += 2 if texts[at + 1 : at + 2] == ["a"] else 1
    if at + 1 < len(texts) and texts[at] in HALF and texts[at + 1] in BATH_WORDS:
        return at + 1
    return 0


def _bathrooms(tokens: Tokens, number: Number, at: int) -> Candidate | None:
    texts = tokens.texts
    if texts[at] not in BATH_WORDS:
        return None
    last = at + 1 if texts[at] in ("bath", "ba") and at + 1 < len(texts) and texts[at + 1] in _ROOM else at
    return Candidate(
        tokens.starts[number.first] + number.skip, tokens.ends[last], "bathrooms", whole(number.value), 0.95
    )


def _bedrooms(tokens: Tokens, number: Number, at: int) -> Candidate | None:
    texts = tokens.texts
    after = texts[at]
    if number.value != int(number.value):
        return None
    last, sure = at, 0.95
    if (
        after == "b"
        and texts[at + 1 : at + 2] == ["/"]
        and at + 2 < len(texts)
        and texts[at + 2] in ("r", "rm", "room")
    ):
        last = at + 2
    elif after not in BED_WORDS:
        return None
    elif after in _ROOM:
        if number.in_words and number.value == 1:
            return None  # "one room is enough"
        sure = 0.8
    elif at + 1 < len(texts) and after in ("bed", "beds", "bd", "bdr"):
        if texts[at + 1] in ("space", "spaces"):
            return None
        last = at + 1 if texts[at + 1] in _ROOM else at
    return Candidate(tokens.starts[number.first] + number.skip, tokens.ends[last], "bedrooms", int(number.value), sure)


def read_pair(tokens: Tokens, at: int) -> Candidate | None:
    """Read a word that is its own number: studio, غرفتين, حمامين."""
    word = tokens.texts[at]
    start, end = tokens.starts[at], tokens.ends[at]
    if word not in ROOM_PAIRS:
        return None
    if word in _ONE_ROOM:
        last = _one_room(tokens, at)
        return Candidate(start, tokens.ends[last], "bedrooms", 1, 0.95) if last > at else None
    if word not in STUDIO and word not in BED_PAIR and word not in BATH_PAIR:
        skip = 2 if word.startswith("لل") else int(not word.startswith("ال"))
        start += skip  # the article stays inside, a preposition outside
        word = word[skip:].removeprefix("ال")
    if word in STUDIO:
        if at and tokens.texts[at - 1] in _OTHER_STUDIOS:
            return None
        return Candidate(start, end, "bedrooms", 0, 0.95)
    return Candidate(start, end, "bedrooms" if word in BED_PAIR else "bathrooms", 2, 0.95)


def _one_room(tokens: Tokens, at: int) -> int:
    """Return the last token of "غرفة وصالة", "oda w sala", "غرفة نوم واحدة"; ``at`` where it is none of them."""
    texts = tokens.texts
    if at and (tokens.kinds[at - 1] == NUMBER or texts[at - 1] in NUMBER_WORDS):
        return at
    following = texts[at + 1 : at + 3]
    if following[:1] and following[0] in _WITH_HALL:
        return at + 1
    if len(following) == 2 and following[0] in ("و", "w", "we") and following[1] in _HALL:
        return at + 2
    if len(following) == 2 and following[0] in _SLEEP and following[1] in _ONE:
        return at + 2
    return at
