"""What a conversation is about: its threads, and how each message moved among them."""

from __future__ import annotations

from typing import Literal

from messages.understanding import Entity
from messages.wire import Codec, Wire


class FlowSignal(Wire, frozen=True, tag=60, kw_only=True):
    """One observation that spoke for or against a switch.

    Attributes:
        name: what was observed, such as ``cue``, ``opener``, ``time_gap``, ``other_unit``.
        weight: its part of the decision in log-odds; positive speaks for a switch.
        confidence: how sure the observation itself is, 0 to 1.
    """

    name: str
    weight: float
    confidence: float = 1.0


class SwitchVerdict(Wire, frozen=True, tag=61, kw_only=True):
    """Whether a turn moved a dialogue to another matter.

    Attributes:
        switched: it did.
        confidence: of that decision, 0.5 to 1.
        matter: what the dialogue is about after the turn, "" where that is not known.
        previous: what it was about before.
        signals: what spoke for or against.
    """

    switched: bool
    confidence: float
    matter: str = ""
    previous: str = ""
    signals: tuple[FlowSignal, ...] = ()


class Subject(Wire, frozen=True, tag=62, kw_only=True):
    """What a thread or a part of a message is about; "" where not named.

    Attributes:
        unit: number of a unit, upper-cased.
        project: named building or development, lower-cased.
        location: district, city or address, lower-cased.
        kind: property type.
    """

    unit: str = ""
    project: str = ""
    location: str = ""
    kind: str = ""


class Thread(Wire, frozen=True, tag=63, kw_only=True):
    """One matter of a conversation.

    Attributes:
        id: number within the conversation, never used again.
        name: short and readable, unique among those kept; it does not change.
        topic: what is being done about it now: ``inquiry``, ``viewing``, ``payment``, ...
        subject: what it is about.
        opened_ms: time of its first message, milliseconds since 1970 UTC.
        last_ms: time of its last message.
        closed: idle for too long; the next message of it reopens it.
        messages: how many it has had.
        sentiment: running mean of the customer's sentiment in it, -1 to 1.
    """

    id: int
    name: str
    topic: str
    subject: Subject = Subject()
    opened_ms: int = 0
    last_ms: int = 0
    closed: bool = False
    messages: int = 0
    sentiment: float = 0.0


class ThreadState(Wire, frozen=True, tag=64, kw_only=True):
    """A conversation's threads, as kept in its snapshot.

    Attributes:
        threads: those kept, oldest first.
        current: id of the thread that the last message belonged to, 0 before the first.
        next_id: id of the next thread.
        clock_ms: the conversation's time: the latest sending time accepted so far.
        listed: what the last message that named several subjects named, in its order.
    """

    threads: tuple[Thread, ...] = ()
    current: int = 0
    next_id: int = 1
    clock_ms: int = 0
    listed: tuple[Subject, ...] = ()


class MessageFacts(Wire, frozen=True, tag=65, kw_only=True):
    """What is known of one message when its thread is looked for.

    Attributes:
        text: what it says.
        intent: the intent found, "" where there is none.
        intent_confidence: 0 to 1.
        entities: what it names.
        sentiment_score: -1 to 1.
        sent_ms: when it was sent, milliseconds since 1970 UTC; 0 where not known.
        direction: ``in`` from the customer, ``out`` from the agency.
    """

    text: str = ""
    intent: str = ""
    intent_confidence: float = 0.0
    entities: tuple[Entity, ...] = ()
    sentiment_score: float = 0.0
    sent_ms: int = 0
    direction: Literal["in", "out"] = "in"


class ThreadVerdict(Wire, frozen=True, tag=66, kw_only=True):
    """The thread of one message.

    Attributes:
        thread: its name.
        thread_id: its id.
        topic: what the thread is about now.
        opened: this message opened it.
        reopened: it was closed, and this message reopened it.
        switched: the message before belonged to another thread.
        split: it was opened out of the thread before, about a part of it.
        closed: names of the threads closed for idleness since the message before.
        signals: what spoke for or against a switch.
        confidence: of the choice, 0.5 to 1.
    """

    thread: str
    thread_id: int
    topic: str
    opened: bool = False
    reopened: bool = False
    switched: bool = False
    split: bool = False
    closed: tuple[str, ...] = ()
    signals: tuple[FlowSignal, ...] = ()
    confidence: float = 1.0


THREAD_STATE: Codec[ThreadState] = Codec(ThreadState)
THREAD_VERDICT: Codec[ThreadVerdict] = Codec(ThreadVerdict)
SWITCH_VERDICT: Codec[SwitchVerdict] = Codec(SwitchVerdict)
