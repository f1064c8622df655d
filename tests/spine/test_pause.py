"""Pausing, resuming and draining what works in pools."""

from __future__ import annotations

import io
import signal
import threading

import msgspec
import psutil

from actors.media.content_store import ContentStore
from stress.system_under_test import SystemUnderTest
from tests.spine.conftest import StartSystem
from tests.spine.feeding import feed, finished, message, rows_of, until


def taken(system: SystemUnderTest, worker: int) -> int:
    return int(system.ask(f"language/worker-{worker}", "status")["counters"]["messages"])


def waiting(system: SystemUnderTest) -> int:
    """Messages that shards hold for a worker."""
    return sum(int(system.ask(f"sessions/shard-{n}", "status")["gauges"]["queued"]) for n in range(2))


def test_messages_wait_for_a_paused_pool_and_for_its_restarted_workers_until_it_is_resumed(
    start_system: StartSystem,
) -> None:
    system = start_system(language__deadline_s=1.0)
    system.ask("language", "pause")
    feed(system, [message(f"c{number}", 1) for number in range(20)], wait=False)
    until(lambda: waiting(system) == 20, "all messages wait at their shards")
    before = system.ask("language/worker-0", "status")
    psutil.Process(before["pid"]).send_signal(signal.SIGKILL)

    def born_again() -> bool:
        found = {each["name"]: each for each in system.ask("language", "children")["children"]}
        again = found["language/worker-0"]
        return bool(again["incarnation"] > before["incarnation"] and again["phase"] == "ready")

    until(born_again, "another worker is there")
    assert system.ask("language/worker-0", "status")["paused"]
    until(lambda: waiting(system) == 20, "what the new worker was given before it was paused is handed back")
    assert (taken(system, 0), taken(system, 1)) == (0, 0)
    assert rows_of(system) == []
    system.ask("language", "resume")
    assert finished(system, 20).rows == 20
    assert {row.tier for row in rows_of(system)} == {"essential"}


def test_a_paused_worker_leaves_the_work_to_the_others(start_system: StartSystem) -> None:
    system = start_system(language__workers=2)
    system.ask("language/worker-0", "pause")
    before = taken(system, 0)
    feed(system, [message(f"c{number}", 1) for number in range(40)])
    assert (taken(system, 0), taken(system, 1)) == (before, 40)
    system.ask("language/worker-1", "drain")
    system.ask("language/worker-0", "resume")
    feed(system, [message(f"c{number}", 2, run="second") for number in range(40)], run="second")
    assert (taken(system, 0), taken(system, 1)) == (before + 40, 40)


def test_a_file_waits_for_its_paused_reader_and_texts_do_not(start_system: StartSystem) -> None:
    system = start_system(media_pool__workers=1)
    file = ContentStore(system.folder.media).keep(io.BytesIO(b"unit;price\nT1-204;90000\n"), "prices.csv")
    system.ask("media/document", "pause")
    feed(system, [msgspec.structs.replace(message("f", 1, "see attached"), attachments=(file,))], wait=False)
    feed(system, [message("t", 1, run="text")], run="text")
    assert [row.conversation for row in rows_of(system)] == ["t"]
    system.ask("media/document", "resume")
    assert finished(system, 1).rows == 1
    assert ["90000" in f"{row.text} {row.attachments}" for row in rows_of(system)] == [False, True]


def test_a_drain_of_the_whole_system_ends_what_is_in_hand_though_the_pool_was_paused(
    start_system: StartSystem,
) -> None:
    system = start_system()
    system.ask("language", "pause")
    feed(system, [message(f"c{number}", 1) for number in range(20)], wait=False)
    until(lambda: waiting(system) == 20, "all messages wait at their shards")
    drained = threading.Thread(target=system.ask, args=("", "drain"))
    drained.start()
    assert finished(system, 20).rows == 20
    drained.join(30.0)
    assert not drained.is_alive()
    assert system.ask("", "status")["draining"]
