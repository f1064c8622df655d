"""How fast the Sheets sink drains a backlog, and how long a row takes to the sheet at a steady rate."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from actors.sheets.client import open_client
from actors.sheets.ledger import LEDGER_FILE
from actors.sheets.log_source import LogSource
from actors.sheets.pipe import SheetsPipe
from actors.sheets.settings import SheetsSettings
from messages.row import ROW, Row
from messages.wire import encode
from store.folder import DataFolder
from store.partition import PartitionState
from stress.sheets_rows import TEXTS, compare, make_rows
from stress.sheets_server.process import ServerProcess

SINK = "sink@majlis-local.iam.gserviceaccount.com"


def sink_settings(server: ServerProcess, book: str, key: Path, **changes: Any) -> SheetsSettings:
    """Return settings for the local server."""
    return SheetsSettings(spreadsheet=book, credentials_file=key, api_url=server.url, **changes)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def run_sink(folder: Path, settings: SheetsSettings) -> dict[str, Any]:
    """Write a data folder's rows until none waits; the process that the harness kills.

    Args:
        folder: the data folder.
        settings: where and how.

    Returns:
        the writer's status.
    """
    opened = DataFolder.open(folder)
    source = LogSource(opened)
    pipe = SheetsPipe(
        opened.path / LEDGER_FILE,
        settings,
        source,
        owner=opened.id,
        report=_say,
    )
    try:
        pipe.drain(3_600.0)
        return pipe.writer.status()
    finally:
        pipe.close()
        source.close()


def drain_rate(rows: int = 100_000) -> dict[str, Any]:
    """Measure how fast a backlog is written within Google's default quotas.

    Args:
        rows: the backlog.

    Returns:
        rows a second, write calls, and the comparison.
    """
    with tempfile.TemporaryDirectory() as made:
        base = Path(made)
        data = DataFolder.create(base / "data", partitions=4)
        make_rows(data, rows, rows // 50)
        server = ServerProcess(base / "server.db")
        try:
            key = base / "key.json"
            key.write_text(json.dumps(server.control("keys", email=SINK)))
            book = server.control("books", owner=SINK)["spreadsheetId"]
            settings = sink_settings(server, book, key)
            began, cpu = time.monotonic(), time.process_time()
            status = run_sink(base / "data", settings)
            seconds, cpu = time.monotonic() - began, time.process_time() - cpu
            server_cpu = psutil.Process(server.process.pid).cpu_times()
            server.control("limits", read_user=10**6, read_project=10**6)
            result: dict[str, Any] = compare(open_client(settings).http_client, book, settings.worksheet, data)
        finally:
            server.stop()
        return {
            **result,
            "seconds": round(seconds, 2),
            "rows_per_s": round(rows / seconds),
            "sink_cpu_s": round(cpu, 2),
            "server_cpu_s": round(server_cpu.user + server_cpu.system, 2),
            "writes": status["calls"].get("writes", 0),
            "throttled": status["calls"].get("throttled", 0),
        }


def steady(rows_per_s: int = 1_000, seconds: int = 60) -> dict[str, Any]:
    """Measure write calls a minute and the time from commit to the sheet at a steady rate.

    Args:
        rows_per_s: rows committed each second.
        seconds: how long.

    Returns:
        write calls a minute, and percentiles of the seconds from commit to acknowledged write; rows of the first twelve
        seconds are not counted.
    """
    with tempfile.TemporaryDirectory() as made:
        base = Path(made)
        data = DataFolder.create(base / "data", partitions=4)
        server = ServerProcess(base / "server.db")
        feeder = None
        try:
            key = base / "key.json"
            key.write_text(json.dumps(server.control("keys", email=SINK)))
            book = server.control("books", owner=SINK)["spreadsheetId"]
            settings = sink_settings(server, book, key)
            feeder = subprocess.Popen(
                [
                    *(sys.executable, "-m", "stress.sheets_chaos", "feed", "--folder", str(base / "data")),
                    *("--rows", str(rows_per_s), "--seconds", str(seconds + 15)),
                ],
                cwd=Path(__file__).resolve().parents[1],
            )
            return _watch_steady(data, settings, seconds)
        finally:
            if feeder is not None:
                feeder.kill()
                feeder.wait()
            server.stop()


def _watch_steady(data: DataFolder, settings: SheetsSettings, seconds: int) -> dict[str, Any]:
    source = LogSource(data)
    pipe = SheetsPipe(data.path / LEDGER_FILE, settings, source, owner=data.id, report=lambda _line: None)
    lags: list[float] = []
    marks: dict[int, int] = {}
    warm_until = time.monotonic() + 12  # claiming the spreadsheet and making the worksheet take writes of their own
    warm_ms = 0
    warm_writes = -1
    end = warm_until + seconds
    try:
        while time.monotonic() < end:
            turn = pipe.pump()
            now = time.time_ns() // 1_000_000
            if warm_writes < 0 and time.monotonic() > warm_until:
                warm_writes, warm_ms = pipe.governor.calls["writes"], now
            for partition, mark in pipe.ledger.marks().items():
                before = marks.get(partition, 0)
                if mark > before:
                    if warm_writes >= 0:
                        times = [
                            ROW.decode(raw).committed_ms
                            for _, raw in source.read(partition, before, mark - before, 100_000_000)
                        ]
                        lags += [(now - committed) / 1000 for committed in times if committed >= warm_ms]
                    marks[partition] = mark
            if turn.wait_s:
                time.sleep(turn.wait_s)
        writes = pipe.governor.calls["writes"] - warm_writes
    finally:
        pipe.close()
        source.close()
    lags.sort()
    return {
        "rows": len(lags),
        "writes_per_minute": round(writes * 60 / seconds, 1),
        "p50_s": round(lags[len(lags) // 2], 3) if lags else None,
        "p99_s": round(lags[int(len(lags) * 0.99)], 3) if lags else None,
        "max_s": round(lags[-1], 3) if lags else None,
    }


def feed(folder: Path, rows_per_s: int, seconds: int) -> None:
    """Commit rows at a steady rate, as shards would.

    Args:
        folder: the data folder.
        rows_per_s: rows a second.
        seconds: how long.
    """
    data = DataFolder.open(folder)
    states = [PartitionState(data.state(p), owner="feed", max_rows_bytes=10**10) for p in range(data.partitions)]
    began = time.monotonic()
    number = 0
    while (elapsed := time.monotonic() - began) < seconds:
        due = int(elapsed * rows_per_s)
        turns = [state.begin() for state in states]
        now = time.time_ns() // 1_000_000
        while number < due:
            conversation = number % 997
            row = Row(
                row_id=f"{number:032x}",
                conversation=f"c{conversation}",
                position=number // 997 + 1,
                message_id=f"m{number}",
                source="jsonl",
                direction="in",
                kind="text",
                sender=f"97150{conversation:07d}",
                sender_name=f"Customer {conversation}",
                text=TEXTS[number % len(TEXTS)],
                sequence=None,
                sent_ms=now,
                utc_offset_min=240,
                received_ms=now,
                committed_ms=now,
                intent="inquiry",
                intent_confidence=0.9,
            )
            turns[conversation % len(turns)].add_row(encode(row))
            number += 1
        for state, turn in zip(states, turns, strict=True):
            state.commit(turn)
        time.sleep(0.02)
