"""ConversationFlowAnalyzer: at which turns a dialogue moves to another matter; what ``evaluate --flow`` scores.

Two kinds of talk, one answer. What a property agency talks of is followed by the very thread service that a session
has: units, places, topics, time, mood. What other services are asked for (a flight, a table, a doctor) is followed by
the words for them, which sessions leave out; see ``switch_detector``. Which of the two it is, its own words tell.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final, Protocol

from actors.language.flow.cues import cue_phrases
from actors.language.flow.service_matters import STRONG, service_phrases
from actors.language.flow.settings import FlowSettings
from actors.language.flow.switch_detector import FlowSwitchDetector
from actors.language.flow.threads import ConversationThreadService
from actors.language.flow.words import words_of
from actors.language.known_entities import remember
from messages.flow import FlowSignal, MessageFacts, SwitchVerdict, ThreadState, ThreadVerdict
from messages.understanding import Entity, Understanding, WorkItem, WorkResult

CUSTOMERS: Final = frozenset({"user", "customer", "client"})
"""Names of the speaker whose turns may switch."""

_HOMES: Final = "homes"
_TURN_MS: Final = 60_000
"""Dialogues carry no times: their turns are taken to come a minute apart, so that nothing goes idle."""
_START_MS: Final = 1_767_225_600_000
_KNOWN: Final = 8
_SURE_SERVICE: Final = 0.8
"""How sure the words for services must be to leave the talk of a property agency."""


class Understands(Protocol):
    """What reads a turn's text: an engine; see ``actors.language.engine``."""

    def understand(self, items: list[WorkItem]) -> list[WorkResult]:
        """Understand messages."""
        ...


class ConversationFlowAnalyzer:
    """Follows one dialogue and tells at which turns it moves to another matter (a ``SwitchDetector``).

    Args:
        engine: reads the turns; the rule layer and, where they are built, the small models, if None.
        settings: of the threads.
    """

    def __init__(self, engine: Understands | None = None, settings: FlowSettings | None = None) -> None:
        self._engine = engine if engine is not None else _small_engine()
        self._threads = ConversationThreadService(settings)
        self._services = FlowSwitchDetector()
        self._phrases, self._cues = service_phrases(), cue_phrases()
        self.reset()

    def reset(self) -> None:
        """Forget the dialogue so far."""
        self._services.reset()
        self._state = ThreadState()
        self._known: tuple[Entity, ...] = ()
        self._now = _START_MS
        self._agency = self._other = 0
        """Turns that speak of a property agency's matters, and of other services."""

    def turn(self, speaker: str, text: str) -> bool:
        """Take the next turn; see ``SwitchDetector.turn``."""
        return self.read(speaker, text).switched

    def read(self, speaker: str, text: str) -> SwitchVerdict:
        """Take the next turn.

        Args:
            speaker: one of ``CUSTOMERS``; anyone else is the other side, whose turns never switch.
            text: what is said.

        Returns:
            the verdict with its signals.
        """
        customer = speaker.lower() in CUSTOMERS
        understanding = self._understand(text)
        self._weigh(text, understanding)
        before = next((thread.name for thread in self._state.threads if thread.id == self._state.current), "")
        self._now += _TURN_MS
        facts = MessageFacts(
            text=text,
            intent=understanding.intent,
            intent_confidence=understanding.intent_confidence,
            entities=understanding.entities,
            sentiment_score=understanding.sentiment_score,
            sent_ms=self._now,
            direction="in" if customer else "out",
        )
        self._state, thread = self._threads.advance(self._state, facts, self._now)
        self._known = remember(self._known, understanding.entities, _KNOWN)
        service = self._services.read("user" if customer else "system", text)
        if not customer or not self._agency or self._agency < self._other:
            return service
        return _joined(before, thread, service, names={e.type for e in understanding.entities})

    def _understand(self, text: str) -> Understanding:
        item = WorkItem(key=0, text=text, sent_ms=self._now, known=self._known)
        (result,) = self._engine.understand([item])
        return result.understanding or Understanding()

    def _weigh(self, text: str, understanding: Understanding) -> None:
        """Count the turn for the agency or for other services."""
        words = words_of(text)
        matters = {
            matter for _, _, said in self._phrases.find(words) if said.strength >= STRONG for matter in said.matters
        }
        homes = _HOMES in matters or any(e.type in _OF_HOMES for e in understanding.entities)
        self._agency += homes or any(cue == "fault" for _, _, cue in self._cues.find(words))
        self._other += bool(matters) and not homes
        if not self._agency and not self._other:
            # A building named before any service was: that alone tells an agency's talk.
            self._agency += any(e.type == "project" for e in understanding.entities)


_OF_HOMES: Final = frozenset({"unit", "property_type"})
_NAMES: Final = frozenset({"unit", "project", "location"})


def _joined(before: str, thread: ThreadVerdict, service: SwitchVerdict, *, names: AbstractSet[str]) -> SwitchVerdict:
    """Take the threads' answer, unless another service is asked for plainly."""
    # A unit chosen among those of the place that was talked of is the same matter, one step on.
    switched = thread.switched and not thread.split
    plainly = service.switched and service.matter != _HOMES and service.confidence >= _SURE_SERVICE
    if plainly and (names.isdisjoint({"unit", "project"}) if switched else names.isdisjoint(_NAMES)):
        return service
    return SwitchVerdict(
        switched=switched,
        confidence=thread.confidence,
        matter=thread.thread,
        previous=before,
        signals=thread.signals or (FlowSignal(name="goes_on", weight=0.0),),
    )


def _small_engine() -> Understands:
    """Load the rule layer with the small models, or alone where those are not built."""
    from actors.language.errors import LanguageError
    from actors.language.hybrid import HybridEngine
    from actors.language.settings import LanguageSettings

    models = LanguageSettings().models
    try:
        return HybridEngine.load(models, "reduced")
    except LanguageError:
        return HybridEngine.load(models, "essential")
