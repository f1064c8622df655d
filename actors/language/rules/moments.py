"""Dates and times, resolved against the moment at which the message was sent."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final

from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import NUMBER, Tokens
from actors.language.rules.lexicon import DAY_WORDS, MONTHS, WEAK_WEEKDAYS, WEEKDAYS
from actors.language.rules.numbers import Number
from actors.language.rules.word_set import word_set

_ARTICLES: Final = frozenset({"the", "el", "al", "il"})
_LEADS: Final = word_set(
    "on by for until till til before after from since this next coming last every between to or and at yom youm "
    "يوم el al"
)
_NEXT: Final = word_set("next nxt coming upcoming following")
_NEXT_AFTER: Final = word_set("الجاي الجايه القادم القادمه المقبل المقبله الياي elgay elgaya eljay ljay gay gaya next")
_LAST_AFTER: Final = word_set("اللي فات الماضي الماضيه elly ely last")
_DAYPARTS: Final = word_set("morning afternoon evening noon arvo")
_ORDINALS: Final = frozenset({"st", "nd", "rd", "th"})
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
    "يوم": 1, "ايام": 1, "يومين": 2, "اسبوع": 7, "اسابيع": 7, "اسبوعين": 14, "yom": 1, "ayam": 1, "yomein": 2, "yomen": 2, "osbo3": 7, "osboo3": 7,
}  # fmt: skip
_MONTH_SPANS: Final = frozenset({"month", "months", "شهر", "شهور", "اشهر", "shahr", "shohor"})
_NOT_A_DAY: Final = word_set(
    "floor avenue ave street st road rd interchange lane time one unit apartment apt flat cheque chq payment "
    "installment instalment bedroom bed bath bathroom option property villa tenant person draft copy attempt "
    "visit viewing call email message level gen generation parking anniversary place half quarter century day"
)
MOMENT_WORDS: Final = (
    frozenset(DAY_WORDS)
    | frozenset(WEEKDAYS)
    | frozenset(MONTHS)
    | _DAYPARTS
    | frozenset({"night", "naharda", "yom", "youm", "yoom", "nharda", "leila", "layla", "lela"})
    | frozenset(_SPANS)
    | _MONTH_SPANS
)


class Clock:
    """The sender's calendar at the moment of sending.

    Args:
        sent_ms: milliseconds since 1970 UTC.
        utc_offset_min: minutes from UTC of the sender's clock.
        month_first: 12/3 means the 3rd of December (the United States' order).
    """

    __slots__ = ("month_first", "today")

    def __init__(self, sent_ms: int, utc_offset_min: int, *, month_first: bool) -> None:
        self.today = _day_of(sent_ms // 60000 + utc_offset_min)
        self.month_first = month_first

    def plus(self, days: int) -> str:
        """The ISO date some days from today, or "" outside the calendar."""
        try:
            return (self.today + dt.timedelta(days=days)).isoformat()
        except OverflowError:
            return ""

    def weekday(self, day: int, *, which: str = "") -> str:
        """The ISO date of a weekday: the coming one (never today), the one ``last``, or ``this`` (today counts)."""
        ahead = (day - self.today.weekday()) % 7
        if which == "last":
            return self.plus(ahead - 7)
        if which == "this":
            return self.plus(ahead)
        return self.plus(ahead or 7)

    def day_month(self, day: int, month: int, year: int = 0) -> str:
        """The ISO date of a day and month: of the year given, else the nearest one that is not long past."""
        try:
            if year:
                return dt.date(year + 2000 if year < 100 else year, month, day).isoformat()
            found = dt.date(self.today.year, month, day)
            if (self.today - found).days > 120:
                found = dt.date(self.today.year + 1, month, day)
            return found.isoformat()
        except (ValueError, OverflowError):
            return ""

    def past_day(self, day: int) -> str:
        """The ISO date of a day of this month, or of the last where it is still to come."""
        year, month = self.today.year, self.today.month
        if day > self.today.day:
            year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        try:
            return dt.date(year, month, day).isoformat()
        except (ValueError, OverflowError):
            return ""

    def day(self, day: int, *, months: int = 0) -> str:
        """The ISO date of a day of this month, or of the next where it has passed; ``months`` counts from this one."""
        year, month = self.today.year, self.today.month
        if months == 0 and day < self.today.day:
            months = 1
        months = max(months, 0)
        month += months
        while month > 12:
            year, month = year + 1, month - 12
        try:
            return dt.date(year, month, day).isoformat()
        except (ValueError, OverflowError):
            return ""


@lru_cache(maxsize=4096)
def _day_of(minutes: int) -> dt.date:
    try:
        return (dt.datetime(1970, 1, 1) + dt.timedelta(minutes=minutes)).date()  # noqa: DTZ001 - the offset is added already
    except OverflowError:
        return dt.date(1970, 1, 1)


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
    if weak and before not in _LEADS:
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
    if not which and _is_past(texts, at_before):
        which = "last"
    return Candidate(start, end, "date", clock.weekday(day, which=which), 0.8 if weak else 0.95)


_PAST_VERBS: Final = word_set(
    "sent paid transferred promised said told was were came went saw met viewed visited moved left reported "
    "called emailed messaged signed received got did happened started broke stopped since asked agreed booked "
    "submitted delivered uploaded cancelled missed been waiting من قلت قلتوا وعدتوني دفعت ارسلت بعتت كان كانت "
    "حولت شفت men 2olt olt olto dafa3t ba3at ba3t ba3att kan kanet shoft 7awelt"
)
_FUTURE: Final = word_set(
    "will can could shall would may tomorrow next free available confirm book schedule come see ممكن momken "
    "please pls are for by until till to and"
)


def _is_past(texts: list[str], at: int) -> bool:
    """Whether a weekday follows a verb that tells of the past: "you said Monday", "leaking since Sunday"."""
    window = texts[max(0, at - 4) : at + 1]
    for word in reversed(window):
        if word in _PAST_VERBS or (word.endswith("n't") and word in ("didn't", "wasn't", "weren't")):
            return True
        if word in _FUTURE or word in ".!?\n":
            return False
    return False


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
    if left_at and texts[left_at - 1] in _ORDINALS:
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
            and not (right.after < count and texts[right.after] in _ORDINALS)
        ):
            return None
        last = right.after - 1
        if right.after < count and texts[right.after] in _ORDINALS:
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
                value = _numeric(parts, clock, slash=slash, weekday=WEEKDAYS.get(named))
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


_NOT_AFTER: Final = word_set(
    "bed beds bedroom bedrooms br bhk bath baths bathrooms rooms room k m mn million % aed dhs cheques chqs days weeks"
)


def _numeric(parts: list[str], clock: Clock, *, slash: bool, weekday: float | None = None) -> str:
    if any("." in part or "," in part or len(part) > 4 for part in parts):
        return ""
    numbers = [int(part) for part in parts]
    if len(parts) == 2:
        if not slash or len(parts[0]) > 2 or len(parts[1]) > 2:
            return ""
        if numbers == [24, 7] or (numbers[1] == 10 and numbers[0] <= 10):
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
        if number.role or number.in_words or at >= count or texts[at] not in _ORDINALS or not 1 <= number.value <= 31:
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
                before not in _ARTICLES
                and before not in _LEADS
                and before not in WEEKDAYS
                and before not in ("said", "is", "was", "be", ",")
            ):
                continue
            past = _is_past(texts, number.first - 1)
            value = clock.past_day(int(number.value)) if past else clock.day(int(number.value))
            start = starts[number.first - 1] if before == "the" else start
        if value:
            number.role = "date"
            found.append(Candidate(start, end, "date", value, sure))
    return found


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
            plain = folded[last.start : last.end] in WEEKDAYS
            value = one.value if plain else last.value
            joined[-1] = Candidate(last.start, one.end, "date", value, max(last.confidence, one.confidence))
        else:
            joined.append(one)
    return joined


def _one_date(folded: str, left: Candidate, right: Candidate) -> bool:
    gap = folded[left.end : right.start]
    if gap not in (" ", ", ", " the ", ",", " - "):
        return False
    weekday = folded[left.start : left.end].rsplit(maxsplit=1)[-1]
    other = folded[right.start : right.end]
    return weekday in WEEKDAYS and any(char.isdigit() for char in other) and other[-1:] != "k"
