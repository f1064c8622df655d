"""Dates in digits: 12/3, 2026-03-12, the 8th."""

from __future__ import annotations

import datetime as dt
from typing import Final

from actors.language.rules.calendar_of_sender import Clock
from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import NUMBER, Tokens
from actors.language.rules.lexicon import MONTHS, WEEKDAYS
from actors.language.rules.numbers import Number
from actors.language.rules.tense import is_past
from actors.language.rules.word_set import word_set

ORDINALS: Final = frozenset({"st", "nd", "rd", "th"})
_NOT_A_DAY: Final = word_set(
    "week weekend round batch month year home purchase property unit floor avenue ave street st road rd "
    "interchange lane time one unit apartment apt flat cheque chq payment "
    "installment instalment bedroom bed bath bathroom option property villa tenant person draft copy attempt "
    "visit viewing call email message level gen generation parking anniversary place half quarter century day"
)
DATE_LEADS: Final = word_set(
    "on by for until till til before after from since this next coming last every between to or and at yom youm "
    "يوم el al"
)


def find_numeric_dates(tokens: Tokens, clock: Clock) -> list[Candidate]:
    """Find dates in digits: 12/3, 12/03/2026, 2026-03-12, 12.3.2026.

    Args:
        tokens: the text.
        clock: when it was sent.

    Returns:
        candidates.
    """
    found: list[Candidate] = []
    texts, kinds, starts, ends = tokens.texts, tokens.kinds, tokens.starts, tokens.ends
    count = len(texts)
    at = 0
    while at < count:
        if kinds[at] == NUMBER:
            text = texts[at]
            parts, last = [text], at
            if text.count(".") == 2 or (
                len(text) == 5 and text[0] in "0123" and text[2:4] in (".0", ".1") and "0" in (text[0], text[3])
            ):
                parts = text.split(".")  # 12.3.2026, 02.05
            else:
                while (
                    last + 2 < count and len(parts) < 3 and texts[last + 1] in "/-" and kinds[last + 2] == NUMBER
                    and starts[last + 1] == ends[last] and starts[last + 2] == ends[last + 1]
                ):  # fmt: skip
                    parts.append(texts[last + 2])
                    last += 2
            if len(parts) > 1:
                slash = (last > at and texts[at + 1] == "/") or last == at
                named = texts[at - 1] if at and texts[at - 1] not in (",", "-") else (texts[at - 2] if at > 1 else "")
                value = _numeric(
                    parts, clock, slash=slash, weekday=WEEKDAYS.get(named), dated=named in _DATED or named in WEEKDAYS
                )
                follows = texts[last + 1] if last + 1 < count else ""
                if (
                    value
                    and not (len(parts) == 2 and follows in _NOT_AFTER)
                    and not (follows in ("/", "-") and last + 2 < count and kinds[last + 2] == NUMBER)
                ):
                    found.append(Candidate(starts[at], ends[last], "date", value, 0.96 if len(parts) == 3 else 0.9))
                at = last
        at += 1
    return found


_DATED: Final = word_set(
    "from on by since till until til before after dated date due men mn min men2 yom youm l lehad abl ba3d من يوم "
    "بتاريخ "
    "تاريخ قبل بعد لحد حتي الي ليوم"
)
_NOT_AFTER: Final = word_set(
    "bed beds bedroom bedrooms br bhk bath baths bathrooms rooms room k m mn million % aed dhs cheques chqs days weeks"
)


