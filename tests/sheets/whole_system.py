"""Settings of a whole system whose rows go to the local Sheets server, and a way to feed it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actors.sheets.settings import SheetsSettings
from actors.whatsapp.feed_port import read_port
from actors.whatsapp.local_feed import FeedClient
from messages.inbound import Inbound
from stress.system_under_test import SystemUnderTest

QUIET = {"language.engine": "rules", "language.workers": 1, "sessions.shards": 1, "system.partitions": 2}


def chosen(settings: SheetsSettings, **more: Any) -> dict[str, Any]:
    return {
        **QUIET,
        "sink.kind": "sheets",
        "sheets.spreadsheet": settings.spreadsheet,
        "sheets.credentials_file": settings.credentials_file,
        "sheets.api_url": settings.api_url,
        "sheets.min_interval_s": 0,
        "sheets.batch_age_s": 0.1,
        "sheets.writes_per_minute": 10_000,
        **more,
    }


def feed(system: SystemUnderTest, messages: Sequence[Inbound], run: str) -> None:
    client = FeedClient(lambda: read_port(system.path), system.folder.frame_key(), run=run, patience_s=30.0)
    client.send(list(messages))
    client.close()


def admin(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "actors.console.main", "admin", *arguments, "--folder", str(folder)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
