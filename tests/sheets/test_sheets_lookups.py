"""A worksheet of properties becomes a file, offers of replies, and names that are recognised."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.language.engine import load_engine
from actors.language.gazetteer import Gazetteer
from actors.language.property_names import PropertyNames
from actors.language.rules.extract import RuleExtractor
from actors.session.service_building import ReplyService
from actors.sheets.breaker import Breakers
from actors.sheets.cacher import TableError
from actors.sheets.governor import Governor
from actors.sheets.lookup_files import by_field, lookup_file, read_lookup, write_lookup
from actors.sheets.lookups import SheetLookups
from actors.sheets.settings import LookupSettings, SheetsSettings
from actors.system.boot import RunningSystem
from actors.system.settings import Settings, SinkSettings
from messages.understanding import Understanding, WorkItem
from store.folder import DataFolder
from stress.sheets_server.process import ServerProcess
from supervision.spec import ChildSpec, SupervisorSpec
from tests.session.samples import inbound

HEADINGS = ["Reference", "Building", "Community", "Type", "Beds", "Price", "Notes"]
ZENITH = ["R-1", "Zenith Quartz Residences", "Vantor Creek", "apartment", 2, 1_250_000, "=sea view"]
ORYX = ["R-2", "Oryx Halcyon Tower", "Vantor Creek", "apartment", 2, 1_400_000]
NOW = 1_700_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def put(bench: Any, title: str, *rows: list[Any], make: bool = True) -> None:
    if make:
        bench.do({"addSheet": {"properties": {"title": title}}})
    bench.http.values_clear(bench.settings.spreadsheet, f"'{title}'!A1:Z100")
    bench.http.values_update(
        bench.settings.spreadsheet,
        f"'{title}'!A1",
        {"valueInputOption": "RAW"},
        {"values": [list(row) for row in rows]},
    )


class Desk:
    """Lookups over a data folder, read by hand."""

    def __init__(self, settings: SheetsSettings, folder: Path, **titles: str) -> None:
        self.settings = settings.model_copy(update={"lookups": LookupSettings(**titles)})
        self.folder, self.notes, self.clock = folder, list[str](), Clock()
        self.governor = Governor(self.settings, Breakers(self.settings.breaker, lambda: NOW), self.clock)
        self.lookups = SheetLookups(folder, self.settings, self.governor, self.notes.append, self.clock)

    def rows(self, table: str = "properties") -> list[dict[str, Any]]:
        return [json.loads(line) for line in lookup_file(self.folder, table).read_text("utf-8").splitlines()]


@pytest.fixture
def desk(bench: Any, tmp_path: Path) -> Iterator[Desk]:
    put(bench, "Stock", HEADINGS, ZENITH)
    made = Desk(bench.settings, tmp_path, properties="Stock")
    yield made
    made.lookups.stop(1.0)


def replies_of(folder: Path, notes: list[str]) -> ReplyService:
    replies = {"replies": {"enabled": True}}
    return ReplyService(Settings(folder=folder, whatsapp=replies), notes.append)


def answer(service: ReplyService, text: str, names: PropertyNames) -> str:
    """Let the rules understand a message, and give the reply's text."""
    entities = RuleExtractor(names.gazetteer).extract(text, sent_ms=NOW)
    message = inbound(1, text=text, sent_ms=NOW)
    understood = Understanding(lang="en", intent="inquiry", intent_confidence=0.99, entities=entities)
    _, reply, notes = service.answer(b"", message, understood, NOW, ())
    assert reply is not None, notes
    return reply.text


def test_a_property_that_only_the_sheet_knows_is_recognised_and_offered(desk: Desk, bench: Any) -> None:
    question = "is zenith quartz residences still there?"
    notes: list[str] = []
    service, names = replies_of(desk.folder, notes), PropertyNames(desk.folder)
    assert RuleExtractor(names.gazetteer).extract(question, sent_ms=NOW) == ()

    assert desk.lookups.round() == 60.0
    assert desk.rows() == [
        dict(zip(HEADINGS, map(str, ZENITH), strict=True)),
    ]
    assert names.refresh()
    service.refresh()
    found = RuleExtractor(names.gazetteer).extract(question, sent_ms=NOW)
    assert [(e.type, e.value) for e in found] == [("project", "zenith quartz residences")]
    offered = answer(service, question, names)
    assert "R-1: 2 bedrooms, Zenith Quartz Residences, Vantor Creek, AED 1,250,000" in offered

    put(bench, "Stock", HEADINGS, ORYX, make=False)
    desk.lookups.round()
    service.refresh()
    assert names.refresh()
    assert "R-2" in answer(service, "anything in oryx halcyon tower?", names)
    assert RuleExtractor(names.gazetteer).extract(question, sent_ms=NOW) == ()
    assert notes == []
    assert service.lookups == 2  # one for each reply that was offered properties, none of which made a call
    assert desk.lookups.status()["reads"] == 2


