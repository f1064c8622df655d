"""The Sheets client: gspread over an own HTTP client that tells what is known of each call's effect.

gspread's own ``BackOffHTTPClient`` repeats by recursion and repeats writes whose outcome is unknown; this one repeats
reads only. ``APIError.code`` is taken from the body and is -1 for an HTML page, so the response's status decides.
"""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from actors.sheets.errors import (
    CallFailed,
    Denied,
    Missing,
    OutcomeUnknown,
    Refused,
    Throttled,
)
from actors.sheets.settings import SheetsSettings

if TYPE_CHECKING:
    import gspread

GOOGLE_URL = "https://sheets.googleapis.com"
DRIVE_URL = "https://www.googleapis.com/drive/v3"
_CHUNK = 65_536
_MAX_ANSWER = 256_000_000
_RATE_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "quotaExceeded"})


class Gate(Protocol):
    """What lets calls out and learns how they ended."""

    def before(self, spreadsheet: str, *, write: bool) -> None:
        """Let a call out, or raise ``HeldBack``."""

    def after(self, spreadsheet: str, failure: CallFailed | None, *, write: bool) -> None:
        """Learn how a call that was let out ended."""


class OpenGate:
    """A gate that lets everything through."""

    def before(self, spreadsheet: str, *, write: bool) -> None:
        """Let it through."""

    def after(self, spreadsheet: str, failure: CallFailed | None, *, write: bool) -> None:
        """Learn nothing."""


def failure_of(status: int, body: bytes, retry_after: str | None, now_s: float) -> CallFailed:
    """Classify an answer that is not a success.

    Args:
        status: the HTTP status.
        body: the answer's body.
        retry_after: the ``Retry-After`` header.
        now_s: seconds since 1970 UTC, for a header that holds a date.

    Returns:
        the failure, by what is known of the call's effect.
    """
    try:
        error = jsonlib.loads(body)["error"]
        message = str(error["message"])[:500]
        details = [d for d in error.get("details", []) if isinstance(d, Mapping)]
        reason = next((str(d["reason"]) for d in details if "reason" in d), "")
        reason = reason or next((str(e.get("reason", "")) for e in error.get("errors", [])), "")
    except (ValueError, KeyError, TypeError, AttributeError):
        message, reason = f"HTTP {status} without a readable body", ""
    wait = _seconds(retry_after, now_s)
    kind: type[CallFailed]
    if status == 429 or (status == 403 and reason in _RATE_REASONS):
        kind = Throttled
    elif status in {401, 403}:
        kind = Denied
    elif status == 404:
        kind = Missing
    elif 400 <= status < 500 and status != 408:
        kind = Refused
    else:
        kind = OutcomeUnknown
    return kind(message, status=status, reason=reason, retry_after_s=wait)


def _seconds(header: str | None, now_s: float) -> float | None:
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now_s)
    except (TypeError, ValueError):
        return None


class CredentialsError(Denied):
    """The key file or the default credentials cannot be used."""


def load_credentials(settings: SheetsSettings) -> Any:
    """Load the service account's key, or application default credentials.

    Args:
        settings: where they are.

    Returns:
        google-auth credentials with the least scope.

    Raises:
        CredentialsError: they are missing or not usable; the message never quotes them.
    """
    from google.auth import default
    from google.auth import exceptions as auth_errors
    from google.oauth2 import service_account

    if settings.credentials_file is None:
        try:
            return default(scopes=settings.scopes())[0]
        except auth_errors.DefaultCredentialsError:
            raise CredentialsError(
                "no credentials: name a service-account key in sheets.credentials_file, or set up application default "
                "credentials"
            ) from None
    path = settings.credentials_file
    try:
        info = jsonlib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CredentialsError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise CredentialsError(f"{path}: is not JSON") from None
    if not isinstance(info, dict) or info.get("type") != "service_account":
        kind = info.get("type") if isinstance(info, dict) else None
        raise CredentialsError(f"{path}: is not a service-account key (its type is {kind!r})")
    missing = [name for name in ("client_email", "token_uri", "private_key") if not info.get(name)]
    if missing:
        raise CredentialsError(f"{path}: lacks {', '.join(missing)}")

    class LocalCredentials(service_account.Credentials):  # type: ignore[misc]
        """Credentials for a local server: no question to Google about allowed locations."""

        def _build_regional_access_boundary_lookup_url(self, request: object = None) -> None:
            del request

    kind_of = LocalCredentials if settings.api_url else service_account.Credentials
    try:
        return kind_of.from_service_account_info(info, scopes=settings.scopes())
    except (ValueError, TypeError, auth_errors.GoogleAuthError):
        raise CredentialsError(f"{path}: its private_key cannot be read") from None


def account_email(path: Path | None) -> str:
    """Return the e-mail that a spreadsheet has to be shared with, or "" where it is not known."""
    if path is None:
        return ""
    try:
        return str(jsonlib.loads(path.read_text(encoding="utf-8")).get("client_email", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def open_client(settings: SheetsSettings, gate: Gate | None = None) -> gspread.Client:
    """Open a gspread client; one for each thread.

    Args:
        settings: addresses, time-outs and credentials.
        gate: what lets calls out; None lets all.

    Returns:
        a client whose calls raise :class:`CallFailed` by effect.

    Raises:
        CredentialsError: the credentials cannot be used.
    """
    import gspread

    from actors.sheets.http_client import SheetsHttpClient

    client = gspread.Client(auth=load_credentials(settings), http_client=SheetsHttpClient)
    http = client.http_client
    http.gate = gate or OpenGate()
    http.base_url = settings.api_url.rstrip("/") or GOOGLE_URL
    http.deadline_s = settings.timeout_s
    http.read_attempts = settings.read_attempts
    http.set_timeout((settings.connect_timeout_s, settings.timeout_s))
    return client
