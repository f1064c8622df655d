"""Dates and times, resolved against the moment at which the message was sent."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final, NamedTuple

from actors.language.rules.calendar_of_sender import Clock
from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import Tokens
from actors.language.rules.lexicon import DAY_WORDS, MONTHS, WEAK_WEEKDAYS, WEEKDAYS
from actors.language.rules.numbers import Number
from actors.language.rules.numeric_dates import DATE_LEADS, ORDINALS
from actors.language.rules.tense import is_past
from actors.language.rules.word_set import word_set

_ARTICLES: Final = frozenset({"the", "el", "al", "il"})
_NEXT: Final = word_set("next nxt coming upcoming following")
_NEXT_AFTER: Final = word_set("الجاي الجايه القادم القادمه المقبل المقبله الياي elgay elgaya eljay ljay gay gaya next")
_LAST_AFTER: Final = word_set("الماضي الماضيه الفايت الفايته elmady elfat elfayet")
_DAYPARTS: Final = word_set("morning afternoon evening noon arvo")
_ORDINAL_WORDS: Final = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "eleventh": 11,
    "twelfth": 12,
    "thirteenth": 13,
    "fourteenth": 14,
    "fifteenth": 15,
    "twentieth": 20,
    "thirtieth": 30,
}
_SPANS: Final = {
    "day": 1, "days": 1, "week": 7, "weeks": 7, "wk": 7, "wks": 7, "fortnight": 14,
    "يوم": 1, "ايام": 1, "يومين": 2, "اسبوع": 7, "اسابيع": 7, "اسبوعين": 14,
    "yom": 1, "ayam": 1, "yomein": 2, "yomen": 2, "osbo3": 7, "osboo3": 7, "osbo3een": 14, "esbo3en": 14,
}  # fmt: skip
_MONTH_SPANS: Final = frozenset({"month", "months", "شهر", "شهور", "اشهر", "shahr", "shohor"})
MOMENT_WORDS: Final = (
    frozenset(DAY_WORDS)
    | frozenset(WEEKDAYS)
    | frozenset(MONTHS)
    | _DAYPARTS
    | frozenset({"night", "naharda", "yom", "youm", "yoom", "nharda", "leila", "layla", "lela"})
    | frozenset(_SPANS)
    | _MONTH_SPANS
)


class _Numbers(NamedTuple):
    """A text's numbers by their first token, and by the token after them."""

    by_first: dict[int, Number]
    by_after: dict[int, Number]


def find_dates(tokens: Tokens, numbers: list[Number], clock: Clock) -> list[Candidate]:
    """Find dates that words tell; sets the roles of the numbers that they use.

    Args:
        tokens: the text.
        numbers: its numbers.
        clock: when it was sent.

    Returns:
        candidates.
    """
    near = _Numbers({number.first: number for number in numbers}, {number.after: number for number in numbers})
    found: list[Candidate] = []
    texts = tokens.texts
    for at, word in enumerate(texts):
        if word not in MOMENT_WORDS:
            bare = word[1:] if word[0] in "وبل" and len(word) > 3 else ""
            if not bare or bare not in MOMENT_WORDS or word[1] < "\u0600":
                continue
            candidate = _day_word(tokens, at, bare, clock, skip=1) or _weekday(tokens, at, bare, clock, skip=1)
        else:
            candidate = (
                _month(tokens, at, word, clock, near)
                or _day_word(tokens, at, word, clock)
                or _weekday(tokens, at, word, clock)
                or _relative(tokens, at, word, clock, near.by_after)
            )
        if candidate is not None:
            found.append(candidate)
    return found


_TWO_AWAY: Final = {
    ("بعد", 1): 1, ("ba3d", 1): 1, ("b3d", 1): 1, ("baad", 1): 1, ("اول", -1): 1, ("awel", -1): 1, ("awl", -1): 1,
    ("after", 1): 2, ("before", -1): 2,
}  # fmt: skip
_AL: Final = frozenset({"el", "al", "il", "en"})
_YOM: Final = frozenset({"yom", "youm", "yoom"})
_TODAY_AFTER_AL: Final = word_set("naharda nharda leila layla lela")


def _day_word(tokens: Tokens, at: int, word: str, clock: Clock, skip: int = 0) -> Candidate | None:
    """Read "tomorrow", "day after tomorrow", "later today", "el naharda", "this morning", "last night"."""
    texts, ends = tokens.texts, tokens.ends
    before = texts[at - 1] if at else ""
    if word not in DAY_WORDS:
        days = _two_words(texts, at, word, before)
        return None if days is None else Candidate(tokens.starts[at - 1], ends[at], "date", clock.plus(days), 0.95)
    days = int(DAY_WORDS[word])
    first = at
    used = _TWO_AWAY.get((before, days), 0)
    if used == 1 or (used == 2 and at >= 2 and texts[at - 2] == "day"):
        first, days = at - used, days * 2
    elif before == "later" and not days:
        first = at - 1
    start = tokens.starts[first] + (skip if first == at else 0)
    return Candidate(start, ends[at], "date", clock.plus(days), 0.96)


