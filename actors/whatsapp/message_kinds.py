"""What each type of WhatsApp message says, and which files come with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from messages.inbound import Attachment, Kind

Extra = dict[str, str]
Content = tuple[str, tuple[Attachment, ...]]
Keep = Callable[[Any], str]
"""Writes structured data as bounded text."""

_NOT_FETCHED: Final = "not fetched yet"
_NAME_MAX: Final = 255


def as_text(value: Any) -> str:
    """Read a field that should be text; numbers count as text, anything else as missing."""
    if type(value) is str:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def _media(part: dict[str, Any], extra: Extra, kind: str) -> Content:
    size = part.get("file_size")
    digest = as_text(part.get("sha256"))
    if digest:
        extra["media_sha256"] = digest
    if part.get("voice") is True:
        extra["voice"] = "1"
    if part.get("animated") is True:
        extra["animated"] = "1"
    name = as_text(part.get("filename")) or kind
    attachment = Attachment(
        name=name[:_NAME_MAX],
        mime=as_text(part.get("mime_type"))[:_NAME_MAX],
        size=size if type(size) is int and 0 <= size < 1 << 53 else 0,
        media_id=as_text(part.get("id"))[:_NAME_MAX],
        note=_NOT_FETCHED if part.get("id") else "came without an id to fetch it by",
    )
    return as_text(part.get("caption")), (attachment,)


def _text(part: dict[str, Any], _extra: Extra, _keep: Keep) -> Content:
    return as_text(part.get("body")), ()


def _image(part: dict[str, Any], extra: Extra, _keep: Keep) -> Content:
    return _media(part, extra, "image")


def _audio(part: dict[str, Any], extra: Extra, _keep: Keep) -> Content:
    return _media(part, extra, "voice" if part.get("voice") is True else "audio")


def _video(part: dict[str, Any], extra: Extra, _keep: Keep) -> Content:
    return _media(part, extra, "video")


def _document(part: dict[str, Any], extra: Extra, _keep: Keep) -> Content:
    return _media(part, extra, "document")


def _sticker(part: dict[str, Any], extra: Extra, _keep: Keep) -> Content:
    return _media(part, extra, "sticker")


def _location(part: dict[str, Any], extra: Extra, _keep: Keep) -> Content:
    for key in ("latitude", "longitude", "url"):
        value = as_text(part.get(key))
        if value:
            extra[key] = value
    said = [as_text(part.get("name")), as_text(part.get("address"))]
    return ", ".join(word for word in said if word), ()


def _contact_line(contact: Any) -> str:
    if not isinstance(contact, dict):
        return ""
    name = contact.get("name")
    words = [as_text(name.get("formatted_name"))] if isinstance(name, dict) else []
    phones = contact.get("phones")
    known = [phone for phone in phones if isinstance(phone, dict)] if isinstance(phones, list) else []
    words += [as_text(phone.get("phone")) or as_text(phone.get("wa_id")) for phone in known]
    return " ".join(word for word in words if word)


def _contacts(part: list[Any], extra: Extra, keep: Keep) -> Content:
    extra["contacts"] = keep(part)
    return "\n".join(line for line in map(_contact_line, part) if line), ()


def _interactive(part: dict[str, Any], extra: Extra, keep: Keep) -> Content:
    sort = as_text(part.get("type"))
    chosen = part.get(sort)
    extra["interactive"] = sort
    if not isinstance(chosen, dict):
        extra["raw"] = keep(part)
        return "", ()
    if sort in {"button_reply", "list_reply"}:
        extra["interactive_id"] = as_text(chosen.get("id"))
        said = [as_text(chosen.get("title")), as_text(chosen.get("description"))]
        return "\n".join(word for word in said if word), ()
    extra["raw"] = keep(chosen)
    return as_text(chosen.get("body")) or as_text(chosen.get("name")), ()


def _button(part: dict[str, Any], extra: Extra, _keep: Keep) -> Content:
    extra["button_payload"] = as_text(part.get("payload"))
    return as_text(part.get("text")), ()


def _reaction(part: dict[str, Any], extra: Extra, _keep: Keep) -> Content:
    emoji = as_text(part.get("emoji"))
    if not emoji:
        extra["reaction"] = "removed"
    return emoji, ()


def _order(part: dict[str, Any], extra: Extra, keep: Keep) -> Content:
    extra["order"] = keep(part)
    return as_text(part.get("text")), ()


def _system(part: dict[str, Any], extra: Extra, _keep: Keep) -> Content:
    extra["system"] = as_text(part.get("type"))
    for key in ("wa_id", "new_wa_id", "user_id", "identity"):
        value = as_text(part.get(key))
        if value:
            extra["system_" + key] = value
    return as_text(part.get("body")), ()


class Sort:
    """How one type is read.

    Args:
        kind: the kind that it becomes.
        shape: the type that its part of the message must have.
        read: reads the part.
    """

    __slots__ = ("kind", "read", "shape")

    def __init__(self, kind: Kind, shape: type, read: Callable[[Any, Extra, Keep], Content]) -> None:
        self.kind = kind
        self.shape = shape
        self.read = read


SORTS: Final[dict[str, Sort]] = {
    "text": Sort("text", dict, _text),
    "image": Sort("image", dict, _image),
    "audio": Sort("audio", dict, _audio),
    "voice": Sort("audio", dict, _audio),
    "video": Sort("video", dict, _video),
    "document": Sort("document", dict, _document),
    "sticker": Sort("sticker", dict, _sticker),
    "location": Sort("location", dict, _location),
    "contacts": Sort("contacts", list, _contacts),
    "interactive": Sort("interactive", dict, _interactive),
    "button": Sort("button", dict, _button),
    "reaction": Sort("reaction", dict, _reaction),
    "order": Sort("order", dict, _order),
    "system": Sort("system", dict, _system),
}
