"""The language pool's work, made of what sessions ask for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from actors.language.current_batch import last_batch
from actors.session.partition_host import PartitionHost
from actors.session.residents import Cell
from actors.session.row_making import text_of
from messages.understanding import WorkItem

Asked = tuple[PartitionHost, Cell, int]
"""A session's request: its host, itself, and the request's token."""


def blamed_batch(folder: Path, shard: str, worker: str) -> int | None:
    """Tell which batch a dead worker was working on, by the note that it left.

    Args:
        folder: the data folder.
        shard: who asks.
        worker: its name and incarnation, ``language/worker-0#3``.

    Returns:
        the number of the shard's batch; 0 for another shard's or none; None if there is no note.
    """
    name, _, incarnation = worker.partition("#")
    last = last_batch(folder, name, int(incarnation))
    if last is None:
        return None
    owner, batch = last
    return batch if owner == shard else 0


def wait_again(items: Iterable[Asked]) -> None:
    """Note that sessions wait for a worker once more; the lease does not count the second wait either."""
    for _, cell, token in items:
        if cell.state.token == token:
            cell.queued = True


def weigh_text(asked: Asked) -> int:
    """Tell how many characters a session's current message has, and what is remembered with it."""
    current = asked[1].state.current
    return 0 if current is None else len(current.arrival.message.text)


def work_item(key: int, cell: Cell) -> WorkItem:
    """Make the pool's work of a session's current message.

    Args:
        key: the dispatcher's number for it.
        cell: the session; a message must be in work.

    Returns:
        the work item.
    """
    released = cell.state.current
    assert released is not None  # the caller looked
    message = released.arrival.message
    snapshot = cell.state.snapshot
    return WorkItem(
        key=key,
        text=text_of(message, cell.state.results),
        sent_ms=message.sent_ms,
        utc_offset_min=message.utc_offset_min,
        region=message.region,
        recent=snapshot.recent,
        known=snapshot.known,
    )


def waited_ms(cells: Iterable[Cell], now_ms: int) -> int:
    """Tell how long the oldest live message of a batch has waited.

    Args:
        cells: sessions whose current messages make the batch.
        now_ms: milliseconds since 1970 UTC.

    Returns:
        milliseconds since the gateway took it in; 0 where there is none. Imports are in no hurry, files take their
        time to be read, and a message that is tried again waits for other reasons.
    """
    longest = 0
    for cell in cells:
        current = cell.state.current
        if current is None or cell.state.attempts > 1:
            continue
        message = current.arrival.message
        if message.received_ms and not message.imported and not message.attachments:
            longest = max(longest, now_ms - message.received_ms)
    return longest
