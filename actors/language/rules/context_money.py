"""Amounts that only their context makes money."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

from actors.language.rules.amounts import COUNTED_WORDS
from actors.language.rules.candidate import Candidate, whole
from actors.language.rules.fold import Tokens
from actors.language.rules.money_words import (
    AFTER_SUM,
    AREA_BEFORE,
    CAN,
    CHEQUES,
    DEAL_TALK,
    DEALS,
    FEES,
    FOR,
    GO,
    HOME_TALK,
    LABELS,
    MONEY_BEFORE,
    MONEY_SURE,
    MONTHLY,
    MOST_CHEQUES,
    NO_PLURALS,
    NOT_MONEY_BEFORE,
    NUMBERED,
    OFFERED,
    PERIODS,
    RATED,
    RENT_TALK,
    RENT_WORDS,
    SERVICES,
    SMALL_FEES,
    SPENT,
    THEY,
    UNDER,
    VERBS,
    YEARLY,
)
from actors.language.rules.numbers import Number


@dataclass(slots=True)
class _Talk:
    """What a message says about money beside the number that is looked at.

    Attributes:
        deal: it speaks of a price or a deal.
        amounts: the prices already found, in full.
        scales: their multipliers.
        sizes: the sizes found.
        home: it speaks of rooms, an area or a kind of property.
        rent: it speaks of a rent.
        prices_end: where the last bare amount ended.
    """

    deal: bool
    amounts: list[float]
    scales: set[float]
    sizes: list[float]
    home: bool = False
    rent: bool = False
    prices_end: int = -1


def find_bare_money(tokens: Tokens, numbers: list[Number]) -> list[Candidate]:
    """Find amounts without a currency or multiplier: "budget 85000", "85,000 per year", "can you do 95".

    Args:
        tokens: the text.
        numbers: its numbers; those without a role are looked at.

    Returns:
        candidates: prices, and sizes that name no unit beside one that does.
    """
    if all(number.role for number in numbers):
        return []
    priced = [number for number in numbers if number.role == "price"]
    talk = _Talk(
        deal=not DEAL_TALK.isdisjoint(tokens.texts),
        amounts=[number.value * number.scale for number in priced if number.value * number.scale >= 1000],
        scales={number.scale for number in priced},
        sizes=[number.value for number in numbers if number.role == "size"],
        home=any(number.role in _HOME_ROLES for number in numbers) or not HOME_TALK.isdisjoint(tokens.texts),
        rent=not RENT_TALK.isdisjoint(tokens.texts),
    )
    by_first = {number.first: number for number in numbers}
    found: list[Candidate] = []
    for number in sorted(numbers, key=_plainness):  # a full amount first: it tells how to scale the others
        if number.role or number.value <= 0:
            continue
        if number.in_words:
            candidate = _spoken(tokens, number, talk.amounts)
        elif _counts_else(tokens, number, by_first, talk):
            continue
        else:
            candidate = _bare(tokens, number, talk)
        if candidate is not None:
            number.role = candidate.type
            talk.prices_end = tokens.ends[number.after - 1]
            if candidate.type == "price" and isinstance(candidate.value, (int, float)) and candidate.value >= 1000:
                talk.amounts.append(candidate.value)
                talk.scales.add(RENT_SCALE if candidate.value < SALE_SCALE else SALE_SCALE)
            found.append(candidate)
    return found


def find_sale_ranges(tokens: Tokens, numbers: list[Number]) -> list[Candidate]:
    """Find ranges in millions before their first bounds are taken for hours: "from 2 to 2.5"; sets roles.

    Args:
        tokens: the text.
        numbers: its numbers; those without a role are looked at.
    """
    found: list[Candidate] = []
    texts = tokens.texts
    for left, right in itertools.pairwise(numbers):
        if left.role or right.role or left.in_words or right.in_words or right.first - left.after != 1:
            continue
        after = texts[right.after] if right.after < len(texts) else ""
        decimals = [texts[number.first].partition(".")[2] for number in (left, right)]
        if (
            texts[left.after] in ("to", "-", "till", "upto", "ل", "الي", "le", "l")
            and any(len(digits) == 1 or digits in ("25", "75") for digits in decimals)
            and 1 <= left.value < right.value < 2 * left.value < 40
            and (not after.isalpha() or after in AFTER_SUM)
            and after not in ("%", ":", "/")
            and (left.first == 0 or texts[left.first - 1] not in NOT_MONEY_BEFORE)
        ):
            for number in (left, right):
                number.role, number.scale = "price", SALE_SCALE
                start, end = tokens.starts[number.first], tokens.ends[number.after - 1]
                found.append(Candidate(start, end, "price", whole(number.value * SALE_SCALE), 0.74))
    return found


_HOME_ROLES: Final = frozenset({"bedrooms", "bathrooms", "size"})


def _plainness(number: Number) -> bool:
    return not number.grouped


def _counts_else(tokens: Tokens, number: Number, by_first: dict[int, Number], talk: _Talk) -> bool:
    """Whether what stands around a number makes it something other than money."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    first, at = number.first, number.after
    after = texts[at] if at < len(texts) else ""
    further = texts[at + 1] if at + 1 < len(texts) else ""
    if _no_amount(texts[first], number) or _for_a_sound(texts, number, after) or _clock_like(tokens, number, after):
        return True
    if (after == "/" and _cheques(texts, at)) or (
        number.value >= 1000 and after in ("month", "year") and further != "old"
    ):
        return False  # "120/4 cheques", "6,000 month"
    dash = after == "-" and further != "" and starts[at] == ends[at - 1] and starts[at + 1] == ends[at]
    if dash and not _range_with(number, by_first.get(at + 1)):
        return True
    if after in COUNTED_WORDS or after in ("%", ":", "@") or (number.value < 1000 and _plural(after)):
        return True
    if after == "/" and further not in PERIODS and further != "-":
        return True
    before = texts[first - 1] if first else ""
    if before in LABELS or (before == "[" and "," in texts[first]):
        return True
    return before == "-" and starts[first] == ends[first - 1] and (first < 2 or talk.prices_end != ends[first - 2])


