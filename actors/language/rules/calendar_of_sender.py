"""The calendar of a message's sender: what "tomorrow", "Friday" and "the 8th" are."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache


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
                if year < 100:
                    # Two figures mean the past where they would be a generation ahead: dates of birth.
                    year += 2000 if year + 2000 <= self.today.year + 25 else 1900
                return dt.date(year, month, day).isoformat()
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

    def day_of_month(self, day: int, months: int) -> str:
        """The ISO date of a day of the month that is some months from this one, "" where there is none."""
        month = self.today.year * 12 + self.today.month - 1 + months
        try:
            return dt.date(month // 12, month % 12 + 1, day).isoformat()
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
