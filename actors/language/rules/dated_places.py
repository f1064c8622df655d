"""Places that are called like a date: the city of 6th of October, and others that a user lists."""

from __future__ import annotations

from typing import Final

from actors.language.gazetteer import Gazetteer
from actors.language.rules.fold import Tokens
from actors.language.rules.lexicon import BED_WORDS, MONTHS, STUDIO
from actors.language.rules.word_set import word_set

_IN: Final = word_set("in near around at fi fe f fel في ب قرب جنب ganb gamb")
_ARABIZI_IN: Final = word_set("fi fe f fel ganb gamb")
_HOMES: Final = word_set(
    "unit units property properties compound compounds place places home anything listing listings live living lives "
    "وحده وحدات عقار عقارات كمبوند ساكن ساكنه ساكنين سكن حاجه sakn saken sakna sakneen 7aga we7da wa7da 3a2ar"
)
_HAPPENS: Final = word_set(
    "viewing viewings visit available availability handover delivery delivered ready meet meeting moving vacant free "
    "starts start expires ends due معاينه موعد تسليم متاح متاحه متوفر جاهز جاهزه استلام يخلص ينتهي يبدا هتكون فاضيه "
    "mo3ayana ma3ad me3ad taslim tasleem esteslam fadya gahza"
)
_REACH: Final = 8


def called_like_a_date(texts: list[str], last: int) -> bool:
    """Whether a listed name ends, before the token ``last``, with a month: "6 october"."""
    return texts[last - 1] in MONTHS


def is_place(tokens: Tokens, at: int, last: int, gazetteer: Gazetteer) -> bool:
    """Whether such a name means the place: after "in", where a home is spoken of and nothing that happens on a day.

    Args:
        tokens: the text.
        at: the name's first token.
        last: the token after it.
        gazetteer: the names, for the kinds of property.
    """
    texts = tokens.texts
    lead = texts[at - 1] if at else ""
    if lead in ("el", "al") and at > 1:
        lead = texts[at - 2]
    if lead not in (_ARABIZI_IN if last - at == 1 and texts[at].isascii() else _IN):
        return False
    before = texts[max(0, at - _REACH) : at]
    if not _HAPPENS.isdisjoint(before):
        return False
    return any(_is_home(word, gazetteer) for word in before)


def _is_home(word: str, gazetteer: Gazetteer) -> bool:
    if word in _HOMES or word in BED_WORDS or word in STUDIO:
        return True
    entry = gazetteer.get(word)
    return entry is not None and entry.type == "property_type"