def test_an_engine_goes_on_with_names_that_came_later(tmp_path: Path) -> None:
    names = PropertyNames(tmp_path)
    engine = load_engine("rules", gazetteer=names.gazetteer)
    item = WorkItem(key=1, text="is zenith quartz residences ready?", sent_ms=NOW)

    def projects() -> list[Any]:
        understood = engine.understand([item])[0].understanding
        assert understood is not None
        return [entity.value for entity in understood.entities if entity.type == "project"]

    assert "zenith quartz residences" not in projects()
    write_lookup(lookup_file(tmp_path, "properties"), [{"المشروع": "Zenith Quartz Residences"}])
    assert names.refresh()
    assert "zenith quartz residences" in projects()
    assert not names.refresh()


def test_own_names_never_change_what_is_known() -> None:
    plain = Gazetteer()
    own = [("project", name) for name in ("villa", "Dubai Marina", "12", "--", "X", "Bloom", "a b c d e f g h i")]
    gazetteer = Gazetteer(own=own)
    for key in ("villa", "dubai marina"):
        assert gazetteer.get(key) == plain.get(key)
    assert len(gazetteer) == len(plain) + 1
    extractor = RuleExtractor(gazetteer)
    assert [e.value for e in extractor.extract("is Bloom ready? flowers bloom", sent_ms=NOW)] == ["bloom"]


def test_a_server_that_fails_keeps_the_last_file(desk: Desk, server: ServerProcess, bench: Any) -> None:
    desk.lookups.round()
    before = desk.rows()
    put(bench, "Stock", HEADINGS, ORYX, make=False)
    for _ in range(2):
        server.control("faults", next=[["503", "values:batchGet"]])
        desk.clock.now += 1000
        desk.lookups.round()
    assert desk.rows() == before
    assert len(desk.notes) == 1  # told once
    assert "the last tables stay" in desk.notes[0]
    shown = desk.lookups.status()["tables"]["properties"]
    assert (shown["rows"], shown["age_s"]) == (1, 2000.0)
    assert "the last tables stay" in shown["trouble"]
    # The cache serves the old value meanwhile, without a call of the caller's.
    assert desk.lookups.lookup("properties", "Reference", "r-1") is not None
    desk.lookups.round()
    assert [row["Reference"] for row in desk.rows()] == ["R-2"]
    assert desk.notes[-1] == "lookups are read again"


def test_a_worksheet_that_does_not_exist_costs_the_others_nothing(bench: Any, tmp_path: Path) -> None:
    put(bench, "Team", ["Name", "Phone"], ["Amal", 971501234567], ["Omar", "+971 50 0"])
    desk = Desk(bench.settings, tmp_path, properties="Nowhere", staff="Team")
    desk.lookups.round()
    assert desk.rows("staff")[0] == {"Name": "Amal", "Phone": "971501234567"}
    assert not lookup_file(tmp_path, "properties").exists()
    assert "'Nowhere'" in desk.notes[0]
    assert desk.lookups.lookup("staff", "Name", " AMAL ") == {"Name": "Amal", "Phone": "971501234567"}
    told = desk.lookups.status()
    assert (told["lookups"], told["misses"], told["reads"]) == (1, 0, 3)  # all in one, then each alone
    for table, column, reason in (
        ("properties", "Reference", "not read yet: worksheet 'Nowhere'"),
        ("staff", "Email", "no column 'Email'"),
        ("contacts", "Name", "no worksheet is named"),
    ):
        with pytest.raises(TableError, match=reason):
            desk.lookups.lookup(table, column, "x")


def test_several_tables_cost_one_read_of_the_quota_and_an_unchanged_file_is_left(bench: Any, tmp_path: Path) -> None:
    put(bench, "Stock", HEADINGS, ZENITH)
    put(bench, "Team", ["Name"], ["Amal"])
    desk = Desk(bench.settings, tmp_path, properties="Stock", staff="Team")
    desk.lookups.round()
    before = lookup_file(tmp_path, "properties").stat()
    desk.lookups.round()
    after = lookup_file(tmp_path, "properties").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert after.st_mode & 0o777 == 0o600
    assert desk.governor.calls["reads"] == 2


def test_bad_rows_are_told_in_one_line_and_never_stop_the_others(tmp_path: Path) -> None:
    path = lookup_file(tmp_path, "properties")
    write_lookup(
        path,
        [
            {"Reference": "R-1", "Project": "Zenith Quartz Residences"},
            {"Reference": "R-2", "Price": "a lot"},
            {},
            {"Project": "No Reference House"},
            {"Reference": "R-3", "Project": "bad \ud800 text"},
        ],
    )
    with path.open("ab") as file:
        file.write(b"{broken\n")
    notes: list[str] = []
    service, names = replies_of(tmp_path, notes), PropertyNames(tmp_path)
    assert "R-1" in answer(service, "Zenith Quartz Residences?", names)
    assert len(notes) == 1
    assert "3 rows are not offered: line 7:" in notes[0]
    assert "line 3: price 'a lot' is not understood" in notes[0]
    assert "line 5: no reference" in notes[0]
    service.refresh()
    assert len(notes) == 1  # told once
    path.write_text('{"Project": "headings were renamed"}\n')
    service.refresh()
    assert "the properties stay as they were: there is no column 'reference'" in notes[1]
    assert "R-1" in answer(service, "Zenith Quartz Residences?", names)
    path.unlink()
    service.refresh()
    assert "R-1" not in answer(service, "Zenith Quartz Residences?", names)


