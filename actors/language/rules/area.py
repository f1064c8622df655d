"""Areas, in square feet."""

from __future__ import annotations

from typing import Final

from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import Tokens
from actors.language.rules.lexicon import LINEAR_UNITS, SIZE_UNITS
from actors.language.rules.numbers import Number

_AWAY: Final = frozenset(
    {
        "from",
        "away",
        "to",
        "walk",
        "walking",
        "distance",
        "far",
        "high",
        "tall",
        "deep",
        "long",
        "عن",
        "من",
        "drive",
        "ceiling",
        "ceilings",
    }
)
SQUARE: Final = frozenset({"sq", "square", "sqr", "sqaure"})
_SQUARE_UNITS: Final = {
    "ft": 1.0,
    "feet": 1.0,
    "foot": 1.0,
    "fts": 1.0,
    "f": 1.0,
    "m": 10.7639,
    "mt": 10.7639,
    "mtr": 10.7639,
    "mtrs": 10.7639,
    "meter": 10.7639,
    "meters": 10.7639,
    "metre": 10.7639,
    "metres": 10.7639,
    "yd": 9.0,
    "yds": 9.0,
    "yard": 9.0,
    "yards": 9.0,
}
_ARABIC_SQUARE: Final = frozenset({"مربع", "مربعه", "morabba3", "moraba3", "murabba3"})


def read_area(tokens: Tokens, number: Number, at: int, scale: float = 1.0) -> Candidate | None:
    """Read a unit of area after a number.

    Args:
        tokens: the text.
        number: the number.
        at: token after it and its multiplier.
        scale: the multiplier.

    Returns:
        the size, or None where another unit or none follows.
    """
    texts = tokens.texts
    value = number.value * scale
    after = texts[at] if at < len(texts) else ""
    if after in SQUARE:
        last, factor = _square(texts, at)
    elif after in SIZE_UNITS:
        last, factor = _plain(texts, at, value)
    else:
        return None
    if not factor:
        return None
    return Candidate(tokens.starts[number.first] + number.skip, tokens.ends[last], "size", round(value * factor), 0.95)


def _square(texts: list[str], at: int) -> tuple[int, float]:
    """Read "sq ft", "sq. m", "square metres": the last token, and square feet in one (0 where it is no unit)."""
    at += 1
    if at < len(texts) and texts[at] in (".", "-"):
        at += 1
    return (at, _SQUARE_UNITS.get(texts[at], 0.0)) if at < len(texts) else (at, 0.0)


def _plain(texts: list[str], at: int, value: float) -> tuple[int, float]:
    """Read "sqm", "m2", "متر مربع", "120 m sq"; a length ("200 m away") gives 0."""
    after = texts[at]
    following = texts[at + 1] if at + 1 < len(texts) else ""
    if following in _ARABIC_SQUARE:
        return at + 1, SIZE_UNITS[after]
    if after in LINEAR_UNITS:
        if following in ("sq", "square", "2"):
            return at + 1, SIZE_UNITS[after]
        if value < 20 or following in _AWAY:
            return at, 0.0
    elif after in ("متر", "metr", "mitr", "قدم", "م") and (value < 15 or following in _AWAY):
        return at, 0.0
    return at, SIZE_UNITS[after]


def factor_after(tokens: Tokens, number: Number) -> float:
    """Square feet in one of the unit that follows a number; 0 where none does."""
    at = number.after
    if at < len(tokens.texts):
        after = tokens.texts[at]
        if after in SIZE_UNITS:
            return SIZE_UNITS[after]
        for further in tokens.texts[at + 1 : at + 3]:
            if further in _SQUARE_UNITS:
                return _SQUARE_UNITS[further]
    return 0.0
