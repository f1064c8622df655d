"""Read files in confined processes that can be killed: what a file does to its reader, it does to that reader alone."""

from __future__ import annotations

import hashlib
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from actors.media.errors import MediaError
from actors.media.giving_way import GivingWay
from actors.media.kind import Detected
from actors.media.reader import OUT_OF_MEMORY, ReaderKind, reader_kind
from actors.media.reader_handle import OverrunError, ReaderDiedError, ReaderProcess
from actors.media.settings import MediaSettings
from messages.media import ReaderReady, Reading, ReadItem

_REMEMBERED = 1024
_SNIFF_DEADLINE_S = 10.0


class SandboxedReaders:
    """One warm reader process for each kind of file; a broken one is replaced when next needed.

    Used by one thread: a reader process dies with the thread that started it.

    Args:
        settings: bounds and engines.
        clock: seconds, monotonic.
        command: what starts a reader process, before its kind and settings; for tests of the processes' own faults.
        way: to whom readers give way while they read; None for nobody. The time that a reader stands still does not
            count against its deadline.
    """

    def __init__(
        self,
        settings: MediaSettings,
        clock: Callable[[], float] = time.monotonic,
        command: tuple[str, ...] = (sys.executable, "-m", "actors.media.reader_process"),
        way: GivingWay | None = None,
    ) -> None:
        self._settings = settings.anchored()
        self._clock = clock
        self._command = command
        self._way = way
        self._running: dict[ReaderKind, ReaderProcess] = {}
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
        if Path(item.path).exists() and not Path(item.path).is_file():
            return Reading(name=name, error="not a regular file")  # opening a pipe would wait for its writer
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

    def _process(self, kind: ReaderKind) -> ReaderProcess:
        process = self._running.get(kind)
        if process is None or not process.alive():
            self._drop(kind)
            process = self._running[kind] = ReaderProcess(self._command, kind, self._settings, self._clock, self._way)
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
