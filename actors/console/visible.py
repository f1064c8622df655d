"""Text of strangers on a terminal: nothing in it may act on the terminal."""

from __future__ import annotations


def visible(text: str) -> str:
    """Write control characters, bidirectional marks and lone surrogates as escapes.

    Args:
        text: from a file's name or content.

    Returns:
        one line that prints as it reads.
    """
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
