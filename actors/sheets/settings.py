"""Settings of the Google Sheets sink."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from actors.sheets.breaker_policy import BreakerPolicy

SCOPE = "https://www.googleapis.com/auth/spreadsheets"
"""The least scope that reads and writes spreadsheets."""

DRIVE_SCOPE = "https://www.googleapis.com/auth/drive.file"
"""The least scope that shares what the account itself has made; asked for only where that is set."""


class LookupSettings(BaseModel):
    """Worksheets that the Sheets sink reads for replies and gazetteers: one table each, headings in the first row.

    Each becomes a file of the data folder (``lookups/properties.jsonl`` and so on) that is replaced when it changes.
    Used with ``sink.kind = "sheets"`` only. Several tables cost one read a refresh, out of the reads' quota.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    spreadsheet: str = Field("", description="id or address of their spreadsheet; empty means the one of the rows")
    properties: str = Field("", max_length=90, description="worksheet of properties on offer; empty for none")
    contacts: str = Field("", max_length=90, description="worksheet of contacts; empty for none")
    staff: str = Field("", max_length=90, description="worksheet of staff; empty for none")
    refresh_s: float = Field(60.0, ge=1, description="they are read anew after so many seconds")

    @field_validator("spreadsheet")
    @classmethod
    def _has_an_id(cls, text: str) -> str:
        return _checked(text)

    def titles(self) -> dict[str, str]:
        """Return the worksheets' titles by table, of those that are named."""
        named = {"properties": self.properties, "contacts": self.contacts, "staff": self.staff}
        return {table: title for table, title in named.items() if title}


class SheetsSettings(BaseModel):
    """How the sink reaches a spreadsheet and how it writes.

    Limits and advice of Google that defaults follow: 60 reads and 60 writes a minute a user, 300 a minute a project,
    10 million cells a spreadsheet, 50,000 characters a cell, about 2 MB a request advised, 180 s a request at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    spreadsheet: str = Field("", description="id or address of the spreadsheet")
    spare_spreadsheets: tuple[str, ...] = Field((), description="ids that are taken in this order when one is full")
    create_spreadsheets: bool = Field(
        default=False, description="make a new spreadsheet when all are full; the account has to own Drive space"
    )
    share_with: tuple[str, ...] = Field(
        (), description="e-mails that may edit a spreadsheet that was made; a service account's is seen by nobody else"
    )
    worksheet: str = Field("Majlis", min_length=1, max_length=90, description="title of the worksheet")
    credentials_file: Path | None = Field(
        None, description="service-account key; without one, application default credentials are used"
    )
    api_url: str = Field("", description="address of the API, for the local server; empty means Google's")
    connect_timeout_s: float = Field(10.0, gt=0, description="longest wait for a connection")
    timeout_s: float = Field(60.0, gt=0, description="longest wait for an answer; its outcome is then unknown")
    read_attempts: int = Field(4, ge=1, description="tries of a read; writes are never repeated blindly")

    writes_per_minute: int = Field(60, ge=1, description="quota of writes a minute")
    reads_per_minute: int = Field(60, ge=1, description="quota of reads a minute")
    quota_share: float = Field(0.4, gt=0, le=1, description="share of the quota in ordinary running")
    drain_share: float = Field(0.9, gt=0, le=1, description="share of the quota while a backlog is worked off")
    backlog_rows: int = Field(5_000, ge=1, description="rows that wait from which on it is a backlog")
    min_interval_s: float = Field(1.0, ge=0, description="least time between two writes to one spreadsheet")

    batch_rows: int = Field(10_000, ge=1, description="most rows in a write")
    batch_bytes: int = Field(2_000_000, ge=10_000, description="size of a write that is aimed at, bytes of rows")
    backlog_batch_bytes: int = Field(12_000_000, ge=10_000, description="the same while a backlog is worked off")
    batch_age_s: float = Field(2.0, ge=0, description="a row waits no longer than this for company")
    urgent_age_s: float = Field(0.2, ge=0, description="an urgent row waits no longer than this for company")
    window_rows: int = Field(20_000, ge=1, description="rows looked ahead in each partition for urgent ones")

    max_cells: int = Field(9_500_000, ge=1_000, description="cells at which the sink rolls over")
    prune_after_s: float = Field(900.0, ge=0, description="age at which a stamp of a batch that was resent may go")
    keep_stamps: int = Field(8, ge=1, description="newest stamps that are always kept")
    retry_blocked_s: float = Field(30.0, gt=0, description="wait before a blocked spreadsheet is looked at again")

    breaker: BreakerPolicy = BreakerPolicy()
    lookups: LookupSettings = LookupSettings()

    @field_validator("spreadsheet")
    @classmethod
    def _has_an_id(cls, text: str) -> str:
        return _checked(text)

    @field_validator("spare_spreadsheets")
    @classmethod
    def _have_ids(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_checked, texts))

    @model_validator(mode="after")
    def _made_ones_are_seen(self) -> Self:
        if self.create_spreadsheets and self.credentials_file is not None and not self.share_with:
            raise ValueError(
                "create_spreadsheets needs share_with: the e-mails of those who are to see spreadsheets that the "
                "service account makes"
            )
        strange = [text for text in self.share_with if "@" not in text.strip("@")]
        if strange:
            raise ValueError(f"share_with: {strange[0]!r} is no e-mail")
        return self

    def scopes(self) -> list[str]:
        """Return what the account has to be allowed."""
        return [SCOPE, DRIVE_SCOPE] if self.create_spreadsheets and self.share_with else [SCOPE]

    def spreadsheets(self) -> tuple[str, ...]:
        """Return the ids of all named spreadsheets, the first one first."""
        named = (self.spreadsheet, *self.spare_spreadsheets)
        return tuple(spreadsheet_id(text) for text in named if text.strip())


def spreadsheet_id(text: str) -> str:
    """Return the id in an address of a spreadsheet, or the text itself.

    Args:
        text: ``https://docs.google.com/spreadsheets/d/ID/edit#gid=0``, with ``u/0/`` before ``d/`` where the browser
            knows several accounts, or ``ID``.

    Returns:
        the id.

    Raises:
        ValueError: it is an address of something else, such as of a published copy.
    """
    text = text.strip()
    found = _ADDRESS.search(text)
    if found is None:
        if "/" in text:
            raise ValueError(f"{text[:120]!r} is no address of a spreadsheet: {_COPY_IT}")
        return text.split("?")[0].split("#")[0].strip()
    if found[1] == "e":
        raise ValueError(
            f"{text[:120]!r} is the address of a published copy, which holds no id and cannot be written to: {_COPY_IT}"
        )
    return found[1]


_ADDRESS = re.compile(r"/spreadsheets/(?:[^?#]*?/)?d/([^/?#\s]+)")
_COPY_IT = "open the spreadsheet itself and copy the address from the browser: .../spreadsheets/d/ID/edit"


def _checked(text: str) -> str:
    spreadsheet_id(text)
    return text
