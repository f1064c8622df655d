"""Unit numbers."""

from __future__ import annotations

import re
from typing import Final

from actors.language.rules.amounts import COUNTED_WORDS, UNIT_WORDS
from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import NUMBER, WORD, Tokens
from actors.language.rules.lexicon import BED_WORDS, MONTHS
from actors.language.rules.numbers import Number
from actors.language.rules.word_set import word_set

_CUES: Final = word_set(
    "unit units apt apts appt apartment apartments appartment flat flats villa villas townhouse townhouses th "
    "office offices shop shops suite suites house plot penthouse ph duplex warehouse store room شقه شقق وحده فيلا "
    "مكتب محل الشقه الوحده الفيلا المكتب المحل لشقه للشقه بشقه sha2a sha22a sha2et sha2t shaqa sha2qa she2a wehda "
    "we7da villa maktab ma7al"
)
UNIT_CUES: Final = _CUES | {"#", "no", "number", "num", "رقم", "raqam", "rakam"}
_CODE: Final = re.compile(
    r"[ .:]{0,2}(?:(?:no|num|number|nr|nbr|رقم|raqam|rakam|#)[ .:#]{0,2})?"
    r"((?:[a-z]{1,3}[-/ ]?)?[0-9]{1,5}(?:[-/][a-z0-9]{1,4})?[a-z]?)(?![\w%])(?![.,][0-9])"
)
_SPACED_LETTER: Final = re.compile(r" ([a-hj-z])(?![\w'])")
_MORE: Final = re.compile(r" ?(?:,|&|/|and|or|و|w|او) ?((?:[a-z]{1,2}-?)?[0-9]{1,5}[a-z]?)(?![\w%:.,/])")
_NUMBERED_ELSE: Final = word_set(
    "cheque cheques chq check option item point invoice ticket case ref reference order payment step floor level "
    "gate page"
)
_WORDS_NOT_CODES: Final = word_set(
    "in at is on of to for no the and or by a an my for me we it so up any all has can by see not ok hi from el fi law"
)


def find_units(tokens: Tokens, numbers: list[Number]) -> list[Candidate]:
    """Find unit numbers after a word like "unit", "شقة" or "#".

    Args:
        tokens: the text.
        numbers: its numbers; roles are set.

    Returns:
        candidates.
    """
    found: list[Candidate] = []
    folded, texts, starts, ends = tokens.folded, tokens.texts, tokens.starts, tokens.ends
    at_start = {start: index for index, start in enumerate(starts)}
    by_token = {number.first: number for number in numbers}
    for at, word in enumerate(texts):
        if word not in UNIT_CUES:
            continue
        if word == "#" and at and texts[at - 1] in _NUMBERED_ELSE:
            continue
        if word in ("no", "number", "num", "رقم", "raqam", "rakam") and not _numbered_thing(texts, at):
            continue
        match = _CODE.match(folded, ends[at])
        if match is None or (match.start(1) == ends[at] and word != "#"):
            continue
        end = _accept(tokens, match, at_start, by_token, sure=word in ("unit", "units", "apt", "#", "شقه", "الشقه"))
        while end:
            start = match.start(1)
            letter = _SPACED_LETTER.match(folded, end) if match[1].isdigit() else None
            if letter is not None and _own_letter(tokens, at_start.get(letter.start(1))):
                end = letter.end()  # "apt 12 B"
            code = folded[start:end]
            found.append(Candidate(start, end, "unit", code.upper().replace(" ", ""), 0.93))
            match = _MORE.match(folded, end)
            if match is None:
                break
            end = _accept(
                tokens,
                match,
                at_start,
                by_token,
                sure=word in ("units", "apts", "flats", "villas", "apartments", "offices", "shops", "شقق"),
            )
    return found


def _own_letter(tokens: Tokens, at: int | None) -> bool:
    """Whether a letter after a unit's number belongs to it: a capital in a text that is not all capitals."""
    if at is None or not tokens.is_upper(at) or tokens.original.isupper():
        return False
    return at + 1 >= len(tokens.texts) or tokens.kinds[at + 1] != NUMBER


def _numbered_thing(texts: list[str], at: int) -> bool:
    """Whether "number 12" counts a home, not a phone, a permit or a passport."""
    return at > 0 and texts[at - 1] in _CUES


