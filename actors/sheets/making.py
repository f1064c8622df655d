"""Makes the next spreadsheet when all are full: once, seen by the people who are named, whatever is interrupted.

That one is about to be made is durable before it is asked for. After a lost answer or a crash the account's own files
are searched for it, by its title and by metadata that only our request carries, before another one is made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.sheets.client import DRIVE_URL
from actors.sheets.errors import Denied, Missing, Refused
from actors.sheets.ledger import Ledger
from actors.sheets.settings import SheetsSettings
from actors.sheets.target import TargetBlockedError

MADE_KEY = "majlis.made"
SHEET_TYPE = "application/vnd.google-apps.spreadsheet"


class Maker:
    """Makes spreadsheets for one data folder.

    Args:
        ledger: keeps how far it is.
        http: gspread's HTTP client.
        settings: title, and who is to see them.
        owner: identity of the data folder.
        report: told what a person should know.
    """

    def __init__(
        self, ledger: Ledger, http: Any, settings: SheetsSettings, owner: str, report: Callable[[str], None]
    ) -> None:
        self._ledger, self._http, self._settings = ledger, http, settings
        self._owner, self._report = owner, report

    def make(self, reason: str) -> str:
        """Make the next spreadsheet, or take the one that an interrupted try has made, and share it.

        Args:
            reason: why, for a person.

        Returns:
            its id.

        Raises:
            TargetBlockedError: the account may not make or share it; rows wait until a person acts.
            CallFailed: a call failed; it has to be repeated.
        """
        number = int(self._ledger.fact("made", "1")) + 1
        title, token = f"{self._settings.worksheet} {number}", f"{self._owner}:{number}"
        known = self._ledger.fact("made_id")
        try:
            if not known:
                known = self._search(title, token) if self._ledger.fact("making") == token else ""
                known = known or self._create(title, token)
                with self._ledger.transaction():
                    self._ledger.set_fact("made_id", known)
        except (Denied, Refused, Missing) as error:
            raise TargetBlockedError(
                f"{reason}: a new spreadsheet cannot be made: {error}; make one yourself and name it in "
                "sheets.spare_spreadsheets; rows wait until then"
            ) from None
        for email in self._settings.share_with:
            self._share(known, title, email.strip())
        return known

    def finish(self) -> None:
        """Record that the next spreadsheet was taken; inside a transaction of the ledger."""
        self._ledger.set_fact("made", str(int(self._ledger.fact("made", "1")) + 1))
        self._ledger.set_fact("made_id", "")
        self._ledger.set_fact("making", "")

    def _create(self, title: str, token: str) -> str:
        if self._ledger.fact("making") == token and not self._settings.share_with:
            # Without Drive nobody can look.
            self._report(f"an empty spreadsheet {title!r} may be left over from an interrupted try; it can be deleted")
        with self._ledger.transaction():
            self._ledger.set_fact("making", token)
        about = {"properties": {"title": "About", "gridProperties": {"rowCount": 1, "columnCount": 1}}}
        entry = {
            "metadataKey": MADE_KEY,
            "metadataValue": token,
            "location": {"spreadsheet": True},
            "visibility": "DOCUMENT",
        }
        answer = self._http.request(
            "post",
            "https://sheets.googleapis.com/v4/spreadsheets",
            json={"properties": {"title": title}, "sheets": [about], "developerMetadata": [entry]},
        ).json()
        return str(answer["spreadsheetId"])

    def _search(self, title: str, token: str) -> str:
        """Return the id of the spreadsheet that an interrupted try has made, "" where there is none."""
        if not self._settings.share_with:
            return ""
        name = title.replace("\\", "\\\\").replace("'", "\\'")
        answer = self._http.request(
            "get",
            f"{DRIVE_URL}/files",
            params={"q": f"name = '{name}' and mimeType = '{SHEET_TYPE}' and trashed = false"},
        ).json()
        for item in answer.get("files", []):
            found = self._http.request(
                "post",
                f"https://sheets.googleapis.com/v4/spreadsheets/{item['id']}/developerMetadata:search",
                json={"dataFilters": [{"developerMetadataLookup": {"metadataKey": MADE_KEY, "metadataValue": token}}]},
            ).json()
            if found.get("matchedDeveloperMetadata"):
                return str(item["id"])
        return ""

    def _share(self, spreadsheet: str, title: str, email: str) -> None:
        """Let a person edit it; giving the same right again changes nothing."""
        try:
            self._http.request(
                "post",
                f"{DRIVE_URL}/files/{spreadsheet}/permissions",
                params={"sendNotificationEmail": "false", "supportsAllDrives": "true"},
                json={"type": "user", "role": "writer", "emailAddress": email},
            )
        except (Denied, Refused, Missing) as error:
            raise TargetBlockedError(
                f"the new spreadsheet {title!r} ({spreadsheet}) cannot be shared with {email}: {error}; enable the "
                "Google Drive API for the account's project, correct sheets.share_with, or name a spreadsheet in "
                "sheets.spare_spreadsheets; rows wait until then"
            ) from None
