"""The model stages that the engine calls, and the budget that it gives them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from actors.language.hybrid_encoder import ENGLISH, MAX_WORDS, EncoderFiles, EncoderRuntime
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
_WORD = re.compile(r"[^\W\d_]{3,}")


class Budget:
    """Time that a layer may take for a batch.

    Args:
        each_ms: milliseconds a message.
        messages: in the batch.
        clock: seconds, monotonic.
    """

    def __init__(self, each_ms: float, messages: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = clock() + each_ms * messages / 1000

    def spent(self) -> bool:
        """Whether the time is used up."""
        return self._clock() > self._end


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


class SecondStage:
    """The transformer and the tagger on it.

    Args:
        encoder: the transformer.
        decoder: the tagger's CRF.
        finder: another finder of names to use instead of the tagger, or None.
    """

    def __init__(self, encoder: EncoderRuntime, decoder: TagDecoder, finder: NameFinder | None = None) -> None:
        self._encoder, self._decoder, self._finder = encoder, decoder, finder

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
        return cls(encoder, TagDecoder.load(folder / files.tagger), finder)

    def read(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], list[list[Name]]]:
        """Score messages and find names in them.

        Args:
            texts: messages.

        Returns:
            messages by outputs, and the names in each.
        """
        readings = self._encoder.read(texts)
        if self._finder is not None:
            return np.stack([r.scores for r in readings]), self._finder.names(list(texts))
        names = [self._decoder.names(r.words, r.hidden) for r in readings]
        for i, text in enumerate(texts):
            if len(text) > 4 * MAX_WORDS:
                names[i] += self._further(text)
        return np.stack([r.scores for r in readings]), names

    def _further(self, text: str) -> list[Name]:
        words = cut(text[: 40 * MAX_WORDS])
        out: list[Name] = []
        for at in range(MAX_WORDS, min(len(words), WINDOWS * MAX_WORDS), MAX_WORDS):
            start = words[at][1]
            end = words[min(at + MAX_WORDS, len(words)) - 1][2]
            reading = self._encoder.read([text[start:end]])[0]
            out += [
                Name(n.type, n.start + start, n.end + start, n.confidence)
                for n in self._decoder.names(reading.words, reading.hidden)
            ]
        return out


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
