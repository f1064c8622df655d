"""The shard: a process that hosts the sessions of some partitions, and asks the language pool for them."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from actors.session.dispatcher import Dispatcher
from actors.session.latency import LatencyCounts
from actors.session.lazy_inbox import LazyInbox
from actors.session.media_desk import MediaDesk
from actors.session.operated_host import OperatedHost
from actors.session.partition_host import PartitionHost
from actors.session.ringing import Ringing
from actors.session.service_building import services_of
from actors.session.shard_admin import ShardAdmin
from actors.session.tidying import Tidying
from actors.session.tier_choice import TierChoice
from actors.session.work_items import Asked, blamed_batch, wait_again, waited_ms, weigh_text, work_item
from actors.system.bell_pipe import BellPipe
from actors.system.settings import Settings
from actors.system.steady_clock import SteadyClock
from actors.system.text_in_work import TextInWork, shard_slot
from messages.doorbell import Seen, Taking
from messages.media import MediaResultBatch
from messages.understanding import ResultBatch, WorkBatch, WorkResult
from messages.wire import Wire
from store.errors import DiskFull, Fenced, QueueFull
from store.folder import DataFolder
from store.partition import PartitionState
from supervision.process_actor import Address, ProcessActor

TICK_S = 0.25
GATHER_S = 0.005
"""Batches go out at least so far apart unless they are large: a message between processes costs about a millisecond
of processor time at both ends together, whatever it holds."""
GATHER_COUNT = 32
"""As many messages do not wait."""
COMMIT_S = 0.006
"""Turns gather for so long before they are committed together: an fsync costs 0.3 to 8 ms."""
COMMIT_COUNT = 512
"""As many finished messages do not wait."""
POOL = "language"


class ShardActor(ProcessActor):
    """Hosts sessions; each turn is one commit."""

    accepts = Seen | Taking | ResultBatch | MediaResultBatch

    def started(self, config: bytes) -> None:
        """Take the partitions over, raising their epoch, and read on where they stand.

        Args:
            config: the settings as JSON.
        """
        self._settings = settings = Settings.model_validate_json(config)
        self._now_ms = now_ms = SteadyClock()
        folder = DataFolder.open(settings.folder)
        number = int(self.name.rsplit("-", 1)[1])
        services, self._replies = services_of(settings, lambda line: self.log.warning("services", note=line))
        policy = settings.host_policy(services)
        self._media = MediaDesk(self.name, folder.media, settings, now_ms)
        self._dispatcher: Dispatcher[Asked] = Dispatcher(
            settings.dispatch_policy(),
            now_ms,
            partial(blamed_batch, settings.folder, self.name),
            weigh_text,
            wait_again,
        )
        self._states: dict[int, PartitionState] = {}
        self._hosts: dict[int, OperatedHost] = {}
        self._marks_sent: dict[int, int] = {}
        self._workers: dict[str, Address] = {}
        self._uncommitted: set[PartitionHost] = set()
        self._commit_waits = False
        self._gathering = False
        self._sent_at = 0.0
        self._held: list[tuple[Asked, WorkResult]] = []
        self._latency = LatencyCounts()
        for partition in range(number, folder.partitions, settings.sessions.shards):
            state = PartitionState(
                folder.state(partition), owner=self.name, max_rows_bytes=settings.sessions.rows_max_bytes
            )
            self._states[partition] = state
            host = OperatedHost(partition, LazyInbox(folder.inbox(partition)), state, policy, now_ms)
            host.on_commit = lambda began: self._latency.add(began, now_ms())
            host.on_gallery_news = self._tell_gallery
            self._hosts[partition] = host
        self._ringing = Ringing(self, self._states)
        self._tidying = Tidying(self, self._states, now_ms, self._replies.refresh)
        self._texts, self._slot = TextInWork(folder.path), shard_slot(number)
        self._bell = BellPipe(folder.path, self.name)
        self.watch(self._bell.listen())
        self._tiers = TierChoice(settings.tier_policy())
        self._admin = ShardAdmin(self._hosts, self._states, now_ms, self._latency, self._tiers)
        self.timers.after(0.0, self._tick, key="tick")

    # -- events -------------------------------------------------------------------------------------------------

    def received(self, message: Wire, sender: Address) -> None:  # noqa: ARG002 - the hook's signature
        """Do a turn for a bell or for results."""
        if isinstance(message, ResultBatch):
            self._settle(message)
        elif isinstance(message, MediaResultBatch):
            self._files_read(message)
        elif isinstance(message, Taking):
            self._taking(message)
        elif isinstance(message, Seen) and message.reader == "delivery":
            self._ringing.delivery_answered()
            for partition, mark in message.marks.items():
                state = self._states.get(partition)
                if state is not None and mark > state.replies_first:
                    self._tidying.with_room(partial(state.trim_replies, mark))
            self._ringing.ring_delivery()
        elif isinstance(message, Seen):
            self._ringing.sink_answered()
            for partition, mark in message.marks.items():
                state = self._states.get(partition)
                # Trimming costs a commit: worth it for some hundred rows, or when all is drained.
                if state is not None and (
                    mark - state.rows_first >= 512 or (mark == state.rows_next and mark > state.rows_first)
                ):
                    self._tidying.with_room(partial(state.trim_rows, mark))
            for host in self._hosts.values():
                if host.blocked:
                    self._commit(host)
            self._apply_held()
            self._ringing.ring_sink()

    def _taking(self, said: Taking) -> None:
        if said.worker.startswith(f"{POOL}/"):
            self._dispatcher.let_work(f"{said.worker}#{said.incarnation}", work=said.work)
            self._dispatcher.handed_back(said.batch)
        else:
            self._media.let_work(said)
        self._pump()

    def readable(self, fd: int) -> None:  # noqa: ARG002 - there is one
        """Look into the inboxes: the gateway has rung. How far they are done is told by the tick."""
        self._bell.drain()
        self._read_on()

    def directory_changed(self) -> None:
        """Learn who works in the pool now, and ring a new sink."""
        # A restarted worker is another one: what its predecessor held is lost.
        self._workers = {
            f"{name}#{self.incarnations[name]}": address
            for name, address in self.directory.items()
            if name.startswith(f"{POOL}/")
        }
        lost = self._dispatcher.set_workers(self._workers)
        self._media_lost(self._media.set_workers(self.directory, self.incarnations))
        for host, cell, token in lost.items:
            host.fail(cell, token, "worker_died", f"worker {lost.worker} died with this message alone in its hands")
        self._pump()
        self._ringing.ring_anew()

    def _tick(self) -> None:
        for name in self._dispatcher.overdue():
            self._give_up(name)
        for name, incarnation, lost in self._media.overdue():
            self.report_hung(name, "no answer to a batch of files within its deadline", incarnation)
            self._media_lost(lost)
        for host in self._hosts.values():
            host.tick()
        self._read_on()
        self._commit_every()
        self._apply_held()
        marks = {partition: host.cursor for partition, host in self._hosts.items()}
        gateway = self.directory.get("gateway")
        if marks != self._marks_sent and gateway is not None:
            self._marks_sent = marks
            self.tell(gateway, Seen(reader=self.name, marks=marks))
        self._tidying.expire()
        wakes = [wake for host in self._hosts.values() for wake in host.wakes]
        wait = TICK_S if not wakes else min(TICK_S, max(0.001, (min(wakes) - self._now_ms()) / 1000))
        self.timers.after(wait, self._tick, key="tick")

    def _give_up(self, worker: str) -> None:
        self.log.warning("worker hung", worker=worker)
        self.counters["hung_workers"] += 1
        lost = self._dispatcher.drop_worker(worker)
        name, _, incarnation = worker.partition("#")
        self.report_hung(name, "no answer to a batch within its deadline", int(incarnation))
        for host, cell, token in lost:
            host.fail(cell, token, "worker_hung", f"worker {worker} did not answer in time")

    # -- work ---------------------------------------------------------------------------------------------------

    def _read_on(self) -> None:
        if not self.paused_now:
            for host in self._hosts.values():
                while host.take_in() >= 1_024:
                    pass
        self._pump()

    def _pump(self) -> None:
        for host in self._hosts.values():
            while host.asks:
                cell, token = host.asks.popleft()
                if cell.state.attempts > 1:
                    self._dispatcher.offer_alone((host, cell, token))
                else:
                    self._dispatcher.offer((host, cell, token))
            while host.reads:
                cell, token = host.reads.popleft()
                self._media.offer(host, cell, token)
        for address, files in self._media.take():
            self.tell(address, files)
        self._send_batches()
        self._say_whether_busy()

    def _send_batches(self) -> None:
        wait = self._sent_at + GATHER_S - time.monotonic()
        if wait > 0 and self._dispatcher.queued < GATHER_COUNT:
            if not self._gathering:
                self._gathering = True
                self.timers.after(wait, self._gathered)
            return
        while (flight := self._dispatcher.take()) is not None:
            asked = {
                key: cell
                for key, (_, cell, token) in flight.items.items()
                if cell.state.token == token and cell.state.current is not None
            }
            if not asked:
                self._dispatcher.answered(flight.number)
                continue
            for host, cell, token in flight.items.values():
                if cell.state.token == token:
                    host.begin(cell)
            now_ms = self._now_ms()
            batch = WorkBatch(
                batch=flight.number,
                shard=self.name,
                deadline_ms=flight.deadline_ms,
                items=tuple(work_item(key, cell) for key, cell in asked.items()),
                tier=self._tiers.seen(waited_ms(asked.values(), now_ms), now_ms),
            )
            self.tell(self._workers[flight.worker], batch)
            self._sent_at = time.monotonic()

    def _gathered(self) -> None:
        self._gathering = False
        self._send_batches()

    def _settle(self, answer: ResultBatch) -> None:
        flight = self._dispatcher.answered(answer.batch)
        if flight is None:
            self.counters["late_answers"] += 1
            return
        items = dict(flight.items)
        touched: set[PartitionHost] = set()
        for result in answer.results:
            asked = items.pop(result.key, None)
            if asked is not None:
                self._apply(asked, result, touched)
        for asked in items.values():
            # Left out of the batch because the session had moved on, or forgotten by the worker.
            host, cell, token = asked
            if cell.state.token == token and cell.state.current is not None:
                host.fail(cell, token, "unanswered", f"worker {answer.worker} gave no result for this message")
                touched.add(host)
        self._end_turn(touched)

    def _apply(self, asked: Asked, result: WorkResult, touched: set[PartitionHost]) -> None:
        host, cell, token = asked
        if host.blocked:
            # Its last turn waits for room: no second one grows behind it.
            self._held.append((asked, result))
        else:
            host.answer(cell, token, result)
            touched.add(host)

    def _files_read(self, answer: MediaResultBatch) -> None:
        for host, cell, token, results in self._media.answered(answer):
            host.files_read(cell, token, results)
        self._pump()

    def _media_lost(self, lost: list[Asked]) -> None:
        for host, cell, token in lost:
            host.fail(cell, token, "its reader died or hung", "")
        self._pump()

    def _apply_held(self) -> None:
        held, self._held = self._held, []
        touched: set[PartitionHost] = set()
        for asked, result in held:
            self._apply(asked, result, touched)
        self._end_turn(touched)

    def _end_turn(self, touched: set[PartitionHost]) -> None:
        if not self.paused_now:
            for host in touched:
                host.take_in()
        self._pump()
        self._uncommitted |= touched
        nothing_comes = not self._dispatcher.in_flight and not self._dispatcher.queued
        if nothing_comes or sum(host.undurable for host in self._uncommitted) >= COMMIT_COUNT:
            self._commit_all()
        elif self._uncommitted and not self._commit_waits:
            self._commit_waits = True
            self.timers.after(COMMIT_S, self._commit_all)

    def _commit_all(self) -> None:
        self._commit_waits = False
        hosts, self._uncommitted = self._uncommitted, set()
        for host in hosts:
            self._commit(host)
        self._say_whether_busy()

    def _say_whether_busy(self) -> None:
        # A message whose files are being read is not in work: its readers would stand still for themselves.
        work = self._dispatcher
        busy = bool(work.queued or work.in_flight or any(host.undurable for host in self._hosts.values()))
        self._texts.say(self._slot, busy=busy)

    def _commit_every(self) -> None:
        for host in self._hosts.values():
            self._commit(host)

    def _commit(self, host: PartitionHost) -> None:
        try:
            wrote = host.commit()
        except (DiskFull, QueueFull) as error:
            if not host.blocked:
                self.log.error("turn waits", partition=host.partition, reason=str(error))
            host.blocked = True
            return
        except Fenced:
            self.log.error("fenced: another owner has taken the partition", partition=host.partition)
            raise
        host.blocked = False
        if wrote:
            self._ringing.rows_written()

    def _tell_gallery(self, news: list[Wire]) -> None:
        for message in news:
            self.tell_name("media/gallery", message)

    # -- control ------------------------------------------------------------------------------------------------

    def resumed(self) -> None:
        """Go on taking messages in."""
        self._read_on()

    def drained(self) -> bool:
        """Tell whether all that was read is finished; what waits in the inbox is durable, and stays there."""
        if any(host.open_count for host in self._hosts.values()):
            return False
        # What is decided must be committed too: the sink stops before the shards do, and would not see it.
        self._commit_every()
        return True

    def stopping(self, reason: str) -> None:  # noqa: ARG002 - the hook's signature
        """Commit what is decided, and close."""
        self._commit_every()
        for state in self._states.values():
            state.close()

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:
        """Answer latency, locks, unlock, sessions, session, dead letters, tier, and what to forget."""
        # Before and after: what is asked about is decided, and what an answer has changed is committed.
        self._commit_every()
        answer = self._admin.answer(verb, arguments)
        self._pump()
        self._commit_every()
        return answer

    def status(self) -> dict[str, Any]:
        """Tell how the shard is, with the counts of its hosts."""
        names = {name for host in self._hosts.values() for name in host.counters}
        for name in names:
            self.counters[name] = sum(host.counters[name] for host in self._hosts.values())
        self.counters["lookups"] = self._replies.lookups
        self.gauges["resident_sessions"] = sum(host.resident_count for host in self._hosts.values())
        self.gauges["open_messages"] = sum(host.open_count for host in self._hosts.values())
        self.counters["tier_falls"] = self._tiers.falls
        self.gauges["queued"] = self._dispatcher.queued
        self.gauges["batches_in_flight"] = self._dispatcher.in_flight
        return super().status()
