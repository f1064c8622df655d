"""The supervisor's rules, one by one."""

from __future__ import annotations

import random
from typing import Any

import pytest

from messages.wire import encode
from supervision.core import EXIT_FAULT, EXIT_NORMAL, Phase, SupervisorState, initial, step
from supervision.errors import AdminError, SpecError
from supervision.events import (
    AllReady,
    BecameReady,
    Boot,
    Effect,
    Event,
    Exited,
    Faulted,
    Finished,
    Kill,
    Rang,
    ReportedHung,
    RequestExit,
    RestartChild,
    Scale,
    SetTimer,
    Shutdown,
    StartProcess,
    StopChild,
    Timer,
)
from supervision.spec import SUPERVISOR_SPEC, Backoff, ChildSpec, Pool, SupervisorSpec

ACTOR = "tests.supervision.toys:Echo"
NO_WAIT = Backoff(0.0, 1.0, 0.0, 0.0)


class Bench:
    """Drive a core by hand."""

    def __init__(self, **spec: Any) -> None:
        spec.setdefault("backoff", NO_WAIT)
        spec.setdefault("children", tuple(ChildSpec(name, ACTOR) for name in "abc"))
        self.state: SupervisorState = initial(SupervisorSpec(name="root", **spec), 1)
        self.now = 0.0

    def do(self, event: Event) -> list[Effect]:
        self.state, effects = step(self.state, event, self.now, random.Random(1))
        return list(effects)

    def boot(self) -> None:
        self.do(Boot())
        for _ in range(len(self.state.rows)):
            for name, row in self.state.rows.items():
                if row.phase is Phase.STARTING:
                    self.do(BecameReady(name, row.incarnation))

    def kill(self, name: str, code: int = -9) -> list[Effect]:
        return self.do(Exited(name, self.state.rows[name].incarnation, code))

    def phases(self) -> str:
        return " ".join(f"{name}:{row.phase.value}" for name, row in self.state.rows.items())


def started(effects: list[Effect]) -> list[str]:
    return [effect.spec.name for effect in effects if isinstance(effect, StartProcess)]


def stopped(effects: list[Effect]) -> list[str]:
    return [effect.name for effect in effects if isinstance(effect, RequestExit)]


def test_children_start_side_by_side_in_order() -> None:
    bench = Bench()
    assert started(bench.do(Boot())) == ["a", "b", "c"]


def test_rest_for_one_starts_each_when_the_one_before_is_ready() -> None:
    bench = Bench(strategy="rest_for_one")
    assert started(bench.do(Boot())) == ["a"]
    assert started(bench.do(BecameReady("a", 1))) == ["b"]
    assert started(bench.do(BecameReady("b", 2))) == ["c"]
    assert bench.do(BecameReady("c", 3)) == [AllReady()]


def test_one_for_one_restarts_only_the_dead() -> None:
    bench = Bench()
    bench.boot()
    effects = bench.kill("b")
    assert started(effects) == ["b"]
    assert stopped(effects) == []


def test_one_for_all_stops_the_others_last_first_and_starts_all() -> None:
    bench = Bench(strategy="one_for_all")
    bench.boot()
    assert stopped(bench.kill("b")) == ["c"]
    assert stopped(bench.kill("c", 0)) == ["a"]
    assert started(bench.kill("a", 0)) == ["a", "b", "c"]


def test_rest_for_one_restarts_the_dead_and_those_after() -> None:
    bench = Bench(strategy="rest_for_one")
    bench.boot()
    assert stopped(bench.kill("b")) == ["c"]
    effects = bench.kill("c", 0)
    assert started(effects) == ["b"]
    assert bench.phases() == "a:ready b:starting c:absent"
    assert started(bench.do(BecameReady("b", bench.state.rows["b"].incarnation))) == ["c"]


