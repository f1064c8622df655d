"""Protected ranges."""

from __future__ import annotations

import json
import secrets
from typing import Any

from stress.sheets_server.book_store import Book, BookStore, Sheet
from stress.sheets_server.errors import invalid
from stress.sheets_server.metadata import as_json
from stress.sheets_server.schema import get


def add_guard(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    """Protect a range; where no editors are named, the caller alone may edit it."""
    given = get(request, "protectedRange")
    span = get(given, "range")
    sheet = store.sheet(book, get(span, "sheetId", 0), where)
    body: dict[str, Any] = as_json(given)
    body.setdefault("protectedRangeId", secrets.randbelow(2**31 - 1))
    editors = body.setdefault("editors", {}).setdefault("users", [])
    if user not in editors:
        editors.append(user)
    store.db.execute(
        "INSERT INTO guard VALUES(?,?,?,?)", (book.n, body["protectedRangeId"], sheet.id, json.dumps(body))
    )
    return {"addProtectedRange": {"protectedRange": body}}


def delete_guard(store: BookStore, book: Book, request: Any, where: str, user: str) -> dict[str, Any]:
    """Remove a protection; only its editors and the owner may."""
    guard_id = get(request, "protectedRangeId", 0)
    row = store.db.execute("SELECT body FROM guard WHERE book=? AND id=?", (book.n, guard_id)).fetchone()
    if row is None:
        raise invalid(f"Invalid {where}: No protected range with id: {guard_id}")
    if user != book.owner and user not in json.loads(row[0])["editors"]["users"]:
        raise invalid(f"Invalid {where}: You do not have permission to remove this protection.")
    store.db.execute("DELETE FROM guard WHERE book=? AND id=?", (book.n, guard_id))
    return {}


def guards_of(store: BookStore, sheet: Sheet, user: str) -> list[dict[str, Any]]:
    """Return a sheet's protections as the API shows them to a user."""
    shown = []
    for (body,) in store.db.execute("SELECT body FROM guard WHERE book=? AND sheet=?", (sheet.book, sheet.id)):
        guard = json.loads(body)
        may = bool(guard.get("warningOnly")) or user in guard["editors"]["users"]
        if not may:
            guard.pop("editors", None)
        shown.append({**guard, "requestingUserCanEdit": may})
    return shown


def check_guards(store: BookStore, sheet: Sheet, user: str, row0: int, row1: int, col0: int, col1: int) -> None:
    """Raise 400 where a write touches a range that the user must not edit."""
    for guard in guards_of(store, sheet, user):
        span = guard.get("range", {})
        apart = (
            row1 <= span.get("startRowIndex", 0)
            or row0 >= span.get("endRowIndex", 2**40)
            or col1 <= span.get("startColumnIndex", 0)
            or col0 >= span.get("endColumnIndex", 2**40)
        )
        if not guard["requestingUserCanEdit"] and not apart:
            raise invalid(
                "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove "
                "protection if you need to edit."
            )
