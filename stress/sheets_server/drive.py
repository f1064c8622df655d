"""The little of the Drive v3 API that sharing a new spreadsheet needs: permissions.create, and files.list by name."""

from __future__ import annotations

import json
import re
import secrets
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from stress.sheets_server import accounts
from stress.sheets_server.book_store import BookStore
from stress.sheets_server.errors import ApiError, invalid
from stress.sheets_server.schema import Schema, discovery_document, get

PREFIX = "/drive/v3/"
SHEET_TYPE = "application/vnd.google-apps.spreadsheet"
_PERMISSIONS = re.compile(r"^/drive/v3/files/([^/]+)/permissions$")
_QUERY = re.compile(r"^name = '((?:[^'\\]|\\.)*)' and mimeType = '([^']+)' and trashed = false$")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_ROLES = {"writer": "editors", "reader": "readers", "commenter": "readers"}


@lru_cache(maxsize=1)
def drive_schema() -> Schema:
    """Return the schema of the installed Drive discovery document."""
    return Schema(discovery_document("drive.v3.json"), "_drive")


class DriveApi:
    """Answer the Drive API's calls.

    Args:
        store: the spreadsheets.
    """

    def __init__(self, store: BookStore) -> None:
        self.store = store
        self.enabled = True

    def answer(
        self, verb: str, raw_path: str, query: dict[str, list[str]], authorization: str, body: bytes
    ) -> dict[str, Any]:
        """Answer one call.

        Args:
            verb: HTTP method.
            raw_path: the path as it came.
            query: query parameters.
            authorization: the header.
            body: the body.

        Returns:
            the JSON answer.

        Raises:
            ApiError: any refusal.
        """
        if not self.enabled:
            raise ApiError(
                403,
                "Google Drive API has not been used in project majlis-local before or it is disabled. Enable it by "
                "visiting https://console.developers.google.com/apis/api/drive.googleapis.com/overview then retry.",
            )
        user = accounts.drive_caller(self.store, authorization)
        match = _PERMISSIONS.match(raw_path)
        if verb == "POST" and match:
            drive_schema().check_parameters("drive.permissions.create", query)
            return self._share(unquote(match[1]), user, drive_schema().decode("Permission", body))
        if verb == "GET" and raw_path == PREFIX + "files":
            drive_schema().check_parameters("drive.files.list", query)
            return self._list(user, query.get("q", [""])[0])
        raise ApiError(404, f"Method not found: {verb} {raw_path}"[:200])

    def _share(self, book_id: str, user: str, given: Any) -> dict[str, Any]:
        book = self.store.book(book_id)
        if user != book.owner:
            raise ApiError(403, "The user does not have sufficient permissions for this file.")
        role, kind, email = get(given, "role"), get(given, "type"), get(given, "emailAddress", "")
        if kind not in {"user", "group"} or role not in _ROLES:
            raise invalid("The permission type and role fields are required.")
        if not _EMAIL.match(email):
            raise invalid("The specified emailAddress is invalid or not applicable for the given permission type.")
        column = _ROLES[role]
        known = set(getattr(book, column)) | {email}
        self.store.db.execute(
            f"UPDATE book SET {column}=? WHERE n=?",  # noqa: S608 - one of two literals
            (json.dumps(sorted(known)), book.n),
        )
        return {"kind": "drive#permission", "id": str(secrets.randbelow(10**20)), "type": kind, "role": role}

    def _list(self, user: str, query: str) -> dict[str, Any]:
        match = _QUERY.match(query)
        if match is None or match[2] != SHEET_TYPE:
            raise invalid("Invalid Value: this local server knows name, mimeType and trashed.")
        name = re.sub(r"\\(.)", r"\1", match[1])
        found = self.store.db.execute(
            "SELECT id,title FROM book WHERE title=? AND owner=? AND NOT trashed ORDER BY n", (name, user)
        )
        return {
            "kind": "drive#fileList",
            "files": [{"kind": "drive#file", "mimeType": SHEET_TYPE, "id": i, "name": title} for i, title in found],
        }
