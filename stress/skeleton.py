"""The skeleton's figures: throughput, latency, opening at once, sessions in memory and on disk."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from actors.session.latency import quantile
from actors.sheets.rows_reader import RowFilter, RowsReader
from actors.system.errors import SystemFault
from actors.whatsapp.feed_port import read_port
from actors.whatsapp.feed_progress import FeedProgress
from actors.whatsapp.local_feed import FeedClient
from messages.inbound import Inbound
from stress.system_under_test import SystemUnderTest

Say = Callable[[str], None]
Figures = dict[str, Any]
CONVERSATIONS = 4_000


def run(*, messages: int, known: int, only: tuple[str, ...], say: Say) -> Figures:
    """Measure all parts, or some.

    Args:
        messages: for each figure of throughput.
        known: how many sessions are made known.
        only: names of parts; all when empty.
        say: told what is being done.

    Returns:
        figures by name.
    """
    parts: dict[str, Callable[[Path], Figures]] = {
        "empty": lambda path: _throughput(path, "empty", messages),
        "rules": lambda path: _throughput(path, "rules", messages),
        "models": lambda path: _models(path, messages // 3),
        "latency": lambda path: _latency(path, "rules", rate=1_000.0, seconds=15),
        "opening": _opening,
        "sessions": lambda path: _sessions(path, known),
    }
    figures: Figures = {}
    for name, part in parts.items():
        if only and name not in only:
            continue
        say(f"{name} …")
        path = Path(tempfile.mkdtemp(prefix=f"majlis-{name}-"))
        try:
            figures |= part(path / "data")
        finally:
            shutil.rmtree(path, ignore_errors=True)
    return figures


def feeder(path: Path, **options: object) -> subprocess.Popen[str]:
    """Start a feeding process.

    Args:
        path: the data folder.
        options: of ``stress.feeder``.

    Returns:
        the process; it prints a JSON line at its end.
    """
    arguments = [f"--{name}={value}" for name, value in options.items()]
    return subprocess.Popen(
        [sys.executable, "-m", "stress.feeder", str(path), *arguments], stdout=subprocess.PIPE, text=True
    )


def _fed(process: subprocess.Popen[str]) -> Figures:
    output, _ = process.communicate()
    if process.returncode:
        raise SystemFault(f"the feeder ended with {process.returncode}")
    told: Figures = json.loads(output)
    return told


def _throughput(path: Path, engine: str, messages: int) -> Figures:
    # The skeleton is the spine alone: no text is understood, so there is nothing to divide into threads either.
    settings = {"language.engine": engine, "sessions.threads": engine != "empty"}
    with SystemUnderTest(path, settings) as system:
        _fed(feeder(path, total=CONVERSATIONS, conversations=CONVERSATIONS, run="warm-up", prefix="w"))
        _finish(system, "warm-up", CONVERSATIONS)
        cpu = system.cpu_seconds()
        process = feeder(path, total=messages, conversations=CONVERSATIONS, run="load")
        committed = _finish(system, "load", messages, rows=False)
        cpu = system.cpu_seconds() - cpu
        told = _fed(process)
        _finish(system, "load", messages)
        in_sink = time.time() - told["began"]
    seconds = committed - told["began"]
    return {
        f"{engine}_messages_per_s": round(messages / seconds),
        f"{engine}_rows_in_sink_per_s": round(messages / in_sink),
        f"{engine}_cpu_us_per_message": round(cpu / messages * 1e6, 1),
        f"{engine}_feeder_s": told["seconds"],
        f"{engine}_messages": messages,
    }


def _models(path: Path, messages: int) -> Figures:
    """Measure with all layers of understanding, as live messages, none of whose texts comes twice."""
    with SystemUnderTest(path, {"language.engine": "auto"}) as system:
        _fed(feeder(path, total=500, conversations=500, run="warm-up", prefix="w"))
        _finish(system, "warm-up", 500)
        process = feeder(path, total=messages, conversations=CONVERSATIONS, run="load", distinct=messages)
        committed = _finish(system, "load", messages)
        told = _fed(process)
        with RowsReader(system.folder.rows_file) as reader:
            tiers = Counter(row.tier for row in reader.query(RowFilter(conversation="c*")))
    return {
        "models_messages_per_s": round(messages / (committed - told["began"])),
        "models_messages": messages,
        **{f"models_share_{tier}": round(count / messages, 4) for tier, count in sorted(tiers.items())},
    }


def _finish(
    system: SystemUnderTest, run_name: str, expected: int, *, rows: bool = True, stalled_s: float = 60.0
) -> float:
    """Wait until a feed's messages are committed (and, with ``rows``, in the sink).

    Returns:
        when the last was committed, seconds since 1970.
    """
    progress = FeedProgress(system.folder, run_name)
    try:
        if rows:
            tally = progress.wait(expected, stalled_s=stalled_s)
        else:
            moved, last = time.monotonic(), -1
            tally = progress.tally()
            while tally.finished < expected and time.monotonic() - moved < stalled_s:
                time.sleep(0.01)
                tally = progress.tally()
                if tally.finished != last:
                    moved, last = time.monotonic(), tally.finished
    finally:
        progress.close()
    if tally.finished < expected:
        raise SystemFault(f"{expected - tally.finished} of {expected} messages were not finished")
    return tally.last_ms / 1000


def _latency(path: Path, engine: str, *, rate: float, seconds: int) -> Figures:
    total = int(rate * seconds)
    with SystemUnderTest(path, {"language.engine": engine}) as system:
        _fed(feeder(path, total=3_000, conversations=1_000, rate=rate, run="warm-up", prefix="w"))
        _finish(system, "warm-up", 3_000)
        _counts(system, reset=True)
        cpu, began = system.cpu_seconds(), time.monotonic()
        _fed(feeder(path, total=total, conversations=1_000, rate=rate, run="load"))
        _finish(system, "load", total)
        spent = (system.cpu_seconds() - cpu) / (time.monotonic() - began)
        counts = _counts(system, reset=False)
        with RowsReader(system.folder.rows_file) as reader:
            rows = sum(1 for _ in reader.query(RowFilter(conversation="c*")))
    return {
        "latency_rate_per_s": rate,
        "latency_messages": sum(counts.values()),
        "latency_rows": rows,
        "commit_p50_ms": quantile(counts, 0.50),
        "commit_p99_ms": quantile(counts, 0.99),
        "commit_max_ms": max(counts, default=0),
        "cpu_share_of_two_cores": round(spent / 2, 3),
    }


def _counts(system: SystemUnderTest, *, reset: bool) -> dict[int, int]:
    total: Counter[int] = Counter()
    for shard in range(2):
        arguments = {"reset": "1"} if reset else {}
        answer = system.ask(f"sessions/shard-{shard}", "latency", arguments)
        total.update({int(ms): count for ms, count in answer["counts_ms"].items()})
    return dict(total)


def _opening(path: Path) -> Figures:
    conversations, each = 100, 100
    total = conversations * each
    with SystemUnderTest(path, {"language.engine": "rules"}) as system:
        began = time.time()
        _fed(feeder(path, total=total, conversations=conversations, batch=total, run="load"))
        ended = _finish(system, "load", total)
        order = rows_in_order(system.folder.rows_file, total, conversations)
    return {
        "opening_messages": total,
        "opening_s": round(ended - began, 3),
        **{f"opening_{k}": v for k, v in order.items()},
    }


def rows_in_order(rows_file: Path, total: int, conversations: int, prefix: str = "c") -> Mapping[str, int]:
    """Compare the sink's rows with what was fed.

    Args:
        rows_file: of the embedded sink.
        total: how many messages were fed, numbered from 0.
        conversations: how many conversations took turns.
        prefix: of the conversations' names.

    Returns:
        counts of ``lost``, ``twice`` and ``disordered`` messages.
    """
    seen: Counter[int] = Counter()
    last: dict[str, int] = {}
    disordered = 0
    with RowsReader(rows_file) as reader:
        for row in reader.query(RowFilter(conversation=f"{prefix}*")):
            number = int(row.message_id)
            seen[number] += 1
            expected = last.get(row.conversation, int(row.conversation[len(prefix) :]) - conversations) + conversations
            if number != expected or row.position != number // conversations + 1:
                disordered += 1
            last[row.conversation] = number
    return {
        "lost": sum(1 for number in range(total) if not seen[number]),
        "twice": sum(1 for count in seen.values() if count > 1),
        "disordered": disordered,
    }


def _memory(system: SystemUnderTest) -> int:
    """Add up the shards' own memory, bytes; pages of files that the kernel may drop are not counted."""
    pids = [int(system.ask(f"sessions/shard-{shard}", "status")["pid"]) for shard in range(2)]
    total = 0
    for pid in pids:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        total += next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))
    return total


