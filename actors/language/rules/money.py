"""Amounts with a currency or a multiplier."""

from __future__ import annotations

import re
from typing import Final

from actors.language.rules.area import read_area
from actors.language.rules.candidate import Candidate, whole
from actors.language.rules.fold import MARK, NUMBER, Tokens
from actors.language.rules.lexicon import CURRENCIES, CURRENCY_MARKS, HALF, MULTIPLIERS, NUMBER_WORDS, QUARTER
from actors.language.rules.numbers import Number, parse_number
from actors.language.rules.word_set import word_set

_LESS: Final = frozenset({"الا", "illa", "ela", "ella", "ila"})
_DOTTED: Final = frozenset(
    {("د", "ا"), ("ر", "س"), ("ج", "م"), ("د", "ك"), ("ر", "ق"), ("ر", "ع"), ("د", "ب"), ("l", "e")}
)
DOTTED_STARTS: Final = frozenset(letter for pair in _DOTTED for letter in pair)
_THREE_PLACES: Final = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}\Z")
_AND: Final = frozenset({"and", "&", "و", "w"})
_BARE: Final = {
    "مليون": 1e6,
    "million": 1e6,
    "melyon": 1e6,
    "malyon": 1e6,
    "مليونين": 2e6,
    "الفين": 2e3,
    "مليار": 1e9,
    "alfein": 2e3,
    "alfen": 2e3,
    "الف": 1e3,
    "alf": 1e3,
}
_WEAK_BARE: Final = frozenset({"الف", "alf"})  # "ألف شكر": they need a currency or hundreds
BARE_AMOUNTS: Final = frozenset(_BARE)


def currency_before(tokens: Tokens, number: Number) -> int | None:
    """Return the token where a currency before the number starts, or None."""
    texts = tokens.texts
    before = number.first - 1
    if before < 0:
        return None
    dotted = _dotted_currency(tokens, before)
    if dotted is not None and tokens.starts[number.first] - tokens.ends[before] <= 1:
        number.currency = "DOTTED"
        return dotted
    if texts[before] == "." and before >= 1:
        before -= 1
    if texts[before] not in CURRENCIES or tokens.starts[number.first] - tokens.ends[before] > 2:
        return None
    word = texts[before]
    number.currency = CURRENCIES[word]
    if (
        word == "$"
        and before >= 1
        and texts[before - 1] in _DOLLARS
        and tokens.ends[before - 1] == tokens.starts[before]
    ):
        return before - 1
    if word in ("le", "sr", "rs", "dh") and number.value < (100 if word == "le" else 50):
        return None  # "men 95 le 88": to
    return before


_DOLLARS: Final = frozenset({"us", "a", "usd", "s", "hk", "nz", "c", "ca", "au", "sg"})


def _dotted_currency(tokens: Tokens, at: int) -> int | None:
    """Return the first token of "د.إ", "L.E." that ends at ``at``, or None."""
    texts = tokens.texts
    if texts[at] == "." and at >= 3:
        at -= 1
    if at >= 2 and texts[at - 1] == "." and (texts[at - 2], texts[at]) in _DOTTED:
        return at - 2
    return None


