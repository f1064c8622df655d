"""Read files in confined processes that can be killed: what a file does to its reader, it does to that reader alone."""

from __future__ import annotations

import hashlib
import os
import selectors
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from actors.media.errors import MediaError
from actors.media.kind import Detected
from actors.media.reader import OUT_OF_MEMORY, ReaderKind, reader_kind
from actors.media.reader_process import MOST_FRAME, write_frame
from actors.media.settings import MediaSettings
from messages.media import READER_READY, READING, ReaderReady, Reading, ReadItem
from messages.wire import WireError, encode

_REMEMBERED = 1024
_LENGTH = struct.Struct(">I")
_SNIFF_DEADLINE_S = 10.0
_PROJECT = Path(__file__).resolve().parents[2]


class ReaderDiedError(MediaError):
    """A reader process ended while it had a file."""


class OverrunError(MediaError):
    """A reader process took longer than its deadline and was killed."""


class SandboxedReaders:
    """One warm reader process for each kind of file; a broken one is replaced when next needed.

    Used by one thread: a reader process dies with the thread that started it.

    Args:
        settings: bounds and engines.
        clock: seconds, monotonic.
        command: what starts a reader process, before its kind and settings; for tests of the processes' own faults.
    """

    def __init__(
        self,
        settings: MediaSettings,
        clock: Callable[[], float] = time.monotonic,
        command: tuple[str, ...] = (sys.executable, "-m", "actors.media.reader_process"),
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._command = command
        self._running: dict[ReaderKind, _ReaderProcess] = {}
        self._set_aside: OrderedDict[str, str] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self, kinds: Iterable[ReaderKind]) -> dict[ReaderKind, ReaderReady]:
        """Start reader processes, side by side, and wait until their engines are loaded.

        Args:
            kinds: which.

        Returns:
            how each is confined and what it lacks.

        Raises:
            ReaderDiedError: one ended while it started.
            OverrunError: one was not ready in time.
        """
        wanted = list(kinds)
        for kind in wanted:
            self._process(kind)
        return {kind: self._ready(kind) for kind in wanted}

    def pids(self) -> dict[ReaderKind, int]:
        """Give the ids of the running reader processes."""
        return {kind: process.pid for kind, process in self._running.items()}

    def read(self, item: ReadItem) -> Reading:
        """Read one file.

        A file whose reader dies on it is tried ``settings.tries`` times, each in a new process, and then set aside: the
        same content is not tried again by this object (it remembers 1,024 of them). One that overruns is not retried.

        Args:
            item: the file.

        Returns:
            what was read, or why it was not.
        """
        start = self._clock()
        name = item.name or Path(item.path).name
        try:
            digest = _digest(Path(item.path), self._settings.max_file_mb)
        except OSError as error:
            reason = "no such file" if isinstance(error, FileNotFoundError) else f"cannot be opened: {error.strerror}"
            return Reading(name=name, error=reason)
        if digest in self._set_aside:
            self._set_aside.move_to_end(digest)
            return Reading(name=name, error=self._set_aside[digest], set_aside=True)
        sniffed = self._tried("sniff", item, _SNIFF_DEADLINE_S, digest)
        if sniffed.error:
            return sniffed
        kind = reader_kind(Detected(sniffed.kind, sniffed.mime, sniffed.format))
        if kind is None:
            return _replaced(sniffed, error=f"files of type {sniffed.mime} are not read")
        reading = self._tried(kind, item, self._deadline_s(kind), digest)
        if reading.error and not reading.mime:
            reading = _replaced(sniffed, error=reading.error, set_aside=reading.set_aside)
        return _replaced(reading, seconds=round(self._clock() - start, 4))

    def read_all(self, items: Iterable[ReadItem]) -> Iterator[Reading]:
        """Read files one after another.

        Args:
            items: the files.

        Yields:
            one reading for each, in order.
        """
        for item in items:
            yield self.read(item)

    def close(self) -> None:
        """End all reader processes."""
        for process in self._running.values():
            process.kill()
        self._running.clear()

    def _tried(self, kind: ReaderKind, item: ReadItem, deadline_s: float, digest: str) -> Reading:
        name = item.name or Path(item.path).name
        last = ""
        for _ in range(self._settings.tries):
            try:
                self._ready(kind)
            except MediaError as error:
                self._drop(kind)
                return Reading(name=name, error=f"the {kind} reader cannot start: {error}")
            try:
                reading = self._running[kind].ask(item, deadline_s)
            except OverrunError:
                self._drop(kind)
                return Reading(name=name, error=f"reading it took longer than {deadline_s:g} s; its reader was stopped")
            except ReaderDiedError as error:
                self._drop(kind)
                last = str(error)
            else:
                if reading.error == OUT_OF_MEMORY:
                    self._drop(kind)  # what is left of its address space may not do for the next file
                return reading
        reason = f"set aside: its reader died {self._settings.tries} times on it ({last})"
        self._set_aside[digest] = reason
        if len(self._set_aside) > _REMEMBERED:
            self._set_aside.popitem(last=False)
        return Reading(name=name, error=reason, set_aside=True)

    def _process(self, kind: ReaderKind) -> _ReaderProcess:
        process = self._running.get(kind)
        if process is None or not process.alive():
            self._drop(kind)
            process = self._running[kind] = _ReaderProcess(self._command, kind, self._settings, self._clock)
        return process

    def _ready(self, kind: ReaderKind) -> ReaderReady:
        process = self._process(kind)
        return process.ready(self._settings.start_deadline_s)

    def _drop(self, kind: ReaderKind) -> None:
        process = self._running.pop(kind, None)
        if process is not None:
            process.kill()

    def _deadline_s(self, kind: ReaderKind) -> float:
        settings = self._settings
        return {"image": settings.image_deadline_s, "audio": settings.audio_deadline_s}.get(
            kind, settings.document_deadline_s
        )


