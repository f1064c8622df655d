"""Empties spreadsheets that were written to before, while the embedded sink runs: a thread that works on demand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from actors.sheets.breaker import Breakers
from actors.sheets.client import CredentialsError, load_credentials, open_client
from actors.sheets.errors import LedgerError
from actors.sheets.forgetting import Forgetting
from actors.sheets.governor import Governor
from actors.sheets.ledger import Ledger
from actors.sheets.ledger_verbs import ledger_of
from actors.sheets.settings import SheetsSettings
from actors.sheets.sweep import Sweep
from store.folder import DataFolder

_AGAIN_S = 15.0


class BackgroundSweep:
    """The thread; it holds the ledger only while it has something to do.

    Args:
        folder: the data folder.
        settings: the section ``sheets``.
        report: told what a person should know; called by the thread.
        again_s: seconds until it looks again where something is left.
    """

    def __init__(
        self, folder: DataFolder, settings: SheetsSettings, report: Callable[[str], None], again_s: float = _AGAIN_S
    ) -> None:
        self._folder, self._settings, self._report, self._again_s = folder, settings, report, again_s
        self._told = ""
        self._ending = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def look(self) -> None:
        """Have it look whether a spreadsheet is to be emptied; starts the thread the first time."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="sheets-sweep", daemon=True)
            self._thread.start()
        self._wake.set()

    def stop(self, wait_s: float) -> None:
        """End the thread; a call under way is done again by the next life."""
        self._ending.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(wait_s)

    def _work(self) -> None:
        left = True
        while not self._ending.is_set():
            self._wake.wait(self._again_s if left else None)
            self._wake.clear()
            if not self._ending.is_set():
                left = self._round()

    def _round(self) -> bool:
        """Empty what can be emptied now.

        Returns:
            whether something is left.
        """
        try:
            with ledger_of(self._folder, reading=True) as ledger:
                if ledger is None or not Forgetting(ledger).pending():
                    return False
            load_credentials(self._settings)  # may take seconds, in which nobody has to wait for the ledger
            with ledger_of(self._folder) as ledger:
                return ledger is not None and self._sweep(ledger)
        except (LedgerError, CredentialsError) as error:
            self._tell(f"spreadsheets of before are not emptied yet: {error}")
            return True

    def _sweep(self, ledger: Ledger) -> bool:
        forgetting = Forgetting(ledger)
        breakers = Breakers(self._settings.breaker, _now_ms, ledger.fact("breakers"))
        client = open_client(self._settings, Governor(self._settings, breakers, time.monotonic))
        sweep = Sweep(forgetting, ledger, client.http_client, _now_ms, self._tell)
        busy = {batch.spreadsheet for batch in ledger.open_batches()}
        try:
            while not self._ending.is_set() and sweep.step(busy):
                pass
        finally:
            client.http_client.session.close()
        return bool(forgetting.pending())

    def _tell(self, note: str) -> None:
        if note != self._told:
            self._told = note
            self._report(note)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
