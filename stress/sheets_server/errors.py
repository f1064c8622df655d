"""Error answers in the shape that Google's API front end gives them."""

from __future__ import annotations

# google.rpc.Code names and their HTTP mapping (google/rpc/code.proto).
STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class SheetsServerError(Exception):
    """Base of the errors of this package."""


class ApiError(SheetsServerError):
    """A request that is answered with an error body.

    Args:
        code: the HTTP status.
        message: what the caller is told.
        details: further entries of the body's ``details``.
        retry_after: seconds for a ``Retry-After`` header, or None.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        details: list[dict[str, object]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details or []
        self.retry_after = retry_after

    def body(self) -> dict[str, object]:
        """Return the JSON body: code, message, status name and details."""
        error: dict[str, object] = {
            "code": self.code,
            "message": self.message,
            "status": STATUS_NAMES.get(self.code, "UNKNOWN"),
        }
        if self.details:
            error["details"] = self.details
        return {"error": error}


def invalid(message: str) -> ApiError:
    """Return a 400 with a message."""
    return ApiError(400, message)
