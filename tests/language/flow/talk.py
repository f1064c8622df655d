"""Plays conversations to the thread service."""

from __future__ import annotations

from actors.language.flow.threads import ConversationThreadService
from messages.flow import MessageFacts, ThreadState, ThreadVerdict
from messages.understanding import Entity, EntityType

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
START = 1_770_000_000_000


def named(**entities: str | int) -> tuple[Entity, ...]:
    """``unit="1204", project="..."``; ``unit2`` is a second unit."""
    made = []
    for key, value in entities.items():
        kind: EntityType = key.rstrip("23456789")  # type: ignore[assignment]
        made.append(Entity(type=kind, start=0, end=len(str(value)), text=str(value), value=value))
    return tuple(made)


class Talk:
    """A conversation; each message comes a minute after the one before unless told otherwise."""

    def __init__(self, service: ConversationThreadService | None = None) -> None:
        self.service = service or ConversationThreadService()
        self.state = ThreadState()
        self.now = START

    def say(
        self,
        text: str,
        intent: str = "other",
        entities: tuple[Entity, ...] = (),
        *,
        after: int = MINUTE,
        mood: float = 0.0,
        confidence: float = 0.9,
        sent: int | None = None,
        direction: str = "in",
    ) -> ThreadVerdict:
        self.now += after
        facts = MessageFacts(
            text=text,
            intent=intent,
            intent_confidence=confidence,
            entities=entities,
            sentiment_score=mood,
            sent_ms=self.now if sent is None else sent,
            direction=direction,  # type: ignore[arg-type]
        )
        self.state, verdict = self.service.advance(self.state, facts, self.now)
        return verdict

    @property
    def names(self) -> list[str]:
        return [thread.name for thread in self.state.threads]
