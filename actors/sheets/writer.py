"""Writes rows to a spreadsheet exactly once: does what the protocol asks for, one call at a time.

Blocking, and without an actor system: the sink's thread, ``majlis rows push`` and the stress harness drive it by
calling :meth:`SheetsWriter.pump` again and again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from actors.sheets import protocol as p
from actors.sheets.backlog import Backlog, RowsGoneError, RowSource
from actors.sheets.batch import Batch
from actors.sheets.batch_rows import BatchRows
from actors.sheets.batching import Limits, lag_ms, select, wait_ms
from actors.sheets.errors import CallFailed, HeldBack, Missing, OutcomeUnknown, Refused
from actors.sheets.forgetting import Forgetting
from actors.sheets.governor import Governor
from actors.sheets.ledger import Ledger
from actors.sheets.moved_columns import MovedColumns
from actors.sheets.redaction import redacted
from actors.sheets.refused import RefusedRows
from actors.sheets.sending import send_batch
from actors.sheets.settings import SheetsSettings
from actors.sheets.spreadsheets import Spreadsheets
from actors.sheets.stamps import Stamps
from actors.sheets.sweep import Sweep
from actors.sheets.target import FencedError, FullError, TargetBlockedError
from actors.sheets.trouble import Trouble
from actors.sheets.whole_rows import WholeRows
from messages.row import Row
from messages.wire import encode

_IDLE_S = 0.25
_STOPPED_S = 60.0


class Pumped(NamedTuple):
    """What one turn of the writer did.

    Attributes:
        wait_s: seconds until the next turn makes sense.
        idle: nothing waits and nothing is open.
    """

    wait_s: float
    idle: bool = False


class SheetsWriter:
    """The one writer of a data folder's rows.

    Args:
        ledger: its durable memory.
        http: gspread's HTTP client, whose gate is the governor.
        governor: quotas and breakers.
        settings: where and how.
        source: the rows.
        clock_ms: milliseconds since 1970 UTC.
        owner: who we are, for the owner's stamp; differs with each life.
        report: told what a person should know.
        forgetting: whose messages may not be written any more.
    """

    def __init__(
        self,
        ledger: Ledger,
        http: Any,
        governor: Governor,
        settings: SheetsSettings,
        source: RowSource,
        *,
        clock_ms: Callable[[], int],
        owner: str,
        report: Callable[[str], None],
        forgetting: Forgetting,
    ) -> None:
        self._ledger, self._http, self._governor, self._settings = ledger, http, governor, settings
        self._clock_ms, self._report = clock_ms, report
        self._books = Spreadsheets(ledger, http, settings, owner, report)
        write_wait_s = partial(governor.wait_s, write=True)
        self._columns = MovedColumns(ledger, http, self._books, report, write_wait_s)
        self._trouble = Trouble(settings, governor, clock_ms, report)
        self._stamps = Stamps(ledger, settings, owner, clock_ms)
        self._backlog = Backlog(source, ledger, settings.window_rows)
        self._rows = BatchRows(ledger, self._backlog, clock_ms)
        self._refused = RefusedRows(ledger)
        self._whole = WholeRows(ledger)
        self._forgetting = forgetting
        self._sweep = Sweep(forgetting, ledger, http, clock_ms, report, wait_s=write_wait_s)
        self._blocked_until_ms = 0
        self.counters: Counter[str] = Counter()
        self.lag_ms = 0
        opened = tuple(ledger.open_batches())
        for batch in opened:
            self._backlog.claim(batch.spans)
        self.state = p.State()
        self._advance(p.Planned(opened))
        self._limits = Limits(
            settings.batch_rows,
            settings.backlog_batch_bytes,
            settings.batch_bytes,
            int(settings.batch_age_s * 1000),
            int(settings.urgent_age_s * 1000),
        )

    # -- driving

    def pump(self, *, flush: bool = False) -> Pumped:
        """Do the next thing that can be done now; at most a few calls.

        Args:
            flush: do not wait for company, send what is there.

        Returns:
            when to come again.

        Raises:
            LedgerError: the disk fails; nothing was sent that is not recorded.
        """
        if self._sweep.step({batch.spreadsheet for batch in self.state.queue}):
            return Pumped(0.0)
        if self.state.phase in {"fenced", "halted"}:
            return Pumped(_STOPPED_S)
        if self.state.phase == "blocked":
            left = self._blocked_until_ms - self._clock_ms()
            if left > 0:
                self._take_in()
                return Pumped(left / 1000)
            self._advance(p.Retry())
        try:
            if not self.state.queue:
                wait = self._plan(flush=flush)
                if wait is not None:
                    return wait
            return self._call()
        except CallFailed as error:
            return self._failed(error)
        except FencedError as error:
            self._stop("fenced", str(error))
        except (FullError, RowsGoneError, TargetBlockedError) as error:
            self._block(str(error))
        return Pumped(_IDLE_S)

    def _failed(self, error: CallFailed) -> Pumped:
        """Wait after a call that failed outside of the protocol."""
        current = self.current_spreadsheet()
        spreadsheet = self.state.head.spreadsheet if self.state.queue else current
        self._trouble.failed(error, spreadsheet)
        self._take_in()
        if isinstance(error, HeldBack):  # nothing has failed: the quota's share is used up, or the circuit is open
            return Pumped(error.retry_after_s or _IDLE_S)
        self.counters[f"failed.{type(error).__name__}"] += 1
        found = self._trouble.blocks(error, spreadsheet, current)
        if found is not None:
            self._block(*found)
        return Pumped(min(5.0, error.retry_after_s or _IDLE_S))

    def _block(self, reason: str, wait_s: float | None = None) -> None:
        self._trouble.alarm(reason)
        self.state = replace(self.state, phase="blocked", reason=reason, refusal="")
        self._blocked_until_ms = self._clock_ms() + int((wait_s or self._settings.retry_blocked_s) * 1000)
        self.counters["blocked"] += 1

    def _stop(self, phase: p.Phase, reason: str) -> None:
        self.state = replace(self.state, phase=phase, reason=reason)
        self._trouble.alarm(reason)

    def unblock(self) -> None:
        """Look at a blocked spreadsheet again at once, and at one that could not be emptied."""
        self._blocked_until_ms = 0
        self._sweep.hurry()

    # -- planning

    def current_spreadsheet(self) -> str:
        """Return the id of the spreadsheet that new batches go to, "" where none is named."""
        return self._books.current()

    def _take_in(self) -> None:
        """Read on in the logs, also while nothing can be written: a person wants to know how much waits."""
        for entry, reason in self._backlog.refill():
            with self._ledger.transaction():
                self._refused.bury(entry, f"not a row: {reason}", self._clock_ms())
            self.counters["buried"] += 1

    def _plan(self, *, flush: bool) -> Pumped | None:
        self._take_in()
        waiting = self._backlog.count()
        self._governor.set_draining(draining=waiting > self._settings.backlog_rows)
        due = wait_ms(self._backlog.waiting, self._limits, self._clock_ms())
        if due is None:
            return Pumped(_IDLE_S, idle=not self._sweep.soon())
        if due > 0 and not flush:
            return Pumped(min(_IDLE_S, due / 1000))
        spreadsheet = self.current_spreadsheet()
        if not spreadsheet:
            raise TargetBlockedError("no spreadsheet is named: set sheets.spreadsheet")
        wait = self._governor.wait_s(spreadsheet, write=True)
        if wait > 0:
            return Pumped(min(wait, _IDLE_S))
        if self._stamps.no_room(spreadsheet):
            return Pumped(_IDLE_S)
        chosen = select(self._backlog.waiting, self._limits)
        try:
            self._books.ready(spreadsheet).check_room(len(chosen))
        except FullError as error:
            self._books.roll_over(spreadsheet, str(error))
            return Pumped(0.0)
        rows = [(item.entry, item.row) for item in chosen]
        with self._ledger.transaction():
            batch = self._rows.plan(spreadsheet, rows)
        self._backlog.remove(chosen)
        self._advance(p.Planned((batch,)))
        self.lag_ms = lag_ms(chosen, self._clock_ms()) or self.lag_ms
        return None

    # -- calls

    def _call(self) -> Pumped:
        if self.state.queue and self._columns.has_landed(self.state.head):
            return self._bring_home(self.state.head)
        call = p.next_call(self.state)
        if call is None:
            return Pumped(_IDLE_S)
        try:
            self._make(call)
        except (HeldBack, CallFailed) as error:
            if isinstance(error, OutcomeUnknown) and isinstance(call, p.Send | p.SealNumber):
                self.counters["unknown"] += 1
                self._advance(p.Lost())
                return Pumped(0.0)
            if isinstance(error, Refused | Missing) and isinstance(call, p.Send | p.SealNumber):
                self.counters["refused"] += 1
                self._advance(p.Rejected(str(error)))
                return Pumped(0.0)
            self._advance(p.NotSent())
            return self._failed(error)
        return Pumped(0.0)

    def _bring_home(self, batch: Batch) -> Pumped:
        """Do the next thing for a batch that landed, before it is done with: put it under its headers if need be."""
        if self._columns.step(batch, lambda: self._written(batch)):
            self._advance(p.Landed())
        return Pumped(0.0)

    def _make(self, call: p.Effect) -> None:
        match call:
            case p.Send(batch):
                self._send(batch)
            case p.Ask(batch):
                self._ask(batch)
            case p.Inspect():
                self._inspect()
            case p.SealNumber(batch):
                self._seal(batch)
                self._advance(p.Sealed())
            case _:
                raise AssertionError(call)

    def _seal(self, batch: Batch) -> None:
        requests = [self._stamps.request(batch, p.SEAL)]
        try:
            self._http.batch_update(batch.spreadsheet, {"requests": requests})
        except Missing:
            if batch.spreadsheet == self.current_spreadsheet():
                raise
            # Nothing can land any more in a spreadsheet that was deleted and replaced by another in the settings.
            self._report(f"{batch.spreadsheet} is gone: the rows of batch {batch.sequence} go to the new spreadsheet")

    def _written(self, batch: Batch) -> list[Row]:
        """Return a batch's rows as they may be written now."""
        forgotten = self._forgetting.forgotten
        return [forgotten.left_of(row) for _, row in self._rows.of(batch)]

    def _send(self, batch: Batch) -> None:
        target = self._books.ready(batch.spreadsheet)
        sheet = target.sheet
        assert sheet is not None
        self._rows.of(batch)  # before it counts as sent
        if not self._columns.may_follow(batch, sheet.layout.places):
            self._advance(p.Inspected("moved"))  # its number is closed first, and the rows get a new one
            return
        self._columns.assume(batch, sheet.sheet_id, sheet.layout.places)
        prune = self._stamps.prunable(batch.spreadsheet)
        stamp = self._stamps.request(batch, batch.digest)
        after = send_batch(self._http, target, self._written(batch), stamp, prune)
        self._columns.landed(batch, after, prune)
        if not self._columns.busy:
            self._advance(p.Landed())

    def _ask(self, batch: Batch) -> None:
        found = self._books.peek(batch.spreadsheet).stamp(batch.sequence)
        if found is None:
            self._advance(p.Stamp(None))
            return
        value, ours = self._stamps.read(found)
        if ours and value == batch.digest:
            self._columns.found(batch)
            self.counters["settled"] += 1
            return  # it is done with when its columns were looked at
        self._advance(p.Stamp(value, ours=ours))

    def _inspect(self) -> None:
        batch = self.state.head
        if batch.spreadsheet != self.current_spreadsheet():
            self._advance(p.Inspected("moved"))
            return
        try:
            target, changed = self._books.checked(batch.spreadsheet)
            target.check_room(batch.rows)
        except FencedError as error:
            self._advance(p.Inspected("fenced", str(error)))
        except FullError as error:
            self._books.roll_over(batch.spreadsheet, str(error))
            self._advance(p.Inspected("moved"))
        except TargetBlockedError as error:
            self._advance(p.Inspected("blocked", str(error)))
        else:
            if "metadata would exceed" in self.state.refusal or "metadata limit" in self.state.refusal.lower():
                self._advance(p.Inspected("blocked", f"no room for stamps: {self.state.refusal}"))
            elif "number of cells in the workbook above the limit" in self.state.refusal:
                self._books.roll_over(batch.spreadsheet, "Google refuses more cells")
                self._advance(p.Inspected("moved"))
            else:
                self._advance(p.Inspected("mended" if changed else "sound"))

    # -- effects

    def _advance(self, event: p.Event) -> None:
        state, effects = p.step(self.state, event)
        for effect in effects:
            state = self._record_effect(state, effect)
        self.state = state

    def _record_effect(self, state: p.State, effect: p.Effect) -> p.State:
        now = self._clock_ms()
        match effect:
            case p.Doubt(batch):
                with self._ledger.transaction():
                    self._ledger.mark_doubtful(batch.sequence)
            case p.Finish(batch):
                rows = self._rows.if_there(batch)
                with self._ledger.transaction():
                    self._whole.keep(rows, self._forgetting.forgotten)
                    self._ledger.mark_landed(batch, now)
                    self._columns.settled()
                self._rows.drop(batch)
                self._trouble.landed()
                self.counters["landed_rows"] += batch.rows
                self.counters["landed_batches"] += 1
            case p.Split(batch):
                self.counters["split"] += 1
                return p.resume(state, self._rows.halve(batch))
            case p.Move(batch):
                return p.resume(state, (self._rows.move(batch, self.current_spreadsheet()),))
            case p.Bury(batch, reason):
                entry, row = self._rows.of(batch)[0]
                with self._ledger.transaction():
                    self._ledger.mark_void(batch, now)
                    if self._forgetting.forgotten.covers(row):
                        entry = entry._replace(data=encode(redacted(row)))
                    self._refused.bury(entry, reason, now)
                self._rows.drop(batch)
                self.counters["buried"] += 1
                self._report(f"row {entry.position} of partition {entry.partition} is refused and set aside: {reason}")
                return p.resume(state, ())
            case p.Alarm(reason):
                self._blocked_until_ms = now + int(self._settings.retry_blocked_s * 1000)
                self.counters["blocked"] += 1
                self._trouble.alarm(reason)
            case _:
                raise AssertionError(effect)
        return state

    def status(self) -> dict[str, Any]:
        """Return what a person wants to know."""
        return {
            "phase": self.state.phase,
            "reason": self.state.reason or self._trouble.circuit(self.current_spreadsheet()) or self._columns.busy,
            **self._trouble.status(),
            "spreadsheet": self.current_spreadsheet(),
            "waiting": self._backlog.count() + sum(batch.rows for batch in self.state.queue),
            "open_batches": len(self.state.queue),
            "lag_ms": self.lag_ms,
            "calls": dict(self._governor.calls),
            "saved": self._governor.saved(self.counters["landed_rows"]),
            "counters": {**self.counters, "rolled_over": self._books.rolled_over, "astray": self._columns.astray},
            **self._ledger.totals(),
        }
