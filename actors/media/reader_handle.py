"""One sandboxed reader process from outside: started, asked, stopped for a while or for good."""

from __future__ import annotations

import os
import selectors
import signal
import struct
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from actors.media.errors import MediaError
from actors.media.giving_way import MOST_STILL_S, POLL_S, GivingWay
from actors.media.reader import ReaderKind
from actors.media.reader_process import MOST_FRAME, write_frame
from actors.media.settings import MediaSettings
from messages.media import READER_READY, READING, ReaderReady, Reading, ReadItem
from messages.wire import WireError, encode

_LENGTH = struct.Struct(">I")
_PROJECT = Path(__file__).resolve().parents[2]


class ReaderDiedError(MediaError):
    """A reader process ended while it had a file."""


class OverrunError(MediaError):
    """A reader process took longer than its deadline and was killed."""


class ReaderProcess:
    """A reader process and its two pipes.

    Args:
        command: what starts it, before its kind and settings.
        kind: of reader.
        settings: bounds and engines.
        clock: seconds, monotonic.
        way: to whom it gives way while it reads, at the lowest priority; None for nobody.
    """

    def __init__(
        self,
        command: tuple[str, ...],
        kind: ReaderKind,
        settings: MediaSettings,
        clock: Callable[[], float],
        way: GivingWay | None = None,
    ) -> None:
        self._clock = clock
        self._way = way
        self._still_since = 0.0
        self._still_s = 0.0
        self._ready: ReaderReady | None = None
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        environment = {
            name: value
            for name, value in os.environ.items()
            if name in {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "SYSTEMROOT"}
        } | {
            "PYTHONPATH": os.pathsep.join([str(_PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]),
            "HF_HUB_OFFLINE": "0" if settings.allow_download else "1",
            "OMP_NUM_THREADS": str(settings.threads),
            # Threads that wait by spinning took two to three times the processor time beside other work on two cores.
            "OMP_WAIT_POLICY": "PASSIVE",
            "MALLOC_ARENA_MAX": "2",
        }
        self._process = subprocess.Popen(
            [*command, kind, settings.model_dump_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
        )
        self.pid = self._process.pid
        if way is not None:
            with suppress(OSError, AttributeError):  # what is left over of the processor; only Linux knows it
                os.sched_setscheduler(self.pid, os.SCHED_IDLE, os.sched_param(0))
        self._buffer = bytearray()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._out().fileno(), selectors.EVENT_READ)

    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process.poll() is None

    def ready(self, deadline_s: float) -> ReaderReady:
        """Wait for its first answer.

        Raises:
            ReaderDiedError: it ended.
            OverrunError: it took longer.
        """
        if self._ready is None:
            self._ready = READER_READY.decode(self._answer(deadline_s))
        return self._ready

    def ask(self, item: ReadItem, deadline_s: float) -> Reading:
        """Have it read a file.

        Raises:
            ReaderDiedError: it ended, or answered nonsense.
            OverrunError: it took longer; what it stood still does not count.
        """
        if self._process.stdin is None:
            raise ReaderDiedError("no pipe to it")
        try:
            write_frame(self._process.stdin, encode(_absolute(item)))  # type: ignore[arg-type]
        except (BrokenPipeError, OSError) as error:
            raise ReaderDiedError(self._why()) from error
        try:
            return READING.decode(self._answer(deadline_s, self._way))
        except WireError as error:
            raise ReaderDiedError("it answered nonsense") from error

    def kill(self) -> None:
        """End it at once and free its pipes."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue  # what was still to be written to a dead process
        self._buffer.clear()

    def _answer(self, deadline_s: float, way: GivingWay | None = None) -> bytes:
        end = self._clock() + deadline_s
        self._still_s = 0.0
        try:
            while True:
                if len(self._buffer) >= _LENGTH.size:
                    length = _LENGTH.unpack_from(self._buffer)[0]
                    if length > MOST_FRAME:
                        raise ReaderDiedError("it answered nonsense")
                    if len(self._buffer) >= _LENGTH.size + length:
                        frame = bytes(self._buffer[_LENGTH.size : _LENGTH.size + length])
                        del self._buffer[: _LENGTH.size + length]
                        return frame
                if way is not None:
                    end += self._give(way)
                left = end - self._clock()
                if left <= 0 and not self._still_since:
                    raise OverrunError(f"no answer in {deadline_s:g} s")
                if self._selector.select(max(0.0, left) if way is None else POLL_S):
                    block = os.read(self._out().fileno(), 1 << 20)
                    if not block:
                        raise ReaderDiedError(self._why())
                    self._buffer += block
        finally:
            self._go_on()

    def _give(self, way: GivingWay) -> float:
        """Stop the process or let it go on; returns for how long it has stood still, once it goes on."""
        now = self._clock()
        still_s = self._still_s + (now - self._still_since if self._still_since else 0.0)
        if still_s >= MOST_STILL_S or way.may_run(now):
            return self._go_on()
        if not self._still_since:
            self._process.send_signal(signal.SIGSTOP)
            self._still_since = now
        return 0.0

    def _go_on(self) -> float:
        if not self._still_since:
            return 0.0
        self._process.send_signal(signal.SIGCONT)
        still_s, self._still_since = self._clock() - self._still_since, 0.0
        self._still_s += still_s
        return still_s

    def _out(self) -> IO[bytes]:
        if self._process.stdout is None:
            raise ReaderDiedError("no pipe from it")
        return self._process.stdout

    def _why(self) -> str:
        """Say how it ended: the signal or the last line that it wrote."""
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it closed its pipe"
        if status < 0:
            return f"signal {signal.Signals(-status).name}"
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - 2000))
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return f"exit status {status}" + (f": {lines[-1][:200]}" if lines else "")


def _absolute(item: ReadItem) -> ReadItem:
    return msgspec.structs.replace(item, path=str(Path(item.path).resolve()))
