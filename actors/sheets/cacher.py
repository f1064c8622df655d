"""SheetsAPICacher: lookups of tables (properties, contacts, staff) without a call each.

Entries have a time to live, after which they are still served for a while and refreshed in the background
(stale-while-revalidate, RFC 5861); misses of one key at the same time make one call; keys that do not exist are
remembered as such; own writes drop what they touched, by tag; size is bounded by least recent use.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from actors.sheets.errors import CallFailed, SheetsError

V = TypeVar("V")
Loader = Callable[[], "V | None"]
_AS_TYPED = {"valueRenderOption": "UNFORMATTED_VALUE", "dateTimeRenderOption": "FORMATTED_STRING"}
"""Numbers without their display format ("AED 1,200,000"), dates as they are shown. gspread adds to what it is given."""


class CachePolicy(BaseModel):
    """Bounds of the cache."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ttl_s: float = Field(60.0, gt=0, description="an entry is fresh for so long")
    stale_s: float = Field(600.0, ge=0, description="it is served for so much longer while it is refreshed")
    negative_ttl_s: float = Field(30.0, gt=0, description="a key that does not exist is remembered for so long")
    max_entries: int = Field(50_000, ge=1, description="most entries; the least recently used one goes first")


@dataclass
class _Entry(Generic[V]):
    value: V | None
    fresh_until: float
    gone_at: float
    tags: frozenset[str]
    generation: int


@dataclass
class _Flight(Generic[V]):
    future: Future[V | None] = field(default_factory=Future)
    outdated: bool = False


class SheetsAPICacher(Generic[V]):
    """A read cache for any thread.

    Args:
        policy: bounds.
        clock: seconds, monotonic.
        background: runs a refresh without making the caller wait; by default a daemon thread.
    """

    def __init__(
        self,
        policy: CachePolicy,
        clock: Callable[[], float],
        background: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._policy, self._clock = policy, clock
        self._background = background or _in_thread
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry[V]] = OrderedDict()
        self._by_tag: dict[str, set[Hashable]] = {}
        self._flights: dict[Hashable, _Flight[V]] = {}
        self._generation = 0
        self.counters: Counter[str] = Counter()

    def get(self, key: Hashable, load: Loader[V], tags: Iterable[str] = ()) -> V | None:
        """Return the value of a key.

        Args:
            key: what is looked up.
            load: fetches it, None where it does not exist; called at most once for simultaneous misses.
            tags: what the value was made of, for :meth:`invalidate`.

        Returns:
            the value, None where it does not exist.

        Raises:
            CallFailed: it is not in the cache and could not be fetched; an old value is served while one is held.
        """
        own = False
        with self._lock:
            entry = self._entries.get(key)
            now = self._clock()
            if entry is not None and now < entry.gone_at:
                self._entries.move_to_end(key)
                self.counters["hits" if entry.value is not None else "negative_hits"] += 1
                if now < entry.fresh_until or key in self._flights:
                    return entry.value
                self.counters["stale_served"] += 1
                flight: _Flight[V] = _Flight()
                self._flights[key] = flight
                stale = entry
            else:
                self.counters["misses"] += 1
                stale = None
                joined = self._flights.get(key)
                flight = joined or _Flight()
                own = joined is None
                if own:
                    self._flights[key] = flight
                else:
                    self.counters["joined"] += 1
        marks = frozenset(tags)
        if stale is not None:
            self._background(lambda: self._refresh(key, flight, load, marks))
            return stale.value
        if own:
            self._fetch(key, flight, load, marks)
        return flight.future.result()

    def _refresh(self, key: Hashable, flight: _Flight[V], load: Loader[V], tags: frozenset[str]) -> None:
        self._fetch(key, flight, load, tags)
        if flight.future.exception() is not None:
            self.counters["failed_refreshes"] += 1

    def _fetch(self, key: Hashable, flight: _Flight[V], load: Loader[V], tags: frozenset[str]) -> None:
        self.counters["loads"] += 1
        try:
            value = load()
        except BaseException as error:  # noqa: BLE001 - handed to everyone who waits for this flight
            with self._lock:
                self._flights.pop(key, None)
            flight.future.set_exception(error)
            return
        with self._lock:
            self._flights.pop(key, None)
            # A write of ours that came while the value was on its way may have made it old already.
            if not flight.outdated:
                self._put(key, value, tags)
        flight.future.set_result(value)

    def _put(self, key: Hashable, value: V | None, tags: frozenset[str]) -> None:
        self._drop(key)
        now = self._clock()
        policy = self._policy
        fresh = policy.ttl_s if value is not None else policy.negative_ttl_s
        stale = policy.stale_s if value is not None else 0.0
        self._generation += 1
        self._entries[key] = _Entry(value, now + fresh, now + fresh + stale, tags, self._generation)
        for tag in tags:
            self._by_tag.setdefault(tag, set()).add(key)
        while len(self._entries) > policy.max_entries:
            self._drop(next(iter(self._entries)))
            self.counters["evicted"] += 1

    def _drop(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        for tag in entry.tags:
            keys = self._by_tag[tag]
            keys.discard(key)
            if not keys:
                del self._by_tag[tag]

    def put_many(self, values: Mapping[Hashable, V | None], tags: Iterable[str] = ()) -> None:
        """Put values that were fetched together: the warm-up."""
        marks = frozenset(tags)
        with self._lock:
            for key, value in values.items():
                self._put(key, value, marks)
            self.counters["warmed"] += len(values)

    def invalidate(self, *tags: str) -> int:
        """Drop everything that carries one of the tags; values on their way are not kept.

        Returns:
            how many entries were dropped.
        """
        with self._lock:
            keys = {key for tag in tags for key in self._by_tag.get(tag, ())}
            for key in keys:
                self._drop(key)
            for flight in self._flights.values():
                flight.outdated = True
            self.counters["invalidated"] += len(keys)
            return len(keys)

    def __len__(self) -> int:
        return len(self._entries)

    def hit_rate(self) -> float:
        """Return the share of lookups that made no caller wait, 0 to 1; 0 before the first."""
        hits = self.counters["hits"] + self.counters["negative_hits"]
        asked = hits + self.counters["misses"]
        return hits / asked if asked else 0.0


def _in_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True, name="sheets-refresh").start()


