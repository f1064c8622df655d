"""Systems that are gone after each test, whatever it did to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.harness import Bench


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Start systems; each has to be gone without a trace in the end."""
    running: list[Bench] = []

    def make(*arguments: Any, **options: Any) -> Bench:
        bench = Bench(tmp_path / f"data-{len(running)}", *arguments, **options)
        running.append(bench)
        return bench

    yield make
    for bench in running:
        bench.system.shutdown()
        assert bench.processes() == []
        assert bench.folder.read_runtime() is None


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One system for the tests of a module that leave it as it was."""
    bench = Bench(tmp_path_factory.mktemp("system") / "data")
    yield bench
    bench.system.shutdown()
    assert bench.processes() == []
