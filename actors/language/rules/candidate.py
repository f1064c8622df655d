"""A span that a rule proposes, before overlaps are resolved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from messages.understanding import EntityType


class Candidate(NamedTuple):
    """A proposed entity; offsets are in the folded text.

    Attributes:
        start, end: the span.
        type: entity type.
        value: normalised value.
        confidence: 0 to 1; fixed for each rule, by how often a like form means something else.
        layer: ``rules`` or ``gazetteer``.
    """

    start: int
    end: int
    type: EntityType
    value: str | int | float
    confidence: float = 0.95
    layer: str = "rules"


def whole(number: float) -> int | float:
    """Give an integer where the number is one, else two decimals."""
    rounded = round(number, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def outside(candidates: Iterable[Candidate], spans: list[Candidate]) -> Iterable[Candidate]:
    """Leave out the candidates that overlap any of some spans."""
    if not spans:
        return candidates
    return [c for c in candidates if not any(c.start < s.end and s.start < c.end for s in spans)]


def resolve(candidates: Iterable[Candidate], length: int) -> list[Candidate]:
    """Choose spans that do not overlap: the surer first, then the longer, then the earlier.

    Args:
        candidates: any spans, none empty.
        length: of the folded text.

    Returns:
        the chosen ones, in order.
    """
    ordered = sorted(candidates, key=_rank)
    taken = bytearray(length)
    chosen: list[Candidate] = []
    for candidate in ordered:
        start, end = candidate.start, candidate.end
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\x01" * (end - start)
            chosen.append(candidate)
    chosen.sort(key=lambda c: c.start)
    return chosen


def _rank(candidate: Candidate) -> tuple[float, int, int]:
    return -round(candidate.confidence, 1), candidate.start - candidate.end, candidate.start
