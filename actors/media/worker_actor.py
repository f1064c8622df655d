"""A worker of a media pool: reads batches of files in its sandboxed readers, and files them in the gallery."""

from __future__ import annotations

import io
import os
import time
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from actors.media.content_store import ContentStore
from actors.media.fetching import downloader_of, fetch_and_keep
from actors.media.gallery import Gallery, entry_of
from actors.media.giving_way import GivingWay
from actors.media.joining import for_the_row
from actors.media.metadata import stripped
from actors.media.reader import ReaderKind
from actors.media.sandboxed_readers import SandboxedReaders
from actors.media.settings import MIB, MediaWorkerConfig
from actors.system.pool_worker import PoolWorker
from actors.system.text_in_work import TextInWork
from messages.media import MediaBatch, MediaResult, MediaResultBatch, ReaderReady, Reading, ReadItem
from messages.wire import Wire
from supervision.errors import UnknownVerbError
from supervision.process_actor import Address

NICENESS = 10
"""Below everything else of the system: a picture may wait, a text may not."""


class Kept(NamedTuple):
    """What was read of a file, and the content that is kept of it now, where it changed."""

    reading: Reading
    sha256: str = ""
    size: int = 0


class ReadingDesk:
    """Reads a file and files what was read: the worker without its mailbox.

    Args:
        config: as the worker was told.
        readers: the sandboxed readers.
    """

    def __init__(self, config: MediaWorkerConfig, readers: SandboxedReaders) -> None:
        self._readers = readers
        self._store: ContentStore | None = None
        self._gallery: Gallery | None = None
        self._downloader = downloader_of(config.fetch)
        self._keep_location = config.media.keep_location
        self._most_bytes = config.media.max_file_mb * MIB
        if config.folder is not None:
            self._store = ContentStore(config.folder)
            self._gallery = Gallery(self._store, config.gallery, writable=True)

    def close(self) -> None:
        """End the readers and close the gallery."""
        self._readers.close()
        if self._downloader is not None:
            self._downloader.close()
        if self._gallery is not None:
            self._gallery.close()

    def read(self, item: ReadItem) -> Kept:
        """Read a file; where it is kept, keep the cleaned picture in its place and enter it in the gallery.

        Doing it again after a crash gives the same: contents have their digests for names, and entries their messages.

        Args:
            item: the file.

        Returns:
            what was read, small enough for a row.
        """
        arrived = ""
        if self._store is not None and item.media_id and not item.sha256:
            found = fetch_and_keep(item, self._store, self._downloader)
            if isinstance(found, Reading):
                return Kept(found)
            item = found
            arrived = item.sha256
        if self._store is None or self._gallery is None or not item.sha256:
            return Kept(for_the_row(self._readers.read(item)))
        current = self._gallery.current_content(item.sha256)
        if current != item.sha256:
            item = msgspec.structs.replace(item, path=str(self._store.path(current)))
        known = self._gallery.set_aside(current)
        # What killed its readers is not tried again, also by a worker that started anew since.
        reading = known or self._readers.read(msgspec.structs.replace(item, keep=True))
        if reading.error and not reading.cleaned and reading.kind in {"image", "unknown"}:
            reading = self._stripped(item, reading)
        if reading.cleaned:
            kept = self._store.keep(io.BytesIO(reading.cleaned), reading.name)
            self._gallery.replace_content(item.sha256, kept.sha256)
            current = kept.sha256
        path = self._store.path(current)
        size = path.stat().st_size if path.is_file() else 0
        if item.conversation and item.message_id:
            self._gallery.add(entry_of(item, reading, current, size), reading.thumbnail, reading)
        changed = current != item.sha256 or bool(arrived)
        return Kept(for_the_row(reading), current if changed else "", size if changed else 0)

    def _stripped(self, item: ReadItem, reading: Reading) -> Reading:
        """Clean a picture whose reader was killed or would not read it, by its structure alone: nothing is decoded."""
        path = Path(item.path)
        if not path.is_file() or path.stat().st_size > self._most_bytes:
            return reading
        cleaned, stays = stripped(path, keep_location=self._keep_location)
        told = reading.error if not stays or stays in reading.error else f"{reading.error}; {stays}"
        return msgspec.structs.replace(reading, cleaned=cleaned, error=told)


