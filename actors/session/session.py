"""A session's behaviour as a pure function: ``(state, event, now) -> (state, effects)``.

The host delivers one message at a time, and only to an idle session: the turn is the lock. The lock is a lease with
an owner and two deadlines; what outlives the second is set aside, and the conversation goes on.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from actors.session.errors import StaleAnswer
from actors.session.ordering import Released
from actors.session.transitions import Phase, Trigger, next_phase
from messages.row import DeadLetter, Reply, Row
from messages.session import Snapshot
from messages.understanding import Entity, Understanding


class SessionPolicy(msgspec.Struct, frozen=True):
    """Limits of a session's turn.

    Attributes:
        lease_ms: after this a lock is overdue and shown as such, milliseconds.
        forced_ms: after this it is released by force and its work set aside, milliseconds.
        retries: how often a message whose handling raised is tried again.
        backoff_ms: wait before the first retry; each further one waits ``backoff_factor`` times longer.
        backoff_factor: growth of the wait.
        recent_texts: how many texts are kept for understanding in context.
        known_entities: how many entities are kept for references.
    """

    lease_ms: int = 30_000
    forced_ms: int = 45_000
    retries: int = 3
    backoff_ms: int = 200
    backoff_factor: float = 3.0
    recent_texts: int = 3
    known_entities: int = 8


class Lease(NamedTuple):
    """The session's lock while a message is in work.

    Attributes:
        owner: which request holds it.
        since_ms: when the turn began, milliseconds since 1970 UTC.
        overdue: its first deadline has passed.
    """

    owner: str
    since_ms: int
    overdue: bool


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
    """

    snapshot: Snapshot
    phase: Phase = Phase.IDLE
    current: Released | None = None
    lease: Lease | None = None
    attempts: int = 0
    retry_at_ms: int = 0
    token: int = 0


class Delivered(NamedTuple):
    """A message's turn has come."""

    released: Released


class Understood(NamedTuple):
    """The pool answered."""

    token: int
    understanding: Understanding


class Failed(NamedTuple):
    """Handling raised, or the worker died."""

    token: int
    reason: str
    traceback: str


class Begun(NamedTuple):
    """A worker has the request now: the lease runs from here, not from the time spent waiting for a worker."""


class Tick(NamedTuple):
    """Time has passed."""


class Unlock(NamedTuple):
    """An operator releases the lock."""

    who: str


Event = Delivered | Begun | Understood | Failed | Tick | Unlock


class Ask(NamedTuple):
    """Ask the pool to understand the current message."""

    token: int


class Finish(NamedTuple):
    """The message is done: its row, and the answer to it if there is one."""

    released: Released
    row: Row
    reply: Reply | None


class SetAside(NamedTuple):
    """The message goes to the dead-letter queue."""

    released: Released
    letter: DeadLetter


class WakeAt(NamedTuple):
    """Look again at this time, milliseconds since 1970 UTC; the host looks at leases of its own accord."""

    at_ms: int


class Overdue(NamedTuple):
    """The lock's first deadline has passed: say so."""

    lease: Lease


Effect = Ask | Finish | SetAside | WakeAt | Overdue

_NOT_READ = "attachment not yet read"


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
        _check_token(state, event.token)
        return _finish(state, event.understanding, now_ms, policy)
    if isinstance(event, Delivered):
        token = state.token + 1
        phase = next_phase(state.phase, Trigger.DELIVERED)
        lease = Lease(f"request-{token}", now_ms, overdue=False)
        started = SessionState(state.snapshot, phase, event.released, lease, 1, 0, token)
        return started, (Ask(token),)
    if isinstance(event, Failed):
        _check_token(state, event.token)
        return _fail(state, event, now_ms, policy)
    if isinstance(event, Begun):
        return _begin(state, now_ms), ()
    if isinstance(event, Unlock):
        phase = next_phase(state.phase, Trigger.FORCED_RELEASE)
        return _set_aside(state, phase, "unlocked", f"released by {event.who}", now_ms)
    return _tick(state, now_ms, policy)


def _begin(state: SessionState, now_ms: int) -> SessionState:
    lease = state.lease
    phase = next_phase(state.phase, Trigger.BEGUN)
    assert lease is not None  # the table allows it only with a message in work
    return msgspec.structs.replace(state, phase=phase, lease=lease._replace(since_ms=now_ms, overdue=False))


