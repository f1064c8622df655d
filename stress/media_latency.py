"""What saturated media pools do to text: the latency of text messages without and with a queue of pictures."""

from __future__ import annotations

import io
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

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
SECONDS = 20
PICTURES = 200


def run() -> dict[str, Any]:
    """Measure twice in one system, so that the machine's mood is the same.

    Returns:
        medians and 99th percentiles, milliseconds from the gateway to the decision, without and with pictures.
    """
    base = Path(tempfile.mkdtemp(prefix="majlis-media-latency-"))
    try:
        with SystemUnderTest(base / "data", {"language.engine": "rules", "media_pool.workers": 1}) as system:
            _feed_pictures(system, 1, "warm")
            _wait(system, "warm", 1)
            alone = _text(system, "alone")
            _feed_pictures(system, PICTURES, "queue")
            beside = _text(system, "beside")
            read = _tally(system, "queue")
            return {
                "text_p50_ms": alone[0],
                "text_p99_ms": alone[1],
                "beside_pictures_p50_ms": beside[0],
                "beside_pictures_p99_ms": beside[1],
                "ratio_p50": round(beside[0] / max(alone[0], 1), 2),
                "ratio_p99": round(beside[1] / max(alone[1], 1), 2),
                "pictures_read_meanwhile": read,
                "pictures_still_waiting": PICTURES - read,
            }
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _feed_pictures(system: SystemUnderTest, count: int, run_name: str) -> None:
    store = ContentStore(system.folder.media)
    messages = []
    for number in range(count):
        picture = io.BytesIO()
        listing(number).image.save(picture, "JPEG", quality=85)
        picture.seek(0)
        kept = store.keep(picture, f"{number}.jpg")
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


def _text(system: SystemUnderTest, run_name: str) -> tuple[int, int]:
    total = int(RATE * SECONDS)
    feeder(system.path, total=total, conversations=500, rate=RATE, run=run_name, prefix=run_name).communicate()
    _wait(system, run_name, total)
    with RowsReader(system.folder.rows_file) as reader:
        waits = sorted(
            row.committed_ms - row.received_ms for row in reader.query(RowFilter(conversation=f"{run_name}*"))
        )
    return round(statistics.median(waits)), waits[int(len(waits) * 0.99)]


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
