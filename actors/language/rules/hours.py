"""Times of day."""

from __future__ import annotations

from typing import Final

from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import Tokens
from actors.language.rules.hour_reading import LEADS, O_CLOCK, clock_value, likely_half, nothing_counted, time_of
from actors.language.rules.lexicon import DAY_WORDS, HALF, MERIDIEM, QUARTER, WEEKDAYS
from actors.language.rules.numbers import Number
from actors.language.rules.word_set import word_set

_JOIN: Final = frozenset({"-", "to", "or", "and", "till", "until", "/", "او", "الي", "ل", "w", "و"})
_AL: Final = frozenset({"el", "al", "yom", "يوم"})
_BETWEEN: Final = frozenset({"between", "بين", "ben", "bein", "من"})
_NAMED: Final = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}
TIME_WORDS: Final = (
    frozenset(MERIDIEM)
    | O_CLOCK
    | frozenset({"o'clock", "oclock", "clock", "half", "quarter", "noon", "midday", "midnight", "hrs", "hr", "h", ":"})
    | HALF
    | QUARTER
    | (LEADS - {"من", "الي"})
    | frozenset(WEEKDAYS)
    | frozenset(DAY_WORDS)
    | word_set(
        "sharp its it morning afternoon evening night p m ish then works بين الليل ليل المساء الصباح بالليل leil lel"
    )
    | word_set("bellel belel belleil beleil bilel billeil belail fagr fajr الفجر ben bein مساء العشا")
)


def find_times(tokens: Tokens, numbers: list[Number]) -> list[Candidate]:
    """Find times; sets the roles of the numbers that they use.

    Args:
        tokens: the text.
        numbers: its numbers; some roles are set.

    Returns:
        candidates.
    """
    texts = tokens.texts
    context = ""
    for word in texts:
        if word in ("tonight", "tonite", "evening", "الليله", "ellela"):
            context = "pm"
        elif word == "morning" and not context:
            context = "am"
    found: list[Candidate] = []
    taken = -1
    count = len(numbers)
    for index, number in enumerate(numbers):
        if number.first < taken and not number.role:
            number.role = "time"  # the minutes
        if number.in_words and texts[number.first] in WEEKDAYS and number.first and texts[number.first - 1] in _AL:
            number.role = "date"  # "el etnein"
        if number.role:
            continue
        here = _half_near(texts, number.first) or context
        candidate, last = time_of(tokens, number, here)
        if candidate is None and index + 1 < count:
            candidate, last = _first_of_range(tokens, number, numbers[index + 1], context)
            if candidate is not None and _bare_second(tokens, number, numbers[index + 1]):
                right = numbers[index + 1]
                value = clock_value(right.value, 0, likely_half(right.value, context))
                found.append(Candidate(tokens.starts[right.first], tokens.ends[right.after - 1], "time", value, 0.8))
                right.role = "time"
        if candidate is not None:
            number.role = "time"
            taken = last
            found.append(candidate)
    found += _second_bounds(tokens, numbers, found, context)
    for at, word in enumerate(texts):
        if word in _NAMED and not (word == "noon" and at and texts[at - 1] in ("this", "after")):
            start = tokens.starts[at]
            found.append(Candidate(start, tokens.ends[at], "time", _NAMED[word], 0.85))
    return found


def _half_near(texts: list[str], at: int) -> str:
    """The half of the day that a word right before an hour tells: "Monday morning at 9"; "" where none does."""
    for word in texts[max(0, at - 3) : at]:
        if word == "morning":
            return "am"
        if word in ("evening", "afternoon"):
            return "pm"
    return ""


def _first_of_range(tokens: Tokens, number: Number, right: Number, context: str) -> tuple[Candidate | None, int]:
    """Give the first hour of "5-6pm" or "between 3 and 5pm" the half of the day of the second."""
    if (
        number.value > 12
        or number.value < 1
        or number.value != int(number.value)
        or right.role
        or right.first - number.after != 1
    ):
        return None, 0
    joiner = tokens.texts[number.after]
    if joiner not in _JOIN:
        return None, 0
    before = tokens.texts[number.first - 1] if number.first else ""
    second, _ = time_of(tokens, right, context)
    if second is None:
        if (
            before not in ("between", "at", "around", "بين", "ben", "bein", "من")
            or right.value > 12
            or right.value != int(right.value)
        ):
            return None, 0
        if before in _BETWEEN and nothing_counted(tokens, right.after):
            value = clock_value(right.value, 0, likely_half(right.value, context))
            right_candidate = Candidate(tokens.starts[right.first], tokens.ends[right.after - 1], "time", value, 0.8)
            second = right_candidate
        else:
            return None, 0
    elif joiner in ("and", "و", "w") and before not in ("between", "at", "around", "بين", "ben", "bein"):
        return None, 0
    hour = number.value
    second_hour = int(str(second.value)[:2])
    meridiem = (
        "pm"
        if second_hour >= 12 and hour + 12 <= max(second_hour, 13) + (0 if hour != 12 else 12)
        else ("am" if second_hour < 12 or hour > 6 else "pm")
    )
    value = clock_value(hour, 0, meridiem)
    return (
        (Candidate(tokens.starts[number.first], tokens.ends[number.after - 1], "time", value, 0.88), number.after)
        if value
        else (None, 0)
    )


def _second_bounds(tokens: Tokens, numbers: list[Number], times: list[Candidate], context: str) -> list[Candidate]:
    """Find bare hours that follow a time: "5:15 or 6", "from 9.30 to 11", "between 1 and 2.15"."""
    found: list[Candidate] = []
    ends = {time.end for time in times}
    for number in numbers:
        before = number.first - 1
        if number.role or before < 1 or tokens.texts[before] not in _JOIN or tokens.ends[before - 1] not in ends:
            continue
        hour = int(number.value)
        minute = 0 if number.value == hour else _QUARTERS.get(tokens.texts[number.first].partition(".")[2], -1)
        if not 1 <= hour <= 12 or minute < 0 or not nothing_counted(tokens, number.after):
            continue
        if minute and any(other.role == "price" for other in numbers):
            continue
        value = clock_value(hour, minute, likely_half(hour, context if hour < 8 else ""))
        number.role = "time"
        found.append(Candidate(tokens.starts[number.first], tokens.ends[number.after - 1], "time", value, 0.8))
    return found


_QUARTERS: Final = {"00": 0, "15": 15, "30": 30, "45": 45}


def _bare_second(tokens: Tokens, number: Number, right: Number) -> bool:
    """Whether the second bound of a range has no mark of its own: "between 3 and 5"."""
    return (
        not right.role
        and right.value <= 12
        and tokens.texts[number.first - 1] in _BETWEEN
        and time_of(tokens, right, "")[0] is None
        and nothing_counted(tokens, right.after)
    )
