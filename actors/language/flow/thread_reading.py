"""What one message says that matters for its thread: subjects, topic, cues, an ordinal."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from actors.language.flow.agency_matters import TOPIC_OF_INTENT, subjects_of, topic_phrases
from actors.language.flow.cues import Cue, cue_phrases
from actors.language.flow.words import words_of
from messages.flow import MessageFacts, Subject
from messages.understanding import Entity

_SURE_INTENT: Final = 0.4
"""Below this an intent says less than the words themselves; the classifier's own floor for ``other`` is higher."""

# "the second of March", "the first floor", "the first payment": no place in a list.
_NOT_IN_A_LIST: Final = frozenset(
    {"of", "floor", "time", "week", "month", "day", "year", "payment", "cheque", "check", "installment", "instalment"}
    | {"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november"}
    | {"december", "viewing", "visit", "half", "quarter", "دفعه", "شيك", "قسط", "مره", "دور", "شهر", "يوم", "اسبوع"}
)


_SURE_BY_WORDS: Final = 0.8
_GOES_ON: Final = (["and"], ["or"], ["what"], ["how"], ["w"], ["wa"], ["طب"], ["طيب"])
"""How a question begins that leaves its verb and its mark out: "and in JLT"."""
_DEFINITE: Final = frozenset(
    ["the", "that", "this", "my", "our", "your", "el", "al", "il", "l", "lel", "lil", "bel", "fel", "wel"]
)

_MEASURED_BY: Final = frozenset(["from", "to", "near", "than", "opposite", "behind", "من", "عن", "جنب", "3an", "men"])
_IT: Final = frozenset(["it", "it's", "its"])
_BARE: Final = 3
"""Words beside what a bare answer names."""


class Reading(NamedTuple):
    """What one message says that matters for its thread.

    Attributes:
        subjects: what it is about, in its order.
        kind: property type named without a subject, "".
        topic: what it wants done, "" where it goes on with what is at hand.
        greeting: it only greets.
        chases: it asks after something said before.
        cues: of the flow of talk.
        ordinal: place in a list that it points to, from 1; -1 the last; 0 none.
        sure: confidence in the subjects, 0 to 1.
        topic_sure: the same for the topic.
        definite: the kind is that of something known: "the villa", not "a villa".
        asks: it asks after what it names: "and in JLT?".
        ours: the agency says it.
        bare: it says little else than what it is about, as an answer does: "it's 407 in Aspen Park".
        of_it: it speaks of "it".
        measures: the place in it is one to measure by: "how far is it from JLT?".
    """

    subjects: tuple[Subject, ...]
    kind: str
    topic: str
    greeting: bool
    chases: bool
    cues: AbstractSet[Cue]
    ordinal: int
    sure: float
    topic_sure: float = 1.0
    definite: bool = False
    asks: bool = False
    ours: bool = False
    bare: bool = False
    of_it: bool = False
    measures: bool = False

    @property
    def searches(self) -> bool:
        """Tell a search for something else ("any villas?") from a request about the thing at hand."""
        return (
            "same" not in self.cues
            and ("opener" in self.cues or "more" in self.cues)
            and self.topic in {"", "inquiry", "listing"}
        )

    @property
    def moves_on(self) -> bool:
        """Tell what leaves the thing at hand by its own words."""
        return "new" in self.cues or self.searches


def read(facts: MessageFacts, most_subjects: int) -> Reading:
    """Read a message.

    Args:
        facts: what is known of it.
        most_subjects: most subjects taken.

    Returns:
        what it says.
    """
    words = words_of(facts.text)
    subjects: tuple[Subject, ...] = ()
    kind = ""
    definite = unit = False
    measured = places = 0
    sure = 1.0
    if facts.entities:
        subjects = subjects_of(facts.entities, most_subjects)
        for entity in facts.entities:
            if entity.type == "property_type":
                kind = kind or str(entity.value)[:64]
                definite = definite or _is_definite(facts.text, entity)
            elif entity.type in {"unit", "project", "location"}:
                sure = min(sure, entity.confidence)
                unit = unit or entity.type == "unit"
                measured += _follows(facts.text, entity, _MEASURED_BY)
                places += entity.type != "unit"
    topic = ""
    topic_sure = _SURE_BY_WORDS
    if facts.intent and facts.intent_confidence >= _SURE_INTENT:
        topic = TOPIC_OF_INTENT.get(facts.intent, "")
        topic_sure = min(1.0, facts.intent_confidence)
    elif words:
        hits = topic_phrases().find(words)
        topic = hits[0][2] if hits else ""
    ours = facts.direction == "out"
    if ours:
        topic = ""  # the agency answers: what is talked of is the customer's to choose
    cues: set[Cue] = set()
    ordinal = 0
    for _, end, meaning in cue_phrases().find(words):
        if isinstance(meaning, str):
            cues.add(meaning)
        elif not ordinal and (end >= len(words) or words[end] not in _NOT_IN_A_LIST):
            ordinal = meaning
    asks = "?" in facts.text or "؟" in facts.text or words[:1] in _GOES_ON
    said = sum(len(words_of(entity.text)) for entity in facts.entities)
    return Reading(
        subjects=subjects,
        kind=kind,
        topic=topic,
        greeting=facts.intent == "greeting",
        chases=facts.intent == "follow_up" or (not facts.intent and "chase" in cues),
        cues=cues,
        ordinal=ordinal,
        sure=max(0.5, min(1.0, sure)),
        topic_sure=topic_sure,
        definite=definite,
        asks=asks,
        ours=ours,
        bare=bool(subjects) and not asks and len(words) - said <= _BARE and not cues & {"opener", "new", "fault"},
        of_it="same" in cues or not _IT.isdisjoint(words),
        measures=bool(places) and not unit and measured == places,
    )


def _is_definite(text: str, entity: Entity) -> bool:
    """Tell "the villa", "my villa", "الفيلا", "للفيلا" and "el villa" from "a villa" and "villas"."""
    article = ("ال", "لل")  # inside the span or just before it: attached particles stay outside
    if entity.text.startswith(article) or text[: entity.start].endswith(article):
        return True
    return _follows(text, entity, _DEFINITE)


def _follows(text: str, entity: Entity, words: AbstractSet[str]) -> bool:
    """Tell whether one of the words stands before an entity."""
    if text[entity.start : entity.end] != entity.text:
        return False
    before = text[max(0, entity.start - 16) : entity.start].lower().replace("-", " ").split()
    return bool(before) and before[-1].strip(".,;:!?") in words
