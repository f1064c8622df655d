"""Places and projects that are a slip away from a known name: "in Discovry Gardens", "dubai marnia"."""

from __future__ import annotations

from typing import Final

from actors.language.gazetteer import Entry, Gazetteer
from actors.language.gazetteer.arabizi_names import skeleton, telling
from actors.language.gazetteer.near_names import TAILS, NearNames
from actors.language.rules.fold import MARK, NUMBER, WORD, Tokens
from actors.language.rules.word_set import word_set

INSIDE: Final = word_set("in at near around within fi fe f fel في ب بمنطقه")
_NO_PLACE_ENDINGS: Final = ("ing", "ed", "over", "ment", "ance")
_MOST: Final = 4
_SHORTEST: Final = 4
_WITH_ARTICLE: Final = frozenset({"el", "al", "fel"})
_BEFORE_HEAD: Final = frozenset({"the", "el", "al"})


def misspelt_name(
    tokens: Tokens, at: int, word: str, gazetteer: Gazetteer, matched: int, *, placed: bool
) -> tuple[Entry, int] | None:
    """Find a known name of several words of which one is misspelt.

    Args:
        tokens: the text.
        at: its first token.
        word: that token without an attached preposition.
        gazetteer: the names.
        matched: the token after the name found as it stands; ``at`` where none was.
        placed: whether that name means a place.

    Returns:
        the entry and the token after the name; None where there is none.
    """
    if not (placed or _told(tokens, at)):
        return None
    near = gazetteer.near
    last, odd = _run(tokens, at, word, near)
    if odd < 0:
        return None
    words = [word, *tokens.texts[at + 1 : last]]
    if words[odd] in gazetteer.persons:
        return None
    least = max(matched, at + 1, at + odd)
    while last > least:
        key = near.find(words, odd)
        entry = gazetteer.get(key) if key else None
        if entry is not None:
            return entry, last
        words.pop()
        last -= 1
    return None


def _run(tokens: Tokens, at: int, word: str, near: NearNames) -> tuple[int, int]:
    """Read words that one space parts, four at most, no more than one of them unknown.

    Returns:
        the token after them, and which one is misspelt or a variant; -1 where none is.
    """
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    odd = variant = -1
    last = min(at + _MOST, len(texts))
    for place in range(at, last):
        one = texts[place] if place > at else word
        if place > at and starts[place] - ends[place - 1] != 1:
            last = place
            break
        if one not in near.vocabulary:
            if odd >= 0 or len(one) < 3 or not one.isalpha() or one in near.ordinary:
                last = place
                break
            odd = place - at
        elif variant < 0 and one in near.variants:
            variant = place - at
    if last - at < 2:
        return last, -1
    return last, odd if odd >= 0 else variant


def _told(tokens: Tokens, at: int) -> bool:
    """Whether a word before, or the capitals, say that a name of several words may start here."""
    texts = tokens.texts
    before = texts[at - 1] if at else ""
    if before in INSIDE or (before in _BEFORE_HEAD and at >= 2 and texts[at - 2] in INSIDE):
        return True
    return at + 1 < len(texts) and tokens.is_upper(at + 1) and tokens.is_upper(at)


def misspelt_place(tokens: Tokens, at: int, gazetteer: Gazetteer) -> tuple[Entry, int] | None:
    """Find a place whose first word is no known one: "in Discovry Gardens", "fe zamalec".

    Returns:
        the entry and the token after the name; None where there is none.
    """
    texts = tokens.texts
    word = texts[at]
    if len(word) < _SHORTEST or tokens.kinds[at] == NUMBER:
        return None
    before = texts[at - 1] if at else ""
    inside = before in INSIDE
    if telling(word):
        return place_by_consonants(tokens, at, gazetteer) if inside else None
    if not inside and not tokens.is_upper(at):
        return None
    following = texts[at + 1] if at + 1 < len(texts) else ""
    if following in gazetteer.near.seconds:
        near = misspelt_name(tokens, at, word, gazetteer, at, placed=inside)
        if near is not None:
            return near
    if not inside or len(word) < 6 or word.endswith(_NO_PLACE_ENDINGS):
        return None
    if following in TAILS and tokens.is_upper(at + 1):
        return None  # "in Oceanic Heights": a building of its own
    if following and tokens.kinds[at + 1] != MARK:
        entry = gazetteer.fuzzy(f"{word} {following}")
        if entry is not None:
            return entry, at + 2
    entry = gazetteer.fuzzy(word)
    if entry is None:
        entry = _undoubled(word, gazetteer)
    return (entry, at + 1) if entry is not None and " " not in entry.value else None


def _undoubled(word: str, gazetteer: Gazetteer) -> Entry | None:
    """Find the place that a word is but for a letter written twice: "deiraa", too short for more slips."""
    for at in range(1, len(word)):
        if word[at] == word[at - 1]:
            entry = gazetteer.get(word[:at] + word[at + 1 :])
            if entry is not None and entry.type in ("location", "project") and not (entry.cue or entry.cap):
                return entry
    return None


def place_by_consonants(tokens: Tokens, at: int, gazetteer: Gazetteer) -> tuple[Entry, int] | None:
    """Find a place in Latin letters and digits, however its vowels are written: "fel ra7ab", "fe el me3ady".

    Args:
        tokens: the text.
        at: its first token, after the article.
        gazetteer: the names.

    Returns:
        the entry and the token after the name; None where there is none.
    """
    texts = tokens.texts
    if not telling(texts[at]):
        return None
    article = at > 0 and texts[at - 1] in _WITH_ARTICLE
    first = skeleton(texts[at])
    second = at + 1
    if second < len(texts) and texts[second] in ("el", "al"):
        second += 1
    if second < len(texts) and texts[second].isascii() and tokens.kinds[second] == WORD and len(texts[second]) > 2:
        entry = gazetteer.by_consonants.get((article, f"{first} {skeleton(texts[second])}"))
        if entry is not None:
            return entry, second + 1
    entry = gazetteer.by_consonants.get((article, first))
    return (entry, at + 1) if entry is not None else None
