"""What numbers count: money, rooms, bathrooms, area. The unit decides; a range hands it to its first bound."""

from __future__ import annotations

from typing import Final

from actors.language.rules.candidate import Candidate, whole
from actors.language.rules.fold import MARK, WORD, Tokens
from actors.language.rules.lexicon import (
    BATH_PAIR,
    BATH_WORDS,
    BED_PAIR,
    BED_WORDS,
    CURRENCIES,
    CURRENCY_MARKS,
    HALF,
    LINEAR_UNITS,
    MERIDIEM,
    MULTIPLIERS,
    NUMBER_WORDS,
    QUARTER,
    SIZE_UNITS,
    STUDIO,
)
from actors.language.rules.numbers import Number, parse_number
from actors.language.rules.word_set import word_set
import itertools

_JOINERS: Final = frozenset(
    {
        "-",
        "to",
        "or",
        "/",
        "~",
        "till",
        "until",
        "upto",
        "and",
        "&",
        "الي",
        "ل",
        "لحد",
        "او",
        "و",
        "aw",
        "w",
        "le",
        "vs",
    }
)
_AND: Final = frozenset({"and", "&", "و", "w"})
_AWAY: Final = frozenset(
    {
        "from",
        "away",
        "to",
        "walk",
        "walking",
        "distance",
        "far",
        "high",
        "tall",
        "deep",
        "long",
        "عن",
        "من",
        "drive",
        "ceiling",
        "ceilings",
    }
)
_SQUARE: Final = frozenset({"sq", "square", "sqr", "sqaure"})
_SQUARE_UNITS: Final = {
    "ft": 1.0,
    "feet": 1.0,
    "foot": 1.0,
    "fts": 1.0,
    "f": 1.0,
    "m": 10.7639,
    "mt": 10.7639,
    "mtr": 10.7639,
    "mtrs": 10.7639,
    "meter": 10.7639,
    "meters": 10.7639,
    "metre": 10.7639,
    "metres": 10.7639,
    "yd": 9.0,
    "yds": 9.0,
    "yard": 9.0,
    "yards": 9.0,
}
_ARABIC_SQUARE: Final = frozenset({"مربع", "مربعه", "morabba3", "moraba3", "murabba3"})
_AREA_AFTER: Final = frozenset({"plot", "bua", "gfa", "area", "land"})
_PERCENT: Final = frozenset({"%", "percent", "pct", "percentage"})
_COUNTED: Final = word_set(
    "day days week weeks month months year years yr yrs min mins minute minutes hour hours hr hrs cheque cheques "
    "chq chqs cheq check checks payment payments installment installments instalment instalments people persons "
    "person adults kids children cars car parking parkings spaces floor floors storey storeys stories units "
    "apartments flats villas buildings towers options pics photos pictures times x weeks viewings tenants clients "
    "properties listings km kms mile miles minutes blocks star stars nights night kw kva kv hp volt volts kg gb "
    "mb mbps amp amps copies copy keys key balconies windows acs ac rooftop offices shops plots weeks يوم ايام "
    "شهر شهور اشهر سنه سنين سنوات اسبوع اسابيع دقيقه دقايق دقائق ساعه ساعات شيك شيكات دفعات دفعه اقساط قسط كيلو "
    "دور ادوار شقق سنتين yom ayam shahr shohor sana snen dor do2oor chekat shikat"
)
_OTHER_STUDIOS: Final = word_set(
    "yoga photo photography dance music recording art pilates fitness film tattoo design ballet tv nail hair"
)
MOST_ROOMS: Final = 20


