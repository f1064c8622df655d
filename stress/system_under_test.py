"""A system started from outside, as a user starts it: ``majlis start`` in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from actors.system.boot import SystemClient, is_running
from actors.system.errors import SystemFault
from store.errors import StoreError
from store.folder import DataFolder


class SystemUnderTest:
    """Runs ``majlis start`` on a data folder.

    Args:
        folder: the data folder; made where it is missing.
        settings: overrides, ``{"sessions.shards": 2}``.
    """

    def __init__(self, folder: Path, settings: Mapping[str, object] | None = None) -> None:
        self.path = folder
        self._environment = dict(os.environ)
        # Readers of media take seconds to warm up: only who asks for them gets them.
        for key, value in {"media_pool.workers": 0, **(settings or {})}.items():
            self._environment["MAJLIS_" + key.replace(".", "__").upper()] = str(value)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def folder(self) -> DataFolder:
        """The data folder, open."""
        return DataFolder.open(self.path)

    def start(self, timeout_s: float = 90.0) -> None:
        """Start it, and wait until it says that it is ready.

        Raises:
            SystemFault: it ended, or was not ready in time.
        """
        log = self.path.with_name(self.path.name + ".log")
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "actors.console.main", "start", "--folder", str(self.path)],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        give_up = time.monotonic() + timeout_s
        while time.monotonic() < give_up:
            if self._process.poll() is not None:
                raise SystemFault(f"the system ended with {self._process.returncode}: {log.read_text()[-2000:]}")
            try:
                if is_running(self.folder):
                    return
            except StoreError:
                pass
            time.sleep(0.02)
        raise SystemFault(f"the system was not ready in {timeout_s:.0f} s: {log.read_text()[-2000:]}")

    @property
    def pid(self) -> int:
        """Process id of the foreground command."""
        assert self._process is not None  # started
        return self._process.pid

    def ask(self, target: str, verb: str, arguments: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Ask an actor, and give its answer.

        Raises:
            SystemFault: no system answers, or the answer is an error.
        """
        with SystemClient.connect(self.folder) as client:
            answer = client.ask(target, verb, dict(arguments or {}), 10.0)
        if not answer.ok:
            raise SystemFault(f"{target}: {verb}: {answer.error}")
        return answer.result

    def processes(self) -> list[psutil.Process]:
        """List the foreground process and all below it that live."""
        try:
            foreground = psutil.Process(self.pid)
            below = foreground.children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return [process for process in (foreground, *below) if _lives(process)]

    def cpu_seconds(self) -> float:
        """Add up the processor time of all processes of the system, seconds."""
        total = 0.0
        for process in self.processes():
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        return total

    def stop(self, timeout_s: float = 60.0) -> int:
        """Stop it by SIGTERM, and by SIGKILL if that takes too long.

        Returns:
            the exit code of the foreground command.
        """
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return int(process.returncode)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
