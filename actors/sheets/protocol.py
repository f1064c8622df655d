"""The exactly-once protocol as a pure state machine.

``step(state, event)`` gives the next state and what has to be done; :mod:`actors.sheets.writer` does it. Batches are
worked on one after another. A batch's stamp (developer metadata whose id is its number) is created in the same atomic
call as its rows, and Google refuses an id that is in use. So:

* an attempt that ended unclearly is settled by asking for the stamp: there with our hash, it landed; not there, the
  same rows are sent again under the same number, and whichever attempt comes second is refused as a whole;
* a batch may be given up only when no attempt of it can land any more: one that had a doubtful attempt is *sealed*
  first, by creating its stamp with another value, which makes every late attempt fail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from actors.sheets.batch import Batch

SEAL = "void"
"""The value of a stamp that closes a number for ever."""

MAX_FRUITLESS = 5
"""So many rows in turn refused alone, with nothing landed between, mean that the fault is not the rows'."""

MAX_LOSSES = 3
"""A batch whose sending ended unclearly so often, while questions are answered, is too large: it is halved."""

Phase = Literal["idle", "send", "ask", "inspect", "seal", "blocked", "fenced", "halted"]


@dataclass(frozen=True)
class State:
    """Where the writer is.

    Attributes:
        phase: what has to happen next with the first batch.
        queue: open batches, the first one in work.
        refusal: what the server said when it refused the first batch, "" if it did not.
        goal: what sealing is for: giving the batch up as ``split``, ``bury`` or ``move``.
        unsealed: what the server said when it refused to seal, "" if it did not.
        foreign: whether the first batch's stamp holds the hash of another batch of a sink like ours.
        losses: how often the first batch was sent without a certain answer.
        again: whether the first batch was refused, nothing was found wrong, and it was given a second chance.
        fruitless: rows set aside since a batch landed.
        reason: why it is blocked, fenced or halted.
    """

    phase: Phase = "idle"
    queue: tuple[Batch, ...] = ()
    refusal: str = ""
    goal: str = ""
    unsealed: str = ""
    foreign: bool = False
    losses: int = 0
    again: bool = False
    fruitless: int = 0
    reason: str = ""

    @property
    def head(self) -> Batch:
        """The batch in work."""
        return self.queue[0]


# -- events


@dataclass(frozen=True)
class Planned:
    """Batches were recorded; also those found at the start."""

    batches: tuple[Batch, ...]


@dataclass(frozen=True)
class Landed:
    """The server answered that the batch is applied."""


@dataclass(frozen=True)
class NotSent:
    """The call certainly had no effect and says nothing about the batch: held back, throttled, not reached, denied."""


@dataclass(frozen=True)
class Lost:
    """The call ended without a certain answer."""


@dataclass(frozen=True)
class Rejected:
    """The server refused the call; certainly no effect of this attempt."""

    message: str


@dataclass(frozen=True)
class Stamp:
    """The answer to asking for the stamp: None where there is none; ``ours`` is False for another program's entry."""

    value: str | None
    ours: bool = True


@dataclass(frozen=True)
class Inspected:
    """What was found wrong with the spreadsheet after a refusal.

    ``sound``: nothing, so the rows are at fault; ``mended``: something that is put right now; ``moved``: the batch
    has to go to another spreadsheet; ``blocked``: a person has to act; ``fenced``: another sink owns it.
    """

    finding: Literal["sound", "mended", "moved", "blocked", "fenced"]
    reason: str = ""


@dataclass(frozen=True)
class Sealed:
    """The batch's number is closed: no attempt of it can land any more."""


@dataclass(frozen=True)
class Retry:
    """The wait of a blocked state is over."""


Event = Planned | Landed | NotSent | Lost | Rejected | Stamp | Inspected | Sealed | Retry


# -- effects


@dataclass(frozen=True)
class Send:
    """Send the batch."""

    batch: Batch


