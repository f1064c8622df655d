"""Settings of the WhatsApp channel: gateway, media, replies and delivery."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, SerializationInfo, field_serializer

REVEAL: Final = {"reveal": True}
"""Context for ``model_dump_json``: writes secrets in clear, for the process that needs them; else they are stars."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class MediaDownloadSettings(BaseModel):
    """Fetching of files by id.

    Attributes:
        allowed_hosts: hosts that links may point to; a leading dot allows all subdomains.
        private_hosts: ``host:port`` that may be private and without TLS: for a local server only.
        max_bytes: largest file kept; WhatsApp's own limit for documents is 100 MB.
        connect_timeout_s, read_timeout_s: for one connection and one read.
        total_timeout_s: for one file with all tries.
        tries: how often one file is tried.
        max_redirects: redirects followed, each checked anew.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    allowed_hosts: tuple[str, ...] = ("graph.facebook.com", "lookaside.fbsbx.com", ".fbcdn.net", ".whatsapp.net")
    private_hosts: tuple[str, ...] = ()
    max_bytes: int = Field(default=100 * 1024 * 1024, gt=0)
    connect_timeout_s: float = Field(default=5.0, gt=0)
    read_timeout_s: float = Field(default=10.0, gt=0)
    total_timeout_s: float = Field(default=60.0, gt=0)
    tries: int = Field(default=4, ge=1, le=10)
    max_redirects: int = Field(default=3, ge=0, le=10)


class RepliesSettings(BaseModel):
    """Automatic replies.

    Attributes:
        enabled: False answers nothing at all.
        templates: the users' folder ``<language>/<intent>.j2``, laid over the bundled one; None for bundled only.
        languages: languages that replies exist in; the first one serves where the language is unknown.
        min_confidence: an intent below this is unclear.
        office_days, office_from, office_until, timezone: when people are there; templates see ``office_open``.
        outside_hours: answer as always, only say that the office is closed, or be silent.
        unclear_limit: messages in a row that may stay unclear before a person takes over.
        falling_moods: messages in a row with falling sentiment before a person takes over.
        angry_below: and the last of them is below this score (-1 to 1).
        complaint_hand_over: a complaint goes to a person at once.
        pause_when_staff_write: a message written by staff stops automatic replies until released.
        opt_out_words, person_words: beside the bundled ones.
        silent_intents: intents that get no answer.
        inventory: CSV file with properties; None for those of ``sheets.lookups.properties``, where that is set.
        max_matches: properties offered in one reply.
        company: the name that replies use.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    templates: Path | None = None
    languages: tuple[str, ...] = ("en", "ar", "arz")
    min_confidence: float = Field(default=0.75, ge=0, le=1)
    office_days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat")
    office_from: time = time(9, 0)
    office_until: time = time(18, 0)
    timezone: str = "Asia/Dubai"
    outside_hours: Literal["answer", "notice", "silent"] = "answer"
    unclear_limit: int = Field(default=2, ge=1, le=10)
    falling_moods: int = Field(default=3, ge=2, le=4)
    angry_below: float = Field(default=-0.4, ge=-1, le=1)
    complaint_hand_over: bool = True
    pause_when_staff_write: bool = True
    opt_out_words: tuple[str, ...] = ()
    person_words: tuple[str, ...] = ()
    silent_intents: tuple[str, ...] = ("spam",)
    inventory: Path | None = None
    max_matches: int = Field(default=3, ge=1, le=10)
    company: str = "our office"


