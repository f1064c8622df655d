"""What numbers count: money, rooms, bathrooms, area. The unit decides; a range hands it to its first bound."""

from __future__ import annotations

import itertools
from typing import Final, Literal, cast

from actors.language.rules.area import SQUARE, factor_after, read_area
from actors.language.rules.candidate import Candidate, whole
from actors.language.rules.fold import WORD, Tokens
from actors.language.rules.lexicon import (
    BATH_WORDS,
    BED_WORDS,
    CURRENCIES,
    CURRENCY_MARKS,
    MERIDIEM,
    MULTIPLIERS,
    SIZE_UNITS,
)
from actors.language.rules.money import BARE_AMOUNTS, DOTTED_STARTS, currency_before, read_bare, read_money
from actors.language.rules.numbers import Number
from actors.language.rules.rooms import MOST_ROOMS, ROOM_PAIRS, read_pair, read_rooms
from actors.language.rules.word_set import word_set

_JOINERS: Final = word_set("- to or / ~ till until upto and & الي ل لحد او و aw w le vs")
_AND: Final = frozenset({"and", "&", "و", "w"})
_PERCENT: Final = word_set("% percent pct percentage بالميه بالمائه")
COUNTED_WORDS: Final = word_set(
    "day days week weeks month months year years yr yrs min mins minute minutes hour hours hr hrs cheque cheques "
    "chq chqs cheq check checks payment payments installment installments instalment instalments people persons "
    "person adults kids children cars car parking parkings spaces floor floors storey storeys stories units "
    "apartments flats villas buildings towers options pics photos pictures times x weeks viewings tenants clients "
    "properties listings km kms mile miles minutes blocks star stars nights night kw kva kv hp volt volts kg gb "
    "mb mbps amp amps copies copy keys key balconies windows acs ac rooftop offices shops plots weeks يوم ايام "
    "شهر شهور اشهر سنه سنين سنوات اسبوع اسابيع دقيقه دقايق دقائق ساعه ساعات شيك شيكات دفعات دفعه اقساط قسط كيلو "
    "دور ادوار شقق سنتين yom ayam shahr shohor sana snen dor do2oor chekat shikat"
)
NUMBERLESS_WORDS: Final = BARE_AMOUNTS | ROOM_PAIRS
UNIT_WORDS: Final = (
    frozenset(MULTIPLIERS)
    | frozenset(CURRENCIES)
    | CURRENCY_MARKS
    | BED_WORDS
    | BATH_WORDS
    | frozenset(SIZE_UNITS)
    | SQUARE
    | frozenset(MERIDIEM)
    | DOTTED_STARTS
    | {"b", "l"}
)


def find_amounts(tokens: Tokens, numbers: list[Number], *, numberless: bool) -> list[Candidate]:
    """Find money, bedrooms, bathrooms and sizes; sets the numbers' roles.

    Args:
        tokens: the text.
        numbers: its numbers, in order.
        numberless: the text has words for rooms or money that need no number.

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
    if numberless:
        owned = {number.after for number in numbers}
        for at, word in enumerate(tokens.texts):
            candidate = read_pair(tokens, at)
            if candidate is None and word in BARE_AMOUNTS and at not in owned:
                candidate = read_bare(tokens, at)
            if candidate is not None:
                found.append(candidate)
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
    """Read the unit before or after a number."""
    texts = tokens.texts
    count = len(texts)
    at = number.after
    after = texts[at] if at < count else ""
    if after in _PERCENT or (after == "في" and at + 1 < count and texts[at + 1] in ("الميه", "المائه", "الميت")):
        number.role = "other"
        return None
    currency_at = currency_before(tokens, number)
    if after == "-" and at + 1 < count and tokens.starts[at] == tokens.ends[at - 1] and tokens.kinds[at + 1] == WORD:
        at += 1
    candidate = None
    if currency_at is None:
        candidate = (None if number.grouped else read_rooms(tokens, number, at)) or read_area(tokens, number, at)
    return candidate or read_money(tokens, number, at, currency_at)


def _joined(tokens: Tokens, left_after: int, right_first: int) -> bool:
    gap = right_first - left_after
    if gap == 1:
        return tokens.texts[left_after] in _JOINERS
    return gap == 2 and tokens.texts[left_after + 1] in CURRENCIES and tokens.texts[left_after] in _JOINERS


def _inherit(tokens: Tokens, number: Number, right: Number) -> Candidate | None:
    """Give the first bound of a range the unit of its second."""
    if not _joined(tokens, number.after, right.first):
        return None
    start, end = tokens.starts[number.first] + number.skip, tokens.ends[number.after - 1]
    both = tokens.texts[number.after] in _AND
    if right.role == "price":
        scale = _inherited_scale(number.value, right)
        if not scale or (both and right.scale == 1 and not _between(tokens, number.first)):
            return None
        number.scale, number.currency = scale, right.currency
        return Candidate(start, end, "price", whole(number.value * scale), 0.9)
    if right.role in ("bedrooms", "bathrooms"):
        if (
            number.value > MOST_ROOMS
            or number.value != int(number.value)
            or (both and number.in_words and number.value == 1)
        ):
            return None
        return Candidate(start, end, cast(Literal["bedrooms", "bathrooms"], right.role), int(number.value), 0.85)
    factor = factor_after(tokens, right) if right.role == "size" else 0.0
    return Candidate(start, end, "size", round(number.value * factor), 0.85) if factor and number.value > 10 else None


def _inherited_scale(value: float, right: Number) -> float:
    """Find what multiplies the first bound of a range of money; 0 where the two are no range."""
    if value >= 1000 and value < right.value * right.scale:
        return 1.0 if right.value * right.scale <= value * 20 else 0.0  # "drop 2105 to 1.29m": a unit
    if right.scale == 1e6 and value > right.value and value >= 100:
        return 1e3
    return right.scale if value <= right.value * 20 else 0.0


def _between(tokens: Tokens, first: int) -> bool:
    return first > 0 and tokens.texts[first - 1] in ("between", "بين", "ben", "bein")
