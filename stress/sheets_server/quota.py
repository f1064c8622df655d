"""Per-minute quotas of the Sheets API, over a sliding minute."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from stress.sheets_server.errors import ApiError


@dataclass
class Limits:
    """Requests a minute; Google's defaults."""

    write_user: int = 60
    write_project: int = 300
    read_user: int = 60
    read_project: int = 300


class Quota:
    """Count calls and refuse those above the limits.

    Args:
        limits: the limits, changeable while running.
        clock: seconds, monotonic.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        self._calls: dict[str, deque[float]] = defaultdict(deque)

    def take(self, user: str, *, write: bool) -> None:
        """Count one call.

        Args:
            user: e-mail of the caller.
            write: whether it counts as a write.

        Raises:
            ApiError: 429 where a limit is reached; the call is then not counted.
        """
        kind = "Write" if write else "Read"
        per_user = self.limits.write_user if write else self.limits.read_user
        per_project = self.limits.write_project if write else self.limits.read_project
        now = self._clock()
        own, project = self._calls[f"{kind}:{user}"], self._calls[kind]
        for calls, limit, scope in ((own, per_user, "per minute per user"), (project, per_project, "per minute")):
            while calls and calls[0] <= now - 60:
                calls.popleft()
            if len(calls) >= limit:
                raise ApiError(
                    429,
                    f"Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests {scope}' of service "
                    "'sheets.googleapis.com' for consumer 'project_number:1'.",
                    details=[
                        {
                            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                            "reason": "RATE_LIMIT_EXCEEDED",
                            "domain": "googleapis.com",
                            "metadata": {"service": "sheets.googleapis.com"},
                        }
                    ],
                )
        own.append(now)
        project.append(now)
