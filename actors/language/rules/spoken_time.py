"""What is spoken around an hour: "half past", "ten to", "ونص", "ella rob3", "in the evening", "bel leil"."""

from __future__ import annotations

from typing import Final

from actors.language.rules.fold import Tokens
from actors.language.rules.lexicon import HALF, MERIDIEM, NUMBER_WORDS, QUARTER
from actors.language.rules.numbers import Number
from actors.language.rules.word_set import word_set

_PARTS: Final = {
    **dict.fromkeys(("morning", "am", "mornings"), "am"),
    **dict.fromkeys(("afternoon", "evening", "noon", "afternoons", "evenings"), "pm"),
    **dict.fromkeys(("night", "ليل", "الليل", "leil", "lel", "layl", "leel"), "night"),
    **dict.fromkeys(("صباح", "الصباح", "الصبح", "صبح", "الفجر", "الضحي"), "am"),
    **dict.fromkeys(("sob7", "sobh", "sabah", "fagr", "fajr"), "am"),
    **dict.fromkeys(
        ("المساء", "مساء", "الظهر", "ظهر", "العصر", "عصر", "المغرب", "مغرب", "العشا", "العشاء", "العشيه"), "pm"
    ),
    **dict.fromkeys(("masa", "masaa", "dohr", "duhr", "zohr", "3asr", "asr"), "pm"),
    **dict.fromkeys(("maghreb", "maghrib", "3esha", "3isha"), "pm"),
}  # fmt: skip
_INTO: Final = word_set("in at في ف fe fi fel bel bil bl b b3d ba3d بعد el al il 3al")
_NIGHTS: Final = word_set("بالليل بليل ليلا bellel belel belleil beleil bilel billeil belail")
_BEFORE_WORDS: Final = {"five": 5, "ten": 10, "twenty": 20, "twentyfive": 25}
_MINUTES: Final = frozenset({10.0, 15.0, 20.0, 30.0, 40.0, 45.0, 50.0})
_THIRDS: Final = word_set("تلت ثلث telt tilt tolt thelth")
_AND: Final = word_set("و w and wa we")
_LESS: Final = word_set("الا illa ela ella ila elaa")
_POINTING: Final = word_set("at around by before after till until from about it's its")


def part_of_day(tokens: Tokens, at: int, hour: int) -> tuple[str, int]:
    """Read a part of the day after an hour: "in the evening", "at night", "بعد الظهر", "bel leil".

    Args:
        tokens: the text.
        at: token after the hour.
        hour: the hour, 1 to 12: "1 at night" is before noon.

    Returns:
        am, pm or "", and the token after what was read.
    """
    texts = tokens.texts
    count = len(texts)
    part = ""
    if at < count and texts[at] in _NIGHTS:
        part, at = "night", at + 1
    elif at + 1 < count and texts[at] in _INTO:
        second = at + 2 if texts[at + 1] in ("the", "el", "al") and at + 2 < count else at + 1
        part, at = _PARTS.get(texts[second], ""), second + 1
        if texts[second] == "am":
            part = ""
    elif at < count and texts[at] in _PARTS and texts[at] not in MERIDIEM and texts[at][0] > "\u0600":
        part, at = _PARTS[texts[at]], at + 1
    if part == "night":
        part = "am" if hour in (12, 1, 2, 3) else "pm"
    return part, at


def minutes_before(tokens: Tokens, number: Number) -> tuple[int, int, bool] | None:
    """Read "half past", "half", "quarter to", "20 past", "ten to" before an hour.

    Args:
        tokens: the text.
        number: the hour.

    Returns:
        the first token, the minutes, whether they count back; None where nothing is spoken.
    """
    texts = tokens.texts
    at = number.first - 1
    if at < 0 or number.value > 12 or number.value != int(number.value):
        return None
    if texts[at] == "half" and (at == 0 or texts[at - 1] not in ("a", "and", "the", "other")):
        return at, 30, False  # "half five"
    if at < 1 or texts[at] not in ("past", "to", "till", "after"):
        return None
    back = texts[at] in ("to", "till")
    lead = texts[at - 1]
    if lead == "half" and texts[at] == "past":
        return at - 1, 30, False
    if lead == "quarter":
        return at - 1, 15, back
    minutes = _BEFORE_WORDS.get(lead) or (int(lead) if lead in ("5", "10", "20", "25") else 0)
    if not minutes:
        return None
    if texts[at] == "past":
        return at - 1, minutes, False
    pointed = at >= 2 and texts[at - 2] in _POINTING and texts[at - 2] != "from"
    return (at - 1, minutes, True) if back and pointed and number.in_words and lead in _BEFORE_WORDS else None


def minutes_after(texts: list[str], at: int) -> tuple[int, int, bool] | None:
    """Read minutes after an hour: "ونص", "و ربع", "الا ربع", "w nos", "ella telt".

    Args:
        texts: the tokens.
        at: token after the hour.

    Returns:
        the minutes, how many tokens they take, whether they count back; None where there are none.
    """
    word = texts[at] if at < len(texts) else ""
    further = texts[at + 1] if at + 1 < len(texts) else ""
    if word in _AND or word in _LESS:
        back = word in _LESS
        minutes = _fraction(further)
        return (minutes, 2, back) if minutes and not (back and minutes == 30) else None
    minutes = _fraction(word[1:]) if word.startswith("و") else 0
    return (minutes, 1, False) if minutes else None


def _fraction(word: str) -> int:
    """Minutes of a part of an hour; 0 where the word is none."""
    if word in HALF:
        return 30
    if word in QUARTER:
        return 15
    return 20 if word in _THIRDS else 0


def minutes_in_words(texts: list[str], at: int) -> tuple[int, int]:
    """Read "thirty", "forty five" after an hour in words: the minutes and how many tokens they take, or zeros."""
    value = NUMBER_WORDS.get(texts[at]) if at < len(texts) else None
    if value not in _MINUTES or value is None:
        return 0, 0
    further = NUMBER_WORDS.get(texts[at + 1]) if at + 1 < len(texts) else None
    if further == 5 and value >= 20:
        return int(value) + 5, 2
    return int(value), 1
