"""Phone numbers, e-mail addresses and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from actors.language.rules.candidate import Candidate
from actors.language.rules.regions import NEIGHBOURS

# Bounded repeats keep a hostile text from making a scan quadratic: an address is at most 64 + 255 characters
# (RFC 5321).
_EMAIL = re.compile(r"(?<![\w.+-])[a-z0-9][\w.+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![\w@])")
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'|]{2,2048}"
    r"|(?<![\w@./-])(?:[a-z0-9][a-z0-9-]{0,62}\.){1,4}"
    r"(?:com|net|org|ae|io|co|me|app|info|biz|sa|eg|uk|us|qa|ly|gl|link|site|online|xyz|shop|store|dev|ai|gov|edu)"
    r"(?:\.[a-z]{2})?(?:/[^\s<>\"'|]{0,2048})?(?![\w@])"
)
_BODY: Final = r"(?:\+|00|\()?[0-9](?:[ ().\-/]{0,2}[0-9]){6,17}(?![\w%])(?!\.[0-9]|,[0-9]{1,3}(?![0-9-]))"
_PHONE = re.compile(r"(?<![\w+.,/#-])" + _BODY)
_NEXT_PHONE = re.compile(r"[,/&] ?(" + _BODY + ")")
_GROUP = re.compile(r"[+(0-9][0-9().\-/]*")
_NO_TRUNK: Final = frozenset({"IN"})  # mobiles there are seldom written with a leading zero
_MOST_GROUPS: Final = 6
_MOST_TRIMMED: Final = 64
_SHORTEST, _LONGEST = 7, 15
_TRAILING = ".,;:!?)]}'\"،"
_CURRENCY_AFTER = re.compile(r"\s?(?:aed|dhs?|dirhams?|usd|egp|le|sar|gbp|eur|sq|درهم|جنيه|ريال|/-)")
_CURRENCY_BEFORE = re.compile(r"(?:(?<![a-z])(?:aed|dhs?\.?|usd|egp|sar|gbp|eur|rs\.?)|[$£€₹])\s?\Z")


@lru_cache(maxsize=16384)
def e164(digits: str, regions: tuple[str, ...]) -> str:
    """Normalise a phone number.

    Args:
        digits: the number as dialled: digits, with a leading ``+`` where it is international.
        regions: two-letter countries for a national number, likeliest first; the first where it is valid wins.

    Returns:
        E.164, or "" where no such number is given out. An international one may be merely possible, and so may a
        national one that has the length and the first digit of a mobile, where new ranges open each year.
    """
    import phonenumbers

    national = digits[0] != "+"
    parsed = []
    for region in regions if national else regions[:1]:
        try:
            number = phonenumbers.parse(digits, region or None)
        except phonenumbers.NumberParseException:
            return ""
        if phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
        parsed.append((region, number))
    for region, number in parsed:
        if phonenumbers.is_possible_number(number) and (
            not national or _like_mobile(str(number.national_number), region, local=digits[0] == "0")
        ):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return ""


@lru_cache(maxsize=4096)
def _like_mobile(national: str, region: str, *, local: bool) -> bool:
    """Whether a national number has the form of a mobile of a country; in America all have one form."""
    import phonenumbers

    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    like = str(example.national_number) if example is not None else ""
    return len(national) == len(like) and (region == "US" or (local and national[0] == like[0]))


@lru_cache(maxsize=4096)
def neighbours_mobile(digits: str) -> str:
    """Normalise a national number that is a mobile of exactly one of the countries in ``NEIGHBOURS``.

    Args:
        digits: the number as dialled within its country.

    Returns:
        E.164, or "" where it is none or could be of two countries.
    """
    import phonenumbers

    found: list[str] = []
    for region in NEIGHBOURS:
        if found and region in _NO_TRUNK and digits[0] == "0":
            continue
        number = phonenumbers.parse(digits, region)
        if phonenumbers.is_valid_number(number) and (
            phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
        ):
            found.append(str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)))
    return found[0] if len(found) == 1 else ""


def links(folded: str) -> Iterator[Candidate]:
    """Find e-mail addresses and URLs.

    Args:
        folded: folded text.
    """
    if "@" in folded:
        for match in _EMAIL.finditer(folded):
            yield Candidate(match.start(), match.end(), "email", match[0], 0.99)
    if "." in folded:
        for match in _LINK.finditer(folded):
            found = match[0].rstrip(_TRAILING)
            yield Candidate(match.start(), match.start() + len(found), "url", found, 0.97)


def phones(folded: str, regions: tuple[str, ...]) -> Iterator[Candidate]:
    """Find phone numbers.

    Args:
        folded: folded text.
        regions: two-letter countries for national numbers, likeliest first.
    """
    at = 0
    trimmed = 0
    while (match := _PHONE.search(folded, at)) is not None:
        start, end = match.span()
        while True:
            found = _phone(folded, start, end, regions, trim=trimmed < _MOST_TRIMMED)
            trimmed += found is None or found.end != end
            at = found.end if found is not None else end
            following = _NEXT_PHONE.match(folded, at) if found is not None else None
            if following is None:
                break
            start, end = following.span(1)  # "050 123 4567, 055 987 6543"
            if found is not None:
                yield found
        if found is not None:
            yield found


def _phone(folded: str, start: int, end: int, regions: tuple[str, ...], *, trim: bool) -> Candidate | None:
    """Read the phone number in a run of digits; what else stands in the run is left to other rules."""
    text = folded[start:end]
    digits = "".join(char for char in text if char.isdigit())
    plus = text[0] == "+" or digits.startswith("00")
    if len(digits) == len(text) and not plus and text[0] != "0" and (len(digits) < 9 or digits.endswith("0000")):
        return None  # an amount, a permit number
    if not plus and _looks_like_date(text):
        return None
    if _CURRENCY_BEFORE.search(folded, max(0, start - 6), start):
        return None
    sure = 0.97 if plus or text[0] == "0" else 0.88
    whole = "" if _CURRENCY_AFTER.match(folded, end) else _value(folded, start, end, regions)
    if not whole or not _is_valid(whole) or _leads_alone(text):
        inner = _within(folded, start, text, regions) if trim else None
        if inner is not None:
            return inner
    return Candidate(start + (text[0] == "(" and ")" not in text), end, "phone", whole, sure) if whole else None


def _leads_alone(text: str) -> bool:
    """Whether one or two digits stand before a number with a leading zero: "2 0501234567"."""
    return text[:1].isdigit() and text[0] != "0" and (" 0" in text[1:4])


def _value(folded: str, start: int, end: int, regions: tuple[str, ...]) -> str:
    """Give E.164 of all digits in a span, "" where they are no phone number."""
    text = folded[start:end]
    digits = "".join(char for char in text if char.isdigit())
    if text[0] == "+" or digits.startswith("00"):
        return e164("+" + digits.removeprefix("00"), regions)
    if not _SHORTEST <= len(digits) <= _LONGEST:
        return ""
    value = e164(digits, regions)
    if not value and len(digits) >= 11 and digits[0] != "0":
        value = e164("+" + digits, regions[:1])
        value = value if value and _is_valid(value) else ""
    if not value and (digits[0] == "0" or (len(digits) >= 9 and _meant_as_phone(folded, start, end))):
        value = neighbours_mobile(digits)
    return value


@lru_cache(maxsize=4096)
def _is_valid(number: str) -> bool:
    import phonenumbers

    return bool(phonenumbers.is_valid_number(phonenumbers.parse(number)))


def _meant_as_phone(folded: str, start: int, end: int) -> bool:
    """Whether a number without a leading zero is called a phone number, or is the whole message."""
    return _PHONE_WORD.search(folded, max(0, start - 30), start) is not None or not (
        folded[:start].strip() or folded[end:].strip()
    )


def _within(folded: str, start: int, text: str, regions: tuple[str, ...]) -> Candidate | None:
    """Find the phone number among the groups of a run: "0501234567 2", "1204 050 123 4567"."""
    groups = [(m.start(), m.end()) for m in _GROUP.finditer(text)]
    if not 1 < len(groups) <= _MOST_GROUPS:
        return None
    for first in range(len(groups)):
        if text[groups[first][0]] not in "+0(" and (first or "0" in text[:1]):
            continue
        for last in range(len(groups) - 1, first - 1, -1):
            if first == 0 and last == len(groups) - 1:
                continue
            left, right = groups[first][0], groups[last][1]
            if right - left < _SHORTEST or text[left] not in "+0(":
                continue
            value = _value(folded, start + left, start + right, regions)
            if value and _is_valid(value):
                return Candidate(start + left, start + right, "phone", value, 0.97)
    return None


def identities(folded: str) -> list[Candidate]:
    """Find long numbers that identify a card, an account or a person: they are no entity, nor is a part of them.

    Args:
        folded: folded text.

    Returns:
        their spans, with a confidence of 0, in order.
    """
    found = []
    for match in _IDENTITY.finditer(folded):
        digits = "".join(char for char in match[0] if char.isdigit())
        if match[1] or match[2] or _ID_WORD.search(folded, max(0, match.start() - 30), match.start()) or _luhn(digits):
            found.append(Candidate(match.start(), match.end(), "phone", digits, 0.0))
    return found


# 1: an IBAN, 2: an Emirates ID; else groups of four, as on a card.
_IDENTITY: Final = re.compile(
    r"(?<!\w)([a-z]{2}[0-9]{2}(?: ?[a-z]{4})? ?[0-9](?: ?[0-9]){9,25}(?!\w))"
    r"|(?<![\w+])(784-[0-9]{4}-[0-9]{7}-[0-9](?!\w)|784[0-9]{12}(?!\w))"
    r"|(?<![\w+])[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,7}(?!\w)"
)
_ID_WORD: Final = re.compile(
    r"card|visa|account|acc?t?\b|a/c|iban|\bid\b|trn|passport|licen[cs]e|بطاقه|حساب|الحساب|هويه|ايبان"
)
_PHONE_WORD: Final = re.compile(
    r"call|phone|mobile|mob\b|tel|whats|wa\b|number|num\b|\bno\b|contact|reach|ring|text|رقم|اتصل|كلم|واتس|جوال|موبايل|هاتف|ra2am|raqam"
)


def _luhn(digits: str) -> bool:
    """Whether the last digit of a card's number is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return len(digits) >= 13 and total % 10 == 0


_DATE_LIKE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?: [0-9]{1,2})?\Z")


def _looks_like_date(text: str) -> bool:
    return _DATE_LIKE.match(text) is not None
