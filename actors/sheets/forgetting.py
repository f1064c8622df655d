"""Requests to forget a conversation, in the sink's ledger: what was asked, and which spreadsheets still hold it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from actors.sheets.ledger import Ledger
from actors.sheets.redaction import MARK, Forgotten, Request, newer, person_of, redacted, request_of
from messages.row import ROW
from messages.wire import WireError, encode

_SHEET_FACT = "sheet:"
_MOST_TROUBLE = 300


class Forgetting:
    """The requests of a ledger.

    Args:
        ledger: keeps them; used by the sink's thread and by the actor's.

    Attributes:
        forgotten: whom the writer may not write any more.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.forgotten = Forgotten(dict(ledger.fetch("SELECT person,asked_ms FROM forgotten")))

    def ask(self, conversation: str, now_ms: int) -> int:
        """Take a request in; durable when this returns, and nothing of it is written from then on.

        Args:
            conversation: the conversation's key.
            now_ms: milliseconds since 1970 UTC.

        Returns:
            how many rows that were set aside or wait in the ledger were redacted at once.

        Raises:
            LedgerError: the disk is full or failing; nothing was taken in.
        """
        person = person_of(conversation)
        with self._ledger.transaction():
            self._note(request_of(conversation, now_ms), conversation)
            self.forgotten.add(person, now_ms)
            count = self._redact_kept()
            self._count(person, count)
        self._ledger.scrub()
        return count

    def adopt(self, requests: Iterable[Request]) -> None:
        """Take requests in that another sink of the folder was asked, where they are newer than ours.

        Raises:
            LedgerError: the disk is full or failing; nothing was taken in.
        """
        fresh = newer(requests, self.requests())
        if not fresh:
            return
        with self._ledger.transaction():
            for request in fresh:
                self._note(request, "")
                self.forgotten.add(request.person, request.asked_ms)
            self._redact_kept()
        self._ledger.scrub()

    def _note(self, request: Request, conversation: str) -> None:
        self._ledger.execute(
            "INSERT INTO forgotten(person,shown,conversation,asked_ms) VALUES(?,?,?,?) ON CONFLICT(person) DO UPDATE "
            "SET asked_ms=MAX(asked_ms,excluded.asked_ms),conversation=excluded.conversation",
            (request.person, request.shown, conversation, request.asked_ms),
        )
        for name in self.spreadsheets():
            self._ledger.execute(
                "INSERT OR IGNORE INTO forgetting(person,spreadsheet) VALUES(?,?)", (request.person, name)
            )
        self._close_done()

    def _redact_kept(self) -> int:
        count = 0
        for table in ("dead", "kept"):
            for number, data in self._ledger.fetch(f"SELECT rowid,data FROM {table}"):  # noqa: S608 - constants
                try:
                    row = ROW.decode(data)
                except WireError:
                    continue
                if not self.forgotten.covers(row):
                    continue
                self._ledger.execute(
                    f"UPDATE {table} SET data=? WHERE rowid=?",  # noqa: S608 - constants
                    (encode(redacted(row)), number),
                )
                if table == "dead":  # what Google said may quote the cell
                    self._ledger.execute("UPDATE dead SET reason=? WHERE rowid=?", (f"refused; {MARK}", number))
                count += 1
        for number, data in self._ledger.fetch("SELECT rowid,data FROM whole"):
            if self.forgotten.covers(ROW.decode(data)):
                self._ledger.execute("DELETE FROM whole WHERE rowid=?", (number,))
        return count

    def _count(self, person: str, rows: int) -> None:
        self._ledger.execute("UPDATE forgotten SET rows=rows+? WHERE person=?", (rows, person))

    def spreadsheets(self) -> list[str]:
        """Return the ids of all spreadsheets that were written to."""
        found = self._ledger.fetch("SELECT name FROM fact WHERE name LIKE 'sheet:%' ORDER BY name")
        return [str(name).removeprefix(_SHEET_FACT) for (name,) in found]

    def requests(self) -> list[Request]:
        """Return all requests."""
        return [Request(*found) for found in self._ledger.fetch("SELECT person,shown,asked_ms FROM forgotten")]

    def pending(self) -> dict[str, list[Request]]:
        """Return the spreadsheets that may still hold rows of a request, with those requests."""
        waiting: dict[str, list[Request]] = {}
        for name, *request in self._ledger.fetch(
            "SELECT g.spreadsheet,f.person,f.shown,f.asked_ms FROM forgetting g JOIN forgotten f USING(person) "
            "ORDER BY f.asked_ms"
        ):
            waiting.setdefault(name, []).append(Request(*request))
        return waiting

    def emptied(self, counts: Mapping[str, int]) -> None:
        """Record how many rows of each person were emptied in a spreadsheet; inside a transaction."""
        for person, count in counts.items():
            self._count(person, count)

    def finish(self, spreadsheet: str, requests: Iterable[Request]) -> None:
        """Record that a spreadsheet holds nothing more of some requests.

        A request that was repeated meanwhile stays open: messages may have come in between.

        Raises:
            LedgerError: the disk is full or failing; it is done again.
        """
        with self._ledger.transaction():
            for request in requests:
                self._ledger.execute(
                    "DELETE FROM forgetting WHERE spreadsheet=? AND person=? "
                    "AND EXISTS(SELECT 1 FROM forgotten f WHERE f.person=forgetting.person AND f.asked_ms=?)",
                    (spreadsheet, request.person, request.asked_ms),
                )
            self._close_done()
        self._ledger.scrub()

    def _close_done(self) -> None:
        """Forget the keys of requests that are done; what came in before them is known by the hash."""
        self._ledger.execute(
            "UPDATE forgotten SET conversation='' WHERE conversation<>'' "
            "AND person NOT IN (SELECT person FROM forgetting)"
        )

    def troubled(self, spreadsheet: str, trouble: str) -> None:
        """Keep why a spreadsheet cannot be emptied now."""
        with self._ledger.transaction():
            self._ledger.execute(
                "UPDATE forgetting SET trouble=? WHERE spreadsheet=?", (trouble[:_MOST_TROUBLE], spreadsheet)
            )

    def of(self, conversation: str) -> dict[str, Any]:
        """Return how the request for one conversation stands."""
        person = person_of(conversation)
        found = self._ledger.fetch("SELECT rows,asked_ms FROM forgotten WHERE person=?", (person,))
        left = self._ledger.fetch("SELECT spreadsheet,trouble FROM forgetting WHERE person=?", (person,))
        rows, asked_ms = found[0] if found else (0, 0)
        return {
            "redacted": rows,
            "pending": len(left),
            "spreadsheets": [{"spreadsheet": name, "trouble": trouble} for name, trouble in left],
            "asked_ms": asked_ms,
        }

    def status(self) -> list[dict[str, Any]]:
        """Return the requests that are not done everywhere, the oldest first."""
        found = self._ledger.fetch(
            "SELECT f.conversation,f.person,f.asked_ms,f.rows,g.spreadsheet,g.trouble FROM forgetting g "
            "JOIN forgotten f USING(person) ORDER BY f.asked_ms,g.spreadsheet"
        )
        names = ("conversation", "person", "asked_ms", "redacted", "spreadsheet", "trouble")
        return [dict(zip(names, record, strict=True)) for record in found]
