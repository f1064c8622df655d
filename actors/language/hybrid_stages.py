"""The model stages that the engine calls."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from actors.language.budget import Budget
from actors.language.hybrid_encoder import (
    ENGLISH,
    MAX_TOKENS,
    MAX_WORDS,
    READ_CHARS,
    EncoderFiles,
    EncoderRuntime,
)
from actors.language.hybrid_mixing import Scores
from actors.language.intent.arabic_forms import gram_text
from actors.language.intent.ngrams import NgramHasher
from actors.language.intent.static import StaticEmbedder, embeddable
from actors.language.settings import LanguageSettings
from actors.language.tagger.decode import Name, TagDecoder
from actors.language.tagger.words import cut
from messages.understanding import Entity

WINDOWS = 4
"""How many windows of a long message the tagger reads."""
_SAMPLE: Final = "Is the two bedroom flat near the metro still available and when can we come to see it?"
_NEWEST: Final = 0.2
"""Weight of the newest run in the running mean of what a word piece costs."""
_EASE: Final = 0.9
"""What is left of that mean each time that messages were too dear: one slow moment must not shut the stage for ever."""
_WORD = re.compile(r"[^\W\d_]{3,}")


class FirstStage:
    """N-grams and static embeddings.

    Args:
        hasher: of n-grams.
        embedder: static embeddings.
        tables: weights and bias of each source.
    """

    def __init__(
        self,
        hasher: NgramHasher,
        embedder: StaticEmbedder,
        tables: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]],
    ) -> None:
        self._hasher, self._embedder, self._tables = hasher, embedder, tables

    @classmethod
    def load(cls, folder: Path) -> FirstStage:
        """Load from the model folder, whose hashes were checked before.

        Args:
            folder: the model folder.

        Returns:
            the stage.
        """
        with np.load(folder / "quick.npz", allow_pickle=False) as kept:
            tables = {
                name: (kept[f"{name}_weights"].astype(np.float32), kept[f"{name}_bias"].astype(np.float32))
                for name in ("ngrams", "static")
            }
        return cls(NgramHasher(), StaticEmbedder.load(folder), tables)

    def scores(self, texts: Sequence[str], folded: Sequence[str], languages: Sequence[str]) -> Scores:
        """Score messages.

        Args:
            texts: messages.
            folded: the same as ``fold`` leaves them.
            languages: of each, as ``language_of`` tells it.

        Returns:
            by source, messages by outputs.
        """
        weights, bias = self._tables["ngrams"]
        table, offset = self._tables["static"]
        grams = [gram_text(*each) for each in zip(texts, folded, languages, strict=True)]
        return {
            "ngrams": self._hasher.scores(grams, weights) + bias,
            "static": self._embedder.embed(embeddable(folded, languages)) @ table + offset,
        }


class NameFinder(Protocol):
    """What finds names in messages: the project's taggers have rivals by name, from Flair or transformers."""

    def names(self, texts: list[str]) -> list[list[Name]]:
        """Find the names in each message."""


def chosen_finder(settings: LanguageSettings) -> NameFinder | None:
    """Load the finder of names that the settings name.

    Args:
        settings: of understanding.

    Returns:
        it, or None for the project's own.

    Raises:
        FlairModelError, HubModelError: it cannot be had.
    """
    if settings.flair_model:
        from actors.language.tagger.flair_names import FlairNames

        return FlairNames.load(settings.flair_model, settings.threads)
    if settings.names_model:
        from actors.language.hub_models import HubNames

        return HubNames.load(settings.names_model, settings.threads)
    return None


class SecondReading(NamedTuple):
    """What the second stage made of one message.

    Attributes:
        scores: intents, sentiments, calm and urgent.
        names: found in it.
        whole: the tagger read all of it.
    """

    scores: NDArray[np.float32]
    names: list[Name]
    whole: bool


