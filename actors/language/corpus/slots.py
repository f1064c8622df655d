"""Vary corpus messages: other names in the marked slots, other digits, letter case, typos.

The lists are the project's own. Invented places are put together from syllables, so that the tagger learns
contexts and shapes and not a list of names.
"""

from __future__ import annotations

import random
import re
from importlib.resources import files
from typing import Final

from actors.language.corpus.loader import Example, Span


def _read_parts() -> dict[str, tuple[str, ...]]:
    parts: dict[str, tuple[str, ...]] = {}
    content = files("actors.language.corpus").joinpath("slots.txt").read_text(encoding="utf-8")
    for line in content.splitlines():
        if line and not line.startswith("#"):
            name, *words = line.split("|")
            parts[name] = parts.get(name, ()) + tuple(words)
    return parts


_PARTS: Final = _read_parts()
FIRST: Final = _PARTS["first"]
LAST: Final = _PARTS["last"]
TITLES: Final = _PARTS["titles"]
AR_FIRST: Final = _PARTS["ar_first"]
AR_LAST: Final = _PARTS["ar_last"]
PLACES: Final = _PARTS["places"]
AR_PLACES: Final = _PARTS["ar_places"]
_TREE: Final = _PARTS["tree"]
_NATURE: Final = _PARTS["nature"]
_BUILD: Final = _PARTS["build"]
_STREET: Final = _PARTS["street"]
_SYLLABLE: Final = _PARTS["syllable"]
_TOWN: Final = _PARTS["town"]
_DEVELOPER: Final = _PARTS["developer"]
_SIDES: Final = ("North", "South", "East", "West", "New", "Old", "Upper", "Port", "Mount", "Saint")
_AR_GARDENS: Final = ("النخيل", "الياسمين", "الواحة", "اللؤلؤة", "النور", "الريم", "السلام", "الزهراء")
_DIGIT = re.compile(r"\d")
_NUMBER_DIGIT = re.compile(r"(?<![^\W\d_])(?<![^\W\d_]\d)\d(?!\d?[^\W\d_])")
"""A digit that touches no letter: in Arabizi the others are letters."""


def _syllables(rng: random.Random, low: int, high: int) -> str:
    return "".join(rng.choice(_SYLLABLE) for _ in range(rng.randint(low, high)))


def person(rng: random.Random, lang: str) -> str:
    """Make up a person's name.

    Args:
        rng: source of chance.
        lang: ``ar`` gives Arabic script.

    Returns:
        a first name, a full name or a title and name.
    """
    if lang == "ar":
        name = rng.choice(AR_FIRST)
        return f"{name} {rng.choice(AR_LAST)}" if rng.random() < 0.3 else name
    dice = rng.random()
    first = rng.choice(FIRST)
    if dice < 0.08:
        first = (_syllables(rng, 2, 3) + rng.choice(("", "n", "r", "m", "k"))).capitalize()
    if dice < 0.6:
        return first
    last = rng.choice(LAST)
    if dice < 0.8:
        return f"{first} {last}"
    if dice < 0.84:
        return f"{first[0]}. {last}"
    if dice < 0.87:
        return f"{first} Al {last}"
    return f"{rng.choice(TITLES)} {rng.choice((first, last, last, f'{first} {last}'))}"


def place(rng: random.Random, lang: str) -> str:
    """Make up or choose a city, district or street address.

    Args:
        rng: source of chance.
        lang: ``ar`` gives Arabic script.

    Returns:
        its name.
    """
    if lang == "ar":
        return rng.choice(AR_PLACES)
    dice = rng.random()
    if dice < 0.5:
        return rng.choice(PLACES)
    if dice < 0.62:
        return f"Al {_syllables(rng, 2, 3).capitalize()}{rng.choice(('', 'h', 'n', 'b', 'r'))}"
    if dice < 0.72:
        return f"{rng.choice(_TREE + _NATURE + tuple(n for n in LAST if n.isalpha()))}{rng.choice(_TOWN)}".capitalize()
    if dice < 0.78:
        return f"{rng.choice(_SIDES)} {rng.choice(LAST)}"
    name = rng.choice(_TREE + _NATURE + LAST)
    street = f"{name} {rng.choice(_STREET)}"
    return f"{rng.randint(1, 480)} {street}" if rng.random() < 0.65 else street


def project(rng: random.Random, lang: str) -> str:
    """Make up a building, tower, compound or development.

    Args:
        rng: source of chance.
        lang: ``ar`` gives Arabic script.

    Returns:
        its name.
    """
    if lang == "ar":
        kind = rng.choice(("برج", "كمبوند", "مجمع", "بناية", "أبراج"))
        return f"{kind} {rng.choice(_AR_GARDENS)}"
    first = rng.choice(_TREE + _NATURE + tuple(_syllables(rng, 2, 3).capitalize() for _ in range(12)) + LAST[:20])
    dice = rng.random()
    if dice < 0.55:
        name = f"{first} {rng.choice(_BUILD)}"
    elif dice < 0.7:
        name = f"{rng.choice(_NATURE)} {first} {rng.choice(_BUILD)}"
    elif dice < 0.8:
        name = f"{rng.choice(_DEVELOPER)} {first} {rng.choice(_BUILD)}"
    elif dice < 0.9:
        name = f"The {first}" if rng.random() < 0.4 else f"Al {first} {rng.choice(_BUILD)}"
    else:
        name = f"Burj {first}"
    return f"{name} {rng.choice(('1', '2', '3', 'A', 'B', 'II'))}" if rng.random() < 0.18 else name


MAKERS: Final = {"person": person, "location": place, "project": project}


def refill(example: Example, rng: random.Random, rate: float) -> Example:
    """Put other names into the marked slots.

    Args:
        example: a corpus message.
        rng: source of chance.
        rate: how likely each slot is to change, 0 to 1.

    Returns:
        the varied message, its spans moved with it.
    """
    if not example.spans:
        return example
    parts: list[str] = []
    spans: list[Span] = []
    at = length = 0
    for span in example.spans:
        before = example.text[at : span.start]
        old = example.text[span.start : span.end]
        new = MAKERS[span.type](rng, example.lang) if rng.random() < rate else old
        parts += [before, new]
        start = length + len(before)
        length = start + len(new)
        spans.append(Span(start, length, span.type))
        at = span.end
    parts.append(example.text[at:])
    return Example(
        "".join(parts), example.lang, example.intent, example.sentiment, example.urgent, tuple(spans), example.source
    )


def respell(example: Example, rng: random.Random) -> Example:
    """Vary letter case and digits and drop in a typo, leaving spans where they are.

    Args:
        example: a message.
        rng: source of chance.

    Returns:
        the varied message, of the same length.
    """
    text = example.text
    dice = rng.random()
    if dice < 0.3:
        text = text.lower()
    elif dice < 0.34:
        text = text.upper()
    if len(text) != len(example.text):  # some letters change length with case
        text = example.text
    if rng.random() < 0.5:
        digit = _NUMBER_DIGIT if example.lang == "arz" else _DIGIT
        text = digit.sub(lambda m: str(rng.randint(1, 9)) if m[0] != "0" else "0", text)
    if rng.random() < 0.15 and len(text) > 12:
        i = rng.randrange(1, len(text) - 2)
        inside = any(s.start <= i + 1 and i <= s.end for s in example.spans)
        if not inside and text[i].isalpha() and text[i + 1].isalpha():
            text = text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return Example(text, example.lang, example.intent, example.sentiment, example.urgent, example.spans, example.source)
