"""Delivers webhooks as Meta does: signed, again and again until they are answered 200, at a given rate."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable

from actors.whatsapp.signature import sign_body
from stress.whatsapp_server.webhook_client import WebhookClient


class Deliverer:
    """Signs and posts bodies.

    Args:
        client: posts them.
        path: the webhook's path.
        secret: the app's secret.
        first_wait_s: before the first redelivery; doubled each time up to ``longest_wait_s``.
        longest_wait_s: between two redeliveries.
        give_up_s: a body is dropped after this (Meta: seven days).

    Attributes:
        answers: how often each status came, 0 for none in time.
        acks_s: from sending to answer, seconds, of those answered 200.
        redelivered: how often a body was sent again.
        dropped: bodies given up.
    """

    def __init__(
        self,
        client: WebhookClient,
        path: str,
        secret: str,
        *,
        first_wait_s: float = 0.1,
        longest_wait_s: float = 2.0,
        give_up_s: float = 7 * 86_400.0,
    ) -> None:
        self._client = client
        self._path = path
        self._secret = secret
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self._give_up_s = give_up_s
        self.answers: Counter[int] = Counter()
        self.acks_s: list[float] = []
        self.redelivered = 0
        self.dropped = 0

    async def deliver(self, body: bytes) -> bool:
        """Deliver one body until it is answered 200.

        Returns:
            False where it was given up.
        """
        headers = {"X-Hub-Signature-256": sign_body(self._secret, body)}
        began = time.monotonic()
        wait = self._first_wait_s
        while True:
            sent = time.perf_counter()
            status = await self._client.post(self._path, body, headers)
            self.answers[status] += 1
            if status == 200:
                self.acks_s.append(time.perf_counter() - sent)
                return True
            if time.monotonic() - began + wait > self._give_up_s:
                self.dropped += 1
                return False
            await asyncio.sleep(wait)
            wait = min(wait * 2, self._longest_wait_s)
            self.redelivered += 1

    async def run(self, bodies: Iterable[bytes], *, per_s: float = 0.0, at_once: int = 64, burst: int = 1) -> None:
        """Deliver bodies side by side.

        Args:
            bodies: what to deliver.
            per_s: bodies a second, 0 for as fast as they are answered. The schedule does not wait for answers.
            at_once: how many are under way at most.
            burst: so many start together, at the same mean rate.
        """
        slots = asyncio.Semaphore(at_once)
        began = time.perf_counter()

        async def one(body: bytes) -> None:
            try:
                await self.deliver(body)
            finally:
                slots.release()

        async with asyncio.TaskGroup() as group:
            for index, body in enumerate(bodies):
                if per_s and index % burst == 0:
                    ahead = began + index / per_s - time.perf_counter()
                    if ahead > 0:
                        await asyncio.sleep(ahead)
                await slots.acquire()
                group.create_task(one(body))
