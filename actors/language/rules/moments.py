"""Dates and times, resolved against the moment at which the message was sent."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final

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
_LAST_AFTER: Final = word_set("اللي فات الماضي الماضيه elly ely last")
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
    "yom": 1, "ayam": 1, "yomein": 2, "yomen": 2, "osbo3": 7, "osboo3": 7,
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


def find_dates(tokens: Tokens, numbers: list[Number], clock: Clock) -> list[Candidate]:
    """Find dates that words tell; sets the roles of the numbers that they use.

    Args:
        tokens: the text.
        numbers: its numbers.
        clock: when it was sent.

    Returns:
        candidates.
    """
    by_first = {number.first: number for number in numbers}
    by_after = {number.after: number for number in numbers}
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
                _month(tokens, at, word, clock, by_first, by_after)
                or _day_word(tokens, at, word, clock)
                or _weekday(tokens, at, word, clock)
                or _relative(tokens, at, word, clock, by_after)
            )
        if candidate is not None:
            found.append(candidate)
    return found


def _day_word(tokens: Tokens, at: int, word: str, clock: Clock, skip: int = 0) -> Candidate | None:
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    start = starts[at] + skip
    before = texts[at - 1] if at else ""
    if word in DAY_WORDS:
        days = int(DAY_WORDS[word])
        if word == "yday" and not at:
            return None
        if days == 1:
            if before == "after" and at >= 2 and texts[at - 2] == "day":
                return Candidate(starts[at - 2], ends[at], "date", clock.plus(2), 0.97)
            if before in ("بعد", "ba3d", "b3d", "baad"):
                return Candidate(starts[at - 1], ends[at], "date", clock.plus(2), 0.97)
        elif days == -1:
            if before in ("اول", "awel", "awl"):
                return Candidate(starts[at - 1], ends[at], "date", clock.plus(-2), 0.95)
            if before == "before" and at >= 2 and texts[at - 2] == "day":
                return Candidate(starts[at - 2], ends[at], "date", clock.plus(-2), 0.97)
        if before == "later" and not days:
            start = starts[at - 1]
        return Candidate(start, ends[at], "date", clock.plus(days), 0.96)
    if (
        word in ("yom", "youm", "yoom")
        and before in ("el", "al", "il")
        and not (at + 1 < len(texts) and texts[at + 1] in ("el", "al", "il"))
    ):
        return Candidate(starts[at - 1], ends[at], "date", clock.plus(0), 0.95)
    if word in _DAYPARTS and before == "this":
        return Candidate(starts[at - 1], ends[at], "date", clock.plus(0), 0.95)
    if word == "night" and before == "last":
        return Candidate(starts[at - 1], ends[at], "date", clock.plus(-1), 0.93)
    if word in ("naharda", "nharda", "leila", "layla", "lela") and before in ("el", "al", "il", "en"):
        return Candidate(starts[at - 1], ends[at], "date", clock.plus(0), 0.95)
    return None


def _weekday(tokens: Tokens, at: int, word: str, clock: Clock, skip: int = 0) -> Candidate | None:
    if word not in WEEKDAYS:
        return None
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    day = int(WEEKDAYS[word])
    start, end = starts[at] + skip, ends[at]
    before = texts[at - 1] if at else ""
    weak = word in WEAK_WEEKDAYS or (word > "\u0600" and not word.startswith("ال"))
    which = ""
    if before in ("el", "al", "il"):
        start, weak = starts[at - 1], False
        before = texts[at - 2] if at >= 2 else ""
        at_before = at - 2
    else:
        at_before = at - 1
    if before == "يوم":
        weak = False
    elif before in ("yom", "youm", "yoom"):
        start, weak = starts[at_before], False
    elif before in _NEXT:
        which, weak, start = "next", False, starts[at_before]
        if at_before and texts[at_before - 1] == "this":
            start, which = starts[at_before - 1], ""
    elif before == "this":
        which, weak, start = "this", False, starts[at_before]
    elif before in ("last", "past"):
        which, weak, start = "last", False, starts[at_before]
    if weak and before not in DATE_LEADS:
        follows = texts[at + 1] if at + 1 < len(texts) else ""
        if not (
            tokens.is_upper(at)
            or (
                follows
                and (follows[0].isdigit() or follows in _DAYPARTS or follows in ("at", "around", "or", "and", "/"))
            )
        ):
            return None
        if word in ("had", "mar", "talat", "sat", "sun") and not tokens.is_upper(at):
            return None
    after = texts[at + 1] if at + 1 < len(texts) else ""
    if after in _NEXT_AFTER and after != "next":
        end = ends[at + 1]
    elif after == "اللي" and at + 2 < len(texts) and texts[at + 2] in ("فات", "جاي"):
        end = ends[at + 2]
        which = "last" if texts[at + 2] == "فات" else ""
    elif after in ("الماضي", "الماضيه", "الفايت"):
        end, which = ends[at + 1], "last"
    elif after in ("next", "this") and at + 2 < len(texts) and texts[at + 2] == "week":
        end = ends[at + 2]
        monday = -clock.today.weekday() + (7 if after == "next" else 0)
        return Candidate(start, end, "date", clock.plus(monday + day), 0.93)
    elif after == "this" and at + 2 < len(texts) and texts[at + 2] == "week":
        return Candidate(start, ends[at + 2], "date", clock.plus(day - clock.today.weekday()), 0.93)
    if not which and is_past(texts, at_before):
        which = "last"
    return Candidate(start, end, "date", clock.weekday(day, which=which), 0.8 if weak else 0.95)


def _month(
    tokens: Tokens, at: int, word: str, clock: Clock, by_first: dict[int, Number], by_after: dict[int, Number]
) -> Candidate | None:
    if word not in MONTHS:
        return None
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    count = len(texts)
    month = int(MONTHS[word])
    # the day after the month: March 8th, March the 8th, Mar 8, 2026
    after = at + 1
    if after < count and texts[after] in (".", "-", ","):
        after += 1
    if after < count and texts[after] == "the":
        after += 1
    right = by_first.get(after)
    left_at = at
    if (
        (left_at and texts[left_at - 1] in ("-", "/", ".", ","))
        or (left_at and texts[left_at - 1] == "of")
        or (left_at and texts[left_at - 1] == "شهر")
    ):
        left_at -= 1
    if left_at and texts[left_at - 1] in ORDINALS:
        left_at -= 1
    left = by_after.get(left_at)
    if left is None and left_at and texts[left_at - 1] in _ORDINAL_WORDS:
        value = _ORDINAL_WORDS[texts[left_at - 1]]
        return Candidate(starts[left_at - 1], ends[at], "date", clock.day_month(value, month), 0.95)
    if left is not None and left.value == int(left.value) and 1 <= left.value <= 31 and not left.in_words:
        end, year = ends[at], 0
        if right is not None and 2000 <= right.value <= 2100:
            end, year = ends[right.after - 1], int(right.value)
            right.role = "date"
        left.role = "date"
        value = clock.day_month(int(left.value), month, year)
        return Candidate(starts[left.first], end, "date", value, 0.97) if value else None
    if right is not None and right.value == int(right.value) and 1 <= right.value <= 31:
        if (
            word in ("may", "mar")
            and not tokens.is_upper(at)
            and not (right.after < count and texts[right.after] in ORDINALS)
        ):
            return None
        last = right.after - 1
        if right.after < count and texts[right.after] in ORDINALS:
            last = right.after
        elif right.after < count and texts[right.after] == ":":
            return None
        year_at = last + 2 if last + 1 < count and texts[last + 1] == "," else last + 1
        year_number = by_first.get(year_at)
        year = 0
        end = ends[last]
        if year_number is not None and 2000 <= year_number.value <= 2100:
            year, end = int(year_number.value), ends[year_number.after - 1]
            year_number.role = "date"
        right.role = "date"
        value = clock.day_month(int(right.value), month, year)
        return Candidate(starts[at], end, "date", value, 0.95) if value else None
    if after < count and texts[after] in _ORDINAL_WORDS:
        return Candidate(starts[at], ends[after], "date", clock.day_month(_ORDINAL_WORDS[texts[after]], month), 0.93)
    return None


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
        if after == "ago":
            number.role = "date"
            value = (
                clock.plus(-days) if word in _SPANS else _by_dateparser(f"{int(number.value)} months ago", clock.today)
            )
            return Candidate(starts[number.first], ends[at + 1], "date", value, 0.9)
        if lead in ("من", "men") and word in _SPANS:
            number.role = "date"
            return Candidate(starts[number.first - 1], ends[at], "date", clock.plus(-days), 0.85)
        return None
    if word in ("يومين", "اسبوعين", "yomein", "yomen") and before in ("بعد", "ba3d"):
        return Candidate(starts[at - 1], ends[at], "date", clock.plus(_SPANS[word]), 0.85)
    return None


@lru_cache(maxsize=4096)
def _by_dateparser(phrase: str, today: dt.date) -> str:
    """Resolve a phrase whose arithmetic needs the calendar (months, years) with dateparser."""
    import dateparser

    base = dt.datetime(today.year, today.month, today.day, 12)  # noqa: DTZ001 - the sender's own clock
    found = dateparser.parse(phrase, languages=["en"], settings={"RELATIVE_BASE": base})
    return found.date().isoformat() if found else ""
