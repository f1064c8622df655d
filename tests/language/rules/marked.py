"""Labelled sentences in a compact form: ``{span|type|value}``."""

from __future__ import annotations

import re

_MARK = re.compile(r"\{([^{}|]+)\|([a-z_]+)\|([^{}|]*)\}")


def unmark(marked: str) -> tuple[str, list[tuple[str, int, int, str]]]:
    """Give the plain text, and for each mark its type, span and value as text."""
    text, labels, at = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[at : match.start()]
        labels.append((match[2], len(text), len(text) + len(match[1]), match[3]))
        text += match[1]
        at = match.end()
    return text + marked[at:], labels
