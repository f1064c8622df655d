"""Calls made with room do not map and unmap memory, however deep they begin."""

from __future__ import annotations

import resource

from supervision.frame_room import with_room

CALLS = 500


def leaf(a: int, b: int, c: int) -> int:
    return a + b + c


def faults_of_a_loop() -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for number in range(CALLS):
        leaf(number, number, number)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def at_depth(depth: int) -> int:
    return faults_of_a_loop() if depth == 0 else at_depth(depth - 1)


def worst_of_depths() -> int:
    return max(at_depth(depth) for depth in range(250))


def test_no_depth_makes_every_call_pay_for_memory() -> None:
    assert with_room(worst_of_depths) < CALLS / 2


def test_the_arguments_and_the_answer_go_through() -> None:
    assert with_room(leaf, 1, 2, 3) == 6
