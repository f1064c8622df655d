"""Names with one misspelt word: "dubai marnia", "damac hils 2", "downtwon dubai"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from rapidfuzz.distance import OSA

from actors.language.rules.names import COMMON
from actors.language.rules.word_set import word_set

MOST_WORDS: Final = 5
SHORTEST_WORD: Final = 3
SHORTEST_NAME: Final = 8
_GAP: Final = "*"
_EVERYWHERE: Final = word_set(
    "the el it la le de one two me and of at in on by to do ma ana th st time 's s a an i my our for with is as na no "
    "في من علي الله عن مع البيت بيت صباح"
)
TAILS: Final = word_set(
    "tower towers residence residences residency heights building bldg court house villas apartments suites lofts "
    "plaza compound complex quay wharf"
)


class _Named(Protocol):
    """What the index needs to know of a gazetteer's entry."""

    @property
    def type(self) -> str: ...

    @property
    def value(self) -> str: ...

    @property
    def cue(self) -> bool: ...


def one_slip(word: str, target: str, *, strict: bool = False, loose: bool = False) -> bool:
    """Whether a word is a slip away from another: a letter left out, doubled, swapped, or (in a longer one) wrong.

    Args:
        word: as written, folded.
        target: the word that may be meant.
        strict: one slip only, however long the word is.
        loose: a wrong letter in a short word is a slip, too; there are other words to tell what is meant.
    """
    length = len(target)
    if length < SHORTEST_WORD or abs(len(word) - length) > 2:
        return False
    if length == SHORTEST_WORD:
        return _doubled(word, target)
    slips = OSA.distance(word, target, score_cutoff=2)
    if not 1 <= slips <= 2 or (word[0] != target[0] and (length < 8 or word[1:2] != target[1:2])):
        return False
    if length >= 8 and not strict:
        return True
    if slips > 1:
        return False
    if loose or length >= 6 or len(word) < length:
        return True
    # in a short word another letter makes another word ("part", "start"); a swapped or doubled one does not
    return sorted(word) == sorted(target) if len(word) == length else _doubled(word, target)


def _doubled(word: str, target: str) -> bool:
    """Whether a word is another with one of its letters written twice."""
    return any(word[at] == word[at - 1] and word[:at] + word[at + 1 :] == target for at in range(1, len(word)))


class NearNames:
    """An index of the places and projects of several words, each word in turn left out.

    Args:
        entries: the gazetteer's entries by folded name.

    Attributes:
        heads, seconds: first and second words of the names in the index.
        vocabulary: every word of every name; such a word is no misspelling.
        ordinary: that, and the commonest words of messages.
        variants: other spellings of places of one word ("jumeira"), with the known one.
    """

    def __init__(self, entries: Mapping[str, _Named]) -> None:
        self._entries = entries
        self._gaps: dict[str, list[str]] = {}
        self.heads: set[str] = set()
        self.seconds: set[str] = set()
        self.vocabulary: set[str] = set()
        self.ordinary: set[str] = set(COMMON)
        self.variants: dict[str, str] = {}
        for key, entry in entries.items():
            words = key.split()
            self.vocabulary.update(words)
            self.ordinary.update(words)
            if entry.type not in ("location", "project"):
                continue
            if len(words) == 1:
                if " " not in entry.value and key != entry.value and key.isascii():
                    self.variants[key] = entry.value
            elif len(words) <= MOST_WORDS and len(key) >= SHORTEST_NAME and not entry.cue:
                self._add_starts(words[0], words[1])
                for at, word in enumerate(words):
                    if len(word) >= SHORTEST_WORD and word.isalpha():
                        gap = " ".join((*words[:at], _GAP, *words[at + 1 :]))
                        self._gaps.setdefault(gap, []).append(word)

    def _add_starts(self, head: str, second: str) -> None:
        """Note where a look for a misspelt name is worth its time; words that stand everywhere are no sign of one."""
        if head not in _EVERYWHERE and not head.isdigit():
            self.heads.add(head)
        if second not in _EVERYWHERE and not second.isdigit():
            self.seconds.add(second)

    def find(self, words: Sequence[str], at: int) -> str:
        """Find the name that some words are with the one at ``at`` misspelt.

        Args:
            words: folded, at least two.
            at: the word that may be wrong.

        Returns:
            the folded name; "" where there is none, or more than one.
        """
        gap = " ".join((*words[:at], _GAP, *words[at + 1 :]))
        targets = self._gaps.get(gap)
        if targets is None:
            return ""
        word = words[at]
        strict = len(words) == 2 and words[1 - at] in TAILS
        other = self.variants.get(word)
        if other is not None:
            near = [target for target in targets if target == other]
        else:
            near = [target for target in targets if one_slip(word, target, strict=strict, loose=len(words) > 2)]
        keys = [gap.replace(_GAP, target, 1) for target in near]
        if not keys or len({self._entries[key].value for key in keys}) > 1:
            return ""
        return keys[0]
