"""The one way in: takes messages of every source into the inbox logs, in groups with one fsync each.

Requests of all connections queue here; one thread writes what has gathered, so that a group costs one commit a
partition however many requests it holds. A request is answered after its group is durable.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import blake2b

import msgspec

from actors.whatsapp.striking import strike_messages, strike_rejects
from messages.inbound import Inbound
from messages.row import Reject
from messages.wire import encode
from store.errors import DiskFull, QueueFull, StoreError
from store.folder import DataFolder
from store.log import LogWriter

GROUP_EVERY_S = 0.004
"""Groups begin at least so far apart, unless they are large: an fsync costs 0.3 to 8 ms."""


class Draining(StoreError):
    """The system takes nothing in for now: it is paused, or about to stop."""


_LONGEST_MARK = 300
"""Names of feeds above this many bytes are marked by their digest: a key of the log has a limit."""


def _as_store_error(partition: int, error: Exception) -> StoreError:
    if isinstance(error, StoreError):
        return error
    return StoreError(f"inbox {partition} could not be written: {type(error).__name__}: {error}")


class _Request:
    __slots__ = ("batch", "done", "entries", "run")

    def __init__(self, entries: dict[int, list[bytes]], run: str, batch: int) -> None:
        self.entries = entries
        self.run = run
        self.batch = batch
        self.done: Future[int] = Future()
        # From here on it cannot be cancelled: whoever stops waiting must not break the writer that answers.
        self.done.set_running_or_notify_cancel()


class InboxWriter:
    """Owner of the inbox logs of a data folder: their only writer.

    Args:
        folder: the data folder.
        max_bytes: bound of each partition's log, bytes.
        clock: gives milliseconds since 1970 UTC.
        appended: called from the writer's thread with the partitions that have grown.
        group_limit: the most messages in one group.
        in_hand: called with whether messages are being taken in, while a lock is held.
    """

    def __init__(
        self,
        folder: DataFolder,
        *,
        max_bytes: int,
        clock: Callable[[], int],
        appended: Callable[[set[int]], None],
        group_limit: int = 4_096,
        in_hand: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._in_hand = in_hand
        self._folder = folder
        self._clock = clock
        self._appended = appended
        self._group_limit = group_limit
        self._logs = [LogWriter(folder.inbox(p), max_bytes=max_bytes) for p in range(folder.partitions)]
        self._max_bytes = max_bytes
        self._reject_lock = threading.Lock()
        self._rejects = LogWriter(folder.rejects(), max_bytes=max_bytes)
        self._partitions: dict[str, int] = {}
        self._waiting: deque[_Request] = deque()
        self._wake = threading.Condition()
        self._draining = False
        self._closed = False
        self._locks = [threading.Lock() for _ in self._logs]
        self._pool = ThreadPoolExecutor(max_workers=min(4, folder.partitions), thread_name_prefix="inbox-commit")
        self.counters: dict[str, int] = dict.fromkeys(
            ("accepted", "groups", "repeated", "refused", "rejects", "unrung"), 0
        )
        self._pause = threading.Event()
        self._thread = threading.Thread(target=self._write_groups, name="inbox-writer", daemon=True)
        self._thread.start()

    def append(self, messages: Sequence[Inbound], *, run: str = "", batch: int = 0) -> int:
        """Take messages in, and return when they are durable.

        Args:
            messages: what came; ``received_ms`` is set here.
            run: name of the feed, "" for none.
            batch: the feed's number of this batch, rising; a repeated one is not taken in again.

        Returns:
            how many were taken in (0 for a repeated batch).

        Raises:
            QueueFull: a partition's log is at its bound; partitions before it may have taken their part, which a
                repetition of the same batch, or the dedup of ids, makes harmless.
            DiskFull: no room on the disk.
            Draining: the system is stopping.
        """
        return self._enqueue(messages, run, batch).done.result()

    async def submit(self, messages: Sequence[Inbound], *, run: str = "", batch: int = 0) -> int:
        """Do as ``append`` does, without blocking the event loop."""
        return await asyncio.wrap_future(self._enqueue(messages, run, batch).done)

    def reject(self, rejects: Sequence[Reject]) -> None:
        """Keep input that could not become a message for a person to look at.

        Raises:
            StoreError: they cannot be written.
        """
        entries = [encode(reject) for reject in rejects]
        with self._reject_lock:
            # The newest are worth more than the oldest: what is dropped was counted when it came. Portions of a tenth
            # of the bound, so that any number finds room.
            portion: list[bytes] = []
            size = 0
            for entry in entries:
                if portion and size + len(entry) > self._max_bytes // 10:
                    self._append_rejects(portion)
                    portion, size = [], 0
                portion.append(entry)
                size += len(entry)
            self._append_rejects(portion)
        self.counters["rejects"] += len(entries)

    def _append_rejects(self, entries: list[bytes]) -> None:
        while True:
            try:
                self._rejects.append(entries)
            except QueueFull:
                first, last = self._rejects.first_position, self._rejects.next_position
                if first == last:
                    raise
                self._rejects.trim(first + max(1, (last - first) // 10))
            else:
                return

    def _enqueue(self, messages: Sequence[Inbound], run: str, batch: int) -> _Request:
        now_ms = self._clock()
        entries: dict[int, list[bytes]] = {}
        for message in messages:
            stamped = msgspec.structs.replace(message, received_ms=now_ms)
            entries.setdefault(self.partition_of(message.conversation), []).append(encode(stamped))
        request = _Request(entries, run, batch)
        with self._wake:
            if self._draining or self._closed:
                raise Draining("the gateway is paused or stopping, and takes nothing in")
            self._waiting.append(request)
            self._in_hand(True)  # noqa: FBT003 - a plain yes
            self._wake.notify()
        return request

    def partition_of(self, conversation: str) -> int:
        """Find a conversation's partition, through a bounded cache."""
        partition = self._partitions.get(conversation)
        if partition is None:
            if len(self._partitions) > 100_000:
                self._partitions.clear()
            partition = self._partitions[conversation] = self._folder.partition_of(conversation)
        return partition

    def _write_groups(self) -> None:
        while True:
            with self._wake:
                if not self._waiting:
                    self._in_hand(False)  # noqa: FBT003 - a plain no
                while not self._waiting and not self._closed:
                    self._wake.wait()
                if not self._waiting:
                    return
                group: list[_Request] = []
                size = 0
                while self._waiting and size < self._group_limit:
                    request = self._waiting.popleft()
                    group.append(request)
                    size += sum(len(entries) for entries in request.entries.values())
            began = time.monotonic()
            self._write(group)
            if size < self._group_limit // 8:
                # A few more milliseconds gather more requests into the next group, and spare the disk.
                self._pause.wait(max(0.0, GROUP_EVERY_S - (time.monotonic() - began)))

    def _write(self, group: list[_Request]) -> None:
        parts: dict[int, list[_Request]] = {}
        for request in group:
            for partition in request.entries:
                parts.setdefault(partition, []).append(request)
        todo = list(parts.items())
        # The commits wait for the disk side by side; one alone is not worth another thread.
        others = [self._pool.submit(self._write_partition, *item) for item in todo[1:]]
        outcomes = [self._write_partition(*todo[0])] if todo else []
        outcomes += [future.result() for future in others]
        failures: dict[_Request, StoreError] = {}
        taken: dict[_Request, int] = dict.fromkeys(group, 0)
        grown = set()
        for (partition, _), (counts, errors) in zip(todo, outcomes, strict=True):
            for request, count in counts.items():
                taken[request] += count
                grown.add(partition)
            failures.update(errors)
        self.counters["groups"] += 1
        if grown:
            try:
                self._appended(grown)
            except Exception:  # noqa: BLE001 - durable it is: the shards look of their own accord, and this thread has to live
                self.counters["unrung"] += 1
        for request in group:
            failure = failures.get(request)
            if failure is None:
                self.counters["accepted"] += taken[request]
                request.done.set_result(taken[request])
            else:
                self.counters["refused"] += 1
                request.done.set_exception(failure)

    def _write_partition(
        self, partition: int, requests: list[_Request]
    ) -> tuple[dict[_Request, int], dict[_Request, StoreError]]:
        log = self._logs[partition]
        with self._locks[partition]:
            try:
                return self._append_group(log, partition, requests), {}
            except Exception as error:  # noqa: BLE001 - who waits for this group must hear of it, and the thread goes on
                if len(requests) == 1:
                    return {}, {requests[0]: _as_store_error(partition, error)}
            # What is too large or wrong in one request is no reason to refuse the others of its group.
            counts: dict[_Request, int] = {}
            errors: dict[_Request, StoreError] = {}
            for request in requests:
                try:
                    counts |= self._append_group(log, partition, [request])
                except Exception as error:  # noqa: BLE001 - likewise
                    errors[request] = _as_store_error(partition, error)
            return counts, errors

    def _append_group(self, log: LogWriter, partition: int, requests: list[_Request]) -> dict[_Request, int]:
        entries: list[bytes] = []
        marks: dict[bytes, bytes] = {}
        counts: dict[_Request, int] = {}
        repeated = 0
        for request in requests:
            if request.run and self._repeated(log, request, marks):
                repeated += 1
                continue
            own = request.entries[partition]
            entries += own
            counts[request] = len(own)
        if entries:
            log.append(entries, marks=marks or None)
        self.counters["repeated"] += repeated
        return counts

    @staticmethod
    def _repeated(log: LogWriter, request: _Request, marks: dict[bytes, bytes]) -> bool:
        key = b"feed:" + request.run.encode("utf-8", "surrogatepass")
        if len(key) > _LONGEST_MARK:
            key = b"feed#" + blake2b(request.run.encode("utf-8", "surrogatepass"), digest_size=32).digest()
        raw = marks.get(key) or log.mark(key)
        if raw is not None and int.from_bytes(raw, "big") >= request.batch:
            return True
        marks[key] = request.batch.to_bytes(8, "big")
        return False

    def trim(self, marks: dict[int, int]) -> None:
        """Trim the logs behind their reader's marks.

        Args:
            marks: partition to the position before which all is done.
        """
        for partition, mark in marks.items():
            with self._locks[partition]:
                log = self._logs[partition]
                behind = mark - log.first_position
                # Trimming costs a commit: worth it for a tenth of a second's load at the least, or when room is short.
                full = log.held_bytes > self._max_bytes // 2
                if behind >= 512 or (behind > 0 and (full or mark == log.next_position)):
                    try:
                        log.trim(mark)
                    except DiskFull:
                        # It stays until there is room: readers start behind it in any case.
                        self.counters["untrimmed"] += 1

    def forget(self, conversation: str, names: Iterable[str], partition: int, done: int, before: int) -> dict[str, int]:
        """Strike a conversation out of its partition's log and out of the rejects.

        Args:
            conversation: its key.
            names: further names of its person.
            partition: its partition.
            done: position before which all of the partition is finished: trimmed at once.
            before: position before which all of the conversation is finished.

        Returns:
            how many entries were struck: ``inbox`` and ``rejects``.

        Raises:
            StoreError: they cannot be written; what was struck by then stays so.
        """
        with self._locks[partition]:
            log = self._logs[partition]
            messages = strike_messages(log, conversation, before)
            while log.trim(done):
                pass
        with self._reject_lock:
            rejects = strike_rejects(self._rejects, (conversation, *names))
        self._partitions.pop(conversation, None)
        return {"inbox": messages, "rejects": rejects}

    def held_bytes(self) -> list[int]:
        """Give the bytes held in each partition's log."""
        return [log.held_bytes for log in self._logs]

    def refuse(self, *, refusing: bool) -> None:
        """Take nothing more in, or take in again; what was taken is written in any case."""
        with self._wake:
            self._draining = refusing

    def close(self) -> None:
        """Write what waits, and close the logs."""
        self._pause.set()
        with self._wake:
            self._draining = self._closed = True
            self._wake.notify()
        self._thread.join(timeout=10)
        self._pool.shutdown(wait=True)
        for log in (*self._logs, self._rejects):
            log.close()
