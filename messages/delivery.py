"""Replies on their way out: what decides them, where each stands, and what the channel says of it."""

from __future__ import annotations

from typing import Literal

from messages.row import Reply
from messages.wire import Codec, Wire

ReportState = Literal["sent", "delivered", "read", "failed", "deleted", "error", "other"]


class DeliveryStatus(Wire, frozen=True, tag=50, kw_only=True):
    """What a channel reports about a message that was sent, or about itself.

    Attributes:
        message_id: the channel's id of the outgoing message, "" for a report about the channel itself.
        state: how far it came; ``error`` for a report about the channel, ``other`` for a state unknown here.
        recipient: whom it went to (user id, else phone number), "" if not told.
        callback: our own opaque data of the send, "" where it did not come back.
        at_ms: when it happened by the channel's clock, milliseconds since 1970 UTC, whole seconds.
        channel: the number that sent it.
        code: the channel's error code, 0 if none.
        detail: the error's title and details, or the name of an unknown state.
        received_ms: when the gateway took it in.
    """

    message_id: str
    state: ReportState
    recipient: str = ""
    callback: str = ""
    at_ms: int = 0
    channel: str = ""
    code: int = 0
    detail: str = ""
    received_ms: int = 0


class ReplyState(Wire, frozen=True, tag=51, kw_only=True):
    """What automatic replies remember of a conversation; part of the session's snapshot.

    Attributes:
        opted_out: the customer asked for no more messages; stays so for good.
        handed_over: why a person has taken over, "" while replies are automatic.
        handed_over_ms: when, milliseconds since 1970 UTC.
        unclear: how many messages in a row were not understood.
        moods: sentiment scores of the last messages, oldest first, at most four.
        answered: ids of the messages answered last, oldest first, at most sixteen.
        last_reply_ms: when the last reply was decided.
    """

    opted_out: bool = False
    handed_over: str = ""
    handed_over_ms: int = 0
    unclear: int = 0
    moods: tuple[float, ...] = ()
    answered: tuple[str, ...] = ()
    last_reply_ms: int = 0


OutgoingState = Literal["waiting", "sending", "unknown", "sent", "delivered", "read", "dead", "dry_run", "handed_over"]


class Outgoing(Wire, frozen=True, tag=52, kw_only=True):
    """One reply's way out, as the delivery actor keeps it.

    Attributes:
        reply: the reply.
        state: ``waiting`` for its turn, ``sending``, ``unknown`` (sent or not: no answer came), ``sent``,
            ``delivered``, ``read``, ``dead`` (given up, kept for a person), ``dry_run`` (recorded, not sent) or
            ``handed_over`` (the window closed: a person must answer).
        send_id: opaque callback data of the send that carries it, "" before the first; replies that were joined into
            one message share it.
        message_id: the channel's id of the sent message, "" until known.
        attempts: how often it was sent or tried.
        next_ms: not before this time, milliseconds since 1970 UTC.
        changed_ms: when the state last changed.
        code: the last error's code, 0 if none.
        error: the last error in one line, "" if none.
    """

    reply: Reply
    state: OutgoingState = "waiting"
    send_id: str = ""
    message_id: str = ""
    attempts: int = 0
    next_ms: int = 0
    changed_ms: int = 0
    code: int = 0
    error: str = ""


DELIVERY_STATUS: Codec[DeliveryStatus] = Codec(DeliveryStatus)
REPLY_STATE: Codec[ReplyState] = Codec(ReplyState)
OUTGOING: Codec[Outgoing] = Codec(Outgoing)
