"""Known names in a text: the gazetteer's entries, longest first, where they mean what they name."""

from __future__ import annotations

from typing import Final, NamedTuple

from actors.language.gazetteer import Entry, Gazetteer
from actors.language.gazetteer.arabizi_names import telling
from actors.language.gazetteer.near_names import NearNames
from actors.language.rules.candidate import Candidate
from actors.language.rules.dated_places import called_like_a_date, is_place
from actors.language.rules.family_names import family_end
from actors.language.rules.fold import MARK, NUMBER, WORD, Tokens
from actors.language.rules.misspelt import INSIDE, misspelt_name, misspelt_place, place_by_consonants
from actors.language.rules.names import COMMON, PROJECT_TAIL, addressed, named_person, tokens_all_upper
from actors.language.rules.property_words import is_broken_appliance, stands
from actors.language.rules.word_set import word_set

_PLACE_CUES: Final = word_set(
    "in at near around from to by of towards within inside between and or , / fi fe f gamb في ب عند قرب جنب من الي"
)
_ARABIC_PREFIX: Final = frozenset("وبلكف")
_JOINING_MARKS: Final = frozenset("-/&.'")


def find_names(tokens: Tokens, gazetteer: Gazetteer, region: str) -> list[Candidate]:
    """Find the gazetteer's names.

    Args:
        tokens: the text.
        gazetteer: the names.
        region: two-letter country, for names that mean something else there.

    Returns:
        candidates.
    """
    source = _Source(gazetteer, gazetteer.near, gazetteer.regional(region))
    persons = gazetteer.persons
    longest, near = gazetteer.longest, gazetteer.near
    ordinary, seconds = near.ordinary, near.seconds
    texts, ends, kinds = tokens.texts, tokens.ends, tokens.kinds
    count = len(texts)
    found: list[Candidate] = []
    at = 0
    while at < count:
        if kinds[at] == MARK:
            at += 1
            continue
        word = texts[at]
        known = word in longest
        if word in persons:
            person = named_person(tokens, at, weak=known or persons[word].cue)
            if person is not None:
                found.append(_with_first(tokens, at, person, gazetteer))
                known = known and person.end == ends[at] and not addressed(tokens, at)
            if not known:
                at += 1
                continue
        skip = 0
        if not known:
            skip = _attached(word, gazetteer) if word[0] in _ARABIC_PREFIX else 0
            if not skip:
                if word not in ordinary and (
                    (at and texts[at - 1] in INSIDE) or (at + 1 < count and texts[at + 1] in seconds)
                ):
                    at = _misspelt(tokens, at, misspelt_place(tokens, at, gazetteer), found)
                else:
                    at += 1
                continue
            word = word[skip:]
        at = _listed(tokens, at, skip, source, found)
    return found


def _misspelt(tokens: Tokens, at: int, name: tuple[Entry, int] | None, found: list[Candidate], skip: int = 0) -> int:
    """Add a misspelt name, whose value is the known one, and return the token after it."""
    if name is None:
        return at + 1
    entry, last = name
    if not entry.expand and not telling(tokens.texts[at]):
        entry = entry._replace(expand=True, value=entry.written)
    found.append(_named(tokens, tokens.starts[at] + skip, tokens.ends[last - 1], entry))
    return last


def _may_be_misspelt(texts: list[str], last: int, word: str, near: NearNames) -> bool:
    """Whether one of the two words after a name's beginning is none that is known, or the beginning a variant."""
    if texts[last] not in near.ordinary or word in near.variants:
        return True
    return texts[last] in near.seconds and last + 1 < len(texts) and texts[last + 1] not in near.ordinary


class _Source(NamedTuple):
    """The names to look up, those of them with a word misspelt, and those that mean something else in a region."""

    gazetteer: Gazetteer
    near: NearNames
    regional: dict[str, Entry]


