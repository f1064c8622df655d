"""JSONL of inbound messages: one object a line.

Keys: ``conversation``, ``sender``, ``text`` (required); ``id``, ``sent_at`` (ISO 8601, or seconds or milliseconds
since 1970), ``sequence``, ``kind``, ``attachments`` (objects with ``name``, ``mime``, ``size``), ``name`` (of
the sender), ``region``, ``direction`` (``in`` or ``out``), ``reply_to``, ``lang`` (optional). Scalars under other
keys are kept in the message's ``extra``.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, get_args

import msgspec

from actors.whatsapp.export_contract import KEY_LIMIT, ReadOptions, Rejected, Warn, cleaned, raw_of, time_note
from actors.whatsapp.export_text import SNIFFED, NotTextError, Opener, encoding_of, lines_of
from messages.inbound import Attachment, Direction, Inbound, Kind

_KINDS = frozenset(get_args(Kind))
_DIRECTIONS = frozenset(get_args(Direction))
_KNOWN = frozenset(
    [
        "conversation",
        "sender",
        "text",
        "id",
        "sent_at",
        "sequence",
        "kind",
        "attachments",
        "name",
        "region",
        "direction",
        "reply_to",
        "lang",
    ]
)
_REGION = re.compile(r"[A-Za-z]{2}\Z")
_INT64 = 1 << 63
_MS_FROM = 100_000_000_000
"""Numbers from here on are milliseconds: as seconds this is the year 5138."""
_LATEST_MS = 253_402_300_799_999
"""The end of the year 9999."""
_MOST_ATTACHMENTS = 100
_MOST_EXTRA = 50


class BadLineError(ValueError):
    """A line that is no message."""


def read_jsonl(
    opener: Opener, where: str, options: ReadOptions, now_ms: int, warn: Warn
) -> Iterator[Inbound | Rejected]:
    """Read JSONL.

    Args:
        opener: opens the file's bytes.
        where: how rejects name it.
        options: defaults for offset, region and owner names; bounds.
        now_ms: the present, milliseconds since 1970 UTC; messages without a time take it.
        warn: takes lines that a person should see.

    Yields:
        messages in the file's order, and what could not become one.
    """
    try:
        with opener() as stream:
            head = stream.read(SNIFFED)
        encoding = encoding_of(head)
    except NotTextError as error:
        yield Rejected(where, f"is not JSONL: {error}", head)
        return
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0].strip()
    if first == b"{" or first.startswith(b"["):
        yield Rejected(where, "is not JSONL: it must hold one object a line", head)
        return
    reader = _Reader(options, now_ms)
    number = messages = 0
    try:
        for line, cut in lines_of(opener(), encoding, options.limits.line_chars):
            number += 1
            if not line.strip():
                continue
            messages += 1
            if cut:
                yield Rejected(f"{where}:{number}", "the line is too long", raw_of(line))
                continue
            try:
                message = reader.message(line)
            except BadLineError as error:
                yield Rejected(f"{where}:{number}", str(error), raw_of(line))
            else:
                yield message
    except OSError as error:
        yield Rejected(f"{where}:{number + 1}", f"cannot be read from here on: {error}")
    if not messages:
        yield Rejected(where, "holds no message")
    if reader.unknown:
        names = ", ".join(sorted(reader.unknown_names)[:8])
        warn(f"{where}: {reader.unknown} messages have keys that are not known ({names}); kept as extra facts")
    if reader.left_out:
        warn(f"{where}: {reader.left_out} unknown keys hold lists or objects or are too many, and were left out")


class _Reader:
    def __init__(self, options: ReadOptions, now_ms: int) -> None:
        self.options = options
        self.now_ms = now_ms
        self.owners = {name.strip().casefold() for name in options.owner_names}
        self.unknown = 0
        self.left_out = 0
        self.unknown_names: set[str] = set()
        self.seen: dict[bytes, int] = {}

    def message(self, line: str) -> Inbound:
        data = _decoded(line)
        unknown = data.keys() - _KNOWN
        repaired = 0
        conversation, more = _key(data, "conversation")
        repaired += more
        sender, more = _key(data, "sender")
        repaired += more
        text, more = self._text(data)
        repaired += more
        extra: dict[str, str] = {}
        sent_ms, offset = self._time(data.get("sent_at"), extra)
        name = _optional(data, "name")
        direction = data.get("direction")
        if direction is None:
            own = sender.casefold() in self.owners or name.casefold() in self.owners
            direction = "out" if own else "in"
        elif not isinstance(direction, str) or direction not in _DIRECTIONS:
            raise BadLineError(f'"direction" must be "in" or "out", not {_shown(direction)}')
        kind = data.get("kind")
        if kind is None:
            kind = "text"
        elif not isinstance(kind, str) or kind not in _KINDS:
            raise BadLineError(f'"kind" must be one of {", ".join(sorted(_KINDS))}, not {_shown(kind)}')
        sequence = data.get("sequence")
        if sequence is not None and (
            not isinstance(sequence, int) or isinstance(sequence, bool) or not 0 <= sequence < _INT64
        ):
            raise BadLineError(f'"sequence" must be a whole number from 0, not {_shown(sequence)}')
        region = data.get("region")
        if region is None:
            region = self.options.region
        elif not isinstance(region, str) or not _REGION.match(region):
            raise BadLineError(f'"region" must be two letters, not {_shown(region)}')
        lang = _optional(data, "lang")
        if lang:
            extra["lang"] = lang
        if unknown:
            self._keep_unknown(data, unknown, extra)
        if repaired:
            extra["text_note"] = f"{repaired} unreadable or control characters became U+FFFD"
        return Inbound(
            id=self._id(data, conversation, sender, text),
            source="jsonl",
            conversation=conversation,
            sender=sender,
            sender_name=name,
            direction=direction,  # type: ignore[arg-type]
            kind=kind,  # type: ignore[arg-type]
            text=text,
            sent_ms=sent_ms,
            utc_offset_min=offset,
            sequence=sequence,
            region=region.upper(),
            attachments=_attachments(data.get("attachments")),
            reply_to=_optional(data, "reply_to"),
            imported=True,
            extra=extra,
        )

    def _text(self, data: dict[str, Any]) -> tuple[str, int]:
        text = data.get("text")
        if not isinstance(text, str):
            raise BadLineError(_wrong(data, "text"))
        limit = self.options.limits.message_bytes
        if len(text) * 4 > limit and len(text.encode("utf-8", "replace")) > limit:
            raise BadLineError(f"its text is longer than {limit:,} bytes")
        return cleaned(text)

    def _time(self, value: object, extra: dict[str, str]) -> tuple[int, int]:
        offset = self.options.utc_offset_min
        if value is None:
            extra["time_note"] = "it has no time; the time of reading was taken"
            return self.now_ms, offset
        if isinstance(value, str):
            sent_ms, offset = _iso(value, offset)
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            sent_ms = int(value) if abs(value) >= _MS_FROM else round(value * 1000)
        else:
            raise BadLineError(f'"sent_at" must be ISO 8601 or a number since 1970, not {_shown(value)}')
        if not 0 <= sent_ms <= _LATEST_MS:
            raise BadLineError(f'"sent_at" is not between 1970 and 9999: {_shown(value)}')
        note = time_note(sent_ms, self.now_ms)
        if note:
            extra["time_note"] = note
        return sent_ms, offset

    def _id(self, data: dict[str, Any], conversation: str, sender: str, text: str) -> str:
        given = data.get("id")
        if given is not None:
            id_, _ = _key(data, "id")
            return id_
        # The time as it was written: one that is missing must not make the id depend on the time of reading.
        hashed = blake2b(digest_size=16, person=b"majlis-jsonl")
        hashed.update(
            f"{conversation}\0{data.get('sent_at')}\0{data.get('sequence')}\0{sender}\0{text}".encode(
                "utf-8", "replace"
            )
        )
        key = hashed.digest()
        occurrence = self.seen.get(key, 0)
        self.seen[key] = occurrence + 1
        if occurrence:
            hashed.update(f"\0{occurrence}".encode())
        return hashed.hexdigest()

    def _keep_unknown(self, data: dict[str, Any], unknown: set[str], extra: dict[str, str]) -> None:
        self.unknown += 1
        for name in sorted(unknown):
            value = data[name]
            shown = cleaned(name)[0][:64]
            if len(self.unknown_names) < 100:
                self.unknown_names.add(shown)
            if value is None:
                continue
            if isinstance(value, list | dict) or len(extra) >= _MOST_EXTRA:
                self.left_out += 1
                continue
            text = ("true" if value else "false") if isinstance(value, bool) else str(value)
            extra[shown] = cleaned(text)[0][:1024]


def _decoded(line: str) -> dict[str, Any]:
    try:
        data = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        # Lone surrogates and undecodable bytes, which msgspec refuses, become U+FFFD; anything else is an error.
        try:
            data = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, json.JSONDecodeError | BadLineError) else "too deeply nested"
            raise BadLineError(f"is not JSON: {reason}") from error
    if not isinstance(data, dict):
        raise BadLineError(f"must be an object with conversation, sender and text, not {_shown(data)}")
    return data


def _no_constant(name: str) -> None:
    raise BadLineError(f"{name} is no number")


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _wrong(data: dict[str, Any], name: str) -> str:
    if name not in data:
        return f'"{name}" is missing'
    return f'"{name}" must be text, not {_shown(data[name])}'


def _key(data: dict[str, Any], name: str) -> tuple[str, int]:
    value = data.get(name)
    if not isinstance(value, str):
        raise BadLineError(_wrong(data, name))
    value, repaired = cleaned(value.strip())
    if not value:
        raise BadLineError(f'"{name}" is empty')
    if len(value.encode()) > KEY_LIMIT:
        raise BadLineError(f'"{name}" is longer than {KEY_LIMIT} bytes')
    return value, repaired


def _optional(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadLineError(_wrong(data, name))
    value = cleaned(value)[0]
    if len(value.encode()) > KEY_LIMIT:
        raise BadLineError(f'"{name}" is longer than {KEY_LIMIT} bytes')
    return value


def _iso(value: str, offset_min: int) -> tuple[int, int]:
    try:
        moment = dt.datetime.fromisoformat(value.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=offset_min)))
        else:
            offset_min = round((moment.utcoffset() or dt.timedelta()).total_seconds() / 60)
        return round(moment.timestamp() * 1000), offset_min
    except (ValueError, OverflowError) as error:
        raise BadLineError(f'"sent_at" is not a time: {_shown(value)}') from error


def _attachments(value: object) -> tuple[Attachment, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _MOST_ATTACHMENTS:
        raise BadLineError(f'"attachments" must be a list of at most {_MOST_ATTACHMENTS} objects')
    found: list[Attachment] = []
    for entry in value:
        if not isinstance(entry, dict):
            raise BadLineError(f'"attachments" must hold objects, not {_shown(entry)}')
        name, mime, size = _optional(entry, "name"), _optional(entry, "mime"), entry.get("size", 0)
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < _INT64:
            raise BadLineError(f'"size" of an attachment must be a whole number from 0, not {_shown(size)}')
        found.append(Attachment(name=name, mime=mime, size=size, note="named only; its content was not given"))
    return tuple(found)
