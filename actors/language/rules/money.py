"""Amounts with a currency or a multiplier."""

from __future__ import annotations

from typing import Final

from actors.language.rules.area import read_area
from actors.language.rules.candidate import Candidate, whole
from actors.language.rules.fold import MARK, Tokens
from actors.language.rules.lexicon import CURRENCIES, HALF, MULTIPLIERS, NUMBER_WORDS, QUARTER
from actors.language.rules.numbers import Number, parse_number

_AND: Final = frozenset({"and", "&", "و", "w"})
_BARE: Final = {
    "مليون": 1e6,
    "million": 1e6,
    "melyon": 1e6,
    "malyon": 1e6,
    "مليونين": 2e6,
    "الفين": 2e3,
    "مليار": 1e9,
}
BARE_AMOUNTS: Final = frozenset(_BARE)


def currency_before(tokens: Tokens, number: Number) -> int | None:
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


def read_money(tokens: Tokens, number: Number, at: int, currency_at: int | None) -> Candidate | None:
    """Read the multiplier and currency of a number; sets its scale and currency.

    Args:
        tokens: the text.
        number: the number.
        at: token after it.
        currency_at: token of the currency before it, None where none is.

    Returns:
        the price, the size where a multiplied number has a unit of area ("2k sqft"), or None.
    """
    texts, ends = tokens.texts, tokens.ends
    scale, extra, last = _multiplier(tokens, number, at, plain=currency_at is None)
    after_at = last + 1 if last >= 0 else at
    if scale != 1 and currency_at is None:
        area = read_area(tokens, number, after_at, scale)
        if area is not None:
            return area
    end = ends[last] if last >= 0 else ends[number.after - 1]
    after = texts[after_at] if after_at < len(texts) else ""
    if after in CURRENCIES and (after != "le" or after_at + 1 >= len(texts) or tokens.kinds[after_at + 1] == MARK):
        number.currency = number.currency or CURRENCIES[after]
        end = ends[after_at]
    elif currency_at is None and scale == 1:
        return None
    number.scale = scale
    start = tokens.starts[currency_at if currency_at is not None else number.first]
    return Candidate(start, end, "price", whole(number.value * scale + extra), 0.97 if number.currency else 0.93)


def _multiplier(tokens: Tokens, number: Number, at: int, *, plain: bool) -> tuple[float, float, int]:
    """Read what multiplies a number: the factor, what is added to the product, the last token used (-1: none)."""
    texts = tokens.texts
    count = len(texts)
    after = texts[at] if at < count else ""
    if after == "l" and tokens.starts[at] == tokens.ends[number.after - 1] and number.value < 1000:
        return 1e5, 0.0, at
    if after == "and" and texts[at + 1 : at + 3] == ["a", "half"] and at + 3 < count and texts[at + 3] in MULTIPLIERS:
        scale = MULTIPLIERS[texts[at + 3]]
        return scale, scale / 2, at + 3
    if after not in MULTIPLIERS or (after in ("m", "mm") and plain and number.value >= 100):
        return 1.0, 0.0, -1
    scale = MULTIPLIERS[after]
    while at + 1 < count and texts[at + 1] in MULTIPLIERS and texts[at + 1] not in ("m", "k"):
        at += 1
        scale *= MULTIPLIERS[texts[at]]
    extra, after_at, _ = _and_more(tokens, at + 1, tokens.ends[at], scale)
    return scale, extra, after_at - 1


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


def read_bare(tokens: Tokens, at: int) -> Candidate | None:
    """Read an amount that starts with its multiplier: "مليون ونص", "half a million", "a million and a half".

    Args:
        tokens: the text.
        at: token of the multiplier, one of ``BARE_AMOUNTS``.

    Returns:
        the price, or None where it is a manner of speaking.
    """
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    word = texts[at]
    start = starts[at]
    value = _BARE[word]
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