class DeliverySettings(BaseModel):
    """The outgoing queue.

    Attributes:
        dry_run: record replies without sending them.
        channel_per_s, channel_burst: messages a second from one number (WhatsApp's limit: 80).
        pair_every_s, pair_burst: one message to one person each so many seconds (WhatsApp's limit: 6 s), after a burst.
        coalesce: join waiting replies to one person into one message.
        max_text: characters a message may have (WhatsApp's limit: 4,096).
        max_in_flight: sends under way at once.
        max_waiting: replies kept in memory; more wait in the outbox log.
        max_attempts: tries before a reply is given up.
        backoff_s, backoff_max_s: first wait and longest wait between tries, doubled each time, with full jitter.
        request_timeout_s: for one send.
        settle_s: a send without an answer is sent again when other statuses came for so long, and none of it.
        settle_max_s: when the number reported nothing at all, a person decides after this.
        window_margin_s: free text stops so long before the 24-hour window's end.
        window_template: approved template for replies whose window has closed, "" hands over to a person.
        window_template_language: its language code.
        breaker_failures: failures in a row that open a number's circuit.
        breaker_open_s, breaker_open_max_s: first and longest time it stays open, doubled each time.
        keep_days: finished replies are kept so long.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dry_run: bool = True
    channel_per_s: float = Field(default=80.0, gt=0)
    channel_burst: int = Field(default=80, ge=1)
    pair_every_s: float = Field(default=6.0, gt=0)
    pair_burst: int = Field(default=10, ge=1)
    coalesce: bool = True
    max_text: int = Field(default=4096, ge=1, le=4096)
    max_in_flight: int = Field(default=64, ge=1)
    max_waiting: int = Field(default=20_000, ge=1)
    max_attempts: int = Field(default=8, ge=1)
    backoff_s: float = Field(default=1.0, gt=0)
    backoff_max_s: float = Field(default=300.0, gt=0)
    request_timeout_s: float = Field(default=15.0, gt=0)
    settle_s: float = Field(default=60.0, gt=0)
    settle_max_s: float = Field(default=3600.0, gt=0)
    window_margin_s: float = Field(default=60.0, ge=0)
    window_template: str = ""
    window_template_language: str = "en"
    breaker_failures: int = Field(default=5, ge=1)
    breaker_open_s: float = Field(default=5.0, gt=0)
    breaker_open_max_s: float = Field(default=300.0, gt=0)
    keep_days: float = Field(default=30.0, gt=0)


class WhatsAppSettings(BaseModel):
    """The WhatsApp channel.

    Attributes:
        host, port: where the gateway listens.
        admin_host, admin_port: where health and metrics are served; loopback by default.
        webhook_path: path of the Cloud API's webhook.
        verify_token: what the verification handshake must name; unset refuses every handshake.
        app_secrets: secrets of the Meta apps that may sign; several while one is rotated; none refuses every delivery.
        generic_secrets: the same for ``POST /v1/messages``; none switches it off.
        generic_tolerance_s: how far a generic request's signed time may be from ours.
        access_token: bearer token of the Graph API, unset: nothing is fetched or sent.
        graph_url: base address of the Graph API with its version.
        channels: phone number ids that are ours; empty takes any that is correctly signed.
        tls_cert, tls_key: files for TLS; None serves plain HTTP (behind a proxy).
        trusted_proxies: addresses whose ``X-Forwarded-*`` headers count; none by default.
        max_body_bytes: largest body (Meta's limit: 3 MB).
        max_depth: nesting of kept unknown fields.
        max_messages: updates in one body (Meta's limit: 1,000).
        max_extra_chars: characters kept of one unknown or structured field.
        body_timeout_s: a body must arrive within this.
        header_timeout_s: a request's headers must arrive within this.
        keep_alive_s: an idle connection is closed after this.
        ack_timeout_s: the log must take the messages within this, else 503.
        retry_after_s: what a 503 asks the sender to wait.
        remember_ids: ids of messages on disk that are remembered, so that a storm of redeliveries costs little; older
            ones are recognised by their sessions.
        max_connections: open connections; beyond it the longest idle is closed.
        max_requests_per_s: requests a second over all, with a second's burst; 0 for no limit.
        max_body_bytes_in_flight: bytes of bodies being read or handled at once.
        timezone: customers' clock; relative dates resolve against it.
        media, replies, delivery: of these services.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    admin_host: str = "127.0.0.1"
    admin_port: int = Field(default=8081, ge=0, le=65535)
    webhook_path: str = Field(default="/webhooks/whatsapp", pattern=r"^/[A-Za-z0-9/_-]+$")
    verify_token: SecretStr | None = None
    app_secrets: tuple[SecretStr, ...] = ()
    generic_secrets: tuple[SecretStr, ...] = ()
    generic_tolerance_s: float = Field(default=300.0, gt=0)
    access_token: SecretStr | None = None
    graph_url: str = "https://graph.facebook.com/v23.0"
    channels: tuple[str, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    max_body_bytes: int = Field(default=3 * 1024 * 1024, gt=0)
    max_depth: int = Field(default=32, ge=1, le=200)
    max_messages: int = Field(default=1000, ge=1)
    max_extra_chars: int = Field(default=8192, ge=64)
    body_timeout_s: float = Field(default=10.0, gt=0)
    header_timeout_s: float = Field(default=5.0, gt=0)
    keep_alive_s: int = Field(default=30, ge=1)
    ack_timeout_s: float = Field(default=10.0, gt=0)
    retry_after_s: int = Field(default=5, ge=1)
    remember_ids: int = Field(default=50_000, ge=0)
    max_connections: int = Field(default=4096, ge=1)
    max_requests_per_s: float = Field(default=10_000.0, ge=0)
    max_body_bytes_in_flight: int = Field(default=96 * 1024 * 1024, gt=0)
    timezone: str = "Asia/Dubai"
    media: MediaDownloadSettings = MediaDownloadSettings()
    replies: RepliesSettings = RepliesSettings()
    delivery: DeliverySettings = DeliverySettings()

    @field_serializer("verify_token", "access_token", when_used="json-unless-none")
    def _write_secret(self, secret: SecretStr, info: SerializationInfo) -> str:
        return _write(secret, info)

    @field_serializer("app_secrets", "generic_secrets", when_used="json")
    def _write_secrets(self, secrets: tuple[SecretStr, ...], info: SerializationInfo) -> list[str]:
        return [_write(secret, info) for secret in secrets]


def _write(secret: SecretStr, info: SerializationInfo) -> str:
    return secret.get_secret_value() if info.context == REVEAL else str(secret)