def find_amounts(tokens: Tokens, numbers: list[Number], flags: int) -> list[Candidate]:
    """Find money, bedrooms, bathrooms and sizes; sets the numbers' roles.

    Args:
        tokens: the text.
        numbers: its numbers, in order.
        flags: not 0 where the text has words for rooms or money that need no number.

    Returns:
        candidates.
    """
    found: list[Candidate] = []
    for index in range(len(numbers) - 1, -1, -1):
        number = numbers[index]
        if number.role:
            continue
        candidate = _measure(tokens, number)
        if index + 1 < len(numbers) and (
            candidate is None or _shortened(tokens, number, candidate, numbers[index + 1])
        ):
            start = candidate.start if candidate is not None else -1
            candidate = _inherit(tokens, number, numbers[index + 1])
            if candidate is not None and start >= 0:
                candidate = candidate._replace(start=start)
        if candidate is not None:
            number.role = candidate.type
            number.start, number.end = candidate.start, candidate.end
            found.append(candidate)
    for left, right in itertools.pairwise(numbers):
        if (
            left.role == "price"
            and left.currency
            and not right.role
            and not right.in_words
            and _joined(tokens, left.after, right.first)
        ):
            value = right.value * (left.scale if right.value < 1000 else 1)
            if value > left.value * left.scale * 0.5:
                right.role = "price"
                found.append(
                    Candidate(tokens.starts[right.first], tokens.ends[right.after - 1], "price", whole(value), 0.9)
                )
    if flags:
        found += _numberless(tokens, numbers)
    return found


def _shortened(tokens: Tokens, number: Number, candidate: Candidate, right: Number) -> bool:
    """Whether a first bound with a currency leaves its thousands to the second: "AED 60 to 70k"."""
    return (
        candidate.type == "price"
        and number.scale == 1
        and right.role == "price"
        and right.scale > 1
        and number.value < 1000
        and _joined(tokens, number.after, right.first)
    )


def _measure(tokens: Tokens, number: Number) -> Candidate | None:
    texts = tokens.texts
    count = len(texts)
    at = number.after
    start = tokens.starts[number.first]
    after = texts[at] if at < count else ""
    if (
        after in _PERCENT
        or (after == "في" and at + 1 < count and texts[at + 1] in ("الميه", "المائه", "الميت"))
        or after in ("بالميه", "بالمائه")
    ):
        number.role = "other"
        return None
    currency_at = _currency_before(tokens, number)
    if after == "-" and at + 1 < count and tokens.starts[at] == tokens.ends[at - 1] and tokens.kinds[at + 1] == WORD:
        at += 1
        after = texts[at]
    if currency_at is None and not number.grouped:
        rooms = _rooms(tokens, number, at, after, start)
        if rooms is not None:
            return rooms
    if currency_at is None:
        area = _area(tokens, number, at, after, start, 1.0)
        if area is not None:
            return area
    return _money(tokens, number, at, after, start, currency_at)


def _rooms(tokens: Tokens, number: Number, at: int, after: str, start: int) -> Candidate | None:
    texts, ends = tokens.texts, tokens.ends
    count = len(texts)
    value = number.value
    if value > MOST_ROOMS:
        return None
    if (after in HALF and at + 1 < count and texts[at + 1] in BATH_WORDS) and number.value < 10:
        return Candidate(start, ends[at + 1], "bathrooms", whole(value + 0.5), 0.9)
    if after == "and" and at + 3 < count and texts[at + 1] in ("a", "half"):
        half = at + 1 if texts[at + 1] == "half" else at + 2
        if texts[half] == "half" and half + 1 < count and texts[half + 1] in BATH_WORDS:
            return Candidate(start, ends[half + 1], "bathrooms", whole(value + 0.5), 0.95)
    if (
        after
        in (
            "full",
            "master",
            "private",
            "separate",
            "large",
            "big",
            "spacious",
            "huge",
            "double",
            "attached",
            "total",
            "ensuite",
            "modern",
            "clean",
        )
        and at + 1 < count
    ):
        further = texts[at + 1]
        if further in BED_WORDS or further in BATH_WORDS:
            at, after = at + 1, further
    if after in BATH_WORDS:
        end = ends[at]
        if after in ("bath", "ba") and at + 1 < count and texts[at + 1] in ("room", "rooms"):
            end = ends[at + 1]
        return Candidate(start, end, "bathrooms", whole(value), 0.95)
    if value != int(value):
        return None
    if after in BED_WORDS:
        end_at = at
        if after in ("bed", "beds", "bd", "bdr") and at + 1 < count:
            if texts[at + 1] in ("room", "rooms", "rm", "rms", "rooom"):
                end_at = at + 1
            elif texts[at + 1] in ("space", "spaces"):
                return None
        if after in ("room", "rooms", "rm", "rms") and number.in_words and value == 1:
            return None
        return Candidate(
            start, ends[end_at], "bedrooms", int(value), 0.95 if after not in ("room", "rooms", "rm", "rms") else 0.8
        )
    if after == "b" and at + 2 < count and texts[at + 1] == "/" and texts[at + 2] in ("r", "rm", "room"):
        return Candidate(start, ends[at + 2], "bedrooms", int(value), 0.95)
    return None


