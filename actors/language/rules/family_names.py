"""What belongs to a person's name after the first one: "محمود عبد الرحمن", "خالد بن سعيد", "a7med mostafa"."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from actors.language.rules.fold import WORD, Tokens
from actors.language.rules.word_set import word_set

_MOST: Final = 4
_SERVANT: Final = "عبد"
_JOINTS: Final = frozenset({_SERVANT, "بن", "ابن", "ابو", "ال"})
_NO_FAMILY: Final = word_set(
    "الجاي الماضي اللي التالي الحالي الثاني الثانيه التاني الحقيقي المالي الرسمي العقاري القانوني"
)
_ORDINARY: Final = word_set("علي سعيد كريم جميل هادي رضا نور امل كامل وحيد بشير صادق")  # after a name, mostly words


def family_end(tokens: Tokens, at: int, persons: Container[str]) -> int:
    """Find where a person's name ends.

    Args:
        tokens: the text.
        at: its first name.
        persons: listed first names, folded; fathers and families are called by them, too.

    Returns:
        the token after the name.
    """
    texts = tokens.texts
    last = at + 1
    if texts[at] == _SERVANT:
        last += 1
    while last < len(texts) and last - at < _MOST:
        used = _part(tokens, last, persons)
        if not used:
            break
        last += used
    return last


def _part(tokens: Tokens, at: int, persons: Container[str]) -> int:
    """How many tokens the next part of a name takes; 0 where what follows is no name."""
    texts = tokens.texts
    word = texts[at]
    if tokens.kinds[at] != WORD or tokens.starts[at] - tokens.ends[at - 1] != 1:
        return 0
    if word[0] <= "\u0600":
        latin = texts[at - 1][0] <= "\u0600"
        return int(latin and len(word) > 3 and word in persons and not tokens.is_upper(at))
    following = texts[at + 1] if at + 1 < len(texts) and tokens.starts[at + 1] - tokens.ends[at] == 1 else ""
    if word in _JOINTS and following and following[0] > "\u0600":
        return 2 if word != _SERVANT or following.startswith("ال") else 0
    if word in persons and word not in _ORDINARY:
        return 1
    family = len(word) > 5 and word.startswith("ال") and word.endswith("ي") and word not in _NO_FAMILY
    return int(family)
