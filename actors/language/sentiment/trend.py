"""A conversation's sentiment over time, and the alert when it drops sharply: pure functions over a small state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

FAST: Final = 0.5
SLOW: Final = 0.1
"""Smoothing of the two moving averages (Roberts, 1959): the recent mood, and the customer's usual one."""
DROP: Final = 0.42
"""How far the recent mood has to fall below the usual one for an alert; scores run from -1 to 1.

From a neutral mood one message takes it down by 0.4 at most (FAST - SLOW), two by 0.56, three by 0.6: a single message
never alerts, two very negative ones or three quite negative ones do.
"""
LOW: Final = -0.2
"""An alert also needs the recent mood to be this low: from delighted to neutral is no alarm."""
LEAST: Final = 3
"""Messages before there is a usual mood to fall from."""


class MoodState(NamedTuple):
    """What is remembered of a conversation's mood.

    Attributes:
        recent: fast moving average of the scores.
        usual: slow moving average.
        messages: how many were counted.
        alerted: an alert was given and the mood has not recovered since.
    """

    recent: float = 0.0
    usual: float = 0.0
    messages: int = 0
    alerted: bool = False


class MoodTrend(NamedTuple):
    """What one message did to the mood.

    Attributes:
        trend: recent less usual mood; negative is falling.
        alert: this message is where the mood dropped sharply.
    """

    trend: float
    alert: bool


def mood_figures(state: Sequence[float]) -> dict[str, float | int | bool]:
    """Show a mood as a session's snapshot keeps it.

    Args:
        state: the fields of a ``MoodState``; empty before the first message.

    Returns:
        the fields by name, and the trend; empty where there is no mood yet.
    """
    if len(state) != len(MoodState._fields):
        return {}
    recent, usual, messages, alerted = state
    return {
        "recent": round(recent, 3),
        "usual": round(usual, 3),
        "trend": round(recent - usual, 3),
        "messages": int(messages),
        "alerted": bool(alerted),
    }


def advance(state: MoodState, score: float) -> tuple[MoodState, MoodTrend]:
    """Take the next message's score.

    Args:
        state: of the conversation so far.
        score: the message's sentiment, -1 to 1; values outside are cut.

    Returns:
        the new state, and the trend with at most one alert for each drop.
    """
    score = max(-1.0, min(1.0, score))
    if state.messages == 0:
        return MoodState(score, score, 1, alerted=False), MoodTrend(0.0, alert=False)
    recent = state.recent + FAST * (score - state.recent)
    usual = state.usual + SLOW * (score - state.usual)
    trend = recent - usual
    low = state.messages + 1 >= LEAST and trend <= -DROP and recent <= LOW
    alert = low and not state.alerted
    alerted = (state.alerted or alert) and trend < -DROP / 2
    return MoodState(recent, usual, state.messages + 1, alerted), MoodTrend(trend, alert)