def test_a_csv_of_the_settings_comes_first(tmp_path: Path) -> None:
    table = tmp_path / "own.csv"
    table.write_text("reference,project\nC-9,Dubai Marina Heights\n")
    write_lookup(lookup_file(tmp_path, "properties"), [{"Reference": "R-1", "Project": "Dubai Marina Heights"}])
    given: dict[str, Any] = {"replies": {"enabled": True, "inventory": table}}
    service = ReplyService(Settings(folder=tmp_path, whatsapp=given), [].append)  # type: ignore[arg-type]
    service.refresh()
    text = answer(service, "Dubai Marina Heights", PropertyNames(tmp_path))
    assert "C-9" in text
    assert "R-1" not in text


def test_headings_are_known_in_both_languages() -> None:
    row = {" Property_Type ": "villa", "المنطقة": "المعادي", "السعر": "5", "project": "A", "Building": "B", "Plot": "7"}
    assert by_field(row) == {"property_type": "villa", "location": "المعادي", "price": "5", "project": "A", "plot": "7"}


def test_a_file_without_rows_and_blank_rows_keep_line_numbers(bench: Any, tmp_path: Path) -> None:
    put(bench, "Stock", HEADINGS, ZENITH, [], ORYX)
    desk = Desk(bench.settings, tmp_path, properties="Stock")
    desk.lookups.round()
    assert [row.get("Reference") for row in desk.rows()] == ["R-1", None, "R-2"]
    bench.http.values_clear(bench.settings.spreadsheet, "'Stock'!A1:Z100")
    desk.lookups.round()
    assert read_lookup(lookup_file(tmp_path, "properties")).rows == ()


def test_the_sink_keeps_the_tables_and_answers(bench: Any, tmp_path: Path) -> None:
    put(bench, "Stock", HEADINGS, ZENITH)
    folder = DataFolder.create(tmp_path / "data", partitions=1)
    sheets = bench.settings.model_copy(update={"lookups": LookupSettings(properties="Stock", refresh_s=1.0)})
    settings = Settings(folder=folder.path, sheets=sheets, sink=SinkSettings(kind="sheets"))
    child = ChildSpec("sink", "actors.sheets.sheets_sink:SheetsSink", settings.encoded(), shutdown_ms=5_000)
    system = RunningSystem.start(folder, SupervisorSpec("root", children=(child,)))

    def until(probe: Callable[[], bool]) -> None:
        end = time.monotonic() + 30.0
        while not probe():
            assert time.monotonic() < end
            time.sleep(0.05)

    def references() -> list[Any]:
        path = lookup_file(folder.path, "properties")
        return [row["Reference"] for row in read_lookup(path).rows] if path.exists() else []

    try:
        until(lambda: references() == ["R-1"])
        asked = {"table": "properties", "column": "Reference", "key": "R-1"}
        assert system.ask("sink", "lookups", asked, 10.0).result["record"]["Building"] == "Zenith Quartz Residences"
        put(bench, "Stock", HEADINGS, ORYX, make=False)
        until(lambda: references() == ["R-2"])
        told = system.ask("sink", "lookups", {}, 10.0).result
        assert told["tables"]["properties"]["rows"] == 1
        assert (told["lookups"], told["misses"]) == (1, 0)
        assert system.ask("sink", "sheets", {}, 10.0).result["lookups"]["lookups"] == 1
        refused = system.ask("sink", "lookups", {"table": "staff", "key": "x"}, 10.0)
        assert not refused.ok
        assert "no worksheet is named" in refused.error
    finally:
        system.shutdown()


def test_lookups_of_all_processes_are_added_up() -> None:
    from actors.console.lookup_figures import lookup_figures
    from messages.admin import AdminAnswer

    counters = {
        "sessions/shard-0": {"lookups": 40, "messages": 7},
        "sessions/shard-1": {"lookups": 2},
        "language/worker-0": {"messages": 1000},
        "language/worker-1": None,
    }

    class Actors:
        def names(self, prefix: str = "") -> list[str]:
            return [name for name in counters if name.startswith(prefix)]

        def ask(self, target: str, verb: str, arguments: dict[str, Any], timeout_s: float) -> AdminAnswer:
            found = counters[target]
            if found is None:
                return AdminAnswer(id=1, target=target, ok=False, error="starting")
            return AdminAnswer(id=1, target=target, ok=True, result={"counters": found})

    told: dict[str, Any] = {"tables": {"properties": {"rows": 5}}, "lookups": 8, "misses": 3, "reads": 2}
    found, errors = lookup_figures(Actors(), told, 1.0)
    assert found["asked"] == {"sink": 8, "replies": 42, "names": 1000}
    assert found["hit_rate"] == round(1 - 3 / 1050, 6)
    assert found["saved"] == 1048
    assert errors == ["language/worker-1: starting"]
    nothing = {"tables": {}, "lookups": 0, "misses": 0, "reads": 0}
    assert lookup_figures(Actors(), nothing, 1.0)[0]["hit_rate"] is None
