from __future__ import annotations

import random
import threading
from typing import Any

import pytest

from actors.sheets.cacher import CachePolicy, LookupTables, SheetsAPICacher, TableError
from actors.sheets.errors import OutcomeUnknown


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def made(**policy: Any) -> tuple[SheetsAPICacher[str], Clock, list[Any]]:
    clock = Clock()
    background: list[Any] = []
    return SheetsAPICacher(CachePolicy(**policy), clock, background.append), clock, background


def fail() -> str:
    raise OutcomeUnknown("down")


def test_fresh_stale_and_gone() -> None:
    cache, clock, background = made(ttl_s=10, stale_s=20)
    assert cache.get("k", lambda: "one") == "one"
    clock.now = 9
    assert cache.get("k", fail) == "one"
    clock.now = 15
    assert cache.get("k", lambda: "two") == "one"  # stale is served, and refreshed behind the caller's back
    assert cache.get("k", fail) == "one"
    assert len(background) == 1
    background.pop()()
    assert cache.get("k", fail) == "two"
    clock.now = 100
    with pytest.raises(OutcomeUnknown):
        cache.get("k", fail)


def test_a_failed_refresh_keeps_the_old_value() -> None:
    cache, clock, background = made(ttl_s=10, stale_s=20)
    cache.get("k", lambda: "one")
    clock.now = 15
    cache.get("k", fail)
    background.pop()()
    assert cache.get("k", lambda: "two") == "one"
    assert cache.counters["failed_refreshes"] == 1


def test_a_key_that_does_not_exist_is_remembered() -> None:
    cache, clock, _ = made(negative_ttl_s=5)
    assert cache.get("k", lambda: None) is None
    assert cache.get("k", fail) is None
    clock.now = 6
    assert cache.get("k", lambda: "now") == "now"


def test_tags_bound_and_values_on_their_way() -> None:
    cache, _, _ = made(max_entries=2)
    cache.get("a", lambda: "1", ["t"])
    cache.get("b", lambda: "2")
    cache.get("a", fail)
    cache.get("c", lambda: "3", ["t"])
    assert cache.get("b", lambda: "again") == "again"  # the least recently used one went
    assert cache.invalidate("t") >= 1

    def overtaken() -> str:
        cache.invalidate("t")  # a write of ours while the value is on its way
        return "old"

    assert cache.get("d", overtaken, ["t"]) == "old"
    assert cache.get("d", lambda: "new", ["t"]) == "new"


def test_a_thousand_misses_at_once_make_one_call() -> None:
    cache: SheetsAPICacher[str] = SheetsAPICacher(CachePolicy(), Clock())
    loads, answers = [], []
    entered = threading.Event()

    def load() -> str:
        loads.append(1)
        assert entered.wait(20)
        return "value"

    threads = [threading.Thread(target=lambda: answers.append(cache.get("k", load))) for _ in range(1000)]
    for thread in threads:
        thread.start()
    while cache.counters["misses"] < 1000:
        entered.wait(0.001)
    entered.set()
    for thread in threads:
        thread.join(20)
    assert loads == [1]
    assert answers == ["value"] * 1000


def test_zipf_lookups_over_ten_thousand_keys_hit() -> None:
    cache, clock, background = made(ttl_s=60, stale_s=600, max_entries=7_000)  # it cannot hold them all
    draw = random.Random(3)
    keys = range(1, 10_001)
    cache.put_many(dict.fromkeys(reversed(keys), "v"))
    wanted = draw.choices(keys, weights=[1 / k**1.1 for k in keys], k=100_000)
    for number, key in enumerate(wanted):
        clock.now = number / 1000  # a thousand lookups a second
        cache.get(key, lambda: "v")
        while background:
            background.pop()()
    assert cache.counters["stale_served"] > 0
    assert cache.hit_rate() >= 0.95, cache.hit_rate()


def test_tables_are_warmed_looked_up_and_forgotten_on_write(bench: Any) -> None:
    http, book = bench.http, bench.settings.spreadsheet
    bench.do({"addSheet": {"properties": {"title": "Staff's"}}})
    http.values_update(
        book,
        "'Staff''s'!A1:B3",
        {"valueInputOption": "RAW"},
        {"values": [["Phone", "Name"], ["+971 1", "Amal"], ["2", "Omar"]]},
    )
    cache: SheetsAPICacher[Any] = SheetsAPICacher(CachePolicy(), Clock())
    tables = LookupTables(http, book, cache)
    tables.warm_up({"Staff's": "Phone"})
    assert tables.lookup("Staff's", "Phone", " +971 1 ") == {"Phone": "+971 1", "Name": "Amal"}
    assert tables.lookup("Staff's", "Phone", "3") is None
    assert cache.counters["loads"] == 0
    tables.update("Staff's", "B3", [["=Omar"]])
    assert tables.lookup("Staff's", "Phone", "2") == {"Phone": "2", "Name": "=Omar"}
    assert cache.counters["loads"] == 1
    with pytest.raises(TableError, match="no column 'Email'"):
        tables.lookup("Staff's", "Email", "x")
