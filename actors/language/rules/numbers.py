"""Numbers in digits and words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actors.language.rules.fold import NUMBER, Tokens
from actors.language.rules.lexicon import (
    BED_WORDS,
    CURRENCIES,
    MULTIPLIERS,
    NUMBER_WORDS,
    PREFIXED_NUMBERS,
    SIZE_UNITS,
)

_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?:\.[0-9]+)?\Z")
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?\Z")
_DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]{1,2}\Z")
_DOTTED = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3}){2,}\Z")
LONGEST_DIGITS = 15
_AFTER_PREFIXED = frozenset(MULTIPLIERS) | frozenset(CURRENCIES) | BED_WORDS | frozenset(SIZE_UNITS)


@dataclass(slots=True)
class Number:
    """A number in a text.

    Attributes:
        first, after: its tokens, ``after`` exclusive.
        value: what it says.
        in_words: written as a word.
        grouped: written with thousands separators.
        role: what it turned out to be: an entity type, ``other`` for a known non-entity, "" for nothing yet.
        scale: multiplier written after it, 1 where none.
        skip: letters of an attached preposition before it, which stay outside of its span.
    """

    first: int
    after: int
    value: float
    in_words: bool = False
    grouped: bool = False
    role: str = ""
    scale: float = 1.0
    currency: str = ""
    start: int = 0
    end: int = 0
    skip: int = 0


def parse_number(text: str) -> tuple[float, bool] | None:
    """Read digits with separators.

    Args:
        text: digits, commas and dots.

    Returns:
        the value and whether it has thousands separators; None where the form is no number (12.3.2026, 1204,1205).
    """
    if len(text) > LONGEST_DIGITS + 6:
        return None
    if _PLAIN.match(text):
        return float(text), False
    if _GROUPED.match(text):
        return float(text.replace(",", "")), True
    if _DECIMAL_COMMA.match(text):
        return float(text.replace(",", ".")), False
    if _DOTTED.match(text):
        return float(text.replace(".", "")), True
    return None


def find_numbers(tokens: Tokens, *, words: bool) -> list[Number]:
    """Find all numbers.

    Args:
        tokens: the text.
        words: look for number words, too.

    Returns:
        the numbers in order.
    """
    found: list[Number] = []
    texts, kinds = tokens.texts, tokens.kinds
    count = len(texts)
    at = 0
    while at < count:
        if kinds[at] == NUMBER:
            after = _spaced(tokens, at)
            parsed = parse_number("".join(texts[at:after]).replace("'", ""))
            if parsed is not None and after > at + 1:
                found.append(Number(at, after, parsed[0], grouped=True))
                at = after
                continue
            if parsed is not None and parsed[0] < 10 and texts[at + 1 : at + 2] == ["hundred"]:
                found.append(Number(at, at + 2, parsed[0] * 100))
                at += 2
                continue
            if parsed is not None:
                pointed = _pointed(tokens, at)
                value = float(f"0.{texts[at]}") if pointed else parsed[0]
                found.append(Number(at - pointed, at + 1, value, grouped=parsed[1]))
        elif words and texts[at] in NUMBER_WORDS:
            value, after = spelled(texts, at)
            found.append(Number(at, after, value, in_words=True))
            at = after
            continue
        elif words and texts[at] in PREFIXED_NUMBERS:
            value, skip = PREFIXED_NUMBERS[texts[at]]
            value, after = spelled(texts, at, value)
            if after < count and texts[after] in _AFTER_PREFIXED:
                found.append(Number(at, after, value, in_words=True, skip=skip))
                at = after
                continue
        at += 1
    return found


def _thousands(texts: list[str], at: int) -> bool:
    """Whether "k" or "thousand" follows, perhaps after one more digit word."""
    for further in texts[at : at + 2]:
        if further in ("k", "thousand", "grand"):
            return True
        if NUMBER_WORDS.get(further, 10) >= 10:
            return False
    return False


def _spaced(tokens: Tokens, at: int) -> int:
    """Return the token after "1 200 000" beside a currency or after "1'200'000"; else the one after ``at``."""
    texts, kinds = tokens.texts, tokens.kinds
    after = at + 1
    if len(texts[at]) > 3 or not texts[at].isdigit() or texts[at][0] == "0":
        return after
    while (
        after + 1 < len(texts)
        and texts[after] == "'"
        and len(texts[after + 1]) == 3
        and texts[after + 1].isdigit()
        and tokens.starts[after + 1] - tokens.ends[after - 1] == 1
    ):
        after += 2
    if after > at + 1:
        return after
    while (
        after < len(texts)
        and kinds[after] == NUMBER
        and len(texts[after]) == 3
        and texts[after].isdigit()
        and tokens.starts[after] - tokens.ends[after - 1] == 1
    ):
        after += 1
    if after == at + 1:
        return after
    beside = (at and texts[at - 1] in CURRENCIES) or (after < len(texts) and texts[after] in CURRENCIES)
    return after if beside else at + 1


def _pointed(tokens: Tokens, at: int) -> bool:
    """Whether a point without a digit before it stands before digits: ".5M"."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    return (
        at > 0
        and texts[at - 1] == "."
        and ends[at - 1] == starts[at]
        and (at < 2 or ends[at - 2] < starts[at - 1])
        and at + 1 < len(texts)
        and texts[at + 1] in MULTIPLIERS
        and texts[at].isdigit()
    )


def spelled(texts: list[str], at: int, value: float | None = None) -> tuple[float, int]:
    """Read number words: "twenty five", "one hundred and twenty", "خمسة وعشرين", "one point two".

    Args:
        texts: the tokens.
        at: the first of the words.
        value: what the first word says; looked up where None.

    Returns:
        the number, and the token after it.
    """
    total = NUMBER_WORDS[texts[at]] if value is None else value
    at += 1
    count = len(texts)
    last = total
    while at < count:
        step = 1
        word = texts[at]
        if word in ("and", "و", "w", "-") and at + 1 < count:
            word = texts[at + 1]
            step = 2
        elif word[0] == "و" and word[1:] in NUMBER_WORDS:
            word = word[1:]
            step = 3
        more = NUMBER_WORDS.get(word)
        if more is None:
            break
        if step == 1 and total < 10 and 20 <= more < 100 and _thousands(texts, at + 1):
            total = total * 100 + more  # "one twenty five k"
        elif more == 100 and last < 10 and step == 1:
            total *= 100
        elif (
            ((last in (100, 200, 300, 400, 500) or (last < 10 and total >= 100)) and more < 100)
            or (last >= 20 and more < 10 and texts[at] != "and")
        ) or (step == 3 and last < 10 and more >= 20):
            total += more
        else:
            break
        last = 100 if more == 100 else more
        at += 1 if step == 3 else step
    if at + 1 < count and texts[at] in ("point", "فاصلة") and texts[at + 1] in NUMBER_WORDS:
        tail = NUMBER_WORDS[texts[at + 1]]
        if tail < 10:
            return total + tail / 10, at + 2
    return total, at
