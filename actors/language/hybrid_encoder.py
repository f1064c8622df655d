"""A fine-tuned encoder on ONNX Runtime: one pass gives the classifier's scores and the tagger's word vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from actors.language.tagger.words import cut

MAX_TOKENS: Final = 128
MAX_WORDS: Final = 110
"""A message's first words are read; longer ones go through the tagger in windows of this size."""
READ_CHARS: Final = 40 * MAX_WORDS
"""Nothing beyond is cut into words: a message of any length costs the same."""

PADDING: Final = 1.2
"""A run's longest text may have so many times the pieces of its shortest; measured best of 1.1 to 2."""

Words = list[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class EncoderFiles:
    """What belongs to one encoder in the model folder.

    Attributes:
        encoder: the int8 graph.
        tokenizer: its pieces.
        heads: of classification.
        tagger: linear layer and CRF of the name tagger on it.
    """

    encoder: str
    tokenizer: str
    heads: str
    tagger: str

    def all(self) -> tuple[str, str, str, str]:
        """List the names."""
        return (self.encoder, self.tokenizer, self.heads, self.tagger)


ENGLISH: Final = EncoderFiles("encoder.onnx", "encoder_tokenizer.json", "encoder_heads.npz", "tagger.npz")
ARABIC: Final = EncoderFiles(
    "encoder_arabic.onnx", "encoder_arabic_tokenizer.json", "encoder_arabic_heads.npz", "tagger_arabic.npz"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the encoder saw in one text.

    Attributes:
        scores: intents, sentiments, calm and urgent.
        words: the words that were read, with their places.
        hidden: words by width, the vector of each word's first piece; zeros for words beyond the limit.
    """

    scores: NDArray[np.float32]
    words: Words
    hidden: NDArray[np.float32]


class EncoderRuntime:
    """Runs the encoder.

    Args:
        session: an ONNX Runtime session with inputs ``ids`` and ``mask`` and output ``hidden``.
        tokenizer: a ``tokenizers.Tokenizer``.
        weights: width by outputs, the heads.
        bias: one for each output.
        batch: messages a run.
    """

    def __init__(
        self, session: Any, tokenizer: Any, weights: NDArray[np.float32], bias: NDArray[np.float32], batch: int = 32
    ) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self._weights, self._bias = weights, bias
        self._batch = batch

    @classmethod
    def load(cls, folder: Path, files: EncoderFiles = ENGLISH, *, batch: int = 32, threads: int = 1) -> EncoderRuntime:
        """Load an encoder.

        Args:
            folder: the model folder, its hashes checked before.
            files: which encoder's.
            batch: messages a run.
            threads: of ONNX Runtime.

        Returns:
            the runtime.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # the arena keeps the largest batch's memory for ever
        session = onnxruntime.InferenceSession(str(folder / files.encoder), options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_file(str(folder / files.tokenizer))
        with np.load(folder / files.heads, allow_pickle=False) as heads:
            return cls(session, tokenizer, heads["weights"], heads["bias"], batch)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Read texts, those of like length together.

        Args:
            texts: messages.

        Returns:
            a reading for each, in order.
        """
        cuts = [cut(t[:READ_CHARS])[:MAX_WORDS] or [("?", 0, 0)] for t in texts]
        encoded = self._tokenizer.encode_batch([[w for w, _, _ in words] for words in cuts], is_pretokenized=True)
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i].ids))
        out: list[Reading | None] = [None] * len(texts)
        for group in self._groups(order, [len(code.ids) for code in encoded]):
            width = len(encoded[group[-1]].ids)
            ids = np.zeros((len(group), width), dtype=np.int64)
            mask = np.zeros((len(group), width), dtype=np.int64)
            for row, i in enumerate(group):
                ids[row, : len(encoded[i].ids)] = encoded[i].ids
                mask[row, : len(encoded[i].ids)] = 1
            hidden = self._session.run(None, {"ids": ids, "mask": mask})[0]
            share = mask[:, :, None].astype(np.float32)
            pooled = (hidden * share).sum(axis=1) / share.sum(axis=1)
            scores = pooled @ self._weights + self._bias
            for row, i in enumerate(group):
                out[i] = Reading(scores[row], cuts[i], self._first_pieces(hidden[row], encoded[i], len(cuts[i])))
        return [r for r in out if r is not None]

    def _groups(self, order: list[int], lengths: list[int]) -> Iterator[list[int]]:
        """Deal texts, shortest first, into runs whose lengths are close: padding costs as much as text."""
        group: list[int] = []
        for i in order:
            if group and (len(group) == self._batch or lengths[i] > PADDING * lengths[group[0]] + 1):
                yield group
                group = []
            group.append(i)
        if group:
            yield group

    @staticmethod
    def _first_pieces(hidden: NDArray[np.float32], code: Any, words: int) -> NDArray[np.float32]:
        out = np.zeros((words, hidden.shape[1]), dtype=np.float32)
        last = -1
        for column, word in enumerate(code.word_ids):
            if word is not None and word != last:
                out[word] = hidden[column]
                last = word
        return out
