"""One chat of a WhatsApp export: lines in, messages out.

Two passes: the first learns the order of day and month from the whole chat, the second gives the messages one by
one, so that no more than one message is held.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from hashlib import blake2b

import msgspec

from actors.whatsapp.export_contract import KEY_LIMIT, ReadOptions, Rejected, Warn, cleaned, raw_of, time_note
from actors.whatsapp.export_dates import HEADER, HEADER_STARTS, MARKS, ClockMark, OrderEvidence, days_of
from actors.whatsapp.export_marks import (
    attached_file,
    is_deleted,
    is_location,
    is_system_text,
    omitted_media,
    type_of,
    without_edit_mark,
)
from actors.whatsapp.export_text import SNIFFED, NotTextError, Opener, encoding_of, lines_of
from messages.inbound import Attachment, Direction, Inbound, Kind

Finder = Callable[[str], Attachment]
"""Gives the kept file of a name that a message carries."""

DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, UnicodeError)
"""What reading a damaged file or member of a zip raises."""

_PHONE = re.compile(r"\+[\d \u00a0\u202f().\u2011-]{6,24}\Z")
_EDGES = " \u00a0\u202f\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_QUOTES = frozenset('“”"«»„')
_NAME_CHARS = 120
_MARKED = re.compile(f"[{MARKS}]")


class ChatSource(msgspec.Struct, frozen=True):
    """One chat to read.

    Attributes:
        where: how rejects name it.
        conversation: its key.
        title: the name of contact or group, as iOS writes it before events of the chat; "" if unknown.
        opener: opens its bytes anew, for each pass.
        find: gives the file that a message carries.
    """

    where: str
    conversation: str
    title: str
    opener: Opener
    find: Finder


class _Survey(msgspec.Struct):
    """What the first pass learns."""

    encoding: str
    bracket: bool
    evidence: OrderEvidence
    head: bytes


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
    yield from _Reader(chat, options, now_ms, warn, order == "dayfirst", ordered, survey).messages()


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
    bracket: str | None = None
    try:
        for line, _ in lines_of(chat.opener(), encoding, options.limits.line_chars):
            if not line or line[0] not in HEADER_STARTS:
                continue
            found = HEADER.match(line)
            if found is None:
                continue
            opening, first, separator, second, third, between, hour, minute, second_, mark, end = found.groups()
            if (end == "]") != bool(opening):
                continue
            if bracket is None:
                bracket = opening
            if opening == bracket:
                clock = clocks.seconds(between, hour, minute, second_, mark)
                if clock is not None:
                    evidence.add(first, separator, second, third, clock)
    except DAMAGE:
        pass  # the second pass meets it too, and says so after the messages before it
    if bracket is None:
        return Rejected(chat.where, "is not a WhatsApp export: no line begins with a date and a time", head)
    return _Survey(encoding, bool(bracket), evidence, head)


class _Reader:
    """The second pass over one chat."""

    def __init__(
        self,
        chat: ChatSource,
        options: ReadOptions,
        now_ms: int,
        warn: Warn,
        dayfirst: bool,  # noqa: FBT001 - private
        ordered: bool,  # noqa: FBT001 - private
        survey: _Survey,
    ) -> None:
        self.chat = chat
        self.options = options
        self.now_ms = now_ms
        self.warn = warn
        self.order = "dayfirst" if dayfirst else "monthfirst"
        self.ordered = ordered
        self.survey = survey
        self.owners = {name.strip(_EDGES).casefold() for name in options.owner_names}
        self.title = chat.title.casefold()
        self.seen: dict[bytes, int] = {}
        self.seen_second = -1
        self.senders: dict[str, tuple[str, str, Direction]] = {}
        self.foreign = 0
        self.base = blake2b(chat.conversation.encode(), digest_size=16, person=b"majlis-export")

    def messages(self) -> Iterator[Inbound | Rejected]:
        chat, limits = self.chat, self.options.limits
        clocks = ClockMark()
        days: dict[tuple[str, str, str], int | None] = {}
        bracket = "[" if self.survey.bracket else ""
        number = start = 0
        second = 0
        parts: list[str] = []
        size = cut = 0
        fault = ""
        try:
            for line, left_out in lines_of(chat.opener(), self.survey.encoding, limits.line_chars):
                number += 1
                found = HEADER.match(line) if line and line[0] in HEADER_STARTS else None
                if found is not None:
                    opening, first, _, middle, third, between, hour, minute, seconds, mark, end = found.groups()
                    if opening != bracket or (end == "]") != bool(opening):
                        self.foreign += 1
                        found = None
                if found is None:
                    if not start and not line.strip(_EDGES):
                        continue
                    if not start:
                        start, fault = number, "stands before the first message"
                    if size <= limits.message_bytes:
                        parts.append(line)
                    size += len(line) + 1
                    cut += left_out
                    continue
                if start:
                    yield self.finish(start, second, parts, cut, fault)
                start, size, cut, fault = number, len(line), left_out, ""
                date = (first, middle, third)
                day = days.get(date, -1_000_000_000)
                if day == -1_000_000_000:
                    day = days_of(first, middle, third, self.order)  # type: ignore[arg-type]
                    if len(days) < 100_000:
                        days[date] = day
                clock = clocks.seconds(between, hour, minute, seconds, mark)
                if day is None or clock is None:
                    fault = f"its date or time cannot be read ({found.group().strip()[:60]})"
                    parts = [line]
                else:
                    second = day * 86_400 + clock
                    parts = [line[found.end() :]]
        except DAMAGE as error:
            after: Rejected | None = Rejected(f"{chat.where}:{number + 1}", f"cannot be read from here on: {error}")
        else:
            after = None
        if start:
            yield self.finish(start, second, parts, cut, fault)
        if after is not None:
            yield after
        if self.foreign:
            self.warn(
                f"{chat.where}: {self.foreign} lines begin like messages of another export format; "
                "they were kept as text of the message before them"
            )

    def finish(self, line: int, second: int, parts: list[str], cut: int, fault: str) -> Inbound | Rejected:
        where = f"{self.chat.where}:{line}"
        while parts and not parts[-1]:
            parts.pop()
        whole = "\n".join(parts) if len(parts) != 1 else parts[0]
        if fault:
            return Rejected(where, fault, raw_of(whole))
        limit = self.options.limits.message_bytes
        if cut or len(whole) > limit or (len(whole) * 4 > limit and len(whole.encode("utf-8", "replace")) > limit):
            return Rejected(where, f"its text is longer than {limit:,} bytes", raw_of(whole))
        whole, repaired = cleaned(whole)
        sender, text = self.split(whole)
        if sender is None:
            return Rejected(where, "it has no sender", raw_of(whole))
        return self.message(second, sender, text, repaired)

    def split(self, whole: str) -> tuple[str | None, str]:
        """Part sender and text; the sender is "" for an event of the chat, None where it is missing."""
        first, newline, rest = whole.partition("\n")
        colon = first.find(": ")
        if colon < 0:
            bare = first.rstrip(_EDGES)
            if bare.endswith(":") and len(bare) <= _NAME_CHARS:
                name, text = bare[:-1], newline + rest
                return name.strip(_EDGES) or None, text[1:]
            return "", whole.strip(_EDGES)
        name = first[:colon]
        if len(name) > _NAME_CHARS or not _QUOTES.isdisjoint(name):
            return "", whole.strip(_EDGES)
        text = whole[colon + 2 :]
        name = name.strip(_EDGES)
        if not name:
            return None, text
        # iOS writes events of the chat behind the contact's or group's name, with a left-to-right mark.
        if text.startswith("\u200e") and is_system_text(text):
            return "", text.strip(_EDGES)
        return name, text

    def who(self, name: str) -> tuple[str, str, Direction]:
        """Give key, display name and direction of a sender."""
        known = self.senders.get(name)
        if known is not None:
            return known
        shown = name.lstrip("~").strip(_EDGES) or name
        key = shown
        if _PHONE.match(shown):
            key = "+" + "".join(str(int(character)) for character in shown if character.isdigit())
        direction: Direction = "out" if shown.casefold() in self.owners or key in self.owners else "in"
        key = key.encode()[:KEY_LIMIT].decode("utf-8", "ignore")
        if len(self.senders) < 100_000:
            self.senders[name] = (key, shown, direction)
        return key, shown, direction

    def message(self, second: int, sender: str, text: str, repaired: int) -> Inbound:
        kind: Kind = "text"
        attachments: tuple[Attachment, ...] = ()
        extra: dict[str, str] = {}
        key, shown, direction = self.who(sender) if sender else ("", "", "in")
        id_ = self.id_of(second, sender, text)
        if not sender:
            kind = "system"
        else:
            text, edited = without_edit_mark(text)
            if edited:
                extra["edited"] = "yes"
            attached = attached_file(text)
            omitted = omitted_media(text) if attached is None else None
            if attached is not None:
                name, text = attached
                kind = type_of(name)[1]
                attachments = (self.chat.find(name),)
            elif omitted is not None:
                kind, text = omitted
                attachments = (Attachment(name="", note="left out of the export"),)
            elif is_deleted(text):
                kind, text = "unsupported", text.strip(_EDGES)
                extra["deleted"] = "yes"
            elif is_location(text):
                kind, text = "location", text.strip(_EDGES)
        if repaired:
            extra["text_note"] = f"{repaired} unreadable or control characters became U+FFFD"
        sent_ms = (second - self.options.utc_offset_min * 60) * 1000
        note = time_note(sent_ms, self.now_ms)
        if note:
            extra["time_note"] = note
        return Inbound(
            id=id_,
            source="export",
            conversation=self.chat.conversation,
            sender=key,
            sender_name=shown,
            direction=direction,
            kind=kind,
            text=text,
            sent_ms=sent_ms,
            utc_offset_min=self.options.utc_offset_min,
            region=self.options.region,
            attachments=attachments,
            imported=True,
            extra=extra,
        )

    def id_of(self, second: int, sender: str, text: str) -> str:
        """Derive an id from conversation, time on the sender's clock, sender, text, and occurrence.

        Direction marks differ between exports of the same chat, so they do not count.
        """
        if self.ordered and second != self.seen_second:
            self.seen.clear()  # time only runs forward in this file: older keys cannot come again
            self.seen_second = second
        hashed = self.base.copy()
        hashed.update(f"{second}\0{_MARKED.sub('', sender)}\0{_MARKED.sub('', text)}".encode())
        key = hashed.digest()
        occurrence = self.seen.get(key, 0)
        self.seen[key] = occurrence + 1
        if occurrence:
            hashed.update(f"\0{occurrence}".encode())
            return hashed.hexdigest()
        return key.hex()
