"""When a conversation's mood alerts."""

from __future__ import annotations

import pytest

from actors.language.sentiment.trend import MoodState, advance, mood_figures


def alerts(scores: list[float]) -> list[int]:
    """Places of the messages that alert, from 0."""
    state, out = MoodState(), []
    for place, score in enumerate(scores):
        state, trend = advance(state, score)
        if trend.alert:
            out.append(place)
    return out


@pytest.mark.parametrize(("fury", "within"), [(-1.0, 2), (-0.97, 2), (-0.9, 2), (-0.8, 3), (-0.75, 3)])
def test_a_neutral_customer_who_becomes_furious_alerts_once(fury: float, within: int) -> None:
    for calm in (3, 6, 20):
        (place,) = alerts([0.0, 0.02, -0.01, *[0.0] * (calm - 3), *[fury] * 6])
        assert calm <= place < calm + within


@pytest.mark.parametrize("score", [-0.3, -0.5, -0.7, -0.97])
def test_a_single_message_of_a_neutral_customer_does_not_alert(score: float) -> None:
    assert alerts([0.0, 0.0, 0.0, score, 0.0, 0.0]) == []


def test_being_a_little_displeased_for_long_does_not_alert() -> None:
    assert alerts([0.0, 0.1, 0.0, *[-0.4] * 10]) == []


def test_who_was_furious_from_the_start_did_not_drop() -> None:
    assert alerts([-0.9] * 8) == []


def test_the_trend_is_shown() -> None:
    state = MoodState()
    for score in (0.0, 0.0, -0.9, -0.9):
        state, trend = advance(state, score)
    told = mood_figures((state.recent, state.usual, float(state.messages), float(state.alerted)))
    assert told == {
        "recent": -0.675,
        "usual": -0.171,
        "trend": round(trend.trend, 3),
        "messages": 4,
        "alerted": True,
    }
    assert mood_figures(()) == {}
