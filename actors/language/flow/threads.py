"""ConversationThreadService: several threads in one conversation, each unit or deal its own.

Pure: state and message in, state and verdict out. Time is the conversation's own: the latest sending time that the
clock here does not contradict; a late message or a stepped clock therefore neither closes nor reopens by mistake.
"""

from __future__ import annotations

from typing import Final

import msgspec

from actors.language.flow.agency_matters import GENERAL, STAGES
from actors.language.flow.settings import FlowSettings
from actors.language.flow.subject_fit import named
from actors.language.flow.thread_choice import Choice, choose
from actors.language.flow.thread_reading import read
from messages.flow import FlowSignal, MessageFacts, Subject, Thread, ThreadState, ThreadVerdict

CLOCK_SKEW_MS: Final = 300_000
"""A sending time further ahead of the clock here is not believed."""

_LONGEST_NAME: Final = 48
_NEW_SENTIMENT: Final = 0.3
"""Weight of the newest message in a thread's running sentiment."""


class ConversationThreadService:
    """Assigns messages to threads.

    Args:
        settings: how long threads live and how many are kept.
    """

    def __init__(self, settings: FlowSettings | None = None) -> None:
        settings = settings or FlowSettings()
        self._idle_ms = settings.idle_s * 1000
        self._reopen_ms = settings.reopen_s * 1000
        self._kept = settings.kept_threads
        self._listed = settings.kept_listed

    def advance(self, state: ThreadState, facts: MessageFacts, now_ms: int) -> tuple[ThreadState, ThreadVerdict]:
        """Assign one message to a thread.

        Args:
            state: the conversation's threads.
            facts: what is known of the message.
            now_ms: the clock, milliseconds since 1970 UTC.

        Returns:
            the threads after it, and the verdict.
        """
        sent = facts.sent_ms if 0 < facts.sent_ms <= now_ms + CLOCK_SKEW_MS else now_ms
        if state.clock_ms > now_ms + CLOCK_SKEW_MS:
            state = _set_back(state, sent)
        late = sent < state.clock_ms
        at = state.clock_ms if late else sent
        threads, closed = self._close_idle(state.threads, at)
        before = next((thread for thread in threads if thread.id == state.current), None)
        reading = read(facts, max(1, self._listed))
        choice = choose(
            threads,
            before,
            state.listed,
            reading,
            sentiment=facts.sentiment_score,
            taken_up_after_ms=at - self._reopen_ms,
        )
        signals = choice.signals
        if before is not None and before.closed and all(signal.name != "time_gap" for signal in signals):
            signals = (*signals, FlowSignal(name="time_gap", weight=0.0))
        if late:
            signals = (*signals, FlowSignal(name="late", weight=0.0))
        topic = reading.topic or ("complaint" if "fault" in reading.cues and not reading.subjects else "")
        old = choice.thread
        sentiment = facts.sentiment_score if facts.direction == "in" else None
        if old is None:
            thread = _open(state, choice, topic, at, sentiment)
            threads = self._bounded((*threads, thread))
        else:
            thread = _go_on(old, choice, topic, at, sentiment)
            threads = tuple([thread if kept is old else kept for kept in threads])
        verdict = ThreadVerdict(
            thread=thread.name,
            thread_id=thread.id,
            topic=thread.topic,
            opened=old is None,
            reopened=old is not None and old.closed,
            switched=before is not None and before.id != thread.id and before.name != GENERAL,
            split=choice.split,
            closed=closed,
            signals=signals,
            confidence=choice.confidence,
        )
        after = ThreadState(
            threads=threads,
            current=thread.id,
            next_id=state.next_id + (old is None),
            clock_ms=at,
            listed=reading.subjects[: self._listed] if len(reading.subjects) > 1 else state.listed,
        )
        return after, verdict

    def close_idle(self, state: ThreadState, now_ms: int) -> tuple[ThreadState, tuple[str, ...]]:
        """Close the threads that have been idle for too long, without a message.

        Args:
            state: the conversation's threads.
            now_ms: the clock, milliseconds since 1970 UTC.

        Returns:
            the threads, and the names of those closed.
        """
        threads, closed = self._close_idle(state.threads, now_ms)
        return (msgspec.structs.replace(state, threads=threads) if closed else state), closed

    def _close_idle(self, threads: tuple[Thread, ...], at: int) -> tuple[tuple[Thread, ...], tuple[str, ...]]:
        limit = at - self._idle_ms
        closed: list[str] = []
        after: list[Thread] = []
        for thread in threads:
            if thread.closed or thread.last_ms >= limit:
                after.append(thread)
            else:
                closed.append(thread.name)
                after.append(msgspec.structs.replace(thread, closed=True))
        return (tuple(after), tuple(closed)) if closed else (threads, ())

    def _bounded(self, threads: tuple[Thread, ...]) -> tuple[Thread, ...]:
        """Forget the oldest closed thread, or where none is closed the oldest, until few enough are left."""
        if len(threads) <= self._kept:
            return threads
        newest = threads[-1]
        order = sorted(threads[:-1], key=lambda thread: (thread.closed, -thread.last_ms, -thread.id))
        kept = {thread.id for thread in order[: self._kept - 1]} | {newest.id}
        return tuple(thread for thread in threads if thread.id in kept)


