"""Measure commit and append rates: ``python -m store.bench [FOLDER]``; prints one line for each measurement."""

from __future__ import annotations

import contextlib
import hashlib
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from store.log import LogReader, LogWriter
from store.partition import PartitionState

BATCH = 256
MESSAGE = bytes(300)
SNAPSHOT = bytes(400)
ROW = bytes(400)


def _processor_s() -> tuple[float, float]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime, usage.ru_stime


def _private_mb() -> float:
    """Memory of this process without the mapped files, whose pages the system takes back when it needs them."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _measure(name: str, count: int, work: Callable[[], None]) -> None:
    user_before, system_before = _processor_s()
    start = time.perf_counter()
    work()
    wall = time.perf_counter() - start
    user_after, system_after = _processor_s()
    user, system = (user_after - user_before) / count * 1e6, (system_after - system_before) / count * 1e6
    print(  # noqa: T201 - a command that prints
        f"{name:<58} {count / wall:>10,.0f} /s   processor {user + system:6.2f} us each"
        f" (user {user:.2f}, system {system:.2f})",
        flush=True,
    )


def _log(place: Path) -> None:
    writer = LogWriter(place / "log", max_bytes=1 << 40)
    for batch, rounds in ((1, 500), (32, 500), (BATCH, 300)):

        def append(batch: int = batch, rounds: int = rounds) -> None:
            for _ in range(rounds):
                writer.append([MESSAGE] * batch)

        _measure(f"append, {batch} entries of {len(MESSAGE)} bytes a commit", batch * rounds, append)
    end = writer.next_position
    writer.close()
    reader = LogReader(place / "log")

    def read() -> None:
        position = 0
        while found := reader.read(position):
            position = found[-1][0] + 1

    _measure("read, 1,000 at a time", end, read)
    reader.close()
    writer = LogWriter(place / "log", max_bytes=1 << 40)

    def trim() -> None:
        while writer.trim(end):
            pass

    _measure("trim", end, trim)
    writer.close()


def _state(place: Path, sessions: int, batch: int) -> None:
    state = PartitionState(place / f"state-{sessions}-{batch}", owner="bench", max_rows_bytes=1 << 40)
    known = [f"97150{number * 7_654_321 % 10_000_000:07d}" for number in range(sessions)]
    for start in range(0, sessions, 20_000):
        turn = state.begin()
        for name in known[start : start + 20_000]:
            turn.put_session(name, SNAPSHOT)
        state.commit(turn)
    choose = random.Random(1)  # noqa: S311 - a benchmark's load, not a secret
    rounds = 60_000 // batch
    loads = [[choose.choice(known) for _ in range(batch)] for _ in range(rounds)]
    digests = [
        [hashlib.blake2b(b"%d %d" % (turn, member), digest_size=16).digest() for member in range(batch)]
        for turn in range(rounds)
    ]

    longest = 0.0

    def commit() -> None:
        nonlocal longest
        for number, (names, keys) in enumerate(zip(loads, digests, strict=True)):
            turn = state.begin()
            for name, key in zip(names, keys, strict=True):
                turn.put_session(name, SNAPSHOT)
                turn.claim(key, number, 1 << 41)
                turn.add_row(ROW)
            turn.set_cursor((number + 1) * batch)
            start = time.perf_counter()
            state.commit(turn)
            longest = max(longest, time.perf_counter() - start)
            if number % 50 == 0:
                state.trim_rows(state.rows_next - 1000)

    _measure(f"commit, turns of {batch} messages, {sessions:,} known sessions", rounds * batch, commit)

    def look_up() -> None:
        for names, keys in zip(loads, digests, strict=True):
            state.claimed(keys)
            for name in names:
                state.session(name)

    _measure(f"look-up of claim and session, {sessions:,} known sessions", rounds * batch, look_up)
    print(f"{'':<58} {longest * 1e3:>10,.1f} ms the longest commit (it sorts what is recent into the trees)")  # noqa: T201
    print(f"{'':<58} {state.file_bytes / 1e6:>10,.0f} MB of state")  # noqa: T201
    state.close()
    memory = _private_mb()
    begun = time.perf_counter()
    state = PartitionState(place / f"state-{sessions}-{batch}", owner="bench")
    opened = (time.perf_counter() - begun) * 1e3
    begun = time.perf_counter()
    state.session(known[0])
    looked = (time.perf_counter() - begun) * 1e3
    memory = _private_mb() - memory
    print(  # noqa: T201
        f"{'':<58} {opened:>10,.1f} ms to open, {looked:.2f} ms to the first session, {memory:.1f} MB of memory taken"
    )
    state.close()


def main() -> None:
    """Run all measurements in a new directory below the given one, or the working directory."""
    base = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()
    with tempfile.TemporaryDirectory(prefix=".store-bench-", dir=base) as place:
        _log(Path(place))
        for sessions, batch in ((1_000, 256), (10_000, 32), (10_000, 256), (100_000, 256), (1_000_000, 256)):
            _state(Path(place), sessions, batch)


if __name__ == "__main__":
    main()
