"""What supervisors and the actors below them say to each other.

Addresses cannot be part of a message (they travel only inside Thespian's own envelope): where a docstring speaks of
addresses, they ride beside the message in its parcel, in the order named.
"""

from __future__ import annotations

from messages.wire import Wire


class Start(Wire, frozen=True, tag=100, kw_only=True):
    """Tell a new actor who it is; the parcel carries its supervisor's and the root's address.

    Attributes:
        name: full name, ``sessions/shard-0``.
        incarnation: number of this life of it; later lives have greater numbers, also across restarts of supervisors.
        config: the actor's own settings, in the form that its class expects.
        logs: folder of the log files, "" to log nowhere.
        level: least level that is logged.
    """

    name: str
    incarnation: int
    config: bytes = b""
    logs: str = ""
    level: str = "info"


class Ready(Wire, frozen=True, tag=101, kw_only=True):
    """Tell the supervisor that an actor has opened its resources and takes messages."""

    name: str
    incarnation: int
    pid: int


class Stop(Wire, frozen=True, tag=102, kw_only=True):
    """Ask an actor to flush, close, and exit."""

    reason: str


class Registered(Wire, frozen=True, tag=103, kw_only=True):
    """Tell the root that an actor is ready; the parcel carries its address."""

    name: str
    incarnation: int


class Unregistered(Wire, frozen=True, tag=104, kw_only=True):
    """Tell the root that an actor, and with it all below it, is gone."""

    name: str
    incarnation: int


class Directory(Wire, frozen=True, tag=105, kw_only=True):
    """Tell every actor who is ready; the parcel carries an address for each name, in the same order."""

    version: int
    names: tuple[str, ...]
    incarnations: tuple[int, ...]


class DirectorySeen(Wire, frozen=True, tag=106, kw_only=True):
    """Acknowledge a directory: the next one is sent only then, so that a hung actor holds up one message, not many."""

    name: str
    incarnation: int
    version: int


Control = Start | Ready | Stop | Registered | Unregistered | Directory | DirectorySeen
