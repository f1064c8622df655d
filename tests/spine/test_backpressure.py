"""Bounds: what happens when a log is full, and when the sink stands still."""

from __future__ import annotations

import pytest

from actors.whatsapp.local_feed import FeedUnreachable
from tests.spine.conftest import StartSystem
from tests.spine.feeding import client_of, finished, message, rows_of

BIG = "x" * 4_000


def test_a_full_inbox_refuses_with_a_reason_and_takes_again_when_there_is_room(start_system: StartSystem) -> None:
    system = start_system(gateway__inbox_max_bytes=1_000_000, system__partitions=1)
    for number in range(2):
        system.ask(f"sessions/shard-{number}", "pause")
    client = client_of(system, patience_s=1.0)
    taken = 0
    refusal = ""
    while not refusal and taken < 1_000:
        try:
            client.send([message(f"c{taken}", number, BIG) for number in range(50)])
            taken += 50
        except FeedUnreachable as error:
            refusal = str(error)
    assert "503" in refusal
    assert "wait" in refusal
    assert 100 <= taken <= 250
    for number in range(2):
        system.ask(f"sessions/shard-{number}", "resume")
    assert finished(system, taken).rows == taken
    patient = client_of(system, run="second")
    patient.send([message("after", number, BIG, run="second") for number in range(50)])
    assert finished(system, 50, "second").rows == 50
    assert len(rows_of(system)) == taken + 50


@pytest.mark.slow
def test_while_the_sink_stands_still_rows_wait_in_their_bounded_log_and_nothing_is_lost(
    start_system: StartSystem,
) -> None:
    system = start_system(sessions__rows_max_bytes=1_000_000, system__partitions=1, sessions__shards=1)
    system.ask("sink", "pause")
    client = client_of(system)
    for batch in range(16):
        client.send([message(f"c{number}", batch, BIG) for number in range(50)])
    from tests.spine.feeding import until

    until(
        lambda: "turn waits" in (system.path / "logs" / "sessions-shard-0.jsonl").read_text(),
        "the rows log at its bound",
    )
    system.ask("sink", "resume")
    assert finished(system, 800).rows == 800
    assert len({row.row_id for row in rows_of(system)}) == 800