class _Open(NamedTuple):
    batch: MediaBatch
    asker: Address
    waiting: deque[ReadItem]
    done: list[MediaResult]


class MediaWorker(PoolWorker):
    """Reads batches of files, one file a turn, so that admin messages and a stop come through between files.

    A file takes at most its kind's deadline; a supervisor that cannot wait kills this process, and the kernel its
    readers with it.
    """

    accepts = MediaBatch

    def started(self, config: bytes) -> None:
        """Take messages at once; the reader of the worker's kind warms up after that, while the system starts.

        Args:
            config: a ``MediaWorkerConfig`` as JSON.
        """
        told = MediaWorkerConfig.model_validate_json(config)
        # Reading takes whole cores for seconds; conversations go first. Its readers inherit it, and go below it.
        os.nice(NICENESS)
        self._texts = TextInWork(told.texts) if told.texts is not None else None
        way = GivingWay(self._texts.any if self._texts else lambda: False, told.media.share_beside_texts)
        self._open: deque[_Open] = deque()
        self.counters.update(batches=0, files=0, errors=0, set_aside=0, expired=0)
        readers = SandboxedReaders(told.media, way=way)
        self._readers = readers
        self._confined: dict[ReaderKind, ReaderReady] = {}
        self._desk = ReadingDesk(told, readers)
        self._kind = told.kind
        self.timers.after(0, self._warm, key="warm")

    def _warm(self) -> None:
        # What it raises ends this life: a reader that cannot start is the supervisor's to try again.
        self._confined = self._readers.start(["sniff", self._kind])

    def received(self, message: Wire, sender: Address) -> None:
        """Take a batch; it is answered when all its files are read."""
        if not isinstance(message, MediaBatch) or self.handed_back(message.batch, sender):
            return
        self._open.append(_Open(message, sender, deque(message.items), []))
        self.gauges["waiting_files"] = sum(len(one.waiting) for one in self._open)
        self.timers.after(0, self._step, key="step")

    def _step(self) -> None:
        """Read one file."""
        if not self._open:
            return
        work = self._open[0]
        if time.time_ns() // 1_000_000 > work.batch.deadline_ms:
            # The shard has given up on it and has had its files read elsewhere or set aside.
            self.counters["expired"] += 1
            self._open.popleft()
        elif work.waiting:
            item = work.waiting.popleft()
            kept = self._desk.read(item)
            work.done.append(MediaResult(key=item.key, reading=kept.reading, sha256=kept.sha256, size=kept.size))
            self.counters["files"] += 1
            self.counters["errors"] += bool(kept.reading.error)
            self.counters["set_aside"] += kept.reading.set_aside
        else:
            self._open.popleft()
            self.counters["batches"] += 1
            answer = MediaResultBatch(batch=work.batch.batch, worker=self.name, results=tuple(work.done))
            self.tell(work.asker, answer)
        self.gauges["waiting_files"] = sum(len(one.waiting) for one in self._open)
        if self._open:
            self.timers.after(0, self._step, key="step")

    def drained(self) -> bool:
        """Tell whether all batches are answered."""
        return not self._open

    def stopping(self, reason: str) -> None:  # noqa: ARG002
        """End the readers; unanswered batches are the shards' to ask for again."""
        self._desk.close()
        if self._texts is not None:
            self._texts.close()

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:  # noqa: ARG002
        """Answer ``engine``: the worker's kind, and how its readers are confined and what they lack."""
        if verb == "engine":
            readers = {
                kind: {"pid": ready.pid, "network": ready.network, "memory_mb": ready.memory_mb, "notes": ready.notes}
                for kind, ready in self._confined.items()
            }
            return {"kind": self._kind, "readers": readers}
        raise UnknownVerbError(f"a media worker does not know {verb!r}")
