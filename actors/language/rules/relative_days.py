"""Days counted from today or from another day: "in two weeks", "قبل أسبوع", "a week from Friday"."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from functools import lru_cache
from typing import Final, NamedTuple

from actors.language.rules.calendar_of_sender import Clock
from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import Tokens
from actors.language.rules.lexicon import WEEKDAYS
from actors.language.rules.numbers import Number
from actors.language.rules.tense import is_past
from actors.language.rules.word_set import word_set

SPANS: Final = {
    "day": 1, "days": 1, "week": 7, "weeks": 7, "wk": 7, "wks": 7, "fortnight": 14,
    "يوم": 1, "ايام": 1, "يومين": 2, "اسبوع": 7, "اسابيع": 7, "اسبوعين": 14,
    "yom": 1, "ayam": 1, "yomein": 2, "yomen": 2, "osbo3": 7, "osboo3": 7, "esbo3": 7, "osbo3een": 14, "esbo3en": 14,
}  # fmt: skip
MONTH_SPANS: Final = frozenset({"month", "months", "شهر", "شهور", "اشهر", "shahr", "shohor"})
_AGO: Final = word_set("قبل منذ abl 2abl")
_FROM: Final = frozenset({"من", "men", "mn"})  # "ago" after a verb of the past, else "for": "مقطوعة من يومين"
_AHEAD: Final = word_set("in بعد ba3d b3d after")
_LONE: Final = word_set("يومين اسبوعين اسبوع yomein yomen osbo3een esbo3en osbo3 osboo3 esbo3")  # they need no number
_OFTEN: Final = frozenset({"once", "twice", "times", "days", "hours"})
_NOW: Final = {"now": 0, "today": 0, "tomorrow": 1}
_FROM_DAY: Final = {"from": 1, "after": 1, "on": 1, "before": -1}


class Numbers(NamedTuple):
    """A text's numbers by their first token, and by the token after them."""

    by_first: dict[int, Number]
    by_after: dict[int, Number]


def relative_day(tokens: Tokens, at: int, word: str, clock: Clock, by_after: dict[int, Number]) -> Candidate | None:
    """Read a count of days or weeks from today that ends at, or goes on from, the token ``at``."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    before = texts[at - 1] if at else ""
    number = by_after.get(at)
    after = texts[at + 1] if at + 1 < len(texts) else ""
    if number is not None and (word in SPANS or word in MONTH_SPANS):
        whole = number.value == int(number.value) and 0 < number.value < 400
        return _counted(tokens, at, word, clock, number) if whole else None
    if before == "a" and word in SPANS:
        return _one_span(tokens, at, SPANS[word], clock)
    if word in _LONE and not _goes_on(after):
        days = SPANS[word] if before in ("بعد", "ba3d", "b3d") else -SPANS[word]
        if days < 0 and not _ago(texts, at - 1):
            return None
        return Candidate(starts[at - 1], ends[at], "date", clock.plus(days), 0.85)
    return None


def _counted(tokens: Tokens, at: int, word: str, clock: Clock, number: Number) -> Candidate | None:
    """Read "in two weeks", "two weeks from now", "3 days ago", "قبل 3 أيام"."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    after = texts[at + 1] if at + 1 < len(texts) else ""
    lead = texts[number.first - 1] if number.first else ""
    days = int(number.value) * SPANS.get(word, 30)
    found = None
    if word in SPANS and after == "from" and at + 2 < len(texts) and texts[at + 2] in _NOW:
        value = clock.plus(days + _NOW[texts[at + 2]])
        found = Candidate(starts[number.first], ends[at + 2], "date", value, 0.93)
    elif lead in _AHEAD and word in SPANS and (lead != "after" or after != "of"):
        found = Candidate(starts[number.first - 1], ends[at], "date", clock.plus(days), 0.85)
    elif after == "ago" or (after == "back" and _ends_here(texts, at + 2)):
        months = f"{int(number.value)} months ago"
        value = clock.plus(-days) if word in SPANS else _by_dateparser(months, clock.today)
        found = Candidate(starts[number.first], ends[at + 1], "date", value, 0.9)
    elif word in SPANS and _ago(texts, number.first - 1):
        found = Candidate(starts[number.first - 1], ends[at], "date", clock.plus(-days), 0.85)
    if found is not None:
        number.role = "date"
    return found


