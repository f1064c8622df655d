"""The one way from a file to messages: WhatsApp exports (text, or zip with media) and JSONL."""

from __future__ import annotations

import io
import re
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from actors.media.errors import MediaError
from actors.whatsapp.export_chat import DAMAGE, ChatSource, read_chat
from actors.whatsapp.export_contract import (
    KEY_LIMIT,
    MediaKeeper,
    ReadLimits,
    ReadOptions,
    Rejected,
    Warn,
    cleaned,
)
from actors.whatsapp.export_marks import type_of
from actors.whatsapp.export_zip import fault_of_archive, fault_of_member
from actors.whatsapp.jsonl_source import read_jsonl
from messages.inbound import Attachment, Inbound

__all__ = ["MediaKeeper", "ReadLimits", "ReadOptions", "Rejected", "conversation_of", "read_source"]

_TITLE = re.compile(
    r"\A(?:whatsapp[ _-]chat (?:with|mit|con|avec|met|com) |whatsapp chat - |whatsapp-chat - |"
    r"chat de whatsapp con |discussion whatsapp avec |conversa do whatsapp com |chat whatsapp con |"
    r"whatsapp-chat mit |محادثة واتساب مع |محادثة whatsapp مع |دردشة واتساب مع )(.+)\Z",
    re.IGNORECASE | re.DOTALL,
)
_COPY = re.compile(r" ?\(\d{1,3}\)\Z")
_NAME_LIMIT = 255
_HEAD = 4096


def read_source(
    path: Path, options: ReadOptions, media: MediaKeeper | None, warn: Warn | None = None
) -> Iterator[Inbound | Rejected]:
    """Read a file's messages, in its order, one at a time.

    Args:
        path: a WhatsApp export (``.txt``, or ``.zip`` with media) or JSONL of inbound messages; told by content.
        options: how to read it.
        media: keeps the files that messages carry; None leaves them unkept.
        warn: takes lines that a person should see and that concern no single message.

    Yields:
        messages, and what could not become one; reading goes on after it.
    """
    say = warn or (lambda _: None)
    now_ms = options.now_ms or time.time_ns() // 1_000_000
    where = cleaned(str(path))[0].replace("\n", "\ufffd").replace("\t", "\ufffd")
    try:
        if not path.exists():
            yield Rejected(where, "there is no such file")
            return
        if path.is_dir():
            yield Rejected(where, "is a folder; name the files")
            return
        if not path.is_file():
            yield Rejected(where, "is not a regular file")
            return
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except (OSError, ValueError) as error:
        yield Rejected(where, f"cannot be read: {getattr(error, 'strerror', None) or error}")
        return
    if not head:
        yield Rejected(where, "is empty")
    elif head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")) or path.suffix.lower() == ".zip":
        yield from _read_zip(path, where, options, media, now_ms=now_ms, warn=say)
    elif path.suffix.lower() in {".jsonl", ".ndjson", ".json"} or _looks_like_json(head):
        yield from read_jsonl(lambda: path.open("rb"), where, options, now_ms, say)
    else:
        conversation = conversation_of(path.stem, path.absolute().parent.name, options)
        find = _Absent("the chat came without its files").find
        chat = ChatSource(where, conversation, lambda: path.open("rb"), find)
        yield from read_chat(chat, options, now_ms, say)


def _looks_like_json(head: bytes) -> bool:
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return bare.startswith(b"{") and b'"' in bare[:64]


def conversation_of(stem: str, folder: str, options: ReadOptions) -> str:
    """Name the conversation of a chat's file.

    Args:
        stem: the file's name without its ending (``WhatsApp Chat with X``, ``_chat``).
        folder: name of the folder or zip that it lies in.
        options: a name for files that tell none.

    Returns:
        the conversation's key: the contact's or group's name where the file tells it.
    """
    name = _shown(stem)
    nameless = name.lower() in {"_chat", "chat", ""}
    found = _TITLE.match(_shown(folder) if nameless else name)
    if found is not None:
        return _key(_COPY.sub("", found.group(1)).strip() or found.group(1).strip())
    return _key((options.conversation or _shown(folder)) if nameless else name)


def _shown(name: str) -> str:
    return cleaned(name)[0].replace("\n", " ").strip(" \u200e\u200f")


def _key(name: str) -> str:
    return name.encode("utf-8", "replace")[:KEY_LIMIT].decode("utf-8", "ignore") or "chat"


