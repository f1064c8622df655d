"""Tell what a file is by its content, never by its name or its declared type."""

from __future__ import annotations

import csv
import io
import mimetypes
import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from actors.media.encoding import decoded
from actors.media.errors import UnreadableError
from messages.media import MediaKind

HEAD_BYTES = 65_536
SEPARATOR_LINE = re.compile(r"\ufeff?sep=([,;\t|])[ \t]*(?:\r\n|\r|\n)", re.IGNORECASE)
_LOOKED_AT = 20  # rows
_MOST_TITLES = 3
_NEARLY_ALL = 0.8
_ZIP_MARK = b"PK\x03\x04"

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
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OFFICE = {
    "word/document.xml": ("docx", _DOCX),
    "xl/workbook.xml": ("xlsx", _XLSX),
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
    "application/rtf": "text/rtf",
    "application/vnd.ms-word.document.macroenabled.12": _DOCX,
    "application/vnd.ms-word.template.macroenabled.12": _DOCX,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template": _DOCX,
    "application/vnd.ms-excel.sheet.macroenabled.12": _XLSX,
    "application/vnd.ms-excel.template.macroenabled.12": _XLSX,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template": _XLSX,
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
    elif head.startswith(_ZIP_MARK) and kind == "unknown":
        kind, mime, form = _cut_off_zip(head, mime)
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
    mime = mime.lower()
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


def _cut_off_zip(head: bytes, mime: str) -> tuple[MediaKind, str, str]:
    """Tell what a zip container without its directory, which comes last, was to be; an office file's reader says so."""
    for member, (form, office_mime) in _OFFICE.items():
        if mime == office_mime or member.partition("/")[0].encode() + b"/" in head:
            return "document", office_mime, form
    raise UnreadableError("a damaged zip container: its end is missing")


def _plain(head: bytes, mime: str) -> tuple[MediaKind, str, str]:
    text = decode_text(head, cut=len(head) == HEAD_BYTES)
    if text is None or not (mime.startswith("text/") or mime in {"application/csv", "application/octet-stream"}):
        return "unknown", mime, ""
    if head.startswith(b"{\\rtf"):
        return "document", "text/rtf", "rtf"
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
        the sign that Excel's first line ``sep=;`` names, or the one that parts the first lines into columns: all into
        as many, or, below a title, nearly all into nearly as many; "" where none does.
    """
    named = SEPARATOR_LINE.match(text)
    signs: tuple[Literal[",", ";", "\t", "|"], ...] = (",", ";", "\t", "|")
    if named is not None:
        return next(sign for sign in signs if sign == named.group(1))
    best: tuple[int, Literal["", ",", ";", "\t", "|"]] = (1, "")
    nearly: tuple[int, Literal["", ",", ";", "\t", "|"]] = (1, "")
    for sign in signs:
        rows = _first_rows(text, sign)
        if len(rows) < 2 or (sign == "," and _prose(rows)):
            continue
        width = len(rows[0])
        if width > best[0] and all(len(row) == width for row in rows):
            best = (width, sign)
        nearly = max(nearly, (_columns(rows), sign))
    return best[1] or nearly[1]


def _first_rows(text: str, sign: str) -> list[list[str]]:
    rows = []
    complete = True
    try:
        for row in csv.reader(io.StringIO(text[:HEAD_BYTES], newline=""), delimiter=sign):
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) == _LOOKED_AT:
                break
        else:
            complete = len(text) < HEAD_BYTES // 4 and text.endswith(("\n", "\r"))
    except csv.Error:
        pass
    return rows[:-1] if not complete and len(rows) > 2 else rows


def _columns(rows: list[list[str]]) -> int:
    """Give the number of columns of a table below a title or with rows of uneven width; 0 where it is none."""
    title = next((number for number, row in enumerate(rows) if len(row) > 1), len(rows))
    header, below = rows[title : title + 1], rows[title + 1 :]
    if title > _MOST_TITLES or not below or len(header[0]) < 2:
        return 0
    if any(not cell.strip() or cell.strip()[:1].isdigit() for cell in header[0]):
        return 0  # column names are words
    width = len(header[0])
    near = sum(len(row) > 1 and abs(len(row) - width) <= 1 for row in below)
    return width if near >= _NEARLY_ALL * len(below) else 0


def _prose(rows: list[list[str]]) -> bool:
    """Tell whether commas are those of sentences: blanks follow them, and no cell after them begins with a digit."""
    after = [cell for row in rows for cell in row[1:] if cell]
    return sum(cell[0].isspace() for cell in after) * 2 > len(after) and not any(
        cell.strip()[:1].isdigit() for cell in after
    )


def decode_text(data: bytes, *, cut: bool = False) -> str | None:
    """Decode a text file's bytes.

    Args:
        data: the bytes.
        cut: the last character may be incomplete.

    Returns:
        the text, its encoding guessed where the file does not say it; None where the bytes are no text.
    """
    found = decoded(data, cut=cut)
    return None if found is None else found.text
