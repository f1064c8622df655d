"""Delivery without an actor: reads the logs, asks the queue, commits, sends, takes results."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, wait
from typing import Final, Protocol

from actors.whatsapp.delivery_core import DeliveryCore
from actors.whatsapp.delivery_progress import progress
from actors.whatsapp.delivery_store import DeliveryStore
from actors.whatsapp.send_outcome import Outcome, Send, Verdict
from actors.whatsapp.settings import DeliverySettings
from actors.whatsapp.status_log import FOLDER as STATUS_FOLDER
from actors.whatsapp.status_log import Reports, read_statuses
from messages.delivery import DeliveryStatus, Outgoing
from messages.row import REPLY, Reply
from messages.wire import WireError
from store.errors import FolderMissing
from store.folder import DataFolder
from store.log import LogReader
from store.partition import PartitionReader

DATABASE: Final = "delivery.sqlite3"
STATUSES: Final = "statuses"
_PORTION: Final = 500

Sender = Callable[[Send], Outcome]


class Outbox(Protocol):
    """A partition's log of replies."""

    def replies(self, start: int, *, limit: int = 1000) -> list[tuple[int, bytes]]:
        """Read from a position on."""


class Logs:
    """Opens the logs of a data folder for reading; each raises ``FolderMissing`` until its writer has made it.

    Args:
        folder: the data folder.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder

    def outbox(self, partition: int) -> Outbox:
        """Open a partition's log of replies."""
        return PartitionReader(self._folder.state(partition))

    def statuses(self) -> Reports:
        """Open the log of statuses."""
        return LogReader(self._folder.path / STATUS_FOLDER)


