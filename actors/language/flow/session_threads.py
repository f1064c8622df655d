"""The thread service as a session calls it: encoded state in its snapshot, the row's thread name out."""

from __future__ import annotations

from actors.language.flow.settings import FlowSettings
from actors.language.flow.threads import ConversationThreadService
from messages.flow import THREAD_STATE, MessageFacts, ThreadState, ThreadVerdict
from messages.inbound import Inbound
from messages.understanding import Understanding
from messages.wire import WireError, encode

MOST_TEXT = 2_000
"""Characters that are looked at: what a message is about stands at its beginning."""


class SessionThreads:
    """Assigns a session's messages to threads.

    Args:
        settings: how long threads live and how many are kept.
    """

    def __init__(self, settings: FlowSettings | None = None) -> None:
        self._service = ConversationThreadService(settings)

    def assign(
        self, state: bytes, message: Inbound, understanding: Understanding, now_ms: int
    ) -> tuple[bytes, str, tuple[str, ...]]:
        """Assign one message; the ``Services.thread`` of a session.

        Args:
            state: the snapshot's ``threads``.
            message: with the text that was understood.
            understanding: what was understood.
            now_ms: the clock, milliseconds since 1970 UTC.

        Returns:
            the new state, the thread's name, and what a person should know.
        """
        notes: tuple[str, ...] = ()
        before = ThreadState()
        if state:
            try:
                before = THREAD_STATE.decode(state)
            except WireError:
                # A conversation must go on: what its threads were is lost, and the row says so.
                notes = ("threads unreadable, begun anew",)
        facts = MessageFacts(
            text=message.text[:MOST_TEXT],
            intent=understanding.intent,
            intent_confidence=understanding.intent_confidence,
            entities=understanding.entities,
            sentiment_score=understanding.sentiment_score,
            sent_ms=message.sent_ms,
            direction=message.direction,
        )
        after, verdict = self._service.advance(before, facts, now_ms)
        return encode(after), verdict.thread, notes + _told(verdict)


def _told(verdict: ThreadVerdict) -> tuple[str, ...]:
    """Say on the row what happened to the threads, how sure that is, and what spoke for it, how surely."""
    if verdict.split:
        what = "split from the one before"
    elif verdict.switched:
        what = "switched and reopened" if verdict.reopened else "switched"
    elif verdict.reopened:
        what = "reopened"
    else:
        return ()
    signals = [s for s in verdict.signals if s.weight > 0 or s.name in {"same_subject", "time_gap"}]
    told = ", ".join(f"{signal.name} {signal.confidence:.2f}" for signal in signals)
    return (f"thread {what} ({verdict.confidence:.2f}{': ' if told else ''}{told})",)
