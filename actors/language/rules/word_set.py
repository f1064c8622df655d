"""Word lists."""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """Cut a list of words at its spaces."""
    return frozenset(words.split())
