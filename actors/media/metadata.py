"""Take camera metadata out of a picture's bytes without decoding it, so that no picture is too large or too damaged.

The layouts are those of JPEG (ITU-T T.81), PNG (W3C, third edition), GIF (89a) and the WebP container (RFC 9649); those
of TIFF and of AVIF and HEIC have files of their own.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from actors.media.error_text import error_text
from actors.media.errors import UnreadableError
from actors.media.metadata_heif import clean_heif, is_heif
from actors.media.metadata_tiff import clean_tiff, is_tiff, little_exif

_PNG_MARK = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT".split()
)
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_GIF_KEPT = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"})
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_MOST_PARTS = 1_000_000  # of one file: even a film of pictures has fewer, and each takes time
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation\s*(?:=\s*[\"']|>)\s*([2-8])")


def without_metadata(data: bytes, *, keep_location: bool = False) -> bytes:
    """Strip EXIF, XMP, IPTC, comments and trailing data from a picture; no pixel is decoded.

    What says how to show it stays: orientation, colour profile, transparency. A file that is cut off stays as far as it
    goes.

    Args:
        data: a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC file; BMP, which holds no metadata, and what is no picture come
            back unchanged.
        keep_location: leave where it was taken.

    Returns:
        the cleaned file.

    Raises:
        UnreadableError: the file's structure is damaged, or not understood, so that nothing could be taken out.
    """
    try:
        if data[:3] == b"\xff\xd8\xff":
            return _clean_jpeg(data, keep_location=keep_location)
        if data[:8] == _PNG_MARK:
            return _clean_png(data, keep_location=keep_location)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _clean_webp(data, keep_location=keep_location)
        if data[:6] in {b"GIF87a", b"GIF89a"}:
            return _clean_gif(data)
        if is_tiff(data):
            return clean_tiff(data, keep_location=keep_location)
        if is_heif(data):
            return clean_heif(data, keep_location=keep_location)
    except (IndexError, ValueError, struct.error, RecursionError, OverflowError) as error:
        raise UnreadableError(f"a damaged picture: {error}") from error
    return data


def stripped(path: Path, *, keep_location: bool = False) -> tuple[bytes, str]:
    """Strip the metadata of a kept picture.

    Args:
        path: the file.
        keep_location: leave where it was taken.

    Returns:
        the cleaned file, b"" where there is nothing to take out or it cannot be taken out; and a note in that last
        case.
    """
    try:
        data = path.read_bytes()
        clean = without_metadata(data, keep_location=keep_location)
    except (UnreadableError, OSError) as error:
        return b"", f"camera data and place, if it has any, stay in what is kept: {error_text(error, path)}"
    return (clean, "") if clean != data else (b"", "")


def _clean_jpeg(data: bytes, *, keep_location: bool) -> bytes:
    kept = bytearray()
    exif, turned, frames = b"", 1, 0
    at = 2
    for _ in _parts():
        if at + 4 > len(data):
            break
        if data[at] != 0xFF or data[at + 1] in {0x00, 0xFF}:  # a fill byte, or damage: decoders go on at the next mark
            at = data.find(b"\xff", at + 1)
            if at < 0:
                break
            continue
        marker = data[at + 1]
        if marker == 0xD9:
            break
        if marker in _STANDALONE:
            kept += data[at : at + 2]
            at += 2
            continue
        end = at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        if marker == 0xDA:
            frames += 1
            end = _scan_end(data, end)
            kept += data[at:end]
            if end >= len(data):  # cut off
                break
        elif marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0" and not exif:
            exif = little_exif(data[at + 10 : end], keep_location=keep_location)
        elif marker == 0xE1 and (found := _XMP_ORIENTATION.search(data, at, end)):
            turned = int(found.group(1))
        elif _jpeg_segment_stays(marker, data[at + 4 : at + 18]):
            frames += 0xC0 <= marker <= 0xCF
            kept += data[at:end]
        at = end
    if not frames:
        raise UnreadableError("a damaged JPEG: no picture in it")
    exif = exif or little_exif(b"", turned)
    head = b"\xff\xd8"
    if exif:
        head += b"\xff\xe1" + struct.pack(">H", len(exif) + 8) + b"Exif\0\0" + exif
    return head + bytes(kept) + b"\xff\xd9" * (data[at : at + 2] == b"\xff\xd9")


def _jpeg_segment_stays(marker: int, head: bytes) -> bool:
    if marker == 0xFE:
        return False
    if 0xE0 <= marker <= 0xEF:
        return (marker, head[:5]) in {(0xE0, b"JFIF\0"), (0xEE, b"Adobe")} or head.startswith(b"ICC_PROFILE\0")
    return True


def _scan_end(data: bytes, start: int) -> int:
    """Find the marker after entropy-coded data: 0xFF not followed by a stuffed zero, a fill byte or a restart."""
    found = _MARKER.search(data, start)
    return len(data) if found is None else found.start()


def _clean_png(data: bytes, *, keep_location: bool) -> bytes:
    kept: list[bytes] = []
    exif, turned = b"", 1
    at = 8
    for _ in _parts():
        if at + 8 > len(data):
            break
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        end = at + 12 + length
        if kind in _PNG_KEPT:
            kept.append(data[at:end])
        elif kind == b"eXIf":
            exif = little_exif(data[at + 8 : end - 4], keep_location=keep_location)
        elif found := _XMP_ORIENTATION.search(data, at, min(end, len(data))):
            turned = int(found.group(1))
        if kind == b"IEND":
            break
        at = end
    if not kept or kept[0][4:8] != b"IHDR":
        raise UnreadableError("a damaged PNG: it has no header")
    exif = exif or little_exif(b"", turned)
    if exif:
        summed = b"eXIf" + exif
        kept.insert(1, struct.pack(">I", len(exif)) + summed + struct.pack(">I", zlib.crc32(summed)))
    return _PNG_MARK + b"".join(kept)


def _clean_webp(data: bytes, *, keep_location: bool) -> bytes:
    out = bytearray()
    at, end_of_file = 12, min(len(data), 8 + struct.unpack("<I", data[4:8])[0])
    exif, flags_at = b"", -1
    for _ in _parts():
        if at + 8 > end_of_file:
            break
        kind, length = struct.unpack("<4sI", data[at : at + 8])
        end = at + 8 + length + (length & 1)
        if kind == b"VP8X":
            flags_at = len(out) + 8
        if kind in _WEBP_KEPT:
            out += data[at : min(end, end_of_file)]
        elif kind == b"EXIF":
            body = data[at + 8 : at + 8 + length]
            exif = little_exif(body.removeprefix(b"Exif\0\0"), keep_location=keep_location)
        at = end
    if 0 <= flags_at < len(out):
        out[flags_at] = out[flags_at] & ~0x0C | (0x08 if exif else 0)  # 0x08 EXIF, 0x04 XMP
        if exif:
            out += b"EXIF" + struct.pack("<I", len(exif)) + exif + b"\0" * (len(exif) & 1)
    return b"RIFF" + struct.pack("<I", len(out) + 4) + b"WEBP" + bytes(out)


def _clean_gif(data: bytes) -> bytes:
    if len(data) < 13:
        return data
    at = 13 + _gif_table(data[10])
    out = bytearray(data[:at])
    parts = _parts()
    while at < len(data):
        sign = data[at]
        if sign == 0x3B:
            return bytes(out + b"\x3b")
        if sign == 0x2C and at + 10 <= len(data):
            end = _gif_blocks_end(data, at + 11 + _gif_table(data[at + 9]), parts)
        elif sign == 0x21 and at + 2 <= len(data):
            end = _gif_blocks_end(data, at + 2, parts)
            label = data[at + 1]
            if label not in {0x01, 0xF9} and not (label == 0xFF and data[at + 3 : at + 14] in _GIF_KEPT):
                at = end
                continue
        else:  # damage, or the file ends: what follows is no picture
            break
        out += data[at:end]
        at = end
    return bytes(out)


def _gif_table(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks_end(data: bytes, at: int, parts: Iterator[int]) -> int:
    while next(parts) >= 0 and at < len(data) and data[at]:
        at += data[at] + 1
    return min(len(data), at + 1)


def _parts() -> Iterator[int]:
    """Count the parts of a file, up to the bound.

    Raises:
        UnreadableError: it has more.
    """
    yield from range(_MOST_PARTS)
    raise UnreadableError(f"a picture of more than {_MOST_PARTS:,} parts")
