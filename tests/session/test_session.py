"""A session's behaviour: a pure function of state, event and time."""

from __future__ import annotations

import msgspec
import pytest

from actors.session.errors import IllegalTransition, StaleAnswer
from actors.session.events import (
    Ask,
    Begun,
    Delivered,
    Failed,
    Finish,
    Overdue,
    SetAside,
    Tick,
    Understood,
    Unlock,
    WakeAt,
)
from actors.session.ordering import Released
from actors.session.session import SessionPolicy, SessionState, advance
from actors.session.transitions import Phase
from messages.inbound import Attachment
from messages.session import Snapshot
from messages.understanding import Entity, Understanding
from tests.session.samples import arrival, inbound

POLICY = SessionPolicy()
UNIT = Entity(type="unit", start=0, end=1, text="5", value="5")


def fresh() -> SessionState:
    return SessionState(Snapshot(conversation="c"))


def working(now_ms: int = 0, *, late: bool = False, gap: int = 0, sequence: int | None = None) -> SessionState:
    message = inbound(1, sequence=sequence)
    state, effects = advance(fresh(), Delivered(Released(arrival(0, message), late, gap)), now_ms, POLICY)
    assert effects == (Ask(1),)
    return state


def test_a_delivered_message_takes_the_lock_and_asks_for_understanding() -> None:
    state = working(now_ms=7)
    assert state.phase is Phase.UNDERSTANDING
    assert state.lease is not None
    assert (state.lease.since_ms, state.lease.overdue) == (7, False)


def test_an_answer_makes_the_row_and_frees_the_lock() -> None:
    understanding = Understanding(intent="inquiry", intent_confidence=0.9, tier="essential", entities=(UNIT,))
    state, effects = advance(working(sequence=4), Understood(1, understanding), 50, POLICY)
    (finish,) = effects
    assert isinstance(finish, Finish)
    assert (finish.row.position, finish.row.intent, finish.row.committed_ms) == (1, "inquiry", 50)
    assert (state.phase, state.lease, state.current) == (Phase.IDLE, None, None)
    assert (state.snapshot.position, state.snapshot.next_sequence) == (1, 5)
    assert state.snapshot.known == (UNIT,)
    assert state.snapshot.recent == ("message 1",)


def test_a_session_in_work_takes_no_second_message() -> None:
    with pytest.raises(IllegalTransition):
        advance(working(), Delivered(Released(arrival(1, inbound(2)), late=False, gap=0)), 1, POLICY)


@pytest.mark.parametrize("token", [0, 2])
def test_an_answer_to_another_request_is_stale(token: int) -> None:
    with pytest.raises(StaleAnswer):
        advance(working(), Understood(token, Understanding()), 1, POLICY)


def test_the_row_says_late_gap_unread_attachments_and_what_was_unavailable() -> None:
    message = msgspec.structs.replace(
        inbound(1), attachments=(Attachment(name="plan.pdf"),), extra={"time_note": "in the future"}
    )
    state, _ = advance(fresh(), Delivered(Released(arrival(0, message), late=True, gap=2)), 0, POLICY)
    _, effects = advance(state, Understood(1, Understanding(unavailable=("intent",))), 1, POLICY)
    assert isinstance(effects[0], Finish)
    row = effects[0].row
    assert (row.late, row.gap) == (True, 2)
    assert any("plan.pdf" in note for note in row.notes)
    assert any("intent" in note for note in row.notes)
    assert any("in the future" in note for note in row.notes)


def test_a_failing_message_is_tried_three_more_times_with_growing_waits_then_set_aside() -> None:
    state, now, waits = working(), 0, []
    for attempt in range(1, 4):
        state, (wake,) = advance(state, Failed(state.token, "raised", "trace"), now, POLICY)
        assert isinstance(wake, WakeAt)
        assert state.phase is Phase.BACKING_OFF
        waits.append(wake.at_ms - now)
        assert advance(state, Tick(), wake.at_ms - 1, POLICY)[1] == ()
        now = wake.at_ms
        state, effects = advance(state, Tick(), now, POLICY)
        assert effects == (Ask(attempt + 1),)
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]
    state, (aside,) = advance(state, Failed(state.token, "raised", "the trace"), now, POLICY)
    assert isinstance(aside, SetAside)
    assert (aside.letter.reason, aside.letter.attempts, aside.letter.traceback) == ("raised", 4, "the trace")
    assert "understanding" in aside.letter.state
    assert (state.phase, state.snapshot.position) == (Phase.IDLE, 0)


def test_a_lease_is_overdue_at_thirty_seconds_and_released_at_forty_five() -> None:
    state = working()
    assert advance(state, Tick(), 29_999, POLICY)[1] == ()
    state, effects = advance(state, Tick(), 30_000, POLICY)
    assert isinstance(effects[0], Overdue)
    assert advance(state, Tick(), 44_999, POLICY)[1] == ()
    after, (aside,) = advance(state, Tick(), 45_000, POLICY)
    assert isinstance(aside, SetAside)
    assert aside.letter.reason == "lease_expired"
    with pytest.raises(StaleAnswer):
        advance(after, Understood(state.token, Understanding()), 45_001, POLICY)


def test_the_wait_for_a_worker_does_not_count_against_the_lease() -> None:
    state, effects = advance(working(), Begun(), 60_000, POLICY)
    assert effects == ()
    assert advance(state, Tick(), 89_999, POLICY)[1] == ()
    assert isinstance(advance(state, Tick(), 90_000, POLICY)[1][0], Overdue)


def test_an_operator_can_release_the_lock() -> None:
    state, (aside,) = advance(working(), Unlock("sara"), 10, POLICY)
    assert isinstance(aside, SetAside)
    assert aside.letter.reason == "unlocked"
    assert "sara" in aside.letter.traceback
    with pytest.raises(IllegalTransition):
        advance(state, Unlock("sara"), 11, POLICY)


def test_the_apps_own_lines_are_recorded_without_being_understood() -> None:
    message = msgspec.structs.replace(inbound(1), kind="system", text="Messages are end-to-end encrypted.")
    state, (finish,) = advance(fresh(), Delivered(Released(arrival(0, message), late=False, gap=0)), 9, POLICY)
    assert isinstance(finish, Finish)
    assert (finish.row.text, finish.row.intent, finish.row.tier) == (message.text, "", "none")
    assert (state.phase, state.snapshot.position, state.lease) == (Phase.IDLE, 1, None)
