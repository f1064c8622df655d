"""How a call to the Sheets API can fail, by what is known of its effect."""

from __future__ import annotations

from actors.sheets.rows_table import SheetsError

__all__ = [
    "CallFailed",
    "Denied",
    "HeldBack",
    "LedgerError",
    "Missing",
    "OutcomeUnknown",
    "Refused",
    "SheetsError",
    "Throttled",
    "Unreachable",
]


class LedgerError(SheetsError):
    """The sink's ledger is damaged, of another version, or held by another sink."""


class CallFailed(SheetsError):
    """A call that did not succeed.

    Args:
        message: what went wrong, for a person; never holds a secret.
        status: the HTTP status, or None where no answer came.
        reason: Google's machine-readable reason, or "".
        retry_after_s: how long the server asked to wait, or None.
    """

    def __init__(
        self, message: str, *, status: int | None = None, reason: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.retry_after_s = retry_after_s


class Throttled(CallFailed):
    """A quota is used up: certainly not applied."""


class Refused(CallFailed):
    """The request is not acceptable: certainly not applied."""


class Missing(CallFailed):
    """What the request names does not exist: certainly not applied."""


class Denied(CallFailed):
    """Credentials are missing, revoked or do not suffice: certainly not applied."""


class Unreachable(CallFailed):
    """The request never reached the server: certainly not applied."""


class OutcomeUnknown(CallFailed):
    """Time-out, reset, 5xx or an unreadable answer: it may have been applied, or may be yet."""


class HeldBack(CallFailed):
    """The governor or the circuit breaker did not let the call go out: certainly not applied."""