def _area(tokens: Tokens, number: Number, at: int, after: str, start: int, scale: float) -> Candidate | None:
    texts, ends = tokens.texts, tokens.ends
    count = len(texts)
    value = number.value * scale
    end = 0
    factor = 0.0
    if after in _SQUARE:
        next_at = at + 1
        if next_at < count and texts[next_at] in (".", "-"):
            next_at += 1
        if next_at < count and texts[next_at] in _SQUARE_UNITS:
            factor = _SQUARE_UNITS[texts[next_at]]
            end = ends[next_at]
    elif after in SIZE_UNITS:
        factor = SIZE_UNITS[after]
        end = ends[at]
        following = texts[at + 1] if at + 1 < count else ""
        if following in _ARABIC_SQUARE:
            end = ends[at + 1]
        elif after == "m" or after in LINEAR_UNITS:
            if following in ("sq", "square", "2"):
                end = ends[at + 1]
            elif value < 20 or following in _AWAY or (after == "m" and value < 30):
                return None
        elif after in ("متر", "metr", "mitr", "قدم") and (value < 15 or following in _AWAY):
            return None
    if not end and after == "m" and scale == 1 and value >= 30 and not number.grouped:
        following = texts[at + 1] if at + 1 < count else ""
        if following in ("sq", "square") or following in _AREA_AFTER:
            factor, end = 10.7639, ends[at + (1 if following in ("sq", "square") else 0)]
    if not end:
        return None
    return Candidate(start, end, "size", round(value * factor), 0.95)


def _currency_before(tokens: Tokens, number: Number) -> int | None:
    """Return the token where a currency before the number starts, or None."""
    texts = tokens.texts
    before = number.first - 1
    if before < 0:
        return None
    if texts[before] == "." and before >= 1:
        before -= 1
    if texts[before] not in CURRENCIES or tokens.starts[number.first] - tokens.ends[before] > 2:
        return None
    word = texts[before]
    number.currency = CURRENCIES[word]
    if (
        word == "$"
        and before >= 1
        and texts[before - 1] in ("us", "a", "usd")
        and tokens.ends[before - 1] == tokens.starts[before]
    ):
        return before - 1
    if word in ("le", "sr", "rs", "dh") and number.value < 50:
        return None
    return before


def _money(
    tokens: Tokens, number: Number, at: int, after: str, start: int, currency_at: int | None
) -> Candidate | None:
    texts, ends = tokens.texts, tokens.ends
    count = len(texts)
    scale = 1.0
    extra = 0.0
    end = ends[number.after - 1]
    if after in MULTIPLIERS and not (after in ("m", "mm") and currency_at is None and number.value >= 100):
        scale = MULTIPLIERS[after]
        end = ends[at]
        at += 1
        while at < count and texts[at] in MULTIPLIERS and texts[at] not in ("m", "k"):
            scale *= MULTIPLIERS[texts[at]]
            end = ends[at]
            at += 1
        extra, at, end = _and_more(tokens, at, end, scale)
        after = texts[at] if at < count else ""
        if currency_at is None:
            area = _area(tokens, number, at, after, start, scale)
            if area is not None:
                return area
    elif after == "l" and tokens.starts[at] == ends[number.after - 1] and number.value < 1000:
        scale, end, at = 1e5, ends[at], at + 1
        after = texts[at] if at < count else ""
    elif (
        after == "and"
        and at + 3 < count
        and texts[at + 1] == "a"
        and texts[at + 2] == "half"
        and texts[at + 3] in MULTIPLIERS
    ):
        scale, end, extra = MULTIPLIERS[texts[at + 3]], ends[at + 3], 0.5 * MULTIPLIERS[texts[at + 3]]
        at += 4
        after = texts[at] if at < count else ""
    elif number.value >= 1000 and number.in_words is False and after in ("m", "mm"):
        return None
    if after in CURRENCIES and not (after == "le" and at + 1 < count and tokens.kinds[at + 1] != MARK):
        number.currency = number.currency or CURRENCIES[after]
        end = ends[at]
        at += 1
    elif currency_at is None and scale == 1:
        return None
    if number.in_words and scale == 1 and currency_at is None and not number.currency:
        return None
    number.scale = scale
    if currency_at is not None:
        start = tokens.starts[currency_at]
    return Candidate(start, end, "price", whole(number.value * scale + extra), 0.97 if number.currency else 0.93)


