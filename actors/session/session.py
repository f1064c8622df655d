"""A session's behaviour as a pure function: ``(state, event, now) -> (state, effects)``.

The host delivers one message at a time, and only to an idle session: the turn is the lock. The lock is a lease with
an owner and two deadlines; what outlives the second is set aside, and the conversation goes on.
"""

from __future__ import annotations

import msgspec

from actors.language.known_entities import remember
from actors.session.errors import StaleAnswer
from actors.session.events import (
    Ask,
    AskToRead,
    Begun,
    Delivered,
    Effect,
    Event,
    Failed,
    FilesRead,
    Finish,
    Lease,
    Overdue,
    SetAside,
    Understood,
    Unlock,
    WakeAt,
)
from actors.session.ordering import Released, high_water_after, sequence_of
from actors.session.row_making import row_of, text_of
from actors.session.services import Notes, Services
from actors.session.transitions import Phase, Trigger, next_phase
from messages.media import MediaResult
from messages.row import DeadLetter, Reply
from messages.session import Snapshot
from messages.understanding import Understanding


class SessionPolicy(msgspec.Struct, frozen=True):
    """Limits of a session's turn.

    Attributes:
        services: what a finished message goes through: threads, replies.
        reads_media: files are given to the media pools; else they are recorded as not yet read.
        read_tries: how often the files of a message are tried, before it goes on without them.
        reading_ms: the same for the time that takes, milliseconds.
        lease_ms: after this a lock is overdue and shown as such, milliseconds.
        forced_ms: after this it is released by force and its work set aside, milliseconds.
        retries: how often a message whose handling raised is tried again.
        backoff_ms: wait before the first retry; each further one waits ``backoff_factor`` times longer.
        backoff_factor: growth of the wait.
        recent_texts: how many texts are kept for understanding in context.
        known_entities: how many units, and how many names, are kept for references; half as many property types.
    """

    services: Services = Services()
    reads_media: bool = False
    read_tries: int = 2
    reading_ms: int = 600_000
    lease_ms: int = 30_000
    forced_ms: int = 45_000
    retries: int = 3
    backoff_ms: int = 200
    backoff_factor: float = 3.0
    recent_texts: int = 3
    known_entities: int = 8


class SessionState(msgspec.Struct, frozen=True, gc=False):
    """A session.

    Attributes:
        snapshot: the durable part.
        phase: where it stands.
        current: the message in work.
        lease: the lock on the turn.
        attempts: how often the current message was tried.
        retry_at_ms: when the next try is due, while backing off.
        token: rises with each request, so that an old answer is known as such.
        results: what was read of the current message's files.
        unread: why nothing was, "" where there is no reason to.
    """

    snapshot: Snapshot
    phase: Phase = Phase.IDLE
    current: Released | None = None
    lease: Lease | None = None
    attempts: int = 0
    retry_at_ms: int = 0
    token: int = 0
    results: tuple[MediaResult, ...] = ()
    unread: str = ""


def advance(
    state: SessionState, event: Event, now_ms: int, policy: SessionPolicy
) -> tuple[SessionState, tuple[Effect, ...]]:
    """Decide what a session does with an event.

    Args:
        state: the session.
        event: what happened.
        now_ms: the time, milliseconds since 1970 UTC.
        policy: the limits of a turn.

    Returns:
        the session after it, and what is to be done, in order.

    Raises:
        IllegalTransition: the event does not fit the session's phase.
        StaleAnswer: an answer came to a request that is no longer the current one.
    """
    if isinstance(event, Understood):
        _check_token(state, event.token, Phase.UNDERSTANDING)
        return _finish(state, event.understanding, now_ms, policy)
    if isinstance(event, Delivered):
        return _deliver(state, event.released, now_ms, policy)
    if isinstance(event, FilesRead):
        _check_token(state, event.token, Phase.READING)
        return _go_on(state, now_ms, event.results, "")
    if isinstance(event, Failed):
        _check_token(state, event.token, Phase.UNDERSTANDING, Phase.READING)
        return _fail(state, event, now_ms, policy)
    if isinstance(event, Begun):
        return _begin(state, now_ms), ()
    if isinstance(event, Unlock):
        phase = next_phase(state.phase, Trigger.FORCED_RELEASE)
        return _set_aside(state, phase, "unlocked", f"released by {event.who}", now_ms)
    return _tick(state, now_ms, policy)


