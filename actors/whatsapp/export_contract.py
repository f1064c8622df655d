"""What the readers of export files take and give: options, rejects, and the keeper of media."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO, Literal, Protocol

import msgspec

from messages.inbound import Attachment

RAW_LIMIT = 65_536
"""Bytes of rejected input that are kept for a person to look at."""

KEY_LIMIT = 256
"""Bytes that a conversation's key, a sender, or an id may have."""

DayOrder = Literal["dayfirst", "monthfirst"]
Warn = Callable[[str], None]


class Rejected(msgspec.Struct, frozen=True):
    """Input that is no message.

    Attributes:
        where: file, member of a zip after ``!/``, and line: ``file.zip!/_chat.txt:17``.
        reason: one clear line.
        raw: the first 65,536 bytes of it.
    """

    where: str
    reason: str
    raw: bytes = b""


class ReadLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of what is read; what is beyond them is rejected.

    Attributes:
        message_bytes: UTF-8 bytes of one message's text (WhatsApp's own limit is 65,536 characters).
        line_chars: characters of a line that are looked at; the rest of it is read over.
        zip_members: entries of a zip.
        zip_bytes: unpacked bytes of a whole zip (exports reach 4 GB with media on iOS).
        member_bytes: unpacked bytes of one member.
        ratio: unpacked to packed bytes of a member above ``ratio_from_bytes``; text packs to about 10, a bomb to 1,000.
        ratio_from_bytes: smaller members are not measured.
    """

    message_bytes: int = 65_536
    line_chars: int = 1 << 20
    zip_members: int = 20_000
    zip_bytes: int = 8 << 30
    member_bytes: int = 2 << 30
    ratio: int = 250
    ratio_from_bytes: int = 1 << 20


class ReadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to read a file.

    Attributes:
        day_order: order of day and month in dates; None infers it from the whole file. Where nothing in the file
            tells, it is day before month (month before day if ``region`` is ``US``), with one warning.
        utc_offset_min: minutes from UTC of the clock that wrote the times; exports do not say it.
        owner_names: names under which the business itself writes; their messages have direction ``out``.
        region: two-letter country for national phone numbers, "" for the system's default.
        conversation: key for a file whose name does not tell it (``_chat.txt``), "" to take the folder's name.
        now_ms: the present, milliseconds since 1970 UTC, for notes on times in the future; 0 takes the clock.
        limits: bounds.
    """

    day_order: DayOrder | None = None
    utc_offset_min: int = 240
    owner_names: tuple[str, ...] = ()
    region: str = ""
    conversation: str = ""
    now_ms: int = 0
    limits: ReadLimits = ReadLimits()


class MediaKeeper(Protocol):
    """Where the files of an export go."""

    def keep(self, stream: BinaryIO, name: str) -> Attachment:
        """Keep a file's content; the name is only shown.

        Raises:
            OSError: it cannot be written.
            actors.media.errors.MediaError: it is too large.
        """


_BAD = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def _replacement(match: re.Match[str]) -> str:
    return "\n" if match.group() == "\r" else "\ufffd"


def cleaned(text: str) -> tuple[str, int]:
    """Replace what no text may hold: C0 controls but tab and line feed, DEL, lone surrogates.

    Bidirectional marks stay: they are part of what was written.

    Args:
        text: any text.

    Returns:
        valid Unicode, and how many characters became U+FFFD (a lone carriage return becomes a line feed).
    """
    if _BAD.search(text) is None:
        return text, 0
    after = _BAD.sub(_replacement, text)
    return after, after.count("\ufffd") - text.count("\ufffd")


def raw_of(text: str) -> bytes:
    """Give the first bytes of rejected text, undecodable ones as they were."""
    return text[:RAW_LIMIT].encode("utf-8", "surrogateescape" if _escaped(text) else "replace")[:RAW_LIMIT]


def _escaped(text: str) -> bool:
    return re.search("[\ud800-\udc7f\udd00-\udfff]", text[:RAW_LIMIT]) is None


_EARLIEST_MS = 1_230_768_000_000
"""2009-01-01 UTC: WhatsApp was first released in 2009."""

_DAY_MS = 86_400_000


def time_note(sent_ms: int, now_ms: int) -> str:
    """Say what is odd about a time, "" if nothing.

    Args:
        sent_ms: when a message says it was sent, milliseconds since 1970 UTC.
        now_ms: the present, likewise.
    """
    if sent_ms > now_ms + _DAY_MS:
        return "its time is in the future"
    if sent_ms < _EARLIEST_MS:
        return "its time is before WhatsApp existed"
    return ""
