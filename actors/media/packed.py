"""Look into an office file's zip container before anything parses it: bombs, entities, macros, links."""

from __future__ import annotations

import xml.parsers.expat
import zipfile
from pathlib import Path
from typing import Any

from actors.media.errors import ProtectedError, TooLargeError, UnreadableError
from actors.media.settings import MIB, MediaSettings

_MOST_PARTS = 10_000
_RATIO_FROM = MIB
_BLOCK = 65_536
_HARMLESS_LINKS = ("/hyperlink",)


def check_container(path: Path, settings: MediaSettings) -> tuple[str, ...]:
    """Check an office file's container.

    Args:
        path: the file.
        settings: bounds on what it may unpack to.

    Returns:
        notes: macros (never run) and links to the outside (never followed).

    Raises:
        TooLargeError: it is or may be a decompression bomb.
        ProtectedError: its parts are encrypted.
        UnreadableError: it is damaged, or holds a document type definition, which office formats forbid and which is
            how external entities and entity bombs come in.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_sizes(parts, settings)
            notes = []
            if any(part.filename.lower().endswith(("vbaproject.bin", "vbadata.xml")) for part in parts):
                notes.append("it holds macros; they were not run")
            links = 0
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    links += _check_part(archive, part)
            if any(part.filename.startswith(("xl/externalLinks/", "word/embeddings/")) for part in parts):
                links += 1
            if links:
                notes.append("it refers to other files or sites; they were not opened")
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError) as error:
        raise UnreadableError(f"a damaged office file: {error}") from error
    except RuntimeError as error:  # zipfile's own for a part that needs a password
        raise ProtectedError("it is protected with a password") from error
    return tuple(notes)


def _check_sizes(parts: list[zipfile.ZipInfo], settings: MediaSettings) -> None:
    if len(parts) > _MOST_PARTS:
        raise TooLargeError(f"its container holds {len(parts)} parts; at most {_MOST_PARTS} are read")
    if any(part.flag_bits & 1 for part in parts):
        raise ProtectedError("it is protected with a password")
    whole = sum(part.file_size for part in parts)
    if whole > settings.max_unpacked_mb * MIB:
        raise TooLargeError(f"it unpacks to {whole // MIB} MiB; at most {settings.max_unpacked_mb} MiB are read")
    for part in parts:
        if part.file_size > _RATIO_FROM and part.file_size > settings.max_unpack_ratio * max(1, part.compress_size):
            raise TooLargeError(f"a part unpacks to {part.file_size // max(1, part.compress_size)} times its size")


class _RootSeen(Exception):
    """The root element begins: no document type definition can follow."""


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Refuse a document type definition in any encoding; count a relationship part's links to the outside."""
    links = 0
    is_links = part.filename.lower().endswith(".rels")

    def doctype(*_: Any) -> None:
        raise UnreadableError("it holds a document type definition, which office files must not")

    def element(name: str, attributes: dict[str, str]) -> None:
        nonlocal links
        if not is_links:
            raise _RootSeen
        if name.endswith("Relationship") and attributes.get("TargetMode") == "External":
            links += not attributes.get("Type", "").endswith(_HARMLESS_LINKS)

    parser = xml.parsers.expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = element
    try:
        with archive.open(part) as stream:
            while block := stream.read(_BLOCK):
                parser.Parse(block, False)  # noqa: FBT003 - expat takes it by position
    except _RootSeen:
        return 0
    except xml.parsers.expat.ExpatError as error:
        raise UnreadableError(f"a damaged office file: {part.filename}: {error}") from error
    return links
