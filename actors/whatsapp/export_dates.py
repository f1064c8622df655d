"""The head of an export's line – date, clock – and the day/month order of a whole file."""

from __future__ import annotations

import datetime as dt
import re

from actors.whatsapp.export_contract import DayOrder

MARKS = "\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
"""Invisible direction marks that exports strew around dates and names, as a character class."""

_M = f"[{MARKS}]{{0,3}}"
_MS = f"[{MARKS} \u00a0\u202f]{{0,3}}"

HEADER = re.compile(
    rf"{_M}(\[?){_M}(\d{{1,4}}){_MS}([./-]){_MS}(\d{{1,2}}){_MS}\3{_MS}(\d{{1,4}})"
    rf"([^\d\[\]]{{1,16}}?)(\d{{1,2}})[:.](\d{{2}})(?:[:.](\d{{2}}))?([^\d\[\]:]{{0,16}}?)"
    rf"(\]|(?<=\s)[-\u2013](?=\s)|:(?=\s))[ \u00a0\u202f]?"
)
"""Groups: bracket, first, separator, second, third, between, hour, minute, second, mark, end."""

HEADER_STARTS = frozenset(
    "[0123456789٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९০১২৩৪৫৬৭৮৯\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)

# Clock marks once dots, spaces and direction marks are gone and case is folded. The words between date and clock
# ("at", "klo", "um", "à") say nothing; East Asian and Turkish marks stand before the clock.
_AM = frozenset({"am", "ص", "صباحا", "صباحًا", "上午", "午前", "오전", "öö", "पूर्वाह्न", "formiddag", "fm"})
_PM = frozenset({"pm", "م", "مساء", "مساءً", "مساءا", "下午", "午後", "오후", "ös", "अपराह्न", "ettermiddag", "em"})
_SILENT = frozenset({"", "at", "klo", "um", "à", "a", "alle", "kl", "o", "om"})
_DROPPED = re.compile(f"[{MARKS}\\s.,،]")


class ClockMark:
    """Meanings of the clock marks that were seen (a cache: the same few come on every line)."""

    def __init__(self) -> None:
        self._seen: dict[str, int | None] = {}

    def meaning(self, mark: str) -> int | None:
        """Read a clock mark.

        Args:
            mark: the characters around the clock that are not digits.

        Returns:
            0 for none, 1 for before noon, 2 for after noon, None for an unknown one.
        """
        if mark in self._seen:
            return self._seen[mark]
        bare = _DROPPED.sub("", mark).casefold()
        known = 0 if bare in _SILENT else 1 if bare in _AM else 2 if bare in _PM else None
        if len(self._seen) < 256:
            self._seen[mark] = known
        return known

    def seconds(self, between: str, hour: str, minute: str, second: str | None, mark: str) -> int | None:
        """Read a clock.

        Args:
            between: what stands between date and clock.
            hour: digits.
            minute: digits.
            second: digits, or None.
            mark: what stands after the clock.

        Returns:
            seconds since midnight, or None where it is not a time.
        """
        after, before = self.meaning(mark), self.meaning(between)
        if after is None or before is None:
            return None
        half = after or before
        h, m, s = int(hour), int(minute), int(second or 0)
        if half and h <= 12:
            h = h % 12 + (12 if half == 2 else 0)
        if h > 23 or m > 59 or s > 59:
            return None
        return h * 3600 + m * 60 + s


_EPOCH = dt.date(1970, 1, 1).toordinal()


def year_of(digits: str) -> int:
    """Read a year of two digits (2000 to 2069, 1970 to 1999) or four."""
    year = int(digits)
    if len(digits) <= 2:
        return year + (2000 if year < 70 else 1900)
    return year


def days_of(first: str, second: str, third: str, order: DayOrder) -> int | None:
    """Read a date.

    Args:
        first: digits; four of them are a year, then month and day follow.
        second: digits.
        third: digits.
        order: which of day and month is first where the year is last.

    Returns:
        days since 1970-01-01, or None where there is no such date, or it is before 1970.
    """
    if len(first) > 2:
        year, month, day = int(first), int(second), int(third)
    else:
        year = year_of(third)
        month, day = (int(second), int(first)) if order == "dayfirst" else (int(first), int(second))
    try:
        days = dt.date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None
    return days if days >= 0 else None


class OrderEvidence:
    """Evidence on the order of day and month, gathered over a whole file.

    Attributes:
        ordered_day: the times never step back when read day first.
        ordered_month: likewise, month first.
    """

    def __init__(self) -> None:
        self.ordered_day = True
        self.ordered_month = True
        self._only_day = 0
        self._only_month = 0
        self._back_day = 0
        self._back_month = 0
        self._dotted = False
        self._year_last = False
        self._date: tuple[str, str, str] | None = None
        self._day_key: tuple[int, int, int] | None = None
        self._month_key: tuple[int, int, int] | None = None
        self._clock = 0

    def add(self, first: str, separator: str, second: str, third: str, clock: int) -> None:
        """Take one line's date and clock (seconds since midnight) in."""
        date = (first, second, third)
        if date == self._date:
            if clock < self._clock:
                self.ordered_day = self.ordered_month = False
            self._clock = clock
            return
        self._date, self._clock = date, clock
        a, b = int(first), int(second)
        if len(first) > 2:
            day_key = month_key = (a, b, int(third))
        else:
            year = year_of(third)
            self._year_last = True
            self._dotted = self._dotted or separator == "."
            day_key, month_key = (year, b, a), (year, a, b)
            if 12 < a <= 31 and b <= 12:
                self._only_day += 1
            elif 12 < b <= 31 and a <= 12:
                self._only_month += 1
        if self._day_key is not None and day_key < self._day_key:
            self._back_day += 1
            self.ordered_day = False
        if self._month_key is not None and month_key < self._month_key:
            self._back_month += 1
            self.ordered_month = False
        self._day_key, self._month_key = day_key, month_key

    def decide(self, region: str) -> tuple[DayOrder, str]:
        """Choose the order.

        Values above 12 decide; else, as exports run forward in time, the order that steps back less often; else
        dots, which only day-first locales write; else the default.

        Args:
            region: two-letter country of the default, "" if unknown.

        Returns:
            the order, and a warning, "" where the file itself decided without contradiction.
        """
        if not self._year_last:
            return "dayfirst", ""
        if self._only_day != self._only_month:
            order: DayOrder = "dayfirst" if self._only_day > self._only_month else "monthfirst"
            mixed = self._only_day and self._only_month
            return order, (f"dates contradict each other; most are {order}, the others are rejected" if mixed else "")
        if self._back_day != self._back_month:
            return ("dayfirst" if self._back_day < self._back_month else "monthfirst"), ""
        if self._dotted:
            return "dayfirst", ""
        order = "monthfirst" if region.upper() == "US" else "dayfirst"
        return order, f"nothing tells the order of day and month; taken as {order} (--dayfirst or --monthfirst decides)"
