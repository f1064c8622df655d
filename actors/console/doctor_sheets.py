"""What ``majlis doctor sheets`` looks at: from the key file to the right to write, step by step."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from actors.console.doctor_findings import Finding
from actors.sheets.client import DRIVE_URL, CredentialsError, account_email, open_client
from actors.sheets.errors import CallFailed, Denied, Missing, Refused, Unreachable
from actors.sheets.lookup_files import by_field
from actors.sheets.making import SHEET_TYPE
from actors.sheets.settings import SheetsSettings, spreadsheet_id
from actors.sheets.target import quoted, stamp_request, unstamp_request

_ENABLE = "https://console.cloud.google.com/apis/library/sheets.googleapis.com"
_ENABLE_DRIVE = "https://console.cloud.google.com/apis/library/drive.googleapis.com"
_SWITCH = 'set sink.kind = "sheets" to have rows written to the spreadsheet'
_SPARE = "name an empty spreadsheet in sheets.spare_spreadsheets, or delete old rows"
_NO_FILE = f"name = 'majlis doctor' and mimeType = '{SHEET_TYPE}' and trashed = false"
_FIELDS = (
    "properties.title,sheets(properties(title,gridProperties),protectedRanges(range,requestingUserCanEdit,warningOnly))"
)


def examine_sheets(settings: SheetsSettings, sink: str = "sheets") -> list[Finding]:
    """Go through everything that writing to the spreadsheet needs, up to the first thing that is missing.

    Args:
        settings: the section ``sheets``.
        sink: the setting ``sink.kind``.

    Returns:
        the findings in order; the last one has the state ``missing`` where something has to be done. No finding holds
        a secret. The one write that is made creates and deletes a piece of metadata in the same call.
    """
    found: list[Finding] = []
    if sink != "sheets":
        found.append(Finding("sink", "degraded", f"sink.kind is {sink!r}: rows stay on this disk", _SWITCH))
    spreadsheets = settings.spreadsheets()
    if not spreadsheets:
        remedy = "make a spreadsheet, copy its address, and set sheets.spreadsheet to it"
        return [*found, Finding("spreadsheet named", "missing", "none", remedy)]
    found.append(Finding("spreadsheet named", "ok", spreadsheets[0]))
    email = account_email(settings.credentials_file)
    try:
        client = open_client(settings.model_copy(update={"read_attempts": 2}))
    except CredentialsError as error:
        remedy = (
            "in the Google Cloud console make a service account, add a key of type JSON, and set "
            "sheets.credentials_file to the file"
        )
        return [*found, Finding("credentials", "missing", str(error), remedy)]
    found.append(Finding("credentials", "ok", email or "application default credentials"))
    try:
        found += _reach(client.http_client, spreadsheets, settings, email)
        if found[-1].state != "missing" and settings.create_spreadsheets and settings.share_with:
            found.append(_sharing(client.http_client, settings))
        if found[-1].state != "missing":
            found += _lookups(client.http_client, settings, email)
    finally:
        client.http_client.session.close()
    return found


def _reach(http: Any, spreadsheets: Sequence[str], settings: SheetsSettings, email: str) -> list[Finding]:
    """Look at the named spreadsheets in their order, and whether one of them has room."""
    found: list[Finding] = []
    rooms: list[tuple[int, int]] = []
    for number, spreadsheet in enumerate(spreadsheets):
        some, cells = _examine(http, spreadsheet, settings, email)
        found += some
        if found[-1].state == "missing":
            return found
        rooms.append((len(found), cells))
        found.append(_room(cells, settings, last=number == len(spreadsheets) - 1))
    if found[-1].state == "missing" and any(cells < settings.max_cells for _, cells in rooms):
        place, cells = rooms[-1]  # an earlier one has room, and is written to until it is full
        found[place] = Finding("room", "degraded", _used(cells, settings), _SPARE)
    return found


def _room(cells: int, settings: SheetsSettings, *, last: bool) -> Finding:
    """Say whether a spreadsheet has room, or where rows go that it has none for."""
    text = _used(cells, settings)
    if cells < settings.max_cells:
        return Finding("room", "ok", text)
    if not last:
        return Finding("room", "ok", f"{text}: rows go on in the next spreadsheet")
    if settings.create_spreadsheets:
        return Finding("room", "ok", f"{text}: a new spreadsheet is made")
    return Finding("room", "missing", text, _SPARE)


def _used(cells: int, settings: SheetsSettings) -> str:
    return f"{cells:,} of {settings.max_cells:,} cells used"


def _lookups(http: Any, settings: SheetsSettings, email: str) -> list[Finding]:
    """Look whether the worksheets of the lookup tables are there, and have the headings that replies need."""
    titles = settings.lookups.titles()
    if not titles:
        return []
    book = spreadsheet_id(settings.lookups.spreadsheet) or settings.spreadsheets()[0]
    try:
        shown = http.spreadsheets_get(book, {"fields": "sheets(properties(title))"})
        there = [sheet["properties"]["title"] for sheet in shown.get("sheets", [])]
        return [_table(http, book, table, title, there) for table, title in titles.items()]
    except CallFailed as error:
        why = _explain(error, book, email)
        return [Finding("lookups", why.state, f"{why.what}: {why.found}", why.remedy)]


def _table(http: Any, book: str, table: str, title: str, there: Sequence[str]) -> Finding:
    what = f"lookups: {table}"
    if title not in there:
        close = next((each for each in there if each.strip().casefold() == title.strip().casefold()), "")
        remedy = (
            f"set sheets.lookups.{table} to {close!r}, as it is written there"
            if close
            else f"add a worksheet {title!r} to {book}, or name another one in sheets.lookups.{table}"
        )
        return Finding(what, "missing", f"there is no worksheet {title!r} in {book}", remedy)
    rows = http.values_get(book, quoted(title) + "!1:1").get("values", [])
    headings = [str(cell) for cell in rows[0]] if rows else []
    if not any(heading.strip() for heading in headings):
        return Finding(what, "missing", f"{title!r} has no headings", "write the columns' headings in its first row")
    if table == "properties" and "reference" not in by_field(dict.fromkeys(headings, "")):
        remedy = "add a column 'Reference' with a name of its own for each property"
        return Finding(what, "missing", f"{title!r} has no column 'reference': nothing of it is offered", remedy)
    return Finding(what, "ok", f"{title!r}, {len(headings)} columns")


def _sharing(http: Any, settings: SheetsSettings) -> Finding:
    """Look whether a spreadsheet that the sink makes could be shared."""
    whom = ", ".join(settings.share_with)
    try:
        http.request("get", f"{DRIVE_URL}/files", params={"pageSize": "1", "q": _NO_FILE})
    except CallFailed as error:
        remedy = f"enable the Google Drive API for the account's project: {_ENABLE_DRIVE}"
        return Finding("new ones can be shared", "missing", str(error), remedy)
    return Finding("new ones can be shared", "ok", f"with {whom}")


def _examine(http: Any, spreadsheet: str, settings: SheetsSettings, email: str) -> tuple[list[Finding], int]:
    """Look at one spreadsheet: the findings, the last one ``missing`` where it cannot be used, and its cells."""
    try:
        shown = http.spreadsheets_get(spreadsheet, {"fields": _FIELDS})
    except CallFailed as error:
        return [_explain(error, spreadsheet, email)], 0
    found = [Finding("can be read", "ok", f"{shown['properties']['title']!r}")]
    number = secrets.randbelow(10_000_000) + 2_100_000_000
    try:
        http.batch_update(
            spreadsheet, {"requests": [stamp_request(number, "majlis.probe", "probe"), unstamp_request(number)]}
        )
    except (Denied, Refused) as error:
        remedy = f"share the spreadsheet with {email or 'the account'} as an editor, not a viewer"
        return [*found, Finding("can be written", "missing", str(error), remedy)], 0
    except CallFailed as error:
        return [*found, _explain(error, spreadsheet, email)], 0
    found.append(Finding("can be written", "ok", "yes"))
    cells = 0
    for sheet in shown.get("sheets", []):
        grid = sheet["properties"].get("gridProperties", {})
        cells += grid.get("rowCount", 0) * grid.get("columnCount", 0)
        if sheet["properties"]["title"] == settings.worksheet:
            found += _protection(sheet, email)
    return found, cells


def _protection(sheet: dict[str, Any], email: str) -> list[Finding]:
    """Look for a protection that reaches the rows to come, as the sink does; one of the headings alone is no harm."""
    for guard in sheet.get("protectedRanges", []):
        if "endRowIndex" in guard.get("range", {}):
            continue
        if not guard.get("requestingUserCanEdit", False) and not guard.get("warningOnly", False):
            remedy = (
                f"Data > Protect sheets and ranges: allow {email or 'the account'} to edit, or remove the protection"
            )
            return [Finding("not protected", "missing", f"{sheet['properties']['title']!r} is protected", remedy)]
    return []


def _explain(error: CallFailed, spreadsheet: str, email: str) -> Finding:
    """Turn a failed call into what has to be done."""
    if isinstance(error, Missing):
        remedy = "copy the address from the browser again; the id stands between /d/ and /edit"
        return Finding("can be read", "missing", f"there is no spreadsheet {spreadsheet!r}", remedy)
    if isinstance(error, Denied) and error.reason in {"SERVICE_DISABLED", "accessNotConfigured"}:
        remedy = f"enable the Google Sheets API for the account's project: {_ENABLE}"
        return Finding("API enabled", "missing", "the Google Sheets API is off", remedy)
    if isinstance(error, Denied) and error.status == 403:
        remedy = f"open the spreadsheet, press Share, and add {email or 'the account'} as an editor"
        return Finding("shared", "missing", str(error), remedy)
    if isinstance(error, Denied):
        remedy = "make a new key for the service account (this one was deleted or disabled), and check the clock"
        return Finding("signed in", "missing", str(error), remedy)
    if isinstance(error, Unreachable):
        return Finding("reached", "missing", str(error), "check the network and the proxy; sheets.googleapis.com:443")
    return Finding("can be read", "missing", str(error), "try again; Google's service answers with errors now")