@dataclass(frozen=True)
class Ask:
    """Ask for the batch's stamp."""

    batch: Batch


@dataclass(frozen=True)
class Inspect:
    """Find out what is wrong with the spreadsheet."""

    refusal: str


@dataclass(frozen=True)
class SealNumber:
    """Create the batch's stamp with :data:`SEAL` as value."""

    batch: Batch


@dataclass(frozen=True)
class Doubt:
    """Record that an attempt had no certain end."""

    batch: Batch


@dataclass(frozen=True)
class Finish:
    """Record that the batch landed."""

    batch: Batch


@dataclass(frozen=True)
class Split:
    """Record the batch void and plan its two halves."""

    batch: Batch


@dataclass(frozen=True)
class Bury:
    """Record the batch void and set its one row aside."""

    batch: Batch
    reason: str


@dataclass(frozen=True)
class Move:
    """Record the batch void and plan its rows anew, under a new number."""

    batch: Batch


@dataclass(frozen=True)
class Alarm:
    """Tell a person."""

    reason: str


Effect = Send | Ask | Inspect | SealNumber | Doubt | Finish | Split | Bury | Move | Alarm


def step(  # noqa: PLR0911 - one return for each event
    state: State, event: Event
) -> tuple[State, tuple[Effect, ...]]:
    """Advance the protocol.

    Args:
        state: where the writer is.
        event: what happened.

    Returns:
        the next state, and effects: records first; what goes over the network comes from :func:`next_call`.
    """
    if state.phase in {"fenced", "halted"}:
        return state, ()
    match event:
        case Planned(batches):
            return _planned(state, batches)
        case NotSent():
            return state, ()
        case Retry():
            return (_work_on(replace(state, reason="")), ()) if state.phase == "blocked" else (state, ())
        case Landed():
            return _finished(state)
        case Lost():
            return _lost(state)
        case Rejected(message):
            # It may have been refused because an earlier attempt of it had landed: look first.
            if state.phase == "seal":
                return replace(state, phase="ask", unsealed=message or "refused without a reason"), ()
            return replace(state, phase="ask", refusal=message or "refused without a reason"), ()
        case Stamp():
            return _stamp(state, event)
        case Inspected():
            return _inspected(state, event)
        case Sealed():
            return _give_up(state)


def next_call(state: State) -> Effect | None:
    """Return the network call that the state asks for, or None."""
    if not state.queue:
        return None
    match state.phase:
        case "send":
            return Send(state.head)
        case "ask":
            return Ask(state.head)
        case "inspect":
            return Inspect(state.refusal)
        case "seal":
            return SealNumber(state.head)
        case _:
            return None


def _work_on(state: State) -> State:
    """Return the state in which the first batch is taken up: asked for where an earlier life may have sent it."""
    if not state.queue:
        return replace(state, phase="idle", refusal="", goal="", unsealed="", foreign=False, losses=0, again=False)
    phase: Phase = "ask" if state.head.status == "sent" else "send"
    return replace(state, phase=phase, refusal="", goal="", unsealed="", foreign=False, losses=0, again=False)


def _planned(state: State, batches: tuple[Batch, ...]) -> tuple[State, tuple[Effect, ...]]:
    idle = not state.queue
    joined = replace(state, queue=state.queue + batches)
    if not idle:
        return joined, ()
    doubts = tuple(Doubt(batch) for batch in batches if batch.status == "sent" and not batch.doubtful)
    queue = tuple(replace(batch, doubtful=True) if batch.status == "sent" else batch for batch in batches)
    return _work_on(replace(joined, queue=queue)), doubts


def _lost(state: State) -> tuple[State, tuple[Effect, ...]]:
    if state.phase not in {"send", "seal"}:
        return state, ()
    head = state.head
    queue = (replace(head, doubtful=True), *state.queue[1:])
    effects = () if head.doubtful else (Doubt(head),)
    if state.phase == "seal":
        return replace(state, phase="ask", queue=queue), effects
    return replace(state, phase="ask", queue=queue, refusal="", losses=state.losses + 1), effects


