"""What saturated media pools do to text: the latency of text messages in windows without and with pictures being read.

One steady stream of texts runs all the time; the reader processes are stopped and continued by signals, so that each
window without pictures has a neighbour with them, and the machine's mood, which changes within minutes, is in both.
"""

from __future__ import annotations

import io
import shutil
import signal
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from actors.media.content_store import ContentStore
from actors.sheets.rows_reader import RowFilter, RowsReader
from actors.whatsapp.feed_port import read_port
from actors.whatsapp.feed_progress import FeedProgress
from actors.whatsapp.local_feed import FeedClient
from messages.inbound import Inbound
from stress.media_scenes import listing
from stress.skeleton import feeder
from stress.system_under_test import SystemUnderTest

RATE = 200.0
WINDOW_S = 4.0
SETTLE_S = 0.5
"""Between a signal and its window."""
PAIRS = 15
PICTURES = 400
PERCENTS = (50, 95, 99)
GOAL = 1.2
_DRAWN = 20


class Window(NamedTuple):
    """A stretch of time, milliseconds since 1970 UTC, in which pictures were read or not."""

    since_ms: int
    until_ms: int
    beside: bool


def run(pairs: int = PAIRS, window_s: float = WINDOW_S, settings: dict[str, object] | None = None) -> dict[str, Any]:
    """Measure windows in turn in one system.

    Args:
        pairs: windows of each kind.
        window_s: length of a window, seconds.
        settings: overrides for the system.

    Returns:
        percentiles in milliseconds from the gateway to the decision, without and with pictures, of all windows
        together; for each percentile the median of the pairs' ratios; and what was read meanwhile.
    """
    base = Path(tempfile.mkdtemp(prefix="majlis-media-latency-"))
    chosen = {"language.engine": "rules", "media_pool.workers": 1, **(settings or {})}
    try:
        with SystemUnderTest(base / "data", chosen) as system:
            _feed_pictures(system, 1, "warm")
            _wait(system, "warm", 1)
            _readers(system, signal.SIGSTOP)
            _feed_pictures(system, PICTURES, "queue")
            total = int(RATE * (2 * pairs * (window_s + SETTLE_S) + SETTLE_S))
            texts = feeder(system.path, total=total, conversations=500, rate=RATE, run="texts", prefix="text")
            time.sleep(SETTLE_S)
            windows, busy_s = [], 0.0
            for number in range(2 * pairs):
                beside = number % 2 == 1
                _readers(system, signal.SIGCONT if beside else signal.SIGSTOP)
                time.sleep(SETTLE_S)
                before = _reader_s(system)
                since = _now_ms()
                time.sleep(window_s)
                windows.append(Window(since, _now_ms(), beside))
                busy_s += _reader_s(system) - before if beside else 0.0
            _readers(system, signal.SIGCONT)
            texts.communicate()
            _wait(system, "texts", total)
            read = _tally(system, "queue")
            with RowsReader(system.folder.rows_file) as reader:
                waits = [
                    (row.received_ms, row.committed_ms - row.received_ms)
                    for row in reader.query(RowFilter(conversation="text*"))
                ]
        found = figures(waits, windows)
        return {
            **found,
            "goal_ratio": GOAL,
            "met": all(found[f"ratio_p{percent}"] <= GOAL for percent in PERCENTS),
            "pictures_read_meanwhile": read,
            "pictures_still_waiting": PICTURES - read,
            "readers_cores": round(busy_s / (pairs * window_s), 2),
        }
    finally:
        shutil.rmtree(base, ignore_errors=True)


def figures(waits: Sequence[tuple[int, int]], windows: Sequence[Window]) -> dict[str, Any]:
    """Compare the windows.

    Args:
        waits: when each text came and how long it took, milliseconds.
        windows: without and with pictures in turn.

    Returns:
        percentiles of both kinds, and the medians of the ratios of neighbours.
    """
    found = [
        (window.beside, sorted(wait for at, wait in waits if window.since_ms <= at < window.until_ms))
        for window in windows
    ]
    result: dict[str, Any] = {"texts": sum(len(some) for _, some in found), "pairs": len(found) // 2}
    for beside, name in ((False, "text"), (True, "beside_pictures")):
        pooled = sorted(wait for kind, some in found if kind is beside for wait in some)
        result |= {f"{name}_p{percent}_ms": _percentile(pooled, percent) for percent in PERCENTS}
    for percent in PERCENTS:
        ratios = [
            _percentile(with_, percent) / max(1, _percentile(without, percent))
            for (_, without), (_, with_) in zip(found[::2], found[1::2], strict=True)
        ]
        result[f"ratio_p{percent}"] = round(statistics.median(ratios), 2) if ratios else None
        result[f"ratios_p{percent}"] = [round(ratio, 2) for ratio in ratios]
    return result


def _percentile(ordered: Sequence[int], percent: int) -> int:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else 0


def _reader_processes(system: SystemUnderTest) -> list[psutil.Process]:
    return [one for one in system.processes() if "actors.media.reader_process" in " ".join(one.cmdline())]


def _readers(system: SystemUnderTest, number: signal.Signals) -> None:
    for process in _reader_processes(system):
        process.send_signal(number)


def _reader_s(system: SystemUnderTest) -> float:
    """Add up the processor time of the reader processes, seconds."""
    times = [process.cpu_times() for process in _reader_processes(system)]
    return sum(float(one.user + one.system) for one in times)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _feed_pictures(system: SystemUnderTest, count: int, run_name: str) -> None:
    store = ContentStore(system.folder.media)
    messages = []
    drawn: dict[int, bytes] = {}
    for number in range(count):
        if number < _DRAWN:
            picture = io.BytesIO()
            listing(number).image.save(picture, "JPEG", quality=85)
            drawn[number] = picture.getvalue()
        # Another content each, without drawing all of them.
        kept = store.keep(io.BytesIO(drawn[number % _DRAWN] + b"\0" * (number // _DRAWN)), f"{number}.jpg")
        messages.append(
            Inbound(
                id=f"{run_name}-{number}",
                source="stress",
                conversation=f"picture {run_name} {number}",
                sender="+971500000000",
                kind="image",
                attachments=(kept,),
                run=run_name,
            )
        )
    path = system.path
    client = FeedClient(lambda: read_port(path), system.folder.frame_key(), run=run_name)
    client.send(messages)
    client.close()


def _tally(system: SystemUnderTest, run_name: str) -> int:
    progress = FeedProgress(system.folder, run_name)
    try:
        return progress.tally().finished
    finally:
        progress.close()


def _wait(system: SystemUnderTest, run_name: str, expected: int, timeout_s: float = 180.0) -> None:
    give_up = time.monotonic() + timeout_s
    while _tally(system, run_name) < expected and time.monotonic() < give_up:
        time.sleep(0.05)
    time.sleep(0.3)  # the sink writes rows some tens of milliseconds behind the tally
