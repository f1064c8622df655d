"""What is wrong with the sink's way into a spreadsheet, told to a person once each, and what the person can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.sheets.client import account_email
from actors.sheets.errors import CallFailed, Denied, HeldBack, Missing, Refused
from actors.sheets.governor import Governor
from actors.sheets.settings import SheetsSettings

DENIED_WAIT_S = 15.0


class Trouble:
    """The last failure, and what has been told.

    Args:
        settings: name the account.
        governor: has the circuit breakers.
        clock_ms: milliseconds since 1970 UTC.
        report: told what a person should know.
    """

    def __init__(
        self, settings: SheetsSettings, governor: Governor, clock_ms: Callable[[], int], report: Callable[[str], None]
    ) -> None:
        self._settings, self._governor, self._clock_ms, self._report = settings, governor, clock_ms, report
        self._alarmed = ""
        self._told_open = False
        self.last_failure = ""
        self._failed_ms = 0

    def alarm(self, reason: str) -> None:
        """Tell a person, once until a batch lands or something else is wrong."""
        if reason != self._alarmed:
            self._report(reason)
        self._alarmed = reason

    def landed(self) -> None:
        """Take in that a batch landed: nothing is wrong any more."""
        self._alarmed, self._told_open = "", False
        self.last_failure, self._failed_ms = "", 0

    def failed(self, error: CallFailed, spreadsheet: str) -> None:
        """Take in that a call failed or was held back.

        Args:
            error: how.
            spreadsheet: where rows are written to.
        """
        if not isinstance(error, HeldBack):
            self.last_failure, self._failed_ms = str(error), self._clock_ms()
        elif error.reason == "open" and not self._told_open:
            self._told_open = True
            self._report(self.circuit(spreadsheet) or "the circuit is open")

    def circuit(self, spreadsheet: str) -> str:
        """Return what an open circuit means for a person, "" where it is not open."""
        found = next((s for s in self._governor.snapshots() if s.name == spreadsheet and s.state == "open"), None)
        if found is None:
            return ""
        if found.forced:
            return "the circuit was opened by hand: rows wait until `majlis admin breaker` closes it"
        why = f": {found.last_failure}" if found.last_failure else ""
        return f"the circuit is open since too many calls failed{why}; rows wait, and it is tried again by itself"

    def blocks(self, error: CallFailed, spreadsheet: str, current: str) -> tuple[str, float | None] | None:
        """Tell whether a person has to act after a call that failed outside of the protocol.

        Args:
            error: how it failed.
            spreadsheet: of the batch in work, or where new ones go.
            current: where new batches go.

        Returns:
            what is wrong and in how many seconds it is looked at again, None for the usual time; None where nobody
            has to act.
        """
        if isinstance(error, Denied):
            return self._denied(error, spreadsheet), DENIED_WAIT_S
        if isinstance(error, Missing):
            return f"there is no spreadsheet {current!r}, or it was deleted; rows wait", None
        if isinstance(error, Refused):
            return f"the spreadsheet cannot be prepared: {error}", None
        return None

    def _denied(self, error: Denied, spreadsheet: str) -> str:
        said = f"the account may not write: {error}"
        if error.status != 403 or error.reason in {"SERVICE_DISABLED", "accessNotConfigured"}:
            return f"{said}; `majlis doctor sheets` says what to do"  # sharing would not help
        email = account_email(self._settings.credentials_file) or "the account's e-mail"
        return f"{said}; share the spreadsheet {spreadsheet} with {email} as an editor, rows wait until then"

    def status(self) -> dict[str, Any]:
        """Return the last failure and when it was, both empty once a batch landed."""
        return {"last_failure": self.last_failure, "last_failure_ms": self._failed_ms}