@pytest.mark.parametrize(
    ("restart", "code", "again"),
    [
        ("permanent", EXIT_NORMAL, True),
        ("permanent", EXIT_FAULT, True),
        ("transient", EXIT_NORMAL, False),
        ("transient", EXIT_FAULT, True),
        ("transient", -9, True),
        ("temporary", EXIT_NORMAL, False),
        ("temporary", -9, False),
    ],
)
def test_restart_types(restart: Any, code: int, again: bool) -> None:
    bench = Bench(children=(ChildSpec("a", ACTOR, restart=restart),))
    bench.boot()
    assert (started(bench.kill("a", code)) == ["a"]) is again
    if not again:
        assert bench.state.rows["a"].phase is (Phase.ABSENT if code == EXIT_NORMAL else Phase.FAILED)


def test_too_many_restarts_within_the_window_escalate() -> None:
    bench = Bench(intensity=2, period_s=10.0)
    bench.boot()
    for at in (1.0, 2.0):
        bench.now = at
        assert started(bench.kill("a")) == ["a"]
    bench.now = 3.0
    assert stopped(bench.kill("a")) == ["c"]
    assert stopped(bench.kill("c", 0)) == ["b"]
    (finished,) = [effect for effect in bench.kill("b", 0) if isinstance(effect, Finished)]
    assert finished.escalated
    assert "a: 3 restarts in 10 s" in finished.reason


def test_the_window_slides() -> None:
    bench = Bench(intensity=2, period_s=10.0)
    bench.boot()
    for at in (1.0, 2.0, 11.5, 12.5, 22.0):
        bench.now = at
        assert started(bench.kill("a")) == ["a"], at


def test_the_wait_grows_with_failures_in_a_row_and_starts_over_after_a_good_time() -> None:
    bench = Bench(intensity=100, period_s=10.0, backoff=Backoff(0.1, 2.0, 0.5, 0.0))
    bench.boot()
    waits = []
    for _ in range(5):
        (timer,) = [e for e in bench.kill("a") if isinstance(e, SetTimer) and e.timer.kind == "start"]
        waits.append(round(timer.after_s, 6))
        assert bench.state.rows["a"].phase is Phase.BACKING_OFF
        bench.now += timer.after_s
        assert started(bench.do(Rang(timer.timer))) == ["a"]
        bench.do(BecameReady("a", bench.state.rows["a"].incarnation))
    assert waits == [0.1, 0.2, 0.4, 0.5, 0.5]
    bench.now += 10.0
    (timer,) = [e for e in bench.kill("a") if isinstance(e, SetTimer) and e.timer.kind == "start"]
    assert round(timer.after_s, 6) == 0.1


def test_an_exit_told_twice_restarts_once() -> None:
    bench = Bench()
    bench.boot()
    incarnation = bench.state.rows["a"].incarnation
    assert started(bench.do(Exited("a", incarnation, -9))) == ["a"]
    assert bench.do(Exited("a", incarnation, -9)) == []


def test_a_child_that_is_not_ready_in_time_is_killed() -> None:
    bench = Bench(children=(ChildSpec("a", ACTOR, ready_ms=100),))
    bench.do(Boot())
    (kill,) = bench.do(Rang(Timer("ready", "a", 1)))
    assert isinstance(kill, Kill)
    bench.kill("a")
    assert bench.state.rows["a"].reason == "not ready within 100 ms"


def test_a_child_that_ignores_the_exit_request_is_killed_after_the_grace() -> None:
    bench = Bench()
    bench.boot()
    effects = bench.do(Shutdown("bye"))
    assert stopped(effects) == ["c"]
    (timer,) = [effect for effect in effects if isinstance(effect, SetTimer)]
    assert timer.after_s == 2.0
    (kill,) = bench.do(Rang(timer.timer))
    assert kill == Kill("c", 3, "still there 2000 ms after the exit request")
    assert stopped(bench.kill("c")) == ["b"]


