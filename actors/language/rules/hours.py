"""Times of day."""

from __future__ import annotations

from typing import Final

from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import NUMBER, Tokens
from actors.language.rules.lexicon import DAY_WORDS, HALF, MERIDIEM, QUARTER, WEEKDAYS
from actors.language.rules.numbers import Number
from actors.language.rules.word_set import word_set

_AT: Final = word_set(
    "at around by after before from until till til @ about between past ala 3ala ba3d abl حوالي بعد قبل من لحد الي"
)
_O_CLOCK: Final = frozenset({"الساعه", "ساعه", "sa3a", "saa3a", "elsa3a", "essa3a", "saa"})
_JOIN: Final = frozenset({"-", "to", "or", "and", "till", "until", "/", "او", "الي", "ل", "w", "و"})
_WRITTEN: Final = word_set("am pm صباحا ص مساء م")  # what is part of the time as written; a part of the day is not
_PARTS: Final = {"morning": "am", "afternoon": "pm", "evening": "pm", "night": "pm", "noon": "pm"}
_DAYS: Final = frozenset(WEEKDAYS) | frozenset(DAY_WORDS)
_NAMED: Final = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}
TIME_WORDS: Final = (
    frozenset(MERIDIEM)
    | _O_CLOCK
    | frozenset({"o'clock", "oclock", "clock", "half", "quarter", "noon", "midday", "midnight", "hrs", "hr", "h", ":"})
    | HALF
    | QUARTER
    | (_AT - {"من", "الي"})
    | frozenset(WEEKDAYS)
    | frozenset(DAY_WORDS)
    | {"sharp", "its", "it", "morning", "afternoon", "evening", "night"}
)


def _clock(hour: float, minute: int, meridiem: str) -> str:
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


def _likely(hour: float, context: str) -> str:
    """Choose the half of the day of an hour without one: an agency's day runs from 8 to 7."""
    if context:
        return context
    return "pm" if 1 <= hour <= 7 or hour == 12 else ("am" if hour < 12 else "")


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
        if number.role or number.first < taken:
            continue
        candidate, last = _time_of(tokens, number, context)
        if candidate is None and index + 1 < count:
            candidate, last = _first_of_range(tokens, number, numbers[index + 1], context)
            if candidate is not None and _bare_second(tokens, number, numbers[index + 1]):
                right = numbers[index + 1]
                value = _clock(right.value, 0, _likely(right.value, context))
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


