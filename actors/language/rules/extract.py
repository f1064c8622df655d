"""The rule layer: all entities of a message that grammar and lists can find."""

from __future__ import annotations

import re
from typing import Final

from actors.language.gazetteer import Gazetteer, configured
from actors.language.rules.amounts import NUMBERLESS_WORDS, UNIT_WORDS, find_amounts
from actors.language.rules.calendar_of_sender import Clock
from actors.language.rules.candidate import Candidate, outside, resolve
from actors.language.rules.contacts import identities, links, phones
from actors.language.rules.context_money import find_bare_money, find_sale_ranges
from actors.language.rules.fold import Tokens, tokenize
from actors.language.rules.hours import TIME_WORDS, find_joined_times, find_times
from actors.language.rules.lexicon import NUMBER_WORDS, PREFIXED_NUMBERS
from actors.language.rules.lookup import find_names
from actors.language.rules.moments import MOMENT_WORDS, bare_moment, find_dates
from actors.language.rules.names import find_cued_names, find_persons
from actors.language.rules.numbers import Number, find_numbers
from actors.language.rules.numeric_dates import find_bare_days, find_first_bounds, find_numeric_dates, join_weekdays
from actors.language.rules.person_cues import find_introduced
from actors.language.rules.regions import regions_of
from actors.language.rules.streets import STREET_WORDS, find_streets
from actors.language.rules.units import UNIT_CUES, find_designations, find_units
from messages.understanding import Entity

SUREST: Final = 0.7  # the confidence threshold of the understanding layer
_DIGIT: Final = re.compile("[0-9]")
_DATE_MARK: Final = re.compile(r"[0-9][/.-][0-9]")
_SEVEN_DIGITS: Final = re.compile(r"[0-9](?:[ ().\-/]{0,2}[0-9]){6}")
_JOINED_TIME: Final = re.compile(r"[0-9](?:h[0-5]|[0-9]{2} ?[ap]\.?m)")
_NUMBER_WORDS: Final = frozenset(NUMBER_WORDS) | frozenset(PREFIXED_NUMBERS)
_MONTH_FIRST: Final = frozenset({"US"})


class RuleExtractor:
    """Find entities by grammar and gazetteer.

    Args:
        gazetteer: known names; the built-in and the user's files where None.
        default_region: two-letter country for national phone numbers where a call names none.
    """

    def __init__(self, gazetteer: Gazetteer | None = None, *, default_region: str = "AE") -> None:
        self._gazetteer = gazetteer if gazetteer is not None else configured()
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
        regions = regions_of(utc_offset_min, region or self._region, region)
        found: list[Candidate] = list(links(folded)) if "." in folded or "@" in folded else []
        has_digit = _DIGIT.search(folded) is not None
        masked: list[Candidate] = []
        if has_digit and _SEVEN_DIGITS.search(folded) is not None:
            masked = identities(folded)
            found += outside(phones(folded, regions), masked)
        solid = found + masked
        number_words = not _NUMBER_WORDS.isdisjoint(texts)
        numbers: list[Number] = find_numbers(tokens, words=number_words) if has_digit or number_words else []
        _own(tokens, numbers, solid)
        if not STREET_WORDS.isdisjoint(texts):
            found += find_streets(tokens, numbers)
        names = find_names(tokens, self._gazetteer, regions[0])
        found += names
        _own(tokens, numbers, [name for name in names if name.type in ("project", "location")])
        if has_digit and _JOINED_TIME.search(folded) is not None:
            found += find_joined_times(tokens, numbers)
        clock = Clock(sent_ms, utc_offset_min, month_first=regions[0] in _MONTH_FIRST)
        dates = _worded_dates(tokens, numbers, clock)
        if not NUMBERLESS_WORDS.isdisjoint(texts):
            found += find_amounts(tokens, numbers, numberless=True)
        elif numbers and not UNIT_WORDS.isdisjoint(texts):
            found += find_amounts(tokens, numbers, numberless=False)
        found += _all_dates(tokens, numbers, clock, dates)
        taken = [(c.start, c.end) for c in found if c.confidence >= 0.7 and c.type != "person"]
        cued = find_cued_names(tokens, taken, {c.start for c in names if c.type in ("location", "project")})
        found += cued
        _own(tokens, numbers, [name for name in cued if name.type == "project"])
        if has_digit and not UNIT_CUES.isdisjoint(texts):
            found += find_units(tokens, numbers)
        if len(numbers) > 1 and "." in folded:
            found += find_sale_ranges(tokens, numbers)
        if not TIME_WORDS.isdisjoint(texts):
            found += find_times(tokens, numbers)
        if has_digit:
            found += find_designations(tokens, numbers, names + cued + masked)
        if numbers:
            found += find_bare_money(tokens, numbers)
        found += find_persons(tokens)
        found += find_introduced(tokens, self._gazetteer.persons, solid, names)
        return found


def _worded_dates(tokens: Tokens, numbers: list[Number], clock: Clock) -> list[Candidate]:
    """Find the dates that need no other rule's word first: numeric ones and those in words."""
    dates: list[Candidate] = []
    if _DATE_MARK.search(tokens.folded) is not None:
        dates = find_numeric_dates(tokens, clock)
        _own(tokens, numbers, dates)
    if has_moment(tokens.texts, latin=tokens.folded.isascii()):
        dates += find_dates(tokens, numbers, clock)
    return dates


def _all_dates(tokens: Tokens, numbers: list[Number], clock: Clock, dates: list[Candidate]) -> list[Candidate]:
    """Add bare days and first bounds of ranges to the dates found, and join weekdays with theirs."""
    if numbers:
        if dates:
            dates = dates + find_first_bounds(tokens, numbers, dates)
        dates = dates + find_bare_days(tokens, numbers, clock)
    return join_weekdays([date for date in dates if date.value], tokens.folded) if dates else []


def has_moment(texts: list[str], *, latin: bool = False) -> bool:
    """Whether a text has a word that dates are made of; ``latin``: none of them may have an Arabic prefix."""
    if not MOMENT_WORDS.isdisjoint(texts):
        return True
    return not latin and any(word[0] in "وبل" and bare_moment(word)[1] > 0 for word in texts if len(word) > 3)


def _own(tokens: Tokens, numbers: list[Number], spans: list[Candidate]) -> None:
    """Mark the numbers inside spans that are settled."""
    if not spans or not numbers:
        return
    starts = tokens.starts
    position = 0
    for candidate in sorted(spans, key=lambda span: span.start):
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
