"""What ``majlis doctor sheets`` looks at: from the key file to the right to write, step by step."""

from __future__ import annotations

import secrets
from typing import Any

from actors.console.doctor_findings import Finding
from actors.sheets.client import DRIVE_URL, CredentialsError, account_email, open_client
from actors.sheets.errors import CallFailed, Denied, Missing, Refused, Unreachable
from actors.sheets.making import SHEET_TYPE
from actors.sheets.settings import SheetsSettings
from actors.sheets.target import stamp_request, unstamp_request

_ENABLE = "https://console.cloud.google.com/apis/library/sheets.googleapis.com"
_ENABLE_DRIVE = "https://console.cloud.google.com/apis/library/drive.googleapis.com"
_NO_FILE = f"name = 'majlis doctor' and mimeType = '{SHEET_TYPE}' and trashed = false"
_FIELDS = (
    "properties.title,sheets(properties(title,gridProperties),protectedRanges(range,requestingUserCanEdit,warningOnly))"
)


def examine_sheets(settings: SheetsSettings) -> list[Finding]:
    """Go through everything that writing to the spreadsheet needs, up to the first thing that is missing.

    Args:
        settings: the section ``sheets``.

    Returns:
        the findings in order; the last one has the state ``missing`` where something has to be done. No finding holds
        a secret. The one write that is made creates and deletes a piece of metadata in the same call.
    """
    found: list[Finding] = []
    spreadsheets = settings.spreadsheets()
    if not spreadsheets:
        remedy = "make a spreadsheet, copy its address, and set sheets.spreadsheet to it"
        return [Finding("spreadsheet named", "missing", "none", remedy)]
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
        for spreadsheet in spreadsheets:
            found += _examine(client.http_client, spreadsheet, settings, email)
            if found[-1].state == "missing":
                return found
        if settings.create_spreadsheets and settings.share_with:
            found.append(_sharing(client.http_client, settings))
    finally:
        client.http_client.session.close()
    return found


def _sharing(http: Any, settings: SheetsSettings) -> Finding:
    """Look whether a spreadsheet that the sink makes could be shared."""
    whom = ", ".join(settings.share_with)
    try:
        http.request("get", f"{DRIVE_URL}/files", params={"pageSize": "1", "q": _NO_FILE})
    except CallFailed as error:
        remedy = f"enable the Google Drive API for the account's project: {_ENABLE_DRIVE}"
        return Finding("new ones can be shared", "missing", str(error), remedy)
    return Finding("new ones can be shared", "ok", f"with {whom}")


def _examine(http: Any, spreadsheet: str, settings: SheetsSettings, email: str) -> list[Finding]:
    try:
        shown = http.spreadsheets_get(spreadsheet, {"fields": _FIELDS})
    except CallFailed as error:
        return [_explain(error, spreadsheet, email)]
    found = [Finding("can be read", "ok", f"{shown['properties']['title']!r}")]
    number = secrets.randbelow(10_000_000) + 2_100_000_000
    try:
        http.batch_update(
            spreadsheet, {"requests": [stamp_request(number, "majlis.probe", "probe"), unstamp_request(number)]}
        )
    except (Denied, Refused) as error:
        remedy = f"share the spreadsheet with {email or 'the account'} as an editor, not a viewer"
        return [*found, Finding("can be written", "missing", str(error), remedy)]
    except CallFailed as error:
        return [*found, _explain(error, spreadsheet, email)]
    found.append(Finding("can be written", "ok", "yes"))
    cells = 0
    for sheet in shown.get("sheets", []):
        grid = sheet["properties"].get("gridProperties", {})
        cells += grid.get("rowCount", 0) * grid.get("columnCount", 0)
        if sheet["properties"]["title"] == settings.worksheet:
            found += _protection(sheet, email)
    left = settings.max_cells - cells
    state: Any = "ok" if left > 0 else "missing"
    remedy = "" if left > 0 else "name an empty spreadsheet in sheets.spare_spreadsheets, or delete old rows"
    found.append(Finding("room", state, f"{cells:,} of {settings.max_cells:,} cells used", remedy))
    return found


def _protection(sheet: dict[str, Any], email: str) -> list[Finding]:
    for guard in sheet.get("protectedRanges", []):
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
