"""Readers stand still while texts are in work, but for their share; what stands still is not late."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest

from actors.media.giving_way import LINGER_S, PERIOD_S, GivingWay
from actors.media.reader_handle import OverrunError, ReaderProcess
from actors.media.settings import MediaSettings
from actors.system.text_in_work import TextInWork, shard_slot
from messages.media import ReadItem


class Clock:
    def __init__(self) -> None:
        self.now = 5_000_000_000

    def __call__(self) -> int:
        return self.now


def test_any_process_in_work_is_seen_until_it_says_otherwise_or_falls_silent(tmp_path: Path) -> None:
    clock = Clock()
    ours, theirs = TextInWork(tmp_path, clock), TextInWork(tmp_path, clock)
    assert not theirs.any()
    ours.say(shard_slot(0), busy=True)
    ours.say(shard_slot(1), busy=True)
    assert theirs.any()
    ours.say(shard_slot(0), busy=False)
    assert theirs.any()
    ours.say(shard_slot(1), busy=False)
    assert not theirs.any()
    ours.say(shard_slot(1), busy=True)
    clock.now += 2_000_000_000
    assert not theirs.any()  # who said so is gone
    clock.now -= 5_000_000_000
    assert not theirs.any()  # or it was before the machine was started anew
    ours.close()
    theirs.close()
    assert oct((tmp_path / "text_in_work").stat().st_mode & 0o777) == "0o600"


def test_readers_run_while_no_text_is_in_work_and_in_their_slices() -> None:
    texts = [True]
    way = GivingWay(lambda: texts[0], 0.1)
    ran = sum(way.may_run(7 * PERIOD_S + step * PERIOD_S / 1000) for step in range(1000))
    assert ran == pytest.approx(100, abs=2)
    texts[0] = False
    assert not way.may_run(8 * PERIOD_S - 0.001)  # the last text was just now
    assert way.may_run(8.5 * PERIOD_S)
    texts[0] = True
    assert not way.may_run(8.5 * PERIOD_S + 0.001)
    texts[0] = False
    assert not way.may_run(8.5 * PERIOD_S + LINGER_S)
    assert way.may_run(8.5 * PERIOD_S + LINGER_S + 0.002)
    assert all(GivingWay(lambda: True, 1.0).may_run(step / 100) for step in range(100))


FAKE = """
import os, sys, time
sys.path.insert(0, {root!r})
from actors.media.reader_process import read_frame, write_frame
from messages.media import READ_ITEM, ReaderReady, Reading
from messages.wire import encode
write_frame(sys.stdout.buffer, encode(ReaderReady(pid=os.getpid(), network="", memory_mb=0)))
while (frame := read_frame(sys.stdin.buffer)) is not None:
    item = READ_ITEM.decode(frame)
    if item.name == "hangs":
        time.sleep(600)
    while not os.path.exists(item.path):
        time.sleep(0.001)
    write_frame(sys.stdout.buffer, encode(Reading(name=item.name)))
"""


class Steps(GivingWay):
    """Gives way for so many looks, and sees what the reader does then."""

    def __init__(self, looks: int, done: Path) -> None:
        super().__init__(lambda: False, 1.0)
        self.looks = looks
        self.seen: set[str] = set()
        self.pid = 0
        self._done = done

    def may_run(self, now_s: float) -> bool:
        self.seen.add(psutil.Process(self.pid).status())
        self.looks -= 1
        if self.looks <= 0:
            self._done.touch()
        return self.looks <= 0


class Jumps:
    """A clock that runs a hundred times faster than it should."""

    def __call__(self) -> float:
        return time.monotonic() * 100


def reader(way: Steps) -> ReaderProcess:
    script = FAKE.format(root=str(Path(__file__).parents[2]))
    process = ReaderProcess((sys.executable, "-c", script), "document", MediaSettings(), Jumps(), way)
    way.pid = process.pid
    process.ready(3000)
    return process


def test_it_stands_still_while_it_gives_way_and_is_not_late_for_that(tmp_path: Path) -> None:
    done = tmp_path / "done"
    way = Steps(60, done)
    process = reader(way)
    # Sixty looks take longer than the deadline by this clock.
    assert process.ask(ReadItem(key=1, path=str(done), name="waits"), 10.0).name == "waits"
    assert psutil.STATUS_STOPPED in way.seen
    assert psutil.Process(process.pid).status() != psutil.STATUS_STOPPED
    process.kill()


def test_what_hangs_is_late_for_all_that(tmp_path: Path) -> None:
    way = Steps(5, tmp_path / "done")
    process = reader(way)
    with pytest.raises(OverrunError):
        process.ask(ReadItem(key=1, path=str(tmp_path / "done"), name="hangs"), 20.0)
    process.kill()


def test_it_stands_still_for_no_longer_than_its_most_with_one_file(tmp_path: Path) -> None:
    done = tmp_path / "done"
    way = Steps(1_000_000, done)  # texts without end
    process = reader(way)
    asked = ReadItem(key=1, path=str(done), name="waits")
    # By this clock the most is over within a third of a second; then it runs, and is late like any other.
    with pytest.raises(OverrunError):
        process.ask(asked, 20.0)
    assert psutil.STATUS_STOPPED in way.seen
    assert way.seen - {psutil.STATUS_STOPPED}
    done.touch()
    process.kill()
