"""Times of day."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import Tokens
from actors.language.rules.hour_reading import DAYS, LEADS, O_CLOCK, clock_value, likely_half, nothing_counted, time_of
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
    | word_set("instead rather bellel belel belleil beleil bilel billeil belail fagr fajr الفجر ben bein مساء العشا")
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
    found += _instead(tokens, numbers, found, context)
    if not O_CLOCK.isdisjoint(texts):
        found += _spoken_ones(tokens, numbers)
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


_MEETS: Final = word_set(
    "viewing viewings visit visiting meet meeting appointment tour showing come coming inspection inspect see معاينه "
    "موعد نتقابل زياره mo3ayna ma3ad me3ad"
)


def _instead(tokens: Tokens, numbers: list[Number], times: list[Candidate], context: str) -> list[Candidate]:
    """Find the hour that another one takes the place of: "come at 5 instead of 4"."""
    texts = tokens.texts
    found: list[Candidate] = []
    if "instead" not in texts and "rather" not in texts:
        return found
    meets = not _MEETS.isdisjoint(texts)
    ordered = sorted(times, key=lambda time: time.end)
    ends = [time.end for time in ordered]
    for index, number in enumerate(numbers):
        first = number.first
        if number.role or first < 3 or not 1 <= number.value <= 12 or number.value != int(number.value):
            continue
        if texts[first - 2 : first] not in (["instead", "of"], ["rather", "than"]):
            continue
        if not nothing_counted(tokens, number.after):
            continue
        told = bisect_right(ends, tokens.starts[first - 2])
        left = numbers[index - 1] if index else None
        if not told:
            if (
                left is None or left.role or left.after != first - 2 or left.grouped or not 1 <= left.value <= 12
                or left.value != int(left.value) or not meets
            ):  # fmt: skip
                continue
            found.append(_likely(tokens, left, context))
        late = told > 0 and str(ordered[told - 1].value) >= "12:00"
        found.append(_likely(tokens, number, context or ("pm" if late else "")))
    return found


def _likely(tokens: Tokens, number: Number, context: str) -> Candidate:
    number.role = "time"
    value = clock_value(number.value, 0, likely_half(number.value, context))
    return Candidate(tokens.starts[number.first], tokens.ends[number.after - 1], "time", value, 0.8)


_SPOKEN: Final = {"وحده": 1.0, "wahdah": 1.0, "وحدة": 1.0, "ثنتين": 2.0, "تنتين": 2.0, "tenteen": 2.0, "thentein": 2.0}


def _spoken_ones(tokens: Tokens, numbers: list[Number]) -> list[Candidate]:
    """Find the hours whose words mean other things, too: "الساعة وحدة ونص" (elsewhere a unit)."""
    texts = tokens.texts
    known = {number.first for number in numbers}
    found: list[Candidate] = []
    for at in range(1, len(texts)):
        lead = texts[at - 1]
        if texts[at] not in _SPOKEN or lead not in O_CLOCK or at in known:
            continue
        if lead[:2] in ("ال", "el", "es") or (at > 1 and texts[at - 2] in _AL):  # "ساعة وحدة": for one hour
            hour = Number(at, at + 1, _SPOKEN[texts[at]], in_words=True)
            candidate, _ = time_of(tokens, hour, "")
            if candidate is not None:
                found.append(candidate)
    return found


_JOINED: Final = re.compile(
    r"(?<![\w:.,/-])(?:(?P<hour>[01]?[0-9]|2[0-3])h(?P<minute>[0-5][0-9])"
    r"|(?P<twelve>1[0-2]|0?[1-9])(?P<past>[0-5][0-9]) ?(?P<half>[ap])\.?m)\b"
)


def find_joined_times(tokens: Tokens, numbers: list[Number]) -> list[Candidate]:
    """Find times written without a mark: "17h30", "530pm"; sets the roles of their numbers.

    Args:
        tokens: the text.
        numbers: its numbers.

    Returns:
        candidates.
    """
    found: list[Candidate] = []
    dealt = _RENTS.isdisjoint(tokens.texts) and not _WHEN.isdisjoint(tokens.texts)
    for match in _JOINED.finditer(tokens.folded):
        if match["hour"]:
            if not _o_clock_joined(tokens, match.start(), int(match["hour"])):
                continue
            value = clock_value(int(match["hour"]), int(match["minute"]), "")
        elif match["half"] == "p" and not (dealt or _led_by_at(tokens, match.start())):
            continue
        else:
            value = clock_value(int(match["twelve"]), int(match["past"]), match["half"] + "m")
        found.append(Candidate(match.start(), match.end(), "time", value, 0.96))
    spans = {time.start for time in found}
    for number in numbers:
        if tokens.starts[number.first] in spans:
            number.role = "time"
    return found


_RENTS: Final = word_set(
    "rent rents rental rented pcm month monthly budget price priced bills deposit £ $ aed asking lease tenancy"
)
_WHEN: Final = _MEETS | DAYS | frozenset({"morning", "afternoon", "evening", "call", "free", "available"})


_LENGTHS: Final = word_set("drive away flight ago long walk journey trip late min minutes session course")
_DOORS: Final = word_set("apt unit flat apartment villa room office shop no number door")


def _o_clock_joined(tokens: Tokens, start: int, hour: int) -> bool:
    """Whether "17h30" is a time, not how long something takes, nor a door."""
    texts = tokens.texts
    at = bisect_right(tokens.starts, start) - 1
    before = texts[at - 1] if at else ""
    after = texts[at + 1] if at + 1 < len(texts) else ""
    if before in _DOORS or after in _LENGTHS:
        return False
    return hour > 6 or before in LEADS or before in O_CLOCK or before in DAYS


def _led_by_at(tokens: Tokens, start: int) -> bool:
    """Whether a word says that "530pm" is a time; "950 pm" is a rent a month, too."""
    at = bisect_right(tokens.starts, start) - 1
    return at > 0 and tokens.texts[at - 1] in ("at", "@", "by", "till", "until")


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
