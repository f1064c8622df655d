"""One chat of a WhatsApp export: lines in, messages out.

Two passes: the first learns the order of day and month from the whole chat, the second gives the messages one by
one, so that no more than one message is held.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator

import msgspec

from actors.whatsapp.export_contract import DayOrder, ReadLimits, ReadOptions, Rejected, Warn, cleaned, raw_of
from actors.whatsapp.export_dates import HEADER, HEADER_STARTS, ClockMark, OrderEvidence, days_of
from actors.whatsapp.export_message import EDGES, Finder, MessageMaker
from actors.whatsapp.export_text import SNIFFED, NotTextError, Opener, encoding_of, lines_of
from messages.inbound import Inbound

DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, UnicodeError)
"""What reading a damaged file or member of a zip raises."""

_UNREAD = -1_000_000_000


class ChatSource(msgspec.Struct, frozen=True):
    """One chat to read.

    Attributes:
        where: how rejects name it.
        conversation: its key.
        opener: opens its bytes anew, for each pass.
        find: gives the file that a message carries.
    """

    where: str
    conversation: str
    opener: Opener
    find: Finder


class _Survey(msgspec.Struct):
    """What the first pass learns.

    Attributes:
        encoding: of the bytes.
        style: what stands around date and clock: ``[]``, ``-`` or ``:``.
        evidence: on the order of day and month.
        foreign: how many lines begin like messages of another style (copies of chats are pasted into chats).
    """

    encoding: str
    style: str
    evidence: OrderEvidence
    foreign: int


def read_chat(chat: ChatSource, options: ReadOptions, now_ms: int, warn: Warn) -> Iterator[Inbound | Rejected]:
    """Read one chat.

    Args:
        chat: what to read.
        options: how.
        now_ms: the present, milliseconds since 1970 UTC.
        warn: takes lines that a person should see.

    Yields:
        messages in the chat's order, and what could not become one.
    """
    survey = _survey(chat, options)
    if isinstance(survey, Rejected):
        yield survey
        return
    order, warning = survey.evidence.decide(options.region)
    if options.day_order is not None:
        order, warning = options.day_order, ""
    if warning:
        warn(f"{chat.where}: {warning}")
    ordered = survey.evidence.ordered_day if order == "dayfirst" else survey.evidence.ordered_month
    maker = MessageMaker(chat.conversation, chat.find, options, now_ms=now_ms, ordered=ordered)
    yield from _messages(chat, maker, survey, order, options.limits)
    if survey.foreign:
        warn(
            f"{chat.where}: {survey.foreign} lines begin like messages of another export format; "
            "they were kept as text of the message before them"
        )


def _survey(chat: ChatSource, options: ReadOptions) -> _Survey | Rejected:
    try:
        with chat.opener() as stream:
            head = stream.read(SNIFFED)
    except (*DAMAGE, RuntimeError, NotImplementedError) as error:
        return Rejected(chat.where, f"cannot be read: {error}")
    if not head:
        return Rejected(chat.where, "is empty")
    try:
        encoding = encoding_of(head)
    except NotTextError as error:
        return Rejected(chat.where, f"is not a WhatsApp export: {error}", head)
    evidence = OrderEvidence()
    clocks = ClockMark()
    wanted = ""
    foreign = 0
    try:
        for line, _ in lines_of(chat.opener(), encoding, options.limits.line_chars):
            if not line or line[0] not in HEADER_STARTS:
                continue
            found = HEADER.match(line)
            if found is None:
                continue
            opening, first, separator, second, third, between, hour, minute, second_, mark, end = found.groups()
            style = opening + end.replace("\u2013", "-")
            if not wanted and (end == "]") == bool(opening):
                wanted = style
            if style != wanted:
                foreign += 1
                continue
            clock = clocks.seconds(between, hour, minute, second_, mark)
            if clock is not None:
                evidence.add(first, separator, second, third, clock)
    except DAMAGE:
        pass  # the second pass meets it too, and says so after the messages before it
    if not wanted:
        return Rejected(chat.where, "is not a WhatsApp export: no line begins with a date and a time", head)
    return _Survey(encoding, wanted, evidence, foreign)


class _Pending:
    """The message whose lines are being gathered."""

    __slots__ = ("_cut", "_limit", "_parts", "_size", "fault", "second", "start")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.start = 0
        self.begin(0, "", 0)

    def begin(self, line: int, text: str, cut: int) -> None:
        """Begin a message at a line; 0 is none."""
        self.start = line
        self.second = 0
        self.fault = ""
        self._parts = [text]
        self._size = len(text)
        self._cut = cut

    def add(self, text: str, cut: int) -> None:
        """Add a further line; beyond the limit it only counts."""
        if self._size <= self._limit:
            self._parts.append(text)
        self._size += len(text) + 1
        self._cut += cut

    def raw(self) -> bytes:
        """Give what was gathered, for a reject."""
        return raw_of("\n".join(self._parts))

    def finish(self, where: str, maker: MessageMaker) -> Inbound | Rejected:
        """Make the message."""
        where = f"{where}:{self.start}"
        parts, limit = self._parts, self._limit
        while parts and not parts[-1]:
            parts.pop()
        whole = "\n".join(parts)
        if self.fault:
            return Rejected(where, self.fault, raw_of(whole))
        if self._cut or (len(whole) * 4 > limit and len(whole.encode("utf-8", "replace")) > limit):
            return Rejected(where, f"its text is longer than {limit:,} bytes", raw_of(whole))
        whole, repaired = cleaned(whole)
        sender, text = maker.split(whole)
        if sender is None:
            return Rejected(where, "it has no sender", raw_of(whole))
        return maker.message(self.second, sender, text, repaired)


def _messages(
    chat: ChatSource, maker: MessageMaker, survey: _Survey, order: DayOrder, limits: ReadLimits
) -> Iterator[Inbound | Rejected]:
    """Give the messages of the second pass."""
    clocks = ClockMark()
    days: dict[tuple[str, str, str], int | None] = {}
    pending = _Pending(limits.message_bytes)
    number = 0
    try:
        for line, cut in lines_of(chat.opener(), survey.encoding, limits.line_chars):
            number += 1
            found = HEADER.match(line) if line and line[0] in HEADER_STARTS else None
            if found is None or found[1] + found[11].replace("\u2013", "-") != survey.style:
                if pending.start:
                    pending.add(line, cut)
                elif line.strip(EDGES):
                    pending.begin(number, line, cut)
                    pending.fault = "stands before the first message"
                continue
            if pending.start:
                yield pending.finish(chat.where, maker)
            _, first, _, middle, third, between, hour, minute, seconds, mark, _ = found.groups()
            date = (first, middle, third)
            day = days.get(date, _UNREAD)
            if day == _UNREAD:
                day = days[date] = days_of(first, middle, third, order)
            clock = clocks.seconds(between, hour, minute, seconds, mark)
            if day is None or clock is None:
                pending.begin(number, line, cut)
                pending.fault = f"its date or time cannot be read ({found.group().strip()[:60]})"
            else:
                pending.begin(number, line[found.end() :], cut)
                pending.second = day * 86_400 + clock
        if pending.start:
            yield pending.finish(chat.where, maker)
    except DAMAGE as error:
        # The message in hand may lack its end: it is rejected with the rest, not recorded in part. A disk that is
        # too full for a message's file ends here, too; reading the file again goes on from this message.
        where = f"{chat.where}:{pending.start or number + 1}"
        yield Rejected(where, f"cannot be read from here on: {error or type(error).__name__}", pending.raw())
