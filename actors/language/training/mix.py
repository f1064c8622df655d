"""Fit the mixing weights and the calibration on scores that their models did not train on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from actors.language.corpus.loader import Example
from actors.language.hybrid_mixing import (
    N_INTENT,
    Mixing,
    Scores,
    intent_probabilities,
    lexicon_features,
    sentiment_features,
    sentiment_probabilities,
    urgent_features,
    urgent_probability,
)
from actors.language.intent.decision import calibration_error, log_softmax
from actors.language.sentiment.lexicon import default_lexicon
from actors.language.training.quick import labels


def _fit_intent(scores: Scores, sources: Sequence[str], wanted: NDArray[np.int64]) -> tuple[list[float], list[float]]:
    from scipy.optimize import minimize

    known = wanted >= 0
    parts = [log_softmax(scores[name][known][:, :N_INTENT]) for name in sources]
    target = wanted[known]

    def loss(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = theta[: len(parts)], theta[len(parts) :]
        pooled = log_softmax(bias + sum(w * p for w, p in zip(weights, parts, strict=True)))
        grown = np.exp(pooled)
        grown[np.arange(len(target)), target] -= 1
        slope = np.concatenate([[float((grown * p).sum()) for p in parts], grown.sum(axis=0)]) / len(target)
        slope[len(parts) :] += 0.02 * bias
        value = -float(pooled[np.arange(len(target)), target].mean()) + 0.01 * float(bias @ bias)
        return value, slope

    start = np.concatenate([np.full(len(parts), 0.5), np.zeros(N_INTENT)])
    bounds = [(0.0, 5.0)] * len(parts) + [(-1.5, 1.5)] * N_INTENT
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return [float(v) for v in found[: len(parts)]], [float(v) for v in found[len(parts) :]]


def _balance(wanted: NDArray[np.int64], power: float) -> NDArray[np.float64]:
    """Weigh rare classes up: how often a class stands in a hand-written corpus says little of how often it comes."""
    share = np.bincount(wanted) / len(wanted)
    weight = (1 / np.maximum(share[wanted], 1e-9)) ** power
    return np.asarray(weight / weight.mean())


def fit_mixing(
    scores: Scores,
    sources: Sequence[str],
    examples: Sequence[Example],
    *,
    weight: float = 1.0,
    balance: float = 1.0,
) -> Mixing:
    """Fit one tier's weights.

    Args:
        scores: by source, messages by outputs, from models that did not see the messages.
        sources: which scores the tier has.
        examples: the messages.
        weight: inverse regularisation of the sentiment and urgency mixtures.
        balance: how far rare sentiments are weighed up, 0 not at all, 1 until all weigh the same.

    Returns:
        the weights.
    """
    from sklearn.linear_model import LogisticRegression

    intents, sentiments, urgent = labels(examples)
    texts = [e.text for e in examples]
    pool, bias = _fit_intent(scores, sources, intents)
    words = lexicon_features(texts, default_lexicon())
    mood = LogisticRegression(C=weight, max_iter=500).fit(
        sentiment_features(scores, sources, words), sentiments, sample_weight=_balance(sentiments, balance)
    )
    haste = LogisticRegression(C=weight, max_iter=500).fit(
        urgent_features(scores, sources, texts), urgent, sample_weight=_balance(urgent, 0.5)
    )
    return Mixing(
        sources=list(sources),
        intent=pool,
        intent_bias=bias,
        sentiment=mood.coef_.T.tolist(),
        sentiment_bias=mood.intercept_.tolist(),
        urgent=haste.coef_[0].tolist(),
        urgent_bias=float(haste.intercept_[0]),
    )


def assess(scores: Scores, mixing: Mixing, examples: Sequence[Example]) -> dict[str, Any]:
    """Score a mixture.

    Args:
        scores: by source, messages by outputs.
        mixing: the tier's weights.
        examples: the messages.

    Returns:
        intent accuracy and calibration error, sentiment accuracy, urgent F1, and intent accuracy by language.
    """
    intents, sentiments, urgent = labels(examples)
    texts = [e.text for e in examples]
    probability = intent_probabilities(scores, mixing)
    known = intents >= 0
    right = probability.argmax(axis=1) == intents
    words = lexicon_features(texts, default_lexicon())
    mood = sentiment_probabilities(sentiment_features(scores, mixing.sources, words), mixing).argmax(axis=1)
    haste = urgent_probability(urgent_features(scores, mixing.sources, texts), mixing) >= 0.5
    hits = int((haste & (urgent == 1)).sum())
    langs = np.array([e.lang for e in examples])
    return {
        "messages": len(examples),
        "intent_accuracy": round(float(right[known].mean()), 4),
        "intent_ece": round(calibration_error(probability[known].max(axis=1), right[known]), 4),
        "intent_by_language": {
            str(lang): round(float(right[known & (langs == lang)].mean()), 4)
            for lang in sorted(set(langs[known].tolist()))
        },
        "sentiment_accuracy": round(float((mood == sentiments).mean()), 4),
        "urgent_f1": round(2 * hits / max(1, int(haste.sum()) + int(urgent.sum())), 4),
    }
