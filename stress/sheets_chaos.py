"""Chaos for the Sheets sink: a server that misbehaves, a sink that is killed, and a comparison cell by cell.

``python -m stress.sheets_chaos run --rows 200000 --kills 50 --rate 0.1``
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from actors.sheets.columns import COLUMNS, cells_of
from actors.sheets.log_source import LogSource
from actors.sheets.pipe import LEDGER_FILE, SheetsPipe
from actors.sheets.settings import SheetsSettings
from messages.row import Row
from messages.wire import encode
from store.folder import DataFolder
from store.partition import PartitionState
from stress.sheets_server.process import ServerProcess

SINK = "sink@majlis-local.iam.gserviceaccount.com"
_TEXTS = (
    "hello, is the flat still free?",
    '=HYPERLINK("http://example.com")',
    "+971501234567",
    "-5",
    "@someone",
    "\ttab first",
    "'quoted",
    "12/05/2024",
    "0501234567",
    "1e10",
    "مرحبا، هل الشقة متاحة؟",
    "line one\nline two 😀",
    "TRUE",
    "#REF!",
)


def make_rows(folder: DataFolder, count: int, conversations: int, seed: int = 7) -> None:
    """Fill the rows logs of a data folder.

    Args:
        folder: the data folder; each conversation's rows go to one partition, in order.
        count: rows in all.
        conversations: over how many conversations.
        seed: makes them repeatable.
    """
    draw = random.Random(seed)  # noqa: S311 - test data
    now = time.time_ns() // 1_000_000
    lines: dict[int, list[bytes]] = {p: [] for p in range(folder.partitions)}
    positions: Counter[int] = Counter()
    for number in range(count):
        conversation = draw.randrange(conversations)
        positions[conversation] += 1
        row = Row(
            row_id=f"{number:032x}",
            conversation=f"c{conversation}",
            position=positions[conversation],
            message_id=f"m{number}",
            source="jsonl",
            direction="in",
            kind="text",
            sender=f"97150{conversation:07d}",
            sender_name=f"Customer {conversation}",
            text=draw.choice(_TEXTS) + (f" {number}" if draw.random() < 0.5 else ""),
            sequence=None,
            sent_ms=now + number,
            utc_offset_min=240,
            received_ms=now + number,
            committed_ms=now,
            lang="en",
            intent="inquiry",
            intent_confidence=round(draw.random(), 3),
            sentiment="neutral",
            sentiment_score=round(draw.random() * 2 - 1, 3),
            urgent=draw.random() < 0.02,
        )
        lines[conversation % folder.partitions].append(encode(row))
    for partition, rows in lines.items():
        state = PartitionState(folder.state(partition), owner="chaos", max_rows_bytes=10_000_000_000)
        for at in range(0, len(rows), 5_000):
            turn = state.begin()
            for data in rows[at : at + 5_000]:
                turn.add_row(data)
            state.commit(turn)
        state.close()


def expected_rows(folder: DataFolder) -> Iterator[Row]:
    """Yield every row of the logs."""
    from messages.row import ROW

    source = LogSource(folder)
    for partition in source.partitions():
        start = 0
        while found := source.read(partition, start, 5_000, 100_000_000):
            for _, data in found:
                yield ROW.decode(data)
            start = found[-1][0] + 1
    source.close()


def _plain(cell: dict[str, Any]) -> Any:
    entered = cell.get("userEnteredValue", {})
    return next(iter(entered.values()), "")


def compare(http: Any, spreadsheet: str, title: str, folder: DataFolder) -> dict[str, int]:
    """Compare the worksheet with the logs, cell by cell.

    Args:
        http: gspread's HTTP client.
        spreadsheet, title: where the rows should be.
        folder: what was to be written.

    Returns:
        counts: ``expected``, ``found``, ``lost``, ``duplicated``, ``wrong_cells``, ``disordered``.
    """
    places = tuple(c.key for c in COLUMNS)
    wanted: dict[str, bytes] = {}
    for row in expected_rows(folder):
        wanted[row.row_id] = msgspec.json.encode([_plain(cell) for cell in cells_of(row, places)])
    seen: Counter[str] = Counter()
    last: dict[str, float] = {}
    counts: Counter[str] = Counter()
    start, step = 2, 5_000
    total_rows = http.spreadsheets_get(spreadsheet, {"fields": "sheets.properties(title,gridProperties)"})
    height = next(
        s["properties"]["gridProperties"]["rowCount"] for s in total_rows["sheets"] if s["properties"]["title"] == title
    )
    while start <= height:
        found = http.values_get(
            spreadsheet,
            f"'{title}'!A{start}:X{min(height, start + step - 1)}",
            params={"valueRenderOption": "UNFORMATTED_VALUE"},
        )
        for cells in found.get("values", []):
            row_id = str(cells[-1])
            seen[row_id] += 1
            conversation, position = cells[1], cells[2]
            if position <= last.get(conversation, 0):
                counts["disordered"] += 1
            last[conversation] = position
            if row_id not in wanted or msgspec.json.decode(wanted[row_id]) != cells:
                counts["wrong_cells"] += 1
        start += step
    return {
        "expected": len(wanted),
        "found": sum(seen.values()),
        "lost": sum(1 for row_id in wanted if row_id not in seen),
        "duplicated": sum(n - 1 for n in seen.values() if n > 1),
        "wrong_cells": counts["wrong_cells"],
        "disordered": counts["disordered"],
    }


def sink_settings(server: ServerProcess, book: str, key: Path, **changes: Any) -> SheetsSettings:
    """Return settings for the local server."""
    return SheetsSettings(spreadsheet=book, credentials_file=key, api_url=server.url, **changes)


def _start_sink(folder: Path, settings: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "stress.sheets_chaos", "sink", "--folder", str(folder), "--settings", str(settings)],
            cwd=Path(__file__).resolve().parents[1],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=out,
        )


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
        report=lambda line: sys.stderr.write(f"{line}\n") and None,
    )
    try:
        pipe.drain(3_600.0)
        return pipe.writer.status()
    finally:
        pipe.close()
        source.close()


def run(
    rows: int,
    kills: int,
    rate: float,
    *,
    folder: Path | None = None,
    partitions: int = 4,
    batch_rows: int = 400,
    server_kills: int = 3,
    limit_s: float = 1_800.0,
    seed: int = 1,
) -> dict[str, Any]:
    """Write rows while the server misbehaves and the sink is killed, then compare.

    Args:
        rows: how many.
        kills: how often the sink's process is killed with SIGKILL, at random moments.
        rate: share of API calls that misbehave, in all ways that the server knows.
        folder: where it happens; None for a temporary folder.
        partitions: of the data folder.
        batch_rows: most rows in a write, so that there are enough writes to hurt.
        server_kills: how often the server is killed and restarted.
        limit_s: give up after so many seconds.
        seed: of the faults and the moments.

    Returns:
        what was compared, the faults that happened, kills, calls and seconds; ``ok`` where every row is there once,
        in order, with every cell as sent.
    """
    with tempfile.TemporaryDirectory() as made:
        base = folder or Path(made)
        data = DataFolder.create(base / "data", partitions=partitions)
        make_rows(data, rows, max(10, rows // 50))
        server = ServerProcess(base / "server.db")
        key = base / "key.json"
        key.write_text(json.dumps(server.control("keys", email=SINK)))
        book = server.control("books", owner=SINK)["spreadsheetId"]
        settings = sink_settings(
            server,
            book,
            key,
            writes_per_minute=100_000,
            reads_per_minute=100_000,
            min_interval_s=0.0,
            batch_rows=batch_rows,
            timeout_s=2.0,
            prune_after_s=8.0,
            retry_blocked_s=0.5,
            breaker={"open_s": 0.2, "max_open_s": 1.0, "minimum_calls": 8, "failure_rate": 0.6},
        )
        settings_file = base / "settings.json"
        settings_file.write_text(settings.model_dump_json())
        began = time.monotonic()
        try:
            server, done = _torment(server, base, settings_file, kills, rate, server_kills, limit_s, seed)
            seconds = time.monotonic() - began
            _misbehave(server, 0.0, seed)
            from actors.sheets.client import open_client

            http = open_client(settings).http_client
            result: dict[str, Any] = compare(http, book, settings.worksheet, data)
        finally:
            server.stop()
        result.update(done, seconds=round(seconds, 1), rows_per_s=round(rows / seconds))
        result["ok"] = result["expected"] == result["found"] == rows and not any(
            result[name] for name in ("lost", "duplicated", "wrong_cells", "disordered", "crashes")
        )
        return result


def _misbehave(server: ServerProcess, rate: float, seed: int) -> None:
    server.control("limits", write_user=10**6, write_project=10**6, read_user=10**6, read_project=10**6)
    server.control("faults", rate=rate, hang_s=3.0, retry_after_s=1, seed=seed)


def _torment(
    server: ServerProcess,
    base: Path,
    settings_file: Path,
    kills: int,
    rate: float,
    server_kills: int,
    limit_s: float,
    seed: int,
) -> tuple[ServerProcess, dict[str, Any]]:
    """Kill and restart until the kills are spent, then let the sink finish."""
    draw = random.Random(seed)  # noqa: S311 - chaos, not secrets
    faults: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    moments = set(draw.sample(range(max(1, kills)), min(server_kills, max(1, kills))))
    _misbehave(server, rate, seed)
    deadline = time.monotonic() + limit_s
    killed = crashes = restarts = 0
    sink = _start_sink(base / "data", settings_file, base / "sink.log")
    while time.monotonic() < deadline:
        if killed >= kills:
            if sink.poll() is not None:
                crashes += sink.returncode != 0
                break
            time.sleep(0.05)
            continue
        try:
            if sink.wait(draw.uniform(0.8, 4.0)) == 0:
                break  # it had finished before the kill: too few rows for so many kills
            crashes += 1
            if crashes > 3:
                break
        except subprocess.TimeoutExpired:
            os.kill(sink.pid, signal.SIGKILL)
            sink.wait()
        if killed in moments:
            _add_stats(server, faults, calls)
            server.kill()
            server = ServerProcess(base / "server.db", server.port)
            _misbehave(server, rate, seed + killed)
            restarts += 1
        killed += 1
        sink = _start_sink(base / "data", settings_file, base / "sink.log")
    if sink.poll() is None:
        sink.kill()
    status = sink.wait()
    _add_stats(server, faults, calls)
    return server, {
        "kills": killed,
        "server_kills": restarts,
        "crashes": crashes,
        "exit_status": status,
        "faults": dict(faults),
        "faults_in_all": faults.total(),
        "calls": dict(calls),
    }


def _add_stats(server: ServerProcess, faults: Counter[str], calls: Counter[str]) -> None:
    stats = server.control("stats")
    faults.update(stats["faults"])
    calls.update(stats["calls"])


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
            began = time.monotonic()
            status = run_sink(base / "data", settings)
            seconds = time.monotonic() - began
            server.control("limits", read_user=10**6, read_project=10**6)
            from actors.sheets.client import open_client

            result: dict[str, Any] = compare(open_client(settings).http_client, book, settings.worksheet, data)
        finally:
            server.stop()
        return {
            **result,
            "seconds": round(seconds, 2),
            "rows_per_s": round(rows / seconds),
            "writes": status["calls"].get("writes", 0),
            "throttled": status["calls"].get("throttled", 0),
        }


def steady(rows_per_s: int = 1_000, seconds: int = 60) -> dict[str, Any]:
    """Measure write calls a minute and the time from commit to the sheet at a steady rate.

    Args:
        rows_per_s: rows committed each second.
        seconds: how long.

    Returns:
        write calls a minute, and percentiles of the seconds from commit to acknowledged write.
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
                [sys.executable, "-m", "stress.sheets_chaos", "feed", "--folder", str(base / "data")]
                + ["--rows", str(rows_per_s), "--seconds", str(seconds + 10)],
                cwd=Path(__file__).resolve().parents[1],
            )
            return _watch_steady(data, settings, seconds)
        finally:
            if feeder is not None:
                feeder.kill()
                feeder.wait()
            server.stop()


