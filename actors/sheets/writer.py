"""Writes rows to a spreadsheet exactly once: does what the protocol asks for, one call at a time.

Blocking, and without an actor system: the sink's thread, ``majlis rows push`` and the stress harness drive it by
calling :meth:`SheetsWriter.pump` again and again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from actors.sheets import protocol as p
from actors.sheets.astray import bring_home
from actors.sheets.backlog import Backlog, RowsGoneError, RowSource
from actors.sheets.batch import Batch, Entry, digest_of, spans_of, split_spans
from actors.sheets.batching import Item, Limits, select, wait_ms
from actors.sheets.errors import (
    CallFailed,
    Denied,
    HeldBack,
    Missing,
    OutcomeUnknown,
    Refused,
)
from actors.sheets.governor import Governor
from actors.sheets.ledger import Ledger
from actors.sheets.sending import send_batch
from actors.sheets.settings import SheetsSettings
from actors.sheets.spreadsheets import Spreadsheets
from actors.sheets.target import (
    STAMP_KEY,
    FencedError,
    FullError,
    TargetBlockedError,
    stamp_request,
)
from messages.row import Row

_MAX_PRUNED = 20
_MAX_STAMPS = 450
"""Stamps of 53 characters that are left in place at most: 24,000 of the 30,000 characters that Google allows."""

_IDLE_S = 0.25
_DENIED_WAIT_S = 15.0


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
    ) -> None:
        self._ledger, self._http, self._governor, self._settings = ledger, http, governor, settings
        self._clock_ms, self._report = clock_ms, report
        self._books = Spreadsheets(ledger, http, settings, owner, report)
        # Stamps tell whose they are: numbers of another data folder's sink are no doubles of ours.
        self._mine = owner.split(":", 1)[0][:8]
        self._backlog = Backlog(source, ledger, settings.window_rows)
        self._held: dict[int, list[tuple[Entry, Row]]] = {}
        self._blocked_until_ms = 0
        self._assumed: tuple[str, ...] = ()
        self._alarmed = ""
        self.counters: Counter[str] = Counter()
        self.last_failure = ""
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
        if self.state.phase in {"fenced", "halted"}:
            return Pumped(60.0)
        if self.state.phase == "blocked":
            left = self._blocked_until_ms - self._clock_ms()
            if left > 0:
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
        self.last_failure = str(error)
        if isinstance(error, HeldBack):
            return Pumped(error.retry_after_s or _IDLE_S)
        self.counters[f"failed.{type(error).__name__}"] += 1
        if isinstance(error, Denied):
            self._block(f"the account may not write: {error}", _DENIED_WAIT_S)
        elif isinstance(error, Refused | Missing):
            self._block(f"the spreadsheet cannot be prepared: {error}")
        return Pumped(min(5.0, error.retry_after_s or _IDLE_S))

    def _block(self, reason: str, wait_s: float | None = None) -> None:
        self._alarm(reason)
        self.state = replace(self.state, phase="blocked", reason=reason, refusal="")
        self._blocked_until_ms = self._clock_ms() + int((wait_s or self._settings.retry_blocked_s) * 1000)
        self.counters["blocked"] += 1

    def _stop(self, phase: p.Phase, reason: str) -> None:
        self.state = replace(self.state, phase=phase, reason=reason)
        self._alarm(reason)

    def _alarm(self, reason: str) -> None:
        """Tell a person, once until a batch lands or something else is wrong."""
        if reason != self._alarmed:
            self._report(reason)
        self._alarmed = reason

    def unblock(self) -> None:
        """Look at a blocked spreadsheet again at once."""
        self._blocked_until_ms = 0

    # -- planning

    def current_spreadsheet(self) -> str:
        """Return the id of the spreadsheet that new batches go to, "" where none is named."""
        return self._books.current()

    def _plan(self, *, flush: bool) -> Pumped | None:
        for entry, reason in self._backlog.refill():
            with self._ledger.transaction():
                self._ledger.bury(entry.partition, entry.position, f"not a row: {reason}", entry.data, self._clock_ms())
            self.counters["buried"] += 1
        waiting = self._backlog.count()
        self._governor.set_draining(draining=waiting > self._settings.backlog_rows)
        due = wait_ms(self._backlog.waiting, self._limits, self._clock_ms())
        if due is None:
            return Pumped(_IDLE_S, idle=True)
        if due > 0 and not flush:
            return Pumped(min(_IDLE_S, due / 1000))
        spreadsheet = self.current_spreadsheet()
        if not spreadsheet:
            raise TargetBlockedError("no spreadsheet is named: set sheets.spreadsheet")
        wait = self._governor.wait_s(spreadsheet, write=True)
        if wait > 0:
            return Pumped(min(wait, _IDLE_S))
        if self._ledger.stamps(spreadsheet) > _MAX_STAMPS and not self._prunable(spreadsheet):
            return Pumped(_IDLE_S)  # late attempts may still be on their way; their stamps have to stay
        target = self._books.ready(spreadsheet)
        chosen = select(self._backlog.waiting, self._limits)
        try:
            target.check_room(len(chosen))
        except FullError as error:
            self._books.roll_over(spreadsheet, str(error))
            return Pumped(0.0)
        rows = [(item.entry, item.row) for item in chosen]
        with self._ledger.transaction():
            batch = self._record(spreadsheet, rows)
        self._backlog.remove(chosen)
        self._advance(p.Planned((batch,)))
        self._note_lag(chosen)
        return None

    def _record(self, spreadsheet: str, rows: Sequence[tuple[Entry, Row]], rank: str = "") -> Batch:
        entries = [entry for entry, _ in rows]
        batch = self._ledger.plan(spreadsheet, digest_of(entries), spans_of(entries), self._clock_ms(), rank)
        self._held[batch.sequence] = list(rows)
        return batch

    def _note_lag(self, chosen: Sequence[Item]) -> None:
        self.lag_ms = self._clock_ms() - min(item.row.committed_ms for item in chosen)

    # -- calls

    def _call(self) -> Pumped:
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

    def _stamp(self, batch: Batch, value: str) -> dict[str, Any]:
        return stamp_request(batch.sequence, STAMP_KEY, f"{self._mine}:{value}")

    def _seal(self, batch: Batch) -> None:
        requests = [self._stamp(batch, p.SEAL)]
        try:
            self._http.batch_update(batch.spreadsheet, {"requests": requests})
        except Missing:
            if batch.spreadsheet == self.current_spreadsheet():
                raise
            # Nothing can land any more in a spreadsheet that was deleted and replaced by another in the settings.
            self._report(f"{batch.spreadsheet} is gone: the rows of batch {batch.sequence} go to the new spreadsheet")

    def _rows(self, batch: Batch) -> list[tuple[Entry, Row]]:
        if batch.sequence not in self._held:
            rows = self._backlog.fetch(batch.spans)
            if digest_of(entry for entry, _ in rows) != batch.digest:
                raise TargetBlockedError(f"the rows of batch {batch.sequence} are not those that were planned")
            self._held[batch.sequence] = rows
        return self._held[batch.sequence]

    def _prunable(self, spreadsheet: str) -> list[int]:
        before = self._clock_ms() - int(self._settings.prune_after_s * 1000)
        return self._ledger.prunable(spreadsheet, self._settings.keep_stamps, before, _MAX_PRUNED)

    def _send(self, batch: Batch) -> None:
        target = self._books.ready(batch.spreadsheet)
        sheet = target.sheet
        assert sheet is not None
        places = sheet.layout.places
        rows = self._rows(batch)
        self._assume(batch, places)
        prune = self._prunable(batch.spreadsheet)
        stamp = self._stamp(batch, batch.digest)
        headers = send_batch(self._http, target, (row for _, row in rows), stamp, prune)
        if prune:
            with self._ledger.transaction():
                self._ledger.pruned(prune)
        if headers != _stripped(sheet.layout.headers):
            self._settle_columns(batch, places)
        self._advance(p.Landed())

    def _assume(self, batch: Batch, places: tuple[str, ...]) -> None:
        """Keep which columns an attempt takes for ours, in case that its answer is lost and they are moved."""
        with self._ledger.transaction():
            self._ledger.mark_sent(batch.sequence)
            if places != self._assumed:
                self._ledger.set_fact("places", ",".join(places))
        self._assumed = places

    def _settle_columns(self, batch: Batch, assumed: tuple[str, ...]) -> None:
        """Columns were moved while a batch was under way: bring its cells to where their headers are now."""
        target = self._books.ready(batch.spreadsheet)
        self._books.inspect(target)
        sheet = target.sheet
        assert sheet is not None
        if columns_of(sheet.layout.places) == columns_of(assumed):
            return
        self.counters["astray"] += 1
        moved = bring_home(self._http, batch.spreadsheet, sheet, assumed, [row for _, row in self._rows(batch)])
        if moved:
            self._report(f"columns were moved during a write: {moved} rows were put under their headers again")

    def _ask(self, batch: Batch) -> None:
        found = self._books.peek(batch.spreadsheet).stamp(batch.sequence)
        if found is None:
            self._advance(p.Stamp(None))
            return
        key, whole = found
        owner, _, value = whole.partition(":")
        ours = key == STAMP_KEY and owner == self._mine
        if ours and value == batch.digest:
            kept = tuple(self._ledger.fact("places").split(","))
            self._books.peek(batch.spreadsheet).sheet = None
            after = self._books.ready(batch.spreadsheet).sheet
            assert after is not None
            if columns_of(after.layout.places) != columns_of(kept):
                self._settle_columns(batch, kept)
            self.counters["settled"] += 1
        self._advance(p.Stamp(value, ours=ours))

    def _inspect(self) -> None:
        batch = self.state.head
        if batch.spreadsheet != self.current_spreadsheet():
            self._advance(p.Inspected("moved"))
            return
        target = self._books.ready(batch.spreadsheet)
        try:
            changed = self._books.inspect(target)
            target.check_room(batch.rows)
        except FencedError as error:
            self._advance(p.Inspected("fenced", str(error)))
        except FullError as error:
            self._books.roll_over(batch.spreadsheet, str(error))
            self._advance(p.Inspected("moved"))
        except TargetBlockedError as error:
            self._blocked_until_ms = self._clock_ms() + int(self._settings.retry_blocked_s * 1000)
            self._advance(p.Inspected("blocked", str(error)))
        else:
            if "metadata would exceed" in self.state.refusal or "metadata limit" in self.state.refusal.lower():
                self._advance(p.Inspected("blocked", f"no room for stamps: {self.state.refusal}"))
            elif "number of cells in the workbook above the limit" in self.state.refusal:
                self._books.roll_over(batch.spreadsheet, "Google says that the spreadsheet is full")
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
                with self._ledger.transaction():
                    self._ledger.mark_landed(batch, now)
                self._held.pop(batch.sequence, None)
                self._alarmed = ""
                self.counters["landed_rows"] += batch.rows
                self.counters["landed_batches"] += 1
            case p.Split(batch):
                return p.resume(state, self._split(batch, now))
            case p.Move(batch):
                with self._ledger.transaction():
                    self._ledger.mark_void(batch, now)
                    again = self._record(self.current_spreadsheet(), self._rows(batch), batch.rank)
                self._held.pop(batch.sequence, None)
                return p.resume(state, (again,))
            case p.Bury(batch, reason):
                entry, _ = self._rows(batch)[0]
                with self._ledger.transaction():
                    self._ledger.mark_void(batch, now)
                    self._ledger.bury(entry.partition, entry.position, reason, entry.data, now)
                self._held.pop(batch.sequence, None)
                self.counters["buried"] += 1
                self._report(f"row {entry.position} of partition {entry.partition} is refused and set aside: {reason}")
                return p.resume(state, ())
            case p.Alarm(reason):
                self._blocked_until_ms = now + int(self._settings.retry_blocked_s * 1000)
                self._alarm(reason)
            case _:
                raise AssertionError(effect)
        return state

    def _split(self, batch: Batch, now: int) -> tuple[Batch, ...]:
        rows = self._rows(batch)
        half = batch.rows // 2
        first, second = split_spans(batch.spans, half)
        assert first
        assert second
        with self._ledger.transaction():
            self._ledger.mark_void(batch, now)
            halves = (
                self._record(batch.spreadsheet, rows[:half], batch.rank + ".0"),
                self._record(batch.spreadsheet, rows[half:], batch.rank + ".1"),
            )
        self._held.pop(batch.sequence, None)
        self.counters["split"] += 1
        return halves

    def status(self) -> dict[str, Any]:
        """Return what a person wants to know."""
        return {
            "phase": self.state.phase,
            "reason": self.state.reason,
            "last_failure": self.last_failure,
            "spreadsheet": self.current_spreadsheet(),
            "waiting": self._backlog.count(),
            "open_batches": len(self.state.queue),
            "lag_ms": self.lag_ms,
            "calls": dict(self._governor.calls),
            "saved": self._governor.saved(self.counters["landed_rows"]),
            "counters": {**self.counters, "rolled_over": self._books.rolled_over},
            **self._ledger.totals(),
        }


def columns_of(places: Sequence[str]) -> dict[str, int]:
    """Return the column of each of our keys."""
    return {key: column for column, key in enumerate(places) if key}


def _stripped(headers: Sequence[str]) -> tuple[str, ...]:
    texts = list(headers)
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)
