"""A bounded cache of what the models said of a text, by its normalised form."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from actors.language.hybrid_mood import Mood
from actors.language.tagger.decode import Name

Kept = tuple[Mood, tuple[Name, ...]]


def normalised(text: str) -> str:
    """Bring a text to the form that the models read and the cache knows.

    No model sees how much white space stands between two words, or around a text: so it cannot change an answer.

    Args:
        text: a message.

    Returns:
        the text with single spaces, and none at its ends.
    """
    return " ".join(text.split())


def put_back(names: Sequence[Name], text: str) -> list[Name]:
    """Move names that were found in ``normalised(text)`` to where they stand in the text.

    Args:
        names: with places in the normalised text.
        text: the message as it came.

    Returns:
        the names with places in ``text``.
    """
    if not names or normalised(text) == text:
        return list(names)
    places: list[int] = []
    for at, letter in enumerate(text):
        if not letter.isspace() or (places and not text[at - 1].isspace()):
            places.append(at)
    return [Name(n.type, places[n.start], places[n.end - 1] + 1, n.confidence) for n in names]


class TextCache:
    """Least recently used texts go first.

    Dates and phones depend on when and where a message was sent, so the rule layer is never cached: the models'
    answers depend on nothing but the tier and the text, and are.

    Args:
        size: how many texts are kept; 0 for none.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.hits = 0
        self.misses = 0
        self._kept: OrderedDict[tuple[str, str], Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def hit_rate(self) -> float:
        """Share of look-ups that were answered, 0 to 1."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else 0.0

    def get(self, level: str, text: str) -> Kept | None:
        """Look a text up.

        Args:
            level: the tier that would answer.
            text: the message, normalised.

        Returns:
            what was kept, or None.
        """
        key = (level, text)
        kept = self._kept.get(key)
        if kept is None:
            self.misses += 1
            return None
        self.hits += 1
        self._kept.move_to_end(key)
        return kept

    def put(self, level: str, text: str, kept: Kept) -> None:
        """Keep an answer.

        Args:
            level: the tier that answered.
            text: the message, normalised.
            kept: mood, and names by their places in the normalised text.
        """
        if self.size == 0:
            return
        self._kept[level, text] = kept
        if len(self._kept) > self.size:
            self._kept.popitem(last=False)