def _two_words(texts: list[str], at: int, word: str, before: str) -> int | None:
    """Days from today of a pair that ends at ``at``, or None."""
    following = texts[at + 1] if at + 1 < len(texts) else ""
    if word in _YOM and before in _AL and following not in _AL:
        return 0
    if (word in _DAYPARTS and before == "this") or (word in _TODAY_AFTER_AL and before in _AL):
        return 0
    return -1 if word == "night" and before == "last" else None


def _weekday(tokens: Tokens, at: int, word: str, clock: Clock, skip: int = 0) -> Candidate | None:
    """Read a weekday with what leads and follows it: "next Friday", "el gom3a elgaya", "Monday next week"."""
    if word not in WEEKDAYS:
        return None
    texts = tokens.texts
    weak = word in WEAK_WEEKDAYS or (word > "\u0600" and not word.startswith("ال"))
    first, which, led = _before_weekday(texts, at)
    before = texts[first - 1] if first else ""
    if weak and not led and before not in _WEAK_LEADS and not _weak_stands(tokens, at, word):
        return None
    start = tokens.starts[at] + skip if first == at else tokens.starts[first]
    day = int(WEEKDAYS[word])
    following = texts[at + 1 : at + 3]
    if following in (["next", "week"], ["this", "week"]):
        days = day - clock.today.weekday() + (7 if following[0] == "next" else 0)
        return Candidate(start, tokens.ends[at + 2], "date", clock.plus(days), 0.93)
    last, said = _after_weekday(following)
    which = said or which or ("last" if is_past(texts, first - 1) else "")
    sure = 0.8 if weak and not led else 0.95
    return Candidate(start, tokens.ends[at + last], "date", clock.weekday(day, which=which), sure)


def _before_weekday(texts: list[str], at: int) -> tuple[int, str, bool]:
    """Read what leads a weekday: the span's first token, ``last``, ``this``, ``next`` or "", whether something led."""
    first = at
    if at and texts[at - 1] in ("el", "al", "il"):
        first = at - 1
    before = texts[first - 1] if first else ""
    if before == "يوم":
        return first, "", True
    if before in _YOM:
        return first - 1, "", True
    if before in _NEXT:
        if first >= 2 and texts[first - 2] == "this":
            return first - 2, "", True
        return first - 1, "next", True
    if before == "this":
        return first - 1, "this", True
    if before in ("last", "past"):
        return first - 1, "last", True
    return first, "", first != at


_WEAK_LEADS: Final = DATE_LEADS
_WEAKEST: Final = word_set("had mar talat sat sun")


def _weak_stands(tokens: Tokens, at: int, word: str) -> bool:
    """Whether a weekday's name that is another word, too, is meant: a capital, or a time after it."""
    if tokens.is_upper(at):
        return True
    follows = tokens.texts[at + 1] if at + 1 < len(tokens.texts) else " "
    leads = follows[0].isdigit() or follows in _DAYPARTS or follows in ("at", "around", "or", "and", "/")
    return leads and word not in _WEAKEST


def _after_weekday(following: list[str]) -> tuple[int, str]:
    """Read what follows a weekday: how many tokens of it belong to the span, and ``last``, ``next`` or ""."""
    after = following[0] if following else ""
    if after in _LAST_AFTER:
        return 1, "last"
    if after in _NEXT_AFTER:
        return 1, "next"
    if following in (["اللي", "فات"], ["elly", "fat"]):
        return 2, "last"
    return (2, "next") if following in (["اللي", "جاي"], ["elly", "gay"]) else (0, "")


def _month(tokens: Tokens, at: int, word: str, clock: Clock, numbers: _Numbers) -> Candidate | None:
    """Read a day with its month: "8th of March", "8-Mar-2027", "March 8th", "ninth of June"."""
    if word not in MONTHS:
        return None
    month = int(MONTHS[word])
    return _day_before_month(tokens, at, month, clock, numbers) or _day_after_month(tokens, at, month, clock, numbers)


def _day_before_month(tokens: Tokens, at: int, month: int, clock: Clock, numbers: _Numbers) -> Candidate | None:
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    before = at
    if before and texts[before - 1] in ("-", "/", ".", ",", "of", "شهر"):
        before -= 1
    if before and texts[before - 1] in ORDINALS:
        before -= 1
    if before and texts[before - 1] in _ORDINAL_WORDS:
        value = clock.day_month(_ORDINAL_WORDS[texts[before - 1]], month)
        return Candidate(starts[before - 1], ends[at], "date", value, 0.95)
    number = numbers.by_after.get(before)
    if number is None or number.in_words or not _is_day(number):
        return None
    after = at + 2 if at + 1 < len(texts) and texts[at + 1] in (".", "-", ",", "/") else at + 1
    year, last = _year(numbers, after, at)
    if not year and texts[at + 1 : at + 2] in (["-"], ["/"]) and before < at:
        year, last = _short_year(tokens, numbers, at + 2, at)
    number.role = "date"
    value = clock.day_month(int(number.value), month, year)
    return Candidate(starts[number.first], ends[last], "date", value, 0.97)


