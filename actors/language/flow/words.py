"""Words of a message and the phrases among them, in one pass over a dictionary: no backtracking, linear in the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Generic, TypeAlias, TypeVar

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
_PREFIX_LETTERS: Final = frozenset(prefix[0] for prefix in _ARABIC_PREFIXES)

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


Hit: TypeAlias = tuple[int, int, P]
"""A phrase found: which word it starts at, the word after its last, and what it stands for."""


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
        self._alone: dict[str, P] = {}
        """Phrases of one word."""
        self._longer: dict[str, dict[str, list[tuple[list[str], P]]]] = {}
        """The others by their first and second word, longest first."""
        for first, rests in found.items():
            for rest, payload in rests.items():
                if rest:
                    self._longer.setdefault(first, {}).setdefault(rest[0], []).append((list(rest), payload))
                else:
                    self._alone[first] = payload
        for by_second in self._longer.values():
            for entries in by_second.values():
                entries.sort(key=lambda entry: -len(entry[0]))

    def find(self, words: list[str]) -> list[Hit[P]]:
        """Find the phrases in a text's words, from left to right, not overlapping.

        Args:
            words: from ``words_of``.

        Returns:
            the hits in order.
        """
        alone, longer = self._alone, self._longer
        hits: list[Hit[P]] = []
        free = 0
        last = len(words) - 1
        for place, word in enumerate(words):
            if word not in alone and word not in longer:
                if word.isascii():
                    continue
                word = self._without_prefix(word)  # noqa: PLW2901 - the same word, as the book writes it
            if place < free:
                continue
            if place < last and word in longer:
                for rest, payload in longer[word].get(words[place + 1], ()):
                    end = place + 1 + len(rest)
                    if len(rest) == 1 or words[place + 1 : end] == rest:
                        hits.append((place, end, payload))
                        free = end
                        break
            if place >= free and word in alone:
                hits.append((place, place + 1, alone[word]))
        return hits

    def _without_prefix(self, word: str) -> str:
        """Take the article and the particles written together with it off an Arabic word, if the book has the rest."""
        if word[0] in _PREFIX_LETTERS:
            for prefix in _ARABIC_PREFIXES:
                rest = word[len(prefix) :]
                if len(rest) >= 2 and word.startswith(prefix) and (rest in self._alone or rest in self._longer):
                    return rest
        return word
