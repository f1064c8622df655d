"""Mix the stages' scores: log-linear pooling for intent, small logistic regressions for sentiment and urgency.

The same functions serve training (which fits the weights on held-out scores) and the engine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from actors.language.corpus.loader import INTENTS, SENTIMENTS
from actors.language.intent.decision import log_softmax
from actors.language.sentiment.lexicon import Lexicon
from actors.language.sentiment.urgency import cues

N_INTENT: Final = len(INTENTS)
N_SENTIMENT: Final = len(SENTIMENTS)
SENTIMENT_AT: Final = N_INTENT
URGENT_AT: Final = N_INTENT + N_SENTIMENT + 1


EMOJI_AT: Final = 2
"""Where ``lexicon_features`` has the emoji's share."""


@dataclass(frozen=True, slots=True)
class Mixing:
    """Weights of one tier.

    Attributes:
        sources: names of the score tables, in the order of the weights.
        intent: a weight for each source's log probabilities; the temperature is in their scale.
        intent_bias: one for each intent.
        sentiment: features by three, from ``sentiment_features``.
        sentiment_bias: three.
        urgent: one for each feature of ``urgent_features``.
        urgent_bias: offset; above zero is urgent.
    """

    sources: list[str]
    intent: list[float]
    intent_bias: list[float]
    sentiment: list[list[float]]
    sentiment_bias: list[float]
    urgent: list[float]
    urgent_bias: float


Scores = dict[str, NDArray[np.float32]]
LANGUAGES: Final = ("en", "ar", "arz")
"""Each has weights of its own: what a source is worth differs by script, and so does how often it is right."""


def tier_key(tier: str, language: str) -> str:
    """Name the weights of a tier for a language.

    Args:
        tier: ``full`` or ``reduced``.
        language: as ``language_of`` tells it; a message without letters is taken as English.

    Returns:
        the key in the file of weights.
    """
    return f"{tier}_{language or 'en'}"


def save(path: Path, tiers: dict[str, Mixing]) -> None:
    """Write the weights of all tiers.

    Args:
        path: of the file.
        tiers: by tier's name.
    """
    path.write_text(json.dumps({k: asdict(v) for k, v in tiers.items()}), encoding="utf-8")


def load(path: Path) -> dict[str, Mixing]:
    """Read the weights of all tiers.

    Args:
        path: of the file, whose hash was checked before.

    Returns:
        by tier's name.
    """
    return {k: Mixing(**v) for k, v in json.loads(path.read_text(encoding="utf-8")).items()}


def intent_probabilities(scores: Scores, mixing: Mixing) -> NDArray[np.float64]:
    """Pool the sources' intents.

    Args:
        scores: by source, messages by outputs.
        mixing: the tier's weights.

    Returns:
        messages by intents, calibrated probabilities.
    """
    pooled = np.asarray(mixing.intent_bias) + sum(
        weight * log_softmax(scores[name][:, :N_INTENT])
        for name, weight in zip(mixing.sources, mixing.intent, strict=True)
    )
    return np.exp(log_softmax(np.asarray(pooled)))


def lexicon_features(
    texts: Sequence[str], lexicon: Lexicon, folded: Sequence[str] | None = None
) -> NDArray[np.float64]:
    """Describe texts by the lexicon.

    Args:
        texts: messages.
        lexicon: word and emoji weights.
        folded: the texts as ``fold`` leaves them, where the caller has them already.

    Returns:
        messages by seven numbers: squashed positive, negative, emoji, last, total, and marks of exclamation, dots.
    """
    rows = []
    for i, text in enumerate(texts):
        p = lexicon.polarity(text) if folded is None else lexicon.polarity_of_folded(folded[i])
        rows.append(
            (
                p.positive / (p.positive + 3),
                p.negative / (p.negative + 3),
                p.emoji / (abs(p.emoji) + 3),
                p.last / (abs(p.last) + 2),
                p.total / (abs(p.total) + 4),
                min(2.0, text.count("!") / 2),
                float("??" in text) + float("!!" in text),
            )
        )
    return np.array(rows, dtype=np.float64).reshape(len(texts), 7)


def sentiment_features(scores: Scores, sources: Sequence[str], words: NDArray[np.float64]) -> NDArray[np.float64]:
    """Join the sources' sentiment scores and the lexicon's.

    Args:
        scores: by source, messages by outputs.
        sources: which, in order.
        words: what ``lexicon_features`` gave.

    Returns:
        messages by features.
    """
    parts = [log_softmax(scores[name][:, SENTIMENT_AT : SENTIMENT_AT + N_SENTIMENT]).clip(-6, 0) for name in sources]
    return np.concatenate([*parts, words], axis=1)


def urgent_features(
    scores: Scores, sources: Sequence[str], texts: Sequence[str], folded: Sequence[str] | None = None
) -> NDArray[np.float64]:
    """Join the sources' urgency scores and the cues.

    Args:
        scores: by source, messages by outputs.
        sources: which, in order.
        texts: messages.
        folded: the same as ``fold`` leaves them, where the caller has them already.

    Returns:
        messages by features.
    """
    parts = [scores[name][:, URGENT_AT : URGENT_AT + 1].clip(-8, 8) for name in sources]
    rows = [cues(t, None if folded is None else folded[i]) for i, t in enumerate(texts)]
    found = np.array(rows, dtype=np.float64).reshape(len(texts), -1)
    return np.concatenate([*parts, found], axis=1)


def sentiment_probabilities(features: NDArray[np.float64], mixing: Mixing) -> NDArray[np.float64]:
    """Mix sentiment.

    Args:
        features: from ``sentiment_features``.
        mixing: the tier's weights.

    Returns:
        messages by negative, neutral, positive.
    """
    return np.exp(log_softmax(features @ np.asarray(mixing.sentiment) + np.asarray(mixing.sentiment_bias)))


def urgent_probability(features: NDArray[np.float64], mixing: Mixing) -> NDArray[np.float64]:
    """Mix urgency.

    Args:
        features: from ``urgent_features``.
        mixing: the tier's weights.

    Returns:
        the probability of each message's being urgent; at least 0.5 is urgent.
    """
    return np.asarray(1 / (1 + np.exp(-(features @ np.asarray(mixing.urgent) + mixing.urgent_bias))))