def _accept(
    tokens: Tokens, match: re.Match[str], at_start: dict[int, int], by_token: dict[int, Number], *, sure: bool
) -> int:
    """Return the end of a unit code, or 0 where the number counts something else."""
    code = match[1]
    letters = code.partition(" ")[0]
    a_word = code[:2].isalpha() and not tokens.is_upper(at_start.get(match.start(1), 0))  # "maktab ba3d"
    if a_word or (" " in code and (letters in _WORDS_NOT_CODES or len(letters) > 2)):
        return 0
    first = at_start.get(match.start(1))
    end = match.end(1)
    index = first
    texts = tokens.texts
    while index is not None and index < len(texts) and tokens.ends[index] < end:
        index += 1
    following = texts[index + 1] if index is not None and index + 1 < len(texts) else ""
    number = by_token.get(first) if first is not None else None
    if number is not None and number.role and number.role != "time":
        return 0
    lettered = following == "b" and index is not None and code.isdigit() and _own_letter(tokens, index + 1)
    if (
        not lettered
        and following in UNIT_WORDS
        and following not in ("a", "p", "m", "ص", "م", "dr", "am")
        and code.isdigit()
    ):
        return 0
    if (
        following in BED_WORDS
        or following in _SOUNDED.get(code, ())
        or (following == "/" and code.isdigit() and len(code) < 3)
    ):
        return 0
    if following in COUNTED_WORDS and not sure and len(code) < 3:
        return 0
    if code.isdigit() and following in MONTHS and len(code) < 3 and following not in ("may", "mar"):
        return 0
    if (
        following == ":"
        and index is not None
        and index + 2 < len(texts)
        and tokens.kinds[index + 2] == NUMBER
        and len(code) < 3
    ):
        return 0
    if number is not None:
        number.role = "unit"
    else:
        for inner in range(first or 0, (index or 0) + 1):
            if inner in by_token:
                by_token[inner].role = "unit"
    return end


_SOUNDED: Final = {"2": ("rent", "buy", "let"), "4": ("sale", "rent", "lease")}  # "villa 4 sale"
_DESIGNATION: Final = re.compile(r"(?:(?:[a-z]{1,2}-?[0-9]{2,4}[a-z]?)|(?:ph-?[0-9]{1,3})|(?:[0-9]{1,4}-?[a-z]))\Z")
_NOT_UNITS: Final = word_set("3d 4d 2d 4k 8k 5g 4g 3g a4 a3 h1 h2 q1 q2 q3 q4 24h 24x 1x 2x 3x 4x 5x 9k 1st")
_INSIDE_SURE: Final = word_set("in of from inside في من")
_INSIDE: Final = word_set("in of for to from inside at is mine drop vs list about في ب من")


def find_designations(tokens: Tokens, numbers: list[Number], names: list[Candidate]) -> list[Candidate]:
    """Find units that no cue word names: "1204 Ontario Tower", "B-1109", "leak in 1807".

    Args:
        tokens: the text.
        numbers: its numbers; those without a role are looked at.
        names: buildings and places found.

    Returns:
        candidates.
    """
    found = _joined_codes(tokens, numbers, names)
    taken = {at for code in found for at in range(code.start, code.end)}
    if len(numbers) > 1 and names:
        found += _before_names(tokens, numbers, names)
    name_starts = {name.start for name in names if name.type in ("project", "location")}
    by_first = {number.first: number for number in numbers}
    at = 0
    while at < len(tokens.texts):
        number = by_first.get(at)
        candidate = None
        last = at
        if tokens.starts[at] in taken:
            pass
        elif tokens.kinds[at] == WORD and (number is None or number.in_words):
            # No code consists of three letters or more and nothing else: most words are passed over here.
            if len(tokens.texts[at]) < 3 or not tokens.texts[at].isalpha():
                candidate, last = _lettered(tokens, at, names)
        elif number is not None and not number.role and not number.in_words and not number.grouped:
            candidate, last = _numbered(tokens, number, name_starts)
        if candidate is not None:
            found.append(candidate)
            _use(by_first, at, last)
        at = last + 1
    return found


_JOINED: Final = re.compile(r"(?<![\w-])(?:[0-9]{1,2}[a-z]|[a-oq-z][0-9]{1,2})-[0-9]{3,4}[a-z]?(?![\w-])")


def _joined_codes(tokens: Tokens, numbers: list[Number], names: list[Candidate]) -> list[Candidate]:
    """Find a block and a door in one code: "7A-1102", "B1-1204"; sets roles."""
    found: list[Candidate] = []
    if "-" not in tokens.folded:
        return found
    for match in _JOINED.finditer(tokens.folded):
        if _in_names(names, match.start()) or match[0].partition("-")[0] in _NOT_UNITS:
            continue
        found.append(Candidate(match.start(), match.end(), "unit", match[0].upper(), 0.9))
    position = 0
    for number in numbers if found else ():
        start = tokens.starts[number.first]
        while position < len(found) and found[position].end <= start:
            position += 1
        if position < len(found) and found[position].start <= start:
            number.role = "unit"
    return found


def _before_names(tokens: Tokens, numbers: list[Number], names: list[Candidate]) -> list[Candidate]:
    """Find a list of doors before "in" and a building: "101, 102 and 103 in Park Heights"; sets roles."""
    texts, found = tokens.texts, list[Candidate]()
    doors: list[Number] = []
    projects = {name.start for name in names if name.type == "project"}
    for number in numbers if projects else []:
        if doors and not (
            number.first - doors[-1].after in (1, 2)
            and all(word in (",", "and", "&", "و", "w", "/") for word in texts[doors[-1].after : number.first])
        ):
            doors = []
        if number.role or number.in_words or number.grouped or not _DOOR.match(texts[number.first]):
            doors = []
            continue
        doors.append(number)
        at = number.after
        inside = at + 1 < len(texts) and texts[at] in ("in", "at", "في", "fe", "fi")
        if len(doors) > 1 and inside and tokens.starts[at + 1] in projects:
            for door in doors:
                door.role = "unit"
                start, end = tokens.starts[door.first], tokens.ends[door.after - 1]
                found.append(Candidate(start, end, "unit", texts[door.first], 0.85))
    return found


