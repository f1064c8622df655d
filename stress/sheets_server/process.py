"""Start, kill and control the server as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from stress.sheets_server.errors import SheetsServerError


class ServerProcess:
    """A running local Sheets server.

    Args:
        state: the file that keeps its spreadsheets.
        port: TCP port; 0 takes a free one.
        max_cells: cells a spreadsheet may have, None for Google's limit.
    """

    def __init__(self, state: Path, port: int = 0, max_cells: int | None = None) -> None:
        self.state = state
        command = [sys.executable, "-m", "stress.sheets_server", "--port", str(port), "--state", str(state)]
        if max_cells is not None:
            command += ["--max-cells", str(max_cells)]
        root = Path(__file__).resolve().parents[2]
        log = state.with_suffix(".log").open("ab")
        self.process = subprocess.Popen(
            command, cwd=root, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, text=True
        )
        log.close()
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line.startswith("READY "):
            self.process.kill()
            raise SheetsServerError(f"the local Sheets server did not start; see {state.with_suffix('.log')}")
        self.url = line.split()[1]

    @property
    def port(self) -> int:
        """The TCP port."""
        return int(self.url.rsplit(":", 1)[1])

    def control(self, what: str, **given: Any) -> Any:
        """Use the server's control end.

        Args:
            what: ``keys``, ``books``, ``share``, ``trash``, ``faults``, ``limits``, ``revoke``, ``api``,
                ``drive``, ``list`` or ``stats``.
            given: its arguments.

        Returns:
            the answer.

        Raises:
            SheetsServerError: the server refused.
        """
        request = Request(  # noqa: S310 - the address is our own loopback server's
            f"{self.url}/_control/{what}", data=json.dumps(given).encode(), method="POST"
        )
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
                return json.loads(answer.read())
        except HTTPError as error:
            raise SheetsServerError(error.read().decode()) from error

    def kill(self) -> None:
        """Kill it as a power cut would, without warning."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        self._reap()

    def stop(self) -> None:
        """Stop it in order."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._reap()

    def _reap(self) -> None:
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
