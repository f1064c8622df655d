"""Send rows that the embedded sink kept to a spreadsheet, exactly once: the work of ``majlis rows push``."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from actors.sheets.both_sinks import file_requests
from actors.sheets.errors import SheetsError
from actors.sheets.ledger import LEDGER_FILE
from actors.sheets.log_source import ROWS_FILE_PARTITION, RowsFileSource
from actors.sheets.pipe import SheetsPipe
from actors.sheets.settings import SheetsSettings
from store.folder import DataFolder


class PushReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a push did.

    Attributes:
        complete: whether every row of the file is in the spreadsheet now, or set aside.
        pushed: rows written by this push.
        before: rows that earlier pushes had written.
        set_aside: rows that the spreadsheet refused and that a person has to look at, in all.
        writes: write calls made.
        seconds: how long it took.
        spreadsheet: where they went.
        notes: what a person should know.
        forgetting: spreadsheets that could not be emptied yet of conversations that are to be forgotten.
    """

    complete: bool
    pushed: int
    before: int
    set_aside: int
    writes: int
    seconds: float
    spreadsheet: str
    notes: tuple[str, ...] = ()
    forgetting: int = 0


def push(
    folder: Path,
    settings: SheetsSettings,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    *,
    deadline_s: float = 86_400.0,
) -> PushReport:
    """Send the rows of the rows file that were not sent yet; an interrupted push is taken up where it stood.

    Args:
        folder: the data folder.
        settings: where and how.
        progress: called with rows written and rows in all.
        deadline_s: stop after so many seconds.

    Returns:
        the report.

    Raises:
        SheetsError: no rows file, no spreadsheet named, ledger held by a running sink, bad credentials, or the
            spreadsheet cannot be written to until a person acts.
    """
    opened = DataFolder.open(folder)
    if not settings.spreadsheets():
        raise SheetsError("no spreadsheet is named: set sheets.spreadsheet")
    source = RowsFileSource(opened)
    notes: list[str] = []
    began = time.monotonic()
    try:
        pipe = SheetsPipe(opened.path / LEDGER_FILE, settings, source, owner=opened.id, report=notes.append)
        try:
            pipe.forgetting.adopt(file_requests(opened))
            total = source.count()
            before = _done(pipe)
            complete = _run(pipe, progress, total, before, deadline_s)
            return PushReport(
                complete=complete,
                pushed=pipe.writer.counters["landed_rows"],
                before=before,
                set_aside=pipe.refused.count(),
                writes=pipe.governor.calls["writes"],
                seconds=round(time.monotonic() - began, 3),
                spreadsheet=pipe.writer.current_spreadsheet(),
                forgetting=len(pipe.forgetting.pending()),
                notes=tuple(notes),
            )
        finally:
            pipe.close()
    finally:
        source.close()


def _done(pipe: SheetsPipe) -> int:
    ahead = sum(stop - start for start, stop in pipe.ledger.ahead(ROWS_FILE_PARTITION))
    return max(0, pipe.ledger.mark(ROWS_FILE_PARTITION) - 1) + ahead  # the file's numbers begin at 1


def _run(pipe: SheetsPipe, progress: Callable[[int, int], None], total: int, before: int, deadline_s: float) -> bool:
    until = time.monotonic() + deadline_s
    while time.monotonic() < until:
        turn = pipe.pump(flush=True)
        progress(before + pipe.writer.counters["landed_rows"], total)
        if turn.idle:
            return True
        if pipe.writer.state.phase in {"blocked", "fenced", "halted"}:
            raise SheetsError(pipe.writer.state.reason)
        if turn.wait_s:
            time.sleep(turn.wait_s)
    return False
