"""One time of day at one number: "5:30pm", "half past four", "الساعة ٥ ونص", "at 1800"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import NUMBER, Tokens
from actors.language.rules.lexicon import CURRENCIES, DAY_WORDS, MERIDIEM, MULTIPLIERS, WEEKDAYS
from actors.language.rules.numbers import Number
from actors.language.rules.spoken_time import minutes_after, minutes_before, minutes_in_words, part_of_day
from actors.language.rules.word_set import word_set

LEADS: Final = word_set(
    "at around by after before from until till til @ about between past ala 3ala ba3d abl حوالي بعد قبل من لحد الي"
)
O_CLOCK: Final = word_set("الساعه ساعه الساعة sa3a saa3a elsa3a essa3a saa sa3ah elsa3ah el-sa3a saah")
_WRITTEN: Final = word_set("am pm صباحا ص مساء م")  # what is part of the time as written; a part of the day is not
_NAMED_TWELVE: Final = {"noon": "pm", "midday": "pm", "midnight": "am"}
DAYS: Final = frozenset(WEEKDAYS) | frozenset(DAY_WORDS)


def clock_value(hour: float, minute: int, meridiem: str) -> str:
    """Give HH:MM of an hour with its half of the day, "" where there is no such time."""
    hour = int(hour)
    if not (0 <= hour <= 24 and 0 <= minute < 60):
        return ""
    if meridiem:
        if hour > 12 and meridiem == "am":
            return ""
        if meridiem == "pm" and hour < 12:
            hour += 12
        elif meridiem == "am" and hour == 12:
            hour = 0
    return f"{hour % 24:02d}:{minute:02d}"


def likely_half(hour: float, context: str) -> str:
    """Choose the half of the day of an hour without one: an agency's day runs from 8 to 7."""
    if context:
        return context
    return "pm" if 1 <= hour <= 7 or hour == 12 else ("am" if hour < 12 else "")


@dataclass(slots=True)
class _Reading:
    """A time while it is read.

    Attributes:
        hour, minute: so far.
        first, last: tokens of the span.
        at: token after what was read.
        before: the word before the span.
        meridiem: am, pm or "".
        marked: a word says that it is a time.
        colon, dotted: minutes stand after a colon, after a dot.
        spoken: "half past", "quarter to" lead it.
    """

    hour: int
    minute: int
    first: int
    last: int
    at: int
    before: str = ""
    meridiem: str = ""
    marked: bool = False
    colon: bool = False
    dotted: bool = False
    spoken: bool = False


def time_of(tokens: Tokens, number: Number, context: str) -> tuple[Candidate | None, int]:
    """Read a time at a number; returns it and the token after it."""
    if number.value > 24:
        return _military(tokens, number)
    reading = _hour(tokens, number)
    if reading is None or not _minutes(tokens, number, reading):
        return None, 0
    _o_clock(tokens.texts, reading)
    if not _half_of_day(tokens, number, reading):
        return None, 0
    sure = _judge(tokens, number, reading)
    if not sure:
        return None, 0
    if not reading.meridiem and reading.hour <= 12 and not (reading.colon and tokens.texts[number.first][0] == "0"):
        reading.meridiem = likely_half(reading.hour, context)
    value = clock_value(reading.hour, reading.minute, reading.meridiem if reading.hour <= 12 else "")
    if not value:
        return None, 0
    return Candidate(tokens.starts[reading.first], tokens.ends[reading.last], "time", value, sure), reading.at


