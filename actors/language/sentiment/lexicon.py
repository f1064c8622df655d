"""Polarity by lexicon, in English, Arabic and Arabic in Latin letters, with negation, intensifiers and emoji.

Scoring follows the scheme of valence-shifted lexicons (Polanyi and Zaenen, 2006): a negation within three words
turns a word round and damps it; intensifiers and diminishers scale the next word. Emoji count 1.5 times a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from actors.language.errors import LanguageError
from actors.language.intent.ngrams import fold

EMOJI_WEIGHT: Final = 1.5
NEGATED: Final = -0.7
REACH: Final = 3
"""How many words a negation reaches."""
MAX_WORDS: Final = 400

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[.!?,;:\n]|[^\w\s]")
_STOPS: Final = frozenset(".!?,;:\n")
_BUT: Final = frozenset({"but", "however", "though", "بس", "لكن", "bas", "lakin"})


class LexiconError(LanguageError):
    """The lexicon file is malformed."""


@dataclass(frozen=True, slots=True)
class Polarity:
    """What the lexicon says of one text.

    Attributes:
        positive: sum of the positive words' weights.
        negative: sum of the negative words' weights, as a positive number.
        emoji: sum of the emoji's weights times ``EMOJI_WEIGHT``, signed.
        last: signed weight of the last polar word or emoji; what is said last often decides.
        words: how many words were looked at.
    """

    positive: float
    negative: float
    emoji: float
    last: float
    words: int

    @property
    def total(self) -> float:
        """Positive less negative, with the emoji."""
        return self.positive - self.negative + self.emoji


class Lexicon:
    """Word, phrase and emoji weights.

    Args:
        content: a lexicon file's text.

    Raises:
        LexiconError: a line is malformed.
    """

    def __init__(self, content: str) -> None:
        self.weight: dict[str, float] = {}
        self.emoji: dict[str, float] = {}
        self.scale: dict[str, float] = {}
        self.negation: set[str] = set()
        self._longest: dict[str, int] = {}  # by a phrase's first word
        section = ""
        for line in content.splitlines():
            if not line.strip() or line.startswith("# "):
                continue
            if line.startswith("@ "):
                section = line[2:].strip()
                continue
            number, *words = line.split()
            try:
                value = float(number)
            except ValueError as error:
                raise LexiconError(f"lexicon line {line[:60]!r} has no weight") from error
            for word in words:
                self._add(section, word, value)

    def _add(self, section: str, word: str, value: float) -> None:
        if section == "emoji":
            self.emoji.setdefault(word[0], value)
            return
        key = fold(word.replace("_", " "))
        if section == "negation":
            self.negation.add(key)
        elif section in ("intensifier", "diminisher"):
            self.scale[key] = value
        else:
            self.weight.setdefault(key, value)
            first, size = key.split(" ")[0], key.count(" ") + 1
            self._longest[first] = max(self._longest.get(first, 1), size)

    def polarity(self, text: str) -> Polarity:
        """Score a text.

        Args:
            text: a message.

        Returns:
            its sums.
        """
        return self.polarity_of_folded(fold(text))

    def polarity_of_folded(self, folded: str) -> Polarity:
        """Score a text that is folded already.

        Args:
            folded: a message as ``fold`` leaves it.

        Returns:
            its sums.
        """
        tokens = _TOKEN.findall(folded)[:MAX_WORDS]
        positive = negative = emoji = last = 0.0
        i = words = 0
        negated_until = -1
        scale = 1.0
        while i < len(tokens):
            token = tokens[i]
            if token in self.emoji:
                weight = self.emoji[token] * EMOJI_WEIGHT
                emoji += weight
                last = weight
                i += 1
                continue
            if token in _STOPS:
                negated_until, scale = -1, 1.0
                i += 1
                continue
            words += 1
            size, weight = self._match(tokens, i)
            if size:
                weight *= scale
                if i <= negated_until:
                    weight *= NEGATED
                positive, negative = (positive + weight, negative) if weight > 0 else (positive, negative - weight)
                last = weight
                scale = 1.0
                i += size
                continue
            if token in _BUT:  # what stands before a "but" weighs half
                positive, negative = positive / 2, negative / 2
                negated_until = -1
            elif token in self.negation or token.endswith("n't"):
                negated_until = i + REACH
            scale = self.scale.get(token, 1.0)
            i += 1
        return Polarity(positive, negative, emoji, last, words)

    def _match(self, tokens: list[str], i: int) -> tuple[int, float]:
        longest = self._longest.get(tokens[i])
        if longest is None:
            return 0, 0.0
        for size in range(min(longest, len(tokens) - i), 0, -1):
            key = tokens[i] if size == 1 else " ".join(tokens[i : i + size])
            if key in self.weight:
                return size, self.weight[key]
        return 0, 0.0


@lru_cache(maxsize=1)
def default_lexicon() -> Lexicon:
    """Read the project's lexicon.

    Returns:
        the lexicon; read once a process.
    """
    return Lexicon(files("actors.language.sentiment").joinpath("lexicon.txt").read_text(encoding="utf-8"))
