"""A batch of rows: which rows, in which order, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from messages.row import Row

Status = Literal["planned", "sent", "landed", "void"]


class Span(NamedTuple):
    """Rows of one partition that follow each other: positions from ``start`` up to but not including ``stop``."""

    partition: int
    start: int
    stop: int


class Entry(NamedTuple):
    """One row as it stands in its log."""

    partition: int
    position: int
    data: bytes


@dataclass(frozen=True)
class Batch:
    """Rows that are written by one call or not at all.

    Attributes:
        sequence: its number, one series for the data folder; also the id of its stamp.
        spreadsheet: id of the spreadsheet that it goes to.
        digest: hash of its rows; the value of its stamp.
        spans: its rows in their order in the sheet.
        rows: how many they are.
        status: where it stands.
        doubtful: whether some attempt had no certain end, so that it may have landed or may land yet.
        rank: its place among the open batches, as text that sorts; parts take theirs from the whole.
    """

    sequence: int
    spreadsheet: str
    digest: str
    spans: tuple[Span, ...]
    rows: int
    status: Status = "planned"
    doubtful: bool = False
    rank: str = ""


def spans_of(entries: Iterable[Entry]) -> tuple[Span, ...]:
    """Join entries that follow each other into spans, keeping their order.

    Args:
        entries: rows in the order of the sheet.

    Returns:
        the spans.
    """
    spans: list[Span] = []
    partition, start, stop = -1, 0, 0
    for entry in entries:
        if entry.partition == partition and entry.position == stop:
            stop += 1
            continue
        if partition >= 0:
            spans.append(Span(partition, start, stop))
        partition, start, stop = entry.partition, entry.position, entry.position + 1
    if partition >= 0:
        spans.append(Span(partition, start, stop))
    return tuple(spans)


def digest_of(rows: Iterable[tuple[Entry, Row]]) -> str:
    """Hash which rows these are, with their places and order.

    What the rows say is left out: it may be deleted on request while a batch is open, and the batch stays the same.

    Args:
        rows: the rows as they stand in their logs, and decoded.

    Returns:
        32 hex digits of BLAKE2b.
    """
    state = hashlib.blake2b(digest_size=16)
    for entry, row in rows:
        state.update(b"%d:%d:" % (entry.partition, entry.position))
        state.update(row.row_id.encode("utf-8", "surrogatepass") + b"\0")
    return state.hexdigest()


def former_digest_of(rows: Iterable[tuple[Entry, Row]]) -> str:
    """Hash rows as ledgers of version 1 did, which may have left batches open: with all that they say."""
    state = hashlib.blake2b(digest_size=16)
    for entry, _ in rows:
        state.update(b"%d:%d:%d:" % (entry.partition, entry.position, len(entry.data)))
        state.update(entry.data)
    return state.hexdigest()


def split_spans(spans: Sequence[Span], at: int) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Cut spans after a number of rows.

    Args:
        spans: the whole.
        at: how many rows go to the first part.

    Returns:
        both parts.
    """
    first: list[Span] = []
    second: list[Span] = []
    left = at
    for span in spans:
        size = span.stop - span.start
        if left >= size:
            first.append(span)
        elif left <= 0:
            second.append(span)
        else:
            first.append(Span(span.partition, span.start, span.start + left))
            second.append(Span(span.partition, span.start + left, span.stop))
        left -= size
    return tuple(first), tuple(second)


def count_rows(spans: Iterable[Span]) -> int:
    """Return how many rows spans hold."""
    return sum(span.stop - span.start for span in spans)
