"""Any ``transformers`` model, by name or path, for sentiment or for names, in place of the project's own.

They need torch in the worker (some 500 MB and several seconds more), which the project's exported models do not. A
name needs internet the first time; where it cannot be had, the engine says so when it starts, and nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from actors.language.corpus.loader import SENTIMENTS
from actors.language.errors import LanguageError
from actors.language.tagger.decode import Name
from actors.language.tagger.flair_names import LABELS

MAX_CHARS: Final = 4000
"""Only so much of a message is given to such a model."""
_STARS: Final = re.compile(r"([1-5]) stars?")


class HubModelError(LanguageError, ValueError):
    """A transformers model cannot be loaded or is of no use here; the message says which and why."""


def feeling_of(label: str, place: int, labels: int) -> str:
    """Tell which of the three classes a model's label means.

    Args:
        label: as its configuration names it.
        place: its number.
        labels: how many the model has.

    Returns:
        ``negative``, ``neutral`` or ``positive``; "" where the label tells nothing.
    """
    low = label.lower()
    for start, name in (("neg", "negative"), ("neu", "neutral"), ("pos", "positive")):
        if low.startswith(start):
            return name
    stars = _STARS.fullmatch(low)
    if stars:
        return ("negative", "negative", "neutral", "positive", "positive")[int(stars[1]) - 1]
    # Unnamed labels of the usual checkpoints stand in this order.
    return SENTIMENTS[place] if low == f"label_{place}" and labels == len(SENTIMENTS) else ""


def _pipeline(task: str, name: str, threads: int, **options: Any) -> Any:
    from actors.system.torchvision_shim import ensure_torchvision

    ensure_torchvision()
    import torch
    from transformers import pipeline

    torch.set_num_threads(threads)
    try:
        return pipeline(task, model=name, device="cpu", **options)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise HubModelError(f"transformers model {name!r} cannot be loaded: {reason}") from error


class HubSentiment:
    """Tells sentiment with a ``transformers`` sequence classifier.

    Args:
        pipe: a text-classification pipeline.
        classes: the class of each of its labels.
    """

    def __init__(self, pipe: Any, classes: dict[str, str]) -> None:
        self._pipe, self._classes = pipe, classes

    @classmethod
    def load(cls, name: str, threads: int = 1) -> HubSentiment:
        """Load a model.

        Args:
            name: on the model hub, which needs internet, or a path.
            threads: of torch.

        Returns:
            the classifier.

        Raises:
            HubModelError: it cannot be had, or its labels are no sentiments.
        """
        pipe = _pipeline("text-classification", name, threads, top_k=None)
        labels = dict(pipe.model.config.id2label)
        classes = {label: feeling_of(label, int(place), len(labels)) for place, label in labels.items()}
        if not {"negative", "positive"} <= set(classes.values()):
            raise HubModelError(f"transformers model {name!r} tells no sentiment: its labels are {sorted(classes)}")
        return cls(pipe, classes)

    def read(self, texts: Sequence[str]) -> list[tuple[float, float, float]]:
        """Classify messages.

        Args:
            texts: messages; only their first 4,000 characters are looked at.

        Returns:
            the probabilities of negative, neutral and positive for each.
        """
        answers = self._pipe([t[:MAX_CHARS] or " " for t in texts], truncation=True)
        out = []
        for scored in answers:
            sums = dict.fromkeys(SENTIMENTS, 0.0)
            for one in scored:
                if self._classes[one["label"]]:
                    sums[self._classes[one["label"]]] += float(one["score"])
            whole = sum(sums.values()) or 1.0
            negative, neutral, positive = (sums[name] / whole for name in SENTIMENTS)
            out.append((negative, neutral, positive))
        return out


class HubNames:
    """Finds names with a ``transformers`` token classifier.

    Args:
        pipe: a token-classification pipeline that joins pieces to words.
    """

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe

    @classmethod
    def load(cls, name: str, threads: int = 1) -> HubNames:
        """Load a model.

        Args:
            name: on the model hub, which needs internet, or a path.
            threads: of torch.

        Returns:
            the finder.

        Raises:
            HubModelError: it cannot be had, or none of its labels is a kind of name.
        """
        pipe = _pipeline("token-classification", name, threads, aggregation_strategy="first")
        labels = {label.split("-")[-1] for label in pipe.model.config.id2label.values()}
        if not labels & set(LABELS):
            raise HubModelError(f"transformers model {name!r} finds no names: its labels are {sorted(labels)}")
        return cls(pipe)

    def names(self, texts: list[str]) -> list[list[Name]]:
        """Find names.

        Args:
            texts: messages; only their first 4,000 characters are looked at.

        Returns:
            the names in each, in order.
        """
        answers = self._pipe([t[:MAX_CHARS] or " " for t in texts])
        return [
            [
                Name(LABELS[one["entity_group"]], int(one["start"]), int(one["end"]), float(one["score"]))
                for one in found
                if one["entity_group"] in LABELS
            ]
            for found in answers
        ]
