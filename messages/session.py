"""What a session keeps between messages, and what a feed is told about its own."""

from __future__ import annotations

from messages.understanding import Entity
from messages.wire import Codec, Wire


class Snapshot(Wire, frozen=True, tag=30, kw_only=True):
    """A session's durable state: all that it needs to go on after passivation or a crash.

    Attributes:
        conversation: the conversation's key.
        position: rows that it has so far.
        next_sequence: the source's number that comes next, None where the source does not number.
        high_water_ms: the latest ``sent_ms`` among its finished messages; an earlier one is late.
        last_ms: when its last message was finished, milliseconds since 1970 UTC.
        recent: texts of its last messages, oldest first, for understanding in context.
        known: entities of its thread, newest last, for references such as "the same unit".
        threads: encoded state of its threads, b"" until the first.
        replies: encoded state of its automatic replies, b"" until the first.
        mood: the customer's mood: recent, usual, messages counted, alerted; empty until the first.
    """

    conversation: str
    position: int = 0
    next_sequence: int | None = None
    high_water_ms: int = 0
    last_ms: int = 0
    recent: tuple[str, ...] = ()
    known: tuple[Entity, ...] = ()
    threads: bytes = b""
    replies: bytes = b""
    mood: tuple[float, ...] = ()


class Tally(Wire, frozen=True, tag=31, kw_only=True):
    """What became of a feed's messages in one partition.

    Attributes:
        rows: messages that became a row.
        duplicates: messages that had been finished before.
        late: rows that came out of order.
        set_aside: messages in the dead-letter queue.
        last_ms: when it last changed, milliseconds since 1970 UTC.
    """

    rows: int = 0
    duplicates: int = 0
    late: int = 0
    set_aside: int = 0
    last_ms: int = 0

    @property
    def finished(self) -> int:
        """Count the messages that are done, in whatever way."""
        return self.rows + self.duplicates + self.set_aside


SNAPSHOT: Codec[Snapshot] = Codec(Snapshot)
TALLY: Codec[Tally] = Codec(Tally)
