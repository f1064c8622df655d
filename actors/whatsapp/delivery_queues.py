"""Who waits for whom: a queue for each person at each number, and the order in which they get their turn. Pure."""

from __future__ import annotations

import heapq
import random
from typing import Final

from actors.whatsapp.send_rates import Breaker, TokenBucket
from actors.whatsapp.settings import DeliverySettings
from messages.delivery import Outgoing

PairKey = tuple[str, str]
"""Number and conversation."""
_SWEPT: Final = 4096


class Pair:
    """One person at one number.

    Attributes:
        key: number and conversation.
        bucket: how often may be written to this person.
        queue: records in their order; those of a send under way are the first.
        under_way: id of the send that is under way or unknown, "" for none.
        hold_ms: nothing goes out before this.
    """

    __slots__ = ("bucket", "hold_ms", "key", "queue", "under_way")

    def __init__(self, key: PairKey, bucket: TokenBucket) -> None:
        self.key = key
        self.bucket = bucket
        self.queue: list[Outgoing] = []
        self.under_way = ""
        self.hold_ms = 0

    def members(self) -> list[Outgoing]:
        """Give the records of the send that is under way."""
        return [record for record in self.queue if record.send_id == self.under_way] if self.under_way else []


class Channel:
    """One number.

    Attributes:
        bucket: how fast it may send.
        breaker: whether it works.
        ready: pairs whose turn it is, the most urgent first; entries may be out of date.
        in_flight: requests under way.
        hold_ms: nothing goes out before this.
        throttled: how often in a row it was told to slow down.
    """

    __slots__ = ("breaker", "bucket", "hold_ms", "in_flight", "ready", "throttled")

    def __init__(self, bucket: TokenBucket, breaker: Breaker) -> None:
        self.bucket = bucket
        self.breaker = breaker
        self.ready: list[tuple[int, int, PairKey]] = []
        self.in_flight = 0
        self.hold_ms = 0
        self.throttled = 0

    def ready_ms(self, now_ms: int) -> int | None:
        """Tell when it may send; None while a request is under way that decides it."""
        breaker = self.breaker.ready_ms(now_ms, self.in_flight)
        if breaker is None:
            return None
        return max(breaker, self.hold_ms, self.bucket.ready_ms(now_ms), now_ms)


class DeliveryQueues:
    """All pairs and numbers.

    Args:
        settings: of delivery.
        rng: source of jitter.

    Attributes:
        waiting: records held, also those under way.
    """

    def __init__(self, settings: DeliverySettings, rng: random.Random) -> None:
        self._settings = settings
        self._rng = rng
        self.pairs: dict[PairKey, Pair] = {}
        self.channels: dict[str, Channel] = {}
        self._held: list[tuple[int, int, PairKey]] = []
        self._order = 0
        self.waiting = 0

    def pair(self, record: Outgoing) -> Pair:
        """Give a record's pair, made where it is new."""
        key = (record.reply.channel, record.reply.conversation)
        pair = self.pairs.get(key)
        if pair is None:
            bucket = TokenBucket(self._settings.pair_every_s * 1000, self._settings.pair_burst)
            pair = self.pairs[key] = Pair(key, bucket)
        return pair

    def channel(self, name: str) -> Channel:
        """Give a number, made where it is new."""
        channel = self.channels.get(name)
        if channel is None:
            settings = self._settings
            channel = self.channels[name] = Channel(
                TokenBucket(1000 / settings.channel_per_s, settings.channel_burst),
                Breaker(settings.breaker_failures, settings.breaker_open_s, settings.breaker_open_max_s, self._rng),
            )
        return channel

    def append(self, record: Outgoing, now_ms: int) -> None:
        """Queue a waiting record."""
        pair = self.pair(record)
        pair.queue.append(record)
        self.waiting += 1
        self.offer(pair, now_ms)

    def drop(self, pair: Pair, count: int) -> None:
        """Take the first records out of a queue."""
        del pair.queue[:count]
        self.waiting -= count

    def offer(self, pair: Pair, now_ms: int) -> None:
        """Give a pair its turn, now or when its wait is over."""
        if not pair.queue or pair.under_way:
            return
        if not self._hold(pair, now_ms):
            urgent = min(record.reply.priority for record in pair.queue)
            self._order += 1
            heapq.heappush(self.channel(pair.key[0]).ready, (urgent, self._order, pair.key))

    def _hold(self, pair: Pair, now_ms: int) -> bool:
        at_ms = max(pair.hold_ms, pair.queue[0].next_ms, pair.bucket.ready_ms(now_ms))
        if at_ms <= now_ms:
            return False
        self._order += 1
        heapq.heappush(self._held, (at_ms, self._order, pair.key))
        return True

    def wake(self, now_ms: int) -> None:
        """Give those their turn whose wait is over."""
        while self._held and self._held[0][0] <= now_ms:
            pair = self.pairs.get(heapq.heappop(self._held)[2])
            if pair is not None:
                self.offer(pair, now_ms)

    def pop(self, channel: Channel, now_ms: int) -> Pair | None:
        """Take the next pair of a number that may send now; None when there is none."""
        while channel.ready and channel.ready_ms(now_ms) == now_ms:
            pair = self.pairs.get(heapq.heappop(channel.ready)[2])
            # An entry may be out of date: the pair was offered twice, or has been sent to since.
            if pair is not None and not pair.under_way and pair.queue and not self._hold(pair, now_ms):
                return pair
        return None

    def next_ms(self, now_ms: int) -> int | None:
        """Tell when a turn comes without a new event; None for never."""
        times = [self._held[0][0]] if self._held else []
        ready = [channel.ready_ms(now_ms) for channel in self.channels.values() if channel.ready]
        times += [at_ms for at_ms in ready if at_ms is not None]
        return max(now_ms, min(times)) if times else None

    def sweep(self, now_ms: int) -> None:
        """Forget idle pairs: each is kept for its bucket only, and that is full again."""
        if len(self.pairs) > _SWEPT:
            idle = [k for k, p in self.pairs.items() if not p.queue and p.bucket.full(now_ms) and p.hold_ms <= now_ms]
            for key in idle:
                del self.pairs[key]
