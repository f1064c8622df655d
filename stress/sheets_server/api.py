"""The API's methods: from method, path, query and body to an answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from stress.sheets_server import accounts, metadata, values, views
from stress.sheets_server.batch import apply_batch
from stress.sheets_server.book_store import Book, BookStore
from stress.sheets_server.errors import ApiError, invalid
from stress.sheets_server.quota import Quota
from stress.sheets_server.schema import Schema, get

Query = dict[str, list[str]]

_ROUTES: tuple[tuple[str, re.Pattern[str], str, str | None, bool], ...] = tuple(
    (verb, re.compile("^/v4/spreadsheets" + pattern + "$"), "sheets.spreadsheets" + name, body, write)
    for verb, pattern, name, body, write in (
        ("POST", "", ".create", "Spreadsheet", True),
        ("GET", "/([^/:]+)", ".get", None, False),
        ("POST", "/([^/:]+):batchUpdate", ".batchUpdate", "BatchUpdateSpreadsheetRequest", True),
        ("GET", "/([^/:]+)/values:batchGet", ".values.batchGet", None, False),
        ("POST", "/([^/:]+)/values:batchUpdate", ".values.batchUpdate", "BatchUpdateValuesRequest", True),
        ("POST", "/([^/:]+)/values:batchClear", ".values.batchClear", "BatchClearValuesRequest", True),
        ("POST", "/([^/:]+)/values/([^/]+):append", ".values.append", "ValueRange", True),
        ("POST", "/([^/:]+)/values/([^/]+):clear", ".values.clear", "ClearValuesRequest", True),
        ("GET", "/([^/:]+)/values/([^/]+)", ".values.get", None, False),
        ("PUT", "/([^/:]+)/values/([^/]+)", ".values.update", "ValueRange", True),
        ("GET", r"/([^/:]+)/developerMetadata/(\d+)", ".developerMetadata.get", None, False),
        (
            "POST",
            "/([^/:]+)/developerMetadata:search",
            ".developerMetadata.search",
            "SearchDeveloperMetadataRequest",
            False,
        ),
    )
)


def _route(verb: str, raw_path: str) -> tuple[str, str | None, bool, list[str]]:
    """Return method id, schema of the body, whether it writes, and the path's parameters."""
    for route_verb, pattern, method, schema_name, write in _ROUTES:
        match = pattern.match(raw_path.replace("%3A", ":"))
        if match and verb == route_verb:
            return method, schema_name, write, [unquote(part) for part in match.groups()]
    raise ApiError(404, f"Method not found: {verb} {raw_path}"[:200])