def _sessions(path: Path, known: int) -> Figures:
    resident = 10_000
    settings = {"language.engine": "empty", "sessions.resident_limit": resident}
    with SystemUnderTest(path, settings) as system:
        # As many messages as later, in few sessions: buffers and queues then have their size already.
        _fed(feeder(path, total=2 * resident, conversations=64, run="warm-up", prefix="w"))
        _finish(system, "warm-up", 2 * resident)
        bare = _memory(system)
        _fed(feeder(path, total=resident, conversations=resident, run="resident", prefix="r"))
        _finish(system, "resident", resident)
        full = _memory(system)
        _fed(feeder(path, total=known, conversations=known, run="known", prefix="k"))
        _finish(system, "known", known)
        time.sleep(1.0)
        after = _memory(system)
        answers = [system.ask(f"sessions/shard-{shard}", "sessions", {"limit": "1"}) for shard in range(2)]
        wake = _wake_ms(system, 200)
        disk = sum(file.stat().st_blocks * 512 for file in (path / "state").rglob("*") if file.is_file())
    total_known = sum(answer["known"] for answer in answers)
    return {
        "resident_sessions": sum(answer["resident"] for answer in answers),
        "resident_bytes_each": round((full - bare) / resident),
        "known_sessions": total_known,
        "known_memory_growth_bytes_each": round((after - full) / known, 1),
        "known_disk_bytes_each": round(disk / total_known),
        "woken_p50_ms": quantile(wake, 0.5),
        "woken_p99_ms": quantile(wake, 0.99),
    }


def _wake_ms(system: SystemUnderTest, count: int) -> dict[int, int]:
    """Send single messages to passivated sessions, and count the milliseconds to their commits."""
    _counts(system, reset=True)
    data = system.folder
    client = FeedClient(lambda: read_port(data.path), data.frame_key(), run="woken")
    for number in range(count):
        # The resident ones are the last known; these are the first, long out of memory.
        again = Inbound(
            id=f"woken-{number}",
            source="stress",
            conversation=f"r{number}",
            sender="+971500000000",
            text="hello again",
            run="woken",
        )
        client.send([again])
    client.close()
    _finish(system, "woken", count)
    return _counts(system, reset=False)
