"""A spreadsheet as the sink sees it: its owner, the worksheet and columns written to, and what is wrong with it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from actors.sheets.columns import COLUMNS
from actors.sheets.errors import CallFailed, Missing, OutcomeUnknown, Refused, SheetsError
from actors.sheets.layout import LAYOUT_FIELDS, Layout, header_cells, layout_of, mark_request
from actors.sheets.settings import SheetsSettings

STAMP_KEY = "majlis.batch"
OWNER_KEY = "majlis.owner"
OWNER_BASE = 1_900_000_000
"""Owner stamps have the id OWNER_BASE + epoch, far above any batch's number."""

KEPT_OWNERS = 16
"""Older owner stamps are deleted: a sink that many incarnations behind has long lost its process."""

_HEADER_FIELDS = f"sheets(properties(sheetId,title,gridProperties),data({LAYOUT_FIELDS}))"
_SHEET_FIELDS = (
    "properties.title,sheets(properties(sheetId,title,gridProperties),"
    "protectedRanges(range,requestingUserCanEdit,warningOnly))"
)


class TargetBlockedError(SheetsError):
    """The spreadsheet cannot be written to until a person acts; the text says what to do."""


class FencedError(SheetsError):
    """Another sink has taken the spreadsheet over."""


class FullError(SheetsError):
    """The spreadsheet has no room for more cells."""


@dataclass
class Worksheet:
    """The worksheet that is written to.

    Attributes:
        sheet_id, title: which.
        rows, columns: its grid.
        layout: its columns.
        other_cells: cells of the spreadsheet's other worksheets.
    """

    sheet_id: int
    title: str
    rows: int
    columns: int
    layout: Layout
    other_cells: int = 0

    @property
    def cells(self) -> int:
        """Cells of the whole spreadsheet."""
        return self.other_cells + self.rows * self.columns


