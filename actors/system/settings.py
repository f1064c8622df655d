"""The one source of all services' settings: a TOML file, overridden by the environment.

``MAJLIS_SESSIONS__SHARDS=4`` sets ``[sessions] shards``. A wrong key or value names itself and its line.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as SourceError

from actors.language.flow.settings import FlowSettings
from actors.language.settings import LanguageSettings
from actors.media.settings import GallerySettings, MediaSettings
from actors.session.dispatcher import DispatchPolicy
from actors.session.host_policy import HostPolicy
from actors.session.ordering import OrderingPolicy
from actors.session.services import Services
from actors.session.session import SessionPolicy
from actors.session.tier_choice import TierPolicy, Wanted
from actors.sheets.settings import SheetsSettings
from actors.system.errors import SettingsError
from actors.whatsapp.settings import REVEAL, WhatsAppSettings


class Section(BaseModel):
    """Base of the sections: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SystemSettings(Section):
    """Processes and files."""

    partitions: int = Field(
        default_factory=lambda: min(max(2, os.cpu_count() or 2), 16),
        ge=1,
        le=256,
        description="partitions of a new data folder, fixed when it is made; by default one for each core, 2 to 16",
    )
    bind: str = Field("127.0.0.1", description="address that actors listen on")
    utc_offset: str = Field(
        "+04:00", pattern=r"^[+-]\d{2}:\d{2}$", description="clock of sources that do not tell theirs, such as exports"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    ready_timeout_s: float = Field(60.0, gt=0, description="how long the whole system may take to be ready")
    drain_timeout_s: float = Field(30.0, ge=0, description="how long a stop waits for work in hand")


class GatewaySettings(Section):
    """The way in."""

    serve_health: bool = Field(
        default=False, description="serve health and metrics also where no webhook is configured (whatsapp.admin_port)"
    )
    statuses_max_bytes: int = Field(100_000_000, ge=1_000_000, description="bound of the log of delivery reports")
    port: int = Field(0, ge=0, le=65_535, description="loopback port of the local feed; 0 takes a free one")
    inbox_max_bytes: int = Field(100_000_000, ge=1_000_000, description="bound of each partition's inbox log")
    max_body_bytes: int = Field(16_000_000, ge=65_536, description="largest body of a feed's batch")


class SessionsSettings(Section):
    """Conversations."""

    shards: int = Field(2, ge=1, le=64, description="processes that host sessions")
    window: int = Field(4_096, ge=1, description="unfinished messages in memory, each partition")
    resident_limit: int = Field(40_000, ge=1, description="sessions in memory over all partitions")
    idle_s: float = Field(600.0, gt=0, description="rest after which a session is passivated")
    lease_s: float = Field(30.0, gt=0, description="a lock is overdue after this")
    forced_release_s: float = Field(45.0, gt=0, description="and released by force after this")
    hold_back_s: float = Field(5.0, ge=0, description="longest wait for a missing sequence number")
    reorder_ms: int = Field(0, ge=0, description="window in which unnumbered messages are sorted by time sent")
    retries: int = Field(3, ge=0, description="further tries of a message whose handling raised")
    backoff_ms: int = Field(200, ge=1, description="wait before the first of them")
    dedup_days: float = Field(7.0, gt=0.0035, description="memory for live messages' ids; imports are never forgotten")
    threads: bool = Field(default=True, description="divide conversations into threads")
    rows_max_bytes: int = Field(100_000_000, ge=1_000_000, description="bound of each partition's rows log")


class PoolSettings(Section):
    """The language pool."""

    workers: int = Field(2, ge=1, le=64, description="processes that understand text")
    engine: str = Field("auto", description="auto, full, reduced, rules, empty, or module:attribute")
    region: str = Field("AE", pattern="^[A-Z]{2}$", description="country of national phone numbers")
    batch: int = Field(128, ge=1, description="most messages in a batch")
    credits: int = Field(2, ge=1, description="batches in flight at a worker, from each shard")
    deadline_s: float = Field(10.0, gt=0, description="a worker that has not answered by then is killed")
    tier: Wanted = Field(
        "auto", description="auto asks for the best tier until live messages wait too long for it; or always this one"
    )
    fall_s: float = Field(2.0, gt=0, description="a live message that waited longer makes the tier fall by one")
    fall_far_s: float = Field(15.0, gt=0, description="one that waited longer makes it fall to the rules alone")
    rest_s: float = Field(10.0, gt=0, description="calm has to last so long before the tier rises by one")


class MediaPoolSettings(Section):
    """The media pools: pictures, voice notes, documents."""

    workers: int = Field(1, ge=0, le=16, description="processes for each kind of file; 0 leaves files unread")
    deadline_s: float = Field(300.0, gt=0, description="a worker that has not answered by then is killed")


class SinkSettings(Section):
    """Where rows go."""

    kind: Literal["embedded", "sheets"] = Field(
        "embedded", description="embedded: SQLite in the data folder; sheets: Google Sheets, see [sheets]"
    )
    batch: int = Field(2_000, ge=1, description="most rows in one transaction")


class Settings(BaseModel):
    """All settings, as every process of the system gets them.

    Attributes:
        folder: the data folder.
        system, gateway, sessions, language, media_pool, sink: a section for each service.
        understanding: how messages are understood.
        flow: how conversations are divided into threads.
        media, gallery: how files are read and kept.
        sheets: Google Sheets.
        whatsapp: webhooks, media download, replies, delivery.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path = Path("majlis-data")
    system: SystemSettings = Field(default_factory=SystemSettings)
    gateway: GatewaySettings = GatewaySettings()
    sessions: SessionsSettings = SessionsSettings()
    language: PoolSettings = PoolSettings()
    understanding: LanguageSettings = LanguageSettings()
    flow: FlowSettings = FlowSettings()
    media_pool: MediaPoolSettings = MediaPoolSettings()
    media: MediaSettings = MediaSettings()
    gallery: GallerySettings = GallerySettings()
    sink: SinkSettings = SinkSettings()
    sheets: SheetsSettings = SheetsSettings()
    whatsapp: WhatsAppSettings = WhatsAppSettings()

    def encoded(self) -> bytes:
        """Write all settings for the processes of the system, secrets in clear."""
        return self.model_dump_json(context=REVEAL).encode()

    def host_policy(self, services: Services) -> HostPolicy:
        """Give the bounds of one partition's host, and the services that its sessions' messages go through."""
        sessions = self.sessions
        return HostPolicy(
            session=SessionPolicy(
                lease_ms=int(sessions.lease_s * 1000),
                forced_ms=int(sessions.forced_release_s * 1000),
                retries=sessions.retries,
                services=services,
                reads_media=self.media_pool.workers > 0,
                backoff_ms=sessions.backoff_ms,
            ),
            ordering=OrderingPolicy(hold_back_ms=int(sessions.hold_back_s * 1000), reorder_ms=sessions.reorder_ms),
            window=sessions.window,
            resident_limit=max(1, sessions.resident_limit // self.system.partitions),
            idle_ms=int(sessions.idle_s * 1000),
            dedup_ms=int(sessions.dedup_days * 86_400_000),
        )

    def tier_policy(self) -> TierPolicy:
        """Give the bounds of choosing a tier of models."""
        language = self.language
        return TierPolicy(
            tier=language.tier,
            fall_ms=int(language.fall_s * 1000),
            fall_far_ms=int(language.fall_far_s * 1000),
            rest_ms=int(language.rest_s * 1000),
        )

    def dispatch_policy(self) -> DispatchPolicy:
        """Give the bounds of dispatching to the language pool."""
        language = self.language
        return DispatchPolicy(
            batch=language.batch, credits=language.credits, deadline_ms=int(language.deadline_s * 1000)
        )


class LoadedSettings(BaseSettings, Settings):
    """The settings with their sources: what a file says, overridden by the environment."""

    model_config = SettingsConfigDict(
        env_prefix="MAJLIS_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment override the file, which comes in as initial values."""
        return env_settings, init_settings


def load_settings(path: Path | None, **overrides: Any) -> Settings:
    """Read the settings.

    Args:
        path: a TOML file, or None for defaults and environment alone.
        overrides: values of the command line, over all else; None is no override.

    Returns:
        the settings.

    Raises:
        SettingsError: the file is missing or no TOML, or a key or value is wrong; names the key and its line.
    """
    text = ""
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: {error}") from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from error
    try:
        settings: Settings = LoadedSettings(**values)
        given = {key: value for key, value in overrides.items() if value is not None}
        return settings.model_copy(update=given) if given else settings
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(path, text, item) for item in error.errors())) from error
    except SourceError as error:
        # A variable for a whole section has to hold JSON; the library names the section only.
        raise SettingsError(f"environment: {error}: {error.__cause__}") from error


def _explain(path: Path | None, text: str, item: Any) -> str:
    keys = [str(part) for part in item["loc"]]
    name = ".".join(keys)
    variable = "MAJLIS_" + "__".join(keys).upper()
    if any(variable == present.upper() for present in os.environ):
        where = f"environment variable {variable}"
    else:
        line = _line_of(text, keys)
        where = f"{path}:{line}" if path is not None and line else str(path or "settings")
    reason = "no such setting" if item["type"] == "extra_forbidden" else str(item["msg"])
    return f"{where}: {name}: {reason}"


def _line_of(text: str, keys: list[str]) -> int:
    section: list[str] = []
    found = 0
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[\[?([^\[\]]+)\]", line)
        if header:
            section = [part.strip() for part in header.group(1).split(".")]
            if section == keys[: len(section)]:
                found = number
            continue
        key = re.match(r'\s*"?([\w.-]+)"?\s*=', line)
        if key and [*section, *key.group(1).split(".")] == keys[: len(section) + key.group(1).count(".") + 1]:
            return number
    return found