def _deliver(
    state: SessionState, released: Released, now_ms: int, policy: SessionPolicy
) -> tuple[SessionState, tuple[Effect, ...]]:
    token = state.token + 1
    lease = Lease(f"request-{token}", now_ms, overdue=False)
    if released.arrival.message.kind == "system":
        # The app's own line (a changed number, a notice): nobody said it, so there is nothing to understand or answer.
        return _record(state, released, now_ms)
    if policy.reads_media and any(item.sha256 or item.media_id for item in released.arrival.message.attachments):
        phase = next_phase(state.phase, Trigger.DELIVERED_WITH_FILES)
        return SessionState(state.snapshot, phase, released, lease, 1, 0, token), (AskToRead(token),)
    phase = next_phase(state.phase, Trigger.DELIVERED)
    return SessionState(state.snapshot, phase, released, lease, 1, 0, token), (Ask(token),)


def _record(state: SessionState, released: Released, now_ms: int) -> tuple[SessionState, tuple[Effect, ...]]:
    phase = next_phase(state.phase, Trigger.RECORDED)
    row = row_of(released, Understanding(), state.snapshot.position + 1, now_ms)
    snapshot = _moved_on(state.snapshot, released, now_ms)
    return SessionState(snapshot, phase, token=state.token), (Finish(released, row, None),)


def _go_on(
    state: SessionState, now_ms: int, results: tuple[MediaResult, ...], unread: str
) -> tuple[SessionState, tuple[Effect, ...]]:
    """Go from the files to the text: a file that cannot be read never costs the message its row."""
    token = state.token + 1
    phase = next_phase(state.phase, Trigger.READ)
    lease = Lease(f"request-{token}", now_ms, overdue=False)
    after = SessionState(state.snapshot, phase, state.current, lease, 1, 0, token, results, unread)
    return after, (Ask(token),)


def _begin(state: SessionState, now_ms: int) -> SessionState:
    lease = state.lease
    phase = next_phase(state.phase, Trigger.BEGUN)
    assert lease is not None  # the table allows it only with a message in work
    return msgspec.structs.replace(state, phase=phase, lease=lease._replace(since_ms=now_ms, overdue=False))


def _check_token(state: SessionState, token: int, *phases: Phase) -> None:
    if state.current is None or token != state.token or state.phase not in phases:
        raise StaleAnswer(f"answer {token}, current request {state.token}, {state.phase.value}")


def _finish(
    state: SessionState, understanding: Understanding, now_ms: int, policy: SessionPolicy
) -> tuple[SessionState, tuple[Effect, ...]]:
    released = state.current
    assert released is not None  # _check_token saw it
    message = released.arrival.message
    old = state.snapshot
    text = text_of(message, state.results)
    read = message if text is message.text else msgspec.structs.replace(message, text=text)
    services = policy.services
    threads, thread = old.threads, ""
    thread_notes: Notes = ()
    reply_notes: Notes = ()
    if services.thread is not None:
        threads, thread, thread_notes = services.thread(old.threads, read, understanding, now_ms)
    replies = old.replies
    reply: Reply | None = None
    if services.reply is not None:
        replies, reply, reply_notes = services.reply(old.replies, read, understanding, now_ms, old.known)
    mood = old.mood
    mood_notes: Notes = ()
    if services.mood is not None and understanding.sentiment and message.direction == "in":
        mood, mood_notes = services.mood(old.mood, understanding.sentiment_score)
    row = row_of(
        released,
        understanding,
        old.position + 1,
        now_ms,
        results=state.results,
        unread=state.unread,
        thread=thread,
        reply=reply.text if reply is not None else "",
        notes=(*mood_notes, *thread_notes, *reply_notes),
    )
    moved = _moved_on(old, released, now_ms)
    snapshot = Snapshot(
        conversation=old.conversation,
        position=moved.position,
        next_sequence=moved.next_sequence,
        high_water_ms=moved.high_water_ms,
        last_ms=now_ms,
        recent=(*old.recent, text[:500])[-policy.recent_texts :] if text else old.recent,
        known=remember(old.known, understanding.entities, policy.known_entities),
        threads=threads,
        replies=replies,
        mood=mood,
    )
    phase = next_phase(state.phase, Trigger.UNDERSTOOD)
    return SessionState(snapshot, phase, token=state.token), (Finish(released, row, reply),)


