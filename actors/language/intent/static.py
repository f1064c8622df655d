"""Static sentence embeddings: the mean of word-piece vectors distilled from the local MiniLM in training.

The model folder keeps their table and the tokenizer: a look-up and a mean, and a worker loads in a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAX_PIECES: Final = 192


def embeddable(folded: Sequence[str], languages: Sequence[str]) -> list[str]:
    """Blank the texts in Arabic script: MiniLM cuts them into single letters, and their embeddings tell nothing.

    Args:
        folded: texts as ``fold`` leaves them.
        languages: of each, as ``language_of`` tells it.

    Returns:
        the texts to embed.
    """
    return ["" if language == "ar" else text for text, language in zip(folded, languages, strict=True)]


class StaticEmbedder:
    """Embeds texts by table look-up.

    Args:
        table: vocabulary by width, the distilled vectors.
        tokenizer: a ``tokenizers.Tokenizer`` whose ids index the table.
    """

    def __init__(self, table: NDArray[np.float32], tokenizer: Any) -> None:
        self.table = table
        self._tokenizer = tokenizer
        tokenizer.no_truncation()
        tokenizer.no_padding()

    @property
    def width(self) -> int:
        """Length of an embedding."""
        return int(self.table.shape[1])

    @classmethod
    def load(cls, folder: Path) -> StaticEmbedder:
        """Load the table and tokenizer.

        Args:
            folder: where ``static.npy`` and ``static_tokenizer.json`` are; their hashes were checked before.

        Returns:
            the embedder.
        """
        from tokenizers import Tokenizer

        table = np.load(folder / "static.npy", allow_pickle=False).astype(np.float32)
        return cls(table, Tokenizer.from_file(str(folder / "static_tokenizer.json")))

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """Cut texts into word-piece numbers.

        Args:
            texts: as ``fold`` leaves them.

        Returns:
            for each text its numbers, at most ``MAX_PIECES``.
        """
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [e.ids[:MAX_PIECES] for e in encoded]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts.

        Args:
            texts: as ``fold`` leaves them.

        Returns:
            texts by width, unit rows; a row of zeros for an empty text.
        """
        return self.embed_pieces(self.pieces(texts))

    def embed_pieces(self, pieces: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Embed texts that are cut already.

        Args:
            pieces: what ``pieces`` gave.

        Returns:
            texts by width, unit rows; a row of zeros for an empty text.
        """
        out = np.zeros((len(pieces), self.width), dtype=np.float32)
        for row, ids in enumerate(pieces):
            if ids:
                out[row] = self.table[ids].sum(axis=0)
        norms = np.linalg.norm(out, axis=1, keepdims=True)
        return np.asarray(out / np.maximum(norms, 1e-9), dtype=np.float32)
