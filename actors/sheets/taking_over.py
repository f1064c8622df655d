"""How the embedded sink goes on where the Google Sheets sink stood, so that no row is recorded by both."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from actors.sheets.batch import Span
from actors.sheets.errors import LedgerError
from actors.sheets.ledger import LEDGER_FILE, Ledger
from actors.sheets.ledger_verbs import ledger_of
from actors.sheets.log_source import LogSource
from actors.sheets.redaction import Request
from store.folder import DataFolder

_unpack_spans = msgspec.msgpack.Decoder(tuple[tuple[int, int, int], ...]).decode
_unpack_ranges = msgspec.msgpack.Decoder(list[tuple[int, int]]).decode


class Standing(NamedTuple):
    """What the Google Sheets sink has done or has under way.

    Attributes:
        marks: partition to the position before which all rows are done.
        beyond: partition to ranges of positions above the mark that are the Google Sheets sink's.
        requests: whom it was asked to forget.
    """

    marks: Mapping[int, int]
    beyond: Mapping[int, tuple[range, ...]]
    requests: tuple[Request, ...]

    def has(self, partition: int, position: int) -> bool:
        """Tell whether a row above the mark is not ours to record."""
        return any(position in part for part in self.beyond.get(partition, ()))


def take_over(folder: DataFolder) -> Standing:
    """Look where the Google Sheets sink stood, and settle what it had under way.

    Batches that were never sent are void: the embedded sink records their rows. Rows of a batch that may have reached
    Google stay the ledger's, which keeps them from now on, so that their logs can be trimmed; ``majlis rows push`` or
    the Google Sheets sink's next life finds out what became of them.

    Args:
        folder: the data folder, on which no Google Sheets sink runs.

    Returns:
        what is done.

    Raises:
        LedgerError: the ledger cannot be read; or batches are under way, and another process holds it.
    """
    path = folder.path / LEDGER_FILE
    if not path.exists():
        return Standing({}, {}, ())
    if _open_spans(folder, _view(folder).open_spans):
        with ledger_of(folder) as ledger:
            if ledger is not None:
                _settle(folder, ledger)
    seen = _view(folder)
    beyond: dict[int, tuple[range, ...]] = {}
    for partition, start, stop in (*seen.ahead, *_open_spans(folder, seen.open_spans)):
        beyond[partition] = (*beyond.get(partition, ()), range(start, stop))
    marks = {partition: mark for partition, mark in seen.marks if partition < folder.partitions}
    return Standing(marks, beyond, seen.requests)


class _View(NamedTuple):
    marks: tuple[tuple[int, int], ...]
    ahead: tuple[Span, ...]
    open_spans: tuple[Span, ...]
    requests: tuple[Request, ...]


def _view(folder: DataFolder) -> _View:
    """Read the ledger's file beside its owner, if there is one."""
    path = folder.path / LEDGER_FILE
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            db.execute("PRAGMA busy_timeout = 10000")
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "progress" not in tables:
                return _View((), (), (), ())  # it is just being made
            progress = db.execute("SELECT partition, mark, ahead FROM progress").fetchall()
            batches = db.execute("SELECT spans FROM batch WHERE status IN ('planned', 'sent')").fetchall()
            asked = db.execute("SELECT person, shown, asked_ms FROM forgotten") if "forgotten" in tables else ()
            return _View(
                tuple((int(partition), int(mark)) for partition, mark, _ in progress),
                tuple(Span(int(p), a, b) for p, _, ahead in progress for a, b in _unpack_ranges(ahead)),
                tuple(Span(*span) for (spans,) in batches for span in _unpack_spans(spans)),
                tuple(Request(*found) for found in asked),
            )
        finally:
            db.close()
    except sqlite3.Error as error:
        raise LedgerError(f"{path}: cannot be read: {error}") from error


def _open_spans(folder: DataFolder, spans: Iterable[Span]) -> list[Span]:
    return [span for span in spans if span.partition < folder.partitions]


def _settle(folder: DataFolder, ledger: Ledger) -> None:
    source = LogSource(folder)
    try:
        for batch in ledger.open_batches():
            spans = _open_spans(folder, batch.spans)
            if not spans:
                continue
            with ledger.transaction():
                if batch.status == "planned":
                    ledger.mark_void(batch, 0)  # it left no stamp, whose age would matter
                else:
                    for span in spans:
                        ledger.keep(_rows(ledger, source, span))
    finally:
        source.close()


def _rows(ledger: Ledger, source: LogSource, span: Span) -> list[tuple[int, int, bytes]]:
    """Read rows that the ledger does not keep yet."""
    kept = ledger.kept(*span)
    rows: list[tuple[int, int, bytes]] = []
    start = span.start
    while start < span.stop:
        found = source.read(span.partition, start, span.stop - start, 8_000_000)
        if not found:
            break
        rows += [(span.partition, n, bytes(data)) for n, data in found if n < span.stop and n not in kept]
        start = found[-1][0] + 1
    return rows