def _finished(state: State) -> tuple[State, tuple[Effect, ...]]:
    after = replace(state, queue=state.queue[1:], fruitless=0)
    return _work_on(after), (Finish(state.head),)


def _stamp(  # noqa: PLR0911 - one return for each meaning of the answer
    state: State, event: Stamp
) -> tuple[State, tuple[Effect, ...]]:
    head = state.head
    if event.value is None:
        if state.unsealed:
            reason = f"the number {head.sequence} cannot be closed: {state.unsealed}"
            return replace(state, phase="blocked", reason=reason, refusal="", goal="", unsealed="", foreign=False), (
                Alarm(reason),
            )
        if state.goal:
            return replace(state, phase="seal"), ()
        if state.refusal:
            return replace(state, phase="inspect"), ()
        if state.losses >= MAX_LOSSES and head.rows > 1:
            return _close(replace(state, goal="split"))
        return replace(state, phase="send"), ()
    if not event.ours:
        # Another program's entry has this id, so nothing of ours can have landed under it or ever will.
        return _give_up(replace(state, goal="move"))
    if event.value == head.digest:
        return _finished(state)
    if event.value == SEAL:
        return _give_up(replace(state, goal=state.goal or "move"))
    return replace(state, phase="inspect", foreign=True), ()  # has another sink taken over?


def _inspected(  # noqa: PLR0911 - one return for each finding
    state: State, event: Inspected
) -> tuple[State, tuple[Effect, ...]]:
    match event.finding:
        case "fenced":
            return replace(state, phase="fenced", reason=event.reason), (Alarm(event.reason),)
        case "blocked":
            return replace(state, phase="blocked", reason=event.reason, refusal=""), (Alarm(event.reason),)
        case _ if state.foreign:
            number, book = state.head.sequence, state.head.spreadsheet
            reason = f"the stamp {number} of {book} holds another batch: two sinks share one ledger's numbers"
            return replace(state, phase="halted", reason=reason), (Alarm(reason),)
        case "mended":
            return replace(state, phase="send", refusal=""), ()
        case "moved":
            return _close(replace(state, goal="move"))
        case _:
            pass
    if state.head.rows > 1:
        return _close(replace(state, goal="split"))
    if not state.again:
        # What made the server refuse may have been put right before we looked: only a second refusal is the row's.
        return replace(state, phase="send", refusal="", again=True), ()
    if state.fruitless >= MAX_FRUITLESS:
        reason = f"every row is refused, so the rows are not at fault: {state.refusal}"
        return replace(state, phase="blocked", reason=reason, refusal="", fruitless=0), (Alarm(reason),)
    return _close(replace(state, goal="bury"))


def _close(state: State) -> tuple[State, tuple[Effect, ...]]:
    """Give the batch up, at once where no attempt of it can land any more."""
    if state.head.doubtful:
        return replace(state, phase="seal"), ()
    return _give_up(state)


def _give_up(state: State) -> tuple[State, tuple[Effect, ...]]:
    head, rest = state.head, state.queue[1:]
    effect: Effect
    fruitless = state.fruitless
    if state.goal == "split":
        effect = Split(head)
    elif state.goal == "bury":
        effect, fruitless = Bury(head, state.refusal), fruitless + 1
    else:
        effect = Move(head)
    # The effect's new batches come back as a Planned event and go before the rest, see ``resume``.
    return replace(state, phase="idle", queue=rest, refusal="", goal="", unsealed="", fruitless=fruitless), (effect,)


def resume(state: State, batches: tuple[Batch, ...]) -> State:
    """Put the parts of a batch that was given up before the others, so that rows keep their order.

    Args:
        state: the state after ``Split``, ``Bury`` or ``Move``.
        batches: the new batches, none for ``Bury``.

    Returns:
        the state that works on.
    """
    return _work_on(replace(state, queue=batches + state.queue))
