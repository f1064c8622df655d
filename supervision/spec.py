"""Declarations: which children a supervisor has, and what it does when one dies.

The terms are those of Erlang/OTP's supervisor behaviour.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from messages.wire import Codec, Wire, encode
from supervision.errors import SpecError

Restart = Literal["permanent", "transient", "temporary"]
Strategy = Literal["one_for_one", "one_for_all", "rest_for_one"]
Kind = Literal["worker", "supervisor"]

SUPERVISOR = "supervision.supervisor:Supervisor"
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}(/[a-z0-9][a-z0-9_.-]{0,62}){0,7}")
_ACTOR = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def _require(condition: bool, problem: str) -> None:  # noqa: FBT001 - an assertion
    if not condition:
        raise SpecError(problem)


class ChildSpec(Wire, frozen=True, tag=130):
    """One child.

    Attributes:
        name: its name below its supervisor; the full name is ``<supervisor>/<name>``, below the root just ``<name>``.
        actor: ``package.module:Class`` of a ``ProcessActor``.
        config: bytes handed to its ``started``.
        restart: ``permanent``: always; ``transient``: unless it left normally; ``temporary``: never.
        shutdown_ms: grace between the exit request and SIGKILL, milliseconds.
        ready_ms: it is killed and counts as failed unless ready by then, milliseconds.
        kind: ``supervisor`` for a supervisor.
    """

    name: str
    actor: str
    config: bytes = b""
    restart: Restart = "permanent"
    shutdown_ms: int = 2000
    ready_ms: int = 30_000
    kind: Kind = "worker"

    def __post_init__(self) -> None:
        _require(_NAME.fullmatch(self.name) is not None, f"{self.name!r} is not a name of a child")
        _require(_ACTOR.fullmatch(self.actor) is not None, f"{self.actor!r} of {self.name} is not module:Class")
        _require(self.shutdown_ms >= 0, f"shutdown_ms of {self.name} is negative")
        _require(self.ready_ms > 0, f"ready_ms of {self.name} is not positive")


class Backoff(Wire, frozen=True, tag=131):
    """How long to wait before a child that failed is started again: ``initial_s * factor ** (failures - 1)``.

    Attributes:
        initial_s: wait after the first failure, seconds.
        factor: growth with each further failure.
        maximum_s: longest wait, seconds.
        jitter: share of the wait that is random, 0 to 1, so that children which died together come back apart.
    """

    initial_s: float = 0.05
    factor: float = 2.0
    maximum_s: float = 10.0
    jitter: float = 0.2

    def __post_init__(self) -> None:
        _require(0 <= self.initial_s <= self.maximum_s, "backoff: 0 <= initial_s <= maximum_s does not hold")
        _require(self.factor >= 1, "backoff: factor is below 1")
        _require(0 <= self.jitter <= 1, "backoff: jitter is not between 0 and 1")

    def delay(self, failures: int, chance: float) -> float:
        """Compute a wait.

        Args:
            failures: failures in a row, from 1.
            chance: a random number in [0, 1).

        Returns:
            seconds, never above ``maximum_s``.
        """
        exponent = min(failures - 1, 64)
        whole = min(self.initial_s * self.factor**exponent, self.maximum_s)
        return whole * (1 - self.jitter * chance)


class Pool(Wire, frozen=True, tag=132):
    """Identical children: ``<template.name>-0`` and so on.

    Attributes:
        template: what each of them is.
        size: how many there are at first.
        minimum: fewest that ``scale`` may leave.
        maximum: most that ``scale`` may make.
    """

    template: ChildSpec
    size: int
    minimum: int = 1
    maximum: int = 64

    def __post_init__(self) -> None:
        _require(0 <= self.minimum <= self.maximum, f"pool {self.template.name}: minimum above maximum")
        _require(
            self.minimum <= self.size <= self.maximum,
            f"pool {self.template.name}: size {self.size} is not between {self.minimum} and {self.maximum}",
        )


class SupervisorSpec(Wire, frozen=True, tag=133):
    """A supervisor and its children.

    Attributes:
        name: ``root`` for the top of the tree.
        strategy: what happens to the siblings of a child that died.
        intensity: most restarts within the period; one more and the supervisor gives up and leaves it to its parent.
        period_s: length of the sliding window, seconds.
        backoff: waits before restarts.
        children: in the order of their start; they stop in reverse order. With ``rest_for_one`` each waits until the
            one before it is ready, else they start side by side.
        pool: identical children, after the others.
        restart: what its own supervisor does when it dies.
        shutdown_ms: grace for it and all below it, milliseconds.
        ready_ms: limit for all below it to be ready, milliseconds.
        heartbeat_s: how often the supervisors right below it are asked whether they are there, seconds; one that
            stays silent three times is killed and restarted. Workers are not asked: they may be at work for long.
    """

    name: str
    strategy: Strategy = "one_for_one"
    intensity: int = 10
    period_s: float = 10.0
    backoff: Backoff = Backoff()
    children: tuple[ChildSpec | SupervisorSpec, ...] = ()
    pool: Pool | None = None
    restart: Restart = "permanent"
    shutdown_ms: int = 10_000
    ready_ms: int = 120_000
    heartbeat_s: float = 10.0

    def __post_init__(self) -> None:
        _require(_NAME.fullmatch(self.name) is not None, f"{self.name!r} is not a name of a supervisor")
        _require(self.intensity >= 0, f"intensity of {self.name} is negative")
        _require(self.period_s > 0, f"period_s of {self.name} is not positive")
        _require(self.heartbeat_s > 0, f"heartbeat_s of {self.name} is not positive")
        names = [child.name for child in self.members()]
        twice = {name for name in names if names.count(name) > 1}
        _require(not twice, f"{self.name} has children of the same name: {', '.join(sorted(twice))}")

    def full_name(self, child: str) -> str:
        """Give a child's full name; a name that is already full stays as it is."""
        if self.name == "root" or child.startswith(f"{self.name}/"):
            return child
        return f"{self.name}/{child}"

    def member(self, index: int) -> ChildSpec:
        """Declare the pool's child of a number."""
        if self.pool is None:
            raise SpecError(f"{self.name} has no pool")
        template = self.pool.template
        return self._named(template, f"{template.name}-{index}")

    def members(self) -> tuple[ChildSpec, ...]:
        """List all children with their full names, supervisors as the children that they are, in the order of start."""
        plain = tuple(self._named(child, child.name) for child in self.children)
        if self.pool is None:
            return plain
        return plain + tuple(self.member(index) for index in range(self.pool.size))

    def _named(self, child: ChildSpec | SupervisorSpec, name: str) -> ChildSpec:
        full = self.full_name(name)
        if isinstance(child, SupervisorSpec):
            return as_child(child, full)
        return ChildSpec(full, child.actor, child.config, child.restart, child.shutdown_ms, child.ready_ms, child.kind)


def as_child(spec: SupervisorSpec, full_name: str) -> ChildSpec:
    """Declare a supervisor as a child of another.

    Args:
        spec: the supervisor.
        full_name: its full name.

    Returns:
        a child whose config is the encoded declaration.
    """
    renamed = msgspec.structs.replace(spec, name=full_name)
    return ChildSpec(
        full_name, SUPERVISOR, encode(renamed), spec.restart, spec.shutdown_ms, spec.ready_ms, "supervisor"
    )


SUPERVISOR_SPEC: Codec[SupervisorSpec] = Codec(SupervisorSpec)