def _watch_steady(data: DataFolder, settings: SheetsSettings, seconds: int) -> dict[str, Any]:
    from messages.row import ROW

    source = LogSource(data)
    pipe = SheetsPipe(data.path / LEDGER_FILE, settings, source, owner=data.id, report=lambda _line: None)
    lags: list[float] = []
    marks: dict[int, int] = {}
    warm_until = time.monotonic() + 8
    warm_writes = -1
    end = warm_until + seconds
    try:
        while time.monotonic() < end:
            turn = pipe.pump()
            now = time.time_ns() // 1_000_000
            if warm_writes < 0 and time.monotonic() > warm_until:
                warm_writes = pipe.governor.calls["writes"]
            for partition, mark in pipe.ledger.marks().items():
                before = marks.get(partition, 0)
                if mark > before:
                    if warm_writes >= 0:
                        lags += [
                            (now - ROW.decode(raw).committed_ms) / 1000
                            for _, raw in source.read(partition, before, mark - before, 100_000_000)
                        ]
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
                text=_TEXTS[number % len(_TEXTS)],
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


def main() -> None:
    """Run one of the commands and print its result as JSON."""
    parser = argparse.ArgumentParser(prog="stress.sheets_chaos", description=__doc__)
    parser.add_argument("command", choices=["run", "sink", "drain", "steady", "feed"])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--settings", type=Path)
    given = parser.parse_args()
    if given.command == "sink":
        result = run_sink(given.folder, SheetsSettings.model_validate_json(given.settings.read_bytes()))
    elif given.command == "drain":
        result = drain_rate(given.rows)
    elif given.command == "steady":
        result = steady(given.rows, given.seconds)
    elif given.command == "feed":
        feed(given.folder, given.rows, given.seconds)
        return
    else:
        result = run(given.rows, given.kills, given.rate, folder=given.folder, seed=given.seed)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
