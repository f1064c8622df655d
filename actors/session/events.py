"""What happens to a session, and what it has done: the events and effects of its pure behaviour."""

from __future__ import annotations

from typing import NamedTuple

from actors.session.ordering import Released
from messages.media import MediaResult
from messages.row import DeadLetter, Reply, Row
from messages.understanding import Understanding


class Lease(NamedTuple):
    """The session's lock while a message is in work.

    Attributes:
        owner: which request holds it.
        since_ms: when the turn began, milliseconds since 1970 UTC.
        overdue: its first deadline has passed.
    """

    owner: str
    since_ms: int
    overdue: bool


class Delivered(NamedTuple):
    """A message's turn has come."""

    released: Released


class FilesRead(NamedTuple):
    """A media worker answered: what was read of the current message's files."""

    token: int
    results: tuple[MediaResult, ...]


class Understood(NamedTuple):
    """The pool answered."""

    token: int
    understanding: Understanding


class Failed(NamedTuple):
    """Handling raised, or the worker died."""

    token: int
    reason: str
    traceback: str


class Begun(NamedTuple):
    """A worker has the request now: the lease runs from here, not from the time spent waiting for a worker."""


class Tick(NamedTuple):
    """Time has passed."""


class Unlock(NamedTuple):
    """An operator releases the lock."""

    who: str


Event = Delivered | Begun | FilesRead | Understood | Failed | Tick | Unlock


class Ask(NamedTuple):
    """Ask the pool to understand the current message."""

    token: int


class AskToRead(NamedTuple):
    """Ask the media pools to read the current message's files."""

    token: int


class Finish(NamedTuple):
    """The message is done: its row, and the answer to it if there is one."""

    released: Released
    row: Row
    reply: Reply | None


class SetAside(NamedTuple):
    """The message goes to the dead-letter queue."""

    released: Released
    letter: DeadLetter


class WakeAt(NamedTuple):
    """Look again at this time, milliseconds since 1970 UTC; the host looks at leases of its own accord."""

    at_ms: int


class Overdue(NamedTuple):
    """The lock's first deadline has passed: say so."""

    lease: Lease


Effect = Ask | AskToRead | Finish | SetAside | WakeAt | Overdue