def _and_more(tokens: Tokens, at: int, end: int, scale: float) -> tuple[float, int, int]:
    """Read what follows a multiplier: "million and a half", "مليون ونص", "مليون و 200 ألف"."""
    texts, ends = tokens.texts, tokens.ends
    count = len(texts)
    if at >= count:
        return 0.0, at, end
    word = texts[at]
    if word[0] == "و" and len(word) > 1:
        if word[1:] in HALF:
            return scale / 2, at + 1, ends[at]
        if word[1:] in QUARTER:
            return scale / 4, at + 1, ends[at]
    pair = _thousands_more(tokens, at, scale)
    if pair is not None:
        return pair
    if word in _AND and at + 1 < count:
        further = at + 1
        if texts[further] in ("a", "an") and further + 1 < count:
            further += 1
        if (texts[further] in HALF and texts[further] != "half") or (texts[further] == "half" and further == at + 2):
            return scale / 2, further + 1, ends[further]
        if texts[further] in QUARTER:
            return scale / 4, further + 1, ends[further]
    return 0.0, at, end


def _thousands_more(tokens: Tokens, at: int, scale: float) -> tuple[float, int, int] | None:
    """Read "مليون ومئتين ألف", "مليون و 200 ألف", "melyon w 200 alf" after the million."""
    texts = tokens.texts
    if scale < 1e6:
        return None
    word = texts[at]
    if word in _AND and at + 1 < len(texts):
        at += 1
        word = texts[at]
    elif (word[0] == "و" and word[1:] in NUMBER_WORDS) or (word[0] == "و" and word[1:].isdigit()):
        word = word[1:]
    else:
        return None
    value = NUMBER_WORDS.get(word)
    if value is None:
        parsed = parse_number(word)
        if parsed is None:
            return None
        value = parsed[0]
    if at + 1 < len(texts) and MULTIPLIERS.get(texts[at + 1]) == 1e3:
        return value * 1e3, at + 2, tokens.ends[at + 1]
    return None


def _joined(tokens: Tokens, left_after: int, right_first: int) -> bool:
    gap = right_first - left_after
    if gap == 1:
        return tokens.texts[left_after] in _JOINERS
    return gap == 2 and tokens.texts[left_after + 1] in CURRENCIES and tokens.texts[left_after] in _JOINERS


def _inherit(tokens: Tokens, number: Number, right: Number) -> Candidate | None:
    """Give the first bound of a range the unit of its second."""
    if right.role not in ("price", "bedrooms", "bathrooms", "size") or not _joined(tokens, number.after, right.first):
        return None
    joiner = tokens.texts[number.after]
    start, end = tokens.starts[number.first], tokens.ends[number.after - 1]
    value = number.value
    if right.role == "price":
        if joiner in _AND and right.scale == 1 and not _between(tokens, number.first):
            return None
        scale = right.scale
        if value >= 1000 and value < right.value * scale:
            scale = 1.0
            if right.value * right.scale > value * 20:
                return None  # "drop 2105 to 1.29m": a unit
        elif scale == 1e6 and value > right.value and value >= 100:
            scale = 1e3
        elif value > right.value * 20:
            return None
        number.scale, number.currency = scale, right.currency
        return Candidate(start, end, "price", whole(value * scale), 0.9)
    if right.role in ("bedrooms", "bathrooms"):
        if value > MOST_ROOMS or (joiner in _AND and number.in_words and value == 1) or value != int(value):
            return None
        return Candidate(start, end, right.role, int(value), 0.85)  # type: ignore[arg-type]
    factor = _factor_of(tokens, right)
    if factor and value > 10:
        return Candidate(start, end, "size", round(value * factor), 0.85)
    return None


