"""Decode the Flair tagger's output without Flair: its linear layer, its CRF, and the spans they give."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from actors.language.tagger.words import shapes


@dataclass(frozen=True, slots=True)
class Name:
    """A name that the tagger found.

    Attributes:
        type: ``person``, ``project`` or ``location``.
        start: first code point.
        end: code point after the last.
        confidence: mean probability of its words' tags.
    """

    type: str
    start: int
    end: int
    confidence: float


class TagDecoder:
    """A linear-chain CRF (Lafferty et al., 2001) over word vectors, as Flair's ``SequenceTagger`` trains it.

    Args:
        tags: names of the tags, those of the chain's start and stop among them.
        weights: width and shapes by tags.
        bias: one for each tag.
        transitions: ``[to, from]`` scores, Flair's layout.
    """

    def __init__(
        self,
        tags: list[str],
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        transitions: NDArray[np.float32],
    ) -> None:
        self.tags = tags
        self._weights, self._bias, self._transitions = weights, bias, transitions
        self._start, self._stop = tags.index("<START>"), tags.index("<STOP>")

    @classmethod
    def load(cls, path: Path) -> TagDecoder:
        """Load from the model folder.

        Args:
            path: of ``tagger.npz``, its hash checked before.

        Returns:
            the decoder.
        """
        with np.load(path, allow_pickle=False) as kept:
            return cls([str(t) for t in kept["tags"]], kept["weights"], kept["bias"], kept["transitions"])

    def emissions(self, words: list[tuple[str, int, int]], hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score each word's tags.

        Args:
            words: from ``cut``.
            hidden: words by width.

        Returns:
            words by tags.
        """
        joined = np.concatenate([hidden, np.array(shapes(words), dtype=np.float32)], axis=1)
        return np.asarray(joined @ self._weights + self._bias, dtype=np.float32)

    def best_path(self, emissions: NDArray[np.float32]) -> list[int]:
        """Find the best sequence of tags (Viterbi, 1967).

        Args:
            emissions: words by tags.

        Returns:
            a tag's number for each word.
        """
        score = np.full(len(self.tags), -1e4, dtype=np.float32)
        score[self._start] = 0
        back = np.empty(emissions.shape, dtype=np.int64)
        for i, row in enumerate(emissions):
            ways = self._transitions + score[None, :]
            back[i] = ways.argmax(axis=1)
            score = ways.max(axis=1) + row
        at = int((score + self._transitions[self._stop]).argmax())
        path = [at]
        for i in range(len(emissions) - 1, 0, -1):
            at = int(back[i, at])
            path.append(at)
        return path[::-1]

    def names(self, words: list[tuple[str, int, int]], hidden: NDArray[np.float32]) -> list[Name]:
        """Find the names in a message.

        Args:
            words: from ``cut``.
            hidden: words by width.

        Returns:
            names in order.
        """
        emissions = self.emissions(words, hidden)
        path = self.best_path(emissions)
        grown = np.exp(emissions - emissions.max(axis=1, keepdims=True))
        sure = grown[np.arange(len(path)), path] / grown.sum(axis=1)
        out: list[Name] = []
        begin = -1
        kind = ""
        for i in range(len(path) + 1):
            tag = self.tags[path[i]] if i < len(path) else "O"
            if begin >= 0 and tag != f"I-{kind}":
                out.append(Name(kind, words[begin][1], words[i - 1][2], float(sure[begin:i].mean())))
                begin = -1
            if tag[:2] == "B-" or (tag[:2] == "I-" and begin < 0):
                begin, kind = i, tag[2:]
        return out
