"""Take camera metadata out of a picture's bytes without touching its pixels.

The layouts are those of JPEG (ITU-T T.81), PNG (W3C, third edition) and the WebP container (RFC 9649).
"""

from __future__ import annotations

import io
import struct

from actors.media.errors import UnreadableError

_ORIENTATION, _GPS_IFD = 0x0112, 0x8825
_PNG_MARK = b"\x89PNG\r\n\x1a\n"
_PNG_DROPPED = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}
_STANDALONE = {0x01, *range(0xD0, 0xD8)}


def without_metadata(data: bytes, *, keep_location: bool = False) -> bytes:
    """Strip EXIF, XMP, IPTC, comments and trailing data from a picture.

    What says how to show it stays: orientation, colour profile, transparency.

    Args:
        data: a JPEG, PNG or WebP file; other formats come back unchanged.
        keep_location: leave where it was taken.

    Returns:
        the cleaned file.

    Raises:
        UnreadableError: the file's structure is damaged.
    """
    try:
        if data[:3] == b"\xff\xd8\xff":
            return _clean_jpeg(data, _kept_exif(data, keep_location=keep_location))
        if data[:8] == _PNG_MARK:
            return _clean_png(data, _kept_exif(data, keep_location=keep_location))
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _clean_webp(data, _kept_exif(data, keep_location=keep_location))
    except (IndexError, struct.error) as error:
        raise UnreadableError(f"a damaged picture: {error}") from error
    return data


def _kept_exif(data: bytes, *, keep_location: bool) -> bytes:
    """Give the little EXIF that stays, as TIFF bytes, or b""."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            exif = image.getexif()
            orientation, gps = exif.get(_ORIENTATION, 1), dict(exif.get_ifd(_GPS_IFD))
    except (OSError, SyntaxError, ValueError, TypeError, KeyError) as error:
        raise UnreadableError(f"a damaged picture: {error}") from error
    kept = Image.Exif()
    if orientation in range(2, 9):
        kept[_ORIENTATION] = orientation
    if keep_location and gps:
        kept.get_ifd(_GPS_IFD).update(gps)
        kept[_GPS_IFD] = gps
    return kept.tobytes().removeprefix(b"Exif\0\0") if len(kept) else b""


def _clean_jpeg(data: bytes, exif: bytes) -> bytes:
    out = bytearray(b"\xff\xd8")
    if exif:
        body = b"Exif\0\0" + exif
        out += b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    at = 2
    while True:
        if data[at] != 0xFF:
            raise UnreadableError("a damaged JPEG: no marker where one belongs")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            return bytes(out + b"\xff\xd9")
        if marker in _STANDALONE:
            out += data[at : at + 2]
            at += 2
            continue
        end = at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        if marker == 0xDA:
            end = _scan_end(data, end)
            out += data[at:end]
            if end >= len(data):  # cut off: kept as it is
                return bytes(out)
        elif _jpeg_segment_stays(marker, data[at + 4 : at + 18]):
            out += data[at:end]
        at = end


def _jpeg_segment_stays(marker: int, head: bytes) -> bool:
    if marker == 0xFE:
        return False
    if 0xE0 <= marker <= 0xEF:
        return (marker, head[:5]) in {(0xE0, b"JFIF\0"), (0xEE, b"Adobe")} or head.startswith(b"ICC_PROFILE\0")
    return True


def _scan_end(data: bytes, start: int) -> int:
    """Find the marker after entropy-coded data: 0xFF not followed by a stuffed zero, a fill byte or a restart."""
    at = start
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7 and data[at + 1] != 0xFF:
            return at
        at += 1 if data[at + 1] == 0xFF else 2


def _clean_png(data: bytes, exif: bytes) -> bytes:
    import zlib

    out = bytearray(_PNG_MARK)
    at = 8
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        end = at + 12 + length
        if kind not in _PNG_DROPPED:
            out += data[at:end]
        if kind == b"IHDR" and exif:
            out += struct.pack(">I", len(exif)) + b"eXIf" + exif + struct.pack(">I", zlib.crc32(b"eXIf" + exif))
        if kind == b"IEND":
            break
        at = end
    return bytes(out)


def _clean_webp(data: bytes, exif: bytes) -> bytes:
    out = bytearray()
    at, end_of_file = 12, min(len(data), 8 + struct.unpack("<I", data[4:8])[0])
    extended = False
    while at + 8 <= end_of_file:
        kind, length = struct.unpack("<4sI", data[at : at + 8])
        end = at + 8 + length + (length & 1)
        if kind == b"VP8X":
            extended = True
            flags = data[at + 8] & ~0x0C | (0x08 if exif else 0)  # 0x08 EXIF, 0x04 XMP
            out += data[at : at + 8] + bytes([flags]) + data[at + 9 : end]
        elif kind not in {b"EXIF", b"XMP "}:
            out += data[at:end]
        at = end
    if exif and extended:
        out += b"EXIF" + struct.pack("<I", len(exif)) + exif + b"\0" * (len(exif) & 1)
    return b"RIFF" + struct.pack("<I", len(out) + 4) + b"WEBP" + bytes(out)
