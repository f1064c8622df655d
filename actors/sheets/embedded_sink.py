"""The embedded sink: rows of all partitions into one SQLite file, exactly once."""

from __future__ import annotations

import time
from typing import Any

from actors.sheets.background_sweep import BackgroundSweep
from actors.sheets.errors import LedgerError
from actors.sheets.forgetting import Forgetting
from actors.sheets.ledger_verbs import LEDGER_VERBS, answer_from, key_in, ledger_of
from actors.sheets.redaction import Forgotten, Request, newer, request_of
from actors.sheets.rows_table import RowsFileError, SheetsError
from actors.sheets.sqlite_rows import SqliteRows
from actors.sheets.taking_over import Standing, take_over
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
_SWEEP_WAIT_S = 0.5
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
        self._before: Standing | None = None
        self._forgotten = Forgotten()
        self._untold = True
        self._reaches_sheets = bool(settings.sheets.spreadsheets())
        self._sweep = BackgroundSweep(self._folder, settings.sheets, self._note)
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
        if self._untold:
            self._tell_ledger()
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

    def _take_over(self) -> bool:
        """Go on where the Google Sheets sink stood; False while it cannot be known."""
        if self._before is not None:
            return True
        try:
            before = take_over(self._folder)
            self._rows.forget(newer(before.requests, self._rows.requests()))
        except SheetsError as error:
            # `majlis rows push` holds the ledger, or a disk is full; it is tried again.
            self._rows_wait(str(error))
            return False
        for request in self._rows.requests():
            self._forgotten.add(request.person, request.asked_ms)
        for partition, mark in before.marks.items():
            self._cursors[partition] = max(mark, self._cursors[partition])
        self._before = before
        self._failing = False
        return True

    def _note(self, line: str) -> None:
        self.log.warning("sheets", note=line)

    def _rows_wait(self, reason: str) -> None:
        if not self._failing:
            self.log.error("rows wait", reason=reason)
        self._failing = True

    def _drain(self, rounds: int = ROUNDS) -> None:
        self._drained_at = time.monotonic()
        if not self._take_over():
            return
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
                self._rows_wait(str(error))
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
            batch += self._read(reader, partition, room)
        return batch

    def _read(self, reader: PartitionReader, partition: int, room: int) -> list[tuple[int, int, Row]]:
        """Read on in a partition, past the rows that the Google Sheets sink has recorded."""
        before = self._before
        assert before is not None
        while found := reader.rows(self._cursors[partition], limit=room):
            ours = [
                (partition, n, self._forgotten.left_of(ROW.decode(raw)))
                for n, raw in found
                if not before.has(partition, n)
            ]
            if ours:
                return ours
            self._cursors[partition] = found[-1][0] + 1
        return []

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
        self._sweep.stop(_SWEEP_WAIT_S)
        self._rows.close()

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:
        """Answer ``cursors`` (how far each partition is written), ``forget``, and the verbs of the ledger.

        Args:
            verb: what is asked.
            arguments: for ``forget`` ``conversation``, its key.

        Returns:
            the facts.

        Raises:
            UnknownVerbError: another verb.
            AdminError: it is of the Google Sheets sink, or cannot be done now.
        """
        if verb == "cursors":
            return {"cursors": {str(partition): mark for partition, mark in self._cursors.items()}}
        if verb == "forget":
            return self._forget(arguments)
        if verb in LEDGER_VERBS:
            return answer_from(self._folder, verb, arguments)
        if verb in {"breaker", "unblock", "lookups", "sheets"}:
            raise AdminError(f"the embedded sink writes to this disk: {verb} is of the Google Sheets sink")
        raise UnknownVerbError(f"the sink does not know {verb!r}")

    def _forget(self, arguments: dict[str, str]) -> dict[str, Any]:
        """Empty the file's rows at once; a thread empties the spreadsheets of before."""
        conversation = key_in(arguments)
        request = request_of(conversation, time.time_ns() // 1_000_000)
        try:
            self._rows.forget([request])
        except RowsFileError as error:
            raise AdminError(f"not taken in, ask again: {error}") from error
        self._forgotten.add(request.person, request.asked_ms)
        found = self._tell_ledger(conversation, request)
        return {
            **found,
            "redacted": found["redacted"] + self._rows.emptied(request.person),
            "pending": found["pending"] + self._untold,
        }

    def _tell_ledger(self, conversation: str = "", request: Request | None = None) -> dict[str, Any]:
        """Have the ledger know the same requests, as soon as nobody else holds it.

        Returns:
            how the request for a conversation stands in the ledger.
        """
        found: dict[str, Any] = {"redacted": 0, "pending": 0, "spreadsheets": []}
        left = False
        try:
            with ledger_of(self._folder) as ledger:
                if ledger is not None:
                    forgetting = Forgetting(ledger)
                    if request is not None:
                        forgetting.ask(conversation, request.asked_ms)
                    forgetting.adopt(self._rows.requests())
                    found = forgetting.of(conversation)
                    left = bool(forgetting.pending())
        except LedgerError as error:
            if not self._untold:
                self.log.warning("the ledger is not told yet", reason=str(error))
            self._untold = True
        else:
            self._untold = False
        if left and self._reaches_sheets:
            self._sweep.look()
        return found
