"""The order of a conversation's messages.

Where the source numbers them, by that number: a gap is held back for at most ``hold_back_ms``, then given up and
reported. Else by arrival, optionally after a small reorder window sorted by (time sent, id). What comes after its
successor was let through is late, and says so.

Held messages are not durable here: they are still unfinished in the inbox log, and come again after a crash.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from messages.inbound import Inbound

BELIEVED_FUTURE_MS = 86_400_000
"""A message may be dated so far after it came in (clocks and time zones differ); a later date says nothing of order."""

_LARGEST_SEQUENCE = 1 << 62
"""Larger numbers cannot be counted on from: nobody numbers so far."""


class Arrival(NamedTuple):
    """A message and where it stands in the inbox log."""

    position: int
    digest: bytes
    message: Inbound


class Released(NamedTuple):
    """A message whose turn has come, and what is to be said about its order."""

    arrival: Arrival
    late: bool
    gap: int


class OrderingPolicy(msgspec.Struct, frozen=True):
    """How long order is waited for.

    Attributes:
        hold_back_ms: the longest wait for a missing sequence number, milliseconds.
        reorder_ms: the window in which messages without numbers are sorted, milliseconds; 0 for none.
        limit: how many messages of a conversation may be held; above it the oldest gap is given up at once.
    """

    hold_back_ms: int = 5_000
    reorder_ms: int = 0
    limit: int = 1_000


class Ordering(msgspec.Struct, frozen=True):
    """What a conversation holds back.

    Attributes:
        next_sequence: the number that comes next, None before the first.
        high_water_ms: the latest ``sent_ms`` let through.
        held: numbered messages that wait for a gap, by number: (sequence, due_ms, arrival).
        window: messages without a number that wait in the reorder window: (sent_ms, id, due_ms, arrival).
    """

    next_sequence: int | None = None
    high_water_ms: int = 0
    held: tuple[tuple[int, int, Arrival], ...] = ()
    window: tuple[tuple[int, str, int, Arrival], ...] = ()

    @property
    def due_ms(self) -> int | None:
        """When something held must be looked at again, milliseconds since 1970 UTC; None if nothing is."""
        times = [due for _, due, _ in self.held] + [due for _, _, due, _ in self.window]
        return min(times) if times else None

    @property
    def waiting(self) -> int:
        """How many messages are held."""
        return len(self.held) + len(self.window)


def sequence_of(message: Inbound) -> int | None:
    """Give the source's number of a message, None where there is none that order can be told by."""
    sequence = message.sequence
    return sequence if sequence is not None and -_LARGEST_SEQUENCE < sequence < _LARGEST_SEQUENCE else None


def high_water_after(high_water_ms: int, message: Inbound) -> int:
    """Give the latest time sent, after a message.

    A date of the far future does not count: after one such message all that follow would be late for ever.

    Args:
        high_water_ms: before it, milliseconds since 1970 UTC.
        message: the message.
    """
    if message.received_ms and message.sent_ms > message.received_ms + BELIEVED_FUTURE_MS:
        return high_water_ms
    return max(high_water_ms, message.sent_ms)


def arrive(
    ordering: Ordering, arrival: Arrival, now_ms: int, policy: OrderingPolicy
) -> tuple[Ordering, tuple[Released, ...]]:
    """Take in a message.

    Args:
        ordering: what is held so far.
        arrival: the message.
        now_ms: the time, milliseconds since 1970 UTC.
        policy: how long to wait.

    Returns:
        what is held now, and the messages whose turn has come, in order.
    """
    message = arrival.message
    sequence = sequence_of(message)
    if sequence is not None:
        return _arrive_numbered(ordering, arrival, sequence, now_ms, policy)
    if policy.reorder_ms <= 0:
        return _let_through(ordering, arrival)
    entry = (message.sent_ms, message.id, now_ms + policy.reorder_ms, arrival)
    window = tuple(sorted((*ordering.window, entry), key=lambda item: item[:2]))
    waiting = msgspec.structs.replace(ordering, window=window)
    return _open_window(waiting, now_ms, force=len(window) > policy.limit)


