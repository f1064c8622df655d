"""Only who has the key is listened to, and only on one address."""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.system.boot_control import ControlError, Sealer
from actors.system.transport import (
    MAC_BYTES,
    MAXIMUM_FRAME,
    MAXIMUM_INCOMING,
    FrameBuffer,
    FrameError,
    FrameSerializer,
    Settings,
    TransportError,
    install,
)
from supervision.frames import COUNTS
from tests.system.harness import Bench, until

KEY = bytes(range(32))
REFUSED = "ACK+DATAERR"


class Bomb:
    """A pickle that makes a file when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (os.mkdir, (str(self.path),))


def listening(pids: list[int]) -> dict[int, tuple[str, int]]:
    """Find the TCP listeners of processes: inode to address."""
    inodes = set()
    for pid in pids:
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            try:
                link = str(fd.readlink())
            except OSError:
                continue
            if link.startswith("socket:["):
                inodes.add(int(link[8:-1]))
    found = {}
    for family, table in ((socket.AF_INET, "tcp"), (socket.AF_INET6, "tcp6")):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[9]) in inodes:
                host, port = fields[1].split(":")
                raw = bytes.fromhex(host)
                address = raw[::-1] if family == socket.AF_INET else raw
                found[int(fields[9])] = (socket.inet_ntop(family, address), int(port, 16))
    return found


def test_everything_listens_on_the_loopback_only(bench: Bench) -> None:
    found = listening([os.getpid(), *bench.processes()])
    assert len(found) >= len(bench.processes())
    assert {host for host, _ in found.values()} == {"127.0.0.1"}


def test_hostile_frames_to_every_port_do_nothing_and_are_counted(bench: Bench, tmp_path: Path) -> None:
    proof = tmp_path / "owned"
    bomb = pickle.dumps(Bomb(proof))
    fake = bytes(MAC_BYTES) + bomb
    attacks = [
        b"%d>" % len(bomb) + bomb,
        b"%d>" % len(fake) + fake,
        b"-5>" + bomb,
        b"99999999999>" + bomb,
        b"0>" + bomb,
        b">" * 100,
        b"no frame at all " * 50,
        b"\x00\x00\x00\xff" + bomb,
        b"12",
    ]
    before = {name: row["pid"] for name, row in bench.tree().items()}
    ports = {port for _, port in listening(bench.processes()).values()}
    assert len(ports) == len(bench.processes()) + 1  # every process, and the root's door
    for port in sorted(ports):
        for attack in attacks:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as victim:
                victim.settimeout(10)
                with contextlib.suppress(OSError):  # it may have hung up on us already
                    victim.sendall(attack)
                    victim.shutdown(socket.SHUT_WR)
                    while victim.recv(4096):
                        pass

    def counted() -> bool:
        sink = bench.do("sink", "status")
        root = bench.do("root", "status")
        return bool(
            sink["frames_unauthenticated"] == 2
            and sink["frames_malformed"] == 6
            and root["frames_unauthenticated"] == 2
            and root["counters"]["control_refused"] >= 5
        )

    until(counted)
    assert not proof.exists()
    assert {name: row["pid"] for name, row in bench.tree().items()} == before
    assert all(row["restarts"] == 0 for row in bench.tree().values())
    assert bench.do("gateway", "say", to="sink", text="still here") == {"sent": True}
    until(lambda: "still here" in bench.do("sink", "words")["words"])


def test_many_idle_connections_take_no_actors_descriptors(bench: Bench) -> None:
    pid = bench.pid("sink")
    (port,) = [port for _, port in listening([pid]).values()]
    strangers = []
    try:
        for _ in range(MAXIMUM_INCOMING + 150):
            strangers.append(socket.create_connection(("127.0.0.1", port), timeout=5))
            strangers[-1].sendall(b"1")
        assert bench.do("gateway", "say", to="sink", text="in between") == {"sent": True}
        until(lambda: "in between" in bench.do("sink", "words")["words"])
        assert len(list(Path(f"/proc/{pid}/fd").iterdir())) < MAXIMUM_INCOMING + 100
        assert bench.pid("sink") == pid
    finally:
        for stranger in strangers:
            stranger.close()


def test_a_frame_with_another_key_is_not_unpickled(tmp_path: Path) -> None:
    ours, theirs = (FrameSerializer(Settings(key=key), REFUSED) for key in (KEY, bytes(32)))
    before = COUNTS.unauthenticated
    assert ours.loads(theirs.dumps(Bomb(tmp_path / "x"))) == REFUSED
    assert not (tmp_path / "x").exists()
    assert COUNTS.unauthenticated == before + 1
    assert ours.loads(ours.dumps(("a", 1))) == ("a", 1)


@given(st.binary(min_size=0, max_size=200), st.integers(0, 10_000), st.integers(1, 255))
def test_a_frame_changed_anywhere_is_refused(payload: bytes, place: int, change: int) -> None:
    serializer = FrameSerializer(Settings(key=KEY), REFUSED)
    frame = bytearray(serializer.dumps(payload))
    assert serializer.loads(frame) == payload
    frame[place % len(frame)] ^= change
    assert serializer.loads(frame) == REFUSED
    assert serializer.loads(frame[: place % len(frame)]) == REFUSED


@given(st.binary(min_size=1, max_size=300), st.lists(st.integers(1, 40), max_size=30))
def test_a_frame_comes_together_from_any_pieces(body: bytes, sizes: list[int]) -> None:
    data = b"%d>" % len(body) + body
    buffer = FrameBuffer(bytes)
    assert buffer.is_empty()
    while data:
        assert not buffer.isDone()
        size = min(sizes.pop() if sizes else 7, buffer.remainingAmount())
        buffer.addMore(data[:size])
        data = data[size:]
    assert buffer.isDone()
    assert buffer.completed() == (body, b"")


@given(st.binary(min_size=1, max_size=60))
def test_no_bytes_bring_the_buffer_down_or_out_of_bounds(data: bytes) -> None:
    buffer = FrameBuffer(bytes)
    try:
        buffer.addMore(data)
    except FrameError:
        return
    assert buffer.isDone() or 0 < buffer.remainingAmount() <= MAXIMUM_FRAME


@pytest.mark.parametrize("bind", ["", "0.0.0.0", "::", "*"])
def test_listening_everywhere_is_refused(bind: str) -> None:
    with pytest.raises(TransportError):
        install(KEY, bind=bind, output=os.devnull)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(TransportError, match="not 32"):
        install(b"short", bind="127.0.0.1", output=os.devnull)


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5), st.integers(0, 1000), st.integers(1, 255))
def test_control_frames_open_only_unchanged_and_in_order(bodies: list[bytes], place: int, change: int) -> None:
    def end(direction: bytes) -> Sealer:
        return Sealer(KEY, b"n" * 16, direction, 1000)

    sender = end(b">")
    frames = [sender.seal(body) for body in bodies]
    receiver, buffer = end(b">"), bytearray(b"".join(frames))
    assert [receiver.take(buffer) for _ in frames] == bodies
    assert receiver.take(buffer) is None
    with pytest.raises(ControlError):
        receiver.take(bytearray(frames[0]))  # replayed
    with pytest.raises(ControlError):
        end(b"<").take(bytearray(frames[0]))  # sent back
    changed = bytearray(frames[0])
    changed[4 + place % (len(changed) - 4)] ^= change
    with pytest.raises(ControlError):
        end(b">").take(changed)