def _listed(tokens: Tokens, at: int, skip: int, source: _Source, found: list[Candidate]) -> int:
    """Add the longest name that starts at a token, where it means what it names, and return the token after it."""
    gazetteer, near, regional = source
    texts, starts = tokens.texts, tokens.starts
    count = len(texts)
    word = texts[at][skip:] if skip else texts[at]
    entry, last = _longest_match(tokens, at, word, gazetteer)
    if last < count and word in near.heads and _may_be_misspelt(texts, last, word, near):
        placed = entry is not None and not entry.cue and entry.type in ("location", "project")
        slipped = misspelt_name(tokens, at, word, gazetteer, last, placed=placed)
        if slipped is not None:
            return _misspelt(tokens, at, slipped, found, skip)
    if entry is None and word in ("el", "al") and at and last < count and texts[at - 1] in INSIDE:
        spelled = place_by_consonants(tokens, last, gazetteer)
        if spelled is not None:
            found.append(_named(tokens, starts[at], tokens.ends[spelled[1] - 1], spelled[0]))
            return spelled[1]
    if entry is not None and regional:
        entry = regional.get(" ".join(text for text in texts[at:last] if text.isalnum()), entry)
    if entry is None or not (_at_a_place(texts[at], word) if skip and entry.cue else _means(tokens, at, last, entry)):
        return at + 1
    if entry.type == "location":
        if called_like_a_date(texts, last):
            if not is_place(tokens, at, last, gazetteer):
                return at + 1
            found.append(_named(tokens, starts[at] + skip, tokens.ends[last - 1], entry)._replace(confidence=0.99))
            return last
        if _in_a_code(tokens, at, last):
            return last + 2
    building = None
    if entry.type in ("location", "project") or word == "house":
        building = _building(tokens, at, last, entry, gazetteer)
    if building is not None:
        found.append(building)
        while last < count and starts[last] < building.end:
            last += 1
        return last
    found.append(_named(tokens, starts[at] + skip, tokens.ends[last - 1], entry))
    return at + 1 if word == "the" else last


def _in_a_code(tokens: Tokens, at: int, last: int) -> bool:
    """Whether a short form is the first part of a reference: "DXB-12345"."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    return (
        last - at == 1
        and last + 1 < len(texts)
        and texts[last] in ("-", "_", "/", "#")
        and tokens.kinds[last + 1] == NUMBER
        and len(texts[last + 1]) > 2
        and starts[last] == ends[at]
        and starts[last + 1] == ends[last]
        and len(texts[at]) <= 4
    )


_PARKS: Final = word_set("park gardens woods grove meadows hills gate village greens lakes oasis pointe manor lodge")
_BUILDINGS: Final = word_set(
    "tower towers residence residences residency heights building bldg suites lofts plaza compound court house complex "
    "quay wharf apartments"
)
_ORDER: Final = word_set(
    "white full open the in at old new north south east west upper lower central greater our my this that"
)


def _building(tokens: Tokens, at: int, last: int, entry: Entry, gazetteer: Gazetteer) -> Candidate | None:
    """Take a listed name inside a longer one for a building: "Al Nahda Residence", "Silver Meadows", "Bay Square 9"."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    if not texts[at].isascii() or not tokens.is_upper(at):
        return None
    first, named = at, last
    if entry.type == "location":
        last = _park(tokens, last)
    if (
        last < len(texts)
        and texts[last] in _BUILDINGS
        and starts[last] - ends[last - 1] == 1
        and (
            (tokens.is_upper(last) and tokens_all_upper(tokens, last) == tokens_all_upper(tokens, last - 1))
            or (last > named and texts[last] == "apartments")
        )
        and (texts[last] != "apartments" or entry.type == "project" or last > named)
        and entry.type != "property_type"
        and texts[last + 1 : last + 2] != ["visa"]
    ):
        last += 1
    if (
        first
        and named - first == 1
        and texts[at] in PROJECT_TAIL
        and tokens.kinds[first - 1] == WORD
        and tokens.is_upper(first - 1)
        and starts[first] - ends[first - 1] == 1
        and texts[first - 1] not in COMMON
        and texts[first - 1] not in _ORDER
        and gazetteer.get(texts[first - 1]) is None
        and texts[first - 1] not in gazetteer.persons
        and tokens_all_upper(tokens, first - 1) == tokens_all_upper(tokens, first)
    ) or (first and last > named and texts[first - 1] in ("al", "el") and tokens.is_upper(first - 1)):
        first -= 1
    if first == at and last == named and not (entry.type == "project" and _ordinal_follows(tokens, last)):
        return None
    if _ordinal_follows(tokens, last):
        last += 1
    start, end = starts[first], ends[last - 1]
    return Candidate(start, end, "project", tokens.folded[start:end], 0.96)


def _park(tokens: Tokens, last: int) -> int:
    """The token after capitalised words that make a place's name that of a development: "Aspen Park"."""
    texts = tokens.texts
    first = last
    while (
        last < len(texts)
        and last - first < 2
        and texts[last] in _PARKS
        and tokens.is_upper(last)
        and tokens.starts[last] - tokens.ends[last - 1] == 1
        and tokens_all_upper(tokens, last) == tokens_all_upper(tokens, last - 1)
    ):
        last += 1
    return last


