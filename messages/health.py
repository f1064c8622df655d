"""What goes wrong with an actor, told to whom it concerns."""

from __future__ import annotations

from messages.wire import Wire


class Fault(Wire, frozen=True, tag=120, kw_only=True):
    """Tell the supervisor what was raised in an actor.

    Attributes:
        name: full name of the actor.
        incarnation: which life of it.
        doing: what it was doing, in a few words.
        error: type and text of the error.
        traceback: the trace, at most 16,384 characters.
        leaving: whether the actor exits because of it.
    """

    name: str
    incarnation: int
    doing: str
    error: str
    traceback: str = ""
    leaving: bool = True


class Hung(Wire, frozen=True, tag=121, kw_only=True):
    """Tell an actor's supervisor that it does not answer any more: it is killed and started anew.

    Attributes:
        name: full name of the actor that hangs.
        incarnation: which life of it, so that a successor is not killed for it.
        reason: what was waited for.
        reporter: full name of who noticed.
    """

    name: str
    incarnation: int
    reason: str = ""
    reporter: str = ""


Health = Fault | Hung
