"""Amounts with a currency or a multiplier."""

from __future__ import annotations

import re
from typing import Final

from actors.language.rules.area import read_area
from actors.language.rules.candidate import Candidate, whole
from actors.language.rules.fold import MARK, NUMBER, Tokens
from actors.language.rules.lexicon import CURRENCIES, CURRENCY_MARKS, HALF, MULTIPLIERS, NUMBER_WORDS, QUARTER
from actors.language.rules.numbers import Number, parse_number, spelled
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
    **dict.fromkeys(("melyon", "malyon", "milyon", "melion", "malioon", "malyoun", "milyoon", "melyoon"), 1e6),
    "مليونين": 2e6,
    "الفين": 2e3,
    "مليار": 1e9,
    "alfein": 2e3,
    "alfen": 2e3,
    "الف": 1e3,
    "alf": 1e3,
}
_WEAK_BARE: Final = frozenset({"الف", "alf"})  # "ألف شكر": they need a currency or hundreds
_PREFIXED_BARE: Final = {
    prefix + word: (word, len(prefix.removesuffix("ال")))
    for word in _BARE
    if word[0] > "\u0600"
    for prefix in ("ب", "ل", "ف", "ال", "بال", "فال")
    if prefix + word not in _BARE
}
_BARE_WORDS: Final = {word: (word, 0) for word in _BARE} | _PREFIXED_BARE
BARE_AMOUNTS: Final = frozenset(_BARE_WORDS)
_ARABIC_AND: Final = frozenset({"we", "wa"})  # English words, too: only before a number with its multiplier
_MEET: Final = frozenset({"meet", "met", "mit", "meit", "miit", "meyet"})  # "meet alf": a hundred thousand


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
    if (texts[before] == "." and before >= 1) or (
        texts[before] == ":" and before and tokens.ends[before - 1] == tokens.starts[before]
    ):
        before -= 1  # "Rs. 900", "AED: 900"
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
    first = currency_at if currency_at is not None else number.first
    if first == number.first and first and texts[first] == "hundred" and texts[first - 1] == "a":
        first -= 1  # "a hundred thousand"
    start = tokens.starts[first] + (number.skip if currency_at is None else 0)
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
    pair = _lower_part(tokens, at, scale) if scale >= 1e5 else _hundreds_more(tokens, at, scale)
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


def _lower_part(tokens: Tokens, at: int, scale: float) -> tuple[float, int, int] | None:
    """Read the lower part of a sum: "million 250 thousand", "lakh twenty thousand", "مليون ومئتين وخمسين ألف"."""
    texts, count = tokens.texts, len(tokens.texts)
    word, joined = texts[at], True
    if (word in _AND or word in _ARABIC_AND) and at + 1 < count:
        at += 1
        word = texts[at]
    elif word[0] == "و" and word[1:] in NUMBER_WORDS:
        word = word[1:]
    else:
        joined = False
    if tokens.kinds[at] == NUMBER:
        parsed = parse_number(texts[at])
        if parsed is None:
            return None
        value, after = parsed[0], at + 1
        if after < count and texts[after] == "hundred":
            value, after = value * 100, after + 1
    elif word in NUMBER_WORDS:
        value, after = spelled(texts, at, NUMBER_WORDS[word])
    else:
        return None
    lower = MULTIPLIERS.get(texts[after], 0.0) if after < count else 0.0
    if lower:
        plain = len(texts[after]) < 3 or (not joined and len(texts[at - 1]) < 3)  # "1m 900k": two sums
        if lower >= scale or value * lower >= scale or (plain and not joined):
            return None
        return value * lower, after + 1, tokens.ends[after]
    arabic = joined and (word[0] > "\u0600" or texts[at - 1] in ("w", "wa", "و"))
    if arabic and 1e6 <= scale < 1e9 and 50 <= value < 1000 and value % 50 == 0:
        return value * 1e3, after, tokens.ends[after - 1]  # "مليون ومية"
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
    word, skip = _BARE_WORDS[texts[at]]
    start = starts[at] + skip
    value = _BARE[word]
    sure = word not in ("million", "الف", "alf")
    before = texts[at - 1] if at and not skip else ""
    if word in _WEAK_BARE:
        return _one_thousand(tokens, at, skip)
    if before == "a" and at >= 2 and texts[at - 2] in ("thanks", "thank", "thx", "chance", "in"):
        return None
    part = _part_before(texts, at) if before else None
    if part is not None:
        first, share = part
        start, value, sure = starts[first], value * share, True
    extra, after, end = (
        (0.0, at + 1, ends[at])
        if part is not None and part[1] != 1
        else _and_more(tokens, at + 1, ends[at], value if part is not None else _unit(value))
    )
    if not sure and not (skip and extra):
        return None
    currency = _currency_after(tokens, after)
    if currency >= 0:
        end = ends[currency]
    elif (
        word == "million"
        and not extra
        and texts[after : after + 1] in (["thanks"], ["times"], ["things"], ["questions"], ["people"], ["reasons"])
    ):
        return None
    return Candidate(start, end, "price", whole(value + extra), 0.93 if part is not None and part[1] != 1 else 0.9)


def _unit(value: float) -> float:
    """What a half after a bare amount is the half of: "مليونين ونص" is two and a half million."""
    return value / 2 if value in (2e6, 2e3) else value


def _part_before(texts: list[str], at: int) -> tuple[int, float] | None:
    """Read "half a", "نص", "a quarter", "a" before a bare million: the first token, and which part of it is meant."""
    before = texts[at - 1]
    if before == "a":
        return (at - 2, 0.5) if at >= 2 and texts[at - 2] == "half" else (at - 1, 1.0)
    if before in HALF:
        return at - 1, 0.5
    return (at - 1, 0.25) if before in QUARTER else None


def _one_thousand(tokens: Tokens, at: int, skip: int) -> Candidate | None:
    """Read "ألف درهم", "ألف ومئتين", "meet alf" as an amount."""
    texts = tokens.texts
    extra, after, end = _and_more(tokens, at + 1, tokens.ends[at], 1e3)
    currency = _currency_after(tokens, after)
    start, value = tokens.starts[at] + skip, 1e3
    if at and texts[at - 1] in _MEET and (currency >= 0 or _no_meeting(tokens, at)):
        start, value = tokens.starts[at - 1], 1e5
    elif not extra and currency < 0:
        return None
    end = tokens.ends[currency] if currency >= 0 else end
    return Candidate(start, end, "price", whole(value + extra), 0.9)


def _no_meeting(tokens: Tokens, at: int) -> bool:
    """Whether "meet" before "alf" is the Arabic hundred: nobody is met, and the name Alf has a capital."""
    before = tokens.texts[at - 2] if at >= 2 else ""
    return not tokens.is_upper(at) and before not in _MEETERS


_MEETERS: Final = word_set("to can could will we i we'll i'll you they let's lets please and shall should u would")