class SecondStage:
    """The transformer and the tagger on it.

    Args:
        encoder: the transformer.
        decoder: the tagger's CRF.
        finder: another finder of names to use instead of the tagger, or None. It was chosen on purpose: its time is
            not counted.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        encoder: EncoderRuntime,
        decoder: TagDecoder,
        finder: NameFinder | None = None,
        clock: Callable[[], float] = time.process_time,
    ) -> None:
        self._encoder, self._decoder, self._finder, self._clock = encoder, decoder, finder, clock
        self._piece_s = 0.0

    @classmethod
    def load(
        cls,
        folder: Path,
        settings: LanguageSettings,
        files: EncoderFiles = ENGLISH,
        finder: NameFinder | None = None,
    ) -> SecondStage:
        """Load from the model folder, whose hashes were checked before.

        Args:
            folder: the model folder.
            settings: batch size and threads.
            files: which encoder's.
            finder: another finder of names to use instead of the tagger, or None.

        Returns:
            the stage.
        """
        encoder = EncoderRuntime.load(folder, files, batch=settings.batch, threads=settings.threads)
        stage = cls(encoder, TagDecoder.load(folder / files.tagger), finder)
        stage.measure()
        return stage

    def measure(self) -> None:
        """Learn from a sample what a word piece costs on this machine."""
        self._encoder.read([_SAMPLE])  # the first run is slower than all others
        began = self._clock()
        self._encoder.read([_SAMPLE])
        self._piece_s = (self._clock() - began) / _pieces(_SAMPLE)

    def affords(self, text: str, limit_ms: float) -> bool:
        """Tell whether the reading of a message is likely to keep to its budget.

        Args:
            text: the message.
            limit_ms: its budget.

        Returns:
            by what the stage's runs took lately, it is.
        """
        return self._piece_s * _pieces(text) * 1000 <= limit_ms

    def ease(self) -> None:
        """Think a little better of the machine, since messages were refused: else nothing would be measured again."""
        self._piece_s *= _EASE

    def read(self, texts: Sequence[str], limit_ms: float) -> list[SecondReading]:
        """Score messages and find names in them.

        Args:
            texts: messages.
            limit_ms: each one's budget; the tagger goes on through a long one while its own lasts.

        Returns:
            a reading for each, in order.
        """
        began = self._clock()
        readings = self._encoder.read(texts)
        piece_s = (self._clock() - began) / max(1.0, sum(map(_pieces, texts)))
        self._piece_s += _NEWEST * (piece_s - self._piece_s)
        if self._finder is not None:
            found = self._finder.names(list(texts))
            return [SecondReading(r.scores, names, whole=True) for r, names in zip(readings, found, strict=True)]
        out = []
        for text, reading in zip(texts, readings, strict=True):
            names, whole = self._decoder.names(reading.words, reading.hidden), True
            if len(reading.words) == MAX_WORDS:
                more, whole = self._further(text, limit_ms - 1000 * piece_s * _pieces(text))
                names += more
            out.append(SecondReading(reading.scores, names, whole))
        return out

    def _further(self, text: str, left_ms: float) -> tuple[list[Name], bool]:
        budget = Budget(left_ms, self._clock)
        words = cut(text[:READ_CHARS])
        out: list[Name] = []
        for at in range(MAX_WORDS, min(len(words), WINDOWS * MAX_WORDS), MAX_WORDS):
            if budget.spent():
                return out, False
            start = words[at][1]
            end = words[min(at + MAX_WORDS, len(words)) - 1][2]
            reading = self._encoder.read([text[start:end]])[0]
            out += [
                Name(n.type, n.start + start, n.end + start, n.confidence)
                for n in self._decoder.names(reading.words, reading.hidden)
            ]
        return out, len(words) <= WINDOWS * MAX_WORDS and len(text) <= READ_CHARS


def _pieces(text: str) -> float:
    """Guess how many word pieces the encoder reads of a text."""
    return min(float(MAX_TOKENS), 2 + len(text) / 4)


class NameGate:
    """Tells which messages may hold a name: those with a word that is neither ordinary nor part of an entity.

    Args:
        ordinary: folded words of the corpus outside its marked names.
    """

    def __init__(self, ordinary: frozenset[str]) -> None:
        self._ordinary = ordinary

    @classmethod
    def load(cls, folder: Path) -> NameGate:
        """Load from the model folder.

        Args:
            folder: the model folder, its hashes checked before.

        Returns:
            the gate.
        """
        return cls(frozenset((folder / "ordinary.txt").read_text(encoding="utf-8").split("\n")))

    def may_hold_names(self, text: str, found: Sequence[Entity]) -> bool:
        """Look for a word that could be a name.

        Args:
            text: the message.
            found: entities that the rules found.

        Returns:
            there is such a word.
        """
        for word in _WORD.finditer(text):
            low = word[0].lower()
            if low in self._ordinary:
                continue
            if not any(e.start <= word.start() and word.end() <= e.end for e in found):
                return True
        return False