def _moved_on(old: Snapshot, released: Released, now_ms: int) -> Snapshot:
    """Count a row, and move what its order is judged by."""
    message = released.arrival.message
    sequence = sequence_of(message)
    expected = old.next_sequence
    if sequence is not None and (expected is None or sequence >= expected):
        expected = sequence + 1
    return msgspec.structs.replace(
        old,
        position=old.position + 1,
        next_sequence=expected,
        high_water_ms=high_water_after(old.high_water_ms, message),
        last_ms=now_ms,
    )


def _fail(
    state: SessionState, event: Failed, now_ms: int, policy: SessionPolicy
) -> tuple[SessionState, tuple[Effect, ...]]:
    if state.phase is Phase.READING:
        if state.attempts >= policy.read_tries:
            return _go_on(state, now_ms, (), f"{event.reason}, tried {state.attempts} times")
        token = state.token + 1
        phase = next_phase(state.phase, Trigger.READ_FAILED)
        again = msgspec.structs.replace(state, phase=phase, attempts=state.attempts + 1, token=token)
        return again, (AskToRead(token),)
    if state.attempts > policy.retries:
        phase = next_phase(state.phase, Trigger.EXHAUSTED)
        return _set_aside(state, phase, event.reason, event.traceback, now_ms)
    wait = int(policy.backoff_ms * policy.backoff_factor ** (state.attempts - 1))
    backing_off = msgspec.structs.replace(
        state, phase=next_phase(state.phase, Trigger.FAILED), retry_at_ms=now_ms + wait
    )
    return backing_off, (WakeAt(now_ms + wait),)


def _tick(state: SessionState, now_ms: int, policy: SessionPolicy) -> tuple[SessionState, tuple[Effect, ...]]:
    lease = state.lease
    if lease is None:
        return state, ()
    held_ms = now_ms - lease.since_ms
    if state.phase is Phase.READING:
        # Long recordings take longer than a lease; what bounds them is this, and their readers' own deadlines.
        if held_ms >= policy.reading_ms:
            return _go_on(state, now_ms, (), f"not read within {policy.reading_ms // 1000} s")
        return state, ()
    if held_ms >= policy.forced_ms:
        phase = next_phase(state.phase, Trigger.FORCED_RELEASE)
        return _set_aside(state, phase, "lease_expired", f"held for {held_ms} ms by {lease.owner}", now_ms)
    effects: list[Effect] = []
    if held_ms >= policy.lease_ms and not lease.overdue:
        lease = lease._replace(overdue=True)
        state = msgspec.structs.replace(state, phase=next_phase(state.phase, Trigger.LEASE_OVERDUE), lease=lease)
        effects.append(Overdue(lease))
    if state.phase is Phase.BACKING_OFF and now_ms >= state.retry_at_ms:
        token = state.token + 1
        state = msgspec.structs.replace(
            state, phase=next_phase(state.phase, Trigger.RETRY_DUE), attempts=state.attempts + 1, token=token
        )
        effects.append(Ask(token))
    return state, tuple(effects)


def _set_aside(
    state: SessionState, phase: Phase, reason: str, traceback: str, now_ms: int
) -> tuple[SessionState, tuple[Effect, ...]]:
    released = state.current
    assert released is not None  # only phases with a message in work lead here
    arrival = released.arrival
    letter = DeadLetter(
        letter_id=arrival.digest.hex(),
        message=arrival.message,
        reason=reason,
        # A trace may quote what cannot be encoded; it must not keep the letter from being written.
        traceback=traceback[-20_000:].encode("utf-8", "backslashreplace").decode(),
        attempts=state.attempts,
        state=f"phase={state.phase.value} position={state.snapshot.position} "
        f"next_sequence={state.snapshot.next_sequence} token={state.token}",
        set_aside_ms=now_ms,
    )
    sequence = sequence_of(arrival.message)
    snapshot = state.snapshot
    if sequence is not None and (snapshot.next_sequence is None or sequence >= snapshot.next_sequence):
        snapshot = msgspec.structs.replace(snapshot, next_sequence=sequence + 1)
    # The token rises, so that an answer which comes after the release is known as stale.
    after = SessionState(snapshot, phase, token=state.token + 1)
    return after, (SetAside(released, letter),)