class TableError(SheetsError):
    """A lookup table has no such worksheet or column."""


class Table:
    """A worksheet as it was read.

    Args:
        title: the worksheet.
        values: its cells, headings first.
    """

    def __init__(self, title: str, values: Sequence[Sequence[Any]]) -> None:
        self.title = title
        self.headers = tuple(_text(cell).strip() for cell in values[0]) if values else ()
        self.records: tuple[dict[str, str], ...] = tuple(self._record(row) for row in values[1:])
        self._by_key: dict[str, dict[str, dict[str, str]]] = {}

    def _record(self, row: Sequence[Any]) -> dict[str, str]:
        record: dict[str, str] = {}
        for header, cell in zip(self.headers, row, strict=False):
            text = _text(cell)
            if header and text.strip():
                record.setdefault(header, text)  # of two columns of one name the first counts
        return record

    def by_key(self, column: str) -> dict[str, dict[str, str]]:
        """Return the records by the folded key of a column.

        Raises:
            TableError: there is no such column.
        """
        found = self._by_key.get(column)
        if found is None:
            if column not in self.headers:
                raise TableError(f"worksheet {self.title!r} has no column {column!r}")
            found = {}
            for record in self.records:
                key = _folded(record.get(column, ""))
                if key:
                    # The first record of a repeated key counts, as in a spreadsheet's own lookups.
                    found.setdefault(key, record)
            self._by_key[column] = found
        return found


class LookupTables:
    """Tables of a spreadsheet, looked up by a key column.

    Args:
        http: gspread's HTTP client, whose gate is the governor; used by one thread at a time, under a lock.
        spreadsheet: its id.
        cacher: the cache, shared by all tables.
    """

    def __init__(self, http: Any, spreadsheet: str, cacher: SheetsAPICacher[Table]) -> None:
        self._http, self._spreadsheet, self._cacher = http, spreadsheet, cacher
        self._calling = threading.Lock()

    def warm_up(self, tables: Mapping[str, str]) -> None:
        """Fetch whole tables in one ``batchGet``.

        Args:
            tables: worksheet's title to the header of its key column.

        Raises:
            CallFailed: the call failed.
            TableError: a worksheet lacks its key column.
        """
        for title, table in self.fetch(list(tables)).items():
            table.by_key(tables[title])

    def fetch(self, titles: Sequence[str]) -> dict[str, Table]:
        """Fetch whole tables in one ``batchGet`` and put them into the cache.

        Args:
            titles: the worksheets.

        Returns:
            the tables by title.

        Raises:
            CallFailed: the call failed: one worksheet that does not exist makes Google refuse all.
        """
        ranges = [_quoted(title) for title in titles]
        with self._calling:
            answer = self._http.values_batch_get(self._spreadsheet, ranges, dict(_AS_TYPED))
        found = {
            title: Table(title, values.get("values", []))
            for title, values in zip(titles, answer["valueRanges"], strict=True)
        }
        for title, table in found.items():
            self._cacher.put_many({title: table}, (title,))
        return found

    def table(self, title: str) -> Table:
        """Return a table, from the cache where it is there.

        Args:
            title: the worksheet.

        Raises:
            CallFailed: it is not cached and could not be fetched.
        """

        def load() -> Table:
            with self._calling:
                answer = self._http.values_get(self._spreadsheet, _quoted(title), dict(_AS_TYPED))
            return Table(title, answer.get("values", []))

        found = self._cacher.get(title, load, (title,))
        return found if found is not None else Table(title, [])

    def lookup(self, title: str, column: str, key: str) -> dict[str, str] | None:
        """Return the record of a key, or None.

        Args:
            title: the worksheet.
            column: header of the key column.
            key: compared without regard to case and outer blanks.

        Returns:
            the record by header, without its empty cells.

        Raises:
            CallFailed: the table is not cached and could not be fetched.
            TableError: the worksheet lacks the key column.
        """
        return self.table(title).by_key(column).get(_folded(key))

    def update(self, title: str, a1: str, values: Sequence[Sequence[str | float | bool]]) -> None:
        """Write into a table and forget what the cache knows of it.

        Args:
            title: the worksheet.
            a1: the range in it, for example ``B2:C2``.
            values: rows; texts are kept as texts.

        Raises:
            CallFailed: the call failed; the cache is dropped in any case, since it may have been applied.
        """
        try:
            with self._calling:
                self._http.values_update(
                    self._spreadsheet,
                    f"{_quoted(title)}!{a1}",
                    params={"valueInputOption": "RAW"},
                    body={"values": [list(row) for row in values]},
                )
        finally:
            self._cacher.invalidate(title)


def _quoted(title: str) -> str:
    return "'" + title.replace("'", "''") + "'"


def _folded(key: str) -> str:
    return key.strip().casefold()


def _text(cell: Any) -> str:
    """Write a cell as its owner would: a whole number without a decimal point."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


__all__ = ["CachePolicy", "CallFailed", "LookupTables", "SheetsAPICacher", "Table", "TableError"]
