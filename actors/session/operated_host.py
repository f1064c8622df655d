"""What an operator may do to a partition's sessions: unlock, edit, replay and purge dead letters, forget a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from actors.session.events import Unlock
from actors.session.ordering import Arrival, Released
from actors.session.partition_host import REPLAYED, PartitionHost
from actors.session.residents import Cell
from actors.sheets.redaction import redacted
from messages.inbound import INBOX_ENTRY, Inbound
from messages.row import DEAD_LETTER, REPLY, ROW, DeadLetter, Row
from messages.session import Snapshot
from messages.wire import WireError, encode

_PAGE = 500


class Held(NamedTuple):
    """What a partition holds of one conversation.

    Attributes:
        messages: that are not finished, in the inbox or in work.
        rows: that the sink has not written; they are emptied where they wait.
        replies: that delivery has not taken.
        letters: ids of its dead letters.
        files: SHA-256 of the contents that those letters and rows name.
        known: whether there is a session.
        inbox_end: position behind the last inbox entry that was looked at.
    """

    messages: int
    rows: int
    replies: int
    letters: tuple[str, ...]
    files: tuple[str, ...]
    known: bool
    inbox_end: int

    @property
    def waiting(self) -> bool:
        """Whether something is on its way that must not be lost."""
        return bool(self.messages or self.replies)


class OperatedHost(PartitionHost):
    """A partition's host that also does what an operator asks for."""

    def unlock(self, key: str, who: str) -> bool:
        """Release a session's lock by force; its work is set aside.

        Returns:
            True if there was one.
        """
        cell = self._in_work.get(key)
        if cell is None:
            return False
        self._step(cell, Unlock(who), self._clock())
        return True

    def edit(self, key: str, change: Callable[[Snapshot], Snapshot | None]) -> bool:
        """Change a session's snapshot on an operator's word; it is written with the next commit.

        Args:
            key: the conversation's key.
            change: gives the new snapshot, or None to leave it.

        Returns:
            True if there is such a session and it was changed.

        Raises:
            WireError: its snapshot is damaged.
        """
        if self._residents.get(key) is None and self._state.session(key) is None:
            return False
        cell = self._residents.activate(key, self._clock())
        after = change(cell.state.snapshot)
        if after is None:
            return False
        cell.state = msgspec.structs.replace(cell.state, snapshot=after)
        self._mark_dirty(cell)
        return True

    def replay(self, letter_id: str) -> bool:
        """Deliver a dead letter's message anew; its row and the letter's end are one commit.

        Returns:
            True if there is such a letter and it is not under way already.
        """
        raw = self._state.letter(letter_id)
        if raw is None:
            return False
        message = DEAD_LETTER.decode(raw).message
        digest = bytes.fromhex(letter_id)
        if not message.conversation or digest in self._pending:
            return False
        now_ms = self._clock()
        cell = self._residents.activate(message.conversation, now_ms)
        self._pending[digest] = REPLAYED
        late = message.sent_ms < cell.ordering.high_water_ms
        cell.mailbox.append(Released(Arrival(REPLAYED, digest, message), late=late, gap=0))
        self._deliver(cell, now_ms)
        return True

    def purge(self, letter_id: str) -> None:
        """Drop a dead letter for good, with the next commit."""
        self._turn.drop_letter(letter_id)

    def held(self, key: str, rows_written: int) -> Held:
        """Look for what the partition holds of a conversation; what is decided is committed first.

        Args:
            key: the conversation's key.
            rows_written: position in the rows log before which the sink has written all.

        Returns:
            what there is.

        Raises:
            StoreError: the turn cannot be committed now.
        """
        self.commit()
        messages, end = self._unfinished(key)
        cell = self._residents.get(key)
        if cell is not None and not cell.resting:
            messages = max(messages, 1)  # a dead letter that is replayed stands in no inbox
        letters = [letter for letter in self._letters() if _is_of(letter, key)]
        rows = [row for _, row in self._waiting_rows(key, rows_written)]
        named = [*(letter.message.attachments for letter in letters), *(row.attachments for row in rows)]
        return Held(
            messages=messages,
            rows=len(rows),
            replies=sum(REPLY.decode(raw).conversation == key for raw in self._waiting_replies()),
            letters=tuple(letter.letter_id for letter in letters),
            files=tuple(file.sha256 for files in named for file in files if file.sha256),
            known=cell is not None or self._state.session(key) is not None,
            inbox_end=end,
        )

    def forget(self, key: str, rows_written: int) -> Held:
        """Remove all that the partition holds of a conversation: its session, dead letters, and what its rows say.

        Rows that wait for the sink stay, emptied as the sink empties those that it has. Dedup keys stay, so that a
        message that is delivered again does not come back. Where a message or a reply of the conversation is on its
        way, nothing is removed. Doing it again does no harm.

        Args:
            key: the conversation's key.
            rows_written: position in the rows log before which the sink has written all.

        Returns:
            what there was.

        Raises:
            StoreError: it cannot be committed now; nothing was removed.
        """
        held = self.held(key, rows_written)
        if held.waiting:
            return held
        while self._state.trim_rows(rows_written):
            pass
        waiting = self._waiting_rows(key, rows_written)
        self._state.replace_rows({position: encode(redacted(row)) for position, row in waiting})
        for letter in held.letters:
            self._turn.drop_letter(letter)
        self._turn.drop_session(key)
        self._residents.drop(key)
        self.commit()
        self._state.settle()
        return held

    def _unfinished(self, key: str) -> tuple[int, int]:
        """Count a conversation's inbox entries that are not done, and tell where the looking ended."""
        needle = key.encode("utf-8", "surrogatepass")
        count, position = 0, self._mark.durable
        while entries := self._inbox.read(position):
            position = entries[-1][0] + 1
            for at, raw in entries:
                if needle in raw and not self._mark.is_done(at):
                    count += _conversation_of(raw) == key
        return count, position

    def _letters(self) -> Iterator[DeadLetter]:
        after = ""
        while page := self._state.letters(after=after, limit=_PAGE):
            after = page[-1][0]
            yield from (DEAD_LETTER.decode(raw) for _, raw in page)

    def _waiting_rows(self, key: str, position: int) -> Iterator[tuple[int, Row]]:
        needle = key.encode("utf-8", "surrogatepass")
        while entries := self._state.rows(position, limit=_PAGE):
            position = entries[-1][0] + 1
            found = [(at, ROW.decode(raw)) for at, raw in entries if needle in raw]
            yield from (one for one in found if one[1].conversation == key)

    def _waiting_replies(self) -> Iterator[bytes]:
        position = 0
        while entries := self._state.replies(position, limit=_PAGE):
            position = entries[-1][0] + 1
            yield from (raw for _, raw in entries)

    # -- what is shown ------------------------------------------------------------------------------------------

    def resident(self, key: str) -> Cell | None:
        """Look a resident session up, without activating it."""
        return self._residents.get(key)

    def in_work(self) -> list[Cell]:
        """List the sessions whose lock is held, the longest first."""
        return list(self._in_work.values())

    def residents(self) -> list[Cell]:
        """List the sessions in memory, the least recently used first."""
        return self._residents.all()


def _is_of(letter: DeadLetter, key: str) -> bool:
    if letter.message.conversation == key:
        return True
    # What could not be read is of whoever it names.
    raw = letter.message.extra.get("raw_hex", "") if letter.reason == "unreadable" else ""
    return bool(key and key.encode("utf-8", "surrogatepass").hex() in raw)


def _conversation_of(raw: bytes) -> str | None:
    try:
        entry = INBOX_ENTRY.decode(raw)
    except WireError:
        return None
    return entry.conversation if isinstance(entry, Inbound) else None
