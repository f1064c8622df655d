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
from pathlib import Path
from typing import Any

from actors.sheets.client import open_client
from actors.sheets.settings import SheetsSettings
from store.folder import DataFolder
from stress.sheets_rates import SINK, drain_rate, feed, run_sink, sink_settings, steady
from stress.sheets_rows import compare, make_rows
from stress.sheets_server.process import ServerProcess


def _start_sink(folder: Path, settings: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "stress.sheets_chaos", "sink", "--folder", str(folder), "--settings", str(settings)],
            cwd=Path(__file__).resolve().parents[1],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=out,
        )


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
    pace: tuple[float, float] = (0.6, 1.9),
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
        pace: seconds that a sink lives, drawn evenly from between these.

    Returns:
        what was compared, the faults that happened, kills, calls and seconds; ``ok`` where every row is there once,
        in order, with every cell as sent, and the sink was killed as often as asked; else a ``note`` says so.
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
            server, done = _torment(server, base, settings_file, kills, rate, server_kills, limit_s, seed, pace)
            seconds = time.monotonic() - began
            _misbehave(server, 0.0, seed)
            http = open_client(settings).http_client
            result: dict[str, Any] = compare(http, book, settings.worksheet, data)
        finally:
            server.stop()
        result.update(done, seconds=round(seconds, 1), rows_per_s=round(rows / seconds))
        result["ok"] = result["expected"] == result["found"] == rows and not any(
            result[name] for name in ("lost", "duplicated", "wrong_cells", "disordered", "crashes")
        )
        if done["kills"] < kills:
            result["ok"] = False
            result["note"] = (
                f"all was written, or time was over, after {done['kills']} of {kills} kills: take more rows"
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
    pace: tuple[float, float],
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
            if sink.wait(draw.uniform(*pace)) == 0:
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
