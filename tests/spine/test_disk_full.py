"""A data folder on a disk that gets full: input is refused with a reason, nothing is lost, and it goes on with room."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.whatsapp.local_feed import FeedUnreachable
from stress.system_under_test import SystemUnderTest
from tests.spine.feeding import client_of, finished, message, rows_of, until

SIZE_MB = 40


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("a small disk can be mounted by root only")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(disk)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=False)


def fill(path: Path) -> Path:
    filler = path / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 65_536)
        except OSError:
            pass
        try:
            while True:
                file.write(b"x" * 512)
        except OSError:
            pass
    return filler


@pytest.mark.slow
def test_a_full_disk_refuses_input_loses_nothing_and_goes_on_with_room(small_disk: Path) -> None:
    settings = {"language.engine": "rules", "system.partitions": 2, "sessions.shards": 2}
    system = SystemUnderTest(small_disk / "data", settings)
    system.start()
    try:
        client = client_of(system, patience_s=2.0)
        client.send([message(f"c{number}", 0) for number in range(50)])
        assert finished(system, 50).rows == 50
        incarnations = _incarnations(system)
        filler = fill(small_disk)
        taken = 50
        refusal = ""
        number = 1
        while not refusal and number < 2_000:
            # A batch that was refused is not repeated under another number: it may have landed in part.
            try:
                client.send([message(f"c{name}", number, "x" * 2_000) for name in range(50)])
                taken += 50
            except FeedUnreachable as error:
                refusal = str(error)
            number += 1
        assert "503" in refusal
        assert "room" in refusal or "space" in refusal or "full" in refusal, refusal
        filler.unlink()
        patient = client_of(system, run="after", patience_s=60.0)
        patient.send([message("after", number, run="after") for number in range(20)])
        assert finished(system, 20, "after").rows == 20
        until(lambda: len(rows_of(system)) >= taken + 20, "all that was acknowledged", 60)
        rows = rows_of(system)
        assert len({row.row_id for row in rows}) == len(rows)
        acknowledged = {f"c{name}-{n}" for name in range(50) for n in range(taken // 50)}
        assert acknowledged <= {row.message_id for row in rows}
        assert _incarnations(system) == incarnations, "a process died of the full disk"
        assert system.stop() == 0
    finally:
        system.stop()


def _incarnations(system: SystemUnderTest) -> dict[str, object]:
    names = ("gateway", "sessions/shard-0", "sessions/shard-1", "sink")
    return {name: system.ask(name, "status")["incarnation"] for name in names}
