"""Whatever happens to a supervisor, its rules hold: a model of processes, driven by random events."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from supervision.core import Phase, SupervisorState, initial, step
from supervision.errors import AdminError
from supervision.events import (
    AllReady,
    BecameReady,
    Boot,
    Effect,
    Event,
    Exited,
    Faulted,
    Finished,
    Forked,
    Kill,
    NotForked,
    Rang,
    ReportedHung,
    RequestExit,
    RestartChild,
    Scale,
    SetTimer,
    Shutdown,
    StartProcess,
    StopChild,
)
from supervision.spec import Backoff, ChildSpec, Pool, SupervisorSpec

RESTARTS: st.SearchStrategy[Any] = st.sampled_from(["permanent", "permanent", "transient", "temporary"])
ACTOR = "tests.supervision.toys:Echo"


@st.composite
def specs(draw: st.DrawFn) -> SupervisorSpec:
    children = tuple(
        ChildSpec(f"c{number}", ACTOR, restart=draw(RESTARTS), shutdown_ms=draw(st.sampled_from([0, 50, 500])))
        for number in range(draw(st.integers(0, 4)))
    )
    pool = Pool(ChildSpec("w", ACTOR), draw(st.integers(1, 3)), 0, 4) if draw(st.booleans()) else None
    return SupervisorSpec(
        draw(st.sampled_from(["root", "sup"])),
        draw(st.sampled_from(["one_for_one", "one_for_all", "rest_for_one"])),
        draw(st.integers(0, 4)),
        draw(st.sampled_from([1.0, 5.0])),
        Backoff(0.05, 2.0, 1.0, 0.5),
        children,
        pool,
    )


class Supervision(RuleBasedStateMachine):
    """A supervisor over modelled processes: they live from StartProcess until the model lets them exit."""

    @initialize(spec=specs(), seed=st.integers(0, 1000))
    def begin(self, spec: SupervisorSpec, seed: int) -> None:
        self.state: SupervisorState = initial(spec, 1000)
        self.rng = random.Random(seed)
        self.now = 100.0
        self.live: dict[str, int] = {}
        self.past: list[tuple[str, int]] = []
        self.timers: list[tuple[float, Rang]] = []
        self.asked: dict[str, int] = {}
        self.killed: dict[str, int] = {}
        self.finished: Finished | None = None
        self.last_incarnation = 0
        self.failures: list[float] = []
        self.send(Boot())

    # --- the model ---

    def send(self, event: Event) -> None:
        before = self.state
        self.state, effects = step(self.state, event, self.now, self.rng)
        for effect in effects:
            self.carry(effect, before)

    def carry(self, effect: Effect, before: SupervisorState) -> None:
        order = list(self.state.rows)
        match effect:
            case StartProcess(spec, incarnation):
                assert self.finished is None
                assert self.state.closing is None
                assert spec.name not in self.live, "two lives at once"
                assert incarnation > self.last_incarnation
                self.last_incarnation = incarnation
                if self.state.spec.strategy == "rest_for_one":
                    earlier = [self.state.rows[name] for name in order[: order.index(spec.name)]]
                    assert all(row.phase is Phase.READY for row in earlier if row.up)
                if self.state.spec.strategy == "one_for_all":
                    assert not any(row.doomed for row in self.state.rows.values())
                self.live[spec.name] = incarnation
            case RequestExit(name, incarnation, _):
                assert self.live.get(name) == incarnation
                if self.state.spec.pool is None:
                    later = order[order.index(name) + 1 :]
                    assert not [each for each in later if self.state.rows[each].doomed], "not in reverse order"
                self.asked[name] = incarnation
            case Kill(name, incarnation, _):
                assert self.live.get(name) == incarnation
                self.killed[name] = incarnation
            case SetTimer(timer, after_s):
                assert after_s >= 0
                self.timers.append((self.now + after_s, Rang(timer)))
            case Finished():
                assert self.finished is None
                assert not self.live
                self.finished = effect
            case AllReady():
                assert not before.announced

    def exit(self, name: str, code: int) -> None:
        incarnation = self.live.pop(name)
        self.past.append((name, incarnation))
        self.asked.pop(name, None)
        self.killed.pop(name, None)
        row = self.state.rows[name]
        if row.phase is not Phase.STOPPING and self.state.closing is None and row.up:
            self.failures.append(self.now)
        self.send(Exited(name, incarnation, code))

    def names(self) -> list[str]:
        return sorted(self.live)

    # --- what can happen ---

    @rule(data=st.data())
    def become_ready(self, data: Any) -> None:
        if self.live:
            name = data.draw(st.sampled_from(self.names()))
            self.send(Forked(name, self.live[name], 4242))
            self.send(BecameReady(name, self.live[name]))

    @rule()
    def all_become_ready(self) -> None:
        for name in self.names():
            self.send(BecameReady(name, self.live[name]))

    @rule(data=st.data(), code=st.sampled_from([0, 1, 70, -9, -11]), fault=st.booleans())
    def die(self, data: Any, code: int, fault: bool) -> None:
        if self.live:
            name = data.draw(st.sampled_from(self.names()))
            if fault:
                self.send(Faulted(name, self.live[name], "boom", leaving=True))
            self.exit(name, code)

    @rule(data=st.data())
    def cannot_fork(self, data: Any) -> None:
        starting = [n for n in self.names() if self.state.rows[n].phase is Phase.STARTING]
        if starting:
            name = data.draw(st.sampled_from(starting))
            incarnation = self.live.pop(name)
            self.asked.pop(name, None)
            self.killed.pop(name, None)
            self.send(NotForked(name, incarnation, "no memory"))

    @rule(data=st.data())
    def obey(self, data: Any) -> None:
        if self.asked:
            self.exit(data.draw(st.sampled_from(sorted(self.asked))), 0)

    @rule(data=st.data())
    def die_of_kill(self, data: Any) -> None:
        if self.killed:
            self.exit(data.draw(st.sampled_from(sorted(self.killed))), -9)

    @rule(data=st.data())
    def told_again(self, data: Any) -> None:
        if self.past:
            name, incarnation = data.draw(st.sampled_from(self.past))
            event = data.draw(
                st.sampled_from(
                    [
                        Exited(name, incarnation, -9),
                        BecameReady(name, incarnation),
                        Faulted(name, incarnation, "late", leaving=True),
                        ReportedHung(name, incarnation, "late"),
                    ]
                )
            )
            before = self.state
            self.send(event)
            assert self.state == before, "an event of an earlier life changed something"

    @rule(seconds=st.sampled_from([0.0, 0.03, 0.2, 1.0, 6.0]))
    def time_passes(self, seconds: float) -> None:
        end = self.now + seconds
        while True:
            due = sorted((timer for timer in self.timers if timer[0] <= end), key=lambda timer: timer[0])
            if not due:
                break
            self.timers.remove(due[0])
            self.now = max(self.now, due[0][0])
            self.send(due[0][1])
        self.now = end

    @rule(data=st.data())
    def hang(self, data: Any) -> None:
        if self.live:
            name = data.draw(st.sampled_from(self.names()))
            self.send(ReportedHung(name, data.draw(st.sampled_from([0, self.live[name]])), "no answer"))
            assert self.killed[name] == self.live[name]

    @rule(data=st.data(), what=st.sampled_from([RestartChild, StopChild]))
    def command(self, data: Any, what: Any) -> None:
        name = data.draw(st.sampled_from([*self.state.rows, "nobody"]))
        before = self.state
        try:
            self.send(what(name))
        except AdminError:
            assert self.state is before
            assert name == "nobody" or before.closing is not None
        else:
            row = self.state.rows.get(name)
            if row is not None:
                assert row.up is (what is RestartChild)

    @rule(size=st.integers(-1, 5))
    def scale(self, size: int) -> None:
        pool = self.state.spec.pool
        try:
            self.send(Scale(size))
        except AdminError:
            assert pool is None or not 0 <= size <= 4 or self.state.closing is not None
        else:
            assert pool is not None
            up = [row for row in self.state.rows.values() if not row.retired]
            assert len(up) == size + len(self.state.spec.children)

    @precondition(lambda self: self.rng.random() < 0.1)
    @rule()
    def shut_down(self) -> None:
        self.send(Shutdown("told to"))
        assert self.state.closing is not None

    # --- what always holds ---

    @invariant()
    def rows_tell_the_truth(self) -> None:
        if not hasattr(self, "state"):
            return
        alive = {name: row.incarnation for name, row in self.state.rows.items() if row.alive}
        assert alive == self.live

    @invariant()
    def restarts_stay_within_the_intensity(self) -> None:
        if not hasattr(self, "state") or self.state.closing is not None:
            return
        spec = self.state.spec
        recent = [at for at in self.state.window if at > self.now - spec.period_s]
        assert len(recent) <= spec.intensity

    def teardown(self) -> None:
        """In the end everything that should run does, or all is down."""
        if not hasattr(self, "state"):
            return
        for _ in range(200):
            for name in sorted(self.killed):
                self.exit(name, -9)
            for name in sorted(self.asked):
                self.exit(name, 0)
            for name in self.names():
                if self.state.rows[name].phase is Phase.STARTING:
                    self.send(BecameReady(name, self.live[name]))
            self.time_passes(0.2)
        if self.state.closing is not None:
            assert self.finished is not None
            assert not self.live
        else:
            for row in self.state.rows.values():
                assert row.phase is Phase.READY if row.up else not row.alive


Supervision.TestCase.settings = settings(
    max_examples=400, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


TestSupervision = pytest.mark.slow(Supervision.TestCase)
