from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from actors.console.doctor_sheets import examine_sheets
from actors.sheets.settings import LookupSettings, SheetsSettings, spreadsheet_id
from stress.sheets_server.process import ServerProcess

SINK = "sink@majlis-local.iam.gserviceaccount.com"


def last(settings: SheetsSettings, **changes: Any) -> tuple[str, str, str, str]:
    item = examine_sheets(settings.model_copy(update=changes))[-1]
    return item.what, item.state, item.found, item.remedy


def test_all_is_well(settings: SheetsSettings) -> None:
    found = examine_sheets(settings)
    assert {item.state for item in found} == {"ok"}
    assert [item.what for item in found] == [
        "spreadsheet named",
        "credentials",
        "can be read",
        "can be written",
        "room",
    ]


def test_what_is_missing_is_named_with_its_remedy(
    settings: SheetsSettings, server: ServerProcess, tmp_path: Path, book: str
) -> None:
    assert last(settings, spreadsheet="")[:2] == ("spreadsheet named", "missing")
    assert "there is no spreadsheet 'nope'" in last(settings, spreadsheet="nope")[2]
    server.control("share", id=book, editors=[])
    what, _, _, remedy = last(settings)
    assert (what, SINK in remedy) == ("shared", True)
    server.control("share", id=book, readers=[SINK])
    what, _, _, remedy = last(settings)
    assert (what, "as an editor, not a viewer" in remedy) == ("can be written", True)
    server.control("share", id=book, editors=[SINK])
    server.control("api", enabled=False)
    assert last(settings)[0] == "API enabled"
    server.control("api", enabled=True)
    assert "the network" in last(settings, api_url="http://127.0.0.1:9")[3]


def test_a_protected_worksheet_and_a_full_spreadsheet(settings: SheetsSettings, bench: Any) -> None:
    bench.do({"addSheet": {"properties": {"title": "Majlis", "sheetId": 9}}})
    assert last(settings, max_cells=1000)[0] == "room"
    bench.do({"addProtectedRange": {"protectedRange": {"range": {"sheetId": 9}}}})
    assert any(item.what == "not protected" for item in examine_sheets(settings))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        ("{", "not JSON"),
        ("[]", "not a service-account key"),
        ('{"type": "authorized_user"}', "its type is 'authorized_user'"),
        ('{"type": "service_account", "client_email": "a"}', "lacks token_uri, private_key"),
    ],
)
def test_key_files_that_cannot_be_used(
    settings: SheetsSettings, tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content)
    what, state, found, _ = last(settings, credentials_file=path)
    assert (what, state) == ("credentials", "missing")
    assert message in found


def test_a_damaged_or_revoked_key_is_told_without_showing_it(
    settings: SheetsSettings, server: ServerProcess, tmp_path: Path
) -> None:
    key = server.control("keys", email="gone@example.com")
    path = tmp_path / "key.json"
    path.write_text(json.dumps({**key, "private_key": "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"}))
    assert "its private_key cannot be read" in last(settings, credentials_file=path)[2]
    path.write_text(json.dumps(key))
    server.control("revoke", email="gone@example.com")
    what, _, found, remedy = last(settings, credentials_file=path)
    assert (what, "new key" in remedy) == ("signed in", True)
    assert "BEGIN" not in found


def test_addresses_and_ids() -> None:
    assert spreadsheet_id("https://docs.google.com/spreadsheets/d/abc-1/edit?usp=sharing#gid=0") == "abc-1"
    assert spreadsheet_id(" abc-1 ") == "abc-1"
    for before in ("u/0/", "a/example.com/", "u/1/"):
        assert spreadsheet_id(f"https://docs.google.com/spreadsheets/{before}d/abc-1/edit?gid=0#gid=0") == "abc-1"


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://docs.google.com/spreadsheets/d/e/2PACX-1vQx/pubhtml", "published copy"),
        ("https://docs.google.com/spreadsheets/u/0/d/e/2PACX-1vQx/pub?output=csv", "published copy"),
        ("https://docs.google.com/document/d/abc-1/edit", "no address of a spreadsheet"),
        ("https://docs.google.com/spreadsheets/u/0/", "no address of a spreadsheet"),
    ],
)
def test_addresses_that_hold_no_id_are_refused_with_what_to_copy(address: str, why: str) -> None:
    for given in (
        {"spreadsheet": address},
        {"spare_spreadsheets": [address]},
        {"lookups": {"spreadsheet": address}},
    ):
        with pytest.raises(ValidationError, match=why) as refused:
            SheetsSettings.model_validate(given)
        assert "copy the address from the browser" in str(refused.value)


