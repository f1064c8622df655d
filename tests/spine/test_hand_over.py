"""A person takes a conversation over by writing in it, and an operator gives it back to automatic replies."""

from __future__ import annotations

import time

import msgspec

from stress.system_under_test import SystemUnderTest
from tests.spine.conftest import StartSystem
from tests.spine.feeding import client_of, finished, message, rows_of, shards


def said(system: SystemUnderTest, number: int, direction: str = "in") -> None:
    """Send a message of now: older than a day, it may not be answered."""
    run = f"run-{number}"
    client = client_of(system, run)
    client.send(
        [
            msgspec.structs.replace(
                message("Sara", number, run=run), direction=direction, sent_ms=time.time_ns() // 1_000_000
            )
        ]
    )
    client.close()
    finished(system, 1, run)


def test_automatic_replies_stop_when_staff_write_and_go_on_when_released(start_system: StartSystem) -> None:
    system = start_system(language__engine="tests.spine.engines:GreetingEngine")
    said(system, 1)
    said(system, 2, "out")
    said(system, 3)
    assert not any(answer["released"] for answer in shards(system, "release", conversation="nobody"))
    assert any(answer["released"] for answer in shards(system, "release", conversation="Sara"))
    assert not any(answer["released"] for answer in shards(system, "release", conversation="Sara"))
    said(system, 4)
    rows = rows_of(system)
    assert [bool(row.reply) for row in rows] == [True, False, False, True]
    assert any("with a person" in note for note in rows[2].notes)