class _ReaderProcess:
    """A reader process and its two pipes."""

    def __init__(
        self, command: tuple[str, ...], kind: ReaderKind, settings: MediaSettings, clock: Callable[[], float]
    ) -> None:
        self._clock = clock
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
        self._buffer = bytearray()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._out().fileno(), selectors.EVENT_READ)

    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process.poll() is None

    def ready(self, deadline_s: float) -> ReaderReady:
        """Wait for its first answer."""
        if self._ready is None:
            self._ready = READER_READY.decode(self._answer(deadline_s))
        return self._ready

    def ask(self, item: ReadItem, deadline_s: float) -> Reading:
        """Have it read a file."""
        if self._process.stdin is None:
            raise ReaderDiedError("no pipe to it")
        try:
            write_frame(self._process.stdin, encode(_absolute(item)))  # type: ignore[arg-type]
        except (BrokenPipeError, OSError) as error:
            raise ReaderDiedError(self._why()) from error
        try:
            return READING.decode(self._answer(deadline_s))
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

    def _answer(self, deadline_s: float) -> bytes:
        end = self._clock() + deadline_s
        while True:
            if len(self._buffer) >= _LENGTH.size:
                length = _LENGTH.unpack_from(self._buffer)[0]
                if length > MOST_FRAME:
                    raise ReaderDiedError("it answered nonsense")
                if len(self._buffer) >= _LENGTH.size + length:
                    frame = bytes(self._buffer[_LENGTH.size : _LENGTH.size + length])
                    del self._buffer[: _LENGTH.size + length]
                    return frame
            left = end - self._clock()
            if left <= 0:
                raise OverrunError(f"no answer in {deadline_s:g} s")
            if self._selector.select(left):
                block = os.read(self._out().fileno(), 1 << 20)
                if not block:
                    raise ReaderDiedError(self._why())
                self._buffer += block

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


def _replaced(reading: Reading, **changes: object) -> Reading:
    return msgspec.structs.replace(reading, **changes)


def _digest(path: Path, most_mb: int) -> str:
    """Hash what identifies the content: all of it up to the bound, beyond which it is not read anyway."""
    digest = hashlib.sha256()
    left = (most_mb + 1) << 20
    with path.open("rb") as stream:
        while left > 0 and (block := stream.read(min(1 << 20, left))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()
