"""What an export writes in place of a message's content: files, omissions, deletions, edits, system events."""

from __future__ import annotations

import re

from messages.inbound import Kind

_LRM = "[\u200e\u200f]?"

_ATTACHED_IOS = re.compile(
    rf"{_LRM}<(?:attached|adjunto|anhang|pièce jointe|anexado|allegato|bijgevoegd|مرفق|المرفق|ek|ekli)\s?:\s?{_LRM}"
    r"([^<>\n]{1,255})>",
    re.IGNORECASE,
)
_ATTACHED_ANDROID = re.compile(
    rf"\A{_LRM}([^\n<>]{{1,255}}?\.\w{{1,8}}) "
    r"\((?:file attached|archivo adjunto|datei angehängt|fichier joint|arquivo anexado|file allegato|"
    r"bestand bijgevoegd|"
    rf"الملف مرفق|ملف مرفق|تم إرفاق الملف|الملف المرفق)\){_LRM}",
    re.IGNORECASE,
)
_OMITTED_ANDROID = re.compile(
    rf"\A{_LRM}<(?:media omitted|multimedia omitido|archivo omitido|medien ausgeschlossen|médias omis|mídia oculta|"
    rf"arquivo de mídia oculto|media omessi|media weggelaten|تم استبعاد الوسائط|تم استثناء الوسائط|الوسائط غير مدرجة)>",
    re.IGNORECASE,
)
_OMITTED_IOS = re.compile(
    r"\A[\u200e\u200f](?:(image|audio|video|document|sticker|gif|contact card|video note) omitted|"
    r"(imagen omitida|audio omitido|video omitido|documento omitido|sticker omitido)|"
    r"(تم حذف الصورة|تم استبعاد الصورة|الصورة محذوفة|المقطع الصوتي محذوف|الفيديو محذوف|المستند محذوف))",
    re.IGNORECASE,
)
_PAGES = re.compile(rf"\A{_LRM}[^\n]{{1,255}}? • {_LRM}\d+ [^\n]{{1,20}}\Z")
_EDITED = re.compile(
    rf"\s?{_LRM}<(?:this message was edited|se editó este mensaje\.?|diese nachricht wurde bearbeitet\.?|"
    rf"ce message a été modifié|mensagem editada|questo messaggio è stato modificato|تم تعديل هذه الرسالة)>{_LRM}\Z",
    re.IGNORECASE,
)
_DELETED = re.compile(
    rf"\A{_LRM}(?:this message was deleted|you deleted this message|this message was deleted by admin [^\n]{{1,80}}|"
    r"se eliminó este mensaje|eliminaste este mensaje|diese nachricht wurde gelöscht|ce message a été supprimé|"
    rf"mensagem apagada|essa mensagem foi apagada|تم حذف هذه الرسالة|لقد حذفت هذه الرسالة|حذفتَ هذه الرسالة)\.?{_LRM}\Z",
    re.IGNORECASE,
)
_LOCATION = re.compile(
    rf"\A{_LRM}(?:live )?(?:location|ubicación|standort|localisation|الموقع)\s?: {_LRM}https?://", re.IGNORECASE
)
_SYSTEM = re.compile(
    r"\A\u200e?(?:messages and calls are end-to-end encrypted|messages to this (?:chat|group)|"
    r"missed (?:voice|video|group)|(?:voice|video) call, |your security code with|you're now an admin|"
    r"(?:you|[^\n:]{1,80}) (?:created (?:this |the )?group|added |removed |left\b|joined using|"
    r"changed (?:the |this |their |to )|turned (?:on|off) |blocked|unblocked|pinned a message|are now an admin|"
    r"(?:is|was) (?:a contact|added))|this (?:chat|business)|disappearing messages|"
    r"الرسائل والمكالمات مشفرة|مكالمة (?:صوتية|فيديو) فائتة|los mensajes y las llamadas|"
    r"nachrichten und anrufe|les messages et les appels|as mensagens e (?:as )?ligações)",
    re.IGNORECASE,
)
_NAMED_KINDS: dict[str, Kind] = {
    "image": "image",
    "gif": "video",
    "video": "video",
    "video note": "video",
    "audio": "audio",
    "document": "document",
    "sticker": "sticker",
    "contact card": "contacts",
}
# Types of the files that WhatsApp sends most; the system's own table differs from machine to machine.
_TYPES: dict[str, tuple[str, Kind]] = {
    "jpg": ("image/jpeg", "image"),
    "jpeg": ("image/jpeg", "image"),
    "png": ("image/png", "image"),
    "heic": ("image/heic", "image"),
    "gif": ("image/gif", "image"),
    "webp": ("image/webp", "sticker"),
    "opus": ("audio/ogg", "audio"),
    "ogg": ("audio/ogg", "audio"),
    "m4a": ("audio/mp4", "audio"),
    "mp3": ("audio/mpeg", "audio"),
    "amr": ("audio/amr", "audio"),
    "aac": ("audio/aac", "audio"),
    "wav": ("audio/wav", "audio"),
    "mp4": ("video/mp4", "video"),
    "mov": ("video/quicktime", "video"),
    "3gp": ("video/3gpp", "video"),
    "pdf": ("application/pdf", "document"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "document"),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "document"),
    "doc": ("application/msword", "document"),
    "xls": ("application/vnd.ms-excel", "document"),
    "txt": ("text/plain", "document"),
    "csv": ("text/csv", "document"),
    "vcf": ("text/vcard", "contacts"),
}