def _numeric(parts: list[str], clock: Clock, *, slash: bool, weekday: float | None, dated: bool) -> str:
    if any("." in part or "," in part or len(part) > 4 for part in parts):
        return ""
    numbers = [int(part) for part in parts]
    if len(parts) == 2:
        if not slash or len(parts[0]) > 2 or len(parts[1]) > 2:
            return ""
        if numbers == [24, 7] or (numbers[1] == 10 and numbers[0] <= 10 and not dated):
            return ""
        day, month, year = numbers[0], numbers[1], 0
    elif len(parts[0]) == 4:
        return clock.day_month(numbers[2], numbers[1], numbers[0])
    elif len(parts[2]) in (2, 4):
        day, month, year = numbers
    else:
        return ""
    if month > 12 or (clock.month_first and day <= 12):
        day, month = month, day
    value = clock.day_month(day, month, year)
    if (
        weekday is not None
        and value
        and month <= 12
        and day <= 12
        and dt.date.fromisoformat(value).weekday() != weekday
    ):
        other = clock.day_month(month, day, year)  # the weekday settles the order of day and month
        if other and dt.date.fromisoformat(other).weekday() == weekday:
            return other
    return value


def find_bare_days(tokens: Tokens, numbers: list[Number], clock: Clock) -> list[Candidate]:
    """Find days without a month: "the 8th", "14th of this month".

    Args:
        tokens: the text.
        numbers: its numbers; roles are set.
        clock: when it was sent.

    Returns:
        candidates.
    """
    found: list[Candidate] = []
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    count = len(texts)
    for number in numbers:
        at = number.after
        if number.role or number.in_words or not 1 <= number.value <= 31:
            continue
        if number.first and texts[number.first - 1] in _DAY_LEADS and texts[number.first - 2] not in _EVERY:
            candidate = _arabic_day(tokens, number, clock)
            if candidate is not None:
                number.role = "date"
                found.append(candidate)
            continue
        if at >= count or texts[at] not in ORDINALS:
            continue
        if starts[at] != ends[at - 1] or number.value != int(number.value):
            continue
        following = texts[at + 1 : at + 4]
        start = starts[number.first]
        months, end = 0, ends[at]
        sure = 0.8
        if (
            following[:1] == ["of"]
            and len(following) == 3
            and following[1] in ("this", "the", "next")
            and following[2] == "month"
        ):
            months, end, sure = (1 if following[1] == "next" else 0), ends[at + 3], 0.95
            value = (
                clock.day(int(number.value), months=months)
                if months
                else clock.day_month(int(number.value), clock.today.month, clock.today.year)
            )
        elif following[:1] and following[0] in _NOT_A_DAY:
            continue
        else:
            before = texts[number.first - 1] if number.first else ""
            if (
                before != "the"
                and before not in DATE_LEADS
                and before not in WEEKDAYS
                and before not in ("said", "is", "was", "be", ",")
            ):
                continue
            past = is_past(texts, number.first - 1)
            value = clock.past_day(int(number.value)) if past else clock.day(int(number.value))
            start = starts[number.first - 1] if before == "the" else start
        if value:
            number.role = "date"
            found.append(Candidate(start, end, "date", value, sure))
    return found


_EVERY: Final = frozenset({"كل", "kol"})
_DAY_LEADS: Final = word_set("يوم ليوم بيوم بتاريخ تاريخ yom youm yoom")


def _arabic_day(tokens: Tokens, number: Number, clock: Clock) -> Candidate | None:
    """Read "يوم ١٥", "yom 20", "يوم ١٥ الشهر الجاي": a day without its month, where nothing is counted after it."""
    texts, at = tokens.texts, number.after
    after = texts[at] if at < len(texts) else ""
    if number.value != int(number.value) or after in ("/", "-", ":", "%") or after in MONTHS:
        return None
    months, last = _month_told(texts, at)
    if last >= 0:
        value = clock.day_of_month(int(number.value), months)
        return Candidate(tokens.starts[number.first], tokens.ends[last], "date", value, 0.95) if value else None
    past = is_past(texts, number.first - 2) if number.first > 1 else False
    value = clock.past_day(int(number.value)) if past else clock.day(int(number.value))
    return Candidate(tokens.starts[number.first], tokens.ends[at - 1], "date", value, 0.85) if value else None


