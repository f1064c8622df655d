"""Work for the language pool, and what it gives back."""

from __future__ import annotations

from typing import Literal

from messages.wire import Codec, Wire

EntityType = Literal[
    "price",
    "bedrooms",
    "bathrooms",
    "size",
    "unit",
    "project",
    "location",
    "property_type",
    "purpose",
    "phone",
    "email",
    "url",
    "date",
    "time",
    "person",
    "feature",
]
IntentName = Literal[
    "inquiry",
    "viewing_request",
    "negotiation",
    "offer",
    "payment",
    "document_request",
    "complaint",
    "follow_up",
    "property_update",
    "greeting",
    "thank_you",
    "closing",
    "spam",
    "other",
]
SentimentLabel = Literal["positive", "neutral", "negative"]
Tier = Literal["full", "reduced", "essential", "none"]


class Entity(Wire, frozen=True, tag=10, kw_only=True):
    """A span of a message's text that means something.

    Attributes:
        type: one of the sixteen types of the understanding contract.
        start: first code point of the span.
        end: code point after the span's last.
        text: ``message[start:end]``.
        value: the normalised value; its form depends on the type.
        confidence: 0 to 1.
        layer: which layer found it: ``rules``, ``gazetteer``, ``model``, ``context``.
    """

    type: EntityType
    start: int
    end: int
    text: str
    value: str | int | float
    confidence: float = 1.0
    layer: str = "rules"


class Scored(Wire, frozen=True, tag=11, kw_only=True):
    """A label with its calibrated confidence, 0 to 1."""

    label: str
    confidence: float


class Understanding(Wire, frozen=True, tag=12, kw_only=True):
    """What was understood of one message.

    Attributes:
        lang: ``en``, ``ar``, ``arz``, or "" where it was not determined.
        entities: spans in order, not overlapping.
        intent: the chosen intent, or "" where no classifier was available.
        intent_confidence: its confidence, 0 to 1.
        alternatives: other intents, best first.
        sentiment: the label, or "" where no analyser was available.
        sentiment_score: -1 to 1.
        urgent: the sender needs action now; None where it was not determined.
        tier: which tier of models answered; ``none`` for the empty engine.
        unavailable: names of the features that could not be computed, and were not invented.
    """

    lang: str = ""
    entities: tuple[Entity, ...] = ()
    intent: str = ""
    intent_confidence: float = 0.0
    alternatives: tuple[Scored, ...] = ()
    sentiment: str = ""
    sentiment_score: float = 0.0
    urgent: bool | None = None
    tier: Tier = "none"
    unavailable: tuple[str, ...] = ()


class WorkItem(Wire, frozen=True, tag=13, kw_only=True):
    """One message to understand.

    Attributes:
        key: the shard's own number for it.
        text: what to understand (caption and whatever media readers added), valid Unicode.
        sent_ms: when it was sent, milliseconds since 1970 UTC.
        utc_offset_min: minutes from UTC of the sender's clock.
        region: two-letter country for national phone numbers where somebody named one; where "", the clock and the
            engine's own decide.
        recent: texts of the conversation's last messages, oldest first.
        known: entities that the conversation's thread already holds, newest last.
    """

    key: int
    text: str
    sent_ms: int = 0
    utc_offset_min: int = 0
    region: str = ""
    recent: tuple[str, ...] = ()
    known: tuple[Entity, ...] = ()


class WorkBatch(Wire, frozen=True, tag=14, kw_only=True):
    """A batch of stateless work from a shard to one worker.

    Attributes:
        batch: the shard's own number of the batch; answered with the same.
        shard: name of the shard that asks.
        deadline_ms: when the shard gives up on it, milliseconds since 1970 UTC.
        tier: the best tier of models that may be used.
        items: the messages.
    """

    batch: int
    shard: str
    deadline_ms: int
    items: tuple[WorkItem, ...]
    tier: Tier = "full"


class WorkResult(Wire, frozen=True, tag=15, kw_only=True):
    """The answer for one item: an understanding, or the error that its handling raised."""

    key: int
    understanding: Understanding | None = None
    error: str = ""


class ResultBatch(Wire, frozen=True, tag=16, kw_only=True):
    """A worker's answer to one batch.

    Attributes:
        batch: the number that the shard gave.
        worker: name of the worker.
        results: one for each item.
        busy_us: processor time spent, microseconds.
    """

    batch: int
    worker: str
    results: tuple[WorkResult, ...]
    busy_us: int = 0


UNDERSTANDING: Codec[Understanding] = Codec(Understanding)
WORK_BATCH: Codec[WorkBatch] = Codec(WorkBatch)
RESULT_BATCH: Codec[ResultBatch] = Codec(ResultBatch)
