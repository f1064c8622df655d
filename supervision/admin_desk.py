"""How an actor carries out and answers admin requests."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from messages.admin import AdminAnswer, AdminRequest
from messages.wire import WireError
from supervision.errors import AdminError, UnknownVerbError
from supervision.frames import COUNTS
from supervision.parcel import Address
from supervision.process import cpu_seconds, resident_bytes

if TYPE_CHECKING:
    from supervision.process_actor import ProcessActor

WHOLE = "whole"
"""Argument of a pause, resume or drain that goes to all actors of the system."""
_DRAIN_POLL_S = 0.02


class AdminDesk:
    """One actor's.

    Args:
        actor: the actor.
    """

    def __init__(self, actor: ProcessActor) -> None:
        self._actor = actor
        self._drains: list[tuple[AdminRequest, Address]] = []

    def take(self, request: AdminRequest, sender: Address) -> None:
        """Carry out an admin request and answer it; a wrong one never ends the actor."""
        try:
            result = self._carry_out(request, sender)
        except (AdminError, UnknownVerbError, ValueError) as error:
            self.answer(request, sender, error=str(error))
            return
        except Exception as error:  # noqa: BLE001 - a question must not end the actor; the asker is told, and the log
            self._actor.report_fault(error, f"answering {request.verb}")
            self.answer(request, sender, error=f"{type(error).__name__}: {error}")
            return
        if result is not None:
            self.answer(request, sender, result=result)

    def answer(
        self, request: AdminRequest, to: Address, *, result: dict[str, Any] | None = None, error: str = ""
    ) -> None:
        """Answer an admin request."""
        if request.id == 0:
            return  # nobody waits for it
        name = self._actor.name
        answer = AdminAnswer(id=request.id, target=name, ok=not error, error=error, result=result or {})
        try:
            self._actor.tell(to, answer)
        except WireError as problem:
            self._actor.tell(to, AdminAnswer(id=request.id, target=name, ok=False, error=ascii(str(problem))))

    def status(self) -> dict[str, Any]:
        """Tell how the actor is."""
        actor = self._actor
        pid = os.getpid()
        transport = actor._myRef.transport  # noqa: SLF001 - Thespian has no public way to its queues
        return {
            "name": actor.name,
            "incarnation": actor.incarnation,
            "class": type(actor).__name__,
            "pid": pid,
            "rss_bytes": resident_bytes(pid),
            "cpu_s": round(cpu_seconds(pid), 3),
            "uptime_s": round(time.monotonic() - actor.born, 3),
            "paused": actor.paused_now,
            "draining": actor.draining_now,
            "timers": len(actor.timers),
            "mailbox": len(getattr(transport, "_incomingEnvelopes", ())),
            "outgoing": len(getattr(transport, "_aTB_queuedPendingTransmits", ())),
            "directory": len(actor.directory),
            "frames_unauthenticated": COUNTS.unauthenticated,
            "frames_malformed": COUNTS.malformed,
            "counters": dict(sorted(actor.counters.items())),
            "gauges": dict(sorted(actor.gauges.items())),
        }

    def _carry_out(self, request: AdminRequest, sender: Address) -> dict[str, Any] | None:
        actor = self._actor
        match request.verb:
            case "ping":
                return {}
            case "status":
                return actor.status()
            case "pause":
                actor.paused_now = True
                actor.paused()
                return {"paused": True}
            case "resume":
                actor.paused_now = actor.draining_now = False
                actor.resumed()
                return {"paused": False}
            case "drain":
                actor.draining_now = actor.paused_now = True
                if actor.serves and request.arguments.get(WHOLE):
                    actor.resumed()  # the others can only become idle with its help
                else:
                    actor.paused()
                self._drains.append((request, sender))
                self._poll_drain(time.monotonic() + request.timeout_ms / 1000)
                return None
            case _:
                return actor.admin(request.verb, dict(request.arguments))

    def _poll_drain(self, deadline: float) -> None:
        actor = self._actor
        drained = actor.drained()
        if not drained and time.monotonic() < deadline and actor.draining_now:
            actor.timers.after(_DRAIN_POLL_S, lambda: self._poll_drain(deadline), key="drain")
            return
        waiting, self._drains = self._drains, []
        for request, sender in waiting:
            error = "" if drained else f"{actor.name} is not idle yet"
            self.answer(request, sender, result={"drained": drained}, error=error)
