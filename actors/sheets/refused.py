"""Rows that no spreadsheet takes: set aside in the ledger as letters of the dead-letter queue.

A letter that is replayed becomes a row of a log of the ledger's own, in the transaction that ends the letter; from
there it is written as every row is. So it is written once, whenever the sink dies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from actors.sheets.batch import Entry, Span
from actors.sheets.errors import SheetsError
from actors.sheets.ledger import KEPT_PARTITION, Ledger
from actors.sheets.ledger_file import letter_of
from messages.row import ROW, Row
from messages.wire import WireError

_FIELDS = "partition,position,reason,data,at_ms,letter,attempts"
_MOST_REASON = 1000


class NoRowError(SheetsError):
    """A letter holds bytes that are no row: it cannot be written again."""


class RefusedRow(NamedTuple):
    """A row that was set aside.

    Attributes:
        partition, position: where it stood.
        reason: what Google said, or why it is no row.
        data: the row as it stands in its log.
        at_ms: when it was set aside, milliseconds since 1970 UTC.
        letter: the letter's id: the row's id.
        attempts: how often it was refused alone.
    """

    partition: int
    position: int
    reason: str
    data: bytes
    at_ms: int
    letter: str
    attempts: int

    def row(self) -> Row | None:
        """Return the row, None where the bytes are none."""
        try:
            return ROW.decode(self.data)
        except WireError:
            return None


class RefusedRows:
    """The letters of a ledger.

    Args:
        ledger: the ledger; letters are changed in its transactions.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def bury(self, entry: Entry, reason: str, now_ms: int) -> None:
        """Set a row aside and count it as done; inside a transaction.

        Args:
            entry: the row.
            reason: why.
            now_ms: milliseconds since 1970 UTC.
        """
        before = self._ledger.fetch(
            "SELECT attempts FROM kept WHERE partition=? AND position=?", (entry.partition, entry.position)
        )
        attempts = 1 + (before[0][0] if before else 0)
        self._ledger.execute(
            f"INSERT OR REPLACE INTO dead({_FIELDS}) VALUES(?,?,?,?,?,?,?)",
            (
                entry.partition,
                entry.position,
                reason[:_MOST_REASON],
                entry.data,
                now_ms,
                letter_of(entry.data),
                attempts,
            ),
        )
        self._ledger.mark_done([Span(entry.partition, entry.position, entry.position + 1)])

    def count(self) -> int:
        """Return how many rows are set aside."""
        return int(self._ledger.fetch("SELECT COUNT(*) FROM dead")[0][0])

    def rows(self, limit: int = 100, *, oldest: bool = False) -> list[RefusedRow]:
        """Return rows that are set aside.

        Args:
            limit: at most so many; all where it is negative.
            oldest: begin with the oldest, not with the newest.
        """
        order = "at_ms" if oldest else "at_ms DESC"
        found = self._ledger.fetch(
            f"SELECT {_FIELDS} FROM dead ORDER BY {order},partition,position LIMIT ?",  # noqa: S608 - constants
            (limit,),
        )
        return [RefusedRow(*record) for record in found]

    def of(self, letter: str) -> list[RefusedRow]:
        """Return the rows of one letter: more than one where a message came again after its key had expired."""
        found = self._ledger.fetch(f"SELECT {_FIELDS} FROM dead WHERE letter=? ORDER BY at_ms", (letter,))  # noqa: S608
        return [RefusedRow(*record) for record in found]

    def replay(self, letter: str) -> bool:
        """Have a letter's rows written again; durable when this returns.

        Args:
            letter: its id.

        Returns:
            whether there was such a letter.

        Raises:
            NoRowError: what was set aside is no row.
            LedgerError: the disk is full or failing; nothing changed.
        """
        with self._ledger.transaction():
            found = self.of(letter)
            for refused in found:
                if refused.row() is None:
                    raise NoRowError(f"{letter} is no row and cannot be written: export it, then purge it")
                position = int(self._ledger.fact("next_kept", "0"))
                self._ledger.set_fact("next_kept", str(position + 1))
                self._ledger.execute(
                    "INSERT INTO kept(partition,position,data,attempts) VALUES(?,?,?,?)",
                    (KEPT_PARTITION, position, refused.data, refused.attempts),
                )
            self._ledger.execute("DELETE FROM dead WHERE letter=?", (letter,))
        return bool(found)

    def purge(self, letter: str) -> bool:
        """Drop a letter for good; durable when this returns.

        Returns:
            whether there was such a letter.

        Raises:
            LedgerError: the disk is full or failing; nothing changed.
        """
        with self._ledger.transaction():
            return self._ledger.execute("DELETE FROM dead WHERE letter=?", (letter,)) > 0


# -- the verbs of ``majlis admin dlq``


def answer_letters(refused: RefusedRows, verb: str, arguments: Mapping[str, str]) -> dict[str, Any]:
    """Answer a verb of the dead-letter queue as shards do.

    Args:
        refused: the letters.
        verb: ``dlq_list``, ``dlq_show``, ``dlq_replay`` or ``dlq_purge``.
        arguments: ``limit``; ``letter``, or ``all``.

    Returns:
        the answer.

    Raises:
        NoRowError: a letter that is named cannot be replayed.
        ValueError: no letter is named.
    """
    if verb == "dlq_list":
        limit = max(1, int(arguments.get("limit", "100")))
        return {"total": refused.count(), "letters": [_listed(row) for row in refused.rows(limit, oldest=True)]}
    if verb == "dlq_show":
        found = refused.of(arguments.get("letter", ""))
        return {"letter": _shown(found[-1]) if found else None}
    act, done = (refused.replay, "replayed") if verb == "dlq_replay" else (refused.purge, "purged")
    if arguments.get("letter"):
        return {done: [arguments["letter"]] if act(arguments["letter"]) else []}
    if arguments.get("all") not in {"1", "true", "yes"}:
        raise ValueError("name a letter, or all")
    return {done: [letter for letter in _letters(refused) if _done(act, letter)]}


def _letters(refused: RefusedRows) -> list[str]:
    return list(dict.fromkeys(row.letter for row in refused.rows(limit=-1, oldest=True)))


def _done(act: Callable[[str], bool], letter: str) -> bool:
    try:
        return act(letter)
    except NoRowError:
        return False  # of all letters, those that can be replayed


def _listed(refused: RefusedRow) -> dict[str, Any]:
    row = refused.row()
    return {
        "letter": refused.letter,
        "conversation": row.conversation if row else "",
        "message": row.message_id if row else "",
        "reason": "refused" if row else "not_a_row",
        "attempts": refused.attempts,
        "set_aside_ms": refused.at_ms,
    }


def _shown(refused: RefusedRow) -> dict[str, Any]:
    row = refused.row()
    facts: dict[str, Any] = {
        "letter_id": refused.letter,
        "reason": "refused" if row else "not_a_row",
        "attempts": refused.attempts,
        "status": "waiting",
        "set_aside_ms": refused.at_ms,
        "partition": refused.partition,
        "position": refused.position,
    }
    if row is None:
        return {**facts, "raw_hex": refused.data[:4096].hex(), "traceback": refused.reason}
    named = {name: getattr(row, name) for name in row.__struct_fields__ if name != "v"}
    return {**facts, "row": msgspec.to_builtins(named), "traceback": refused.reason}
