"""Read a Cloud API webhook: every message of every change of every entry, and every status and error."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from actors.whatsapp.errors import PayloadError
from actors.whatsapp.json_body import decode_body, keep_as_text, refuse_duplicate_keys
from actors.whatsapp.message_kinds import SORTS, Content, as_text
from messages.delivery import DeliveryStatus, ReportState
from messages.inbound import Direction, Inbound, Kind

Resolve = Callable[[str, str], str]
"""``(user_id, wa_id) -> conversation``; either may be "" but not both."""

_ENVELOPE: Final = frozenset({"id", "from", "from_user_id", "timestamp", "type", "context", "group_id", "to"})
_STATES: Final[dict[str, ReportState]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
    "deleted": "deleted",
}
_ID_MAX: Final = 512
_SENDER_MAX: Final = 256  # a business-scoped user id has at most 131 characters
_NAME_MAX: Final = 256
_HOUR_MS: Final = 3_600_000
_LATEST_MS: Final = 253_402_300_799_000  # the end of year 9999
_LIST_KEYS: Final = (b'"entry"', b'"changes"', b'"messages"', b'"statuses"')


def either(user_id: str, wa_id: str) -> str:
    """Choose a conversation's key without knowing earlier ones: the user id, else the phone number's id."""
    return user_id or wa_id


class Reading(NamedTuple):
    """How payloads are read.

    Attributes:
        received_ms: when the body came, milliseconds since 1970 UTC.
        timezone: customers' clock.
        channels: phone number ids that are ours; empty takes any.
        max_messages: updates allowed in one body.
        max_extra_chars: characters kept of one unknown or structured field.
        max_depth: nesting kept of it.
        resolve: chooses a conversation's key.
    """

    received_ms: int
    timezone: str = "UTC"
    channels: frozenset[str] = frozenset()
    max_messages: int = 1000
    max_extra_chars: int = 8192
    max_depth: int = 32
    resolve: Resolve = either


class Refused(NamedTuple):
    """One part of a payload that could not be used: why, and its JSON."""

    reason: str
    raw: bytes


class Payload(NamedTuple):
    """What a webhook brought, in its order."""

    messages: list[Inbound]
    statuses: list[DeliveryStatus]
    refused: list[Refused]


def parse_payload(body: bytes, reading: Reading) -> Payload:
    """Read one webhook's body. A bad part is refused alone; the others are kept.

    Args:
        body: the raw body, its signature already checked.
        reading: how to read it.

    Returns:
        its messages, statuses and refused parts.

    Raises:
        PayloadError: it is no webhook at all, holds too many updates, or names a list twice in one object.
    """
    document = decode_body(body)
    if not isinstance(document, dict) or not isinstance(document.get("entry"), list):
        raise PayloadError("the body is not a webhook: no list of entries")
    _refuse_lists_named_twice(body, document)
    reader = _Reader(reading)
    for value, field in _changes(document, reader):
        reader.change(value, field)
    return Payload(reader.messages, reader.statuses, reader.refused)


def _refuse_lists_named_twice(body: bytes, document: dict[str, Any]) -> None:
    # Counting is cheap; only a body that holds more of these words than lists is read again the slow way.
    entries = [entry for entry in document["entry"] if isinstance(entry, dict)]
    changes = [change for entry in entries for change in _list(entry, "changes") if isinstance(change, dict)]
    values = [change["value"] for change in changes if isinstance(change.get("value"), dict)]
    expected = (
        1,
        sum("changes" in entry for entry in entries),
        sum("messages" in value for value in values) + sum(change.get("field") == "messages" for change in changes),
        sum("statuses" in value for value in values),
    )
    if any(body.count(key) > count for key, count in zip(_LIST_KEYS, expected, strict=True)):
        refuse_duplicate_keys(body)


def _list(parent: dict[str, Any], key: str) -> list[Any]:
    found = parent.get(key)
    return found if isinstance(found, list) else []


def _changes(document: dict[str, Any], reader: _Reader) -> Iterator[tuple[dict[str, Any], str]]:
    for entry in document["entry"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("changes"), list):
            reader.refuse("an entry without a list of changes", entry)
            continue
        for change in entry["changes"]:
            value = change.get("value") if isinstance(change, dict) else None
            if not isinstance(value, dict):
                reader.refuse("a change without a value", change)
                continue
            yield value, as_text(change.get("field"))


class _Reader:
    """Collects what one body holds."""

    def __init__(self, reading: Reading) -> None:
        self.messages: list[Inbound] = []
        self.statuses: list[DeliveryStatus] = []
        self.refused: list[Refused] = []
        self._reading = reading
        self._updates = 0
        self._offsets: dict[int, int] = {}
        self._zone = ZoneInfo(reading.timezone)

    def refuse(self, reason: str, part: Any) -> None:
        self.refused.append(Refused(reason, self._keep(part, 65_536).encode()))

    def _keep(self, value: Any, max_chars: int = 0) -> str:
        limit = max_chars or self._reading.max_extra_chars
        return keep_as_text(value, max_chars=limit, max_depth=self._reading.max_depth)

    def _count(self) -> None:
        self._updates += 1
        if self._updates > self._reading.max_messages:
            raise PayloadError(f"the body holds more than {self._reading.max_messages} updates")

    def change(self, value: dict[str, Any], field: str) -> None:
        """Read one change's value."""
        metadata = value.get("metadata")
        channel = as_text(metadata.get("phone_number_id")) if isinstance(metadata, dict) else ""
        number = as_text(metadata.get("display_phone_number")) if isinstance(metadata, dict) else ""
        channels = self._reading.channels
        known = False
        people = _People(_list(value, "contacts"))
        parts: tuple[tuple[str, Direction], ...] = (("messages", "in"), ("message_echoes", "out"))
        for key, direction in parts:
            if key not in value:
                continue
            known = True
            for message in value[key] if isinstance(value[key], list) else [value[key]]:
                self._count()
                if channels and channel not in channels:
                    self.refuse(f"for the number {channel or '(none)'}, which is not one of ours", message)
                elif isinstance(message, dict):
                    self._message(message, direction, people, channel, number)
                else:
                    self.refuse("a message that is not an object", message)
        if "statuses" in value:
            known = True
            for status in value["statuses"] if isinstance(value["statuses"], list) else [value["statuses"]]:
                self._count()
                self._status(status, channel)
        if "errors" in value:
            known = True
            for error in value["errors"] if isinstance(value["errors"], list) else [value["errors"]]:
                self._count()
                self._error(error, channel)
        if not known:
            self._count()
            self.refuse(f"a change of {field or 'an unnamed field'}, which is not a message", value)

    def _message(
        self, message: dict[str, Any], direction: Direction, people: _People, channel: str, number: str
    ) -> None:
        wa_id = as_text(message.get("from" if direction == "in" else "to"))
        user_id = as_text(message.get("from_user_id" if direction == "in" else "to_user_id"))
        name, wa_id, user_id, username = people.complete(wa_id, user_id)
        group = as_text(message.get("group_id"))
        if not (wa_id or user_id or group):
            self.refuse("a message without a sender", message)
            return
        if max(len(wa_id), len(user_id), len(group)) > _SENDER_MAX:
            self.refuse(f"a message whose sender's id has more than {_SENDER_MAX} characters", message)
            return
        extra: dict[str, str] = {"channel": channel}
        if wa_id:
            extra["wa_id"] = wa_id
        if user_id:
            extra["user_id"] = user_id
        if username:
            extra["username"] = username
        sort = as_text(message.get("type"))
        kind, (text, attachments) = self._content(message, sort, extra)
        sent_ms = self._time(message.get("timestamp"), extra)
        if group:
            extra["group"] = group
            conversation = group
        else:
            conversation = self._reading.resolve(user_id, wa_id)
            moved = extra.get("system_new_wa_id") or extra.get("system_wa_id") or ""
            if kind == "system" and 0 < len(moved) <= _SENDER_MAX:
                # A changed number: later messages of the new one belong to the same conversation.
                self._reading.resolve(conversation, moved)
        unknown = message.keys() - _ENVELOPE - {sort}
        if unknown and kind != "unsupported":
            extra["unknown"] = self._keep({key: message[key] for key in sorted(unknown)})
        limit = self._reading.max_extra_chars
        for key, value in extra.items():
            if len(value) > limit:
                extra[key] = value[: limit - 1] + "…"
        identity = as_text(message.get("id"))
        if not identity:
            identity = "sha256:" + hashlib.sha256(self._keep(message, 1 << 20).encode()).hexdigest()[:32]
            extra["note"] = "came without an id"
        elif len(identity) > _ID_MAX:
            identity = "sha256:" + hashlib.sha256(identity.encode()).hexdigest()[:32]
        self.messages.append(
            Inbound(
                id=identity,
                source="whatsapp",
                conversation=conversation,
                sender=(wa_id or user_id) if direction == "in" else (number or channel),
                sender_name=name[:_NAME_MAX] if direction == "in" else "",
                direction=direction,
                kind=kind,
                text=text,
                sent_ms=sent_ms,
                utc_offset_min=self._offset(sent_ms),
                received_ms=self._reading.received_ms,
                attachments=attachments,
                reply_to=self._quoted(message, sort, extra),
                extra=extra,
            )
        )

    def _content(self, message: dict[str, Any], sort: str, extra: dict[str, str]) -> tuple[Kind, Content]:
        found = SORTS.get(sort)
        part = message.get(sort) if found is not None else None
        if found is not None and isinstance(part, found.shape):
            return found.kind, found.read(part, extra, self._keep)
        extra["type"] = sort
        extra["raw"] = self._keep(message)
        errors = _list(message, "errors")
        if errors:
            extra["error"] = "; ".join(_describe(error)[1] for error in errors)
        return "unsupported", ("", ())

    def _quoted(self, message: dict[str, Any], sort: str, extra: dict[str, str]) -> str:
        if sort == "reaction" and isinstance(message.get("reaction"), dict):
            return as_text(message["reaction"].get("message_id"))[:_ID_MAX]
        context = message.get("context")
        if not isinstance(context, dict):
            return ""
        if context.get("forwarded") is True or context.get("frequently_forwarded") is True:
            extra["forwarded"] = "1"
        if "referred_product" in context:
            extra["referred_product"] = self._keep(context["referred_product"])
        return as_text(context.get("id"))[:_ID_MAX]

    def _time(self, value: Any, extra: dict[str, str]) -> int:
        text = as_text(value)
        if text.isdecimal() and len(text) <= 12 and 0 < (at_ms := int(text) * 1000) <= _LATEST_MS:
            return at_ms
        extra["note"] = "came without a usable time"
        return self._reading.received_ms

    def _offset(self, at_ms: int) -> int:
        hour = at_ms // _HOUR_MS
        found = self._offsets.get(hour)
        if found is None:
            delta = datetime.fromtimestamp(hour * 3600, tz=UTC).astimezone(self._zone).utcoffset()
            found = self._offsets[hour] = 0 if delta is None else int(delta.total_seconds()) // 60
        return found

    def _status(self, status: Any, channel: str) -> None:
        if not isinstance(status, dict) or not as_text(status.get("id")):
            self.refuse("a status without a message's id", status)
            return
        name = as_text(status.get("status"))[:_NAME_MAX]
        code, detail = 0, ""
        errors = _list(status, "errors")
        if errors:
            code, detail = _describe(errors[0])
        state = _STATES.get(name, "other")
        self.statuses.append(
            DeliveryStatus(
                message_id=as_text(status.get("id")),
                state=state,
                recipient=as_text(status.get("recipient_user_id")) or as_text(status.get("recipient_id")),
                callback=as_text(status.get("biz_opaque_callback_data"))[:_ID_MAX],
                at_ms=self._time(status.get("timestamp"), {}),
                channel=channel,
                code=code,
                detail=detail or (name if state == "other" else ""),
                received_ms=self._reading.received_ms,
            )
        )

    def _error(self, error: Any, channel: str) -> None:
        code, detail = _describe(error)
        received_ms = self._reading.received_ms
        self.statuses.append(
            DeliveryStatus(
                message_id="",
                state="error",
                at_ms=received_ms,
                channel=channel,
                code=code,
                detail=detail,
                received_ms=received_ms,
            )
        )


