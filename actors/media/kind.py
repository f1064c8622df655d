"""Tell what a file is by its content, never by its name or its declared type."""

from __future__ import annotations

import csv
import mimetypes
import zipfile
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from actors.media.errors import UnreadableError
from messages.media import MediaKind

HEAD_BYTES = 65_536

_FORMATS: dict[str, tuple[MediaKind, str]] = {
    "image/jpeg": ("image", "jpeg"),
    "image/png": ("image", "png"),
    "image/webp": ("image", "webp"),
    "image/gif": ("image", "gif"),
    "image/bmp": ("image", "bmp"),
    "image/x-ms-bmp": ("image", "bmp"),
    "image/tiff": ("image", "tiff"),
    "image/avif": ("image", "avif"),
    "application/pdf": ("document", "pdf"),
    "text/vcard": ("document", "vcard"),
    "text/x-vcard": ("document", "vcard"),
    "application/ogg": ("audio", "ogg"),
    "application/CDFV2": ("document", "ole"),
    "application/encrypted": ("document", "ole"),
    "application/x-ole-storage": ("document", "ole"),
    "application/msword": ("document", "ole"),
    "application/vnd.ms-excel": ("document", "ole"),
    "application/vnd.ms-office": ("document", "ole"),
}
_OFFICE = {
    "word/document.xml": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xl/workbook.xml": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ppt/presentation.xml": ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}
# Names of one and the same type that senders and libmagic use side by side.
_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-ms-bmp": "image/bmp",
    "audio/x-wav": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "audio/mp4a-latm": "audio/mp4",
    "audio/aac": "audio/mp4",
    "audio/x-hx-aac-adts": "audio/mp4",
    "video/mp4": "audio/mp4",
    "video/quicktime": "audio/mp4",
    "audio/opus": "audio/ogg",
    "application/ogg": "audio/ogg",
    "audio/x-flac": "audio/flac",
    "audio/amr-wb": "audio/amr",
    "video/webm": "audio/webm",
    "text/x-vcard": "text/vcard",
    "text/directory": "text/vcard",
    "application/csv": "text/csv",
    "text/comma-separated-values": "text/csv",
}
_TELLS_NOTHING = {"", "application/octet-stream", "binary/octet-stream", "application/unknown"}


class Detected(NamedTuple):
    """A file's type by content, and where it disagrees with what was said of it."""

    kind: MediaKind
    mime: str
    format: str
    notes: tuple[str, ...] = ()


def detect(path: Path, name: str = "", declared: str = "") -> Detected:
    """Tell a file's type by its content.

    Args:
        path: the file.
        name: its name as it came, to note a disagreement.
        declared: its declared MIME type, likewise.

    Returns:
        the type, with a note for each disagreement.

    Raises:
        UnreadableError: the file is missing, is no regular file, or is empty.
    """
    if not path.is_file():
        raise UnreadableError("no such file" if not path.exists() else "not a regular file")
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise UnreadableError("the file is empty")
    import magic

    mime = str(magic.from_buffer(head, mime=True))
    kind, form = _FORMATS.get(mime, ("unknown", ""))
    if zipfile.is_zipfile(path) and (mime.startswith("application/") and form != "pdf"):
        kind, mime, form = _packed(path, mime)
    elif mime.startswith("audio/"):
        kind, form = "audio", mime.removeprefix("audio/").removeprefix("x-").lower()
    elif mime.startswith("video/"):
        kind, form = "video", mime.removeprefix("video/").removeprefix("x-").lower()
    elif kind == "unknown":
        kind, mime, form = _plain(head, mime)
    return Detected(kind, mime, form, disagreements(mime, name, declared))


def disagreements(mime: str, name: str, declared: str) -> tuple[str, ...]:
    """Say where a file's name or declared type says other than its content.

    Args:
        mime: type by content.
        name: the file's name, or "".
        declared: the declared type, or "".

    Returns:
        a note for each disagreement.
    """
    notes = []
    real = _same(mime)
    said = _same(declared.split(";", 1)[0].strip().lower())
    if said not in _TELLS_NOTHING and said != real and not (real == "text/plain" and said.startswith("text/")):
        notes.append(f"declared as {declared.split(';', 1)[0].strip()}, its content is {mime}")
    suffix = PurePosixPath(name).suffix
    by_name = _same(mimetypes.guess_type(f"x{suffix}", strict=False)[0] or "")
    if by_name not in _TELLS_NOTHING and by_name != real and not (real.startswith("text/") and _texty(by_name)):
        notes.append(f"named {suffix}, its content is {mime}")
    return tuple(notes)


def _texty(mime: str) -> bool:
    return mime.startswith("text/") or mime in {"application/json", "application/xml"}


def _same(mime: str) -> str:
    return _ALIASES.get(mime, mime)


def _packed(path: Path, mime: str) -> tuple[MediaKind, str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist()[:10_000])
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableError(f"a damaged zip container: {error}") from error
    for member, (form, office_mime) in _OFFICE.items():
        if member in names:
            return "document", office_mime, form
    return "unknown", mime if mime != "application/octet-stream" else "application/zip", "zip"


def _plain(head: bytes, mime: str) -> tuple[MediaKind, str, str]:
    text = decode_text(head, cut=len(head) == HEAD_BYTES)
    if text is None or not (mime.startswith("text/") or mime in {"application/csv", "application/octet-stream"}):
        return "unknown", mime, ""
    if text.lstrip()[:11].upper() == "BEGIN:VCARD":
        return "document", "text/vcard", "vcard"
    if mime in {"text/html", "text/xml", "image/svg+xml"} or text.lstrip()[:5].lower() in {"<?xml", "<html", "<!doc"}:
        return "unknown", mime, "markup"
    if mime in {"text/csv", "application/csv"} or delimiter(text):
        return "document", "text/csv", "csv"
    if mime in {"text/plain", "text/x-algol68", "text/troff"} or mime.startswith("text/"):
        return "document", "text/plain", "text"
    return "unknown", mime, ""


def delimiter(text: str) -> Literal["", ",", ";", "\t", "|"]:
    """Tell which sign separates the columns of a text table.

    Args:
        text: the beginning of the file.

    Returns:
        the sign, or "" where the first lines do not agree on at least two columns.
    """
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    if len(lines) < 2:
        return ""
    complete = lines[:-1] if len(lines) > 2 else lines
    best: tuple[int, Literal["", ",", ";", "\t", "|"]] = (1, "")
    signs: tuple[Literal[",", ";", "\t", "|"], ...] = (",", ";", "\t", "|")
    for sign in signs:
        widths = [len(row) for row in csv.reader(complete, delimiter=sign)]
        width = widths[0]
        if width > best[0] and all(other == width for other in widths):
            best = (width, sign)
    return best[1]


def decode_text(data: bytes, *, cut: bool = False) -> str | None:
    """Decode a text file's bytes.

    Args:
        data: the bytes.
        cut: the last character may be incomplete.

    Returns:
        the text (UTF-8, UTF-16 with a mark, or else Windows-1256, the commonest in Arabic exports, whose ASCII half is
        shared by all Western code pages); None where the bytes are no text.
    """
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if cut and error.start >= len(data) - 4:
            return data[: error.start].decode("utf-8-sig")
    controls = sum(byte < 9 or 13 < byte < 32 for byte in data[:4096])
    return None if b"\0" in data or controls > 8 else data.decode("cp1256", "replace")
