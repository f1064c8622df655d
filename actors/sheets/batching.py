"""Which rows go into the next write, and when: by count, size, age and urgency, in each conversation's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import NamedTuple

from actors.sheets.batch import Entry
from actors.sheets.ledger import KEPT_PARTITION
from messages.row import Row


class Item(NamedTuple):
    """A row that waits.

    Attributes:
        entry: the row as it stands in its log.
        row: the row decoded.
        size: about how many bytes of a request it takes.
        at_ms: the latest commit time up to it in its partition; never falls within a partition.
    """

    entry: Entry
    row: Row
    size: int
    at_ms: int


@dataclass(frozen=True)
class Limits:
    """Bounds of one batch.

    Attributes:
        rows: most rows.
        bytes: most bytes; one row is always taken.
        full_bytes: so many bytes are worth a call at once.
        age_ms: a row waits no longer for company.
        urgent_age_ms: an urgent row waits no longer for company.
    """

    rows: int
    bytes: int
    full_bytes: int
    age_ms: int
    urgent_age_ms: int


def wait_ms(waiting: Mapping[int, Sequence[Item]], limits: Limits, now_ms: int) -> int | None:
    """Tell when the next batch is due.

    Args:
        waiting: rows that wait, by partition, in their order.
        limits: bounds.
        now_ms: milliseconds since 1970 UTC.

    Returns:
        milliseconds until it is due, 0 for now, None where nothing waits.
    """
    rows = sum(map(len, waiting.values()))
    if not rows:
        return None
    if rows >= limits.rows:
        return 0
    size = 0
    due = limits.age_ms
    for items in waiting.values():
        for item in items:
            size += item.size
            if item.row.urgent:
                due = min(due, limits.urgent_age_ms - (now_ms - item.row.committed_ms))
        if items:
            due = min(due, limits.age_ms - (now_ms - items[0].row.committed_ms))
    return 0 if size >= limits.full_bytes else max(0, due)


def select(waiting: Mapping[int, Sequence[Item]], limits: Limits) -> list[Item]:
    """Choose the rows of the next batch, in their order in the sheet.

    Urgent rows come first, each behind those of its conversation that precede it; then the others by commit time.

    Args:
        waiting: rows that wait, by partition, in their order.
        limits: bounds.

    Returns:
        the chosen rows; of each conversation always its first ones, in order.
    """
    hurried: list[list[Item]] = []
    others: list[list[Item]] = []
    for items in waiting.values():
        last_urgent = {item.row.conversation: n for n, item in enumerate(items) if item.row.urgent}
        if not last_urgent:
            others.append(list(items))
            continue
        early = [n <= last_urgent.get(item.row.conversation, -1) for n, item in enumerate(items)]
        hurried.append([item for item, first in zip(items, early, strict=True) if first])
        others.append([item for item, first in zip(items, early, strict=True) if not first])
    chosen: list[Item] = []
    size = 0
    for item in _in_order(hurried, others):
        if chosen and (len(chosen) >= limits.rows or size + item.size > limits.bytes):
            break
        chosen.append(item)
        size += item.size
    return chosen


def _in_order(hurried: Sequence[Sequence[Item]], others: Sequence[Sequence[Item]]) -> Iterable[Item]:
    for group in (hurried, others):
        yield from merge(*group, key=lambda item: (item.at_ms, item.entry.partition, item.entry.position))


def lag_ms(chosen: Sequence[Item], now_ms: int) -> int | None:
    """Tell for how long the first of some rows has been waiting.

    Args:
        chosen: rows of a batch.
        now_ms: milliseconds since 1970 UTC.

    Returns:
        milliseconds; None where all are refused rows that are written again, which did not wait here since then.
    """
    fresh = [item.row.committed_ms for item in chosen if item.entry.partition != KEPT_PARTITION]
    return now_ms - min(fresh) if fresh else None