_MOST: Final = 1e9


def _no_amount(written: str, number: Number) -> bool:
    """Whether the figures alone rule an amount out: a leading zero, an account's length, a coordinate's decimals."""
    return (
        (written[0] == "0" and not written.startswith("0."))
        or (number.value >= _MOST and not number.grouped)
        or len(written.partition(".")[2]) > 3
    )


def _cheques(texts: list[str], at: int) -> bool:
    """Whether a slash after a number leads to a count of cheques: "120/4 cheques"."""
    return texts[at + 2 : at + 3] != [] and texts[at + 1] in MOST_CHEQUES and texts[at + 2] in CHEQUES


def _for_a_sound(texts: list[str], number: Number, after: str) -> bool:
    """Whether a figure is written for how it sounds: "looking 2 buy", "villa 4 sale"."""
    if number.first == 0 or texts[number.first] not in ("2", "4"):
        return False
    return after in (VERBS if number.value == 2 else FOR) and texts[number.first - 1].isalpha()


def _clock_like(tokens: Tokens, number: Number, after: str) -> bool:
    """Whether digits touch am or pm and read as a time: "530pm"; "850 pm" may be a rent."""
    if after not in ("am", "pm") or number.value != int(number.value):
        return False
    value, at = int(number.value), number.after
    reads = 1 <= value <= 12 or (100 <= value < 1300 and value % 100 < 60 and value // 100 <= 12)
    touches = tokens.starts[at] == tokens.ends[at - 1]
    said_before = tokens.texts[max(0, number.first - 24) : number.first]
    return reads and (after == "am" or (touches and MONEY_SURE.isdisjoint(said_before)))


def _plural(word: str) -> bool:
    """Whether a word after a number is what it counts: "40 visits"."""
    return len(word) > 3 and word[-1] == "s" and word.isascii() and word not in NO_PLURALS and word.isalpha()


def _bare(tokens: Tokens, number: Number, talk: _Talk) -> Candidate | None:
    """Judge a bare number by its size and its neighbours."""
    texts = tokens.texts
    first, at, value = number.first, number.after, number.value
    after = texts[at] if at < len(texts) else ""
    before = texts[max(0, first - 4) : first]
    near = before[-1] if before else ""
    following = texts[at : at + 2]
    if following == ["/", "-"]:
        following = texts[at + 2 : at + 4]
    cheques = after == "/" and _cheques(texts, at)
    period = cheques or not PERIODS.isdisjoint(following) or following[:1] == ["per"] or following in _EACH
    start, end = tokens.starts[first], tokens.ends[at - 1]
    if texts[at : at + 2] == ["/", "-"]:
        return Candidate(start, tokens.ends[at + 1], "price", whole(value), 0.9)
    if following[:1] == ["per"] and following[1:] and following[1] in RATED:
        return Candidate(start, end, "price", whole(value), 0.85)
    if number.grouped and not talk.amounts and any(0.5 < value / size < 2 for size in talk.sizes):
        return Candidate(start, end, "size", round(value), 0.75)  # "1,450 sqft, not 1,380"
    if near in AREA_BEFORE and value >= 100 and not after.isalpha():
        return Candidate(start, end, "size", round(value), 0.8)  # "BUA 3,120"
    if value < 1000:
        small = 20 <= value == int(value) and not cheques and _small_sum(texts, number)
        yearly = cheques or (period and _each(texts, at, YEARLY))
        monthly = period and _each(texts, at, MONTHLY)
        scaled = (
            value
            if small
            else _elliptical(value, texts[first], talk, before, after, yearly=yearly, monthly=monthly, period=period)
        )
        return Candidate(start, end, "price", whole(scaled), 0.74) if scaled else None
    sure = 0.9 if number.grouped else _plain_thousands(value, before, period=period)
    return Candidate(start, end, "price", whole(value), sure) if sure else None


_EACH: Final = (["a", "month"], ["a", "year"], ["a", "week"])


def _plain_thousands(value: float, before: list[str], *, period: bool) -> float:
    """Say how surely a number of four and more digits, without separators, is money; 0 where it is not."""
    if 1900 <= value <= 2100 and not period and not (value % 50 == 0 and before and before[-1] in FEES):
        return 0.0  # a year
    if period or not MONEY_SURE.isdisjoint(before):
        return 0.85
    if (before and before[-1] in MONEY_BEFORE and value >= 10000) or (
        value % 500 == 0 and not DEALS.isdisjoint(before)
    ):
        return 0.75
    return 0.7 if value >= 10000 and value % 500 == 0 else 0.0


def _small_sum(texts: list[str], number: Number) -> bool:
    """Whether a sum is for something small and so is written in full: "500 for cleaning", "the plumber took 350"."""
    first, at = number.first, number.after
    before, following = texts[max(0, first - 4) : first], texts[at : at + 4]
    if before and before[-1] in SMALL_FEES and NUMBERED.isdisjoint(before):
        return True
    if following[:1] == ["from"] and "deposit" in following:
        return True
    if (
        following[:1] in (["for"], ["عشان"], ["3ashan"])
        and "no" not in following
        and not SERVICES.isdisjoint(following)
    ):
        return True
    return not SERVICES.isdisjoint(before[:-1]) and before[-1] in SPENT


def _each(texts: list[str], at: int, words: frozenset[str]) -> bool:
    """Whether a period stands right after a number: "yearly", "a year", "/ mo"."""
    if texts[at : at + 1] and texts[at] in ("a", "per", "/", "each", "every", "in", "fel", "في"):
        at += 1
    return at < len(texts) and texts[at] in words


def _range_with(number: Number, right: Number | None) -> bool:
    """Whether two bare numbers with a dash between them are the bounds of one range."""
    return right is not None and not right.role and not right.in_words and number.value < right.value < 2 * number.value


def _spoken(tokens: Tokens, number: Number, amounts: list[float]) -> Candidate | None:
    """Scale an amount in words by another one of the message: "ninety-five thousand, not a hundred and five"."""
    if number.value < 20:
        return None
    first = number.first
    if first and tokens.texts[first - 1] == "a" and tokens.texts[first] == "hundred":
        first -= 1
    for amount in amounts:
        for scale in (1e3, 1e6):
            if 0.5 < number.value * scale / amount < 2:
                return Candidate(
                    tokens.starts[first], tokens.ends[number.after - 1], "price", whole(number.value * scale), 0.8
                )
    return None


RENT_SCALE: Final = 1e3
SALE_SCALE: Final = 1e6
_USUAL_SCALES: Final = frozenset({RENT_SCALE, SALE_SCALE})


def _elliptical(
    value: float, written: str, talk: _Talk, words: list[str], after: str, *, yearly: bool, monthly: bool, period: bool
) -> float | None:
    """Scale an amount that leaves its thousands or millions out.

    A rent is spoken of in thousands ("95"), a sale in millions with decimals ("1.45"); another amount of the message
    decides where there is one. Without talk of a deal nothing is scaled.
    """
    near = words[-1] if words else ""
    for amount in talk.amounts:
        for scale in (*_USUAL_SCALES, *(talk.scales - _USUAL_SCALES - {1.0})):
            if 0.4 < value * scale / amount < 2.5:
                return value * scale
    if value != int(value):
        return _decimal(value, written, talk, words, after, monthly=monthly)
    if yearly and value >= 20:
        return value * RENT_SCALE
    if period and value >= 100:
        return value
    put = _put_forward(words, after, talk)
    if near in NOT_MONEY_BEFORE or not (talk.deal or put) or (talk.amounts and RENT_SCALE not in talk.scales):
        return None
    if value >= 100 and 1 <= value % 100 <= 24 and near not in DEALS and not put:
        return None  # floor and door
    return value * RENT_SCALE if value >= 30 or (value >= 20 and near in DEALS) else None


def _decimal(value: float, written: str, talk: _Talk, words: list[str], after: str, *, monthly: bool) -> float | None:
    """Scale an amount with decimals: a sale in millions, a rent in thousands; None for a time or a label."""
    near = words[-1] if words else ""
    if near in NOT_MONEY_BEFORE:
        return None
    if monthly and value < 1000:
        return value * RENT_SCALE
    if value >= 3 and not RENT_WORDS.isdisjoint(words[-3:]):
        return value * RENT_SCALE
    if value >= 60:
        return value * RENT_SCALE if talk.deal and value < 1000 else None
    hour, _, minutes = written.partition(".")
    if len(minutes) == 2 and near not in OFFERED and after not in PERIODS:
        clock = 3 <= int(hour) <= 12 and int(minutes) < 60 and int(minutes) % (5 if int(hour) > 4 else 15) == 0
        if clock and not (talk.deal and int(minutes) % 15):
            return None  # "7.30"
    return value * SALE_SCALE


def _put_forward(words: list[str], after: str, talk: _Talk) -> bool:
    """Whether the words before a number put it forward as a sum: "3 bed under 110", "I can do 105", "they want 120"."""
    if not words or (after.isalpha() and after not in AFTER_SUM):
        return False
    near, second = words[-1], words[-2] if len(words) > 1 else ""
    if near == "to" and second == "up":
        third = words[-3] if len(words) > 2 else ""
        return third in GO or (talk.home and third not in ("come", "came", "get", "walk", "went"))
    if near in UNDER:
        return talk.home or second == "go"
    if near in ("do", "pay", "stretch", "offer"):
        return second in CAN
    return near in ("want", "wants", "asking", "ask") and second in THEY
