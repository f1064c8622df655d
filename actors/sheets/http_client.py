"""gspread's HTTP client with a deadline for each call, failures told apart by effect, and repeated reads.

Imported only where a client is opened: gspread and requests are slow to import.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import requests
from google.auth import exceptions as auth_errors
from gspread.http_client import HTTPClient
from requests import Response
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from urllib3 import exceptions as urllib3_errors

from actors.sheets.client import DRIVE_URL, GOOGLE_URL, Gate, OpenGate, failure_of
from actors.sheets.errors import CallFailed, Denied, OutcomeUnknown, Refused, Throttled, Unreachable

_CHUNK = 65_536
_MAX_ANSWER = 256_000_000


class SheetsHttpClient(HTTPClient):  # type: ignore[misc]
    """gspread's HTTP client with a deadline for each call, failures by effect, and repeated reads.

    Attributes:
        gate: what lets calls out and learns how they ended.
        base_url: address of the API.
        deadline_s: longest time for a whole answer, seconds.
        read_attempts: tries of a read; a write is tried once.
    """

    gate: Gate = OpenGate()
    base_url = GOOGLE_URL
    deadline_s = 60.0
    read_attempts = 4

    def request(  # noqa: PLR0917 - gspread's own signature
        self,
        method: str,
        endpoint: str,
        params: Any = None,
        data: bytes | None = None,
        json: Any = None,
        files: Any = None,
        headers: Any = None,
    ) -> Response:
        """Make a call as gspread asks for it.

        Args:
            method: HTTP method.
            endpoint: address at Google; another ``base_url`` takes its place.
            params: query parameters.
            data: the body as bytes.
            json: the body as values; encoded here, faster than requests does.
            files: refused.
            headers: further headers.

        Returns:
            the answer, a success with a JSON body.

        Raises:
            CallFailed: any failure, by what is known of its effect.
        """
        write = method.lower() != "get" and not endpoint.endswith(":search")
        if self.base_url != GOOGLE_URL:
            endpoint = endpoint.replace(GOOGLE_URL, self.base_url, 1).replace(DRIVE_URL, self.base_url + "/drive/v3", 1)
        if json is not None:
            data = msgspec.json.encode(json)
            headers = {**(headers or {}), "Content-Type": "application/json"}
        if files is not None:
            raise Refused("files are not sent to the Sheets API")

        def once() -> Response:
            return self._once(method, endpoint, params, data, headers, write=write)

        if write:
            return once()
        policy = Retrying(
            retry=retry_if_exception_type((OutcomeUnknown, Unreachable, Throttled)),
            stop=stop_after_attempt(self.read_attempts),
            wait=_wait_policy,
            reraise=True,
        )
        return policy(once)

    def _once(self, method: str, url: str, params: Any, data: bytes | None, headers: Any, *, write: bool) -> Response:
        spreadsheet = _spreadsheet_in(url)
        self.gate.before(spreadsheet, write=write)
        failure: CallFailed | None = None
        try:
            return self._exchange(method, url, params, data, headers)
        except CallFailed as error:
            failure = error
            raise
        finally:
            self.gate.after(spreadsheet, failure, write=write)

    def _exchange(self, method: str, url: str, params: Any, data: bytes | None, headers: Any) -> Response:
        try:
            response, body = self._receive(method, url, params, data, headers)
        except auth_errors.RefreshError as error:
            if getattr(error, "retryable", False):
                raise Unreachable(f"no token: {_plain(error)}") from None
            raise Denied(f"the account's credentials are not accepted: {_plain(error)}") from None
        except (requests.RequestException, urllib3_errors.HTTPError, auth_errors.TransportError) as error:
            raise _lost(error) from None
        response._content = body  # noqa: SLF001 - requests' own cache of a body that was streamed
        response._content_consumed = True  # noqa: SLF001 - the same
        if not response.ok:
            raise failure_of(response.status_code, body, response.headers.get("Retry-After"), time.time())
        try:
            response.json()
        except ValueError:
            raise OutcomeUnknown("the answer is not JSON", status=response.status_code) from None
        return response

    def _receive(self, method: str, url: str, params: Any, data: bytes | None, headers: Any) -> tuple[Response, bytes]:
        deadline = time.monotonic() + self.deadline_s
        response = self.session.request(
            method, url, params=params, data=data, headers=headers, timeout=self.timeout, stream=True
        )
        body = bytearray()
        for chunk in _pieces(response):
            body += chunk
            if time.monotonic() > deadline or len(body) > _MAX_ANSWER:
                response.close()
                raise OutcomeUnknown("the answer did not end in time", status=response.status_code)
        return response, bytes(body)


def _lost(error: Exception) -> CallFailed:
    """Tell a request that never went out from one whose answer was lost."""
    name = type(error).__name__
    if isinstance(error, requests.ConnectTimeout | auth_errors.TransportError):
        return Unreachable(f"not reached: {name}")
    shown = repr(error)
    if isinstance(error, requests.ConnectionError) and (
        "NewConnectionError" in shown or "NameResolutionError" in shown
    ):
        return Unreachable("no connection")
    return OutcomeUnknown(f"no whole answer: {name}")


def _wait_policy(state: RetryCallState) -> float:
    failure = state.outcome.exception() if state.outcome is not None else None
    asked = failure.retry_after_s if isinstance(failure, CallFailed) else None
    grown: float = 0.1 * 2 ** (state.attempt_number - 1)
    return min(5.0, max(asked or 0.0, grown))


def _pieces(response: Response) -> Iterator[bytes]:
    """Yield what arrives as it arrives, so that a trickle meets the deadline."""
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        yield chunk


def _spreadsheet_in(url: str) -> str:
    """Return the spreadsheet's id in an endpoint's address; calls that name none share a breaker."""
    found = re.search(r"/(?:v4/spreadsheets|drive/v3/files)/([^/:?]+)", url)
    return found[1] if found else "new spreadsheets"


def _plain(error: Exception) -> str:
    """Return an authentication error's own words, without anything that could hold a token."""
    text = str(error.args[0]) if error.args else type(error).__name__
    return text.split("{", maxsplit=1)[0][:200]