def due(ordering: Ordering, now_ms: int) -> tuple[Ordering, tuple[Released, ...]]:
    """Let through what has waited long enough.

    Args:
        ordering: what is held.
        now_ms: the time, milliseconds since 1970 UTC.

    Returns:
        what is held now, and the messages whose turn has come, in order.
    """
    released: list[Released] = []
    while ordering.held and min(entry[1] for entry in ordering.held) <= now_ms:
        ordering, more = _give_up_gap(ordering)
        released.extend(more)
    ordering, more = _open_window(ordering, now_ms, force=False)
    return ordering, (*released, *more)


def _let_through(ordering: Ordering, arrival: Arrival) -> tuple[Ordering, tuple[Released, ...]]:
    if ordering.high_water_ms > 0 and arrival.message.sent_ms < ordering.high_water_ms:
        return ordering, (Released(arrival, late=True, gap=0),)
    high_water = high_water_after(ordering.high_water_ms, arrival.message)
    if high_water > ordering.high_water_ms:
        ordering = msgspec.structs.replace(ordering, high_water_ms=high_water)
    return ordering, (Released(arrival, late=False, gap=0),)


def _open_window(ordering: Ordering, now_ms: int, *, force: bool) -> tuple[Ordering, tuple[Released, ...]]:
    # The earliest message opens when its own time is up; what sorts before a due one goes with it.
    window = list(ordering.window)
    last_due = -1
    for index, entry in enumerate(window):
        if entry[2] <= now_ms or (force and index == 0):
            last_due = index
    released: list[Released] = []
    for entry in window[: last_due + 1]:
        ordering, more = _let_through(ordering, entry[3])
        released.extend(more)
    if last_due >= 0:
        ordering = msgspec.structs.replace(ordering, window=tuple(window[last_due + 1 :]))
    return ordering, tuple(released)


def _arrive_numbered(
    ordering: Ordering, arrival: Arrival, sequence: int, now_ms: int, policy: OrderingPolicy
) -> tuple[Ordering, tuple[Released, ...]]:
    expected = ordering.next_sequence
    if expected is not None and sequence < expected:
        return ordering, (Released(arrival, late=True, gap=0),)
    # The first number of a conversation may itself be out of order, unless it is the lowest there can be.
    if sequence == expected or (expected is None and sequence <= 1):
        high_water = high_water_after(ordering.high_water_ms, arrival.message)
        ordering = msgspec.structs.replace(ordering, next_sequence=sequence + 1, high_water_ms=high_water)
        ordering, more = _drain_held(ordering)
        return ordering, (Released(arrival, late=False, gap=0), *more)
    entry = (sequence, now_ms + policy.hold_back_ms, arrival)
    held = tuple(sorted((*ordering.held, entry), key=lambda item: (item[0], item[2].position)))
    ordering = msgspec.structs.replace(ordering, held=held)
    if len(held) > policy.limit:
        return _give_up_gap(ordering)
    return ordering, ()


def _give_up_gap(ordering: Ordering) -> tuple[Ordering, tuple[Released, ...]]:
    sequence, _, arrival = ordering.held[0]
    expected = ordering.next_sequence
    gap = 0 if expected is None else sequence - expected
    ordering = msgspec.structs.replace(
        ordering,
        held=ordering.held[1:],
        next_sequence=sequence + 1,
        high_water_ms=high_water_after(ordering.high_water_ms, arrival.message),
    )
    ordering, more = _drain_held(ordering)
    return ordering, (Released(arrival, late=False, gap=gap), *more)


def _drain_held(ordering: Ordering) -> tuple[Ordering, tuple[Released, ...]]:
    released: list[Released] = []
    held = ordering.held
    expected = ordering.next_sequence
    high_water = ordering.high_water_ms
    while held and expected is not None and held[0][0] <= expected:
        sequence, _, arrival = held[0]
        # Two messages under one number: the second is late, it is not lost.
        released.append(Released(arrival, late=sequence < expected, gap=0))
        expected = max(expected, sequence + 1)
        high_water = high_water_after(high_water, arrival.message)
        held = held[1:]
    if released:
        ordering = msgspec.structs.replace(ordering, held=held, next_sequence=expected, high_water_ms=high_water)
    return ordering, tuple(released)