class _Absent:
    """Files of a chat that are not here."""

    def __init__(self, note: str) -> None:
        self._note = note

    def find(self, name: str) -> Attachment:
        shown = PurePosixPath(name).name[:_NAME_LIMIT]
        return Attachment(name=shown, mime=type_of(shown)[0], note=self._note)


class _Members:
    """The files beside a chat in its zip."""

    def __init__(self, archive: zipfile.ZipFile, media: MediaKeeper | None, limits: ReadLimits) -> None:
        self.archive = archive
        self._media = media
        self._limits = limits
        self._members: dict[tuple[str, str], zipfile.ZipInfo] = {}
        self.wanted: set[str] = set()

    def add(self, member: zipfile.ZipInfo) -> None:
        where = PurePosixPath(member.filename)
        self._members.setdefault((str(where.parent), where.name), member)

    def unwanted(self) -> int:
        return sum(member.filename not in self.wanted for member in self._members.values())

    def find(self, folder: str, name: str) -> Attachment:
        shown = PurePosixPath(name.replace("\\", "/")).name[:_NAME_LIMIT]
        mime = type_of(shown)[0]
        member = self._members.get((folder, name))
        if member is None:
            return Attachment(name=shown, mime=mime, note="missing from the export")
        self.wanted.add(member.filename)
        if self._media is None:
            return Attachment(name=shown, mime=mime, size=member.file_size, note="not kept")
        try:
            with self.archive.open(member) as stream:
                kept = self._media.keep(cast(BinaryIO, stream), shown)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, MediaError) as error:
            return Attachment(name=shown, mime=mime, size=member.file_size, note=f"could not be kept: {error}")
        return Attachment(
            name=shown, mime=kept.mime or mime, size=kept.size, sha256=kept.sha256, note=kept.note or "not yet read"
        )


def _read_zip(
    path: Path, where: str, options: ReadOptions, media: MediaKeeper | None, *, now_ms: int, warn: Warn
) -> Iterator[Inbound | Rejected]:
    try:
        archive = zipfile.ZipFile(path)
    except (*DAMAGE, ValueError, NotImplementedError) as error:
        yield Rejected(where, f"is a damaged or truncated zip: {error}")
        return
    with archive:
        fault = fault_of_archive(archive.infolist(), options.limits)
        if fault:
            yield Rejected(where, fault)
            return
        members = _Members(archive, media, options.limits)
        texts: list[zipfile.ZipInfo] = []
        nested: list[zipfile.ZipInfo] = []
        for member in archive.infolist():
            if member.is_dir() or member.filename.startswith("__MACOSX/"):
                continue
            fault = fault_of_member(member, options.limits)
            if fault:
                yield Rejected(f"{where}!/{_shown(member.filename)}", fault)
                continue
            members.add(member)
            suffix = PurePosixPath(member.filename).suffix.lower()
            if suffix == ".txt":
                texts.append(member)
            elif suffix == ".zip":
                nested.append(member)
        chats = [member for member in texts if _named_as_chat(member)] or [
            member for member in texts if "/" not in member.filename
        ]
        if not chats:
            yield Rejected(where, "holds no chat (_chat.txt or WhatsApp Chat with ….txt)")
        for member in chats:
            members.wanted.add(member.filename)
            yield from read_chat(_chat_of(member, path, where, members, options), options, now_ms, warn)
        for member in nested:
            if member.filename not in members.wanted:
                members.wanted.add(member.filename)
                yield Rejected(f"{where}!/{_shown(member.filename)}", "is a zip inside a zip; name it by itself")
        if chats and members.unwanted():
            warn(f"{where}: {members.unwanted()} files are named by no message and were left in the zip")


def _named_as_chat(member: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(member.filename).stem
    return name == "_chat" or _TITLE.match(_shown(name)) is not None


def _chat_of(member: zipfile.ZipInfo, path: Path, where: str, members: _Members, options: ReadOptions) -> ChatSource:
    inner = PurePosixPath(member.filename)
    folder = str(inner.parent)
    conversation = conversation_of(inner.stem, inner.parent.name or path.stem, options)
    return ChatSource(
        f"{where}!/{_shown(member.filename)}",
        conversation,
        lambda: io.BufferedReader(cast(io.RawIOBase, members.archive.open(member)), 1 << 18),
        lambda name: members.find(folder, name),
    )
