"""Keep the lookup tables fresh: read worksheets through the cache and write them as files when they change.

One thread with a client of its own does it, so that a slow read never holds up rows; its calls go through the sink's
governor and breakers like all others.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from actors.sheets.cacher import CachePolicy, LookupTables, SheetsAPICacher, Table, TableError
from actors.sheets.client import Gate, open_client
from actors.sheets.errors import CallFailed, HeldBack, Missing, Refused
from actors.sheets.lookup_files import lookup_file, write_lookup
from actors.sheets.settings import SheetsSettings, spreadsheet_id
from store.errors import StoreError


class SheetLookups:
    """The tables that the settings name, read in rounds.

    Args:
        folder: the data folder.
        settings: the section ``sheets``; ``lookups`` names at least one table.
        gate: the sink's governor.
        report: told in one line what a person should know, once until it changes.
        clock: seconds, monotonic.

    Attributes:
        reads: calls to Google for whole tables, tried or made.

    Raises:
        CredentialsError: the credentials cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        settings: SheetsSettings,
        gate: Gate,
        report: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        chosen = settings.lookups
        self._folder, self._report, self._clock = folder, report, clock
        self._titles = chosen.titles()
        self._every_s = chosen.refresh_s
        # One try a round: the next round is the next try.
        self._client = open_client(settings.model_copy(update={"read_attempts": 1}), gate)
        self._behind: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        # A round comes well within the time to live: a table is stale only while rounds fail, and is served meanwhile.
        policy = CachePolicy(ttl_s=2 * chosen.refresh_s, stale_s=float("inf"))
        self.cacher: SheetsAPICacher[Table] = SheetsAPICacher(policy, clock, self._later)
        book = spreadsheet_id(chosen.spreadsheet) or (settings.spreadsheets() or ("",))[0]
        self._tables = LookupTables(self._client.http_client, book, self.cacher)
        self._read_at: dict[str, float] = {}
        self._rows: dict[str, int] = {}
        self._trouble: dict[str, str] = {}
        self.reads = 0
        self._ending = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    # -- the thread

    def start(self, failed: Callable[[BaseException], None]) -> None:
        """Begin to read.

        Args:
            failed: told when the thread ends by an error that no round expects.
        """
        self._thread = threading.Thread(target=self._work, args=(failed,), name="sheets-lookups", daemon=True)
        self._thread.start()

    def stop(self, wait_s: float) -> None:
        """End the thread; a read under way is not waited for any longer than this."""
        self._ending.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(wait_s)

    def _later(self, work: Callable[[], None]) -> None:
        self._behind.put(work)
        self._wake.set()

    def _work(self, failed: Callable[[BaseException], None]) -> None:
        try:
            while not self._ending.is_set():
                wait_s = self.round()
                until = self._clock() + wait_s
                while not self._ending.is_set() and (left := until - self._clock()) > 0:
                    self._wake.wait(left)
                    self._wake.clear()
                    self._refresh_behind()
        except BaseException as error:  # noqa: BLE001 - handed to the sink, which reports it and leaves
            failed(error)
        finally:
            self._client.http_client.session.close()

    def _refresh_behind(self) -> None:
        """Do what lookups of stale tables asked for; the cache keeps the old value where it fails."""
        while not self._behind.empty():
            self._behind.get()()

    def round(self) -> float:
        """Read all tables once and write what changed.

        Returns:
            seconds until the next round.
        """
        try:
            found = self._fetch(list(self._titles.values()))
        except HeldBack as error:
            # Not a failure: rows and others have used up the share of the quota, or the circuit is open.
            if error.reason == "open":
                self._troubled("", f"not read: {error}")
            return min(self._every_s, max(1.0, error.retry_after_s or 0.0))
        except (Refused, Missing):
            found = self._one_by_one()
        except CallFailed as error:
            self._troubled("", f"not read, the last tables stay: {error}")
            return self._every_s
        self._fine("")
        for table, title in self._titles.items():
            if title in found:
                self._keep(table, found[title])
        return self._every_s

    def _one_by_one(self) -> dict[str, Table]:
        """Read each table alone: a worksheet that does not exist must not cost the others."""
        found: dict[str, Table] = {}
        for table, title in self._titles.items():
            try:
                found.update(self._fetch([title]))
            except HeldBack:
                break  # the next round goes on
            except CallFailed as error:
                self._troubled(table, f"worksheet {title!r} not read, the last table stays: {error}")
        return found

    def _fetch(self, titles: list[str]) -> dict[str, Table]:
        self.reads += 1
        return self._tables.fetch(titles)

    def _keep(self, table: str, read: Table) -> None:
        self._read_at[table] = self._clock()
        self._rows[table] = len(read.records)
        try:
            write_lookup(lookup_file(self._folder, table), read.records)
        except (OSError, StoreError) as error:
            self._troubled(table, f"not kept: {error}")
        else:
            self._fine(table)

    def _troubled(self, table: str, reason: str) -> None:
        if self._trouble.get(table) != reason:
            self._trouble[table] = reason
            self._report(f"lookups{' of ' + table if table else ''} {reason}")

    def _fine(self, table: str) -> None:
        if self._trouble.pop(table, None) is not None:
            self._report(f"lookups{' of ' + table if table else ''} are read again")

    # -- any thread

    def lookup(self, table: str, column: str, key: str) -> dict[str, str] | None:
        """Return one record from the cache; never waits for a call.

        Args:
            table: ``properties``, ``contacts`` or ``staff``.
            column: heading of the key column.
            key: compared without regard to case and outer blanks.

        Returns:
            the record by heading, None where there is none.

        Raises:
            TableError: the table is not named, was not read yet, or lacks the column.
        """
        if table not in self._titles:
            raise TableError(f"no worksheet is named for {table!r}: see sheets.lookups")
        if table not in self._read_at:
            raise TableError(f"{table} were not read yet{': ' + why if (why := self._why(table)) else ''}")
        return self._tables.lookup(self._titles[table], column, key)

    def _why(self, table: str) -> str:
        return self._trouble.get(table) or self._trouble.get("", "")

    def status(self) -> dict[str, Any]:
        """Tell of each table its worksheet, rows, age in seconds and trouble, and what the cache was asked here.

        Returns:
            ``tables``; ``lookups`` answered from the cache and ``misses`` that waited for a call, of this process
            alone; ``reads``: calls to Google that keep the tables fresh; ``counters`` of the cache.
        """
        counters = self.cacher.counters
        now = self._clock()
        tables: Mapping[str, dict[str, Any]] = {
            table: {
                "worksheet": title,
                "rows": self._rows.get(table),
                "age_s": round(now - self._read_at[table], 1) if table in self._read_at else None,
                "trouble": self._why(table),
            }
            for table, title in self._titles.items()
        }
        return {
            "tables": tables,
            "lookups": counters["hits"] + counters["negative_hits"] + counters["misses"],
            "misses": counters["misses"],
            "reads": self.reads + counters["loads"],
            "counters": dict(counters),
        }
