"""Phone numbers, e-mail addresses and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from actors.language.rules.candidate import Candidate

# Bounded repeats keep a hostile text from making a scan quadratic: an address is at most 64 + 255 characters
# (RFC 5321).
_EMAIL = re.compile(r"(?<![\w.+-])[a-z0-9][\w.+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![\w@])")
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'|]{2,2048}"
    r"|(?<![\w@./-])(?:[a-z0-9][a-z0-9-]{0,62}\.){1,4}"
    r"(?:com|net|org|ae|io|co|me|app|info|biz|sa|eg|uk|us|qa|ly|gl|link|site|online|xyz|shop|store|dev|ai|gov|edu)"
    r"(?:\.[a-z]{2})?(?:/[^\s<>\"'|]{0,2048})?(?![\w@])"
)
_PHONE = re.compile(r"(?<![\w+.,/#-])(?:\+|00|\()?[0-9](?:[ ().\-/]{0,2}[0-9]){6,17}(?![\w%])(?![.,][0-9])")
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
        E.164, or "" where it is not even a possible number of the likeliest country.
    """
    import phonenumbers

    possible = ""
    for region in regions if digits[0] != "+" else regions[:1]:
        try:
            number = phonenumbers.parse(digits, region or None)
        except phonenumbers.NumberParseException:
            return possible
        if phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
        if not possible and (digits[0] in "+0" or len(digits) > 8) and phonenumbers.is_possible_number(number):
            possible = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return possible


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
    for match in _PHONE.finditer(folded):
        found = match[0]
        digits = "".join(char for char in found if char.isdigit())
        count = len(digits)
        plus = found[0] == "+" or digits.startswith("00")
        plain = count == len(found)
        if plain and not plus and found[0] != "0" and (count < 9 or digits.endswith("0000")):
            continue  # an amount, a permit number
        if not plus and _looks_like_date(found):
            continue
        if _CURRENCY_AFTER.match(folded, match.end()) or _CURRENCY_BEFORE.search(
            folded, max(0, match.start() - 6), match.start()
        ):
            continue
        dialled = ("+" + digits.removeprefix("00")) if plus else digits
        value = e164(dialled, regions)
        if not value and not plus and count >= 11:
            value = e164("+" + digits, regions)
        if value:
            start = match.start()
            end = match.end()
            if found[0] == "(" and ")" not in found:
                start += 1
            yield Candidate(start, end, "phone", value, 0.97 if plus or found[0] == "0" else 0.88)


_DATE_LIKE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?: [0-9]{1,2})?\Z")


def _looks_like_date(text: str) -> bool:
    return _DATE_LIKE.match(text) is not None
