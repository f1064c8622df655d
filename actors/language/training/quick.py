"""Fit the heads of the first stage: n-grams and static embeddings for intent, sentiment and urgency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from actors.language.corpus.loader import INTENTS, SENTIMENTS, Example
from actors.language.intent.arabic_forms import gram_text
from actors.language.intent.ngrams import NgramHasher, fold
from actors.language.intent.static import StaticEmbedder, embeddable
from actors.language.language_of import language_of

OUTPUTS: Final = len(INTENTS) + len(SENTIMENTS) + 2
"""Columns of a score table: intents, sentiments, calm and urgent."""
STRENGTH: Final = {"ngrams": 40.0, "static": 20.0}
"""Inverse regularisation of the logistic regressions, chosen by cross-validation on the corpus."""


@dataclass(frozen=True, slots=True)
class Heads:
    """Linear heads of one feature source.

    Attributes:
        weights: features by ``OUTPUTS``.
        bias: one for each output.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


def labels(examples: Sequence[Example]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Turn labels into numbers.

    Args:
        examples: messages.

    Returns:
        intents (-1 without one), sentiments, urgency (0 or 1).
    """
    return (
        np.array([INTENTS.index(e.intent) if e.intent else -1 for e in examples]),
        np.array([SENTIMENTS.index(e.sentiment) for e in examples]),
        np.array([int(e.urgent) for e in examples]),
    )


def _regress(x: Any, y: NDArray[np.int64], classes: int, strength: float, *, balance: bool) -> Heads:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=120, tol=1e-3, class_weight="balanced" if balance else None)
    model.fit(x, y)
    weights = np.zeros((x.shape[1], classes), dtype=np.float32)
    bias = np.full(classes, -8.0, dtype=np.float32)
    if classes == 2:
        weights[:, 1], bias[:] = model.coef_[0], (0.0, model.intercept_[0])
    else:
        weights[:, model.classes_] = model.coef_.T
        bias[model.classes_] = model.intercept_
    return Heads(weights, bias)


def fit(x: Any, examples: Sequence[Example], strength: float) -> Heads:
    """Fit the three heads on one feature matrix.

    Args:
        x: messages by features, sparse or dense.
        examples: the messages.
        strength: inverse regularisation.

    Returns:
        the heads, side by side.
    """
    intents, sentiments, urgent = labels(examples)
    known = np.flatnonzero(intents >= 0)
    parts = [
        _regress(x[known], intents[known], len(INTENTS), strength, balance=False),
        _regress(x, sentiments, len(SENTIMENTS), strength / 2, balance=True),
        _regress(x, urgent, 2, strength / 2, balance=True),
    ]
    return Heads(np.concatenate([p.weights for p in parts], axis=1), np.concatenate([p.bias for p in parts]))


def features(texts: Sequence[str], embedder: StaticEmbedder, hasher: NgramHasher) -> dict[str, Any]:
    """Compute the features of both sources.

    Args:
        texts: messages.
        embedder: static embeddings.
        hasher: n-grams.

    Returns:
        ``ngrams`` (sparse) and ``static`` (dense).
    """
    folded = [fold(t) for t in texts]
    languages = [language_of(t) for t in texts]
    grams = [gram_text(*each) for each in zip(texts, folded, languages, strict=True)]
    return {"ngrams": hasher.matrix(grams), "static": embedder.embed(embeddable(folded, languages))}


def scores(x: dict[str, Any], heads: dict[str, Heads]) -> dict[str, NDArray[np.float32]]:
    """Apply the heads.

    Args:
        x: what ``features`` gave.
        heads: by source.

    Returns:
        messages by ``OUTPUTS`` for each source.
    """
    return {name: np.asarray(x[name] @ heads[name].weights + heads[name].bias) for name in heads}


def folds(count: int, number: int, seed: int) -> list[NDArray[np.int64]]:
    """Deal examples into folds.

    Args:
        count: of examples.
        number: of folds.
        seed: of the shuffle.

    Returns:
        the held-out indices of each fold.
    """
    order = np.random.default_rng(seed).permutation(count)
    return [np.sort(order[i::number]) for i in range(number)]


def out_of_fold(
    examples: Sequence[Example], x: dict[str, Any], number: int, seed: int
) -> dict[str, NDArray[np.float32]]:
    """Score each message by heads that did not see it.

    Args:
        examples: the messages.
        x: their features.
        number: of folds.
        seed: of the deal.

    Returns:
        messages by ``OUTPUTS`` for each source.
    """
    out = {name: np.zeros((len(examples), OUTPUTS), dtype=np.float32) for name in x}
    for held in folds(len(examples), number, seed):
        rest = np.setdiff1d(np.arange(len(examples)), held)
        part = [examples[i] for i in rest]
        heads = {name: fit(x[name][rest], part, STRENGTH[name]) for name in x}
        for name, values in scores({n: x[n][held] for n in x}, heads).items():
            out[name][held] = values
    return out
