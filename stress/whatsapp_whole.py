"""Webhooks into a whole running system: what it accepts beside its own work, and what becomes of it."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from actors.sheets.rows_reader import RowsReader
from actors.sheets.rows_table import RowsFileError
from actors.system.errors import SystemFault
from actors.whatsapp.feed_port import read_port
from stress.system_under_test import SystemUnderTest
from stress.whatsapp_server.local_whatsapp import LocalWhatsApp
from stress.whatsapp_server.traffic import Mix, Traffic

SECRET = "a-secret-for-load"  # noqa: S105 - of a system that lives for the benchmark
STALLED_S = 60.0


def run(*, batched: int = 40_000, single: int = 10_000, steady: int = 10_000) -> dict[str, Any]:
    """Deliver messages in bodies of 100, then one by one, then one by one at 1,000 a second.

    Args:
        batched: messages in bodies of 100, as fast as they are answered.
        single: bodies of one message, as fast as they are answered.
        steady: bodies of one message, 1,000 a second.

    Returns:
        what was accepted a second while the system worked on it, and rows in the sink: each message once.
    """
    base = Path(tempfile.mkdtemp(prefix="majlis-webhooks-"))
    settings = {
        "language.engine": "rules",
        "whatsapp.port": 0,
        "whatsapp.admin_port": 0,
        "whatsapp.app_secrets": f'["{SECRET}"]',
    }
    try:
        with LocalWhatsApp(secret=SECRET) as meta, SystemUnderTest(base / "data", settings) as system:
            meta.connect(read_port(system.path, "webhook") or 0)
            orderly = Mix(duplicates=0, swapped=0)
            traffic = Traffic(seed=3, people=2_000, mix=orderly, start_s=int(time.time()) - 600)
            figures: dict[str, Any] = {}
            sent = 0
            for name, count, size, per_s in (
                ("batched", batched, 100, 0.0),
                ("single", single, 1, 0.0),
                ("steady", steady, 1, 1_000.0),
            ):
                updates = traffic.messages(count)
                began = time.monotonic()
                meta.deliver(traffic.channel, updates, size=size, per_s=per_s)
                accepted = time.monotonic() - began
                sent += count
                _await_rows(system, sent)
                figures[f"{name}_accepted_per_s"] = round(count / accepted)
                figures[f"{name}_rows_per_s"] = round(count / (time.monotonic() - began))
            rows = _rows(system)
            return {**figures, "messages": sent, "rows": rows}
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _rows(system: SystemUnderTest) -> int:
    try:
        with RowsReader(system.folder.rows_file) as reader:
            return reader.count()
    except RowsFileError:
        return 0


def _await_rows(system: SystemUnderTest, expected: int) -> None:
    last, moved = -1, time.monotonic()
    while (rows := _rows(system)) < expected:
        if rows != last:
            last, moved = rows, time.monotonic()
        if time.monotonic() - moved > STALLED_S:
            raise SystemFault(f"{expected - rows} of {expected} messages have no row")
        time.sleep(0.05)
