"""Delivery as an actor: its doorbells, its timer, its admin verbs; the work is in ``delivery_service``."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ConfigDict

from actors.whatsapp.delivery_service import DeliveryService
from actors.whatsapp.send_outcome import Outcome, Verdict
from actors.whatsapp.settings import WhatsAppSettings
from messages.delivery import Outgoing, OutgoingState
from messages.doorbell import Bell, Seen
from messages.wire import Wire
from store.errors import StoreError
from store.folder import DataFolder
from supervision.errors import AdminError, UnknownVerbError
from supervision.process_actor import Address, ProcessActor

POLL_S: Final = 1.0
"""The logs are looked at so often even where no bell rings: a bell may be lost with its process."""
_PRUNE_S: Final = 600.0
_STATES: Final[tuple[OutgoingState, ...]] = get_args(OutgoingState)
_GRACE_S: Final = 3.0
"""Sends under way are waited for so long when the actor stops; below the time that a supervisor gives it."""


class DeliveryConfig(BaseModel):
    """What the actor needs of the settings; other sections are passed over.

    Attributes:
        folder: the data folder.
        whatsapp: settings of the channel, written with ``context=REVEAL``; without an access token delivery is a dry
            run.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    folder: Path
    whatsapp: WhatsAppSettings = WhatsAppSettings()


def now_ms() -> int:
    """Read the clock, milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


class DeliveryActor(ProcessActor):
    """Sends replies; config is a ``DeliveryConfig`` as JSON."""

    accepts = Bell

    def started(self, config: bytes) -> None:
        """Open the logs and the database.

        Args:
            config: the settings as JSON.
        """
        found = DeliveryConfig.model_validate_json(config)
        settings = found.whatsapp.delivery
        token = found.whatsapp.access_token
        if token is None and not settings.dry_run:
            self.log.warning("no access token: replies are recorded, not sent")
            settings = settings.model_copy(update={"dry_run": True})
        self._wake_out, self._wake_in = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.watch(self._wake_out)
        self._executor = ThreadPoolExecutor(max_workers=min(32, settings.max_in_flight), thread_name_prefix="send")
        self._client: Any = None
        if not settings.dry_run and token is not None:
            # The HTTP client costs 60 ms to import: only for who sends.
            from actors.whatsapp.send_client import SendClient

            self._client = SendClient(
                found.whatsapp.graph_url,
                token.get_secret_value(),
                timeout_s=settings.request_timeout_s,
                connections=min(32, settings.max_in_flight),
            )
        self._service = DeliveryService(
            DataFolder.open(found.folder),
            settings,
            sender=self._send,
            executor=self._executor,
            clock=now_ms,
            finished=self._finished,
        )
        self._pump()
        self.timers.after(_PRUNE_S, self._prune, key="prune")

    def _send(self, send: Any) -> Outcome:
        if self._client is None:
            return Outcome(Verdict.CHANNEL, "", 0, "this is a dry run")
        result: Outcome = self._client.send(send)
        return result

    def _finished(self) -> None:
        # Called from a sending thread: only the actor's own thread may act, so it is woken.
        with suppress(BlockingIOError):
            os.write(self._wake_in, b"!")

    def readable(self, fd: int) -> None:
        """Take results of sends."""
        with suppress(BlockingIOError):
            os.read(fd, 4096)
        self._pump()

    def received(self, message: Wire, sender: Address) -> None:
        """Look at the logs, and tell the log's writer how far they are taken."""
        if isinstance(message, Bell):
            self._pump()
            self.tell(sender, Seen(reader=self.name, marks=self._seen_by(message.origin)))

    def _seen_by(self, origin: str) -> dict[int, int]:
        if origin.startswith("gateway"):
            return {0: self._service.status_mark()}
        return self._service.outbox_marks()

    def _pump(self) -> None:
        more = False if self.paused_now else self._service.pump()
        self.gauges["waiting"] = self._service.waiting
        self.gauges["in_flight"] = self._service.in_flight
        for name, value in self._service.counters.items():
            self.counters[name] = value
        wait_s = POLL_S
        following = None if self.paused_now else self._service.next_ms()
        if following is not None:
            wait_s = min(POLL_S, max(0.0, (following - now_ms()) / 1000))
        self.timers.after(0.0 if more else wait_s, self._pump, key="pump")

    def _prune(self) -> None:
        self._service.prune()
        self.timers.after(_PRUNE_S, self._prune, key="prune")

    def resumed(self) -> None:
        """Send again."""
        self._pump()

    def drained(self) -> bool:
        """Tell whether no send is under way."""
        return self._service.in_flight == 0

    def stopping(self, reason: str) -> None:  # noqa: ARG002 - the hook's signature
        """Take back what has not gone out, wait a little for what has, and close."""
        self._service.close(grace_s=_GRACE_S)
        self._executor.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            self._client.close()

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:
        """Answer ``outgoing`` (``state`` or ``conversation``; ``limit``), ``suppress``, ``forget`` (both of one)."""
        limit = int(arguments.get("limit", "100")) if arguments.get("limit", "100").isdecimal() else 100
        if verb == "outgoing":
            state = arguments.get("state", "")
            records: list[Outgoing] = []
            if arguments.get("conversation"):
                records = self._service.store.of_conversation(arguments["conversation"], limit=limit)
            elif state in _STATES:
                records = self._service.store.in_state(state, limit=limit)
            return {
                "counts": self._service.store.counts(),
                "breakers": self._service.breakers(),
                "outgoing": [_facts(record) for record in records],
            }
        if verb == "suppress":
            return {"dropped": self._service.suppress(arguments.get("conversation", ""))}
        if verb == "forget":
            try:
                removed, under_way = self._service.forget(arguments.get("conversation", ""))
            except StoreError as error:
                raise AdminError(str(error)) from error
            return {"removed": removed, "under_way": under_way}
        raise UnknownVerbError(f"delivery does not know {verb!r}")


def _facts(record: Outgoing) -> dict[str, Any]:
    reply = record.reply
    return {
        "reply_id": reply.reply_id,
        "conversation": reply.conversation,
        "in_reply_to": reply.in_reply_to,
        "channel": reply.channel,
        "text": reply.text,
        "state": record.state,
        "attempts": record.attempts,
        "code": record.code,
        "error": record.error,
        "changed_ms": record.changed_ms,
        "message_id": record.message_id,
    }
