"""The embedded sink: rows of all partitions into one SQLite file, exactly once."""

from __future__ import annotations

import time
from typing import Any

from actors.sheets.rows_table import RowsFileError
from actors.sheets.sqlite_rows import SqliteRows
from actors.system.settings import Settings
from messages.doorbell import Bell, Seen
from messages.row import ROW, Row
from messages.wire import Wire
from store.errors import FolderMissing
from store.folder import DataFolder
from store.partition import PartitionReader
from supervision.errors import AdminError, UnknownVerbError
from supervision.process_actor import Address, ProcessActor

RECHECK_S = 1.0
ROUNDS = 16
"""Batches in one turn, before messages to the sink are looked at."""

UNTIL_DONE = -1
DRAIN_EVERY_S = 0.05
"""Rows gather for so long between two transactions: the file's fsyncs would else compete with the shards'."""


class EmbeddedSink(ProcessActor):
    """Reads the rows logs, writes rows and cursors in one transaction, tells the shards how far it is."""

    accepts = Bell

    def started(self, config: bytes) -> None:
        """Open the file and the logs.

        Args:
            config: the settings as JSON.
        """
        settings = Settings.model_validate_json(config)
        self._folder = DataFolder.open(settings.folder)
        self._batch = settings.sink.batch
        self._shards = settings.sessions.shards
        self._rows = SqliteRows(self._folder.rows_file)
        self._readers: dict[int, PartitionReader] = {}
        self._cursors = dict.fromkeys(range(self._folder.partitions), 0) | self._rows.cursors()
        self.counters.update(written=0, repeated=0, conflicts=0, transactions=0, failed_writes=0)
        self._failing = False
        self._first = 0
        self._rung: dict[str, Address] = {}
        self._drained_at = 0.0
        self._told: dict[str, dict[int, int]] = {}
        self.timers.after(0.0, self._recheck, key="recheck")

    def received(self, message: Wire, sender: Address) -> None:
        """Drain the logs, then answer the bell."""
        if isinstance(message, Bell):
            self._rung[message.origin] = sender
            wait = self._drained_at + DRAIN_EVERY_S - time.monotonic()
            self.timers.after(max(0.0, wait), self._answer_bells, key="bells")

    def _answer_bells(self) -> None:
        self._drain()
        rung, self._rung = self._rung, {}
        for shard, address in rung.items():
            self._answer(shard, address)

    def _answer(self, shard: str, address: Address) -> None:
        number = int(shard.rsplit("-", 1)[1])
        marks = {p: mark for p, mark in self._cursors.items() if p % self._shards == number}
        self._told[shard] = marks
        self.tell(address, Seen(reader=self.name, marks=marks))

    def _tell_shards(self) -> None:
        # What was drained without a bell has to be told too: a shard whose rows log is full rings no bell.
        for number in range(self._shards):
            name = f"sessions/shard-{number}"
            address = self.directory.get(name)
            marks = {p: mark for p, mark in self._cursors.items() if p % self._shards == number}
            if address is not None and marks != self._told.get(name):
                self._answer(name, address)

    def _recheck(self) -> None:
        # A bell may have been lost with its sender.
        self._drain()
        self._tell_shards()
        self.timers.after(RECHECK_S, self._recheck, key="recheck")

    def _go_on(self) -> None:
        self._drain()
        self._tell_shards()

    def _reader(self, partition: int) -> PartitionReader | None:
        if partition not in self._readers:
            try:
                self._readers[partition] = PartitionReader(self._folder.state(partition))
            except FolderMissing:
                return None
        return self._readers[partition]

    def _drain(self, rounds: int = ROUNDS) -> None:
        self._drained_at = time.monotonic()
        # A drain is not a pause: rows that the shards commit to their end are written too.
        while not self.paused_now or self.draining_now:
            if rounds == 0:
                # Under load there is always more: whoever has a word for the sink comes first.
                self.timers.after(0.0, self._go_on, key="go on")
                return
            rounds -= 1
            batch = self._next_batch()
            if not batch:
                self.gauges["lag_ms"] = 0.0
                return
            try:
                outcome = self._rows.write(batch)
            except RowsFileError as error:
                # A full disk, or a person's tool that holds the file: the rows wait in their logs, and are tried again.
                if not self._failing:
                    self.log.error("rows wait", reason=str(error))
                self._failing = True
                self.counters["failed_writes"] += 1
                return
            self._failing = False
            for partition, position, _ in batch:
                self._cursors[partition] = position + 1
            self.counters["written"] += outcome.written
            self.counters["repeated"] += outcome.repeated
            self.counters["conflicts"] += outcome.conflicts
            self.counters["transactions"] += 1
            self.gauges["lag_ms"] = float(time.time_ns() // 1_000_000 - batch[-1][2].committed_ms)

    def _next_batch(self) -> list[tuple[int, int, Row]]:
        batch: list[tuple[int, int, Row]] = []
        # A busy partition must not keep the others waiting: each round begins with the next one.
        self._first = (self._first + 1) % self._folder.partitions
        for number in range(self._folder.partitions):
            partition = (self._first + number) % self._folder.partitions
            reader = self._reader(partition)
            room = self._batch - len(batch)
            if reader is None or room <= 0:
                continue
            batch += [
                (partition, position, ROW.decode(raw))
                for position, raw in reader.rows(self._cursors[partition], limit=room)
            ]
        return batch

    def resumed(self) -> None:
        """Drain what has gathered."""
        self._drain()
        self._tell_shards()

    def drained(self) -> bool:
        """Write all that is committed, and say so."""
        self._drain(UNTIL_DONE)
        return True

    def stopping(self, reason: str) -> None:  # noqa: ARG002 - the hook's signature
        """Write what is committed, and close."""
        self._drain(UNTIL_DONE)
        self._rows.close()

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:  # noqa: ARG002
        """Answer ``cursors``: how far each partition is written."""
        if verb == "cursors":
            return {"cursors": {str(partition): mark for partition, mark in self._cursors.items()}}
        if verb in {"breaker", "dead", "unblock", "lookups", "sheets"}:
            raise AdminError(f"the embedded sink writes to this disk: {verb} is of the Google Sheets sink")
        raise UnknownVerbError(f"the sink does not know {verb!r}")
