"""Intent, sentiment and urgency of messages from mixed scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from actors.language.corpus.loader import SENTIMENTS
from actors.language.hybrid_mixing import (
    EMOJI_AT,
    Mixing,
    Scores,
    intent_probabilities,
    lexicon_features,
    sentiment_features,
    sentiment_probabilities,
    urgent_features,
    urgent_probability,
)
from actors.language.intent.decision import decide
from actors.language.sentiment.lexicon import Lexicon
from messages.understanding import SentimentLabel

SURE_MOOD = 0.7
"""Sentiment or urgency below this probability is worth the transformer's opinion."""

CROSS = -0.4
"""Share of emoji at or below which a message without words is negative."""


@dataclass(frozen=True, slots=True)
class Mood:
    """What the classifiers say of one message.

    Attributes:
        intent: one of the fourteen.
        intent_confidence: its calibrated probability.
        alternatives: others with theirs, best first.
        sentiment: the label.
        sentiment_score: probability of positive less that of negative, -1 to 1.
        sentiment_confidence: probability of the label.
        urgent: the sender needs action now.
        urgent_probability: of it.
        top: probability of the best intent, before the threshold.
    """

    intent: str
    intent_confidence: float
    alternatives: tuple[tuple[str, float], ...]
    sentiment: SentimentLabel
    sentiment_score: float
    sentiment_confidence: float
    urgent: bool
    urgent_probability: float
    top: float

    def unsure(self, below: float) -> bool:
        """Tell whether a better model should be asked.

        Args:
            below: least probability of the best intent.

        Returns:
            the intent, sentiment or urgency is uncertain.
        """
        return (
            self.top < below
            or self.sentiment_confidence < SURE_MOOD
            or 1 - SURE_MOOD < self.urgent_probability < SURE_MOOD
        )

    def felt(self, shares: tuple[float, float, float]) -> Mood:
        """Take another model's sentiment.

        Args:
            shares: its probabilities of negative, neutral and positive.

        Returns:
            the mood with that sentiment; all else stays.
        """
        best = shares.index(max(shares))
        return replace(
            self,
            sentiment=cast(SentimentLabel, SENTIMENTS[best]),
            sentiment_score=shares[2] - shares[0],
            sentiment_confidence=shares[best],
        )


def moods(
    scores: Scores,
    mixing: Mixing,
    texts: Sequence[str],
    folded: Sequence[str],
    *,
    lexicon: Lexicon,
    threshold: float,
) -> list[Mood]:
    """Classify messages.

    Args:
        scores: by source, messages by outputs.
        mixing: the tier's weights.
        texts: the messages.
        folded: the same as ``fold`` leaves them.
        lexicon: word and emoji weights.
        threshold: of the intent decision.

    Returns:
        a mood for each; an empty message is ``other``, neutral, not urgent.
    """
    intents = intent_probabilities(scores, mixing)
    words = lexicon_features(texts, lexicon, folded)
    feelings = sentiment_probabilities(sentiment_features(scores, mixing.sources, words), mixing)
    for i, text in enumerate(folded):
        # The models know words; where there are none, a face that is plainly cross or sad says it all. Of the other
        # emoji, thumbs and folded hands are gestures rather than feelings: these the models have seen.
        if words[i, EMOJI_AT] <= CROSS and not any(character.isalnum() for character in text):
            feelings[i] = (0.9, 0.1, 0.0)
    haste = urgent_probability(urgent_features(scores, mixing.sources, texts, folded), mixing)
    out = []
    for i, text in enumerate(folded):
        if not text:
            out.append(Mood("other", 1.0, (), "neutral", 0.0, 1.0, urgent=False, urgent_probability=0.0, top=1.0))
            continue
        choice = decide(intents[i], threshold)
        best = int(feelings[i].argmax())
        out.append(
            Mood(
                intent=choice.intent,
                intent_confidence=choice.confidence,
                alternatives=choice.alternatives,
                sentiment=cast(SentimentLabel, SENTIMENTS[best]),
                sentiment_score=float(feelings[i][2] - feelings[i][0]),
                sentiment_confidence=float(feelings[i][best]),
                urgent=bool(haste[i] >= 0.5),
                urgent_probability=float(haste[i]),
                top=float(intents[i].max()),
            )
        )
    return out