def _military(tokens: Tokens, number: Number) -> tuple[Candidate | None, int]:
    """Read "1730 hrs", "at 1800"."""
    texts, first, at = tokens.texts, number.first, number.after
    if number.in_words or number.value != int(number.value) or len(texts[first]) != 4:
        return None, 0
    value = clock_value(number.value // 100, int(number.value) % 100, "")
    start = tokens.starts[first]
    if not value:
        return None, 0
    if at < len(texts) and texts[at] in ("hrs", "hr", "h"):
        return Candidate(start, tokens.ends[at], "time", value, 0.95), at + 1
    if first and texts[first - 1] in _AT_FOUR and _four_digits(texts, number):
        return Candidate(start, tokens.ends[at - 1], "time", value, 0.8), at
    return None, 0


def _hour(tokens: Tokens, number: Number) -> _Reading | None:
    """Read the hour, with what is spoken before it."""
    hour, minute, dotted = int(number.value), 0, False
    if number.value != hour:  # 5.30 pm
        digits = tokens.texts[number.first].partition(".")[2]
        if len(digits) != 2 or int(digits) > 59:
            return None
        minute, dotted = int(digits), True
    reading = _Reading(hour, minute, number.first, number.after - 1, number.after, dotted=dotted)
    spoken = minutes_before(tokens, number)
    if spoken is not None:
        reading.first, minutes, back = spoken
        reading.spoken = True
        _add(reading, minutes, back=back)
    reading.before = tokens.texts[reading.first - 1] if reading.first else ""
    return reading


def _add(reading: _Reading, minutes: int, *, back: bool) -> None:
    if back:
        reading.hour = reading.hour - 1 or 12
    reading.minute = 60 - minutes if back else minutes


def _minutes(tokens: Tokens, number: Number, reading: _Reading) -> bool:
    """Read minutes after a colon or after "الساعة ٥"; False where the number is no hour after all."""
    texts, starts, ends, at = tokens.texts, tokens.starts, tokens.ends, reading.at
    if (
        not reading.spoken
        and at + 1 < len(texts)
        and texts[at] == ":"
        and tokens.kinds[at + 1] == NUMBER
        and starts[at] == ends[at - 1]
        and starts[at + 1] == ends[at]
    ):
        digits = texts[at + 1]
        if len(digits) != 2 or int(digits) > 59 or number.in_words:
            return False
        reading.minute, reading.colon, reading.last, reading.at = int(digits), True, at + 1, at + 2
        if at + 3 < len(texts) and texts[at + 2] == ":" and tokens.kinds[at + 3] == NUMBER:
            reading.at = at + 4  # seconds
    elif reading.before in O_CLOCK or reading.before in DAYS or not reading.spoken:
        pair = minutes_after(texts, at)
        if pair is not None and not _amount(texts, at + pair[1]):
            reading.spoken = reading.before in DAYS or _part_follows(tokens, at + pair[1])
            minutes, used, back = pair
            _add(reading, minutes, back=back)
            reading.at += used
            reading.last = reading.at - 1
        elif number.in_words and not reading.dotted and number.value <= 12:
            minutes, used = minutes_in_words(texts, at)
            if used and (reading.before in LEADS or reading.before in DAYS or _part_follows(tokens, at + used)):
                reading.minute, reading.spoken = (
                    minutes,
                    nothing_counted(tokens, at + used) or _part_follows(tokens, at + used),
                )
                reading.at += used
                reading.last = reading.at - 1
    return True


def _amount(texts: list[str], at: int) -> bool:
    """Whether what follows makes "3 ونص" an amount."""
    return at < len(texts) and (texts[at] in MULTIPLIERS or texts[at] in CURRENCIES)


def _part_follows(tokens: Tokens, at: int) -> bool:
    """Whether a half or a part of the day follows."""
    texts = tokens.texts
    return at < len(texts) and (texts[at] in MERIDIEM or part_of_day(tokens, at, 6)[0] != "")


def _o_clock(texts: list[str], reading: _Reading) -> None:
    """Read "o'clock" as it is written."""
    for words in (["o'clock"], ["oclock"], ["o", "'", "clock"], ["o", "clock"]):
        if texts[reading.at : reading.at + len(words)] == words:
            reading.at += len(words)
            reading.last, reading.marked = reading.at - 1, True
            return


def _half_of_day(tokens: Tokens, number: Number, reading: _Reading) -> bool:
    """Read am, pm, a part of the day, "sharp", "ish"; False where the number is no hour after all."""
    texts, at = tokens.texts, reading.at
    after = texts[at] if at < len(texts) else ""
    if after == "am" and reading.before == "ya":
        return False  # "ya 3am": a form of address
    if after in ("el", "al") and at + 1 < len(texts) and texts[at + 1] in MERIDIEM:
        at, after = at + 1, texts[at + 1]  # "10 el sob7"
    part, part_after = part_of_day(tokens, reading.at, reading.hour)
    if part:
        reading.meridiem, reading.marked, reading.at = part, True, part_after
        return True
    touching = at < len(texts) and tokens.starts[at] - tokens.ends[at - 1] <= 1
    last = _dotted_meridiem(texts, at) if touching else 0
    if after in MERIDIEM and not (after == "am" and number.in_words and number.value == 1):
        reading.meridiem, reading.marked, reading.at = MERIDIEM[after], True, at + 1
        if after in _WRITTEN:
            reading.last = at
    elif last:
        reading.meridiem, reading.marked, reading.last, reading.at = after + "m", True, last, last + 1
    elif after in _NAMED_TWELVE and reading.hour == 12:
        reading.meridiem, reading.marked, reading.last, reading.at = _NAMED_TWELVE[after], True, at, at + 1
    elif after == "sharp":
        reading.marked, reading.at = True, at + 1
    elif after == "ish" and touching:
        reading.marked, reading.last, reading.at = True, at, at + 1
    return True


def _dotted_meridiem(texts: list[str], at: int) -> int:
    """Return the last token of "p.m.", "p m", "p.m", or 0."""
    if texts[at] not in ("a", "p"):
        return 0
    rest = texts[at + 1 : at + 4]
    if rest[:1] == ["m"]:
        return at + 1
    if rest[:2] == [".", "m"]:
        return at + 3 if rest[2:] == ["."] else at + 2
    return 0


def _judge(tokens: Tokens, number: Number, reading: _Reading) -> float:
    """Say how surely this is a time; 0 where it is none."""
    before = reading.before
    o_clock = before in O_CLOCK
    if reading.dotted and not (reading.meridiem or o_clock):
        # "9.30" is a time only beside a day, on the quarter hour; else it is an amount
        quarter = reading.minute % 15 == 0 and reading.hour <= 12
        beside = (before in LEADS and not DAYS.isdisjoint(tokens.texts)) or before in DAYS
        late = 12 < reading.hour < 24 and reading.minute % 5 == 0 and before in _AT_FOUR
        return 0.85 if (quarter and beside) or late or before in _NOW else 0.0
    if reading.marked:
        return 0.96
    if reading.colon or reading.spoken or o_clock:
        return 0.93
    if before in LEADS:
        return _bare(tokens, number, reading.at)
    if before in DAYS and not number.in_words:
        return min(_bare(tokens, number, reading.at), 0.75)
    return _agreed(tokens, number, reading)


_YES: Final = word_set("ok okay k sure fine yes yep great perfect good tamam تمام اوكي خلاص 5alas")
_COMES: Final = word_set("is at you u there meet ok okay come coming free visit call them us me or and , b ")


def _agreed(tokens: Tokens, number: Number, reading: _Reading) -> float:
    """Judge an hour that a short answer or "tonight" makes one: "ok 9 then", "see you 7 tonight"."""
    texts, at = tokens.texts, reading.at
    if not 1 <= number.value <= 12 or number.in_words or number.value != int(number.value):
        return 0.0
    after = texts[at] if at < len(texts) else ""
    if after in ("tonight", "tonite", "2night") and reading.before in _COMES:
        return 0.8
    short = len(texts) <= 6 and reading.before in _YES and number.first == 1
    return 0.75 if short and (after == "then" or (after in ("works", "it") and at + 2 >= len(texts))) else 0.0


_NOW: Final = frozenset({"its", "it's", "it", "now"})
_AT_FOUR: Final = frozenset({"at", "by", "@", "till", "until"})


def _four_digits(texts: list[str], number: Number) -> bool:
    """Whether "1800" after "at" is a time: a quarter hour of the day, and no period that would make it a rent."""
    after = texts[number.after] if number.after < len(texts) else ""
    value = number.value
    return (
        len(texts[number.first]) == 4
        and 600 <= value <= 2359
        and value % 100 in (0, 15, 30, 45)
        and after not in ("per", "a", "/", "-", "monthly", "yearly", "month", "sqft", "sq")
    )


def _bare(tokens: Tokens, number: Number, at: int) -> float:
    """Judge an hour that only a preposition leads: "at 5", "after 6", and nothing that is counted after it."""
    texts = tokens.texts
    if number.value > 12 or number.value < 1 or number.grouped:
        return 0.0
    before = texts[number.first - 1]
    if at < len(texts):
        after = texts[at]
        if after[0].isalpha() and after not in _AFTER_HOUR:
            return 0.0
        if after in ("%", "/", "$", "#", "@") or (after == "-" and tokens.starts[at] == tokens.ends[at - 1]):
            return 0.0
    return 0.85 if before in ("at", "@", "around") else 0.7


_AFTER_HOUR: Final = word_set(
    "and or if is works please pls plz for today tomorrow tmrw on to then thanks thank ok okay will would can we "
    "i but so good fine my with monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat "
    "sun tonight sharp بكره اليوم bokra latest max till until because since as instead thx work suits when also "
    "maybe before after the at in next الي ل لحد حتي و او لو ان عشان ممكن اذا شكرا تمام مناسب ok بس law w aw momken "
    "shokran 3ashan tamam monaseb insha inshallah ان"
)


def nothing_counted(tokens: Tokens, at: int) -> bool:
    """Whether no counted thing follows a bare hour: "at 5 please", not "at 5 towers"."""
    return at >= len(tokens.texts) or not tokens.texts[at][0].isalpha() or tokens.texts[at] in _AFTER_HOUR
