"""A1 notation to half-open grid ranges and back."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stress.sheets_server.errors import invalid

_CELL = re.compile(r"^\$?([A-Za-z]{0,3})\$?(\d{0,8})$")


@dataclass(frozen=True)
class Range:
    """A rectangle of a sheet, half open, zero-based; None means unbounded.

    Attributes:
        title: the sheet's title, or None for the first sheet.
        row0, row1, col0, col1: bounds.
    """

    title: str | None
    row0: int = 0
    row1: int | None = None
    col0: int = 0
    col1: int | None = None


def column_number(letters: str) -> int:
    """Return the zero-based number of a column such as ``AB``."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(number: int) -> str:
    """Return the letters of a zero-based column number."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def parse(text: str, titles: frozenset[str]) -> Range:
    """Parse A1 notation.

    Args:
        text: for example ``Sheet1!A2:C``, ``'My sheet'!1:1``, ``A1``, ``Sheet1``.
        titles: titles of the spreadsheet's sheets; a bare title names the whole sheet.

    Returns:
        the range.

    Raises:
        ApiError: 400 ``Unable to parse range``.
    """
    title: str | None = None
    rest = text
    if text.startswith("'"):
        match = re.match(r"^'((?:[^']|'')*)'(?:!(.*))?$", text, re.DOTALL)
        if match is None:
            raise invalid(f"Unable to parse range: {text}")
        title, rest = match[1].replace("''", "'"), match[2] or ""
    elif "!" in text:
        title, rest = text.rsplit("!", 1)
    elif text in titles:
        title, rest = text, ""
    if title is not None and title not in titles:
        raise invalid(f"Unable to parse range: {text}")
    if not rest:
        return Range(title)
    first, _, last = rest.partition(":")
    start, stop = _CELL.match(first), _CELL.match(last or first)
    if start is None or stop is None or not (start[1] or start[2]) or not (stop[1] or stop[2]):
        raise invalid(f"Unable to parse range: {text}")
    return Range(
        title,
        int(start[2]) - 1 if start[2] else 0,
        int(stop[2]) if stop[2] else None,
        column_number(start[1]) if start[1] else 0,
        column_number(stop[1]) + 1 if stop[1] else None,
    )


def format_range(title: str, row0: int, row1: int, col0: int, col1: int) -> str:
    """Return A1 notation of a bounded half-open range."""
    quoted = title if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", title) else "'" + title.replace("'", "''") + "'"
    first = f"{column_letters(col0)}{row0 + 1}"
    last = f"{column_letters(max(col0, col1 - 1))}{max(row0 + 1, row1)}"
    return f"{quoted}!{first}" if first == last else f"{quoted}!{first}:{last}"