_DOOR: Final = re.compile(r"[1-9][0-9]{2,3}\Z")
_NOT_BEFORE: Final = word_set("tower building bldg block cluster gate level bay floor")


def _lettered(tokens: Tokens, at: int, names: list[Candidate]) -> tuple[Candidate | None, int]:
    """Read "B-1109", "F07", "PH2", "9C": the unit, and its last token."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    last = at
    if (
        at + 2 < len(texts)
        and texts[at + 1] == "-"
        and len(texts[at]) <= 2
        and tokens.kinds[at + 2] == NUMBER
        and starts[at + 1] == ends[at]
        and starts[at + 2] == ends[at + 1]
    ):
        last = at + 2
    code = tokens.folded[starts[at] : ends[last]]
    if not _DESIGNATION.match(code) or code in _NOT_UNITS or _in_names(names, starts[at]):
        return None, last
    capital = _upper_end(tokens, last) if code[0].isdigit() else tokens.is_upper(at)
    if not capital or (at and texts[at - 1] in _NOT_BEFORE):
        return None, last
    return Candidate(starts[at], ends[last], "unit", code.upper(), 0.8), last


def _numbered(tokens: Tokens, number: Number, name_starts: set[int]) -> tuple[Candidate | None, int]:
    """Read "1204 Ontario Tower", "in 1807", "12-B", "2B": the unit, and its last token."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    at, last = number.first, _with_letter(tokens, number.after - 1)
    text = tokens.folded[starts[at] : ends[last]]
    after = texts[last + 1] if last + 1 < len(texts) else ""
    before = texts[at - 1] if at else ""
    if (
        number.value != int(number.value)
        or text[0] == "0"
        or len(text) > 6
        or before in ("#", "/", "sector", "phase", "zone", "cluster", "district", "floor", "p", "tower", "street", "st")
        or after in ("%", "/", ":", "+")
        or after in COUNTED_WORDS
    ):
        return None, last
    name_follows = last + 1 < len(texts) and starts[last + 1] in name_starts and starts[last + 1] - ends[last] == 1
    digits = len(texts[at])
    sure = 0.0
    if name_follows:
        sure = 0.9 if digits >= 3 or last > at else 0.75
    elif 1950 <= number.value <= 2040:
        if after == "in" and last + 2 < len(texts) and starts[last + 2] in name_starts:
            sure = 0.75
    elif digits in (3, 4) and _floor_like(int(number.value)):
        sure = _by_place(before, after, digits)
    if last > at and digits < 5:
        sure = max(sure, 0.8)
    return (Candidate(starts[at], ends[last], "unit", text.upper(), sure) if sure else None), last


def _with_letter(tokens: Tokens, last: int) -> int:
    """Return the last token of "12-B" or "2B" whose digits end at ``last``."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    if last + 1 >= len(texts) or starts[last + 1] != ends[last]:
        return last
    if texts[last + 1] in ("a", "b", "h") and tokens.is_upper(last + 1):
        return last + 1  # not billions
    if (
        texts[last + 1] == "-"
        and last + 2 < len(texts)
        and len(texts[last + 2]) == 1
        and tokens.kinds[last + 2] == WORD
        and starts[last + 2] == ends[last + 1]
        and tokens.is_upper(last + 2)
    ):
        return last + 2
    return last


def _by_place(before: str, after: str, digits: int) -> float:
    """Say how surely a number that reads as floor and door is a unit, by its neighbours."""
    if after in UNIT_WORDS:
        return 0.0
    if before in (_INSIDE if digits == 4 else _INSIDE_SURE):
        return 0.8
    return 0.72 if digits == 4 and before not in _MONEYLIKE else 0.0


_MONEYLIKE: Final = word_set(
    "ref ad id permit listing reference booking receipt invoice case ticket code pin order rent price budget pay "
    "paid deposit for aed fee fees total under max offer was"
)


def _floor_like(value: int) -> bool:
    """Whether a number reads as floor and door: its last two digits count doors, 01 to 24."""
    return 1 <= value % 100 <= 24


def _upper_end(tokens: Tokens, index: int) -> bool:
    end = tokens.ends[index] - 1
    return tokens.original[end if tokens.offsets is None else tokens.offsets[end]].isupper()


def _in_names(names: list[Candidate], start: int) -> bool:
    return any(name.start <= start < name.end for name in names)


def _use(by_first: dict[int, Number], first: int, last: int) -> None:
    for index in range(first, last + 1):
        if index in by_first:
            by_first[index].role = "unit"