def _check_token(state: SessionState, token: int) -> None:
    if state.current is None or token != state.token or state.phase is not Phase.UNDERSTANDING:
        raise StaleAnswer(f"answer {token}, current request {state.token}, {state.phase.value}")


def _finish(
    state: SessionState, understanding: Understanding, now_ms: int, policy: SessionPolicy
) -> tuple[SessionState, tuple[Effect, ...]]:
    released = state.current
    assert released is not None  # _check_token saw it
    message = released.arrival.message
    old = state.snapshot
    row = row_of(released, understanding, old.position + 1, now_ms)
    sequence = message.sequence
    expected = old.next_sequence
    if sequence is not None and (expected is None or sequence >= expected):
        expected = sequence + 1
    snapshot = Snapshot(
        conversation=old.conversation,
        position=row.position,
        next_sequence=expected,
        high_water_ms=max(old.high_water_ms, message.sent_ms),
        last_ms=now_ms,
        recent=(*old.recent, message.text[:500])[-policy.recent_texts :] if message.text else old.recent,
        known=_remember(old.known, understanding.entities, policy.known_entities),
        threads=old.threads,
        replies=old.replies,
    )
    phase = next_phase(state.phase, Trigger.UNDERSTOOD)
    return SessionState(snapshot, phase, token=state.token), (Finish(released, row, None),)


def _remember(known: tuple[Entity, ...], new: tuple[Entity, ...], limit: int) -> tuple[Entity, ...]:
    kept = tuple(entity for entity in new if entity.type in {"unit", "project", "location", "property_type"})
    return (*known, *kept)[-limit:] if kept else known


def row_of(released: Released, understanding: Understanding, position: int, now_ms: int) -> Row:
    """Make the row of a message.

    Args:
        released: the message, and what is known of its order.
        understanding: what was understood.
        position: its number in the conversation, from 1.
        now_ms: when it is decided, milliseconds since 1970 UTC.

    Returns:
        the row.
    """
    arrival = released.arrival
    message = arrival.message
    notes: list[str] = []
    if released.late:
        notes.append("late: a later message was recorded before it")
    if released.gap:
        notes.append(f"gap: {released.gap} missing before it")
    notes.extend(f"{_NOT_READ}: {item.name}" for item in message.attachments)
    if understanding.unavailable:
        notes.append("unavailable: " + ", ".join(understanding.unavailable))
    notes.extend(f"{key}: {value}" for key, value in message.extra.items() if key.endswith("_note"))
    return Row(
        row_id=arrival.digest.hex(),
        conversation=message.conversation,
        position=position,
        message_id=message.id,
        source=message.source,
        direction=message.direction,
        kind=message.kind,
        sender=message.sender,
        sender_name=message.sender_name,
        text=message.text,
        sequence=message.sequence,
        sent_ms=message.sent_ms,
        utc_offset_min=message.utc_offset_min,
        received_ms=message.received_ms,
        committed_ms=now_ms,
        lang=understanding.lang,
        intent=understanding.intent,
        intent_confidence=understanding.intent_confidence,
        sentiment=understanding.sentiment,
        sentiment_score=understanding.sentiment_score,
        urgent=understanding.urgent,
        tier=understanding.tier,
        entities=understanding.entities,
        late=released.late,
        gap=released.gap,
        attachments=message.attachments,
        notes=tuple(notes),
    )


def _fail(
    state: SessionState, event: Failed, now_ms: int, policy: SessionPolicy
) -> tuple[SessionState, tuple[Effect, ...]]:
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
        traceback=traceback[-20_000:],
        attempts=state.attempts,
        state=f"phase={state.phase.value} position={state.snapshot.position} "
        f"next_sequence={state.snapshot.next_sequence} token={state.token}",
        set_aside_ms=now_ms,
    )
    sequence = arrival.message.sequence
    snapshot = state.snapshot
    if sequence is not None and (snapshot.next_sequence is None or sequence >= snapshot.next_sequence):
        snapshot = msgspec.structs.replace(snapshot, next_sequence=sequence + 1)
    # The token rises, so that an answer which comes after the release is known as stale.
    after = SessionState(snapshot, phase, token=state.token + 1)
    return after, (SetAside(released, letter),)