def findings(settings: SheetsSettings, **changes: Any) -> dict[str, tuple[str, str, str]]:
    """Give the findings by name; of several of one name the last."""
    return {item.what: (item.state, item.found, item.remedy) for item in examine_sheets(settings, **changes)}


def with_lookups(settings: SheetsSettings, **named: str) -> SheetsSettings:
    return settings.model_copy(update={"lookups": LookupSettings(**named)})


def test_worksheets_of_lookup_tables_are_looked_at(settings: SheetsSettings, bench: Any, book: str) -> None:
    wanted = with_lookups(settings, properties="Stock", staff="Team")
    found = findings(wanted)
    assert found["lookups: properties"][:2] == ("missing", f"there is no worksheet 'Stock' in {book}")
    assert "sheets.lookups.properties" in found["lookups: properties"][2]
    bench.do({"addSheet": {"properties": {"title": "stock"}}})
    assert "'stock', as it is written there" in findings(wanted)["lookups: properties"][2]
    for title in ("Stock list", "Team"):
        bench.do({"addSheet": {"properties": {"title": title}}})
    wanted = with_lookups(settings, properties="Stock list", staff="Team")
    assert findings(wanted)["lookups: properties"][:2] == ("missing", "'Stock list' has no headings")

    def write(title: str, *headings: str) -> None:
        params = {"valueInputOption": "RAW"}
        bench.http.values_update(book, f"'{title}'!A1", params=params, body={"values": [list(headings)]})

    write("Stock list", "Unit", "السعر")
    write("Team", "Name", "Phone")
    assert "has no column 'reference'" in findings(wanted)["lookups: properties"][1]
    write("Stock list", "رقم المرجع", "السعر")
    found = findings(wanted)
    assert found["lookups: properties"][:2] == ("ok", "'Stock list', 2 columns")
    assert found["lookups: staff"][0] == "ok"
    elsewhere = with_lookups(settings, properties="Stock list", spreadsheet="nope")
    assert "there is no spreadsheet 'nope'" in findings(elsewhere)["lookups"][1]


def test_a_full_spreadsheet_is_no_fault_where_a_spare_is_named(
    settings: SheetsSettings, bench: Any, server: ServerProcess
) -> None:
    bench.do({"addSheet": {"properties": {"title": "Old", "gridProperties": {"rowCount": 100, "columnCount": 100}}}})
    full = settings.model_copy(update={"max_cells": 30_000})
    assert examine_sheets(full)[-1].state == "missing"
    spare = str(server.control("books", owner="me@example.com", editors=[SINK])["spreadsheetId"])
    named = full.model_copy(update={"spare_spreadsheets": (spare,)})
    rooms = [item for item in examine_sheets(named) if item.what == "room"]
    assert [item.state for item in rooms] == ["ok", "ok"]
    assert "rows go on in the next spreadsheet" in rooms[0].found
    turned = full.model_copy(update={"spreadsheet": spare, "spare_spreadsheets": (settings.spreadsheet,)})
    assert [item.state for item in examine_sheets(turned) if item.what == "room"] == ["ok", "degraded"]
    made = full.model_copy(update={"create_spreadsheets": True})
    assert "a new spreadsheet is made" in findings(made)["room"][1]


def test_a_protected_header_row_is_no_protection_of_the_rows(settings: SheetsSettings, bench: Any) -> None:
    bench.do({"addSheet": {"properties": {"title": "Majlis", "sheetId": 9}}})
    header = {"sheetId": 9, "startRowIndex": 0, "endRowIndex": 1}
    bench.do({"addProtectedRange": {"protectedRange": {"range": header}}})
    assert "not protected" not in findings(settings)
    assert {item.state for item in examine_sheets(settings)} == {"ok"}
    bench.do({"addProtectedRange": {"protectedRange": {"range": {"sheetId": 9, "startRowIndex": 1}}}})
    assert examine_sheets(settings)[-1].what == "not protected"


def test_that_the_embedded_sink_is_still_chosen_is_said(settings: SheetsSettings) -> None:
    first = examine_sheets(settings, "embedded")[0]
    assert (first.what, first.state) == ("sink", "degraded")
    assert 'sink.kind = "sheets"' in first.remedy
    assert "sink" not in findings(settings)
