"""gspread and Google's own client work against the local server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gspread
import pytest
from google.oauth2 import service_account
from gspread.http_client import HTTPClient

from stress.sheets_server.process import ServerProcess

SCOPES = ["https://www.googleapis.com/auth/spreadsheets"]


def open_gspread(server: ServerProcess, key: Path) -> gspread.Client:
    class Local(HTTPClient):  # type: ignore[misc]
        def request(self, method, endpoint, **given):  # type: ignore[no-untyped-def]
            return super().request(method, endpoint.replace("https://sheets.googleapis.com", server.url), **given)

    credentials = service_account.Credentials.from_service_account_file(str(key), scopes=SCOPES)
    return gspread.Client(auth=credentials, http_client=Local)


def test_gspread_reads_and_writes(server: ServerProcess, book: str, key_file: Path) -> None:
    spreadsheet = open_gspread(server, key_file).open_by_key(book)
    sheet = spreadsheet.add_worksheet("Data", rows=5, cols=4)
    sheet.update([["a", "b"], [1, "=1+1"]], "A1", raw=True)
    sheet.append_row(["x", "'quoted", 3.5], value_input_option="RAW")
    assert sheet.get_all_values() == [["a", "b", ""], ["1", "=1+1", ""], ["x", "'quoted", "3.5"]]
    assert spreadsheet.values_batch_get(["Data!A1:A2"])["valueRanges"][0]["values"] == [["a"], ["1"]]
    sheet.batch_clear(["A1:B1"])
    assert sheet.row_values(1) == []
    sheet.insert_row(["first"], 1)
    assert sheet.row_values(1) == ["first"]
    sheet.delete_rows(1)
    sheet.sort((1, "des"), range="A2:C3")
    assert sheet.col_values(1) == ["", "x", "1"] or sheet.col_values(1) == ["", "1", "x"]
    spreadsheet.del_worksheet(sheet)
    assert [s.title for s in spreadsheet.worksheets()] == ["Sheet1"]


def test_gspread_creates_by_the_api(server: ServerProcess, key_file: Path) -> None:
    client = open_gspread(server, key_file)
    made = client.http_client.request(
        "post", "https://sheets.googleapis.com/v4/spreadsheets", json={"properties": {"title": "New"}}
    ).json()
    assert client.open_by_key(made["spreadsheetId"]).title == "New"


def test_googleapiclient_works(server: ServerProcess, book: str, key_file: Path) -> None:
    from googleapiclient.discovery import build
    from googleapiclient.errors import HttpError

    credentials = service_account.Credentials.from_service_account_file(str(key_file), scopes=SCOPES)
    service = build(
        "sheets",
        "v4",
        credentials=credentials,
        cache_discovery=False,
        static_discovery=True,
        client_options={"api_endpoint": server.url},
    )
    books = service.spreadsheets()
    stamp = {
        "metadataId": 7,
        "metadataKey": "k",
        "metadataValue": "v",
        "location": {"spreadsheet": True},
        "visibility": "DOCUMENT",
    }
    row = {"values": [{"userEnteredValue": {"stringValue": "=1+1"}}, {"userEnteredValue": {"numberValue": 2}}]}
    body = {
        "requests": [
            {"appendCells": {"sheetId": 0, "rows": [row], "fields": "userEnteredValue"}},
            {"createDeveloperMetadata": {"developerMetadata": stamp}},
        ]
    }
    books.batchUpdate(spreadsheetId=book, body=body).execute()
    assert books.developerMetadata().get(spreadsheetId=book, metadataId=7).execute()["metadataValue"] == "v"
    found = books.developerMetadata().search(
        spreadsheetId=book, body={"dataFilters": [{"developerMetadataLookup": {"metadataKey": "k"}}]}
    )
    assert len(found.execute()["matchedDeveloperMetadata"]) == 1
    with pytest.raises(HttpError) as refused:
        books.batchUpdate(spreadsheetId=book, body=body).execute()
    assert refused.value.resp.status == 400
    got = books.values().get(spreadsheetId=book, range="Sheet1!A1:B9", valueRenderOption="UNFORMATTED_VALUE").execute()
    assert got["values"] == [["=1+1", 2]]  # the refused batch added no row
    shown = books.get(spreadsheetId=book, fields="sheets.properties(sheetId,title),spreadsheetId").execute()
    assert shown == {"spreadsheetId": book, "sheets": [{"properties": {"sheetId": 0, "title": "Sheet1"}}]}
    bad = [
        {"requests": [{"appendCells": {"sheetId": 0, "rows": [], "colour": 1}}]},
        {"requests": [{"appendCells": {"sheetId": "zero"}}]},
        {"requests": [{"createDeveloperMetadata": {"developerMetadata": {**stamp, "visibility": "NOBODY"}}}]},
        {"requests": []},
    ]
    for wrong in bad:
        with pytest.raises(HttpError) as refused:
            books.batchUpdate(spreadsheetId=book, body=wrong).execute()
        assert refused.value.resp.status == 400


def test_metadata_and_cell_limits_hold(server: ServerProcess, book: str, key_file: Path) -> None:
    client = open_gspread(server, key_file).http_client

    def stamp(number: int, value: str) -> dict[str, Any]:
        return {
            "createDeveloperMetadata": {
                "developerMetadata": {
                    "metadataId": number,
                    "metadataKey": "k",
                    "metadataValue": value,
                    "location": {"spreadsheet": True},
                    "visibility": "DOCUMENT",
                }
            }
        }

    client.batch_update(book, {"requests": [stamp(1, "x" * 29_998)]})
    with pytest.raises(gspread.exceptions.APIError, match="30000 characters"):
        client.batch_update(book, {"requests": [stamp(2, "x")]})
    cell = {"userEnteredValue": {"stringValue": "x" * 50_001}}
    append = {"appendCells": {"sheetId": 0, "rows": [{"values": [cell]}], "fields": "*"}}
    with pytest.raises(gspread.exceptions.APIError, match="50000 characters"):
        client.batch_update(book, {"requests": [append]})
    grow = {"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 400_000}}
    with pytest.raises(gspread.exceptions.APIError, match="10000000 cells"):
        client.batch_update(book, {"requests": [grow]})


def test_quota_scope_and_access_are_refused(server: ServerProcess, book: str, key_file: Path) -> None:
    client = open_gspread(server, key_file)
    server.control("limits", read_user=0)
    with pytest.raises(gspread.exceptions.APIError, match="Quota exceeded") as refused:
        client.http_client.fetch_sheet_metadata(book)
    assert refused.value.response.status_code == 429
    server.control("limits", read_user=100000)
    readonly = service_account.Credentials.from_service_account_file(
        str(key_file), scopes=["https://www.googleapis.com/auth/spreadsheets.readonly"]
    )
    client.http_client.session.credentials = readonly
    with pytest.raises(gspread.exceptions.APIError, match="scopes"):
        client.http_client.batch_update(book, {"requests": []})
    private = server.control("books", owner="other@example.com")["spreadsheetId"]
    with pytest.raises(PermissionError):
        open_gspread(server, key_file).open_by_key(private)


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    import json

    first = ServerProcess(tmp_path / "state.db")
    key = tmp_path / "key.json"
    key.write_text(json.dumps(first.control("keys", email="a@example.com")))
    book = first.control("books", owner="a@example.com")["spreadsheetId"]
    sheet = open_gspread(first, key).open_by_key(book).sheet1
    for number in range(20):
        sheet.append_row([number])
    first.kill()
    again = ServerProcess(tmp_path / "state.db", first.port)
    try:
        sheet = open_gspread(again, key).open_by_key(book).sheet1
        assert sheet.col_values(1) == [str(n) for n in range(20)]
    finally:
        again.stop()