def test_a_hung_child_is_killed_and_restarted_but_not_its_successor() -> None:
    bench = Bench()
    bench.boot()
    assert bench.do(ReportedHung("a", 1, "batch 7")) == [Kill("a", 1, "hung: batch 7")]
    assert started(bench.kill("a")) == ["a"]
    assert bench.state.rows["a"].reason == "hung: batch 7"
    assert bench.do(ReportedHung("a", 1, "batch 7")) == []


def test_the_reason_of_a_fault_is_kept() -> None:
    bench = Bench()
    bench.boot()
    bench.do(Faulted("a", 1, "reading: ValueError: x", leaving=True))
    bench.kill("a", EXIT_FAULT)
    assert bench.state.rows["a"].reason == "reading: ValueError: x"


def test_stop_and_restart_by_a_person_do_not_count() -> None:
    bench = Bench(intensity=0)
    bench.boot()
    assert stopped(bench.do(RestartChild("b"))) == ["b"]
    assert started(bench.kill("b", 0)) == ["b"]
    bench.do(BecameReady("b", bench.state.rows["b"].incarnation))
    assert stopped(bench.do(StopChild("b"))) == ["b"]
    assert started(bench.kill("b", 0)) == []
    assert started(bench.do(RestartChild("b"))) == ["b"]
    with pytest.raises(AdminError, match="no child nobody"):
        bench.do(StopChild("nobody"))


def test_a_pool_is_scaled_within_its_bounds() -> None:
    bench = Bench(children=(), pool=Pool(ChildSpec("w", ACTOR), 2, 1, 4))
    bench.boot()
    assert started(bench.do(Scale(4))) == ["w-2", "w-3"]
    for name in ("w-2", "w-3"):
        bench.do(BecameReady(name, bench.state.rows[name].incarnation))
    assert stopped(bench.do(Scale(1))) == ["w-3", "w-2", "w-1"]
    bench.kill("w-2", 0)
    assert list(bench.state.rows) == ["w-0", "w-1", "w-3"]
    assert started(bench.do(Scale(3))) == ["w-2"]
    assert started(bench.kill("w-1", 0)) == ["w-1"]
    with pytest.raises(AdminError, match="not between 1 and 4"):
        bench.do(Scale(5))


def test_shutdown_with_no_children_finishes_at_once() -> None:
    bench = Bench(children=())
    assert bench.do(Boot()) == [AllReady()]
    assert bench.do(Shutdown("bye")) == [Finished(escalated=False, reason="bye")]


@pytest.mark.parametrize(
    "make",
    [
        lambda: ChildSpec("Not A Name", ACTOR),
        lambda: ChildSpec("../x", ACTOR),
        lambda: ChildSpec("a", "no_class"),
        lambda: ChildSpec("a", ACTOR, ready_ms=0),
        lambda: ChildSpec("a", ACTOR, shutdown_ms=-1),
        lambda: Backoff(1.0, 2.0, 0.5),
        lambda: Backoff(factor=0.5),
        lambda: Pool(ChildSpec("a", ACTOR), 3, 1, 2),
        lambda: SupervisorSpec("s", intensity=-1),
        lambda: SupervisorSpec("s", period_s=0),
        lambda: SupervisorSpec("s", children=(ChildSpec("a", ACTOR), ChildSpec("a", ACTOR))),
    ],
)
def test_declarations_that_cannot_be(make: Any) -> None:
    with pytest.raises(SpecError):
        make()


def test_declarations_survive_the_wire_and_name_children_in_full() -> None:
    inner = SupervisorSpec("language", pool=Pool(ChildSpec("worker", ACTOR), 2))
    spec = SupervisorSpec("root", children=(ChildSpec("gateway", ACTOR), inner))
    assert SUPERVISOR_SPEC.decode(encode(spec)) == spec
    gateway, language = spec.members()
    assert (gateway.name, language.name, language.kind) == ("gateway", "language", "supervisor")
    below = SUPERVISOR_SPEC.decode(language.config)
    assert [child.name for child in below.members()] == ["language/worker-0", "language/worker-1"]
