"""Each message's own time in a layer, and the reading of a long one piece by piece, so that only it pays for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from msgspec.structs import replace

from messages.understanding import Entity

SEGMENT: Final = 4000
"""So many characters are read whatever they cost; a longer message goes on from there while its budget lasts."""
LATER_ENTITIES: Final = "later_entities"
"""What is noted where only the beginning of a message was searched for entities."""
_SPACE = re.compile(r"\s")


class Budget:
    """Time that a layer may take for one message, counted from now.

    Args:
        limit_ms: milliseconds.
        clock: seconds, monotonic.
    """

    def __init__(self, limit_ms: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = clock() + limit_ms / 1000

    def spent(self) -> bool:
        """Whether the time is used up."""
        return self._clock() > self._end


def segments(text: str) -> Iterator[tuple[int, int]]:
    """Cut a text into parts of about ``SEGMENT`` characters, between words where there is a gap between words.

    Args:
        text: a message.

    Yields:
        start and end of each part, in order, without gaps.
    """
    start = 0
    while len(text) - start > SEGMENT:
        end = max(text.rfind(" ", start + 1, start + SEGMENT), text.rfind("\n", start + 1, start + SEGMENT)) + 1
        if end <= start + 1:
            gap = _SPACE.search(text, start + SEGMENT, start + 4 * SEGMENT)
            end = gap.end() if gap else min(len(text), start + 4 * SEGMENT)
        yield start, end
        start = end
    yield start, len(text)


def read_rules(
    text: str, extract: Callable[[str], tuple[Entity, ...]], budget: Budget
) -> tuple[tuple[Entity, ...], bool]:
    """Find entities from the beginning of a message on until its time is used up.

    Args:
        text: the message.
        extract: finds the entities of a text.
        budget: of this message.

    Returns:
        the entities, and whether the whole message was read.
    """
    if len(text) <= SEGMENT:
        return extract(text), True
    found: list[Entity] = []
    for start, end in segments(text):
        if start and budget.spent():
            return tuple(found), False
        # A part that ends inside a word may have cut an entity in two: neither half is one.
        open_start = start > 0 and not text[start - 1].isspace()
        open_end = end < len(text) and not text[end - 1].isspace()
        found += (
            replace(e, start=e.start + start, end=e.end + start)
            for e in extract(text[start:end])
            if not (open_start and e.start == 0) and not (open_end and e.end == end - start)
        )
    return tuple(found), True
