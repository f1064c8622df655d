"""Feeding a running system, and reading what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from actors.sheets.rows_reader import RowsReader
from actors.whatsapp.feed_port import read_port
from actors.whatsapp.feed_progress import FeedProgress
from actors.whatsapp.local_feed import FeedClient
from messages.inbound import Inbound
from messages.row import Row
from messages.session import Tally
from stress.system_under_test import SystemUnderTest


def message(conversation: str, number: int, text: str = "hello", run: str = "run") -> Inbound:
    return Inbound(
        id=f"{conversation}-{number}",
        source="test",
        conversation=conversation,
        sender="+971501234567",
        text=text,
        sent_ms=1_700_000_000_000 + number * 1_000,
        run=run,
    )


def client_of(system: SystemUnderTest, run: str = "run", patience_s: float = 30.0) -> FeedClient:
    path = system.path
    return FeedClient(lambda: read_port(path), system.folder.frame_key(), run=run, patience_s=patience_s)


def feed(system: SystemUnderTest, messages: Sequence[Inbound], *, wait: bool = True, run: str = "run") -> Tally:
    client = client_of(system, run)
    client.send(messages)
    client.close()
    return finished(system, len(messages), run) if wait else Tally()


def finished(system: SystemUnderTest, expected: int, run: str = "run", stalled_s: float = 60.0) -> Tally:
    progress = FeedProgress(system.folder, run)
    try:
        return progress.wait(expected, stalled_s=stalled_s)
    finally:
        progress.close()


def rows_of(system: SystemUnderTest) -> list[Row]:
    with RowsReader(system.folder.rows_file) as reader:
        return list(reader.query())


def until(condition: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    give_up = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > give_up:
            raise AssertionError(f"not within {timeout_s:.0f} s: {what}")
        time.sleep(0.02)


def shards(system: SystemUnderTest, verb: str, **arguments: str) -> list[dict[str, object]]:
    return [system.ask(f"sessions/shard-{number}", verb, arguments) for number in range(2)]