def _open(state: ThreadState, choice: Choice, topic: str, at: int, sentiment: float | None) -> Thread:
    subject = choice.subject
    if not topic:
        topic = "inquiry" if subject != Subject() else GENERAL
    return Thread(
        id=state.next_id,
        name=_name(subject, topic, {thread.name for thread in state.threads}),
        topic=topic,
        subject=subject,
        opened_ms=at,
        last_ms=at,
        messages=1,
        sentiment=sentiment or 0.0,
    )


def _go_on(old: Thread, choice: Choice, topic: str, at: int, sentiment: float | None) -> Thread:
    # One's own matter that names no property does not become a stage of a deal by a side remark.
    fixed = old.name == GENERAL or (topic in STAGES and old.topic not in STAGES and not named(choice.subject))
    return Thread(
        id=old.id,
        name=old.name,
        topic=old.topic if fixed or not topic else topic,
        subject=choice.subject,
        opened_ms=old.opened_ms,
        last_ms=max(old.last_ms, at),
        messages=old.messages + 1,
        sentiment=old.sentiment if sentiment is None else old.sentiment + _NEW_SENTIMENT * (sentiment - old.sentiment),
    )


def _set_back(state: ThreadState, to_ms: int) -> ThreadState:
    """Bring a state from a clock that ran ahead back to the present: else nothing would be idle until then."""
    threads = tuple(
        msgspec.structs.replace(thread, last_ms=min(thread.last_ms, to_ms), opened_ms=min(thread.opened_ms, to_ms))
        for thread in state.threads
    )
    return msgspec.structs.replace(state, threads=threads, clock_ms=to_ms)


def _name(subject: Subject, topic: str, taken: set[str]) -> str:
    """Name a thread: by its unit, else topic and place, else topic; unlike the others'."""
    place = subject.project or subject.location
    if subject.unit:
        names = [f"unit {subject.unit}"]
        if place:
            names.append(f"unit {subject.unit} {place}")
    else:
        names = [f"{topic} {place or (subject.kind if topic in STAGES else '')}"]
    names = [_readable(name) for name in names]
    for name in names:
        if name not in taken:
            return name
    stem = names[-1][: _LONGEST_NAME - 6]
    number = 2
    while f"{stem} ({number})" in taken:
        number += 1
    return f"{stem} ({number})"


def _readable(name: str) -> str:
    """Leave out what a customer's text may smuggle into a name: line breaks, direction marks, too much of it."""
    seen = "".join([letter for letter in " ".join(name.split()) if letter.isprintable()])
    return " ".join(seen.split())[:_LONGEST_NAME].rstrip()
