"""All that writes a data folder's rows to Google Sheets, put together: ledger, breakers, governor, client, writer."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from actors.sheets.backlog import RowSource
from actors.sheets.breaker import Breakers
from actors.sheets.client import open_client
from actors.sheets.errors import SheetsError
from actors.sheets.forgetting import Forgetting
from actors.sheets.governor import Governor
from actors.sheets.ledger import Ledger
from actors.sheets.lookup_files import signature
from actors.sheets.refused import RefusedRows
from actors.sheets.replayed import WithReplayed
from actors.sheets.settings import SheetsSettings, spreadsheet_id
from actors.sheets.writer import Pumped, SheetsWriter


class SheetsPipe:
    """An open way into the spreadsheet, used by one thread.

    Args:
        ledger: the ledger's file; or an open ledger, which stays open when the pipe is closed.
        settings: where and how.
        source: the rows.
        owner: identity of the data folder.
        report: told what a person should know, one line each.
        clock_ms: milliseconds since 1970 UTC.
        forgetting: the ledger's requests to forget, where they are open already.

    Raises:
        LedgerError: the ledger cannot be used or is held by another process.
        CredentialsError: the credentials cannot be used.
    """

    def __init__(
        self,
        ledger: Path | Ledger,
        settings: SheetsSettings,
        source: RowSource,
        *,
        owner: str,
        report: Callable[[str], None],
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        forgetting: Forgetting | None = None,
    ) -> None:
        self._settings, self._key = settings, _key(settings)
        self._own = isinstance(ledger, Path)
        self.ledger = Ledger(ledger) if isinstance(ledger, Path) else ledger
        try:
            self.forgetting = forgetting or Forgetting(self.ledger)
            self.refused = RefusedRows(self.ledger)
            self._kept = self.ledger.fact("breakers")
            breakers = Breakers(settings.breaker, clock_ms, self._kept)
            self.governor = Governor(settings, breakers, time.monotonic)
            self.client = open_client(settings, self.governor)
            self.writer = SheetsWriter(
                self.ledger,
                self.client.http_client,
                self.governor,
                settings,
                WithReplayed(source, self.ledger),
                clock_ms=clock_ms,
                owner=f"{owner}:{os.getpid()}:{secrets.token_hex(4)}",
                report=report,
                forgetting=self.forgetting,
            )
        except BaseException:
            if self._own:
                self.ledger.close()
            raise

    def pump(self, *, flush: bool = False) -> Pumped:
        """Do the next thing, and keep the breakers' states; see :meth:`SheetsWriter.pump`."""
        done = self.writer.pump(flush=flush)
        self._keep_breakers()
        return done

    def _keep_breakers(self) -> None:
        now = self.governor.dump_breakers()
        if now != self._kept:
            with self.ledger.transaction():
                self.ledger.set_fact("breakers", now)
            self._kept = now

    def key_replaced(self) -> bool:
        """Tell whether the key file is another one than that the connection was made with."""
        return _key(self._settings) != self._key

    def breakers(self) -> list[dict[str, Any]]:
        """Return the breakers' states."""
        found: list[dict[str, Any]] = msgspec.to_builtins(self.governor.snapshots())
        return found

    def set_breaker(self, name: str, state: str) -> dict[str, Any]:
        """Set a breaker's state by hand; it is durable when this returns.

        Args:
            name: the spreadsheet's id or address; "" for the one that is written to.
            state: ``open``, ``closed`` or ``half_open``.

        Returns:
            its new state.

        Raises:
            SheetsError: another state was named, or a spreadsheet that this sink neither writes to nor has written to.
        """
        wanted = spreadsheet_id(name) if name.strip() else self.writer.current_spreadsheet()
        known = {*self._settings.spreadsheets(), self.writer.current_spreadsheet(), *self.forgetting.spreadsheets()}
        known |= {spreadsheet_id(self._settings.lookups.spreadsheet)}
        known |= {snapshot.name for snapshot in self.governor.snapshots()}
        if not wanted or wanted not in known:
            told = ", ".join(sorted(known - {""})) or "none"
            raise SheetsError(f"no spreadsheet {name!r} is configured or was written to (known: {told})")
        snapshot = self.governor.set_breaker(wanted, state)
        self._keep_breakers()
        shown: dict[str, Any] = msgspec.to_builtins(snapshot)
        return shown

    def drain(self, deadline_s: float, *, stop: Callable[[], bool] = lambda: False) -> bool:
        """Write until nothing waits.

        Args:
            deadline_s: give up after so many seconds.
            stop: asked between calls; True ends it.

        Returns:
            whether nothing waits any more.
        """
        until = time.monotonic() + deadline_s
        while time.monotonic() < until and not stop():
            done = self.pump(flush=True)
            if done.idle:
                return True
            if done.wait_s:
                time.sleep(min(done.wait_s, max(0.0, until - time.monotonic())))
        return False

    def close(self) -> None:
        """Close the connections, and the ledger where it was opened here."""
        self.client.http_client.session.close()
        if self._own:
            self.ledger.close()


def _key(settings: SheetsSettings) -> tuple[int, ...] | None:
    return None if settings.credentials_file is None else signature(settings.credentials_file)
