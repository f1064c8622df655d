"""What one message says that matters for its thread: subjects, topic, cues, an ordinal."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from actors.language.flow.agency_matters import TOPIC_OF_INTENT, subjects_of, topic_phrases
from actors.language.flow.cues import Cue, cue_phrases
from actors.language.flow.words import words_of
from messages.flow import MessageFacts, Subject

_SURE_INTENT: Final = 0.4
"""Below this an intent says less than the words themselves; the classifier's own floor for ``other`` is higher."""

# "the second of March", "the first floor", "the first payment": no place in a list.
_NOT_IN_A_LIST: Final = frozenset(
    {"of", "floor", "time", "week", "month", "day", "year", "payment", "cheque", "check", "installment", "instalment"}
    | {"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november"}
    | {"december", "viewing", "visit", "half", "quarter", "دفعه", "شيك", "قسط", "مره", "دور", "شهر", "يوم", "اسبوع"}
)


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
    """

    subjects: tuple[Subject, ...]
    kind: str
    topic: str
    greeting: bool
    chases: bool
    cues: AbstractSet[Cue]
    ordinal: int
    sure: float

    @property
    def searches(self) -> bool:
        """Tell a search for something else ("any villas?") from a request about the thing at hand."""
        return (
            "same" not in self.cues
            and ("opener" in self.cues or "more" in self.cues)
            and self.topic in {"", "inquiry", "listing"}
        )


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
    sure = 1.0
    if facts.entities:
        subjects = subjects_of(facts.entities, most_subjects)
        for entity in facts.entities:
            if entity.type == "property_type":
                kind = kind or str(entity.value)[:64]
            elif entity.type in {"unit", "project", "location"}:
                sure = min(sure, entity.confidence)
    topic = ""
    if facts.intent and facts.intent_confidence >= _SURE_INTENT:
        topic = TOPIC_OF_INTENT.get(facts.intent, "")
    elif words:
        hits = topic_phrases().find(words)
        topic = hits[0][2] if hits else ""
    cues: set[Cue] = set()
    ordinal = 0
    for _, end, meaning in cue_phrases().find(words):
        if isinstance(meaning, str):
            cues.add(meaning)
        elif not ordinal and (end >= len(words) or words[end] not in _NOT_IN_A_LIST):
            ordinal = meaning
    return Reading(
        subjects=subjects,
        kind=kind,
        topic=topic,
        greeting=facts.intent == "greeting",
        chases=facts.intent == "follow_up" or (not facts.intent and "chase" in cues),
        cues=cues,
        ordinal=ordinal,
        sure=max(0.5, min(1.0, sure)),
    )
