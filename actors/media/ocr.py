"""What an OCR engine is, and how its boxes become lines of text in reading order."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from PIL import Image

_ARABIC = range(0x0600, 0x0700)


class OcrBox(NamedTuple):
    """A piece of text found in a picture: its confidence, 0 to 1, and its bounds in pixels."""

    text: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float


class OcrEngine(Protocol):
    """Finds text in pictures."""

    @property
    def name(self) -> str:
        """Name of the engine, as it stands on the row."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that it reads."""
        ...

    def boxes(self, image: Image.Image) -> list[OcrBox]:
        """Find the pieces of text in an RGB picture."""
        ...


def lines_of(boxes: list[OcrBox]) -> list[str]:
    """Join boxes into lines, top to bottom.

    Two boxes stand in one line where their vertical centres differ by less than half the median height of a box; a
    line whose text is mostly Arabic reads from right to left.

    Args:
        boxes: in any order.

    Returns:
        the lines.
    """
    found = sorted((box for box in boxes if box.text.strip()), key=lambda box: (box.top + box.bottom) / 2)
    if not found:
        return []
    near = 0.5 * median(box.bottom - box.top for box in found)
    rows: list[list[OcrBox]] = []
    centre = float("-inf")
    for box in found:
        middle = (box.top + box.bottom) / 2
        if middle - centre > near:
            rows.append([])
            centre = middle
        rows[-1].append(box)
        centre += (middle - centre) / len(rows[-1])
    return [_join(row) for row in rows]


def _join(row: list[OcrBox]) -> str:
    letters = [sign for box in row for sign in box.text if sign.isalpha()]
    rightward = sum(ord(sign) in _ARABIC for sign in letters) * 2 <= len(letters)
    ordered = sorted(row, key=lambda box: box.left, reverse=not rightward)
    return " ".join(box.text.strip() for box in ordered)


def mean_confidence(boxes: list[OcrBox]) -> float:
    """Average the boxes' confidences, each weighted by the length of its text.

    Args:
        boxes: what was found.

    Returns:
        0 to 1; 0 where nothing was found.
    """
    signs = sum(len(box.text) for box in boxes)
    return round(sum(box.confidence * len(box.text) for box in boxes) / signs, 3) if signs else 0.0
