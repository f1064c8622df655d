"""Log and state against plain lists and dicts, with reopening wherever it may happen."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from store.errors import QueueFull
from store.log import LogReader, LogWriter
from store.partition import PartitionState
from tests.store.conftest import MEMORY

BOUND = 400
SETTINGS = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
small = st.binary(max_size=60)
names = st.text(max_size=3) | st.text(min_size=490, max_size=510, alphabet="aé")
digests = st.integers(0, 30).map(lambda number: number.to_bytes(16, "big"))


class LogModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.path = Path(self.place.name) / "log"
        self.writer = LogWriter(self.path, max_bytes=BOUND)
        self.entries: dict[int, bytes] = {}
        self.marks: dict[bytes, bytes] = {}
        self.next = 0

    @rule(entries=st.lists(small, max_size=6), marks=st.dictionaries(st.sampled_from([b"a", b"b"]), small))
    def append(self, entries: list[bytes], marks: dict[bytes, bytes]) -> None:
        if entries and sum(map(len, self.entries.values())) + sum(map(len, entries)) > BOUND:
            with pytest.raises(QueueFull):
                self.writer.append(entries, marks=marks)
            return
        assert self.writer.append(entries, marks=marks) == self.next
        self.entries |= dict(enumerate(entries, self.next))
        self.next += len(entries)
        self.marks |= marks

    @rule(before=st.integers(0, 80))
    def trim(self, before: int) -> None:
        gone = [position for position in self.entries if position < before]
        assert self.writer.trim(before) == len(gone)
        for position in gone:
            del self.entries[position]

    @rule()
    def crash(self) -> None:
        self.writer.close()
        self.writer = LogWriter(self.path, max_bytes=BOUND)

    @rule(start=st.integers(0, 80), limit=st.integers(0, 10), max_bytes=st.integers(0, 200))
    def read(self, start: int, limit: int, max_bytes: int) -> None:
        self.writer.close()
        reader = LogReader(self.path)
        found = reader.read(start, limit=limit, max_bytes=max_bytes)
        wanted = [(at, data) for at, data in sorted(self.entries.items()) if at >= start][:limit]
        assert found == wanted[: len(found)]
        if len(found) < len(wanted):
            assert found
            assert sum(len(data) for _, data in wanted[: len(found) + 1]) > max_bytes
        assert len(found) <= 1 or sum(len(data) for _, data in found) <= max_bytes
        reader.close()
        self.writer = LogWriter(self.path, max_bytes=BOUND)

    @invariant()
    def figures_agree(self) -> None:
        assert self.writer.next_position == self.next
        assert self.writer.first_position == min(self.entries, default=self.next)
        assert self.writer.held_bytes == sum(map(len, self.entries.values()))
        assert {key: self.writer.mark(key) for key in self.marks} == self.marks

    def teardown(self) -> None:
        self.writer.close()
        self.place.cleanup()


class StateModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.path = Path(self.place.name) / "state"
        self.state = PartitionState(self.path, owner="model", max_recent_bytes=300)
        self.turn = self.state.begin()
        self.sessions: dict[str, bytes] = {}
        self.letters: dict[str, bytes] = {}
        self.claims: dict[bytes, tuple[int, int]] = {}
        self.rows: dict[int, bytes] = {}
        self.next = self.cursor = 0
        self.pending_sessions: dict[str, bytes | None] = {}
        self.pending_letters: dict[str, bytes | None] = {}
        self.pending_claims: dict[bytes, tuple[int, int]] = {}
        self.pending_rows: list[bytes] = []
        self.pending_cursor = 0

    @rule(name=names, snapshot=small)
    def put_session(self, name: str, snapshot: bytes) -> None:
        self.turn.put_session(name, snapshot)
        self.pending_sessions[name] = snapshot

    @rule(data=st.data())
    def drop_session(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.sessions)) if self.sessions else names)
        self.turn.drop_session(name)
        self.pending_sessions[name] = None

    @rule(name=names, letter=st.none() | small)
    def letter(self, name: str, letter: bytes | None) -> None:
        if letter is None:
            self.turn.drop_letter(name)
        else:
            self.turn.put_letter(name, letter)
        self.pending_letters[name] = letter

    @rule(digest=digests, position=st.integers(0, 1 << 60), expires=st.integers(0, 20))
    def claim(self, digest: bytes, position: int, expires: int) -> None:
        self.turn.claim(digest, position, expires)
        self.pending_claims[digest] = (position, expires)

    @rule(row=small)
    def row(self, row: bytes) -> None:
        self.turn.add_row(row)
        self.pending_rows.append(row)

    @rule(step=st.integers(0, 5))
    def move_cursor(self, step: int) -> None:
        self.pending_cursor = self.cursor + step
        self.turn.set_cursor(self.pending_cursor)

    @rule()
    def commit(self) -> None:
        self.state.commit(self.turn)
        for kept, pending in ((self.sessions, self.pending_sessions), (self.letters, self.pending_letters)):
            for name, value in pending.items():
                if value is None:
                    kept.pop(name, None)
                else:
                    kept[name] = value
        self.claims |= self.pending_claims
        self.rows |= dict(enumerate(self.pending_rows, self.next))
        self.next += len(self.pending_rows)
        self.cursor = max(self.cursor, self.pending_cursor)
        self.forget()

    def forget(self) -> None:
        self.turn = self.state.begin()
        self.pending_sessions, self.pending_letters, self.pending_claims = {}, {}, {}
        self.pending_rows, self.pending_cursor = [], 0

    @rule()
    def crash(self) -> None:
        self.state.close()
        self.state = PartitionState(self.path, owner="model", max_recent_bytes=300)
        self.forget()

    @rule(now=st.integers(0, 20))
    def expire(self, now: int) -> None:
        self.state.expire(now)
        self.claims = {key: claim for key, claim in self.claims.items() if not 0 < claim[1] <= now}

    @rule(before=st.integers(0, 60))
    def trim(self, before: int) -> None:
        self.state.trim_rows(before)
        self.rows = {at: row for at, row in self.rows.items() if at >= before}

    @invariant()
    def figures_agree(self) -> None:
        state = self.state
        assert dict(state.sessions(limit=1000)) == self.sessions
        assert state.session_count() == len(self.sessions)
        assert {name: state.session(name) for name in self.sessions} == self.sessions
        assert dict(state.letters(limit=1000)) == self.letters
        assert state.letter_count() == len(self.letters)
        all_digests = [number.to_bytes(16, "big") for number in range(31)]
        assert state.claimed(all_digests) == [self.claims.get(digest) for digest in all_digests]
        assert state.claim_count() == len(self.claims)
        assert state.rows(0) == sorted(self.rows.items())
        assert (state.cursor(), state.rows_next) == (self.cursor, self.next)
        assert state.rows_first == min(self.rows, default=self.next)
        assert state.rows_bytes == sum(map(len, self.rows.values()))

    def teardown(self) -> None:
        self.state.close()
        self.place.cleanup()


TestLogModel = LogModel.TestCase
TestLogModel.settings = SETTINGS
TestStateModel = StateModel.TestCase
TestStateModel.settings = SETTINGS
