from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actors.console.doctor_sheets import examine_sheets
from actors.sheets.settings import SheetsSettings, spreadsheet_id
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
