"""The whole system with the Google Sheets sink: from a feed's messages to cells."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from actors.language.gazetteer import configured
from actors.sheets.progress import sink_marks
from actors.sheets.settings import SheetsSettings
from actors.system.boot import SystemClient
from actors.whatsapp.feed_port import read_port
from actors.whatsapp.local_feed import FeedClient
from messages.inbound import Inbound
from stress.system_under_test import SystemUnderTest
from tests.sheets.whole_system import admin


@pytest.mark.slow
def test_messages_become_rows_in_the_spreadsheet_once(bench: Any, settings: SheetsSettings, tmp_path: Path) -> None:
    chosen = {
        "language.engine": "rules",
        "language.workers": 1,
        "sessions.shards": 1,
        "system.partitions": 2,
        "sink.kind": "sheets",
        "sheets.spreadsheet": settings.spreadsheet,
        "sheets.credentials_file": settings.credentials_file,
        "sheets.api_url": settings.api_url,
        "sheets.min_interval_s": 0,
        "sheets.batch_age_s": 0.1,
    }
    messages = [
        Inbound(
            id=f"m{n}",
            source="test",
            conversation=f"c{n % 3}",
            sender="971501234567",
            text=f"=text {n}",
            sent_ms=1_700_000_000_000 + n,
            run="run",
        )
        for n in range(30)
    ]
    with SystemUnderTest(tmp_path / "data", chosen) as system:
        for run in ("one", "two"):  # the second time adds no row
            client = FeedClient(lambda: read_port(system.path), system.folder.frame_key(), run=run, patience_s=30.0)
            client.send(messages)
            client.close()
        end = time.monotonic() + 60
        while sum(sink_marks(system.folder).values()) < len(messages) and time.monotonic() < end:
            time.sleep(0.05)
    rows = bench.values()
    found = [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]
    assert len(found) == len(messages)
    for number in range(3):
        own = [(row["No."], row["Text"]) for row in found if row["Conversation"] == f"c{number}"]
        assert own == [(k + 1, f"=text {3 * k + number}") for k in range(10)]


@pytest.mark.slow
def test_a_running_worker_learns_the_projects_of_a_worksheet(
    bench: Any, settings: SheetsSettings, tmp_path: Path
) -> None:
    bench.do({"addSheet": {"properties": {"title": "Stock"}}})
    bench.http.values_update(
        settings.spreadsheet,
        "'Stock'!A1:B2",
        {"valueInputOption": "RAW"},
        {"values": [["Reference", "Building"], ["R-1", "Zenith Quartz Residences"]]},
    )
    chosen = {
        "language.engine": "rules",
        "language.workers": 1,
        "sessions.shards": 1,
        "system.partitions": 2,
        "sink.kind": "sheets",
        "sheets.spreadsheet": settings.spreadsheet,
        "sheets.credentials_file": settings.credentials_file,
        "sheets.api_url": settings.api_url,
        "sheets.min_interval_s": 0,
        "sheets.batch_age_s": 0.1,
        "sheets.lookups.properties": "Stock",
    }
    message = Inbound(
        id="m1", source="test", conversation="c", sender="971501234567", text="is zenith quartz residences ready?"
    )
    known = len(configured())
    with SystemUnderTest(tmp_path / "data", chosen) as system:
        end = time.monotonic() + 60
        with SystemClient.connect(system.folder) as asking:
            while asking.ask("language/worker-0", "engine", {}, 5.0).result.get("names", 0) <= known:
                assert time.monotonic() < end
                time.sleep(0.1)
            told = asking.ask("sink", "lookups", {}, 5.0).result
            assert told["tables"]["properties"]["rows"] == 1
        client = FeedClient(lambda: read_port(system.path), system.folder.frame_key(), run="one", patience_s=30.0)
        client.send([message])
        client.close()
        while sum(sink_marks(system.folder).values()) < 1:
            assert time.monotonic() < end
            time.sleep(0.05)
        shown = json.loads(admin(system.path, "lookups", "--json").stdout)
        assert shown["asked"]["names"] == 1
        assert (shown["hit_rate"], shown["misses"], shown["errors"]) == (1.0, 0, [])
        assert "Stock" in admin(system.path, "lookups").stdout
    rows = bench.values()
    row = dict(zip(rows[0], rows[1], strict=False))
    assert "zenith quartz residences" in str([row[name] for name in row if name != "Text"])
