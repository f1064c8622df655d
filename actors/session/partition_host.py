"""Hosts the sessions of one partition: a mailbox, a state and a behaviour each, and one commit a turn for all.

Nothing here knows of processes: the inbox, the state, the clock and the policies are passed in.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from traceback import format_exc

from actors.session import letters
from actors.session import ordering as order
from actors.session.digest import digest_of
from actors.session.errors import StaleAnswer
from actors.session.events import (
    Ask,
    AskToRead,
    Begun,
    Delivered,
    Effect,
    Event,
    Failed,
    FilesRead,
    Finish,
    Overdue,
    SetAside,
    Tick,
    Understood,
    WakeAt,
)
from actors.session.gallery_news import GalleryNews
from actors.session.host_policy import HostPolicy, Inbox
from actors.session.low_water_mark import LowWaterMark
from actors.session.ordering import Arrival
from actors.session.residents import Cell, Residents
from actors.session.run_tallies import RunTallies
from actors.session.session import advance
from actors.session.transitions import Phase
from messages.inbound import INBOX_ENTRY, Struck
from messages.media import MediaResult
from messages.understanding import WorkResult
from messages.wire import Wire, WireError, encode
from store.partition import PartitionState, Turn

REPLAYED = -1
"""Position of a message that comes from the dead-letter queue and not from the inbox."""


QUEUED_MS = 1_000
"""A wait for a worker longer than this is taken off the lease; shorter ones are not worth the trouble."""


class PartitionHost:
    """The sessions of one partition.

    Args:
        partition: its number.
        inbox: the log that the gateway writes.
        state: the state that this host alone writes.
        policy: the bounds.
        clock: gives milliseconds since 1970 UTC.
    """

    def __init__(
        self, partition: int, inbox: Inbox, state: PartitionState, policy: HostPolicy, clock: Callable[[], int]
    ) -> None:
        self.partition = partition
        self.policy = policy
        self.asks: deque[tuple[Cell, int]] = deque()
        self.reads: deque[tuple[Cell, int]] = deque()
        self.wakes: list[int] = []
        self.counters: dict[str, int] = dict.fromkeys(
            ("rows", "duplicates", "late", "gaps", "set_aside", "retries", "overdue", "stale", "unreadable", "redone"),
            0,
        )
        self.on_commit: Callable[[list[int]], None] | None = None
        self.on_gallery_news: Callable[[list[Wire]], None] | None = None
        self.blocked = False
        self._inbox = inbox
        self._state = state
        self._clock = clock
        self._turn: Turn = state.begin()
        self._mark = LowWaterMark(state.cursor(), state.fact(LowWaterMark.FACT))
        self._read_from = state.cursor()
        self._residents = Residents(state, policy.resident_limit, policy.idle_ms)
        self._in_work: OrderedDict[str, Cell] = OrderedDict()
        self._holding: dict[str, Cell] = {}
        self._dirty: list[Cell] = []
        self._pending: dict[bytes, int] = {}
        self._finished: list[bytes] = []
        self._committed_ms: list[int] = []
        self._news = GalleryNews()
        self._tallies = RunTallies(state)

    # -- taking in ----------------------------------------------------------------------------------------------

    def take_in(self) -> int:
        """Read new inbox entries as far as the window allows.

        Returns:
            how many were read.
        """
        room = self.policy.window - self._mark.open_count(self._read_from)
        if room <= 0 or self.blocked:
            return 0
        entries = self._inbox.read(self._read_from, limit=min(room, 1_024))
        if not entries:
            return 0
        self._read_from = entries[-1][0] + 1
        now_ms = self._clock()
        arrivals: list[Arrival] = []
        for position, raw in entries:
            if self._mark.is_done(position):
                continue
            try:
                message = INBOX_ENTRY.decode(raw)
            except WireError as error:
                self._keep_unreadable(position, raw, error, now_ms)
                continue
            if isinstance(message, Struck):
                # Finished, and forgotten since: its text is gone, its dedup key stays.
                self._mark.done(position)
                continue
            arrivals.append(Arrival(position, digest_of(message.conversation, message.id), message))
        claims = self._state.claimed([arrival.digest for arrival in arrivals])
        for arrival, claim in zip(arrivals, claims, strict=True):
            if claim is not None and claim[0] == arrival.position:
                # Finished before a crash, behind a mark that had not moved yet.
                self._mark.done(arrival.position)
                self.counters["redone"] += 1
            elif arrival.digest in self._pending or (claim is not None and not 0 < claim[1] <= now_ms):
                self._duplicate(arrival, now_ms)
            else:
                self._pending[arrival.digest] = arrival.position
                self._arrive(arrival, now_ms)
        return len(entries)

    def _keep_unreadable(self, position: int, raw: bytes, error: WireError, now_ms: int) -> None:
        letter = letters.unreadable(raw, error, now_ms)
        self._turn.put_letter(letter.letter_id, encode(letter))
        self._mark.done(position, unclaimed=True)
        self.counters["unreadable"] += 1

    def _duplicate(self, arrival: Arrival, now_ms: int) -> None:
        self._mark.done(arrival.position, unclaimed=True)
        self.counters["duplicates"] += 1
        self._tallies.count(arrival.message.run, now_ms, duplicates=1)

    def _arrive(self, arrival: Arrival, now_ms: int) -> None:
        try:
            cell = self._residents.activate(arrival.message.conversation, now_ms)
        except WireError as error:
            self._without_session(arrival, error, now_ms)
            return
        cell.ordering, released = order.arrive(cell.ordering, arrival, now_ms, self.policy.ordering)
        if cell.ordering.waiting:
            self._hold(cell)
        if released:
            cell.mailbox.extend(released)
            self._deliver(cell, now_ms)

    def _without_session(self, arrival: Arrival, error: WireError, now_ms: int) -> None:
        letter = letters.without_session(arrival, error, now_ms)
        self._turn.put_letter(letter.letter_id, encode(letter))
        self._claim(arrival, now_ms)
        self.counters["set_aside"] += 1
        self._tallies.count(arrival.message.run, now_ms, set_aside=1)

    def _hold(self, cell: Cell) -> None:
        self._holding[cell.key] = cell
        due = cell.ordering.due_ms
        if due is not None:
            self.wakes.append(due)

    # -- behaviour ----------------------------------------------------------------------------------------------

    def _deliver(self, cell: Cell, now_ms: int) -> None:
        # A loop, not a recursion: a thousand lines of the app's own may follow one another, each done at once.
        while cell.mailbox and cell.state.phase is Phase.IDLE:
            self._in_work[cell.key] = cell
            self._step(cell, Delivered(cell.mailbox.pop(0)), now_ms)
        if cell.state.phase is Phase.IDLE:
            self._in_work.pop(cell.key, None)

    def _step(self, cell: Cell, event: Event, now_ms: int) -> None:
        try:
            after, effects = advance(cell.state, event, now_ms, self.policy.session)
            rows = [encode(effect.row) for effect in effects if isinstance(effect, Finish)]
        except StaleAnswer:
            self.counters["stale"] += 1
            return
        except Exception:
            # A session fails alone: what its own code raises on an answer is a failed try of its message.
            if not isinstance(event, Understood):
                raise
            failed = Failed(event.token, "raised", format_exc())
            after, effects = advance(cell.state, failed, now_ms, self.policy.session)
            rows = []
        cell.state = after
        for row in rows:
            self._turn.add_row(row)
        for effect in effects:
            self._perform(cell, effect, now_ms)
        if cell.state.phase is Phase.IDLE and not isinstance(event, Delivered | Begun):
            self._deliver(cell, now_ms)

    def _perform(self, cell: Cell, effect: Effect, now_ms: int) -> None:
        if isinstance(effect, Ask):
            cell.queued = True
            self.asks.append((cell, effect.token))
            if cell.state.attempts > 1:
                self.counters["retries"] += 1
        elif isinstance(effect, AskToRead):
            cell.queued = True
            self.reads.append((cell, effect.token))
        elif isinstance(effect, Finish):
            self._finish(cell, effect, now_ms)
        elif isinstance(effect, SetAside):
            self._set_aside(cell, effect, now_ms)
        elif isinstance(effect, WakeAt):
            self.wakes.append(effect.at_ms)
        elif isinstance(effect, Overdue):
            self.counters["overdue"] += 1

    def _finish(self, cell: Cell, effect: Finish, now_ms: int) -> None:
        arrival = effect.released.arrival
        if effect.reply is not None:
            self._turn.add_reply(encode(effect.reply))
        if arrival.position == REPLAYED:
            self._turn.drop_letter(effect.row.row_id)
        self._done(cell, arrival, now_ms)
        self.counters["rows"] += 1
        late = int(effect.released.late)
        self.counters["late"] += late
        self.counters["gaps"] += effect.released.gap
        if arrival.message.run and arrival.position != REPLAYED:
            self._tallies.count(arrival.message.run, now_ms, rows=1, late=late)
        self._committed_ms.append(arrival.message.received_ms)
        if arrival.message.attachments or arrival.message.kind == "reaction":
            self._news.finished(arrival.message, effect.row)

    def _set_aside(self, cell: Cell, effect: SetAside, now_ms: int) -> None:
        arrival = effect.released.arrival
        self._turn.put_letter(effect.letter.letter_id, encode(effect.letter))
        self._done(cell, arrival, now_ms)
        self.counters["set_aside"] += 1
        if arrival.position != REPLAYED:
            self._tallies.count(arrival.message.run, now_ms, set_aside=1)

    def _done(self, cell: Cell, arrival: Arrival, now_ms: int) -> None:
        self._claim(arrival, now_ms)
        self._mark_dirty(cell)

    def _mark_dirty(self, cell: Cell) -> None:
        if not cell.dirty:
            cell.dirty = True
            self._dirty.append(cell)

    def _claim(self, arrival: Arrival, now_ms: int) -> None:
        if arrival.position != REPLAYED:
            expires = 0 if arrival.message.imported else now_ms + self.policy.dedup_ms
            self._turn.claim(arrival.digest, arrival.position, expires)
            self._mark.done(arrival.position)
        self._finished.append(arrival.digest)

    def begin(self, cell: Cell) -> None:
        """Note that a worker has a session's request now; the lease does not count the wait for a worker."""
        cell.queued = False
        lease = cell.state.lease
        now_ms = self._clock()
        if lease is not None and now_ms - lease.since_ms > QUEUED_MS:
            self._step(cell, Begun(), now_ms)

    # -- answers and time ---------------------------------------------------------------------------------------

    def answer(self, cell: Cell, token: int, result: WorkResult) -> None:
        """Give a session the pool's answer.

        Args:
            cell: the session that asked.
            token: the request.
            result: the understanding, or the error that its handling raised.
        """
        event: Event
        if result.understanding is not None:
            event = Understood(token, result.understanding)
        else:
            event = Failed(token, "raised", result.error)
        self._step(cell, event, self._clock())

    def files_read(self, cell: Cell, token: int, results: tuple[MediaResult, ...]) -> None:
        """Give a session what was read of its message's files."""
        self._step(cell, FilesRead(token, results), self._clock())

    def fail(self, cell: Cell, token: int, reason: str, trace: str) -> None:
        """Tell a session that its request was lost with its worker."""
        self._step(cell, Failed(token, reason, trace), self._clock())

    def tick(self) -> None:
        """Look at what time has brought: gaps given up, retries, leases, idle sessions."""
        now_ms = self._clock()
        self.wakes = [wake for wake in self.wakes if wake > now_ms]
        for cell in [cell for cell in self._holding.values() if (cell.ordering.due_ms or 0) <= now_ms]:
            cell.ordering, released = order.due(cell.ordering, now_ms)
            if not cell.ordering.waiting:
                del self._holding[cell.key]
            elif cell.ordering.due_ms is not None:
                self.wakes.append(cell.ordering.due_ms)
            cell.mailbox.extend(released)
            self._deliver(cell, now_ms)
        session = self.policy.session
        for cell in list(self._in_work.values()):
            lease = cell.state.lease
            backing_off = cell.state.phase is Phase.BACKING_OFF
            # Neither the wait for a worker nor the wait for room to commit is the session's fault.
            if cell.queued or self.blocked:
                continue
            if backing_off or (lease is not None and now_ms - lease.since_ms >= session.lease_ms):
                self._step(cell, Tick(), now_ms)
        self._residents.passivate(now_ms)

    # -- the commit ---------------------------------------------------------------------------------------------

    def commit(self) -> bool:
        """Commit the turn: all that was decided since the last commit, or nothing.

        Returns:
            True if something was written.

        Raises:
            Fenced: another owner has taken the partition.
            DiskFull: no room; the turn is kept, and may be committed later.
            QueueFull: the rows log is at its bound; likewise.
        """
        turn = self._turn
        moved = self._mark.write(turn)
        if turn.empty and not moved and not self._dirty:
            return False
        for cell in self._dirty:
            turn.put_session(cell.key, encode(cell.state.snapshot))
        self._tallies.write(turn)
        self._state.commit(turn)
        self._turn = self._state.begin()
        self._mark.committed()
        for cell in self._dirty:
            cell.dirty = False
        self._dirty.clear()
        self._tallies.committed()
        for digest in self._finished:
            self._pending.pop(digest, None)
        self._finished.clear()
        if self._residents.above_limit:
            self._residents.passivate(self._clock())
        committed, self._committed_ms = self._committed_ms, []
        news = self._news.take()
        if self.on_gallery_news is not None and news:
            self.on_gallery_news(news)
        if self.on_commit is not None and committed:
            self.on_commit(committed)
        return True

    # -- what is shown ------------------------------------------------------------------------------------------

    @property
    def cursor(self) -> int:
        """The committed low-water mark of the inbox."""
        return self._mark.durable

    @property
    def undurable(self) -> int:
        """How many finished messages are not committed yet."""
        return len(self._finished)

    @property
    def resident_count(self) -> int:
        """How many sessions are in memory."""
        return len(self._residents)

    @property
    def open_count(self) -> int:
        """How many messages were read and are not finished."""
        return self._mark.open_count(self._read_from)
