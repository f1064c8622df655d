"""Requests of the person who runs the system, and their answers."""

from __future__ import annotations

from typing import Any

from messages.wire import Codec, Wire


class AdminRequest(Wire, frozen=True, tag=110, kw_only=True):
    """Ask one actor to do or tell something.

    Attributes:
        id: the asker's number for it, given back with the answer.
        target: full name of the actor, ``root`` or "" for the root supervisor.
        verb: what is asked: ``status``, ``tree``, ``restart``, ... or a verb of the actor's own.
        arguments: the verb's arguments.
        timeout_ms: how long the asker waits.
    """

    id: int
    target: str
    verb: str
    arguments: dict[str, str] = {}  # noqa: RUF012 - msgspec copies an empty default for each instance
    timeout_ms: int = 5000


class AdminAnswer(Wire, frozen=True, tag=111, kw_only=True):
    """Answer an admin request.

    Attributes:
        id: the request's.
        target: who answered.
        ok: whether it was done.
        error: one clear line where it was not.
        result: the verb's own facts.
    """

    id: int
    target: str
    ok: bool
    error: str = ""
    result: dict[str, Any] = {}  # noqa: RUF012 - msgspec copies an empty default for each instance


ADMIN_REQUEST: Codec[AdminRequest] = Codec(AdminRequest)
ADMIN_ANSWER: Codec[AdminAnswer] = Codec(AdminAnswer)
