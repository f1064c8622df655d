from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.sheets.client import open_client
from actors.sheets.pipe import SheetsPipe
from actors.sheets.settings import SheetsSettings
from actors.sheets.target import quoted
from messages.row import Row
from messages.wire import encode
from stress.sheets_server.process import ServerProcess

SINK = "sink@majlis-local.iam.gserviceaccount.com"
OWNER = "owner@example.com"
FREE = {"write_user": 10**6, "write_project": 10**6, "read_user": 10**6, "read_project": 10**6}


@pytest.fixture(scope="session")
def keys_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("sheets") / "state.db")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def key_file(keys_server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "sink.json"
    path.write_text(json.dumps(keys_server.control("keys", email=SINK)))
    return path


@pytest.fixture(scope="session")
def owner_key_file(keys_server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "owner.json"
    path.write_text(json.dumps(keys_server.control("keys", email=OWNER)))
    return path


@pytest.fixture
def server(keys_server: ServerProcess) -> Iterator[ServerProcess]:
    keys_server.control("limits", **FREE, max_cells=10_000_000)
    yield keys_server
    keys_server.control("faults", rate=0.0, reset=True)
    keys_server.control("api", enabled=True)


@pytest.fixture
def book(server: ServerProcess) -> str:
    return str(server.control("books", owner=OWNER, editors=[SINK])["spreadsheetId"])


@pytest.fixture
def settings(server: ServerProcess, book: str, key_file: Path) -> SheetsSettings:
    return SheetsSettings(
        spreadsheet=book,
        credentials_file=key_file,
        api_url=server.url,
        writes_per_minute=100_000,
        reads_per_minute=100_000,
        min_interval_s=0.0,
        timeout_s=0.6,
        retry_blocked_s=0.05,
        read_attempts=2,
        breaker={"minimum_calls": 1000},
    )


def make_row(number: int, conversation: str = "c1", position: int = 0, **fields: Any) -> Row:
    facts: dict[str, Any] = {
        "row_id": f"{number:032x}",
        "conversation": conversation,
        "position": position or number + 1,
        "message_id": f"m{number}",
        "source": "jsonl",
        "direction": "in",
        "kind": "text",
        "sender": "971501234567",
        "sender_name": "Someone",
        "text": f"text {number}",
        "sequence": None,
        "sent_ms": 1_700_000_000_000 + number,
        "utc_offset_min": 240,
        "received_ms": 1_700_000_000_000,
        "committed_ms": 1_700_000_000_000,
    }
    return Row(**{**facts, **fields})


class ListSource:
    """Rows logs in memory: one list a partition."""

    def __init__(self, partitions: int = 1) -> None:
        self.logs: list[list[bytes]] = [[] for _ in range(partitions)]

    def add(self, *rows: Row, partition: int = 0) -> None:
        self.logs[partition] += [encode(row) for row in rows]

    def partitions(self) -> list[int]:
        return list(range(len(self.logs)))

    def read(self, partition: int, start: int, limit: int, max_bytes: int) -> list[tuple[int, bytes]]:
        return list(enumerate(self.logs[partition]))[start : start + limit]


class Bench:
    """A pipe over a list of rows, and the owner's own view of the spreadsheet."""

    def __init__(self, settings: SheetsSettings, folder: Path, owner_key: Path) -> None:
        self.settings, self.folder = settings, folder
        self.source = ListSource()
        self.notes: list[str] = []
        self.http = open_client(
            settings.model_copy(update={"credentials_file": owner_key, "timeout_s": 10.0})
        ).http_client
        self.pipe: SheetsPipe | None = None

    def open(self, ledger: str = "ledger", **changes: Any) -> SheetsPipe:
        self.pipe = SheetsPipe(
            self.folder / ledger,
            self.settings.model_copy(update=changes),
            self.source,
            owner="folder",
            report=self.notes.append,
        )
        return self.pipe

    def crash(self) -> None:
        """Forget everything that is not durable."""
        assert self.pipe is not None
        self.pipe.ledger.close()
        self.pipe = None

    def drain(self, seconds: float = 20.0) -> None:
        pipe = self.pipe or self.open()
        assert pipe.drain(seconds), (pipe.writer.status(), self.notes)

    def stuck(self, pipe: SheetsPipe | None = None, times: int = 3) -> str:
        """Pump until the writer has run into what is in its way so often, or stands still for good; say what it is."""
        pipe = pipe or self.pipe or self.open()
        writer, until = pipe.writer, time.monotonic() + 20.0
        goal = writer.counters["blocked"] + times
        while writer.counters["blocked"] < goal and writer.state.phase not in {"fenced", "halted"}:
            done = pipe.pump(flush=True)
            assert not done.idle, self.notes
            assert time.monotonic() < until, (writer.status(), self.notes)
            if writer.counters["blocked"] < goal:
                time.sleep(min(done.wait_s, 0.1))
        return writer.state.reason

    def values(self, title: str = "Majlis", book: str = "") -> list[list[Any]]:
        found = self.http.values_get(
            book or self.settings.spreadsheet, quoted(title), params={"valueRenderOption": "UNFORMATTED_VALUE"}
        )
        return list(found.get("values", []))

    def column(self, header: str, title: str = "Majlis", book: str = "") -> list[Any]:
        rows = self.values(title, book)
        at = rows[0].index(header)
        return [row[at] if at < len(row) else "" for row in rows[1:]]

    def do(self, *requests: dict[str, Any]) -> None:
        self.http.batch_update(self.settings.spreadsheet, {"requests": list(requests)})

    def sheet_id(self, title: str = "Majlis") -> int:
        shown = self.http.spreadsheets_get(self.settings.spreadsheet, {"fields": "sheets.properties"})
        return int(next(s["properties"]["sheetId"] for s in shown["sheets"] if s["properties"]["title"] == title))


@pytest.fixture
def row() -> Callable[..., Row]:
    return make_row


@pytest.fixture
def bench(settings: SheetsSettings, tmp_path: Path, owner_key_file: Path) -> Iterator[Bench]:
    made = Bench(settings, tmp_path, owner_key_file)
    yield made
    if made.pipe is not None:
        made.pipe.close()
