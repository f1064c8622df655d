"""Dates and times, resolved against the moment at which the message was sent."""

from __future__ import annotations

from typing import Final

from actors.language.rules.calendar_of_sender import Clock
from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import Tokens
from actors.language.rules.lexicon import CURRENCIES, DAY_WORDS, MONTHS, NUMBER_WORDS, WEAK_WEEKDAYS, WEEKDAYS
from actors.language.rules.numbers import Number
from actors.language.rules.numeric_dates import DATE_LEADS, ORDINALS
from actors.language.rules.relative_days import MONTH_SPANS, SPANS, Numbers, counted_from, order_ranges, relative_day
from actors.language.rules.tense import is_past, told_after
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
MOMENT_WORDS: Final = (
    frozenset(DAY_WORDS)
    | frozenset(WEEKDAYS)
    | frozenset(MONTHS)
    | _DAYPARTS
    | frozenset({"night", "naharda", "yom", "youm", "yoom", "nharda", "leila", "layla", "lela", "tom"})
    | frozenset(SPANS)
    | MONTH_SPANS
)


def bare_moment(word: str) -> tuple[str, int]:
    """Cut an attached Arabic preposition off a word that dates are made of; "" and 0 where there is none."""
    if len(word) > 3 and word[0] in "وبل" and word[1] >= "\u0600":
        if word[1:] in MOMENT_WORDS:
            return word[1:], 1
        if word[1] == "ل" and word[0] == "ل" and f"ال{word[2:]}" in MOMENT_WORDS:
            return f"ال{word[2:]}", 2  # للسبت: the article's alef is written away
    return "", 0


def find_dates(tokens: Tokens, numbers: list[Number], clock: Clock) -> list[Candidate]:
    """Find dates that words tell; sets the roles of the numbers that they use.

    Args:
        tokens: the text.
        numbers: its numbers.
        clock: when it was sent.

    Returns:
        candidates.
    """
    near = Numbers({number.first: number for number in numbers}, {number.after: number for number in numbers})
    found: list[Candidate] = []
    texts = tokens.texts
    for at, word in enumerate(texts):
        if word not in MOMENT_WORDS:
            bare, skip = bare_moment(word)
            if not skip:
                continue
            candidate = _day_word(tokens, at, bare, clock, skip) or _weekday(tokens, at, bare, clock, skip)
        else:
            candidate = _month(tokens, at, word, clock, near)
            if candidate is None:
                candidate = _day_word(tokens, at, word, clock) or _weekday(tokens, at, word, clock)
                if candidate is not None:
                    candidate = counted_from(tokens, candidate, near)
                else:
                    candidate = relative_day(tokens, at, word, clock, near.by_after)
        if candidate is not None:
            found.append(candidate)
    return order_ranges(tokens, found) if len(found) > 1 else found


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
    if word == "tom":
        return Candidate(tokens.starts[at], ends[at], "date", clock.plus(1), 0.9) if _is_tomorrow(tokens, at) else None
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


def _is_tomorrow(tokens: Tokens, at: int) -> bool:
    """Whether "tom" is a typist's tomorrow, not a name: without a capital, and before a time."""
    texts = tokens.texts
    if tokens.is_upper(at) or at + 1 >= len(texts):
        return False
    after = texts[at + 1]
    if after in _AT and at + 2 < len(texts):
        return texts[at + 2][0].isdigit() or texts[at + 2] in NUMBER_WORDS or texts[at + 2] in _TIMES
    if after in _DAYPARTS or after == "night":
        return True
    clock = texts[at + 2] if at + 2 < len(texts) else ""
    return after[0].isdigit() and clock in ("am", "pm", ":", "a", "p", "o'clock", "ish")


_AT: Final = word_set("at @ around by after before from between")
_TIMES: Final = word_set("noon midday midnight half quarter the")


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
    which = said or which or ("last" if _behind(texts, first, at + last + 1) else "")
    sure = 0.8 if weak and not led else 0.95
    return Candidate(start, tokens.ends[at + last], "date", clock.weekday(day, which=which), sure)


def _behind(texts: list[str], first: int, after: int) -> bool:
    """Whether the words around a weekday tell of the past."""
    return is_past(texts, first - 1, after) or told_after(texts, after)


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


def _month(tokens: Tokens, at: int, word: str, clock: Clock, numbers: Numbers) -> Candidate | None:
    """Read a day with its month: "8th of March", "8-Mar-2027", "March 8th", "ninth of June"."""
    if word not in MONTHS:
        return None
    month = int(MONTHS[word])
    return _day_before_month(tokens, at, month, clock, numbers) or _day_after_month(tokens, at, month, clock, numbers)


def _day_before_month(tokens: Tokens, at: int, month: int, clock: Clock, numbers: Numbers) -> Candidate | None:
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
    if number is None or number.in_words or number.role in ("location", "project") or not _is_day(number):
        return None
    after = at + 2 if at + 1 < len(texts) and texts[at + 1] in (".", "-", ",", "/") else at + 1
    year, last = _year(tokens, numbers, after, at)
    if not year and texts[at + 1 : at + 2] in (["-"], ["/"]) and before < at:
        year, last = _short_year(tokens, numbers, at + 2, at)
    number.role = "date"
    value = clock.day_month(int(number.value), month, year)
    return Candidate(starts[number.first], ends[last], "date", value, 0.97)


def _day_after_month(tokens: Tokens, at: int, month: int, clock: Clock, numbers: Numbers) -> Candidate | None:
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
    year, last = _year(tokens, numbers, last + 2 if comma else last + 1, last)
    number.role = "date"
    return Candidate(starts[at], ends[last], "date", clock.day_month(int(number.value), month, year), 0.95)


def _is_day(number: Number) -> bool:
    return 1 <= number.value <= 31 and number.value == int(number.value)


def _year(tokens: Tokens, numbers: Numbers, at: int, last: int) -> tuple[int, int]:
    """Read a year at a token: the year (0 where there is none) and the span's last token."""
    number = numbers.by_first.get(at)
    if number is None or not 1900 <= number.value <= 2100 or number.in_words or len(tokens.texts[at]) != 4:
        return 0, last
    if number.value < 2000 and number.after < len(tokens.texts) and tokens.texts[number.after] in CURRENCIES:
        return 0, last  # "from 1 march 1950 aed"
    number.role = "date"
    return int(number.value), number.after - 1


def _short_year(tokens: Tokens, numbers: Numbers, at: int, last: int) -> tuple[int, int]:
    """Read the year of "1-Jul-26": the year (0 where there is none) and the span's last token."""
    number = numbers.by_first.get(at)
    if number is None or len(tokens.texts[at]) != 2 or tokens.starts[at] != tokens.ends[at - 1]:
        return 0, last
    number.role = "date"
    return 2000 + int(number.value), at
