"""Hashed character n-grams, word unigrams and word bigrams, for a whole batch at once in numpy.

All texts of a batch are laid end to end as code points; polynomial rolling hashes (Karp and Rabin, 1987) of every
window come from a few array operations, and are scattered by Fibonacci hashing (Knuth, TAOCP vol. 3, 6.4). That
makes n-grams cheap enough for the reduced tier, in any script.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

BITS: Final = 17
SIZES: Final = (2, 3, 4, 5)
MAX_CHARS: Final = 600
"""Only the beginning of longer messages is looked at."""

_BASE: Final = np.uint64(0x9E3779B97F4A7C15 | 1)
_MIX: Final = np.uint64(0xD6E8FEB86659FD93)
_DIGITS = re.compile(r"\d")
RUN = re.compile(r"(.)\1{2,}")
SPACE = re.compile(r"\s+")
ARABIC_MARKS = re.compile("[\u064b-\u065f\u0670\u0640]")
ARABIC_FOLD = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "’": "'", "؟": "?"})


def fold(text: str) -> str:
    """Bring a text to the form that n-grams and the cache see.

    Args:
        text: a message.

    Returns:
        lower case, digits as 0, runs of a letter cut to two, Arabic letter variants joined, white space single.
    """
    text = unicodedata.normalize("NFKC", text[:MAX_CHARS]).lower()
    text = ARABIC_MARKS.sub("", text).translate(ARABIC_FOLD)
    return SPACE.sub(" ", RUN.sub(r"\1\1", _DIGITS.sub("0", text))).strip()


def _powers(limit: int) -> NDArray[np.uint64]:
    out = np.ones(limit + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for i in range(limit):
            out[i + 1] = out[i] * _BASE
    return out


def _inverse() -> np.uint64:
    value, modulus = int(_BASE), 1 << 64
    return np.uint64(pow(value, -1, modulus))


_INVERSE: Final = _inverse()


def _once(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sort numbers and drop repeats; ``np.unique`` hashes, which takes five times as long for a batch's n-grams."""
    numbers = np.sort(numbers)
    first = np.ones(len(numbers), dtype=np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
    return numbers[first]


class NgramHasher:
    """Turns texts into rows of hashed features.

    Args:
        bits: base-two logarithm of the number of features.
    """

    def __init__(self, bits: int = BITS) -> None:
        self.bits = bits
        self.width = 1 << bits
        self._power = _powers(1 << 16)
        self._unpower = self._inverse_powers(1 << 16)

    @staticmethod
    def _inverse_powers(limit: int) -> NDArray[np.uint64]:
        out = np.ones(limit + 1, dtype=np.uint64)
        with np.errstate(over="ignore"):
            for i in range(limit):
                out[i + 1] = out[i] * _INVERSE
        return out

    def features(self, folded: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Hash all n-grams of all texts.

        Args:
            folded: texts as ``fold`` leaves them; at most 64 x 600 code points together in one call.

        Returns:
            feature numbers sorted by text, and for each the text's index; a feature may stand there repeatedly.
        """
        lengths = np.fromiter((len(t) + 2 for t in folded), dtype=np.int64, count=len(folded))
        joined = "".join(f" {t} " for t in folded)
        points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
        owner = np.repeat(np.arange(len(folded)), lengths)
        total = len(points)
        with np.errstate(over="ignore"):
            prefix = np.zeros(total + 1, dtype=np.uint64)
            np.cumsum((points + np.uint64(7)) * self._power[:total], out=prefix[1:])
            grams: list[NDArray[np.uint64]] = []
            owners: list[NDArray[np.int64]] = []
            for n in SIZES:
                if total < n:
                    continue
                start = np.arange(total - n + 1)
                inside = owner[start] == owner[start + n - 1]
                start = start[inside]
                window = (prefix[start + n] - prefix[start]) * self._unpower[start]
                grams.append(window * _MIX + np.uint64(n))
                owners.append(owner[start])
            blank = np.flatnonzero(points == np.uint64(32))
            for step, salt in ((1, 101), (2, 202)):
                left, right = blank[:-step] + 1, blank[step:]
                keep = (owner[left - 1] == owner[right]) & (right > left)
                left, right = left[keep], right[keep]
                window = (prefix[right] - prefix[left]) * self._unpower[left]
                grams.append(window * _MIX + np.uint64(salt))
                owners.append(owner[left])
            codes = np.concatenate(grams)
            codes ^= codes >> np.uint64(29)
            codes = (codes * _BASE) >> np.uint64(64 - self.bits)
        owned = np.concatenate(owners)
        order = np.argsort(owned, kind="stable")
        return codes[order].astype(np.int64), owned[order]

    def matrix(self, folded: Sequence[str]) -> Any:
        """Build a sparse matrix for training: binary features, rows of unit length.

        Args:
            folded: texts as ``fold`` leaves them.

        Returns:
            a scipy CSR matrix of ``len(folded)`` by ``width``.
        """
        from scipy.sparse import csr_matrix, vstack

        blocks = []
        for at in range(0, len(folded), 32):
            part = folded[at : at + 32]
            codes, owner = self.features(part)
            pairs = _once(owner * self.width + codes)
            rows, columns = pairs // self.width, pairs % self.width
            weight = 1 / np.sqrt(np.bincount(rows, minlength=len(part)))[rows]
            blocks.append(csr_matrix((weight.astype(np.float32), (rows, columns)), shape=(len(part), self.width)))
        return vstack(blocks).tocsr()

    def scores(self, folded: Sequence[str], table: NDArray[np.float32]) -> NDArray[np.float32]:
        """Multiply the texts' features with a weight table, without building the matrix.

        Args:
            folded: texts as ``fold`` leaves them.
            table: ``width`` by outputs.

        Returns:
            texts by outputs.
        """
        out = np.zeros((len(folded), table.shape[1]), dtype=np.float32)
        for at in range(0, len(folded), 32):
            part = folded[at : at + 32]
            codes, owner = self.features(part)
            pairs = _once(owner * self.width + codes)
            rows, columns = pairs // self.width, pairs % self.width
            counts = np.bincount(rows, minlength=len(part))
            starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
            full = counts > 0
            sums = np.add.reduceat(table[columns], starts[full], axis=0)
            out[at : at + 32][full] = sums / np.sqrt(counts[full])[:, None]
        return out
