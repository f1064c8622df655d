"""What is left of a row when its conversation was deleted on request.

The row stays: its id, number, times, kind, direction, source, language and the labels that count it. Whatever names the
person or says what was said goes. A request counts for the messages that had been taken in until then; it is known by a
hash, so that nobody's key has to be kept.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec.structs import replace

from actors.sheets.columns import clean_text
from messages.row import Row

MARK: Final = "[deleted on request]"

MARKED: Final = ("conversation", "sender", "sender_name", "text")
"""Fields, and columns of the same names, that hold the mark afterwards."""

EMPTIED: Final = ("entities", "thread", "attachments", "reply", "notes")
"""Fields, and columns of the same names, that are empty afterwards."""

_LEAST_TELLING = 5
"""A key or number of fewer characters stands in too many ids by chance."""


_PREFIX_BYTES = 4
"""So many bytes of a row's id are a hash of its conversation: see ``actors/session/digest.py``."""


@lru_cache(maxsize=4096)
def person_of(conversation: str) -> str:
    """Return by what a conversation that is to be forgotten is known.

    Args:
        conversation: its key.

    Returns:
        40 hex digits: those that the row ids of its messages begin with, and 32 of BLAKE2b of the key.
    """
    key = conversation.encode("utf-8", "surrogatepass")
    prefix = hashlib.blake2b(key, digest_size=_PREFIX_BYTES).hexdigest()
    return prefix + hashlib.blake2b(key, digest_size=16).hexdigest()


def begins_row_id(person: str, row_id: str) -> bool:
    """Tell whether a row's id is one of this person's; one in four thousand million others is as well."""
    return row_id.startswith(person[: 2 * _PREFIX_BYTES])


def tells(message_id: str, conversation: str, sender: str) -> bool:
    """Tell whether a message's id gives its person away.

    Args:
        message_id: the source's id; WhatsApp's hold the customer's number in base 64.
        conversation: the conversation's key.
        sender: who sent it.

    Returns:
        whether it is WhatsApp's, or holds the key, the sender or the digits of either.
    """
    if message_id.startswith("wamid."):
        return True
    known = {conversation, sender, *(re.sub(r"\D", "", name) for name in (conversation, sender))}
    texts = (message_id, _decoded(message_id))
    return any(len(name) >= _LEAST_TELLING and name in text for name in known for text in texts)


def left_id(message_id: str, conversation: str, sender: str) -> str:
    """Return a message's id, "" where it gives its person away; see :func:`tells`."""
    return "" if tells(message_id, conversation, sender) else message_id


def _decoded(message_id: str) -> str:
    try:
        return base64.b64decode(message_id.rpartition(".")[2], validate=True).decode("latin-1")
    except (binascii.Error, ValueError):
        return ""


def redacted(row: Row) -> Row:
    """Take everything personal out of a row; doing it again changes nothing.

    Args:
        row: the row.

    Returns:
        the row that is left.
    """
    return replace(
        row,
        conversation=MARK,
        sender=MARK,
        sender_name=MARK,
        text=MARK,
        entities=(),
        thread="",
        attachments=(),
        reply="",
        notes=(),
        message_id=left_id(row.message_id, row.conversation, row.sender),
    )


class Request(NamedTuple):
    """A request to forget a conversation.

    Attributes:
        person: hash of the conversation's key.
        shown: hash of the key as a cell shows it.
        asked_ms: when; messages that were taken in until then are meant. Milliseconds since 1970 UTC.
    """

    person: str
    shown: str
    asked_ms: int


def request_of(conversation: str, now_ms: int) -> Request:
    """Make the request to forget a conversation.

    Args:
        conversation: its key.
        now_ms: milliseconds since 1970 UTC.
    """
    return Request(person_of(conversation), person_of(clean_text(conversation)), now_ms)


def newer(requests: Iterable[Request], known: Iterable[Request]) -> list[Request]:
    """Return the requests that are not known yet, or are newer than what is known."""
    at_ms = {request.person: request.asked_ms for request in known}
    return [request for request in requests if request.asked_ms > at_ms.get(request.person, -1)]


class Forgotten:
    """Whose messages are to be forgotten, and until when; read by one thread while another adds.

    Args:
        until_ms: person to the time of the request, milliseconds since 1970 UTC.
    """

    def __init__(self, until_ms: Mapping[str, int] | None = None) -> None:
        self._until_ms = dict(until_ms or {})

    def add(self, person: str, until_ms: int) -> None:
        """Take up a request."""
        self._until_ms[person] = max(until_ms, self._until_ms.get(person, 0))

    def covers(self, row: Row) -> bool:
        """Tell whether a row's message had been taken in when its conversation was asked to be forgotten."""
        if not self._until_ms:
            return False
        return row.received_ms <= self._until_ms.get(person_of(row.conversation), -1)

    def left_of(self, row: Row) -> Row:
        """Return the row as it may be written."""
        return redacted(row) if self.covers(row) else row
