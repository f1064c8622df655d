"""When people are there to answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from actors.whatsapp.settings import RepliesSettings

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class OfficeHours:
    """Opening hours in the office's own time zone.

    Args:
        settings: of the replies.
    """

    def __init__(self, settings: RepliesSettings) -> None:
        self._zone = ZoneInfo(settings.timezone)
        self._days = frozenset(_DAYS.index(day) for day in settings.office_days)
        self._from = settings.office_from
        self._until = settings.office_until
        self.text = f"{self._from:%H:%M}–{self._until:%H:%M}"

    def open_at(self, now_ms: int) -> bool:
        """Tell whether the office is open.

        Args:
            now_ms: milliseconds since 1970 UTC.

        Returns:
            True within the hours of an office day; hours over midnight belong to the day on which they begin.
        """
        local = datetime.fromtimestamp(now_ms / 1000, tz=UTC).astimezone(self._zone)
        at, day = local.time(), local.weekday()
        if self._from <= self._until:
            return day in self._days and self._from <= at < self._until
        return (day in self._days and at >= self._from) or ((day - 1) % 7 in self._days and at < self._until)