class DeliveryService:
    """One system's delivery; used from one thread, sends run in ``executor``.

    Args:
        folder: the data folder.
        settings: of delivery.
        sender: sends one message, in a thread of the executor.
        executor: runs the sends.
        clock: gives milliseconds since 1970 UTC.
        finished: called from the executor's threads when a result waits; then ``pump`` is due.
        logs: opens the logs.
        rng: source of jitter.

    Attributes:
        counters: totals since the start.
    """

    def __init__(
        self,
        folder: DataFolder,
        settings: DeliverySettings,
        *,
        sender: Sender,
        executor: Executor,
        clock: Callable[[], int],
        finished: Callable[[], None],
        logs: Logs | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._sender = sender
        self._executor = executor
        self._clock = clock
        self._finished = finished
        self.counters: Counter[str] = Counter()
        self.store = DeliveryStore(folder.path / DATABASE)
        self._core = DeliveryCore(settings, rng or random.Random())  # noqa: S311 - jitter, not a secret
        self._results: deque[tuple[str, Outcome]] = deque()
        self._futures: dict[str, Future[None]] = {}
        self._logs = logs or Logs(folder)
        self._outboxes: dict[int, Outbox] = {}
        self._statuses: Reports | None = None
        self._marks = {f"outbox-{p:03d}": self.store.mark(f"outbox-{p:03d}") for p in range(folder.partitions)}
        self._marks[STATUSES] = self.store.mark(STATUSES)
        changes = self._core.restore(self.store.active(), clock())
        self.store.commit(changes, {})
        self.counters["restored_unknown"] = len(changes)

    def pump(self) -> bool:
        """Do all that can be done now.

        Returns:
            whether there may be more at once; else wait for ``finished``, a bell, or ``next_ms``.
        """
        now_ms = self._clock()
        changes: list[Outgoing] = []
        self._take_results(changes, now_ms)
        statuses = self._take_statuses(changes, now_ms)
        replies = self._take_replies(changes, now_ms)
        changes += self._core.tick(now_ms)
        sends, begun = self._core.due(now_ms, self._settings.max_in_flight - len(self._futures))
        changes += begun
        if changes or statuses or replies:
            self.store.commit(changes, self._marks)
        for send in sends:
            self._futures[send.send_id] = self._executor.submit(self._run, send)
        return statuses == _PORTION or replies >= _PORTION

    def _run(self, send: Send) -> None:
        try:
            outcome = self._sender(send)
        except Exception as error:  # noqa: BLE001 - whatever it was, the slot must come free; nothing is known of the send
            outcome = Outcome(Verdict.UNKNOWN, "", 0, f"{type(error).__name__}: {error}"[:500])
        self._results.append((send.send_id, outcome))
        self._finished()

    def _take_results(self, changes: list[Outgoing], now_ms: int) -> None:
        while self._results:
            send_id, outcome = self._results.popleft()
            self._futures.pop(send_id, None)
            self.counters[outcome.verdict.value] += 1
            changes += self._core.outcome(send_id, outcome, now_ms)

    def _take_statuses(self, changes: list[Outgoing], now_ms: int) -> int:
        if self._statuses is None:
            try:
                self._statuses = self._logs.statuses()
            except FolderMissing:
                return 0  # the gateway has not reported anything yet
        found, following, bad = read_statuses(self._statuses, self._marks[STATUSES], _PORTION)
        self._marks[STATUSES] = following
        self.counters["statuses"] += len(found)
        self.counters["bad_statuses"] += bad
        # Records that this very turn changes are not in the store yet.
        fresh = {change.reply.reply_id: change for change in changes}
        for status in found:
            moved = self._core.report(status, now_ms) or self._follow(status, fresh, now_ms)
            changes += moved
            fresh.update((change.reply.reply_id, change) for change in moved)
        return len(found) + bad

    def _follow(self, status: DeliveryStatus, fresh: dict[str, Outgoing], now_ms: int) -> list[Outgoing]:
        if status.state == "error":
            self.counters["channel_errors"] += 1
            return []
        records = [
            fresh.get(record.reply.reply_id, record)
            for record in self.store.of_send(status.callback, status.message_id)
        ]
        if not records:
            self.counters["foreign_statuses"] += 1
            return []
        if status.state == "failed":
            return self._core.reopen(records, status, now_ms)
        return [moved for record in records if (moved := progress(record, status)) is not None]

    def _take_replies(self, changes: list[Outgoing], now_ms: int) -> int:
        taken = 0
        for partition in range(self._folder.partitions):
            room = min(_PORTION, self._settings.max_waiting - self._core.waiting)
            if room <= 0:
                break  # the rest waits in the outbox logs
            reader = self._outbox(partition)
            if reader is None:
                continue
            name = f"outbox-{partition:03d}"
            entries = reader.replies(self._marks[name], limit=room)
            if not entries:
                continue
            self._marks[name] = entries[-1][0] + 1
            taken += len(entries)
            changes += self._add([raw for _, raw in entries], now_ms)
        return taken

    def _add(self, entries: Sequence[bytes], now_ms: int) -> list[Outgoing]:
        replies: dict[str, Reply] = {}
        for raw in entries:
            try:
                reply = REPLY.decode(raw)
            except WireError:
                self.counters["bad_replies"] += 1
            else:
                replies.setdefault(reply.reply_id, reply)
        known = self.store.known(list(replies))
        self.counters["replies"] += len(replies) - len(known)
        return [self._core.add(reply, now_ms) for reply in replies.values() if reply.reply_id not in known]

    def _outbox(self, partition: int) -> Outbox | None:
        reader = self._outboxes.get(partition)
        if reader is None:
            try:
                reader = self._outboxes[partition] = self._logs.outbox(partition)
            except FolderMissing:
                return None  # its shard has not started yet
        return reader

    def suppress(self, conversation: str) -> int:
        """Drop what waits for a customer; returns how many."""
        changes = self._core.suppress(conversation, self._clock())
        self.store.commit(changes, self._marks)
        return len(changes)

    def forget(self, conversation: str) -> tuple[int, int]:
        """Drop what waits for a customer and remove all records of theirs but those under way.

        Returns:
            how many were removed, and how many are under way and have to be asked for again.

        Raises:
            StoreError: the database cannot be written.
        """
        self.suppress(conversation)
        removed = self.store.forget(conversation)
        return removed, len(self.store.of_conversation(conversation, limit=-1))

    def prune(self) -> int:
        """Remove finished records older than settings keep them; returns how many."""
        return self.store.prune(self._clock() - int(self._settings.keep_days * 86_400_000))

    def outbox_marks(self) -> dict[int, int]:
        """Tell how far each outbox is taken: partition to position, for its shard to trim behind."""
        return {p: self._marks[f"outbox-{p:03d}"] for p in range(self._folder.partitions)}

    def status_mark(self) -> int:
        """Tell how far the log of statuses is taken, for the gateway to trim behind."""
        return self._marks[STATUSES]

    def next_ms(self) -> int | None:
        """Tell when something may be due without a new event; None for never."""
        if len(self._futures) >= self._settings.max_in_flight:
            return None  # a result will wake us
        return self._core.next_ms(self._clock())

    @property
    def in_flight(self) -> int:
        """Count the sends under way."""
        return len(self._futures)

    @property
    def waiting(self) -> int:
        """Count the replies that are not finished."""
        return self._core.waiting

    def breakers(self) -> dict[str, str]:
        """Tell each number's circuit."""
        return self._core.breakers()

    def close(self, *, grace_s: float = 0.0) -> None:
        """Take back what has not gone out, wait for what has, and close; what is still open then is ``unknown``.

        Args:
            grace_s: how long to wait.
        """
        for send_id, future in list(self._futures.items()):
            if future.cancel():
                self._results.append((send_id, Outcome(Verdict.RETRY, "", 0, "stopped before it was sent")))
        wait(self._futures.values(), timeout=grace_s)
        changes: list[Outgoing] = []
        self._take_results(changes, self._clock())
        self.store.commit(changes, {})
        self.store.close()
        for reader in (*self._outboxes.values(), self._statuses):
            if isinstance(reader, PartitionReader | LogReader):
                reader.close()
