"""Street addresses."""

from __future__ import annotations

import re
from typing import Final

from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import NUMBER, WORD, Tokens
from actors.language.rules.names import COMMON
from actors.language.rules.numbers import Number
from actors.language.rules.word_set import word_set

_SUFFIX: Final = word_set(
    "st street rd road ave avenue blvd boulevard ln lane dr drive ct pl place way terrace ter cres crescent close "
    "run quay wharf walk pass bend loop path crossing pkwy parkway hwy highway sq square row mews circle cir trail "
    "trl alley gardens grove"
)


_STREET: Final = re.compile(
    r"[0-9]{1,5}[a-z]?(?:-[0-9]{1,5})? (?:(?:ne|nw|se|sw|n|s|e|w|north|south|east|west)\.? )?"
    r"(?:[0-9]{1,3}(?:st|nd|rd|th)|[a-z][a-z'.]{1,20}(?: [a-z][a-z']{1,20}){0,2})"
    r" (?:" + "|".join(sorted(_SUFFIX, key=len, reverse=True)) + r")\b"
)
_NUMBERED: Final = word_set("apt unit flat apartment villa office shop suite # no number")
_NOT_STREET_WORDS: Final = word_set(
    "the at in on to for and or is per my from with of pm am bed bath bedroom minutes min mins km cars units days "
    "this that it near by"
)
STREET_WORDS: Final = _SUFFIX


_WALKS: Final = word_set("run quay wharf walk pass bend loop path crossing")
_CAPITALISED: Final = _WALKS | word_set("dr st ct place way close court square row drive gardens lane")


def find_streets(tokens: Tokens, numbers: list[Number]) -> list[Candidate]:
    """Find street addresses: "12 Palm St", "480 W 34th Street".

    Args:
        tokens: the text.
        numbers: its numbers; sets the role of those in an address.

    Returns:
        candidates.
    """
    found: list[Candidate] = []
    folded = tokens.folded
    for number in numbers:
        if number.role or number.in_words or number.grouped:
            continue
        if number.first and tokens.texts[number.first - 1] in _NUMBERED:
            continue  # "apt 1203 Oak Square": a unit
        start = tokens.starts[number.first]
        match = _STREET.match(folded, start)
        if match is None:
            continue
        words = match[0].split()
        if any(word in _NOT_STREET_WORDS for word in words[1:-1]):
            continue
        if words[-1] in _CAPITALISED and not _capital(tokens, number.first + 1):
            continue
        number.role = "location"
        found.append(Candidate(start, match.end(), "location", match[0], 0.93))
        for other in numbers:
            if start < tokens.starts[other.first] < match.end():
                other.role = "location"
    return found + _unnumbered(tokens, found)


def _capital(tokens: Tokens, index: int) -> bool:
    return index < len(tokens.texts) and (tokens.is_upper(index) or tokens.kinds[index] == NUMBER)


_NAMELESS: Final = _SUFFIX - word_set(
    "court gardens close place way row grove square terrace crescent alley circle trail st dr ct sq pl "
    "run quay wharf walk pass bend loop path crossing"
)


def _unnumbered(tokens: Tokens, found: list[Candidate]) -> list[Candidate]:
    """Find capitalised street names without a number: "Hessa Street", "on Kensington Rd"."""
    texts, kinds, starts, ends = tokens.texts, tokens.kinds, tokens.starts, tokens.ends
    streets: list[Candidate] = []
    for at, word in enumerate(texts):
        if word not in _NAMELESS or not at:
            continue
        first = at
        while (
            first
            and at - first < 4
            and kinds[first - 1] == WORD
            and starts[first] - ends[first - 1] == 1
            and tokens.is_upper(first - 1)
            and texts[first - 1] not in COMMON
        ):
            first -= 1
        if first == at or any(one.start < ends[at] and starts[first] < one.end for one in found):
            continue
        streets.append(Candidate(starts[first], ends[at], "location", tokens.folded[starts[first] : ends[at]], 0.9))
    return streets
