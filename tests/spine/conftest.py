"""Real systems in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stress.system_under_test import SystemUnderTest

StartSystem = Callable[..., SystemUnderTest]


@pytest.fixture
def start_system(tmp_path: Path) -> Iterator[StartSystem]:
    """Give a function that starts a system on the test's folder; all are stopped at the end."""
    started: list[SystemUnderTest] = []

    def start(**settings: object) -> SystemUnderTest:
        defaults = {"language.engine": "rules", "system.partitions": 4}
        system = SystemUnderTest(tmp_path / "data", defaults | {k.replace("__", "."): v for k, v in settings.items()})
        system.start()
        started.append(system)
        return system

    yield start
    for system in started:
        system.stop()