def _describe(error: Any) -> tuple[int, str]:
    if not isinstance(error, dict):
        return 0, "an error without details"
    code = error.get("code")
    data = error.get("error_data")
    words = [as_text(error.get("title")), as_text(data.get("details")) if isinstance(data, dict) else ""]
    said = ": ".join(dict.fromkeys(word for word in words if word)) or as_text(error.get("message"))
    return (code if type(code) is int and abs(code) < 1 << 53 else 0), said[:1000]


class _People:
    """Contacts of one change, by either id."""

    def __init__(self, contacts: list[Any]) -> None:
        self._by_id: dict[str, tuple[str, str, str, str]] = {}
        for contact in contacts:
            if not isinstance(contact, dict):
                continue
            profile = contact.get("profile")
            name = as_text(profile.get("name")) if isinstance(profile, dict) else ""
            username = as_text(profile.get("username")) if isinstance(profile, dict) else ""
            wa_id, user_id = as_text(contact.get("wa_id")), as_text(contact.get("user_id"))
            person = (name, wa_id, user_id, username)
            for key in (wa_id, user_id):
                if key:
                    self._by_id[key] = person
        self._only = person if len(contacts) == 1 and self._by_id else None

    def complete(self, wa_id: str, user_id: str) -> tuple[str, str, str, str]:
        """Fill in what the contacts know: name, phone number's id, user id, user name."""
        person = self._by_id.get(user_id) or self._by_id.get(wa_id)
        if person is None:
            if wa_id or user_id or self._only is None:
                return "", wa_id, user_id, ""
            person = self._only
        name, known_wa_id, known_user_id, username = person
        return name, wa_id or known_wa_id, user_id or known_user_id, username