def _one_span(tokens: Tokens, at: int, days: int, clock: Clock) -> Candidate | None:
    """Read "in a week", "a week ago", "a week from now"; the article that leads a date stays outside."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    following = texts[at + 1 : at + 3]
    if following[:1] == ["ago"]:
        return Candidate(starts[at], ends[at + 1], "date", clock.plus(-days), 0.9)
    if following[:1] == ["from"] and len(following) == 2 and following[1] in _NOW:
        return Candidate(starts[at], ends[at + 2], "date", clock.plus(days + _NOW[following[1]]), 0.93)
    if at >= 2 and texts[at - 2] == "in" and days > 1 and texts[at - 3] not in _OFTEN and _ends_here(texts, at + 1):
        return Candidate(starts[at - 2], ends[at], "date", clock.plus(days), 0.8)
    return None


def _ago(texts: list[str], at: int) -> bool:
    """Whether a word before a span means "ago"."""
    if at < 0 or texts[at] in _AGO:
        return at >= 0
    return texts[at] in _FROM and is_past(texts, at - 1)


def _goes_on(after: str) -> bool:
    """Whether a span is counted from something else, or named: "بعد أسبوع من التسليم", "قبل أسبوع العيد"."""
    return after in ("من", "men", "mn", "min") or (after.startswith("ال") and after not in ("اللي", "الي", "الساعه"))


def counted_from(tokens: Tokens, day: Candidate, numbers: Numbers) -> Candidate:
    """Move a day by what is counted before it ("a week from Friday", "the day before Sunday") or after ("Sunday week").

    Args:
        tokens: the text.
        day: a weekday or the like.
        numbers: its numbers; sets the role of the one used.

    Returns:
        the day that is meant; ``day`` itself where nothing is counted.
    """
    texts, starts = tokens.texts, tokens.starts
    after = bisect_right(starts, day.end - 1)
    if after < len(texts) and texts[after] == "week" and texts[after - 1] in WEEKDAYS and texts[after - 1].isascii():
        return day._replace(end=tokens.ends[after], value=_moved(day.value, 7))
    first = bisect_right(starts, day.start) - 1
    if first < 2 or texts[first - 1] not in _FROM_DAY:
        return day
    span = texts[first - 2]
    if span not in SPANS or not span.isascii():
        return day
    direction = _FROM_DAY[texts[first - 1]]
    number = numbers.by_after.get(first - 2)
    lead = texts[first - 3] if first >= 3 else ""
    if number is not None and number.value == int(number.value) and number.value < 100 and texts[first - 1] != "on":
        number.role = "date"
        return _spanned(day, starts[number.first], direction * int(number.value) * SPANS[span])
    if (lead == "a" and texts[first - 4] != "for") or (lead == "the" and span == "day" and texts[first - 1] != "on"):
        return _spanned(day, starts[first - 2], direction * SPANS[span])
    return day


def _spanned(day: Candidate, start: int, days: int) -> Candidate:
    return day._replace(start=start, value=_moved(day.value, days))


def _moved(value: str | float, days: int) -> str:
    """An ISO date some days on, "" outside the calendar."""
    try:
        return (dt.date.fromisoformat(str(value)) + dt.timedelta(days=days)).isoformat()
    except (ValueError, OverflowError):
        return ""


_RANGE: Final = word_set("to - till until الي ل لل لحد لحد لغايه حتي lel l le la lehad le7ad l7ad")


def order_ranges(tokens: Tokens, dates: list[Candidate]) -> list[Candidate]:
    """Let the second weekday of a range come after the first: "from Saturday to Tuesday".

    Args:
        tokens: the text.
        dates: the dates found, in order.

    Returns:
        the dates.
    """
    ordered = list(dates)
    for index in range(1, len(ordered)):
        left, right = ordered[index - 1], ordered[index]
        if (
            tokens.folded[left.end : right.start].strip() in _RANGE
            and right.value
            and str(right.value) < str(left.value)
            and tokens.folded[left.start : left.end].rsplit(maxsplit=1)[-1] in WEEKDAYS
            and tokens.folded[right.start : right.end].rsplit(maxsplit=1)[-1] in _WEEKDAY_FORMS
        ):
            ordered[index] = right._replace(value=_moved(right.value, 7))
    return ordered


_WEEKDAY_FORMS: Final = frozenset(WEEKDAYS) | {word.removeprefix("ال") for word in WEEKDAYS}


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