def _between(tokens: Tokens, first: int) -> bool:
    return first > 0 and tokens.texts[first - 1] in ("between", "بين", "ben", "bein")


def _factor_of(tokens: Tokens, right: Number) -> float:
    at = right.after
    if at < len(tokens.texts):
        after = tokens.texts[at]
        if after in SIZE_UNITS:
            return SIZE_UNITS[after]
        for further in tokens.texts[at + 1 : at + 3]:
            if further in _SQUARE_UNITS:
                return _SQUARE_UNITS[further]
    return 0.0


def _numberless(tokens: Tokens, numbers: list[Number]) -> list[Candidate]:
    """Find what says its number itself: studio, غرفتين, مليون ونص, half a million."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    found: list[Candidate] = []
    owned = {number.after for number in numbers}
    for at, word in enumerate(texts):
        bare = word
        start = starts[at]
        if word[0] in "وبل" and len(word) > 4 and word not in STUDIO and word not in BED_PAIR and word not in BATH_PAIR:
            stripped = word[1:]
            if stripped in STUDIO or stripped in BED_PAIR or stripped in BATH_PAIR:
                bare, start = stripped, start + 1
        if bare in STUDIO and at and texts[at - 1] in _OTHER_STUDIOS:
            continue
        if bare in STUDIO:
            found.append(Candidate(start, ends[at], "bedrooms", 0, 0.95))
        elif bare in BED_PAIR:
            end = ends[at]
            found.append(Candidate(start, end, "bedrooms", 2, 0.95))
        elif bare in BATH_PAIR:
            found.append(Candidate(start, ends[at], "bathrooms", 2, 0.95))
        elif at not in owned and word in ("مليون", "million", "melyon", "malyon", "مليونين", "الفين", "مليار"):
            candidate = _bare_multiplier(tokens, at, word)
            if candidate is not None:
                found.append(candidate)
    return found


def _bare_multiplier(tokens: Tokens, at: int, word: str) -> Candidate | None:
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    start = starts[at]
    value = {"مليونين": 2e6, "الفين": 2e3, "مليار": 1e9}.get(word, 1e6)
    sure = word[0] > "\u0600" or word in ("melyon", "malyon")
    before = texts[at - 1] if at else ""
    if before == "half" or (before == "a" and at >= 2 and texts[at - 2] == "half"):
        return Candidate(
            starts[at - 1] if before == "half" else starts[at - 2], ends[at], "price", whole(value / 2), 0.93
        )
    if before in HALF:
        return Candidate(starts[at - 1], ends[at], "price", whole(value / 2), 0.93)
    if before == "a" and at >= 2 and texts[at - 2] in ("thanks", "thank", "thx", "chance", "in"):
        return None
    if before in {"a", "quarter"}:
        sure = True
        start = starts[at - 1]
        if before == "quarter":
            value /= 4
    if not sure:
        return None
    extra, after, end = _and_more(tokens, at + 1, ends[at], value)
    if after < len(texts) and texts[after] in CURRENCIES:
        end = ends[after]
    elif (
        word == "million"
        and not extra
        and texts[after : after + 1] in (["thanks"], ["times"], ["things"], ["questions"], ["people"], ["reasons"])
    ):
        return None
    return Candidate(start, end, "price", whole(value + extra), 0.9)


NUMBERLESS_WORDS: Final = (
    frozenset({"مليون", "million", "melyon", "malyon", "مليونين", "الفين", "مليار"})
    | STUDIO
    | frozenset(BED_PAIR)
    | frozenset(BATH_PAIR)
    | frozenset(prefix + word for word in (*STUDIO, *BED_PAIR, *BATH_PAIR) if word[0] > "\u0600" for prefix in "وبل")
)
UNIT_WORDS: Final = (
    frozenset(MULTIPLIERS)
    | frozenset(CURRENCIES)
    | CURRENCY_MARKS
    | BED_WORDS
    | BATH_WORDS
    | frozenset(SIZE_UNITS)
    | _SQUARE
    | frozenset(MERIDIEM)
    | {"b"}
)
COUNTED_WORDS: Final = _COUNTED
