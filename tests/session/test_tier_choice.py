"""Which tier live messages get: quick to fall, slow to rise, slower when rising did not last."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.session.tier_choice import LADDER, LONGEST_REST_MS, TierChoice, TierPolicy


def _run(choice: TierChoice, waits: list[tuple[int, int]]) -> list[str]:
    """Feed (time, wait) pairs, milliseconds."""
    return [choice.seen(waited, now) for now, waited in waits]


def test_calm_keeps_the_best_tier() -> None:
    assert _run(TierChoice(TierPolicy()), [(t, 40) for t in range(0, 60_000, 1_000)]) == ["full"] * 60


def test_a_long_wait_falls_by_one_and_a_very_long_one_to_the_last() -> None:
    assert _run(TierChoice(TierPolicy()), [(1_000, 2_500)]) == ["reduced"]
    assert _run(TierChoice(TierPolicy()), [(1_000, 20_000)]) == ["essential"]


def test_what_was_taken_in_before_a_fall_does_not_make_it_fall_again() -> None:
    choice = TierChoice(TierPolicy())
    assert _run(choice, [(10_000, 2_500), (10_500, 3_000), (12_000, 4_500)]) == ["reduced"] * 3
    # Taken in after the fall, and still late: the cheaper tier is not cheap enough.
    assert _run(choice, [(14_000, 2_500)]) == ["essential"]


def test_it_rises_one_step_for_each_rest() -> None:
    choice = TierChoice(TierPolicy(rest_ms=1_000))
    _run(choice, [(0, 20_000)])
    assert _run(choice, [(t, 0) for t in range(100, 2_400, 100)])[-1] == "full"
    assert choice.falls == 1


def test_a_rise_that_does_not_last_makes_the_next_one_wait_longer() -> None:
    choice = TierChoice(TierPolicy(rest_ms=1_000))
    now, full_times = 0, []
    while now < 900_000:
        # The full tier is always too slow, the reduced one is not.
        tier = choice.seen(2_500 if choice.tier == "full" else 0, now)
        if tier == "full":
            full_times.append(now)
        now += 100
    gaps = [b - a for a, b in itertools.pairwise(full_times) if b - a > 100]
    assert gaps == sorted(gaps)
    assert gaps[-1] >= 100 * gaps[0] / 2
    assert max(gaps) <= LONGEST_REST_MS + 3_000


def test_imports_in_no_hurry_leave_it_as_it_is() -> None:
    choice = TierChoice(TierPolicy(rest_ms=60_000))
    _run(choice, [(0, 2_500)])
    assert set(_run(choice, [(t, 0) for t in range(100, 5_000, 100)])) == {"reduced"}


def test_an_operator_has_the_last_word() -> None:
    choice = TierChoice(TierPolicy())
    choice.force("essential")
    assert _run(choice, [(0, 0), (1_000, 90_000)]) == ["essential"] * 2
    choice.force("auto")
    assert choice.tier == "full"
    with pytest.raises(ValueError, match="no tier 'best'"):
        choice.force("best")


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 60_000)), max_size=60))
def test_it_never_falls_while_nothing_waits_too_long(steps: list[tuple[int, int]]) -> None:
    choice = TierChoice(TierPolicy())
    now = 0
    for passed, waited in steps:
        now += passed
        before = LADDER.index(choice.tier)
        after = LADDER.index(choice.seen(waited, now))
        if waited <= 2_000:
            assert after <= before
        assert after >= before - 1
