"""The sink's ledger: batch boundaries, the series of numbers, and how far each partition is done, durable in SQLite.

Nothing is sent before the ledger knows it. One process at a time may hold it.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from actors.sheets.batch import Batch, Span, count_rows
from actors.sheets.errors import LedgerError
from actors.sheets.ledger_file import open_file, open_to_read

LEDGER_FILE = "sheets.ledger"
"""Its name in the data folder."""

KEPT_PARTITION = 1_000_001
"""The partition's number under which refused rows that are to be written again stand; folders have at most 256."""

_pack = msgspec.msgpack.Encoder().encode
_unpack_spans = msgspec.msgpack.Decoder(tuple[tuple[int, int, int], ...]).decode
_unpack_ranges = msgspec.msgpack.Decoder(list[tuple[int, int]]).decode


class Ledger:
    """The ledger file.

    Args:
        path: where; made where it is missing.
        reading: only look, beside the process that holds it.

    Raises:
        LedgerError: it is damaged, of another version, or held by another process.
    """

    def __init__(self, path: Path, *, reading: bool = False) -> None:
        self.path = path
        self._turn = threading.RLock()  # the actor's thread sets a breaker while the writer's thread works
        self._lock = path.with_suffix(".lock").open("a+b")
        try:
            if not reading:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise LedgerError(
                f"{path}: another sink holds the ledger: a system that runs here with sink.kind = sheets, or a push"
            ) from None
        try:
            self._db = open_to_read(path) if reading else open_file(path)
            self._marks: dict[int, int] = dict(self._db.execute("SELECT partition,mark FROM progress"))
            self._ahead: dict[int, list[tuple[int, int]]] = {
                p: _unpack_ranges(a) for p, a in self._db.execute("SELECT partition,ahead FROM progress")
            }
        except sqlite3.Error as error:
            self._lock.close()
            raise LedgerError(f"{path}: cannot be used: {error}") from error
        except LedgerError:
            self._lock.close()
            raise

    def close(self) -> None:
        """Close the file and let others hold it."""
        self._db.close()
        self._lock.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what the block does durable as a whole, or not at all.

        Raises:
            LedgerError: the disk is full or failing; nothing was written.
        """
        with self._turn:
            yield from self._transact()

    def _transact(self) -> Iterator[None]:
        marks, ahead = dict(self._marks), {p: list(r) for p, r in self._ahead.items()}
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                self._marks, self._ahead = marks, ahead
                raise
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path}: {error}") from error

    # -- batches

    def next_sequence(self) -> int:
        """Return the number that the next batch gets; numbers are never used twice."""
        return int(self.fact("next_sequence", "1"))

    def raise_sequence(self, least: int) -> None:
        """Let the series go on at a number or above it."""
        if least > self.next_sequence():
            self.set_fact("next_sequence", str(least))

    def plan(self, spreadsheet: str, digest: str, spans: Sequence[Span], now_ms: int, rank: str = "") -> Batch:
        """Record a batch before it is sent; inside a transaction.

        Args:
            spreadsheet: where it goes.
            digest: hash of its rows.
            spans: its rows.
            now_ms: milliseconds since 1970 UTC.
            rank: its place among the open batches, as text that sorts; "" puts it behind all others.

        Returns:
            the batch with its number.
        """
        sequence = self.next_sequence()
        self.set_fact("next_sequence", str(sequence + 1))
        rank = rank or f"{sequence:012d}"
        batch = Batch(sequence, spreadsheet, digest, tuple(spans), count_rows(spans), rank=rank)
        self._db.execute(
            "INSERT INTO batch(sequence,spreadsheet,digest,spans,rows,status,planned_ms,rank) "
            "VALUES(?,?,?,?,?,'planned',?,?)",
            (sequence, spreadsheet, digest, _pack(batch.spans), batch.rows, now_ms, rank),
        )
        return batch

    def open_batches(self) -> list[Batch]:
        """Return the batches that are planned or sent, in the order in which their rows go to the sheet."""
        found = self._db.execute(
            "SELECT sequence,spreadsheet,digest,spans,rows,status,doubtful,rank FROM batch "
            "WHERE status IN ('planned','sent') ORDER BY rank"
        )
        return [
            Batch(s, book, digest, tuple(Span(*x) for x in _unpack_spans(spans)), rows, status, bool(doubtful), rank)
            for s, book, digest, spans, rows, status, doubtful, rank in found
        ]

    def mark_sent(self, sequence: int) -> None:
        """Record that an attempt is about to go out."""
        self._db.execute("UPDATE batch SET status='sent' WHERE sequence=?", (sequence,))

    def mark_doubtful(self, sequence: int) -> None:
        """Record that an attempt had no certain end."""
        self._db.execute("UPDATE batch SET doubtful=1 WHERE sequence=?", (sequence,))

    def mark_landed(self, batch: Batch, now_ms: int) -> None:
        """Record that a batch is in the spreadsheet; its rows are done."""
        self._end(batch, "landed", now_ms)
        self.mark_done(batch.spans)

    def mark_void(self, batch: Batch, now_ms: int) -> None:
        """Record that a batch did not land and never will; its rows are not done."""
        self._end(batch, "void", now_ms)

    def _end(self, batch: Batch, status: str, now_ms: int) -> None:
        # A stamp exists for what landed, and where a doubtful batch was sealed.
        stamped = int(status == "landed" or batch.doubtful)
        self._db.execute(
            "UPDATE batch SET status=?,ended_ms=?,spans=x'90',stamped=?,doubtful=? WHERE sequence=?",
            (status, now_ms, stamped, int(batch.doubtful), batch.sequence),
        )

    def prunable(self, spreadsheet: str, keep: int, settled_before_ms: int, limit: int) -> list[int]:
        """Return numbers of stamps that may be deleted.

        Args:
            spreadsheet: where.
            keep: so many of the newest stay.
            settled_before_ms: a batch with an attempt of unknown end has to have ended before this: a late attempt
                may still be on its way, and its stamp is what refuses it.
            limit: at most so many.

        Returns:
            the numbers, oldest first.
        """
        newest = self._db.execute(
            "SELECT sequence FROM batch WHERE stamped=1 AND spreadsheet=? ORDER BY sequence DESC LIMIT 1 OFFSET ?",
            (spreadsheet, keep - 1),
        ).fetchone()
        if newest is None:
            return []
        found = self._db.execute(
            "SELECT sequence FROM batch WHERE stamped=1 AND spreadsheet=? AND sequence<? "
            "AND (doubtful=0 OR ended_ms<?) ORDER BY sequence LIMIT ?",
            (spreadsheet, newest[0], settled_before_ms, limit),
        )
        return [row[0] for row in found]

    def stamps(self, spreadsheet: str) -> int:
        """Return how many stamps a spreadsheet still holds."""
        found = self._db.execute("SELECT COUNT(*) FROM batch WHERE stamped=1 AND spreadsheet=?", (spreadsheet,))
        return int(found.fetchone()[0])

    def pruned(self, sequences: Iterable[int]) -> None:
        """Record that stamps are gone, and forget batches that need not be known any more."""
        self._db.executemany("UPDATE batch SET stamped=0 WHERE sequence=?", [(s,) for s in sequences])
        self._db.execute(
            "DELETE FROM batch WHERE stamped=0 AND status IN ('landed','void') "
            "AND sequence < (SELECT MAX(sequence) FROM batch) - 1000"
        )

    # -- progress

    def mark(self, partition: int) -> int:
        """Return the position before which all rows of a partition are done."""
        return self._marks.get(partition, 0)

    def marks(self) -> dict[int, int]:
        """Return the marks of all partitions."""
        return dict(self._marks)

    def ahead(self, partition: int) -> list[tuple[int, int]]:
        """Return the ranges of positions above the mark that are done already."""
        return list(self._ahead.get(partition, ()))

    def mark_done(self, spans: Iterable[Span]) -> None:
        """Record that rows are done; inside a transaction. The ledger's own copies of them go."""
        spans = list(spans)
        touched: dict[int, list[tuple[int, int]]] = {}
        for span in spans:
            touched.setdefault(span.partition, []).append((span.start, span.stop))
        for partition, ranges in touched.items():
            mark = self.mark(partition)
            merged: list[tuple[int, int]] = []
            for start, stop in sorted([*self._ahead.get(partition, ()), *ranges]):
                if start <= mark:
                    mark = max(mark, stop)
                elif merged and start <= merged[-1][1]:
                    merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
                else:
                    merged.append((start, stop))
            self._set_progress(partition, mark, merged)
        self._db.executemany("DELETE FROM kept WHERE partition=? AND position>=? AND position<?", spans)

    def begin_at(self, partition: int, position: int) -> None:
        """Count all rows before a position as done; inside a transaction."""
        if position > self.mark(partition):
            self._set_progress(partition, position, [(a, b) for a, b in self.ahead(partition) if b > position])

    def _set_progress(self, partition: int, mark: int, ahead: list[tuple[int, int]]) -> None:
        self._marks[partition], self._ahead[partition] = mark, ahead
        self._db.execute("INSERT OR REPLACE INTO progress VALUES(?,?,?)", (partition, mark, _pack(ahead)))

    # -- rows that the ledger keeps itself

    def keep(self, rows: Iterable[tuple[int, int, bytes]]) -> None:
        """Keep rows of open batches, so that their logs may be trimmed; inside a transaction.

        Args:
            rows: partition, position and the row as it stands in its log.
        """
        self._db.executemany("INSERT OR REPLACE INTO kept(partition,position,data) VALUES(?,?,?)", rows)

    def kept(self, partition: int, start: int, stop: int) -> dict[int, bytes]:
        """Return rows that the ledger keeps, by position; they go when they are done."""
        found = self.fetch(
            "SELECT position,data FROM kept WHERE partition=? AND position>=? AND position<?", (partition, start, stop)
        )
        return {int(position): bytes(data) for position, data in found}

    # -- facts, and access for the parts of the ledger that have files of their own

    def execute(self, statement: str, values: Sequence[object] = ()) -> int:
        """Change something; inside a transaction.

        Returns:
            how many records changed.
        """
        return self._db.execute(statement, values).rowcount

    def fetch(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Read what is committed; from any thread.

        Raises:
            LedgerError: the file cannot be read.
        """
        with self._turn:
            try:
                return self._db.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise LedgerError(f"{self.path}: {error}") from error

    def scrub(self) -> None:
        """Take what was overwritten out of the write-ahead log, as far as no reader holds it."""
        with self._turn:
            try:
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                raise LedgerError(f"{self.path}: {error}") from error

    def fact(self, name: str, default: str = "") -> str:
        """Return a kept fact."""
        row = self._db.execute("SELECT value FROM fact WHERE name=?", (name,)).fetchone()
        return default if row is None else str(row[0])

    def set_fact(self, name: str, value: str) -> None:
        """Keep a fact."""
        self._db.execute("INSERT OR REPLACE INTO fact VALUES(?,?)", (name, value))

    def totals(self) -> dict[str, Any]:
        """Return counts for a person."""
        by_status = dict(self._db.execute("SELECT status,COUNT(*) FROM batch GROUP BY status"))
        dead = self.fetch("SELECT COUNT(*) FROM dead")[0][0]
        return {"batches": by_status, "dead": dead, "next_sequence": self.next_sequence()}
