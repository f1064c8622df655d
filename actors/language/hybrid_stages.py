"""The model stages that the engine calls, and the budget that it gives them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from actors.language.hybrid_encoder import MAX_WORDS, EncoderRuntime
from actors.language.hybrid_mixing import Scores
from actors.language.intent.ngrams import NgramHasher
from actors.language.intent.static import StaticEmbedder
from actors.language.settings import LanguageSettings
from actors.language.tagger.decode import Name, TagDecoder
from actors.language.tagger.flair_names import FlairNames
from actors.language.tagger.words import cut
from messages.understanding import Entity

WINDOWS = 4
"""How many windows of a long message the tagger reads."""
_LATIN = re.compile("[a-zA-Z]")
_ARABIC = re.compile("[\u0621-\u064a]")
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

    def scores(self, folded: Sequence[str]) -> Scores:
        """Score messages.

        Args:
            folded: messages as ``fold`` leaves them.

        Returns:
            by source, messages by outputs.
        """
        weights, bias = self._tables["ngrams"]
        table, offset = self._tables["static"]
        return {
            "ngrams": self._hasher.scores(folded, weights) + bias,
            "static": self._embedder.embed(folded) @ table + offset,
        }


class SecondStage:
    """The transformer and the tagger on it.

    Args:
        encoder: the transformer.
        decoder: the tagger's CRF.
        flair: another tagger to use instead, or None.
    """

    def __init__(self, encoder: EncoderRuntime, decoder: TagDecoder, flair: FlairNames | None = None) -> None:
        self._encoder, self._decoder, self._flair = encoder, decoder, flair

    @classmethod
    def load(cls, folder: Path, settings: LanguageSettings) -> SecondStage:
        """Load from the model folder, whose hashes were checked before.

        Args:
            folder: the model folder.
            settings: batch size and threads.

        Returns:
            the stage.
        """
        encoder = EncoderRuntime.load(folder, batch=settings.batch, threads=settings.threads)
        flair = FlairNames.load(settings.flair_model, settings.threads) if settings.flair_model else None
        return cls(encoder, TagDecoder.load(folder / "tagger.npz"), flair)

    def read(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], list[list[Name]]]:
        """Score messages and find names in them.

        Args:
            texts: messages.

        Returns:
            messages by outputs, and the names in each.
        """
        readings = self._encoder.read(texts)
        if self._flair is not None:
            return np.stack([r.scores for r in readings]), self._flair.names(list(texts))
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

    @staticmethod
    def readable(text: str) -> bool:
        """Tell whether the encoder knows the message's script: it cuts Arabic into single letters.

        Args:
            text: the message.

        Returns:
            at least as many Latin letters as Arabic ones.
        """
        return len(_LATIN.findall(text[:600])) >= len(_ARABIC.findall(text[:600]))

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
