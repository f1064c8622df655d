"""Known names in a text: the gazetteer's entries, longest first, where they mean what they name."""

from __future__ import annotations

from typing import Final

from actors.language.gazetteer import Entry, Gazetteer
from actors.language.rules.amounts import UNIT_WORDS
from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import MARK, NUMBER, WORD, Tokens
from actors.language.rules.names import COMMON, PROJECT_TAIL, addressed, named_person, tokens_all_upper
from actors.language.rules.word_set import word_set

_PLACE_CUES: Final = word_set(
    "in at near around from to by of towards within inside between and or , / fi fe f gamb في ب عند قرب جنب من الي"
)
_INSIDE: Final = word_set("in at near around within fi fe f fel في ب بمنطقه")
_ARABIC_PREFIX: Final = frozenset("وبلكف")
_NO_PLACE_ENDINGS: Final = ("ing", "ed", "over", "ment", "ance")
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
    regional = gazetteer.regional(region)
    persons = gazetteer.persons
    longest = gazetteer.longest
    texts, starts, ends, kinds = tokens.texts, tokens.starts, tokens.ends, tokens.kinds
    count = len(texts)
    found: list[Candidate] = []
    at = 0
    while at < count:
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
            if kinds[at] == MARK:
                at += 1
                continue
            skip = _attached(word, gazetteer)
            if not skip:
                if len(word) >= 6 and kinds[at] != NUMBER:
                    _add_misspelt(tokens, at, gazetteer, found)
                at += 1
                continue
            word = word[skip:]
        entry, last = _longest_match(tokens, at, word, gazetteer)
        if entry is not None and regional:
            entry = regional.get(" ".join(text for text in texts[at:last] if text.isalnum()), entry)
        if entry is None or not (
            _at_a_place(texts[at], word) if skip and entry.cue else _means(tokens, at, last, entry)
        ):
            at += 1
            continue
        building = None
        if entry.type in ("location", "project") or word == "house":
            building = _building(tokens, at, last, entry, gazetteer)
        if building is not None:
            found.append(building)
            while last < count and starts[last] < building.end:
                last += 1
            at = last
            continue
        found.append(_named(tokens, starts[at] + skip, ends[last - 1], entry))
        at = at + 1 if word == "the" else last
    return found


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
    if (
        last < len(texts)
        and texts[last] in _BUILDINGS
        and tokens.is_upper(last)
        and starts[last] - ends[last - 1] == 1
        and tokens_all_upper(tokens, last) == tokens_all_upper(tokens, last - 1)
        and (texts[last] != "apartments" or entry.type == "project")
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
    """Take in the unlisted first name before a listed one: "spelled Jorunn Omar"."""
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
    if word[0] not in _ARABIC_PREFIX or len(word) <= 3:
        return 0
    if word.startswith("لل") and word[2:] in gazetteer.longest:
        return 2  # للمارينا: the article's alef is written away
    return 1 if word[1:] in gazetteer.longest else 0


def _longest_match(tokens: Tokens, at: int, word: str, gazetteer: Gazetteer) -> tuple[Entry | None, int]:
    """Find the longest name that starts at a token; returns it and the token after it."""
    texts, kinds = tokens.texts, tokens.kinds
    count, most = len(texts), gazetteer.longest[word]
    best, best_last = gazetteer.get(word), at + 1
    key, used, last = word, 1, at + 1
    while last < count and used < most:
        if kinds[last] == MARK:
            if texts[last] not in _JOINING_MARKS:
                break
            last += 1
            continue
        key = f"{key} {texts[last]}"
        used += 1
        last += 1
        entry = gazetteer.get(key)
        if entry is not None:
            best, best_last = entry, last
    return best, best_last


def _means(tokens: Tokens, at: int, last: int, entry: Entry) -> bool:
    """Whether a name means what it names where it stands."""
    if entry.cue or entry.cap:
        return _cued(tokens, at, entry)
    return entry.type not in ("property_type", "purpose") or _stands(tokens, at, last, entry)


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


def _add_misspelt(tokens: Tokens, at: int, gazetteer: Gazetteer, found: list[Candidate]) -> None:
    """Add a place that is one slip away, where a place is said: "in Discovry Gardens"."""
    texts = tokens.texts
    before = texts[at - 1] if at else ""
    if at + 1 < len(texts) and texts[at + 1] in _BUILDINGS and tokens.is_upper(at + 1):
        return
    if before not in _INSIDE or texts[at] in COMMON or texts[at].endswith(_NO_PLACE_ENDINGS):
        return
    if at + 1 < len(texts) and tokens.kinds[at + 1] != MARK:
        entry = gazetteer.fuzzy(f"{texts[at]} {texts[at + 1]}")
        if entry is not None:
            found.append(_named(tokens, tokens.starts[at], tokens.ends[at + 1], entry._replace(expand=True), 0.8))
            return
    entry = gazetteer.fuzzy(texts[at])
    if entry is not None and " " not in entry.value:
        found.append(_named(tokens, tokens.starts[at], tokens.ends[at], entry._replace(expand=True), 0.75))


def _named(tokens: Tokens, start: int, end: int, entry: Entry, sure: float = 0.95) -> Candidate:
    value = entry.value
    if not entry.expand and entry.type not in ("property_type", "purpose"):
        first, last = tokens.span(start, end)
        value = tokens.original[first:last].lower()
    return Candidate(start, end, entry.type, value, sure, "gazetteer")


_WHOSE_OFFICE: Final = word_set(
    "your our their ur post head trustee leasing sales back box main my his her the security management rental "
    "registration"
)
_DESKS: Final = word_set("office desk team agent agents manager consultant consultants department dept company staff")
_OFFERED: Final = word_set("sell list rent lease let give exclusively sale market listing valuation value advertise")
_ONE_PLOT: Final = word_set(
    "a one the this that my our selling sell sale any corner residential commercial empty vacant"
)
_CONTRACTS: Final = frozenset({"عقد", "عقود", "قانون", "3a2d"})


def _stands(tokens: Tokens, at: int, last: int, entry: Entry) -> bool:
    """Whether a word of property talk means the property or the deal where it stands."""
    texts = tokens.texts
    word = texts[at]
    before = texts[at - 1] if at else ""
    after = texts[last] if last < len(texts) else ""
    if word == "th":
        return not (at and tokens.kinds[at - 1] == NUMBER and tokens.starts[at] == tokens.ends[at - 1])
    if word == "flat" and at and tokens.kinds[at - 1] == NUMBER and not after.isalpha():
        return texts[at - 1] == "1"  # "he wants 2 flat"
    if entry.value == "office":
        if before in ("my", "our") and not _OFFERED.isdisjoint(texts[max(0, at - 6) : last + 3]):
            return after not in ("hours", "manager", "number")
        return not (before in _WHOSE_OFFICE and before != "the") and after not in (
            "hours",
            "boy",
            "manager",
            "staff",
            "time",
        )
    if entry.value == "land" and word in ("plot", "lot"):
        if word == "lot":
            return before not in ("a", "the", "whole", "parking", "thanks") and after not in ("of", "more", "better")
        if (
            before in UNIT_WORDS
            or after in ("size", "area", ":")
            or (
                before not in _ONE_PLOT
                and last + 1 < len(texts)
                and tokens.kinds[last] == NUMBER
                and texts[last + 1] in UNIT_WORDS
            )
        ):
            return False
    if entry.type == "purpose" and (before in _CONTRACTS or after in _DESKS):
        return False
    chores = word in ("store", "house") and (
        after in ("room", "keeping", "rules", "warming") or before in ("app", "play", "grocery", "open")
    )
    return not chores and (word != "retail" or last - at > 1 or after in ("for", "in"))