@dataclass
class Target:
    """One spreadsheet.

    Args:
        http: gspread's HTTP client.
        spreadsheet: its id.
        settings: titles and limits.
        owner: who we are, kept in the owner's stamp.
        report: told what a person should know, once each.
    """

    http: Any
    spreadsheet: str
    settings: SheetsSettings
    owner: str
    report: Callable[[str], None]
    sheet_id: int | None = None
    epoch: int = 0
    sheet: Worksheet | None = None
    highest_stamp: int = 0
    _told: set[str] = field(default_factory=set)

    # -- ownership

    def claim(self, least_epoch: int) -> int:
        """Become the spreadsheet's one writer.

        Args:
            least_epoch: the new epoch is above this.

        Returns:
            the epoch.

        Raises:
            CallFailed: the calls failed; nothing changed, or the claim is repeated by the next try.
        """
        found = self._search(STAMP_KEY, OWNER_KEY)
        self.highest_stamp = max((e["metadataId"] for e in found if e["metadataKey"] == STAMP_KEY), default=0)
        owners = sorted(e["metadataId"] - OWNER_BASE for e in found if e["metadataKey"] == OWNER_KEY)
        epoch: int = max([least_epoch, *owners]) + 1
        requests = [stamp_request(OWNER_BASE + epoch, OWNER_KEY, self.owner)]
        requests += [unstamp_request(OWNER_BASE + old) for old in owners if old <= epoch - KEPT_OWNERS]
        try:
            self.http.batch_update(self.spreadsheet, {"requests": requests})
        except (OutcomeUnknown, Refused):
            if self.stamp(OWNER_BASE + epoch) != (OWNER_KEY, self.owner):
                raise
        self.epoch = epoch
        return epoch

    def _search(self, *keys: str) -> list[dict[str, Any]]:
        filters = [{"developerMetadataLookup": {"metadataKey": key}} for key in keys]
        answer = self.http.request(
            "post",
            f"https://sheets.googleapis.com/v4/spreadsheets/{self.spreadsheet}/developerMetadata:search",
            json={"dataFilters": filters},
        ).json()
        return [m["developerMetadata"] for m in answer.get("matchedDeveloperMetadata", [])]

    def stamp(self, number: int) -> tuple[str, str] | None:
        """Return key and value of the metadata with an id, or None.

        Raises:
            CallFailed: it could not be asked for.
        """
        try:
            answer = self.http.request(
                "get",
                f"https://sheets.googleapis.com/v4/spreadsheets/{self.spreadsheet}/developerMetadata/{number}",
            ).json()
        except Missing:
            return None
        return str(answer.get("metadataKey", "")), str(answer.get("metadataValue", ""))

    def fence_requests(self) -> list[dict[str, Any]]:
        """Return requests that make a batch fail as a whole once a newer owner has stamped the spreadsheet."""
        after = OWNER_BASE + self.epoch + 1
        return [stamp_request(after, OWNER_KEY, "probe"), unstamp_request(after)]

    # -- worksheet and columns

    def inspect(self) -> bool:
        """Look at the spreadsheet, make or mend what is ours in it.

        Returns:
            whether the worksheet or its columns are others than before.

        Raises:
            FencedError: another sink owns it.
            FullError: it has no room.
            TargetBlockedError: a person has to act.
            CallFailed: it could not be looked at.
        """
        if self.epoch:
            newer = self.stamp(OWNER_BASE + self.epoch + 1)
            if newer is not None:
                raise FencedError(
                    f"{self.spreadsheet}: another sink has taken over ({newer[1]}); this one stops writing. Stop the "
                    "other one, then `majlis admin restart sink`; or name another spreadsheet for one of them"
                )
        before = self.sheet
        try:
            shown = self.http.spreadsheets_get(self.spreadsheet, {"fields": _SHEET_FIELDS})
        except Missing:
            raise TargetBlockedError(f"{self.spreadsheet}: no such spreadsheet, or it was deleted") from None
        sheets = shown.get("sheets", [])
        chosen = self._choose(sheets)
        if chosen is None:
            return self._add_sheet(sheets)
        properties = chosen["properties"]
        self._check_protection(chosen)
        self.sheet_id = properties["sheetId"]
        others = sum(_cells(s["properties"]) for s in sheets if s is not chosen)
        self._read(properties["title"], others)
        try:
            self._mend_columns()
        except BaseException:
            self.sheet = None  # a worksheet that lacks columns must not be taken for one that is looked at
            raise
        assert self.sheet is not None
        self._tell_notes()
        return before is None or (before.sheet_id, before.layout.places, before.title) != (
            self.sheet.sheet_id,
            self.sheet.layout.places,
            self.sheet.title,
        )

    def read_again(self) -> bool:
        """Learn where the columns of the known worksheet are now, by one read.

        Returns:
            False where the worksheet has to be inspected: it was renamed or deleted, or lacks columns.

        Raises:
            CallFailed: it could not be looked at.
        """
        assert self.sheet is not None
        before = self.sheet
        try:
            self._read(before.title, before.other_cells)
        except Refused:
            return False
        if self.sheet.sheet_id != before.sheet_id:  # another worksheet has got its title
            self.sheet = before
            return False
        return self.seen(self.sheet.layout)

    def seen(self, layout: Layout) -> bool:
        """Take over the columns that an answer shows.

        Returns:
            False where the worksheet has to be inspected before it is written to again.
        """
        if self.sheet is None or layout.missing or layout.unmarked:
            self.sheet = None
            return False
        self.sheet.layout = layout
        self._tell_notes()
        return True

    def _tell_notes(self) -> None:
        if self.sheet is not None:
            for note in self.sheet.layout.notes:
                self._tell(f"worksheet {self.sheet.title!r}: {note}")

    def _choose(self, sheets: list[dict[str, Any]]) -> dict[str, Any] | None:
        by_id = {s["properties"]["sheetId"]: s for s in sheets}
        if self.sheet_id is not None:
            if self.sheet_id in by_id:
                return by_id[self.sheet_id]
            self._tell(f"the worksheet of {self.spreadsheet} was deleted; a new one is made for the rows to come")
        return next((s for s in sheets if s["properties"]["title"] == self.settings.worksheet), None)

    def _check_protection(self, chosen: dict[str, Any]) -> None:
        title = chosen["properties"]["title"]
        for guard in chosen.get("protectedRanges", []):
            open_ended = "endRowIndex" not in guard.get("range", {})
            if open_ended and not guard.get("requestingUserCanEdit", False) and not guard.get("warningOnly", False):
                raise TargetBlockedError(
                    f"worksheet {title!r} is protected: give the sink's account the right to edit it, or remove the "
                    "protection; rows wait until then"
                )

    def _add_sheet(self, sheets: list[dict[str, Any]]) -> bool:
        used = sum(_cells(s["properties"]) for s in sheets)
        if used + 2 * len(COLUMNS) > self.settings.max_cells:
            raise FullError(f"{self.spreadsheet} holds {used} cells")
        sheet_id = secrets.randbelow(2**31 - 2) + 1
        keys = [c.key for c in COLUMNS]
        grid = {"rowCount": 2, "columnCount": len(keys), "frozenRowCount": 1}
        start = {"sheetId": sheet_id, "rowIndex": 0, "columnIndex": 0}
        requests: list[dict[str, Any]] = [
            {
                "addSheet": {
                    "properties": {"sheetId": sheet_id, "title": self.settings.worksheet, "gridProperties": grid}
                }
            },
            {
                "updateCells": {
                    "start": start,
                    "rows": [{"values": header_cells(keys)}],
                    "fields": "userEnteredValue",
                }
            },
            *(mark_request(sheet_id, n, key) for n, key in enumerate(keys)),
        ]
        # A lost answer is settled by the next look: the worksheet is then found by its title.
        self.http.batch_update(self.spreadsheet, {"requests": requests})
        self.sheet_id = sheet_id
        self.sheet = Worksheet(
            sheet_id,
            self.settings.worksheet,
            2,
            len(keys),
            Layout(tuple(keys), tuple(c.header for c in COLUMNS)),
            used,
        )
        return True

    def _read(self, title: str, other_cells: int) -> None:
        answer = self.http.spreadsheets_get(
            self.spreadsheet, {"ranges": [f"{quoted(title)}!1:1"], "fields": _HEADER_FIELDS}
        )
        item = answer["sheets"][0]
        grid = item["properties"]["gridProperties"]
        self.sheet = Worksheet(
            item["properties"]["sheetId"],
            title,
            grid["rowCount"],
            grid["columnCount"],
            layout_of(item),
            other_cells,
        )

    def _mend_columns(self) -> None:
        sheet = self.sheet
        assert sheet is not None
        layout = sheet.layout
        if not layout.missing and not layout.unmarked:
            return
        used = max((n + 1 for n, text in enumerate(layout.headers) if text or layout.places[n]), default=0)
        if used and layout.missing:
            names = ", ".join(repr(c.header) for c in COLUMNS if c.key in layout.missing)
            self._tell(f"worksheet {sheet.title!r} lacks the columns {names}; they are added on the right")
        requests: list[dict[str, Any]] = []
        width = used + len(layout.missing)
        if width > sheet.columns:
            more = width - sheet.columns
            if sheet.cells + more * sheet.rows > self.settings.max_cells:
                raise FullError(f"{self.spreadsheet} has no room for {more} more columns")
            requests.append({"appendDimension": {"sheetId": sheet.sheet_id, "dimension": "COLUMNS", "length": more}})
        if layout.missing:
            start = {"sheetId": sheet.sheet_id, "rowIndex": 0, "columnIndex": used}
            cells = [{"values": header_cells(layout.missing)}]
            requests.append({"updateCells": {"start": start, "rows": cells, "fields": "userEnteredValue"}})
        marks = [*layout.unmarked, *((key, used + n) for n, key in enumerate(layout.missing))]
        requests += [mark_request(sheet.sheet_id, column, key) for key, column in marks]
        self.http.batch_update(self.spreadsheet, {"requests": requests})
        self._read(sheet.title, sheet.other_cells)
        assert self.sheet is not None
        if self.sheet.layout.missing:
            raise TargetBlockedError(f"worksheet {sheet.title!r}: its columns could not be completed")

    def check_room(self, rows: int) -> None:
        """Raise ``FullError`` where so many more rows would pass the limit of cells."""
        assert self.sheet is not None
        if self.sheet.cells + rows * self.sheet.columns > self.settings.max_cells:
            raise FullError(f"{self.spreadsheet} holds {self.sheet.cells} cells of {self.settings.max_cells}")

    def _tell(self, note: str) -> None:
        if note not in self._told:
            self._told.add(note)
            self.report(note)


def _cells(properties: dict[str, Any]) -> int:
    grid = properties.get("gridProperties", {})
    return int(grid.get("rowCount", 0)) * int(grid.get("columnCount", 0))


def quoted(title: str) -> str:
    """Quote a worksheet's title for A1 notation."""
    return "'" + title.replace("'", "''") + "'"


def stamp_request(number: int, key: str, value: str) -> dict[str, Any]:
    """Return the request that creates metadata with an id of our choice."""
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataId": number,
                "metadataKey": key,
                "metadataValue": value,
                "location": {"spreadsheet": True},
                "visibility": "DOCUMENT",
            }
        }
    }


def unstamp_request(number: int) -> dict[str, Any]:
    """Return the request that deletes metadata by id; none there is no error."""
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": number}}}}


__all__ = ["CallFailed", "FencedError", "FullError", "Target", "TargetBlockedError", "Worksheet"]
