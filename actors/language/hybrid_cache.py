"""A bounded cache of what the models said of a text, by its normalised form."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict

from actors.language.hybrid_mood import Mood
from actors.language.tagger.decode import Name

Kept = tuple[Mood, tuple[Name, ...]]


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

    @staticmethod
    def _key(level: str, text: str) -> tuple[str, str]:
        # Composed form only where it keeps the length: the tagger's spans point into the text.
        composed = unicodedata.normalize("NFC", text)
        return level, (composed if len(composed) == len(text) else text).rstrip()

    def get(self, level: str, text: str) -> Kept | None:
        """Look a text up.

        Args:
            level: the tier that would answer.
            text: the message.

        Returns:
            what was kept, or None.
        """
        key = self._key(level, text)
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
            text: the message.
            kept: mood and names.
        """
        if self.size == 0:
            return
        self._kept[self._key(level, text)] = kept
        if len(self._kept) > self.size:
            self._kept.popitem(last=False)
