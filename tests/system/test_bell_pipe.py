"""The doorbell: it is heard, it never blocks, and it survives either end."""

from __future__ import annotations

import select
from pathlib import Path

from actors.system.bell_pipe import BellPipe


def heard(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


def test_a_ring_is_heard_until_it_is_taken(tmp_path: Path) -> None:
    home, guest = BellPipe(tmp_path, "sessions/shard-0"), BellPipe(tmp_path, "sessions/shard-0")
    descriptor = home.listen()
    assert not heard(descriptor)
    assert guest.ring()
    assert guest.ring()
    assert heard(descriptor)
    home.drain()
    assert not heard(descriptor)
    home.close()
    guest.close()


def test_ringing_never_waits_however_often_nobody_takes_it(tmp_path: Path) -> None:
    home, guest = BellPipe(tmp_path, "a"), BellPipe(tmp_path, "a")
    home.listen()
    for _ in range(100_000):
        assert guest.ring()


def test_nobody_at_home_is_told_and_the_next_life_is_heard(tmp_path: Path) -> None:
    guest = BellPipe(tmp_path, "a")
    assert not guest.ring()
    first = BellPipe(tmp_path, "a")
    first.listen()
    assert guest.ring()
    first.close()
    assert not guest.ring()
    second = BellPipe(tmp_path, "a")
    descriptor = second.listen()
    second.drain()
    assert guest.ring()
    assert heard(descriptor)
