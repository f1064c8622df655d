"""The protocol against a model of Google in memory: any order of losses, late arrivals, refusals and crashes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.sheets import protocol as p
from actors.sheets.batch import Batch, Span, split_spans


class Google:
    """Stamps and rows; a refused call changes nothing, and a lost one may still be applied much later."""

    def __init__(self, bad: frozenset[int]) -> None:
        self.bad = bad
        self.stamps: dict[int, str] = {}
        self.rows: list[int] = []
        self.late: list[tuple[int, str, tuple[int, ...]]] = []

    def apply(self, number: int, value: str, rows: tuple[int, ...]) -> bool:
        if number in self.stamps or self.bad & {*rows}:
            return False
        self.stamps[number] = value
        self.rows += rows
        return True


class Life:
    """A writer that keeps a ledger in memory; ``crash`` forgets everything else."""

    def __init__(self, google: Google, rows: int, size: int) -> None:
        self.google = google
        self.next = 1
        self.open: dict[int, Batch] = {}
        self.dead: list[int] = []
        self.done: list[int] = []
        self.state = p.State()
        self.feed(p.Planned(tuple(self.plan(range(a, min(rows, a + size))) for a in range(0, rows, size))))

    def plan(self, rows: range, rank: str = "") -> Batch:
        number, self.next = self.next, self.next + 1
        batch = Batch(
            number, "book", f"{rows}", (Span(0, rows.start, rows.stop),), len(rows), rank=rank or f"{number:06d}"
        )
        self.open[number] = batch
        return batch

    def crash(self) -> None:
        self.state = p.State()
        self.feed(p.Planned(tuple(sorted(self.open.values(), key=lambda b: b.rank))))

    def feed(self, event: p.Event) -> None:
        state, effects = p.step(self.state, event)
        for effect in effects:
            state = self.record(state, effect)
        self.state = state

    def record(self, state: p.State, effect: p.Effect) -> p.State:
        match effect:
            case p.Doubt(batch):
                self.open[batch.sequence] = replace(self.open[batch.sequence], doubtful=True)
            case p.Finish(batch):
                del self.open[batch.sequence]
                self.done += rows_of(batch)
            case p.Bury(batch):
                del self.open[batch.sequence]
                self.dead += rows_of(batch)
                return p.resume(state, ())
            case p.Split(batch):
                del self.open[batch.sequence]
                parts = split_spans(batch.spans, batch.rows // 2)
                return p.resume(
                    state,
                    tuple(self.plan(range(s[0].start, s[0].stop), f"{batch.rank}.{n}") for n, s in enumerate(parts)),
                )
            case p.Move(batch):
                del self.open[batch.sequence]
                span = batch.spans[0]
                return p.resume(state, (self.plan(range(span.start, span.stop), batch.rank),))
        return state

    def call(self, fate: str) -> None:
        """Make the next call, with a fate: fine, lost before, lost after, late, held."""
        call = p.next_call(self.state)
        match call:
            case p.Send(batch) | p.SealNumber(batch):
                sealing = isinstance(call, p.SealNumber)
                value, rows = (p.SEAL, ()) if sealing else (batch.digest, rows_of(batch))
                if not sealing:
                    self.open[batch.sequence] = replace(self.open[batch.sequence], status="sent")
                if fate == "held":
                    self.feed(p.NotSent())
                elif fate == "late":
                    self.google.late.append((batch.sequence, value, rows))
                    self.feed(p.Lost())
                elif fate == "lost_before":
                    self.feed(p.Lost())
                else:
                    applied = self.google.apply(batch.sequence, value, rows)
                    if fate == "lost_after":
                        self.feed(p.Lost())
                    elif not applied:
                        self.feed(p.Rejected("refused"))
                    else:
                        self.feed(p.Sealed() if sealing else p.Landed())
            case p.Ask(batch):
                self.feed(p.NotSent() if fate != "fine" else p.Stamp(self.google.stamps.get(batch.sequence)))
            case p.Inspect():
                self.feed(p.NotSent() if fate != "fine" else p.Inspected("moved" if fate == "moved" else "sound"))


def rows_of(batch: Batch) -> tuple[int, ...]:
    return tuple(n for span in batch.spans for n in range(span.start, span.stop))


FATES = st.sampled_from(["fine", "fine", "fine", "lost_before", "lost_after", "late", "held", "crash", "arrive"])


@settings(max_examples=400, deadline=None)
@given(
    fates=st.lists(FATES, max_size=60),
    bad=st.frozensets(st.integers(0, 11), max_size=3),
    size=st.integers(1, 6),
)
def test_every_row_lands_once_in_order_or_is_set_aside(fates: list[str], bad: frozenset[int], size: int) -> None:
    google = Google(bad)
    life = Life(google, 12, size)
    for fate in fates:
        if fate == "crash":
            life.crash()
        elif fate == "arrive" and google.late:
            google.apply(*google.late.pop(0))
        else:
            life.call(fate)
    for _ in range(500):
        if not life.state.queue:
            break
        if life.state.phase == "blocked":
            life.feed(p.Retry())
        life.call("fine")
    while google.late:  # what was still on its way arrives after all is done
        google.apply(*google.late.pop(0))
    assert not life.state.queue
    assert google.rows == [n for n in range(12) if n not in bad]
    assert sorted(life.dead) == sorted(bad)
    assert sorted(life.done + life.dead) == list(range(12))


def batch(number: int = 1, rows: int = 4, **fields: object) -> Batch:
    return replace(Batch(number, "book", f"d{number}", (Span(0, 0, rows),), rows), **fields)  # type: ignore[arg-type]


def test_a_batch_with_a_doubtful_attempt_is_sealed_before_it_is_given_up() -> None:
    state = p.State(phase="inspect", queue=(batch(doubtful=True),), refusal="bad")
    state, effects = p.step(state, p.Inspected("sound"))
    assert (state.phase, effects) == ("seal", ())
    state, effects = p.step(state, p.Sealed())
    assert isinstance(effects[0], p.Split)


def test_a_seal_that_comes_too_late_means_that_the_batch_landed() -> None:
    state = p.State(phase="seal", queue=(batch(doubtful=True),), refusal="bad", goal="split")
    state, _ = p.step(state, p.Rejected("id in use"))
    assert state.phase == "ask"
    state, effects = p.step(state, p.Stamp("d1"))
    assert isinstance(effects[0], p.Finish)
    assert state.phase == "idle"


def test_a_batch_that_an_earlier_life_sent_is_asked_for_and_in_doubt() -> None:
    state, effects = p.step(p.State(), p.Planned((batch(status="sent"), batch(2))))
    assert state.phase == "ask"
    assert effects == (p.Doubt(batch(status="sent")),)
    assert state.head.doubtful


@pytest.mark.parametrize("finding", ["sound", "mended", "moved"])
def test_a_stamp_of_another_batch_halts_unless_we_are_fenced(finding: str) -> None:
    state = p.State(phase="ask", queue=(batch(),), refusal="id in use")
    state, effects = p.step(state, p.Stamp("other"))
    assert (state.phase, effects) == ("inspect", ())
    assert p.step(state, p.Inspected("fenced", "taken"))[0].phase == "fenced"
    state, effects = p.step(state, p.Inspected(finding))  # type: ignore[arg-type]
    assert state.phase == "halted"
    assert isinstance(effects[0], p.Alarm)


def test_a_row_is_set_aside_when_it_is_refused_twice_by_a_sound_spreadsheet() -> None:
    state = p.State(phase="send", queue=(batch(rows=1),))
    for expected in ("send", "idle"):
        assert state.phase == "send"
        for event in (p.Rejected("bad"), p.Stamp(None), p.Inspected("sound")):
            state, effects = p.step(state, event)
        assert state.phase == expected
    assert effects == (p.Bury(batch(rows=1), "bad"),)


def test_a_halted_writer_does_nothing() -> None:
    state = p.State(phase="halted", queue=(batch(),))
    assert p.step(state, p.Landed()) == (state, ())
    assert p.next_call(state) is None


def test_a_batch_that_is_lost_again_and_again_while_questions_are_answered_is_halved() -> None:
    state = p.State(phase="send", queue=(batch(),))
    for _ in range(p.MAX_LOSSES):
        assert state.phase == "send"
        state, _ = p.step(state, p.Lost())
        state, effects = p.step(state, p.Stamp(None))
    assert (state.phase, effects) == ("seal", ())  # its attempts may still be on their way
    state, effects = p.step(state, p.Sealed())
    assert effects == (p.Split(batch(doubtful=True)),)
    single = p.State(phase="ask", queue=(batch(rows=1),), losses=9)
    assert p.step(single, p.Stamp(None))[0].phase == "send"