def type_of(name: str) -> tuple[str, Kind]:
    """Tell a file's type from its name.

    Args:
        name: the file's name.

    Returns:
        its MIME type ("" if unknown), and the kind of message that carries it.
    """
    return _TYPES.get(name.rpartition(".")[2].lower(), ("", "document"))


def attached_file(text: str) -> tuple[str, str] | None:
    """Find the file that a message carries.

    Args:
        text: the message's text as exported.

    Returns:
        the file's name and the caption, or None where it carries none.
    """
    found = _ATTACHED_ANDROID.match(text)
    if found is None and "<" in text:
        found = _ATTACHED_IOS.search(text)
    if found is None:
        return None
    caption = text[: found.start()].rstrip(" \u200e\u200f\n") + text[found.end() :]
    if _PAGES.match(caption):  # "Price list.pdf • 3 pages": iOS' own words, not the sender's
        caption = ""
    return found.group(1).strip(" \u200e\u200f"), caption.strip("\n ")


def omitted_media(text: str) -> tuple[Kind, str] | None:
    """Recognise a file that was left out of the export.

    Args:
        text: the message's text as exported.

    Returns:
        the kind of message and the caption, or None where the text is no such mark.
    """
    found = _OMITTED_ANDROID.match(text)
    if found is not None:
        return "unsupported", text[found.end() :].strip("\n ")
    found = _OMITTED_IOS.match(text)
    if found is not None:
        kind = _NAMED_KINDS.get((found.group(1) or "").lower(), "unsupported")
        return kind, text[found.end() :].strip("\n ")
    return None


def without_edit_mark(text: str) -> tuple[str, bool]:
    """Take the mark of an edited message off its end."""
    if not text.endswith((">", ">\u200e", ">\u200f")):
        return text, False
    found = _EDITED.search(text)
    return (text, False) if found is None else (text[: found.start()], True)


def is_deleted(text: str) -> bool:
    """Tell whether a text is what an export writes for a deleted message."""
    return len(text) < 150 and _DELETED.match(text) is not None


def is_location(text: str) -> bool:
    """Tell whether a text is what an export writes for a location."""
    return _LOCATION.match(text) is not None


def is_system_text(text: str) -> bool:
    """Tell whether a text that iOS put behind a name is an event of the chat and nobody's words."""
    return _SYSTEM.match(text) is not None
