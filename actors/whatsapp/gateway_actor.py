"""The gateway: an HTTP server in a thread of its own beside the actor that rings the shards' bells."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from contextlib import suppress
from typing import Any

from actors.system.bell_pipe import BellPipe
from actors.system.settings import Settings
from actors.system.text_in_work import GATEWAY_SLOT, TextInWork
from actors.whatsapp.feed_port import read_port, write_port
from actors.whatsapp.gateway_http import GatewayHttp, forget_aliases
from actors.whatsapp.ingest import InboxWriter
from actors.whatsapp.local_feed import feed_server
from messages.doorbell import Bell, Seen
from messages.wire import Wire
from store.errors import StoreError
from store.folder import DataFolder
from supervision.errors import AdminError, UnknownVerbError
from supervision.process_actor import Address, ProcessActor

LOOK_S = 1.0


def now_ms() -> int:
    """Read the clock, milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


class GatewayActor(ProcessActor):
    """Takes messages in over HTTP, and rings the shards after they are durable."""

    accepts = Seen

    def started(self, config: bytes) -> None:
        """Open the inbox logs and the server.

        Args:
            config: the settings as JSON.
        """
        self._settings = Settings.model_validate_json(config)
        self._folder = DataFolder.open(self._settings.folder)
        self._rung = self._reported = False
        shards = self._settings.sessions.shards
        self._bells = [BellPipe(self._folder.path, f"sessions/shard-{number}") for number in range(shards)]
        self._wake_out, self._wake_in = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.watch(self._wake_out)
        self._texts = TextInWork(self._folder.path)
        self._inbox = InboxWriter(
            self._folder,
            max_bytes=self._settings.gateway.inbox_max_bytes,
            clock=now_ms,
            appended=self._appended,
            in_hand=lambda busy: self._texts.say(GATEWAY_SLOT, busy=busy),
        )
        self._http = self._serve_webhooks()
        self._serve()

    def _serve_webhooks(self) -> GatewayHttp | None:
        whatsapp = self._settings.whatsapp
        configured = whatsapp.verify_token or whatsapp.app_secrets or whatsapp.generic_secrets
        if not configured and not self._settings.gateway.serve_health:
            return None
        http = GatewayHttp(
            self._folder,
            whatsapp,
            self._inbox,
            clock=now_ms,
            reported=self._wake_up,
            status_bytes=self._settings.gateway.statuses_max_bytes,
        )
        http.start()
        self.log.info("webhooks", port=http.port, admin_port=http.admin_port)
        return http

    def _serve(self) -> None:
        import uvicorn

        gateway = self._settings.gateway
        max_body = min(gateway.max_body_bytes, gateway.inbox_max_bytes // 2)
        config = feed_server(self._inbox, self._folder.frame_key(), max_body=max_body)
        listener = self._listen()
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="http", daemon=True
        )
        self._thread.start()
        self.timers.after(LOOK_S, self._look, key="look")
        http = self._http
        others = {"webhook": http.port, "admin": http.admin_port} if http is not None else {}
        write_port(self._folder.path, listener.getsockname()[1], **others)

    def _look(self) -> None:
        # A dead server would leave the actor alive and deaf: its supervisor starts another instead.
        if not self._thread.is_alive():
            raise RuntimeError("the local feed's server has ended")
        self.timers.after(LOOK_S, self._look, key="look")

    def _listen(self) -> socket.socket:
        # The same port after a restart, where it is free: feeds then reach the successor at once.
        wanted = (
            [self._settings.gateway.port] if self._settings.gateway.port else [read_port(self._folder.path) or 0, 0]
        )
        for port in wanted:
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                listener.close()
                if port == wanted[-1]:
                    raise
                continue
            listener.listen(256)
            return listener
        raise AssertionError("unreachable: the last port raises")

    def _appended(self, partitions: set[int]) -> None:
        # Called from the writer's thread: a pipe, unlike a message, may be rung from any.
        for number in {partition % len(self._bells) for partition in partitions}:
            self._bells[number].ring()

    def _wake_up(self) -> None:
        # Called from another thread as well: only the actor's own may send messages, so it is woken.
        with suppress(BlockingIOError):
            os.write(self._wake_in, b"!")

    def readable(self, fd: int) -> None:
        """Ring delivery: reports about sent messages have come."""
        with suppress(BlockingIOError):
            os.read(fd, 4096)
        self._reported = True
        self._ring_delivery()

    def _ring_delivery(self) -> None:
        address = self.directory.get("delivery")
        if address is not None and self._reported and not self._rung:
            self._reported, self._rung = False, True
            self.tell(address, Bell(origin=self.name))

    def directory_changed(self) -> None:
        """Ring everybody anew: who is new has heard nothing, and an answer of one that is gone will not come."""
        for bell in self._bells:
            bell.ring()
        self._reported, self._rung = True, False
        self._ring_delivery()

    def received(self, message: Wire, sender: Address) -> None:  # noqa: ARG002 - the hook's signature
        """Trim the logs behind their readers' marks."""
        if not isinstance(message, Seen):
            return
        if message.reader != "delivery":
            self._inbox.trim(message.marks)
            return
        self._rung = False
        if self._http is not None:
            self._http.trim_statuses(message.marks.get(0, 0))
        self._ring_delivery()

    def paused(self) -> None:
        """Refuse new input; what was acknowledged is on disk."""
        self._inbox.refuse(refusing=True)
        if self._http is not None:
            self._http.drain()

    def resumed(self) -> None:
        """Take input again."""
        self._inbox.refuse(refusing=False)
        if self._http is not None:
            self._http.drain(draining=False)

    def stopping(self, reason: str) -> None:  # noqa: ARG002 - the hook's signature
        """Stop the server, write what waits, close the logs."""
        self._inbox.refuse(refusing=True)
        if self._http is not None:
            self._http.stop()
        self._server.should_exit = True
        self._thread.join(timeout=2)
        self._inbox.close()
        for bell in self._bells:
            bell.close()

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:
        """Answer ``inbox`` (counters, bytes held in each partition), ``forget`` (conversation, names, done, before)."""
        if verb == "inbox":
            return {"held_bytes": self._inbox.held_bytes(), **self._inbox.counters}
        if verb == "forget":
            return self._forget(arguments)
        raise UnknownVerbError(f"the gateway does not know {verb!r}")

    def _forget(self, arguments: dict[str, str]) -> dict[str, Any]:
        conversation = arguments["conversation"]
        done, before = int(arguments.get("done", "0")), int(arguments.get("before", "0"))
        try:
            ids = self._http.forget(conversation) if self._http else forget_aliases(self._folder, conversation)
            names = {*ids, *json.loads(arguments.get("names", "[]"))}
            partition = self._folder.partition_of(conversation)
            return {"aliases": len(ids), **self._inbox.forget(conversation, names, partition, done, before)}
        except StoreError as error:
            raise AdminError(str(error)) from error
