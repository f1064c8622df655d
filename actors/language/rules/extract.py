"""The rule layer: all entities of a message that grammar and lists can find."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from actors.language.gazetteer import Entry, Gazetteer
from actors.language.rules.amounts import NUMBERLESS_WORDS, UNIT_WORDS, find_amounts
from actors.language.rules.candidate import Candidate, resolve
from actors.language.rules.contacts import links, phones
from actors.language.rules.fold import MARK, NUMBER, Tokens, tokenize
from actors.language.rules.hours import TIME_WORDS, find_times
from actors.language.rules.lexicon import NUMBER_WORDS
from actors.language.rules.moments import MOMENT_WORDS, Clock, find_bare_days, find_dates, find_numeric_dates
from actors.language.rules.names import COMMON, find_cued_names, find_persons
from actors.language.rules.numbers import Number, find_numbers
from actors.language.rules.units import STREET_WORDS, UNIT_CUES, find_bare_money, find_streets, find_units
from messages.understanding import Entity

SUREST: Final = 0.5
_DIGIT: Final = re.compile("[0-9]")
_SEVEN_DIGITS: Final = re.compile(r"[0-9](?:[ ().\-/]{0,2}[0-9]){6}")
_NUMBER_WORDS: Final = frozenset(NUMBER_WORDS)
_PLACE_CUES: Final = frozenset(
    "in at near around from to by of towards within inside between and or , / fi fe f gamb في ب عند قرب جنب من الي".split()
)
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
            region: two-letter country for national numbers; the default one where "".

        Returns:
            entities in order, not overlapping.
        """
        tokens = tokenize(text, self._gazetteer.words_with_digits)
        found = self._find(tokens, sent_ms, utc_offset_min, region or self._region)
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
        return [
            _entity(tokens, candidate)
            for candidate in self._find(tokens, sent_ms, utc_offset_min, region or self._region)
        ]

    def _find(self, tokens: Tokens, sent_ms: int, utc_offset_min: int, region: str) -> list[Candidate]:
        texts, folded = tokens.texts, tokens.folded
        if not texts:
            return []
        found: list[Candidate] = list(links(folded)) if "." in folded or "@" in folded else []
        has_digit = _DIGIT.search(folded) is not None
        if has_digit and _SEVEN_DIGITS.search(folded) is not None:
            found += phones(folded, region)
        solid = list(found)
        found += self._names(tokens)
        number_words = not _NUMBER_WORDS.isdisjoint(texts)
        numbers: list[Number] = find_numbers(tokens, words=number_words) if has_digit or number_words else []
        _own(tokens, numbers, solid)
        for candidate in found[len(solid) :]:
            if candidate.type in ("project", "location"):
                for number in numbers:
                    if candidate.start <= tokens.starts[number.first] < candidate.end:
                        number.role = "name"
        numberless = not NUMBERLESS_WORDS.isdisjoint(texts)
        moments = has_moment(texts)
        if numbers or moments:
            clock = Clock(sent_ms, utc_offset_min, month_first=region in _MONTH_FIRST)
            if has_digit and ("/" in folded or "-" in folded or "." in folded):
                dates = find_numeric_dates(tokens, clock)
                _own(tokens, numbers, dates)
                found += dates
            if moments:
                found += find_dates(tokens, numbers, clock)
        if numbers:
            if has_digit and not STREET_WORDS.isdisjoint(texts):
                found += find_streets(tokens, numbers)
            if not UNIT_WORDS.isdisjoint(texts):
                found += find_amounts(tokens, numbers, numberless)
            elif numberless:
                found += find_amounts(tokens, [], 1)
            found += find_bare_days(tokens, numbers, clock)
            if has_digit and not UNIT_CUES.isdisjoint(texts):
                found += find_units(tokens, numbers)
            if not TIME_WORDS.isdisjoint(texts):
                found += find_times(tokens, numbers)
            if has_digit:
                found += find_bare_money(tokens, numbers, 1e3)
        else:
            if numberless:
                found += find_amounts(tokens, [], 1)
            if has_digit and not UNIT_CUES.isdisjoint(texts):
                found += find_units(tokens, numbers)
            if not TIME_WORDS.isdisjoint(texts):
                found += find_times(tokens, numbers)
        found += find_persons(tokens)
        taken = [(c.start, c.end) for c in found if c.confidence >= 0.7]
        found += find_cued_names(tokens, frozenset(), taken)
        return found

    def _names(self, tokens: Tokens) -> list[Candidate]:
        """Look tokens up in the gazetteer, longest name first."""
        gazetteer = self._gazetteer
        longest = gazetteer.longest
        texts, starts, ends, kinds = tokens.texts, tokens.starts, tokens.ends, tokens.kinds
        count = len(texts)
        found: list[Candidate] = []
        at = 0
        while at < count:
            word = texts[at]
            most = longest.get(word)
            skip = 0
            cut = 0
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
                elif word.endswith("'s"):
                    word = word[:-2]
                    most = longest.get(word)
                    cut = 2
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
            if (entry.cue or entry.cap) and not self._cued(tokens, at, entry):
                at += 1
                continue
            start, end = starts[at] + skip, ends[last - 1] - (cut if last == at + 1 else 0)
            found.append(_named(tokens, start, end, entry))
            at = last
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
                if texts[last] not in "-/&." or last + 1 >= count:
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
        if before not in _PLACE_CUES or tokens.texts[at] in COMMON:
            return None
        texts, kinds = tokens.texts, tokens.kinds
        if at + 1 < len(texts) and not kinds[at + 1] == MARK:
            pair = f"{texts[at]} {texts[at + 1]}"
            entry = self._gazetteer.fuzzy(pair)
            if entry is not None:
                return _named(tokens, tokens.starts[at], tokens.ends[at + 1], entry, 0.8)
        entry = self._gazetteer.fuzzy(texts[at])
        if entry is not None and " " not in entry.value:
            return _named(tokens, tokens.starts[at], tokens.ends[at], entry, 0.75)
        return None


def _named(tokens: Tokens, start: int, end: int, entry: Entry, sure: float = 0.95) -> Candidate:
    value = entry.value
    if entry.type == "feature" or (entry.type in ("location", "project") and tokens.folded[start] > "\u0600"):
        first, last = tokens.span(start, end)
        value = tokens.original[first:last].lower()
    return Candidate(start, end, entry.type, value, sure, "gazetteer")


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
    return Entity(
        type=candidate.type,
        start=start,
        end=end,
        text=tokens.original[start:end],
        value=candidate.value,
        confidence=candidate.confidence,
        layer=candidate.layer,
    )


@lru_cache(maxsize=8)
def shared_extractor(region: str) -> RuleExtractor:
    """The extractor of this process for a region; the gazetteer is read once."""
    return RuleExtractor(default_region=region)
