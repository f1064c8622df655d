"""The transition table: what it names is allowed, everything else is an error."""

from __future__ import annotations

import itertools

import pytest

from actors.session.errors import IllegalTransition
from actors.session.transitions import TRANSITIONS, Phase, Trigger, next_phase


@pytest.mark.parametrize(("phase", "trigger"), list(itertools.product(Phase, Trigger)))
def test_every_pair_is_either_in_the_table_or_illegal(phase: Phase, trigger: Trigger) -> None:
    if (phase, trigger) in TRANSITIONS:
        assert next_phase(phase, trigger) is TRANSITIONS[phase, trigger]
    else:
        with pytest.raises(IllegalTransition, match=phase.value):
            next_phase(phase, trigger)


def test_a_passive_session_does_nothing_until_it_is_activated_anew() -> None:
    assert not [pair for pair in TRANSITIONS if pair[0] is Phase.PASSIVE]


def test_every_phase_with_work_can_be_released_by_force() -> None:
    for phase in (Phase.UNDERSTANDING, Phase.BACKING_OFF):
        assert next_phase(phase, Trigger.FORCED_RELEASE) is Phase.IDLE
