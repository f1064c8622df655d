"""One consonant skeleton for both scripts of Arabic, so that n-grams see "3ayez", "3yz", "3awez" and "عايز" as alike.

Arabic in Latin letters has no spelling: vowels come and go, letters are doubled or not, a sound is written by a digit
or by two letters. Consonants stay. A word's skeleton keeps them, in one alphabet for both scripts, so that what was
learned from one is known in the other. It stands beside the text, and does not replace it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from actors.language.intent.ngrams import ARABIC_FOLD, ARABIC_MARKS, MAX_CHARS, RUN, SPACE

_LATIN_WORD: Final = re.compile(r"[a-z0-9']*[a-z][a-z0-9']*")
_ARABIC_WORD: Final = re.compile("[\u0621-\u064a]+")
_NUMBER_DIGIT: Final = re.compile(r"(?<![a-z'])(?<![a-z']\d)\d(?!\d?[a-z'])")
"""A digit of a number; one that touches letters is a letter itself."""
_VOWEL: Final = re.compile("[aeiouyw']")
_ENDING: Final = re.compile("(?<=[aeiou])h$")
"""The feminine ending is written -a, -eh or -ah."""
_DOUBLE: Final = re.compile(r"(.)\1+")
_TWO_LETTERS: Final = (
    ("kh", "5"),
    ("gh", "8"),
    ("sh", "$"),
    ("ch", "$"),
    ("th", "t"),
    ("dh", "d"),
    ("ph", "f"),
    ("3'", "8"),
    ("7'", "5"),
    ("x", "ks"),
)
_ONE_LETTER: Final = str.maketrans("qjcpv96", "2gkbfst")
_ARABIC_LETTER: Final = dict(zip("بتثجحخدذرزسشصضطظعغفقكلمنهپگچڤ", "bttg75ddrzs$sdtz38f2klmnhbg$f", strict=True))
_PREFIXES: Final = ("وال", "بال", "فال", "كال", "لل", "ال")


def latin_skeleton(word: str) -> str:
    """Reduce a word of Arabizi to its consonants.

    Args:
        word: lower case.

    Returns:
        the skeleton; the word itself where hardly anything is left.
    """
    word = _ENDING.sub("", word)
    for written, letter in _TWO_LETTERS:
        if written in word:
            word = word.replace(written, letter)
    word = word.translate(_ONE_LETTER)
    bare = _VOWEL.sub("", word)
    return _DOUBLE.sub(r"\1", bare if len(bare) >= 2 else word)


def arabic_skeleton(word: str) -> str:
    """Reduce a word in Arabic script to its consonants, in the letters of ``latin_skeleton``.

    Args:
        word: folded: ة stands as ه, أ as ا.

    Returns:
        the skeleton, without the article, an attached preposition before it, and a feminine ending.
    """
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= 2:
            word = word[len(prefix) :]
            break
    if word.endswith("ه") and len(word) >= 3:
        word = word[:-1]
    return _DOUBLE.sub(r"\1", "".join(_ARABIC_LETTER.get(letter, "") for letter in word))


def gram_text(text: str, folded: str, language: str) -> str:
    """Give the text whose n-grams are taken.

    Args:
        text: a message.
        folded: the same as ``fold`` leaves it.
        language: as ``language_of`` tells it.

    Returns:
        ``folded``; for Arabic in either script with the skeletons of its words behind, and for Arabizi with the
        digits that are letters in their places, where ``fold`` makes all digits alike.
    """
    if language == "ar":
        return f"{folded}  {' '.join(arabic_skeleton(m[0]) for m in _ARABIC_WORD.finditer(folded))}"
    if language != "arz":
        return folded
    kept = unicodedata.normalize("NFKC", text[:MAX_CHARS]).lower()
    kept = ARABIC_MARKS.sub("", kept).translate(ARABIC_FOLD)
    kept = SPACE.sub(" ", RUN.sub(r"\1\1", _NUMBER_DIGIT.sub("0", kept))).strip()
    return f"{kept}  {' '.join(latin_skeleton(m[0]) for m in _LATIN_WORD.finditer(kept))}"
