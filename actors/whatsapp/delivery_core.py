"""The outgoing queue (BatchSendingOptimizer): what is sent next, and what each result means. Pure: no clock, no I/O.

Replies to one person go out in their order, one send at a time; between people the more urgent goes first. Every change
is returned so that it is on disk before a send goes out: after a crash a send that was under way is ``unknown``, and is
not sent again before a status webhook, or the lack of one while others come, has told what became of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from actors.whatsapp.delivery_doubt import Doubt
from actors.whatsapp.delivery_progress import RANK, progress
from actors.whatsapp.delivery_queues import DeliveryQueues, Pair, PairKey
from actors.whatsapp.send_outcome import Outcome, Send, Verdict, classify
from actors.whatsapp.send_rates import backoff_ms
from actors.whatsapp.settings import DeliverySettings
from messages.delivery import DeliveryStatus, Outgoing, OutgoingState
from messages.row import Reply

ACTIVE: Final[frozenset[OutgoingState]] = frozenset({"waiting", "sending", "unknown"})
_JOINT: Final = "\n\n"

Changes = list[Outgoing]


class DeliveryCore:
    """The queue's state between events.

    Args:
        settings: of delivery.
        rng: source of jitter.
    """

    def __init__(self, settings: DeliverySettings, rng: random.Random) -> None:
        self._settings = settings
        self._rng = rng
        self._queues = DeliveryQueues(settings, rng)
        self._sends: dict[str, PairKey] = {}
        self._unknown: dict[str, Doubt] = {}

    # ---- what comes in -------------------------------------------------------------------------------------------

    def add(self, reply: Reply, now_ms: int) -> Outgoing:
        """Take a new reply.

        Returns:
            its record: waiting, or recorded only (a dry run, or a source that cannot be sent to).
        """
        if self._settings.dry_run or not reply.channel or ":" in reply.channel:
            reason = "" if self._settings.dry_run else f"there is no sender for {reply.channel or 'an unnamed channel'}"
            return Outgoing(reply=reply, state="dry_run", changed_ms=now_ms, error=reason)
        record = Outgoing(reply=reply, changed_ms=now_ms)
        self._queues.append(record, now_ms)
        return record

    def restore(self, records: Iterable[Outgoing], now_ms: int) -> Changes:
        """Take the unfinished records of an earlier life, in the order in which they came.

        Returns:
            those whose send was under way, now ``unknown``.
        """
        changes: Changes = []
        # Those under way first: they stand at the head of their queues.
        for record in sorted(records, key=lambda record: record.state == "waiting"):
            if record.state == "waiting":
                self._queues.append(record, now_ms)
                continue
            if record.state == "sending":
                record = msgspec.structs.replace(record, state="unknown", changed_ms=now_ms)  # noqa: PLW2901
                changes.append(record)
            pair = self._queues.pair(record)
            pair.queue.append(record)
            pair.under_way = record.send_id
            self._queues.waiting += 1
            self._sends[record.send_id] = pair.key
            self._unknown[record.send_id] = Doubt(record.changed_ms)
        return changes

    def suppress(self, conversation: str, now_ms: int) -> Changes:
        """Drop what waits for a customer who opted out or whom a person has taken over."""
        changes: Changes = []
        for pair in self._queues.pairs.values():
            if pair.key[1] != conversation:
                continue
            kept = [record for record in pair.queue if record.state != "waiting"]
            changes += [
                msgspec.structs.replace(record, state="dead", changed_ms=now_ms, error="dropped before it was sent")
                for record in pair.queue
                if record.state == "waiting"
            ]
            self._queues.waiting -= len(pair.queue) - len(kept)
            pair.queue = kept
        return changes

    # ---- what goes out ---------------------------------------------------------------------------------------------

    def due(self, now_ms: int, limit: int) -> tuple[list[Send], Changes]:
        """Choose what to send now.

        Args:
            now_ms: the time, milliseconds since 1970 UTC.
            limit: sends that may be begun.

        Returns:
            the sends, and the changes that must be on disk before they go out.
        """
        self._queues.wake(now_ms)
        sends: list[Send] = []
        changes: Changes = []
        for channel in self._queues.channels.values():
            while len(sends) < limit and (pair := self._queues.pop(channel, now_ms)) is not None:
                send = self._begin(pair, now_ms, changes)
                if send is None:
                    self._queues.offer(pair, now_ms)
                    continue
                channel.bucket.take(now_ms)
                pair.bucket.take(now_ms)
                channel.breaker.tried()
                channel.in_flight += 1
                self._sends[send.send_id] = pair.key
                sends.append(send)
        return sends, changes

    def _begin(self, pair: Pair, now_ms: int, changes: Changes) -> Send | None:
        head = pair.queue[0]
        settings = self._settings
        template, language = head.reply.template, settings.window_template_language
        if not template and self._window_closed(head.reply, now_ms):
            if not settings.window_template:
                self._finish(pair, [head], "handed_over", now_ms, changes, error="the 24-hour window has closed")
                return None
            template = settings.window_template
        members = [head]
        if head.send_id:
            # Sent once before: the same again, so that a late status of the first try still means this text.
            members = [record for record in pair.queue if record.send_id == head.send_id]
        elif settings.coalesce and not template:
            members = self._joinable(pair.queue)
        send_id = head.send_id or head.reply.reply_id
        for place, record in enumerate(members):
            members[place] = msgspec.structs.replace(
                record, state="sending", send_id=send_id, attempts=record.attempts + 1, changed_ms=now_ms
            )
        pair.queue[: len(members)] = members
        pair.under_way = send_id
        changes += members
        text = _JOINT.join(record.reply.text for record in members)
        return Send(send_id, pair.key[0], pair.key[1], text, template, language if template else "")

    def _window_closed(self, reply: Reply, now_ms: int) -> bool:
        margin = self._settings.window_margin_s * 1000
        return bool(reply.window_until_ms) and now_ms > reply.window_until_ms - margin

    def _joinable(self, queue: Sequence[Outgoing]) -> list[Outgoing]:
        members = [queue[0]]
        size = len(queue[0].reply.text)
        for record in queue[1:]:
            size += len(_JOINT) + len(record.reply.text)
            if record.reply.template or record.send_id or size > self._settings.max_text:
                break
            members.append(record)
        return members

    # ---- what came of it -------------------------------------------------------------------------------------------

    def outcome(self, send_id: str, outcome: Outcome, now_ms: int) -> Changes:
        """Take the result of a send.

        Returns:
            the changes; none for a send that a status has settled meanwhile.
        """
        if send_id not in self._sends:
            return []
        channel = self._queues.channel(self._sends[send_id][0])
        if send_id not in self._unknown:
            channel.in_flight = max(0, channel.in_flight - 1)
        return self._settle(send_id, outcome, now_ms)

    def _settle(self, send_id: str, outcome: Outcome, now_ms: int) -> Changes:
        key = self._sends[send_id]
        pair, channel = self._queues.pairs[key], self._queues.channel(key[0])
        members = pair.members()
        changes: Changes = []
        verdict = outcome.verdict
        if verdict is Verdict.UNKNOWN:
            self._mark_unknown(pair, send_id, outcome, now_ms, changes)
            channel.breaker.failed(now_ms)
            return changes
        del self._sends[send_id]
        self._unknown.pop(send_id, None)
        pair.under_way = ""
        if verdict is Verdict.SENT:
            channel.breaker.succeeded()
            channel.throttled = 0
            self._finish(pair, members, "sent", now_ms, changes, message_id=outcome.message_id)
        elif verdict is Verdict.REFUSED:
            channel.breaker.succeeded()  # the number works; this message does not
            self._finish(pair, members, "dead", now_ms, changes, code=outcome.code, error=outcome.detail)
        else:
            self._put_back(pair, members, outcome, now_ms, changes)
        self._queues.offer(pair, now_ms)
        self._queues.sweep(now_ms)
        return changes

    def _put_back(self, pair: Pair, members: list[Outgoing], outcome: Outcome, now_ms: int, changes: Changes) -> None:
        settings, channel = self._settings, self._queues.channel(pair.key[0])
        verdict = outcome.verdict
        attempts = members[0].attempts
        counted = verdict is Verdict.RETRY
        next_ms = now_ms + max(
            backoff_ms(attempts, settings.backoff_s, settings.backoff_max_s, self._rng), outcome.retry_after_ms
        )
        if verdict is Verdict.WINDOW:
            # Our clock and theirs differ: believe them.
            if not settings.window_template:
                reason = "the 24-hour window has closed"
                self._finish(pair, members, "handed_over", now_ms, changes, code=outcome.code, error=reason)
                return
            closed = [
                msgspec.structs.replace(
                    record, reply=msgspec.structs.replace(record.reply, window_until_ms=1), send_id=""
                )
                for record in members
            ]
            pair.queue[: len(members)] = members = closed
            counted, next_ms = True, now_ms
        elif verdict is Verdict.SLOW_CHANNEL:
            channel.throttled += 1
            wait = backoff_ms(channel.throttled, settings.backoff_s, settings.backoff_max_s, self._rng)
            channel.hold_ms = now_ms + max(wait, outcome.retry_after_ms)
            channel.bucket.empty(now_ms)
            channel.breaker.succeeded()
            next_ms = now_ms
        elif verdict is Verdict.SLOW_PAIR:
            pair.hold_ms = next_ms = now_ms + max(int(settings.pair_every_s * 1000), outcome.retry_after_ms)
            channel.breaker.succeeded()
        elif verdict is Verdict.CHANNEL:
            channel.breaker.failed(now_ms, certain=True)
            next_ms = now_ms
        else:
            channel.breaker.failed(now_ms)
        if counted and attempts >= settings.max_attempts:
            reason = f"given up after {attempts} tries: {outcome.detail}"
            self._finish(pair, members, "dead", now_ms, changes, code=outcome.code, error=reason)
            return
        back = [
            msgspec.structs.replace(
                record,
                state="waiting",
                next_ms=next_ms,
                changed_ms=now_ms,
                attempts=record.attempts if counted else record.attempts - 1,
                code=outcome.code,
                error=outcome.detail,
            )
            for record in members
        ]
        pair.queue[: len(members)] = back
        changes += back

    def _mark_unknown(self, pair: Pair, send_id: str, outcome: Outcome, now_ms: int, changes: Changes) -> None:
        members = [
            msgspec.structs.replace(record, state="unknown", changed_ms=now_ms, code=outcome.code, error=outcome.detail)
            for record in pair.members()
        ]
        pair.queue[: len(members)] = members
        changes += members
        self._unknown[send_id] = Doubt(now_ms)

    def _finish(
        self,
        pair: Pair,
        members: Sequence[Outgoing],
        state: OutgoingState,
        now_ms: int,
        changes: Changes,
        *,
        message_id: str = "",
        code: int = 0,
        error: str = "",
    ) -> None:
        changes += [
            msgspec.structs.replace(
                record, state=state, message_id=message_id, changed_ms=now_ms, code=code, error=error
            )
            for record in members
        ]
        self._queues.drop(pair, len(members))

    # ---- what the channel reports ----------------------------------------------------------------------------------

    def report(self, status: DeliveryStatus, now_ms: int) -> Changes:
        """Take a status webhook; settles a send whose outcome is unknown, or not yet answered.

        Returns:
            the changes; none where it concerns no unfinished send (then ``progress`` applies to the finished record).
        """
        for send_id, doubt in self._unknown.items():
            if not doubt.heard_ms and self._sends[send_id][0] == status.channel:
                doubt.heard_ms = now_ms
        if not status.callback or status.callback not in self._sends:
            return []
        send_id = status.callback
        if send_id not in self._unknown:
            # The answer to the request itself is still to come, and frees the slot.
            self._queues.channel(self._sends[send_id][0]).in_flight -= 1
        if status.state in RANK:
            changes = self._settle(send_id, Outcome(Verdict.SENT, status.message_id), now_ms)
            return [progress(record, status) or record for record in changes]
        if status.state == "failed":
            verdict = classify(status.code, 0)
            return self._settle(send_id, Outcome(verdict, "", status.code, status.detail), now_ms)
        return []

    def reopen(self, records: Sequence[Outgoing], status: DeliveryStatus, now_ms: int) -> Changes:
        """Take a failure that the channel reports after it had accepted the send.

        Args:
            records: the finished records of that send, in their order.
            status: with state ``failed``.
            now_ms: the time.

        Returns:
            the changes: waiting again, or given up.
        """
        if not records or records[0].state != "sent":
            return []  # delivered or given up already: a late or repeated report
        pair = self._queues.pair(records[0])
        if pair.under_way:
            return [
                msgspec.structs.replace(
                    record, state="dead", changed_ms=now_ms, code=status.code, error=status.detail or "failed"
                )
                for record in records
            ]
        pair.queue[:0] = list(records)
        self._queues.waiting += len(records)
        send_id = records[0].send_id
        pair.under_way = send_id
        self._sends[send_id] = pair.key
        self._queues.channel(pair.key[0]).in_flight += 1
        verdict = classify(status.code, 0)
        return self.outcome(send_id, Outcome(verdict, "", status.code, status.detail), now_ms)

    def tick(self, now_ms: int) -> Changes:
        """Settle sends whose outcome has been unknown for long enough."""
        changes: Changes = []
        for send_id, doubt in list(self._unknown.items()):
            if now_ms < doubt.settled_ms(self._settings):
                continue
            if doubt.heard_ms:
                # Statuses of other sends have come all that time, and none of this one: it was not sent.
                lost = Outcome(Verdict.RETRY, "", 0, "no answer, and no status while others came: sent again")
                changes += self._settle(send_id, lost, now_ms)
            else:
                dead = Outcome(Verdict.REFUSED, "", 0, "no answer and no status: it may have been sent or not")
                changes += self._settle(send_id, dead, now_ms)
        return changes

    # ---- how it stands -----------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Count the replies that are not finished."""
        return self._queues.waiting

    def next_ms(self, now_ms: int) -> int | None:
        """Tell when something may be due without a new event; None for never."""
        times = [doubt.settled_ms(self._settings) for doubt in self._unknown.values()]
        turn = self._queues.next_ms(now_ms)
        if turn is not None:
            times.append(turn)
        return max(now_ms, min(times)) if times else None

    def breakers(self) -> dict[str, str]:
        """Tell each number's circuit: ``closed``, ``open`` or ``half_open``."""
        return {name: channel.breaker.state for name, channel in self._queues.channels.items()}
