"""The rule layer: all entities of a message that grammar and lists can find."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from actors.language.gazetteer import Entry, Gazetteer
from actors.language.rules.amounts import NUMBERLESS_WORDS, UNIT_WORDS, find_amounts
from actors.language.rules.calendar_of_sender import Clock
from actors.language.rules.candidate import Candidate, resolve
from actors.language.rules.contacts import links, phones
from actors.language.rules.context_money import find_bare_money
from actors.language.rules.fold import MARK, NUMBER, Tokens, tokenize
from actors.language.rules.hours import TIME_WORDS, find_times
from actors.language.rules.lexicon import NUMBER_WORDS
from actors.language.rules.moments import MOMENT_WORDS, find_dates
from actors.language.rules.names import COMMON, addressed, find_cued_names, find_persons, named_person
from actors.language.rules.numbers import Number, find_numbers
from actors.language.rules.numeric_dates import find_bare_days, find_numeric_dates, join_weekdays
from actors.language.rules.regions import regions_of
from actors.language.rules.streets import STREET_WORDS, find_streets
from actors.language.rules.units import UNIT_CUES, find_designations, find_units
from actors.language.rules.word_set import word_set
from messages.understanding import Entity

SUREST: Final = 0.7  # the confidence threshold of the understanding layer
_DIGIT: Final = re.compile("[0-9]")
_SEVEN_DIGITS: Final = re.compile(r"[0-9](?:[ ().\-/]{0,2}[0-9]){6}")
_NUMBER_WORDS: Final = frozenset(NUMBER_WORDS)
_PLACE_CUES: Final = word_set(
    "in at near around from to by of towards within inside between and or , / fi fe f gamb في ب عند قرب جنب من الي"
)
_INSIDE: Final = word_set("in at near around within fi fe f fel في ب بمنطقه")
_ARABIC_PREFIX: Final = frozenset("وبلكف")
_MONTH_FIRST: Final = frozenset({"US"})


class RuleExtractor:
    """Find entities by grammar and gazetteer.

    Args:
        gazetteer: known names; the built-in one where None.
        default_region: two-letter country for national phone numbers where a call names none.
    """

    def __init__(self, gazetteer: Gazetteer | None = None, *, default_region: str = "AE") -> None:
        self._gazetteer = gazetteer if gazetteer is not None else Gazetteer()
        self._region = default_region

    def extract(self, text: str, *, sent_ms: int, utc_offset_min: int = 0, region: str = "") -> tuple[Entity, ...]:
        """Find the entities of a message.

        Args:
            text: the message.
            sent_ms: when it was sent, milliseconds since 1970 UTC.
            utc_offset_min: minutes from UTC of the sender's clock.
            region: two-letter country for national numbers; where "", the default one or what the clock suggests.

        Returns:
            entities in order, not overlapping.
        """
        tokens = tokenize(text, self._gazetteer.words_with_digits)
        found = self._find(tokens, sent_ms, utc_offset_min, region)
        return tuple(
            _entity(tokens, candidate)
            for candidate in resolve((c for c in found if c.confidence >= SUREST), len(tokens.folded))
        )

    def candidates(self, text: str, *, sent_ms: int, utc_offset_min: int = 0, region: str = "") -> list[Entity]:
        """Find all candidates before overlaps are resolved; they may overlap and stand in any order.

        Args:
            text: the message.
            sent_ms: when it was sent, milliseconds since 1970 UTC.
            utc_offset_min: minutes from UTC of the sender's clock.
            region: two-letter country for national numbers; the default one where "".
        """
        tokens = tokenize(text, self._gazetteer.words_with_digits)
        return [_entity(tokens, candidate) for candidate in self._find(tokens, sent_ms, utc_offset_min, region)]

    def _find(self, tokens: Tokens, sent_ms: int, utc_offset_min: int, region: str) -> list[Candidate]:
        texts, folded = tokens.texts, tokens.folded
        if not texts:
            return []
        regions = regions_of(utc_offset_min, region or self._region)
        if region:
            regions = (region, *regions)
        found: list[Candidate] = list(links(folded)) if "." in folded or "@" in folded else []
        has_digit = _DIGIT.search(folded) is not None
        if has_digit and _SEVEN_DIGITS.search(folded) is not None:
            found += phones(folded, regions)
        solid = list(found)
        number_words = not _NUMBER_WORDS.isdisjoint(texts)
        numbers: list[Number] = find_numbers(tokens, words=number_words) if has_digit or number_words else []
        _own(tokens, numbers, solid)
        if not STREET_WORDS.isdisjoint(texts):
            found += find_streets(tokens, numbers)
        names = self._names(tokens, regions[0])
        found += names
        _own(tokens, numbers, [name for name in names if name.type in ("project", "location")])
        clock = Clock(sent_ms, utc_offset_min, month_first=regions[0] in _MONTH_FIRST)
        dates: list[Candidate] = []
        if has_digit and ("/" in folded or "-" in folded or "." in folded):
            dates = find_numeric_dates(tokens, clock)
            _own(tokens, numbers, dates)
        if has_moment(texts):
            dates += find_dates(tokens, numbers, clock)
        if not NUMBERLESS_WORDS.isdisjoint(texts):
            found += find_amounts(tokens, numbers, numberless=True)
        elif numbers and not UNIT_WORDS.isdisjoint(texts):
            found += find_amounts(tokens, numbers, numberless=False)
        if numbers:
            dates += find_bare_days(tokens, numbers, clock)
        found += join_weekdays([date for date in dates if date.value], folded)
        taken = [(c.start, c.end) for c in found if c.confidence >= 0.7 and c.type != "person"]
        cued = find_cued_names(tokens, taken, {c.start for c in names if c.type in ("location", "project")})
        found += cued
        _own(tokens, numbers, [name for name in cued if name.type == "project"])
        if has_digit and not UNIT_CUES.isdisjoint(texts):
            found += find_units(tokens, numbers)
        if not TIME_WORDS.isdisjoint(texts):
            found += find_times(tokens, numbers)
        if has_digit:
            found += find_designations(tokens, numbers, names + cued)
        if numbers:
            found += find_bare_money(tokens, numbers, 1e3)
        found += find_persons(tokens)
        return found

    def _names(self, tokens: Tokens, region: str) -> list[Candidate]:
        """Look tokens up in the gazetteer, longest name first."""
        gazetteer = self._gazetteer
        regional = gazetteer.regional(region)
        persons = gazetteer.persons
        longest = gazetteer.longest
        texts, starts, ends, kinds = tokens.texts, tokens.starts, tokens.ends, tokens.kinds
        count = len(texts)
        found: list[Candidate] = []
        at = 0
        while at < count:
            word = texts[at]
            most = longest.get(word)
            name = persons.get(word)
            if name is not None:
                person = named_person(tokens, at, weak=name.cue or most is not None)
                if person is not None:
                    found.append(person)
                    if most is None or person.end > ends[at]:
                        at += 1
                        continue
                    if most is not None and addressed(tokens, at):
                        at += 1
                        continue
                elif most is None:
                    at += 1
                    continue
            skip = 0
            if most is None:
                if kinds[at] == MARK:
                    at += 1
                    continue
                if word[0] in _ARABIC_PREFIX and len(word) > 3:
                    bare = word[1:]
                    if bare[0] == "ل" and word[0] == "ل":
                        if bare[1:] in longest:  # للمارينا: the article's alef is written away
                            bare = bare[1:]
                            skip = 2
                        else:
                            skip = 1
                    else:
                        skip = 1
                    most = longest.get(bare)
                    word = bare
            if most is None:
                if kinds[at] != NUMBER and len(word) >= 6:
                    candidate = self._misspelt(tokens, at)
                    if candidate is not None:
                        found.append(candidate)
                at += 1
                continue
            entry, last = self._longest_match(texts, kinds, at, word, most, count)
            if entry is None:
                at += 1
                continue
            if regional:
                entry = regional.get(" ".join(text for text in texts[at:last] if text.isalnum()), entry)
            if (entry.cue or entry.cap) and not self._cued(tokens, at, entry):
                at += 1
                continue
            if entry.type in ("property_type", "purpose") and not _stands(tokens, at, last, entry):
                at += 1
                continue
            start, end = starts[at] + skip, ends[last - 1]
            found.append(_named(tokens, start, end, entry))
            at = at + 1 if word == "the" else last
        return found

    def _longest_match(
        self, texts: list[str], kinds: list[int], at: int, word: str, most: int, count: int
    ) -> tuple[Entry | None, int]:
        get = self._gazetteer.get
        best, best_last = get(word), at + 1
        if most == 1:
            return best, best_last
        key = word
        used = 1
        last = at + 1
        while last < count and used < most:
            if kinds[last] == MARK:
                if texts[last] not in "-/&.'" or last + 1 >= count:
                    break
                last += 1
                continue
            key = f"{key} {texts[last]}"
            used += 1
            last += 1
            entry = get(key)
            if entry is not None:
                best, best_last = entry, last
        return best, best_last

    def _cued(self, tokens: Tokens, at: int, entry: Entry) -> bool:
        before = tokens.texts[at - 1] if at else ""
        if before in ("el", "al", "the") and at >= 2:
            before = tokens.texts[at - 2]
        led = before in _PLACE_CUES
        if entry.cue:
            return led and (tokens.is_upper(at) or not tokens.texts[at].isascii())
        return led or tokens.is_upper(at)

    def _misspelt(self, tokens: Tokens, at: int) -> Candidate | None:
        before = tokens.texts[at - 1] if at else ""
        if (
            before not in _INSIDE
            or tokens.texts[at] in COMMON
            or tokens.texts[at].endswith(("ing", "ed", "over", "ment", "ance"))
        ):
            return None
        texts, kinds = tokens.texts, tokens.kinds
        if at + 1 < len(texts) and kinds[at + 1] != MARK:
            pair = f"{texts[at]} {texts[at + 1]}"
            entry = self._gazetteer.fuzzy(pair)
            if entry is not None:
                return _named(tokens, tokens.starts[at], tokens.ends[at + 1], entry._replace(expand=True), 0.8)
        entry = self._gazetteer.fuzzy(texts[at])
        if entry is not None and " " not in entry.value:
            return _named(tokens, tokens.starts[at], tokens.ends[at], entry._replace(expand=True), 0.75)
        return None


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
_CONTRACTS: Final = frozenset({"عقد", "عقود", "قانون", "3a2d"})


def _stands(tokens: Tokens, at: int, last: int, entry: Entry) -> bool:
    """Whether a word of property talk means the property or the deal where it stands."""
    texts = tokens.texts
    word = texts[at]
    before = texts[at - 1] if at else ""
    after = texts[last] if last < len(texts) else ""
    if word == "th":
        return not (at and tokens.kinds[at - 1] == NUMBER and tokens.starts[at] == tokens.ends[at - 1])
    if entry.value == "office":
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
        if after in ("size", "area", ":") or (
            last + 1 < len(texts) and tokens.kinds[last] == NUMBER and texts[last + 1] in UNIT_WORDS
        ):
            return False
    if entry.type == "purpose" and before in _CONTRACTS:
        return False
    if word in ("store", "house") and (
        after in ("room", "keeping", "rules", "warming") or before in ("app", "play", "grocery", "open")
    ):
        return False
    return word != "retail" or last - at > 1 or after in ("for", "in")


def has_moment(texts: list[str]) -> bool:
    """Whether a text has a word that dates are made of."""
    if not MOMENT_WORDS.isdisjoint(texts):
        return True
    return any(word[0] in "وبل" and word[1:] in MOMENT_WORDS for word in texts if len(word) > 3)


def _own(tokens: Tokens, numbers: list[Number], spans: list[Candidate]) -> None:
    """Mark the numbers inside spans that are settled."""
    if not spans or not numbers:
        return
    starts = tokens.starts
    position = 0
    for candidate in sorted(spans):
        while position < len(numbers) and starts[numbers[position].first] < candidate.start:
            position += 1
        while position < len(numbers) and starts[numbers[position].first] < candidate.end:
            numbers[position].role = candidate.type
            position += 1


def _entity(tokens: Tokens, candidate: Candidate) -> Entity:
    start, end = tokens.span(candidate.start, candidate.end)
    value = candidate.value
    if candidate.type in ("person", "location", "project") and candidate.layer == "rules":
        value = tokens.original[start:end].lower()  # as written: the folded form has lost accents and Arabic spelling
    return Entity(
        type=candidate.type,
        start=start,
        end=end,
        text=tokens.original[start:end],
        value=value,
        confidence=candidate.confidence,
        layer=candidate.layer,
    )


@lru_cache(maxsize=8)
def shared_extractor(region: str) -> RuleExtractor:
    """The extractor of this process for a region; the gazetteer is read once."""
    return RuleExtractor(default_region=region)
