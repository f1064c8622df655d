"""Cut a message into the words that the tagger labels."""

from __future__ import annotations

import re
from typing import Final

TAGS: Final[tuple[str, ...]] = (
    "O",
    "B-person",
    "I-person",
    "B-project",
    "I-project",
    "B-location",
    "I-location",
)
SHAPES: Final = 5
"""Length of a word's shape vector: the encoder folds case, and case tells names."""

_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def cut(text: str) -> list[tuple[str, int, int]]:
    """Cut a text into words and single marks.

    Args:
        text: a message.

    Returns:
        ``(word, start, end)`` in code points, in order.
    """
    return [(m[0], m.start(), m.end()) for m in _WORD.finditer(text)]


def shape(word: str, *, first: bool) -> tuple[float, float, float, float, float]:
    """Describe a word's letter case.

    Args:
        word: as written.
        first: it opens the message or a sentence, where a capital says little.

    Returns:
        capitalised, capitalised inside a sentence, all capitals, has a digit, all lower case; each 0 or 1.
    """
    capital = word[:1].isupper()
    upper = len(word) > 1 and word.isupper()
    return (
        float(capital),
        float(capital and not first),
        float(upper),
        float(any(c.isdigit() for c in word)),
        float(word.islower()),
    )


def shapes(words: list[tuple[str, int, int]]) -> list[tuple[float, float, float, float, float]]:
    """Describe all words of a message.

    Args:
        words: what ``cut`` gave.

    Returns:
        one shape vector for each.
    """
    out = []
    first = True
    for word, _, _ in words:
        out.append(shape(word, first=first))
        first = word in ".!?:\n"
    return out
