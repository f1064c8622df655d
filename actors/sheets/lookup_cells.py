"""Read prices, sizes and numbers of rooms out of cells of property lists: the whole cell is understood, or refused.

What a cell says goes to customers as it is read. So nothing is guessed: a form that has two readings is refused with
both of them, and so is one of which a part stays unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from actors.language.rules.fold import fold
from actors.language.rules.lexicon import BATH_WORDS, BED_WORDS, CURRENCIES, MULTIPLIERS, STUDIO

Number = int | float

LEAST_PRICE: Final = 100
MOST_PRICE: Final = 1e11
MOST_SIZE: Final = 1e8
_LONGEST: Final = 100

_NO_PRICE: Final = frozenset(
    fold(text)[0]
    for text in (
        "-", "--", "n/a", "na", "nil", "none", "tba", "tbc", "tbd", "poa", "por", "on request", "upon request",
        "price on request", "price upon request", "price on application", "on application", "ask", "ask for price",
        "call", "call for price", "عند الطلب", "حسب الطلب", "السعر عند الطلب", "عند الاتصال", "اتصل", "غير محدد",
    )
)  # fmt: skip
_DIGITS: Final = r"[0-9](?:[0-9.,' ]*[0-9])?"
_SPACED: Final = re.compile(r"([1-9][0-9]{0,2})((?: [0-9]{3})+)(?:[.,]([0-9]{1,2}))?")
_QUOTED: Final = re.compile(r"([1-9][0-9]{0,2})((?:'[0-9]{3})+)(?:[.,]([0-9]{1,2}))?")
_COMMAS: Final = re.compile(r"([1-9][0-9]{0,2})((?:,[0-9]{3})+)(?:\.([0-9]{1,2}))?")
_LAKHS: Final = re.compile(r"([1-9][0-9]?)((?:,[0-9]{2})+,[0-9]{3})(?:\.([0-9]{1,2}))?")
_DOTS: Final = re.compile(r"([1-9][0-9]{0,2})((?:\.[0-9]{3}){2,}|\.[0-9]{3}(?=,))(?:,([0-9]{1,2}))?")
_GROUPS: Final = (_SPACED, _QUOTED, _COMMAS, _LAKHS, _DOTS)
_PLAIN: Final = re.compile(r"([0-9]+)(?:[.,]([0-9]{1,2})|\.([0-9]+))?")
_THREE: Final = re.compile(r"[0-9]{1,3}\.[0-9]{3}")
_COMMA_THREE: Final = re.compile(r"[0-9]{1,3},[0-9]{3}")

_FACTORS: Final = {word: factor for word, factor in MULTIPLIERS.items() if word not in {"mil", "mm"}}
_AED: Final = r"(?:uae )?(?:aed|dhs?|dirhams?|dirhms?|dhms)\.?|(?:ال)?درهم(?: اماراتي)?|دراهم|د\.? ?ا\.?"
_FACTOR: Final = "|".join(sorted(map(re.escape, _FACTORS), key=len, reverse=True))
_YEARLY: Final = (
    r"/-|only|net|فقط|(?:/ ?|per |a )(?:year|yr|annum)|p\.?a\.?|yearly|annually|(?:/ ?)?سنويا|(?:في |/ ?)السنه|/ ?سنه"
)
_PRICE: Final = re.compile(
    rf"(?:(?P<before>{_AED})\s*[:.]?\s*)?(?P<digits>{_DIGITS})\s*(?P<factor>{_FACTOR})?\s*(?P<after>{_AED})?"
    rf"\s*(?:{_YEARLY})?"
)
_SQM: Final = 10.7639
_SQM_WORDS: Final = (
    r"sqm|sq\.? ?m\.?|sqmt|sqmtrs?|sq\.? ?(?:mtrs?|mt|meters?|metres?)|square met(?:er|re)s?|m2|م2|م|متر(?: مربع)?"
)
_SQFT_WORDS: Final = r"sqft\.?|sq\.? ?f(?:t\.?|eet|oot)|square f(?:ee|oo)t|sqf|sft|sf|ft2|ft\.?|feet|قدم(?: مربعه?)?"
_SIZE: Final = re.compile(rf"(?P<digits>{_DIGITS})\s*(?:(?P<metres>{_SQM_WORDS})|{_SQFT_WORDS})?")
_EXTRA: Final = r"(?:\s*(?:\+|and|with|&)\s*(?:m|s|maid'?s?|study|store|storage|driver'?s?|(?:maid'?s? )?room|خادمه))*"


def _words(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_BEDROOMS: Final = re.compile(rf"([0-9]{{1,2}})(?:\.0+)?\s*[- ]?\s*(?:{_words(BED_WORDS)}|غرف? نوم)?{_EXTRA}")
_BATHROOMS: Final = re.compile(rf"([0-9]{{1,2}})(?:\.0+)?\s*[- ]?\s*(?:{_words(BATH_WORDS)})?")
_STUDIO: Final = re.compile(rf"(?:{_words(STUDIO)})(?: (?:apartment|flat|unit))?")


class CellError(ValueError):
    """A cell is not understood; the text says why, for the person who wrote it."""


def read_price(text: str) -> Number | None:
    """Read a price in dirhams, which is what replies offer in.

    Args:
        text: a cell: ``2,450,000``, ``2.450.000,00``, ``1 150 000``, ``AED 2.4 million``, ``٢٬٤٥٠٬٠٠٠``, ``95k``.

    Returns:
        the price; None where the cell is empty or says that there is none to tell ("on request").

    Raises:
        CellError: it is not understood to the end, has two readings, is in another currency, or is no price.
    """
    folded = _folded(text)
    if _says_nothing(folded):
        return None
    shown = _shown(text)
    found = _PRICE.fullmatch(folded) if len(text) <= _LONGEST else None
    if found is None or (found["before"] and found["after"]):
        other = next((word for word in re.findall(r"[^\W\d_]+|[$£€₹¥]", folded) if _foreign(word)), "")
        if other:
            raise CellError(f"price {shown} is in another currency than AED")
        raise CellError(f"price {shown} is not understood")
    factor = _FACTORS[found["factor"]] if found["factor"] else 1.0
    value = round(_value(found["digits"], "price", shown, scaled=factor > 1e3) * factor, 2)
    if value < LEAST_PRICE:
        raise CellError(f"price {shown} is too small for one: write all of its digits, or k or million after it")
    if value >= MOST_PRICE:
        raise CellError(f"price {shown} is too large for one")
    if value < 1000 and not value.is_integer():
        raise CellError(f"price {shown} has two readings: write all of its digits, or k or million after it")
    return _tidy(value)


def read_size(text: str) -> Number | None:
    """Read a size in square feet.

    Args:
        text: a cell: ``1,250``, ``1250 sq.ft``, ``120 sqm``.

    Returns:
        the size, square metres turned into square feet; None where the cell is empty.

    Raises:
        CellError: it is not understood to the end, or has two readings.
    """
    folded = _folded(text)
    if _says_nothing(folded):
        return None
    found = _SIZE.fullmatch(folded) if len(text) <= _LONGEST else None
    if found is None:
        raise CellError(f"size {_shown(text)} is not understood")
    value = _value(found["digits"], "size", _shown(text))
    if not 0 < value < MOST_SIZE:
        raise CellError(f"size {_shown(text)} is no usable number")
    return _tidy(round(value * _SQM, 1) if found["metres"] else value)


def read_bedrooms(text: str) -> int | None:
    """Read a number of bedrooms: ``2``, ``2 BR``, ``3 + maid``, ``٢``; ``Studio`` is 0.

    Args:
        text: a cell.

    Returns:
        the number; None where the cell is empty.

    Raises:
        CellError: it is not understood to the end.
    """
    folded = _folded(text)
    if folded and _STUDIO.fullmatch(folded):
        return 0
    return _rooms(_BEDROOMS, text, "bedrooms")


def read_bathrooms(text: str) -> int | None:
    """Read a number of bathrooms; see :func:`read_bedrooms`."""
    return _rooms(_BATHROOMS, text, "bathrooms")


_SUMMARY: Final = re.compile(
    r"(?:(?:grand|sub|overall)[- ]?)?totals?(?: (?:units?|price|value|amount|properties|available|sold|aed|area|size))?"
    r"|sum|average|avg\.?|(?:ال)?(?:مجموع|اجمالي|متوسط|معدل)(?: (?:ال)?(?:كلي|عام|وحدات|سعر|اسعار))?"
)


def is_summary(cells: Iterable[str]) -> bool:
    """Tell whether a row adds others up: one of its cells says "TOTAL", "Average", "الإجمالي" and no more.

    Args:
        cells: all cells of the row.
    """
    return any(len(cell) <= 40 and _SUMMARY.fullmatch(re.sub(r"[\s:=0-9.,-]+\Z", "", _folded(cell))) for cell in cells)


def _rooms(form: re.Pattern[str], text: str, what: str) -> int | None:
    folded = _folded(text)
    if _says_nothing(folded):
        return None
    found = form.fullmatch(folded) if len(text) <= _LONGEST else None
    if found is None:
        raise CellError(f"{what} {_shown(text)} is not understood")
    return int(found[1])


def _folded(text: str) -> str:
    """Fold a cell; of a long one only so much that it is refused, for it is no number."""
    return " ".join(fold(text[:_LONGEST])[0].split())


def _says_nothing(folded: str) -> bool:
    return not folded.strip("-") or folded.replace(".", "") in _NO_PRICE


def _shown(text: str) -> str:
    plain = " ".join(text.split())
    return repr(plain if len(plain) <= 40 else plain[:39] + "\N{HORIZONTAL ELLIPSIS}")


def _foreign(word: str) -> bool:
    return CURRENCIES.get(word, "AED") != "AED"


def _tidy(value: float) -> Number:
    return int(value) if value.is_integer() else value


def _value(digits: str, what: str, shown: str, *, scaled: bool = False) -> float:
    """Read digits with separators of either custom.

    Args:
        digits: digits, commas, dots, apostrophes and blanks.
        what: of which cell, for a person.
        shown: the cell, for a person.
        scaled: "million" or "lakh" follows: then a dot is a decimal point, and a comma may be one.

    Raises:
        CellError: the form is none, or has two readings.
    """
    if _THREE.fullmatch(digits) and not scaled:
        raise CellError(f"{what} {shown} has two readings: is it a thousands or a decimal point?")
    if _COMMA_THREE.fullmatch(digits) and scaled:
        raise CellError(f"{what} {shown} has two readings: is it a thousands or a decimal comma?")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        raise CellError(f"{what} {shown} starts with a 0: it is no number of this kind")
    for form in _GROUPS:
        found = form.fullmatch(digits)
        if found is not None:
            whole = found[1] + re.sub(r"[^0-9]", "", found[2])
            return float(f"{whole}.{found[3] or 0}")
    found = _PLAIN.fullmatch(digits)
    if found is None or len(found[1]) > 15:
        raise CellError(f"{what} {shown} is not understood")
    return float(f"{found[1]}.{found[2] or found[3] or 0}")