def _day_after_month(tokens: Tokens, at: int, month: int, clock: Clock, numbers: _Numbers) -> Candidate | None:
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    after = at + 1
    if after < len(texts) and texts[after] in (".", "-", ","):
        after += 1
    if after < len(texts) and texts[after] == "the":
        after += 1
    if after < len(texts) and texts[after] in _ORDINAL_WORDS:
        value = clock.day_month(_ORDINAL_WORDS[texts[after]], month)
        return Candidate(starts[at], ends[after], "date", value, 0.93)
    number = numbers.by_first.get(after)
    if number is None or not _is_day(number):
        return None
    following = texts[number.after] if number.after < len(texts) else ""
    ordinal = following in ORDINALS
    if following == ":" or (texts[at] in ("may", "mar") and not ordinal and not tokens.is_upper(at)):
        return None  # "march 8:30", "you may 2 times"
    last = number.after if ordinal else number.after - 1
    comma = texts[last + 1 : last + 2] == [","]
    year, last = _year(numbers, last + 2 if comma else last + 1, last)
    number.role = "date"
    return Candidate(starts[at], ends[last], "date", clock.day_month(int(number.value), month, year), 0.95)


def _is_day(number: Number) -> bool:
    return 1 <= number.value <= 31 and number.value == int(number.value)


def _year(numbers: _Numbers, at: int, last: int) -> tuple[int, int]:
    """Read a year at a token: the year (0 where there is none) and the span's last token."""
    number = numbers.by_first.get(at)
    if number is None or not 2000 <= number.value <= 2100:
        return 0, last
    number.role = "date"
    return int(number.value), number.after - 1


def _short_year(tokens: Tokens, numbers: _Numbers, at: int, last: int) -> tuple[int, int]:
    """Read the year of "1-Jul-26": the year (0 where there is none) and the span's last token."""
    number = numbers.by_first.get(at)
    if number is None or len(tokens.texts[at]) != 2 or tokens.starts[at] != tokens.ends[at - 1]:
        return 0, last
    number.role = "date"
    return 2000 + int(number.value), at


def _relative(tokens: Tokens, at: int, word: str, clock: Clock, by_after: dict[int, Number]) -> Candidate | None:
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    before = texts[at - 1] if at else ""
    number = by_after.get(at)
    after = texts[at + 1] if at + 1 < len(texts) else ""
    if (
        number is not None
        and (word in _SPANS or word in _MONTH_SPANS)
        and number.value == int(number.value)
        and 0 < number.value < 400
    ):
        lead = texts[number.first - 1] if number.first else ""
        days = int(number.value) * _SPANS.get(word, 30)
        if lead in ("in", "بعد", "ba3d", "after") and word in _SPANS and (lead != "after" or after != "of"):
            number.role = "date"
            return Candidate(starts[number.first - 1], ends[at], "date", clock.plus(days), 0.85)
        if after == "ago" or (after == "back" and _ends_here(texts, at + 2)):
            number.role = "date"
            value = (
                clock.plus(-days) if word in _SPANS else _by_dateparser(f"{int(number.value)} months ago", clock.today)
            )
            return Candidate(starts[number.first], ends[at + 1], "date", value, 0.9)
        if lead in _SINCE and word in _SPANS:
            number.role = "date"
            return Candidate(starts[number.first - 1], ends[at], "date", clock.plus(-days), 0.85)
        return None
    if word in _PAIRS and (before in ("بعد", "ba3d") or before in _SINCE):
        days = -_SPANS[word] if before in _SINCE else _SPANS[word]
        return Candidate(starts[at - 1], ends[at], "date", clock.plus(days), 0.85)
    return None


_SINCE: Final = word_set("من قبل منذ men abl 2abl mn")
_PAIRS: Final = word_set("يومين اسبوعين yomein yomen osbo3een esbo3en")


def _ends_here(texts: list[str], at: int) -> bool:
    """Whether "two days back" ends a clause, so that "back" is no way home."""
    return (
        at >= len(texts) or not texts[at][0].isalpha() or texts[at] in ("and", "but", "still", "i", "we", "you", "for")
    )


@lru_cache(maxsize=4096)
def _by_dateparser(phrase: str, today: dt.date) -> str:
    """Resolve a phrase whose arithmetic needs the calendar (months, years) with dateparser."""
    import dateparser

    base = dt.datetime(today.year, today.month, today.day, 12)  # noqa: DTZ001 - the sender's own clock
    found = dateparser.parse(phrase, languages=["en"], settings={"RELATIVE_BASE": base})
    return found.date().isoformat() if found else ""