_THE_MONTH: Final = word_set("الشهر شهر shahr shahar elshahr alshahr")
_MONTH_TOLD: Final = {
    **dict.fromkeys(word_set("الجاي جاي القادم المقبل الياي gay elgay gai elgai jay eljay gaya elgaya"), 1),
    **dict.fromkeys(word_set("الماضي الفايت فات المنصرم fat elfat elfayet mady elmady madi elmadi"), -1),
    **dict.fromkeys(word_set("الحالي ده دا هذا dah da di 7aly el7aly"), 0),
}


def _month_told(texts: list[str], at: int) -> tuple[int, int]:
    """Read "الشهر الجاي", "men el shahr elly fat" after a day.

    Returns:
        months from this one, and the last token; -1 where no month is told.
    """
    while at < len(texts) and texts[at] in ("من", "men", "mn", "el", "al", "il", "هذا"):
        if texts[at] == "هذا" and texts[at + 1 : at + 2] == ["الشهر"]:
            return 0, at + 1
        at += 1
    if at + 1 >= len(texts) or texts[at] not in _THE_MONTH:
        return 0, -1
    at += 1
    if texts[at] in ("اللي", "elly", "elli", "illi", "el", "al", "il") and at + 1 < len(texts):
        at += 1
    return (_MONTH_TOLD[texts[at]], at) if texts[at] in _MONTH_TOLD else (0, -1)


def find_first_bounds(tokens: Tokens, numbers: list[Number], dates: list[Candidate]) -> list[Candidate]:
    """Find the first day of a range whose second bound names the month: "27 to 30 May", "3rd - 5th June".

    Args:
        tokens: the text.
        numbers: its numbers; sets the role of the days found.
        dates: the dates found.

    Returns:
        candidates.
    """
    found: list[Candidate] = []
    texts, starts = tokens.texts, tokens.starts
    ends_with_month = {date.start: date for date in dates if date.value and tokens.folded[date.start].isdigit()}
    for number in numbers:
        joiner = number.after
        ordinal = joiner < len(texts) and texts[joiner] in ORDINALS
        joiner += ordinal
        if number.role or number.in_words or joiner + 1 >= len(texts) or texts[joiner] not in _RANGE:
            continue
        second = ends_with_month.get(starts[joiner + 1])
        if second is None or number.value != int(number.value) or not 1 <= number.value <= 31:
            continue
        last = dt.date.fromisoformat(str(second.value))
        if number.value < last.day:
            number.role = "date"
            end = tokens.ends[number.after if ordinal else number.after - 1]
            found.append(
                Candidate(starts[number.first], end, "date", last.replace(day=int(number.value)).isoformat(), 0.85)
            )
    return found


_RANGE: Final = word_set("to - and till until or الي الى")


def join_weekdays(dates: list[Candidate], folded: str) -> list[Candidate]:
    """Join a weekday with the date that it precedes: "Wed 3 June", "Saturday, 10/3".

    Args:
        dates: date candidates.
        folded: the text.

    Returns:
        the dates, in order.
    """
    if len(dates) < 2:
        return dates
    ordered = sorted(dates, key=lambda c: (c.start, -c.end))
    joined: list[Candidate] = []
    for one in ordered:
        last = joined[-1] if joined else None
        if last is not None and last.end <= one.start and _one_date(folded, last, one):
            plain = _PLAIN_DAY.issuperset(folded[last.start : last.end].split())
            value = one.value if plain else last.value
            joined[-1] = Candidate(last.start, one.end, "date", value, max(last.confidence, one.confidence))
        else:
            joined.append(one)
    return joined


_PLAIN_DAY: Final = frozenset(WEEKDAYS) | {"yom", "youm", "yoom", "el", "al", "il", "يوم"}


def _one_date(folded: str, left: Candidate, right: Candidate) -> bool:
    gap = folded[left.end : right.start]
    if gap not in (" ", ", ", " the ", ",", " - "):
        return False
    weekday = folded[left.start : left.end].rsplit(maxsplit=1)[-1]
    other = folded[right.start : right.end]
    return weekday in WEEKDAYS and any(char.isdigit() for char in other) and other[-1:] != "k"
