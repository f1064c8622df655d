"""Real inbox logs, and a real feed server on a loopback port."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn

from actors.whatsapp.ingest import InboxWriter
from actors.whatsapp.local_feed import feed_server
from messages.inbound import INBOUND, Inbound
from store.entries import read_entries
from store.folder import DataFolder
from store.log import LogWriter

MAX_BODY = 300_000
NOW_MS = 1_700_000_000_000


def message(number: int, conversation: str = "c", text: str = "hello") -> Inbound:
    return Inbound(id=f"m{number}", source="test", conversation=conversation, sender="s", text=text)


def held(inbox: InboxWriter) -> list[Inbound]:
    """Read everything that the inbox logs hold, partition by partition; LMDB lets a process open a log once only."""
    found: list[Inbound] = []
    for log in inbox._logs:
        found += [INBOUND.decode(raw) for _, raw in entries_of(log)]
    return found


def entries_of(log: LogWriter) -> list[tuple[int, bytes]]:
    with log._env.read() as txn:
        return read_entries(txn, log._env.database("entries"), 0, limit=100_000, max_bytes=1 << 30)


class Server:
    """The feed's application behind real uvicorn, on a port that stays the same over restarts."""

    def __init__(self, folder: DataFolder, port: int = 0, **limits: float) -> None:
        self.folder = folder
        self.grown: list[set[int]] = []
        self.inbox = InboxWriter(folder, max_bytes=1_000_000, clock=lambda: NOW_MS, appended=self.grown.append)
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(64)
        self.port: int = self.listener.getsockname()[1]
        config = feed_server(self.inbox, folder.frame_key(), max_body=MAX_BODY, **limits)  # type: ignore[arg-type]
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join(timeout=15)
        assert not self._thread.is_alive()
        self.listener.close()
        self.inbox.close()


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.create(tmp_path / "data", partitions=2)


@pytest.fixture
def start_server(folder: DataFolder) -> Iterator[Callable[..., Server]]:
    """Give a function that starts a server on the folder; all are stopped at the end."""
    with contextlib.ExitStack() as stack:

        def start(port: int = 0, **limits: float) -> Server:
            server = Server(folder, port, **limits)
            stack.callback(lambda: server.stop() if not server.server.should_exit else None)
            return server

        yield start
