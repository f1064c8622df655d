"""The Google Sheets sink: a thin actor around a thread that pumps the writer.

Calls to Google take seconds and must not keep the actor from answering admin messages, so one thread makes them; it
alone uses the client and writes the ledger. The actor and the thread share a pipe ("something changed") and an event
("look at the logs").
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

from actors.sheets.both_sinks import agree, file_emptied
from actors.sheets.client import CredentialsError
from actors.sheets.errors import LedgerError, SheetsError
from actors.sheets.forgetting import Forgetting
from actors.sheets.ledger import LEDGER_FILE, Ledger
from actors.sheets.ledger_verbs import LEDGER_VERBS, answer_ledger, key_in
from actors.sheets.log_source import LogSource, adopt_embedded
from actors.sheets.lookups import SheetLookups
from actors.sheets.pipe import SheetsPipe
from actors.sheets.redaction import person_of
from actors.sheets.rows_table import RowsFileError
from actors.sheets.settings import SheetsSettings
from messages.doorbell import Bell, Seen
from messages.wire import Wire
from store.folder import DataFolder
from supervision.errors import AdminError, UnknownVerbError
from supervision.process_actor import Address, ProcessActor

_CREDENTIALS_WAIT_S = 15.0
_STOP_WAIT_S = 3.5
_LOOKUPS_WAIT_S = 0.3
"""A read under way loses nothing when its process ends."""
_GAUGES_S = 1.0


class SheetsSink(ProcessActor):
    """Writes the rows of all partitions to a spreadsheet, and tells the shards how far it is."""

    accepts = Bell

    def started(self, config: bytes) -> None:
        """Open the folder and start the thread.

        Args:
            config: the settings as JSON; ``folder``, ``sessions.shards`` and the section ``sheets`` are used.
        """
        given = json.loads(config)
        self._folder = DataFolder.open(Path(given["folder"]))
        self._shards = int(given["sessions"]["shards"])
        self._settings = SheetsSettings.model_validate(given.get("sheets", {}))
        self._ledger = Ledger(self._folder.path / LEDGER_FILE)
        self._forgetting = Forgetting(self._ledger)
        adopt_embedded(self._folder, self._ledger)
        self._pipe: SheetsPipe | None = None
        self._lookups: SheetLookups | None = None
        self._trouble = ""
        self._failure: BaseException | None = None
        self._idle = False
        self._flush = False
        self._ending = threading.Event()
        self._look = threading.Event()
        self._free = threading.Event()
        self._free.set()
        self._read_end, self._write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.watch(self._read_end)
        self._marks: dict[int, int] = self._ledger.marks()
        self._disagreed = True
        self._agree()
        self._told: dict[int, int] = {}
        self._thread = threading.Thread(target=self._work, name="sheets", daemon=True)
        self._thread.start()
        self.timers.after(_GAUGES_S, self._measure, key="gauges")

    # -- the thread

    def _work(self) -> None:
        try:
            source = LogSource(self._folder)
            try:
                self._pump_until_end(source)
            finally:
                if self._pipe is not None:
                    self._pipe.close()
                source.close()
        except BaseException as error:  # noqa: BLE001 - handed to the actor, which reports it and leaves
            self._failed(error)

    def _pump_until_end(self, source: LogSource) -> None:
        while not self._ending.is_set():
            if self._pipe is None and not self._connect(source):
                self._ending.wait(_CREDENTIALS_WAIT_S)
                continue
            if not self._free.is_set() and not self._flush:
                self._look.wait(0.2)
                self._look.clear()
                continue
            assert self._pipe is not None
            turn = self._pipe.pump(flush=self._flush)
            self._idle = turn.idle
            marks = self._pipe.ledger.marks()
            if marks != self._marks:
                self._marks = marks
                self._signal()
            if self._pipe.writer.state.phase == "blocked" and self._pipe.key_replaced():
                self._disconnect()
                continue
            if turn.wait_s:
                self._look.wait(turn.wait_s)
                self._look.clear()

    def _disconnect(self) -> None:
        """Let go of a connection whose key was replaced; the next one is made with the new key."""
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
        if self._lookups is not None:
            self._lookups.stop(_LOOKUPS_WAIT_S)
            self._lookups = None

    def _connect(self, source: LogSource) -> bool:
        try:
            pipe = SheetsPipe(
                self._ledger,
                self._settings,
                source,
                owner=self._folder.id,
                report=self._note,
                forgetting=self._forgetting,
            )
        except CredentialsError as error:
            # A person has to act; rows wait in their logs meanwhile.
            if str(error) != self._trouble:
                self._note(str(error))
            self._trouble = str(error)
            return False
        self._trouble = ""
        self._pipe = pipe
        if self._settings.lookups.titles():
            self._lookups = SheetLookups(self._folder.path, self._settings, pipe.governor, self._note)
            self._lookups.start(self._failed)
        return True

    def _agree(self) -> None:
        """Have the embedded sink's file and the ledger know the same requests to forget."""
        try:
            agree(self._folder, self._forgetting)
        except RowsFileError as error:
            # A person's tool holds the file, or the disk is full; it is tried again.
            if not self._disagreed:
                self._note(f"rows of before are not emptied yet: {error}")
            self._disagreed = True
        else:
            self._disagreed = False

    def _failed(self, error: BaseException) -> None:
        self._failure = error
        self._signal()

    def _note(self, line: str) -> None:
        self.log.warning("sheets", note=line)
        self.counters["notes"] += 1

    def _signal(self) -> None:
        with contextlib.suppress(BlockingIOError):  # enough unread signals are there already
            os.write(self._write_end, b"x")

    # -- the actor

    def received(self, message: Wire, sender: Address) -> None:
        """Answer a bell at once with how far the spreadsheet is, and let the thread look."""
        if isinstance(message, Bell):
            self.counters["bells"] += 1
            self._look.set()
            self.tell(sender, Seen(reader=self.name, marks=self._marks_of(message.origin)))

    def readable(self, fd: int) -> None:
        """Take the thread's news: rows landed, or it failed."""
        try:
            os.read(fd, 4096)
        except BlockingIOError:
            return
        if self._failure is not None:
            raise SheetsError(f"the sink's thread failed: {self._failure}") from self._failure
        for name in self.directory:
            if name.startswith("sessions/shard-"):
                marks = self._marks_of(name)
                if any(self._told.get(p) != mark for p, mark in marks.items()):
                    self._told.update(marks)
                    self.tell_name(name, Seen(reader=self.name, marks=marks))

    def _marks_of(self, shard: str) -> dict[int, int]:
        number = int(shard.rsplit("-", 1)[1])
        return {
            p: mark for p, mark in self._marks.items() if p % self._shards == number and p < self._folder.partitions
        }

    def _measure(self) -> None:
        pipe = self._pipe
        if pipe is not None:
            writer = pipe.writer
            self.counters["written"] = writer.counters["landed_rows"]
            self.counters["writes"] = pipe.governor.calls["writes"]
            self.counters["set_aside"] = writer.counters["buried"]
            self.gauges["lag_ms"] = float(writer.lag_ms)
            if self._lookups is not None:
                told = self._lookups.status()
                self.counters.update({f"lookup_{name}": told[name] for name in ("misses", "reads")})
                self.counters["lookups"] = told["lookups"]
            self.gauges["blocked"] = float(writer.state.phase in {"blocked", "fenced", "halted"})
        if self._disagreed:
            self._agree()
        self.timers.after(_GAUGES_S, self._measure, key="gauges")

    def paused(self) -> None:
        """Send nothing more."""
        self._free.clear()

    def resumed(self) -> None:
        """Send again."""
        self._flush = False
        self._free.set()
        self._look.set()

    def drained(self) -> bool:
        """Write all that is committed, without waiting for company."""
        if not self._flush:
            self._idle = False
            self._flush = True
        self._look.set()
        return self._idle

    def stopping(self, reason: str) -> None:  # noqa: ARG002 - the hook's signature
        """End the thread; a call under way is settled by the next life."""
        self._ending.set()
        self._look.set()
        self._thread.join(_STOP_WAIT_S)
        if self._lookups is not None:
            self._lookups.stop(_LOOKUPS_WAIT_S)
        if not self._thread.is_alive():
            self._ledger.close()
        self.unwatch(self._read_end)

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:
        """Answer ``cursors``, ``sheets``, ``breaker``, ``unblock``, ``lookups``, ``forget`` and those of the ledger.

        Args:
            verb: what is asked; see also ``LEDGER_VERBS``.
            arguments: for ``breaker`` ``state`` (and ``name``, a spreadsheet's id) set one; for ``lookups`` ``table``,
                ``column`` and ``key`` look a record up in the cache; for ``forget`` ``conversation``, its key.

        Returns:
            the facts.

        Raises:
            UnknownVerbError: another verb.
            AdminError: there is no connection yet, an argument is wrong, or the lookup cannot be made.
        """
        if verb == "cursors":
            partitions = self._folder.partitions
            return {"cursors": {str(p): mark for p, mark in self._marks.items() if p < partitions}}
        if verb in LEDGER_VERBS:
            found = answer_ledger(self._ledger, self._forgetting, verb, arguments)
            self._look.set()  # a row may be there to be written again
            return found
        if verb == "forget":
            return self._forget(arguments)
        if verb not in {"sheets", "breaker", "unblock", "lookups"}:
            raise UnknownVerbError(f"the sink does not know {verb!r}")
        pipe = self._pipe
        if pipe is None:
            raise AdminError(self._trouble or "the sink is not connected yet")
        if verb == "breaker":
            if "state" not in arguments:
                return {"breakers": pipe.breakers()}
            try:
                shown = pipe.set_breaker(arguments.get("name", ""), arguments["state"])
            except SheetsError as error:
                raise AdminError(str(error)) from error
            self._look.set()
            return {"breaker": shown}
        if verb == "unblock":
            pipe.writer.unblock()
            self._look.set()
            return {"phase": pipe.writer.state.phase}
        if verb == "lookups":
            return self._looked_up(arguments)
        found = {**pipe.writer.status(), "asked_ms": time.time_ns() // 1_000_000}
        if self._lookups is not None:
            told = self._lookups.status()
            found["lookups"] = {name: told[name] for name in ("lookups", "misses", "reads")}
        found["forgetting"] = len(self._forgetting.pending())
        return found

    def _forget(self, arguments: dict[str, str]) -> dict[str, Any]:
        """Take a request to forget in; the thread empties what is in spreadsheets."""
        conversation = key_in(arguments)
        try:
            self._forgetting.ask(conversation, time.time_ns() // 1_000_000)
        except LedgerError as error:
            raise AdminError(f"not taken in, ask again: {error}") from error
        self._agree()
        self._look.set()
        found = self._forgetting.of(conversation)
        kept = 0 if self._disagreed else file_emptied(self._folder, person_of(conversation))
        return {**found, "redacted": found["redacted"] + kept, "pending": found["pending"] + self._disagreed}

    def _looked_up(self, arguments: dict[str, str]) -> dict[str, Any]:
        if self._lookups is None:
            raise AdminError("no worksheets are named in sheets.lookups")
        if "table" not in arguments:
            return self._lookups.status()
        try:
            return {
                "record": self._lookups.lookup(
                    arguments["table"], arguments.get("column", ""), arguments.get("key", "")
                )
            }
        except SheetsError as error:
            raise AdminError(str(error)) from error
