"""From mixed scores to one intent with an honest confidence.

The confidence is the calibrated probability that the label is right. Fourteen near neighbours share that
probability ("negotiation" and "offer"), so a message that surely asks for work would fall to ``other`` though
``other`` is the least likely of all. What the threshold guards against is an intent where there is none. So it
is held against the label's weight beside ``other``: p(label) / (p(label) + p(other)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from actors.language.corpus.loader import INTENTS

OTHER: Final = INTENTS.index("other")
LISTED: Final = 3
"""How many alternatives are listed."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The chosen intent and its rivals.

    Attributes:
        intent: the label.
        confidence: calibrated probability of it.
        alternatives: other labels with theirs, best first.
    """

    intent: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...]


def decide(probabilities: NDArray[np.float64], threshold: float) -> Decision:
    """Choose an intent.

    Args:
        probabilities: one for each of ``INTENTS``, calibrated, summing to 1.
        threshold: least share of the label against ``other``.

    Returns:
        the decision.
    """
    order = np.argsort(-probabilities, kind="stable")
    best = int(order[0])
    if best != OTHER and probabilities[best] < threshold * (probabilities[best] + probabilities[OTHER]):
        best = OTHER
    rest = tuple((INTENTS[i], float(probabilities[i])) for i in order if i != best)[:LISTED]
    return Decision(INTENTS[best], float(probabilities[best]), rest)


def log_softmax(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Normalise rows of scores to log probabilities.

    Args:
        scores: rows by classes.

    Returns:
        the same shape.
    """
    shifted = np.asarray(scores, dtype=np.float64)
    shifted = shifted - shifted.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def calibration_error(confidence: NDArray[np.floating], right: NDArray[np.bool_], bins: int = 10) -> float:
    """Compute the expected calibration error (Naeini et al., 2015).

    Args:
        confidence: of each prediction, 0 to 1.
        right: whether it was right.
        bins: of equal width.

    Returns:
        the mean distance of confidence and accuracy, weighted by bin size, 0 to 1.
    """
    place = np.clip((np.asarray(confidence) * bins).astype(int), 0, bins - 1)
    error = 0.0
    for i in range(bins):
        inside = place == i
        if inside.any():
            error += inside.mean() * abs(float(np.mean(confidence[inside])) - float(np.mean(right[inside])))
    return float(error)