def _currency_after(tokens: Tokens, at: int) -> int:
    """Return the last token of a currency that starts at ``at``, or -1."""
    texts = tokens.texts
    if at >= len(texts):
        return -1
    after = texts[at]
    if at + 2 < len(texts) and texts[at + 1] == "." and (after, texts[at + 2]) in _DOTTED:
        return at + 3 if texts[at + 3 : at + 4] == ["."] and after == "l" else at + 2
    if after not in CURRENCIES:
        return -1
    if after in CURRENCY_MARKS and at + 1 < len(texts) and tokens.kinds[at + 1] == NUMBER:
        return at if tokens.starts[at] == tokens.ends[at - 1] and tokens.starts[at + 1] > tokens.ends[at] else -1
    if after == "le" and at + 1 < len(texts) and tokens.kinds[at + 1] != MARK:
        return -1  # a French article
    return at


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
    last = _currency_after(tokens, after_at)
    if last >= 0:
        number.currency = number.currency or CURRENCIES.get(texts[after_at], "DOTTED")
        end = ends[last]
        after_at = last + 1
    elif currency_at is None and scale == 1:
        return None
    elif currency_at is None and texts[after_at : after_at + 1] and texts[after_at] in _AUDIENCE:
        number.role = "other"
        return None
    if texts[after_at : after_at + 2] == ["/", "-"]:
        end = ends[after_at + 1]
    if scale == 1 and number.currency != "DINAR" and _THREE_PLACES.match(texts[number.first]):
        scale = 1e3  # "12.000 EUR"
    number.scale = scale
    start = tokens.starts[currency_at if currency_at is not None else number.first]
    return Candidate(start, end, "price", whole(number.value * scale + extra), 0.97 if number.currency else 0.93)


_AUDIENCE: Final = word_set(
    "followers follower subscribers likes views members users customers leads steps clicks visitors reviews rows words "
    "calls emails messages listings photos pieces km kms miles people guests متابع متابعين مشترك مشاهده"
)


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
    if at + 1 < count and texts[at + 1] in MULTIPLIERS and after[:1] == "و" and after[1:] in HALF:
        scale = MULTIPLIERS[texts[at + 1]]
        return scale, scale / 2, at + 1  # "3 ونص مليون"
    if after in _AND and at + 2 < count and texts[at + 1] in HALF and texts[at + 2] in MULTIPLIERS:
        scale = MULTIPLIERS[texts[at + 2]]
        return scale, scale / 2, at + 2
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
    pair = _thousands_more(tokens, at, scale) if scale >= 1e6 else _hundreds_more(tokens, at, scale)
    if pair is not None:
        return pair
    if word in _LESS and at + 1 < count and texts[at + 1] in QUARTER:
        return -scale / 4, at + 2, ends[at + 1]
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


def _hundreds_more(tokens: Tokens, at: int, scale: float) -> tuple[float, int, int] | None:
    """Read "آلاف وخمسمية", "talaf w 500", "thousand five hundred" after the thousands."""
    texts = tokens.texts
    if scale != 1e3:
        return None
    word, last = texts[at], at
    if word in _AND and at + 1 < len(texts):
        last = at + 1
        word = texts[last]
    elif word[0] == "و" and len(word) > 1:
        word = word[1:]
    value = NUMBER_WORDS.get(word, 0)
    if not value and word.isdigit() and last > at:
        value = float(word) if texts[last + 1 : last + 2] != ["/"] else 0
    if 0 < value < 10 and texts[last + 1 : last + 2] == ["hundred"]:
        value, last = value * 100, last + 1
    if not 100 <= value <= 900 or value % 50:
        return None
    return value, last + 1, tokens.ends[last]


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
    sure = word[0] > "\u0600" or word in ("melyon", "malyon", "alfein", "alfen")
    before = texts[at - 1] if at else ""
    if word in _WEAK_BARE:
        return _one_thousand(tokens, at)
    if before == "half" or (before == "a" and at >= 2 and texts[at - 2] == "half"):
        return Candidate(
            starts[at - 1] if before == "half" else starts[at - 2], ends[at], "price", whole(value / 2), 0.93
        )
    if before in HALF or (before in QUARTER and before != "quarter"):
        return Candidate(starts[at - 1], ends[at], "price", whole(value / (2 if before in HALF else 4)), 0.93)
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


def _one_thousand(tokens: Tokens, at: int) -> Candidate | None:
    """Read "ألف درهم", "ألف ومئتين" as an amount."""
    extra, after, end = _and_more(tokens, at + 1, tokens.ends[at], 1e3)
    currency = _currency_after(tokens, after)
    if not extra and currency < 0:
        return None
    return Candidate(
        tokens.starts[at], tokens.ends[currency] if currency >= 0 else end, "price", whole(1e3 + extra), 0.9
    )
