"""Words of a message and the phrases among them, in one pass over a dictionary: no backtracking, linear in the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Generic, NamedTuple, TypeVar

READ_CHARACTERS: Final = 1_200
"""How much of a text is looked at: what a message is about stands at its start; this bounds the cost."""

_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_FOLD: Final = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ة": "ه",
        "گ": "ك",
        "ـ": None,
        **{chr(mark): None for mark in range(0x064B, 0x0653)},
    }
)
_ARABIC_PREFIXES: Final = ("وال", "بال", "فال", "كال", "عال", "ال", "لل", "و", "ب", "ل", "ف")
_ARABIC_FIRST, _ARABIC_LAST = "\u0600", "\u06ff"

P = TypeVar("P")


def words_of(text: str) -> list[str]:
    """Split a text into lower-cased words; Arabic letters are folded.

    Args:
        text: any text; only its first ``READ_CHARACTERS`` are read.

    Returns:
        the words in order.
    """
    text = text[:READ_CHARACTERS].lower()
    if not text.isascii():
        text = text.translate(_FOLD)
    return _WORD.findall(text)


class Hit(NamedTuple, Generic[P]):
    """A phrase found: which word it starts at, the word after its last, and what it stands for."""

    start: int
    end: int
    payload: P


class PhraseBook(Generic[P]):
    """Phrases and what they stand for; the longest one at a word wins.

    Args:
        phrases: phrase and payload; a plural in ``s`` of an English phrase's last word is added by itself.
    """

    def __init__(self, phrases: Iterable[tuple[str, P]]) -> None:
        found: dict[str, dict[tuple[str, ...], P]] = {}
        plurals: list[tuple[list[str], P]] = []
        for phrase, payload in phrases:
            words = words_of(phrase)
            found.setdefault(words[0], {}).setdefault(tuple(words[1:]), payload)
            if words[-1].isascii() and words[-1].isalpha() and not words[-1].endswith("s"):
                plurals.append(([*words[:-1], words[-1] + "s"], payload))
        for words, payload in plurals:
            found.setdefault(words[0], {}).setdefault(tuple(words[1:]), payload)
        self._by_first = {
            first: sorted(((list(rest), payload) for rest, payload in rests.items()), key=lambda rest: -len(rest[0]))
            for first, rests in found.items()
        }

    def find(self, words: list[str]) -> list[Hit[P]]:
        """Find the phrases in a text's words, from left to right, not overlapping.

        Args:
            words: from ``words_of``.

        Returns:
            the hits in order.
        """
        hits: list[Hit[P]] = []
        free = 0
        by_first = self._by_first
        for place, word in enumerate(words):
            if place < free:
                continue
            entries = by_first.get(word)
            if entries is None:
                if not _ARABIC_FIRST <= word[0] <= _ARABIC_LAST:
                    continue
                entries = self._without_prefix(word)
                if entries is None:
                    continue
            for rest, payload in entries:
                end = place + 1 + len(rest)
                if not rest or words[place + 1 : end] == rest:
                    hits.append(Hit(place, end, payload))
                    free = end
                    break
        return hits

    def _without_prefix(self, word: str) -> list[tuple[list[str], P]] | None:
        """Look an Arabic word up without the article and the particles written together with it."""
        for prefix in _ARABIC_PREFIXES:
            if word.startswith(prefix) and len(word) >= len(prefix) + 2:
                entries = self._by_first.get(word[len(prefix) :])
                if entries is not None:
                    return entries
        return None