def _time_of(tokens: Tokens, number: Number, context: str) -> tuple[Candidate | None, int]:
    texts, starts, ends, kinds = tokens.texts, tokens.starts, tokens.ends, tokens.kinds
    count = len(texts)
    first, at = number.first, number.after
    hour, minute, exact = number.value, 0, False
    if hour > 24:
        if not number.in_words and first and texts[first - 1] in _AT_FOUR and _four_digits(texts, number):
            value = _clock(hour // 100, int(hour) % 100, "")
            return Candidate(starts[first], ends[at - 1], "time", value, 0.8), at
        if (
            not number.in_words
            and hour == int(hour)
            and len(texts[first]) == 4
            and at < count
            and texts[at] in ("hrs", "hr", "h")
        ):
            value = _clock(hour // 100, int(hour) % 100, "")
            return (Candidate(starts[first], ends[at], "time", value, 0.95), at + 1) if value else (None, 0)
        return None, 0
    if hour != int(hour):  # 5.30 pm
        digits = texts[first].partition(".")[2]
        if len(digits) != 2 or int(digits) > 59:
            return None, 0
        hour, minute, exact = int(hour), int(digits), True
    start, end = starts[first], ends[at - 1]
    spoken = _past(tokens, number)
    if spoken is not None:
        start_at, minute, back = spoken
        start = starts[start_at]
        if back:
            hour = hour - 1 or 12
            minute = 60 - minute
    colon = False
    if (
        spoken is None
        and at + 1 < count
        and texts[at] in (":", ".")
        and kinds[at + 1] == NUMBER
        and starts[at] == end
        and starts[at + 1] == end + 1
    ):
        digits = texts[at + 1]
        if len(digits) != 2 or not digits.isdigit() or int(digits) > 59 or number.in_words:
            return None, 0
        minute, colon, end = int(digits), True, ends[at + 1]
        at += 2
        if at + 1 < count and texts[at] == ":" and kinds[at + 1] == NUMBER:
            at += 2
    before_at = number.first - 1 if spoken is None else spoken[0] - 1
    before = texts[before_at] if before_at >= 0 else ""
    o_clock = before in _O_CLOCK
    meridiem, marked = "", False
    after = texts[at] if at < count else ""
    if after == "-" and at + 1 < count and texts[at + 1] == "ish":
        at, after = at + 1, texts[at + 1]
    if o_clock:
        pair = _arabic_minutes(texts, at)
        if pair is not None:
            minute, used, back = pair
            at += used
            end = ends[at - 1]
            if back:
                hour, minute = hour - 1 or 12, 60 - minute
            after = texts[at] if at < count else ""
    if after in ("o'clock", "oclock"):
        end, marked = ends[at], True
        at += 1
    elif after == "o" and at + 2 < count and texts[at + 1] == "'" and texts[at + 2] == "clock":
        end, marked = ends[at + 2], True
        at += 3
    elif after == "o" and at + 1 < count and texts[at + 1] == "clock":
        end, marked = ends[at + 1], True
        at += 2
    after = texts[at] if at < count else ""
    if after == "am" and before == "ya":
        return None, 0  # "ya 3am": a form of address
    if after in MERIDIEM and not (after == "am" and number.in_words):
        if after == "م" and not o_clock and kinds[at] and starts[at] == ends[at - 1] and hour > 12:
            return None, 0
        meridiem, marked = MERIDIEM[after], True
        if after in _WRITTEN:
            end = ends[at]
        at += 1
    elif (
        after in ("a", "p")
        and starts[at] - ends[at - 1] <= 1
        and at + 1 < count
        and (texts[at + 1] == "m" or (texts[at + 1] == "." and at + 2 < count and texts[at + 2] == "m"))
    ):
        last = at + 1 if texts[at + 1] == "m" else at + 2
        if last + 1 < count and texts[last + 1] == "." and texts[at + 1] == ".":
            last += 1
        meridiem, marked, end = after + "m", True, ends[last]
        at = last + 1
    elif after in ("in", "at") and at + 1 < count:
        part_at = at + 2 if texts[at + 1] == "the" and at + 2 < count else at + 1
        if texts[part_at] in _PARTS and (after == "in" or texts[part_at] == "night"):
            meridiem, marked = _PARTS[texts[part_at]], True
            if meridiem == "pm" and texts[part_at] == "night" and hour == 12:
                meridiem = "am"
            at = part_at + 1
    elif after == "sharp":
        marked = True
        at += 1
    elif after == "ish" and starts[at] - ends[at - 1] <= 1:
        marked, end = True, ends[at]
        at += 1
    elif after in ("h", "hrs") and colon:
        end = ends[at]
        at += 1
    sure = 0.0
    if meridiem or marked:
        sure = 0.96
    elif colon or spoken is not None or o_clock:
        sure = 0.93
    elif before in _AT or before == "@":
        sure = _bare(tokens, number, at)
    elif before in _DAYS and not number.in_words:
        sure = min(_bare(tokens, number, at), 0.75)
    if exact and not (meridiem or o_clock):
        # "9.30" is a time only beside a day, on the quarter hour; else it is an amount
        on_quarter = minute % 15 == 0 and hour <= 12 and before in _AT and not _DAYS.isdisjoint(texts)
        if not on_quarter and before not in ("its", "it's", "it", "now"):
            return None, 0
        sure = 0.85
    if not sure or (meridiem and hour > 24):
        return None, 0
    if not meridiem and hour <= 12 and not (colon and len(texts[first]) == 2 and texts[first][0] == "0"):
        meridiem = _likely(hour, context)
    value = _clock(hour, minute, meridiem if hour <= 12 else "")
    return (Candidate(start, end, "time", value, sure), at) if value else (None, 0)


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
    "maybe before after the at in"
)


def _past(tokens: Tokens, number: Number) -> tuple[int, int, bool] | None:
    """Read "half past", "quarter to", "20 past" before an hour: first token, minutes, whether they count back."""
    texts = tokens.texts
    at = number.first - 1
    if at < 1 or number.value > 12:
        return None
    if texts[at] not in ("past", "to", "till", "after"):
        return None
    back = texts[at] in ("to", "till")
    lead = texts[at - 1]
    if lead == "half" and texts[at] == "past":
        return at - 1, 30, False
    if lead == "quarter":
        return at - 1, 15, back
    if lead in ("ten", "twenty", "five", "10", "20", "25", "5") and texts[at] == "past":
        return at - 1, {"ten": 10, "twenty": 20, "five": 5}.get(lead) or int(lead), back
    return None


def _arabic_minutes(texts: list[str], at: int) -> tuple[int, int, bool] | None:
    """Read minutes after an hour: "ونص", "و ربع", "الا ربع", "w nos": minutes, tokens, whether they count back."""
    if at >= len(texts):
        return None
    word = texts[at]
    if word[0] == "و" and len(word) > 1:
        bare = word[1:]
        if bare in HALF:
            return 30, 1, False
        if bare in QUARTER:
            return 15, 1, False
        if bare in ("تلت", "ثلث"):
            return 20, 1, False
    if word in ("و", "w", "and", "wa") and at + 1 < len(texts):
        if texts[at + 1] in HALF:
            return 30, 2, False
        if texts[at + 1] in QUARTER:
            return 15, 2, False
    if word in ("الا", "illa", "ela") and at + 1 < len(texts):
        if texts[at + 1] in QUARTER:
            return 15, 2, True
        if texts[at + 1] in ("تلت", "ثلث"):
            return 20, 2, True
    return None


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
    second, _ = _time_of(tokens, right, context)
    if second is None:
        if before not in ("between", "at", "around", "بين") or right.value > 12 or right.value != int(right.value):
            return None, 0
        if before == "between" and _bare_after(tokens, right.after):
            value = _clock(right.value, 0, _likely(right.value, context))
            right_candidate = Candidate(tokens.starts[right.first], tokens.ends[right.after - 1], "time", value, 0.8)
            second = right_candidate
        else:
            return None, 0
    elif joiner == "and" and before not in ("between", "at", "around"):
        return None, 0
    hour = number.value
    second_hour = int(str(second.value)[:2])
    meridiem = (
        "pm"
        if second_hour >= 12 and hour + 12 <= max(second_hour, 13) + (0 if hour != 12 else 12)
        else ("am" if second_hour < 12 or hour > 6 else "pm")
    )
    value = _clock(hour, 0, meridiem)
    return (
        (Candidate(tokens.starts[number.first], tokens.ends[number.after - 1], "time", value, 0.88), number.after)
        if value
        else (None, 0)
    )


def _second_bounds(tokens: Tokens, numbers: list[Number], times: list[Candidate], context: str) -> list[Candidate]:
    """Find bare hours that follow a time: "5:15 or 6", "from 9.30 to 11"."""
    found: list[Candidate] = []
    ends = {time.end for time in times}
    for number in numbers:
        before = number.first - 1
        if number.role or before < 1 or tokens.texts[before] not in _JOIN or tokens.ends[before - 1] not in ends:
            continue
        if number.value != int(number.value) or not 1 <= number.value <= 12 or not _bare_after(tokens, number.after):
            continue
        value = _clock(number.value, 0, _likely(number.value, context if number.value < 8 else ""))
        number.role = "time"
        found.append(Candidate(tokens.starts[number.first], tokens.ends[number.after - 1], "time", value, 0.8))
    return found


def _bare_second(tokens: Tokens, number: Number, right: Number) -> bool:
    """Whether the second bound of a range has no mark of its own: "between 3 and 5"."""
    return (
        not right.role
        and right.value <= 12
        and tokens.texts[number.first - 1] in ("between", "بين")
        and _time_of(tokens, right, "")[0] is None
        and _bare_after(tokens, right.after)
    )


def _bare_after(tokens: Tokens, at: int) -> bool:
    return at >= len(tokens.texts) or not tokens.texts[at][0].isalpha() or tokens.texts[at] in _AFTER_HOUR
