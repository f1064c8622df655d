"""What a finished message goes through beside its understanding: the conversation's threads, and automatic replies.

Each is a pure function that keeps its own encoded state in the session's snapshot; None leaves it out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from messages.inbound import Inbound
from messages.row import Reply
from messages.understanding import Entity, Understanding

Notes = tuple[str, ...]
Thread = Callable[[bytes, Inbound, Understanding, int], tuple[bytes, str, Notes]]
Answer = Callable[[bytes, Inbound, Understanding, int, tuple[Entity, ...]], tuple[bytes, Reply | None, Notes]]


Mood = Callable[[tuple[float, ...], float], tuple[tuple[float, ...], Notes]]


class Services(NamedTuple):
    """The services of a session.

    Attributes:
        thread: (state, message, understanding, now in ms) to (state, name of the thread, notes).
        mood: (state, sentiment score) to (state, notes): the trend of the customer's sentiment, and its alerts.
        reply: (state, message, understanding, now in ms, known entities) to (state, reply, notes).
    """

    thread: Thread | None = None
    reply: Answer | None = None
    mood: Mood | None = None
