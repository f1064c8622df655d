"""Loads at the edges, through the whole system: each acknowledged message is one row, and no process dies of it."""

from __future__ import annotations

import msgspec
import pytest

from tests.spine.conftest import StartSystem
from tests.spine.feeding import client_of, feed, finished, message, rows_of, shards, until

pytestmark = pytest.mark.slow


def incarnations(answers: list[dict[str, object]]) -> list[object]:
    return [answer["incarnation"] for answer in answers]


def test_messages_with_absurd_numbers_and_names(start_system: StartSystem) -> None:
    system = start_system()
    before = incarnations(shards(system, "status"))
    largest = 2**64 - 1
    sent = [
        msgspec.structs.replace(message("edge", 1), sequence=largest),
        msgspec.structs.replace(message("edge", 2), sent_ms=largest, utc_offset_min=10**9),
        msgspec.structs.replace(message("edge", 3), sent_ms=-(2**63), utc_offset_min=-(2**63)),
        msgspec.structs.replace(message("edge", 4), sent_ms=10**15, text="meet tomorrow at 5pm"),
        msgspec.structs.replace(message("", 5)),
        msgspec.structs.replace(message("n" * 3_000, 6)),
        msgspec.structs.replace(message("edge", 7), extra={f"k{n}": "v" * 1_000 for n in range(300)}),
        msgspec.structs.replace(message("edge", 8), text="\0\u202e\ufffd" + "=HYPERLINK()"),
        message("edge", 9),
    ]
    tally = feed(system, sent)
    assert tally.rows + tally.set_aside == len(sent)
    assert tally.set_aside <= 4
    kept = {row.message_id for row in rows_of(system)}
    assert {"-5", "edge-7", "edge-8", "edge-9"} <= kept
    assert incarnations(shards(system, "status")) == before
    shards(system, "sessions", filter="nothing like this")
    shards(system, "dlq_list")


def test_long_texts_do_not_cost_a_worker_its_life(start_system: StartSystem) -> None:
    system = start_system(language__workers=1, language__deadline_s=20.0)
    before = system.ask("language/worker-0", "status")["incarnation"]
    text = "2BR in JVC for 1.5m, call +971 50 123 4567 tomorrow at 5pm. " * 1_092
    assert len(text) > 65_000
    client = client_of(system)
    for start in range(0, 120, 20):
        client.send([message(f"c{number}", 1, text) for number in range(start, start + 20)])
    assert finished(system, 120, stalled_s=120).rows == 120
    assert system.ask("language/worker-0", "status")["incarnation"] == before
    assert all(row.text == text for row in rows_of(system))


def test_thousands_of_conversations_opening_at_once(start_system: StartSystem) -> None:
    system = start_system(sessions__resident_limit=1_000)
    client = client_of(system)
    for start in range(0, 5_000, 500):
        client.send([message(f"c{number}", turn) for turn in (1, 2) for number in range(start, start + 500)])
    tally = finished(system, 10_000)
    assert (tally.rows, tally.late) == (10_000, 0)
    rows = rows_of(system)
    assert len({row.row_id for row in rows}) == 10_000
    assert all(row.position == int(row.message_id.rpartition("-")[2]) for row in rows)

    def passivated() -> bool:
        return sum(answer["gauges"]["resident_sessions"] for answer in shards(system, "status")) <= 1_000  # type: ignore[index]

    until(passivated, "the limit of resident sessions")


def test_a_drain_ends_while_much_waits_in_the_inbox(start_system: StartSystem) -> None:
    # Taking 36 s for all of them, and reading no more than 256 ahead.
    system = start_system(language__workers=1, language__engine="tests.spine.engines:SlowEngine", sessions__window=64)
    client = client_of(system)
    for turn in range(24):
        client.send([message(f"c{number}", turn, "2BR in JVC for 90k tomorrow " * 20) for number in range(500)])
    for number in range(2):
        system.ask(f"sessions/shard-{number}", "pause")

    def quiet() -> bool:
        return all(answer["gauges"]["open_messages"] == 0 for answer in shards(system, "status"))  # type: ignore[index]

    until(quiet, "what was read is finished, and no more is read", 60)
    assert len(rows_of(system)) < 12_000
    for number in range(2):
        system.ask(f"sessions/shard-{number}", "resume")
    assert finished(system, 12_000).rows == 12_000