class Api:
    """Answer the API's calls.

    Args:
        store: the spreadsheets.
        schema: what requests are validated against.
        quota: what counts them.
        base_url: where the server is.
    """

    def __init__(self, store: BookStore, schema: Schema, quota: Quota, base_url: str) -> None:
        self.store, self.schema, self.quota, self.base_url = store, schema, quota, base_url
        self.calls: Counter[str] = Counter()
        self.enabled = True

    def answer(self, verb: str, raw_path: str, query: Query, authorization: str, body: bytes) -> Any:
        """Answer one call.

        Args:
            verb: HTTP method.
            raw_path: the path as it came, still percent-encoded.
            query: query parameters.
            authorization: the header.
            body: the body, decompressed.

        Returns:
            the JSON answer.

        Raises:
            ApiError: any refusal.
        """
        method, schema_name, write, parts = _route(verb, raw_path)
        if not self.enabled:
            raise ApiError(
                403,
                "Google Sheets API has not been used in project majlis-local before or it is disabled. Enable it by "
                "visiting https://console.developers.google.com/apis/api/sheets.googleapis.com/overview then retry.",
                details=[
                    {
                        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                        "reason": "SERVICE_DISABLED",
                        "domain": "googleapis.com",
                    }
                ],
            )
        user = accounts.caller(self.store, authorization, write=write)
        self.quota.take(user, write=write)
        self.calls[method.removeprefix("sheets.")] += 1
        self.schema.check_parameters(method, query)
        decoded = self.schema.decode(schema_name, body) if schema_name else None
        handler = getattr(self, "_" + method.removeprefix("sheets.spreadsheets.").replace(".", "_"))
        answer = self._run(handler, parts, user, query, decoded, write=write)
        return views.partial(answer, query.get("fields", [""])[0])

    def _run(
        self, handler: Callable[..., Any], parts: list[str], user: str, query: Query, decoded: Any, *, write: bool
    ) -> Any:
        if not parts:
            with self.store.transaction():
                return handler(user, decoded)
        book = self.store.book(parts[0])
        accounts.check_access(book, user, write=write)
        if not write:
            return handler(book, user, query, decoded, *parts[1:])
        with self.store.transaction():
            return handler(book, user, query, decoded, *parts[1:])

    def _create(self, user: str, given: Any) -> Any:
        properties = get(given, "properties")
        title = get(properties, "title", "Untitled spreadsheet") if properties is not None else "Untitled spreadsheet"
        book = self.store.create_book(title, user)
        sheets = get(given, "sheets", [])
        for number, item in enumerate(sheets):
            own = get(item, "properties")
            grid = get(own, "gridProperties") if own is not None else None
            self.store.add_sheet(
                book,
                get(own, "title", f"Sheet{number + 1}") if own is not None else f"Sheet{number + 1}",
                get(own, "sheetId") if own is not None else None,
                get(grid, "rowCount", 1000) if grid is not None else 1000,
                get(grid, "columnCount", 26) if grid is not None else 26,
                "sheets",
            )
        for entry in get(given, "developerMetadata", []):
            metadata.create(self.store, book, entry, "developerMetadata")
        if not sheets:
            self.store.add_sheet(book, "Sheet1", 0, 1000, 26, "sheets")
        return views.spreadsheet(self.store, book, user, self.base_url, [], grids=False)

    def _get(self, book: Book, user: str, query: Query, _decoded: Any) -> Any:
        grids = query.get("includeGridData", ["false"])[0].lower() in {"true", "1"}
        # A field mask that names cell data includes it, as the API's documentation says.
        if "fields" in query and "data" in re.split(r"[^A-Za-z]+", query["fields"][0]):
            grids = True
        return views.spreadsheet(self.store, book, user, self.base_url, query.get("ranges", []), grids=grids)

    def _batchUpdate(self, book: Book, user: str, _query: Query, decoded: Any) -> Any:  # noqa: N802 - the method's own name
        replies = apply_batch(self.store, book, get(decoded, "requests", []), user)
        answer: dict[str, Any] = {"spreadsheetId": book.id, "replies": replies}
        if get(decoded, "includeSpreadsheetInResponse"):
            answer["updatedSpreadsheet"] = views.spreadsheet(
                self.store,
                self.store.book(book.id),
                user,
                self.base_url,
                get(decoded, "responseRanges", []),
                grids=bool(get(decoded, "responseIncludeGridData")),
            )
        return answer

    def _values_get(self, book: Book, _user: str, query: Query, _decoded: Any, text: str) -> Any:
        return values.read(
            self.store,
            book,
            text,
            query.get("valueRenderOption", ["FORMATTED_VALUE"])[0],
            query.get("majorDimension", ["ROWS"])[0],
        )

    def _values_batchGet(self, book: Book, user: str, query: Query, decoded: Any) -> Any:  # noqa: N802 - the method's own name
        ranges = [self._values_get(book, user, query, decoded, text) for text in query.get("ranges", [])]
        return {"spreadsheetId": book.id, "valueRanges": ranges}

    def _values_update(self, book: Book, user: str, query: Query, decoded: Any, text: str) -> Any:
        return values.update(self.store, book, user, text, decoded, query.get("valueInputOption", [None])[0])

    def _values_append(self, book: Book, user: str, query: Query, decoded: Any, text: str) -> Any:
        return values.append(self.store, book, user, text, decoded, query.get("valueInputOption", [None])[0])

    def _values_clear(self, book: Book, user: str, _query: Query, _decoded: Any, text: str) -> Any:
        return values.clear(self.store, book, user, text)

    def _values_batchUpdate(self, book: Book, user: str, _query: Query, decoded: Any) -> Any:  # noqa: N802 - the method's own name
        option = get(decoded, "valueInputOption")
        answers = []
        for item in get(decoded, "data", []):
            text = get(item, "range")
            if text is None:
                raise invalid("Invalid data: range is required.")
            answers.append(values.update(self.store, book, user, text, item, option))
        return {
            "spreadsheetId": book.id,
            "totalUpdatedRows": sum(a["updatedRows"] for a in answers),
            "totalUpdatedCells": sum(a["updatedCells"] for a in answers),
            "responses": answers,
        }

    def _values_batchClear(self, book: Book, user: str, _query: Query, decoded: Any) -> Any:  # noqa: N802 - the method's own name
        cleared = [values.clear(self.store, book, user, text)["clearedRange"] for text in get(decoded, "ranges", [])]
        return {"spreadsheetId": book.id, "clearedRanges": cleared}

    def _developerMetadata_get(self, book: Book, _user: str, _query: Query, _decoded: Any, meta_id: str) -> Any:  # noqa: N802 - the method's own name
        return metadata.get_entry(self.store, book, int(meta_id))

    def _developerMetadata_search(self, book: Book, _user: str, _query: Query, decoded: Any) -> Any:  # noqa: N802 - the method's own name
        found: dict[int, Any] = {}
        for data_filter in get(decoded, "dataFilters", []):
            for entry in metadata.matching(self.store, book, data_filter, "dataFilters"):
                found[entry["metadataId"]] = entry
        return {"matchedDeveloperMetadata": [{"developerMetadata": e} for e in found.values()]} if found else {}
