"""Arabic names in Latin letters and digits, told by their consonants: "ra7ab", "re7ab" and "الرحاب" are one."""

from __future__ import annotations

import re
from typing import Final

SHORTEST: Final = 3
_DIGITS: Final = re.compile("[235789]")
_DIGRAPHS: Final = (("kh", "5"), ("gh", "8"), ("sh", "$"), ("th", "s"), ("dh", "z"), ("ch", "$"), ("3'", "8"))
_LATIN: Final = str.maketrans({"g": "j", "q": "2", "p": "b", "v": "f", "c": "k", "9": "s", "6": "t", "'": None})
_ARABIC: Final = str.maketrans(
    dict(
        zip("بتثجحخدذرزسشصضطظعغفقكلمنهي", "btsj75dzrzs$sdtz38f2klmnhy", strict=True),
        و="w",
        ا=None,
        ى="y",
        ة=None,
        ء=None,
    )
)
_VOWELS: Final = frozenset("aeiou")


def skeleton(word: str) -> str:
    """Give the consonants of a word in Arabic or Latin letters, in one form for both.

    Args:
        word: a folded word without its article.
    """
    if word[0] > "\u0600":
        spelled = word.removesuffix("ه").translate(_ARABIC)
        if not spelled.isascii():
            return ""
        return _consonants(spelled)
    spelled = word
    for digraph, letter in _DIGRAPHS:
        spelled = spelled.replace(digraph, letter)
    spelled = spelled.translate(_LATIN)
    for ending in ("eyya", "iyya", "eya", "iya", "ia", "ee", "ei", "i", "ey"):
        if spelled.endswith(ending):
            spelled = spelled.removesuffix(ending) + "y"
            break
    if spelled[-1:] == "h" and spelled[-2:-1] in _VOWELS:
        spelled = spelled[:-1]
    return _consonants(spelled)


def _consonants(spelled: str) -> str:
    """Leave the vowels out, long ones too, and write doubled letters once."""
    last = len(spelled) - 1
    kept = ""
    for at, char in enumerate(spelled):
        if char in _VOWELS or (char == "w" and at) or (char == "y" and 0 < at < last):
            continue
        if char != kept[-1:]:
            kept += char
    return kept


def telling(word: str) -> bool:
    """Whether a word in Latin letters is written with a digit that stands for an Arabic letter."""
    return word.isascii() and len(word) > SHORTEST and _DIGITS.search(word) is not None and not word.isdigit()


def key_of(words: tuple[str, ...]) -> str:
    """The consonants of a name in Arabic letters; "" where they would tell too little, or no digit stands in them."""
    bare = [word.removeprefix("ال") or word for word in words]
    found = [skeleton(word) for word in bare]
    if any(len(one) < SHORTEST for one in found) or not any(_DIGITS.search(one) for one in found):
        return ""
    return " ".join(found)