def _ordinal_follows(tokens: Tokens, last: int) -> bool:
    """Whether a small number that counts nothing else belongs to a building's name."""
    texts = tokens.texts
    if last >= len(texts) or tokens.kinds[last] != NUMBER or tokens.starts[last] - tokens.ends[last - 1] != 1:
        return False
    if not texts[last].isdigit() or not 1 <= int(texts[last]) <= 12:
        return False
    after = texts[last + 1] if last + 1 < len(texts) else ""
    if not after or after in ".,?!\n)":
        return tokens.starts[last + 1] == tokens.ends[last] if after in (",", ".") else True
    return after in _AFTER_ORDINAL and tokens.starts[last + 1] > tokens.ends[last]


_AFTER_ORDINAL: Final = word_set("is for in has please pls still at on with by near fe fel w the and available")


def _with_first(tokens: Tokens, at: int, person: Candidate, gazetteer: Gazetteer) -> Candidate:
    """Take in the unlisted first name before a listed one ("spelled Jorunn Omar"), and the family name after it."""
    if tokens.texts[at] in gazetteer.persons and not tokens.is_upper(at) and person.end == tokens.ends[at]:
        last = family_end(tokens, at, gazetteer.persons)
        if last - at > 1:
            end = tokens.ends[last - 1]
            return person._replace(end=end, value=tokens.folded[person.start : end])
        return person
    if at < 2 or person.start != tokens.starts[at] or not tokens.is_upper(at):
        return person
    before, starts = tokens.texts[at - 1], tokens.starts
    if (
        tokens.kinds[at - 1] != WORD
        or not tokens.is_upper(at - 1)
        or starts[at] - tokens.ends[at - 1] != 1
        or len(before) < 3
        or before in COMMON
        or before in PROJECT_TAIL
        or before in gazetteer.longest
        or tokens.texts[at - 2] in (".", "!", "?", "\n", ":", "-")
        or tokens_all_upper(tokens, at - 1) != tokens_all_upper(tokens, at)
    ):
        return person
    return person._replace(start=starts[at - 1], value=tokens.folded[starts[at - 1] : person.end])


def _attached(word: str, gazetteer: Gazetteer) -> int:
    """Count the letters of an attached Arabic preposition before a known word; 0 where there is none."""
    if len(word) <= 3:
        return 0
    if word.startswith("لل") and word[2:] in gazetteer.longest:
        return 2  # للمارينا: the article's alef is written away
    return 1 if word[1:] in gazetteer.longest else 0


def _longest_match(tokens: Tokens, at: int, word: str, gazetteer: Gazetteer) -> tuple[Entry | None, int]:
    """Find the longest name that starts at a token; returns it and the token after it."""
    texts, kinds = tokens.texts, tokens.kinds
    count = len(texts)
    best, best_last = gazetteer.get(word), at + 1
    if gazetteer.longest[word] == 1:
        return best, best_last
    beginnings = gazetteer.beginnings
    key, last = word, at + 1
    while last < count and key in beginnings:
        if kinds[last] == MARK:
            if texts[last] not in _JOINING_MARKS:
                break
            last += 1
            continue
        key = f"{key} {texts[last]}"
        last += 1
        entry = gazetteer.get(key)
        if entry is not None:
            best, best_last = entry, last
    return best, best_last


def _means(tokens: Tokens, at: int, last: int, entry: Entry) -> bool:
    """Whether a name means what it names where it stands."""
    if entry.cue or entry.cap:
        return _cued(tokens, at, entry)
    if entry.type == "feature":
        return not is_broken_appliance(tokens.texts, at, last, entry)
    return entry.type not in ("property_type", "purpose") or stands(tokens, at, last, entry)


def _at_a_place(whole: str, word: str) -> bool:
    """Whether an attached preposition says that an ordinary word is a place: "بالخبر", not "ورقة"."""
    return whole[0] in "بف" and word.startswith("ال")


def _cued(tokens: Tokens, at: int, entry: Entry) -> bool:
    before = tokens.texts[at - 1] if at else ""
    if before in ("el", "al", "the") and at >= 2:
        before = tokens.texts[at - 2]
    upper = tokens.is_upper(at)
    led = before in _PLACE_CUES and (upper or before not in (",", "/"))
    if not upper and len(tokens.texts[at]) < 3:
        led = before in ("in", "near", "from", "to")
    if entry.cue:
        return led and (tokens.is_upper(at) or not tokens.texts[at].isascii())
    return led or tokens.is_upper(at)


def _named(tokens: Tokens, start: int, end: int, entry: Entry) -> Candidate:
    value = entry.value
    if not entry.expand and entry.type not in ("property_type", "purpose"):
        first, last = tokens.span(start, end)
        value = tokens.original[first:last].lower()
    return Candidate(start, end, entry.type, value, 0.95, "gazetteer")
