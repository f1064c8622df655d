"""Read the machine-readable zone of passports and identity cards (ICAO Doc 9303, parts 4 and 5) and verify it."""

from __future__ import annotations

import re

from messages.media import FieldValue

_WEIGHTS = (7, 3, 1)
_PASSPORT = re.compile(r"^P[A-Z<][A-Z]{3}[A-Z<]{39}$\s+^([A-Z0-9<]{44})$", re.MULTILINE)
_PASSPORT_NAMES = re.compile(r"^P[A-Z<][A-Z]{3}([A-Z<]{39})$", re.MULTILINE)
_CARD = re.compile(r"^([IAC][A-Z0-9<]{29})\s+^([0-9]{6}[0-9][MFX<][A-Z0-9<]{22})\s+^([A-Z<]{30})$", re.MULTILINE)


def machine_readable_zone(text: str) -> dict[str, FieldValue] | None:
    """Find and verify a machine-readable zone.

    Args:
        text: of the document.

    Returns:
        names, document number, nationality, birth and expiry dates (YYMMDD as printed), of a zone whose check digits
        are right; None where there is none.
    """
    packed = "\n".join(line.replace(" ", "").replace("«", "<<") for line in text.upper().splitlines())
    passport = _PASSPORT.search(packed)
    if passport is not None:
        line = passport.group(1)
        names = _PASSPORT_NAMES.search(packed)
        if _right(line[0:9], line[9]) and _right(line[13:19], line[19]) and _right(line[21:27], line[27]) and names:
            return _facts(names.group(1), line[0:9], line[10:13], line[13:19], line[21:27])
    card = _CARD.search(packed)
    if card is not None:
        one, two, three = card.groups()
        if _right(one[5:14], one[14]) and _right(two[0:6], two[6]) and _right(two[8:14], two[14]):
            return _facts(three, one[5:14], two[15:18], two[0:6], two[8:14])
    return None


def check_digit(field: str) -> str:
    """Compute a field's check digit.

    Args:
        field: digits, capital letters and ``<``.

    Returns:
        one digit.
    """
    total = 0
    for place, sign in enumerate(field):
        value = int(sign) if sign.isdigit() else 0 if sign == "<" else ord(sign) - 55
        total += value * _WEIGHTS[place % 3]
    return str(total % 10)


def _right(field: str, digit: str) -> bool:
    return check_digit(field) == digit.replace("<", "0")


def _facts(names: str, number: str, nationality: str, birth: str, expiry: str) -> dict[str, FieldValue]:
    surname, _, given = names.strip("<").partition("<<")
    full = " ".join(part for part in (given.replace("<", " ").strip(), surname.replace("<", " ").strip()) if part)
    return {
        "holder": full,
        "document_number": number.strip("<"),
        "nationality": nationality.strip("<"),
        "birth_yymmdd": birth,
        "expiry_yymmdd": expiry,
    }
