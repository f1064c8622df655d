"""One message of a chat: who wrote it, what it carries, and its id."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import blake2b

from actors.whatsapp.export_contract import KEY_LIMIT, ReadOptions, time_note
from actors.whatsapp.export_dates import MARKS
from actors.whatsapp.export_marks import (
    attached_file,
    is_deleted,
    is_location,
    is_system_text,
    omitted_media,
    type_of,
    without_edit_mark,
)
from messages.inbound import Attachment, Direction, Inbound, Kind

Finder = Callable[[str], Attachment]
"""Gives the kept file of a name that a message carries."""

EDGES = " \u00a0\u202f\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
"""Spaces and direction marks that stand around names."""

_PHONE = re.compile(r"\+[\d \u00a0\u202f().\u2011-]{6,24}\Z")
_QUOTES = frozenset('“”"«»„')
_NAME_CHARS = 120
_MARKED = re.compile(f"[{MARKS}]")
_MOST_KNOWN = 100_000


class MessageMaker:
    """Makes the messages of one chat.

    Args:
        conversation: its key.
        find: gives the file that a message carries.
        options: offset, region, names of the business.
        now_ms: the present, milliseconds since 1970 UTC.
        ordered: the chat's times never step back.
    """

    def __init__(self, conversation: str, find: Finder, options: ReadOptions, *, now_ms: int, ordered: bool) -> None:
        self._conversation = conversation
        self._find = find
        self._options = options
        self._now_ms = now_ms
        self._ordered = ordered
        self._owners = {name.strip(EDGES).casefold() for name in options.owner_names}
        self._seen: dict[bytes, int] = {}
        self._seen_second: int | None = None
        self._senders: dict[str, tuple[str, str, Direction]] = {}
        self._base = blake2b(conversation.encode(), digest_size=16, person=b"majlis-export")

    def split(self, whole: str) -> tuple[str | None, str]:
        """Part sender and text; the sender is "" for an event of the chat, None where it is missing."""
        first, newline, rest = whole.partition("\n")
        colon = first.find(": ")
        if colon < 0:
            bare = first.rstrip(EDGES)
            if bare.endswith(":") and len(bare) <= _NAME_CHARS:
                name, text = bare[:-1], newline + rest
                return name.strip(EDGES) or None, text[1:]
            return "", whole.strip(EDGES)
        name = first[:colon]
        if len(name) > _NAME_CHARS or not _QUOTES.isdisjoint(name):
            return "", whole.strip(EDGES)
        text = whole[colon + 2 :]
        name = name.strip(EDGES)
        if not name:
            return None, text
        # iOS writes events of the chat behind the contact's or group's name, with a left-to-right mark.
        if text.startswith("\u200e") and is_system_text(text):
            return "", text.strip(EDGES)
        return name, text

    def _who(self, name: str) -> tuple[str, str, Direction]:
        """Give key, display name and direction of a sender."""
        known = self._senders.get(name)
        if known is not None:
            return known
        shown = name.lstrip("~").strip(EDGES) or name
        key = shown
        if _PHONE.match(shown):
            key = "+" + "".join(str(int(character)) for character in shown if character.isdigit())
        direction: Direction = "out" if shown.casefold() in self._owners or key in self._owners else "in"
        key = key.encode()[:KEY_LIMIT].decode("utf-8", "ignore")
        if len(self._senders) < _MOST_KNOWN:
            self._senders[name] = (key, shown, direction)
        return key, shown, direction

    def message(self, second: int, sender: str, text: str, repaired: int) -> Inbound:
        """Make a message.

        Args:
            second: its time on the sender's clock, seconds since 1970 as if that clock showed UTC.
            sender: as exported; "" for an event of the chat.
            text: as exported.
            repaired: how many characters were replaced.

        Returns:
            the message.
        """
        kind: Kind = "text"
        attachments: tuple[Attachment, ...] = ()
        extra: dict[str, str] = {}
        key, shown, direction = self._who(sender) if sender else ("", "", "in")
        id_ = self._id(second, sender, text)
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
                attachments = (self._find(name),)
            elif omitted is not None:
                kind, text = omitted
                attachments = (Attachment(name="", note="left out of the export"),)
            elif is_deleted(text):
                kind, text = "unsupported", text.strip(EDGES)
                extra["deleted"] = "yes"
            elif is_location(text):
                kind, text = "location", text.strip(EDGES)
        if repaired:
            extra["text_note"] = f"{repaired} unreadable or control characters became U+FFFD"
        sent_ms = (second - self._options.utc_offset_min * 60) * 1000
        note = time_note(sent_ms, self._now_ms)
        if note:
            extra["time_note"] = note
        return Inbound(
            id=id_,
            source="export",
            conversation=self._conversation,
            sender=key,
            sender_name=shown,
            direction=direction,
            kind=kind,
            text=text,
            sent_ms=sent_ms,
            utc_offset_min=self._options.utc_offset_min,
            region=self._options.region,
            attachments=attachments,
            imported=True,
            extra=extra,
        )

    def _id(self, second: int, sender: str, text: str) -> str:
        """Derive an id from conversation, time on the sender's clock, sender, text, and occurrence.

        Direction marks differ between exports of the same chat, so they do not count.
        """
        if self._ordered and second != self._seen_second:
            self._seen.clear()  # time only runs forward in this file: older keys cannot come again
            self._seen_second = second
        hashed = self._base.copy()
        hashed.update(f"{second}\0{_MARKED.sub('', sender)}\0{_MARKED.sub('', text)}".encode())
        key = hashed.digest()
        occurrence = self._seen.get(key, 0)
        self._seen[key] = occurrence + 1
        if occurrence:
            hashed.update(f"\0{occurrence}".encode())
            return hashed.hexdigest()
        return key.hex()
