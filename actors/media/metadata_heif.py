"""Blank camera metadata in AVIF and HEIC files without decoding the picture (ISO/IEC 14496-12, 23008-12).

Metadata are items like the pictures are; their bytes are blanked where they lie, so nothing else moves. How to turn the
picture is said by properties of its own, which stay.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from actors.media.errors import UnreadableError
from actors.media.metadata_tiff import little_exif

_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"mif2", b"miaf"})
_PRIVATE = frozenset({b"Exif", b"mime", b"uri "})
_NO_EXIF = b"\0\0\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"  # TIFF of one empty directory, at offset 0
_BOXES = frozenset({b"ftyp", b"mdat", b"idat", b"pitm", b"moof", b"mfra", b"sidx", b"styp", b"pdin", b"etyp", b"wide"})
_MOST_BOXES = 10_000
_MOST_STRETCHES = 100_000


def is_heif(data: bytes) -> bool:
    """Tell whether data begin as an AVIF or HEIC file does."""
    if data[4:8] != b"ftyp" or len(data) < 16:
        return False
    end = min(len(data), struct.unpack(">I", data[:4])[0], 256)
    return any(data[at : at + 4] in _BRANDS for at in (8, *range(16, end, 4)))


def clean_heif(data: bytes, *, keep_location: bool = False) -> bytes:
    """Blank the EXIF, XMP and other described data of an AVIF or HEIC file.

    Args:
        data: the file.
        keep_location: leave where it was taken.

    Returns:
        a file of the same length.

    Raises:
        UnreadableError: its items cannot be followed.
    """
    out = bytearray(data)
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"meta":
            _clean_meta(data, out, start + 4, end, keep_location=keep_location)
        elif kind in {b"uuid", b"udta", b"free", b"skip"}:
            out[start:end] = bytes(end - start)
        elif kind == b"moov":
            for inner, inner_start, inner_end in _boxes(data, start, end):
                if inner in {b"udta", b"meta", b"uuid"}:
                    out[inner_start:inner_end] = bytes(inner_end - inner_start)
        elif kind not in _BOXES:
            raise UnreadableError("its structure is not understood")
    return bytes(out)


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        start = at + 8
        if size == 1:
            size = struct.unpack(">Q", data[start : start + 8])[0]
            start += 8
        elif size == 0:
            size = end - at
        if size < start - at:
            raise UnreadableError("a damaged picture: a box of no size")
        yield kind, start, min(end, at + size)
        at += size
    raise UnreadableError("a picture of too many boxes")


def _clean_meta(data: bytes, out: bytearray, start: int, end: int, *, keep_location: bool) -> None:
    private: dict[int, bytes] = {}
    places: dict[int, list[tuple[int, int, int]]] = {}
    idat = (0, 0)
    for kind, box_start, box_end in _boxes(data, start, end):
        if kind == b"iinf":
            private = _private_items(data, box_start, box_end)
        elif kind == b"iloc":
            places = _places(data, box_start, box_end)
        elif kind == b"idat":
            idat = (box_start, box_end)
    blanked = 0
    for item, kind in private.items():
        if item not in places:
            raise UnreadableError("a damaged picture: its camera data are not where it says")
        stretches = []
        for method, offset, length in places[item]:
            if method not in {0, 1}:
                raise UnreadableError("camera data lie in a way that is not understood")
            base, limit = (0, len(out)) if method == 0 else idat
            first = base + offset
            last = min(limit, first + length) if length else limit
            if first < last:
                stretches.append((first, last))
                blanked += last - first
        if blanked > len(out):
            raise UnreadableError("a damaged picture: its camera data lie over each other")
        blank = b""
        if kind == b"Exif":
            whole = b"".join(data[first:last] for first, last in stretches)
            skipped = 4 + int.from_bytes(whole[:4], "big")
            little = little_exif(whole[skipped:], keep_location=keep_location)
            blank = b"\0\0\0\0" + little if little and len(little) + 4 <= len(whole) else _NO_EXIF
        for first, last in stretches:
            out[first:last] = blank[: last - first].ljust(last - first, b" " if kind == b"mime" else b"\0")
            blank = blank[last - first :]


def _private_items(data: bytes, start: int, end: int) -> dict[int, bytes]:
    wide = data[start] > 0
    found: dict[int, bytes] = {}
    for kind, at, _ in _boxes(data, start + (8 if wide else 6), end):
        if kind != b"infe":
            continue
        version = data[at]
        if version < 2:
            raise UnreadableError("camera data are described in a way that is not understood")
        item = (
            struct.unpack(">H", data[at + 4 : at + 6])[0]
            if version == 2
            else struct.unpack(">I", data[at + 4 : at + 8])[0]
        )
        told = at + (8 if version == 2 else 10)
        if data[told : told + 4] in _PRIVATE:
            found[item] = data[told : told + 4]
    return found


def _places(data: bytes, start: int, end: int) -> dict[int, list[tuple[int, int, int]]]:
    """Read where items lie: for each its stretches, as method of construction, offset and length."""
    version = data[start]
    at = start + 4
    sizes = (data[at] >> 4, data[at] & 15, data[at + 1] >> 4, data[at + 1] & 15 if version else 0)
    at += 2

    def take(size: int) -> int:
        nonlocal at
        if at + size > end:
            raise UnreadableError("a damaged picture: its table of items is cut off")
        at += size
        return int.from_bytes(data[at - size : at], "big")

    found: dict[int, list[tuple[int, int, int]]] = {}
    count = 0
    for _ in range(take(2 if version < 2 else 4)):
        item = take(2 if version < 2 else 4)
        method = take(2) & 15 if version else 0
        take(2)
        base = take(sizes[2])
        stretches = []
        for _ in range(take(2)):
            count += 1
            if count > _MOST_STRETCHES:
                raise UnreadableError("a picture of too many parts")
            take(sizes[3])
            offset = take(sizes[0])
            stretches.append((method, base + offset, take(sizes[1])))
        found[item] = stretches
    return found
