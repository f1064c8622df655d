"""Take camera metadata out of TIFF structures, EXIF among them, without decoding the picture (TIFF 6.0, EXIF 2.3)."""

from __future__ import annotations

import struct
from typing import NamedTuple

from actors.media.errors import UnreadableError

_ORIENTATION, _GPS_IFD, _SUB_IFDS = 0x0112, 0x8825, 0x014A
_PRIVATE_IFDS = {0x8769, _GPS_IFD, 0xA005}
# What says where the pixels are and how to show them; every other entry goes.
_KEPT = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 290, 291}
    | {292, 293, 296, 297, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 330, 332, 334, 336, 338, 339, 340, 341}
    | {342, 347, *range(512, 522), 529, 530, 531, 532, 559, 32995, 32996, 32997, 32998, 34675, 50674}
)
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_MOST_IFDS = 1000
_MOST_ENTRIES = 1_000_000  # of all directories, and numbers in them: they may claim to lie in each other
_MOST_GPS_ENTRIES = 64
_MOST_GPS_BYTES = 1024


class _Entry(NamedTuple):
    tag: int
    type: int
    length: int
    at: int  # of the entry itself
    value_at: int
    size: int


class _Tiff:
    """The structure of a TIFF file in a buffer that may be changed."""

    def __init__(self, data: bytearray) -> None:
        self.data = data
        self.order = "<" if data[:2] == b"II" else ">"
        self._looked_at = 0

    def number(self, at: int, kind: str) -> int:
        return int(struct.unpack_from(self.order + kind, self.data, at)[0])

    def entries(self, at: int) -> list[_Entry]:
        """Give the entries of the directory there, those that the file ends before left out."""
        found = []
        for place in range(self.number(at, "H")):
            start = at + 2 + 12 * place
            if start + 12 > len(self.data):
                break
            self._count()
            tag, kind, count = struct.unpack_from(self.order + "HHI", self.data, start)
            size = _SIZES.get(kind, 1) * count
            value_at = start + 8 if size <= 4 else self.number(start + 8, "I")
            found.append(_Entry(tag, kind, count, start, value_at, size))
        return found

    def numbers(self, entry: _Entry) -> list[int]:
        kind = "H" if entry.type == 3 else "I"
        step = 2 if entry.type == 3 else 4
        there = max(0, len(self.data) - entry.value_at) // step
        found = []
        for place in range(min(entry.length, there)):
            self._count()
            found.append(self.number(entry.value_at + step * place, kind))
        return found

    def _count(self) -> None:
        self._looked_at += 1
        if self._looked_at > _MOST_ENTRIES:
            raise UnreadableError(f"a TIFF structure of more than {_MOST_ENTRIES:,} entries")

    def blank(self, dropped: list[tuple[int, int]], kept: list[tuple[int, int]]) -> None:
        """Blank stretches of the file, but not where they lie over what is kept, as a hostile file may claim."""
        holes = iter([*_merged(kept, len(self.data)), (len(self.data), len(self.data))])
        hole = next(holes)
        for start, end in _merged(dropped, len(self.data)):
            at = start
            while at < end:
                while hole[1] <= at and hole[0] < len(self.data):
                    hole = next(holes)
                until = min(end, max(at, hole[0]))
                self.data[at:until] = bytes(until - at)
                at = max(until, min(end, hole[1])) if until < end else end


def _merged(stretches: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """Sort stretches of a file and join those that touch."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((start, min(end, most)) for start, end in stretches if start < min(end, most)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def is_tiff(data: bytes) -> bool:
    """Tell whether data begin as a TIFF or BigTIFF file does."""
    return data[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}


def clean_tiff(data: bytes, *, keep_location: bool) -> bytes:
    """Take out of a TIFF file all entries that do not say where its pixels are and how to show them, and blank them.

    Args:
        data: the file.
        keep_location: leave the entries on where it was taken.

    Returns:
        a file of the same length whose pixels lie where they lay.

    Raises:
        UnreadableError: it is a BigTIFF file, or its first directory is not in it.
    """
    if data[2:4] in {b"+\0", b"\0+"}:
        raise UnreadableError("camera data cannot be taken out of BigTIFF files")
    tiff = _Tiff(bytearray(data))
    first = tiff.number(4, "I")
    if not 8 <= first <= len(data) - 2:
        raise UnreadableError("a damaged TIFF: it has no directory")
    waiting, seen = [first], set()
    pixels: list[tuple[int, int]] = []
    dropped: list[tuple[int, int]] = []
    while waiting:
        at = waiting.pop()
        if at in seen or not 8 <= at <= len(data) - 2:
            continue
        seen.add(at)
        if len(seen) > _MOST_IFDS:
            raise UnreadableError(f"a TIFF of more than {_MOST_IFDS} directories")
        entries = tiff.entries(at)
        after = at + 2 + 12 * tiff.number(at, "H")
        following = tiff.number(after, "I") if after + 4 <= len(data) else 0
        kept = []
        for entry in entries:
            if entry.tag in _KEPT or (keep_location and entry.tag == _GPS_IFD):
                kept.append(bytes(tiff.data[entry.at : entry.at + 12]))
                if entry.tag == _SUB_IFDS:
                    waiting += tiff.numbers(entry)
                if entry.size > 4:
                    pixels.append((entry.value_at, entry.value_at + entry.size))
            else:
                dropped += _regions(tiff, entry)
        pixels += _strips(tiff, entries)
        whole = 2 + 12 * len(entries) + 4
        rewritten = struct.pack(tiff.order + "H", len(kept)) + b"".join(kept) + struct.pack(tiff.order + "I", following)
        end = min(len(data), at + whole)
        tiff.data[at:end] = rewritten.ljust(whole, b"\0")[: end - at]
        pixels.append((at, at + len(rewritten)))
        if following:
            waiting.append(following)
    tiff.blank(dropped, pixels)
    return bytes(tiff.data)


def _regions(tiff: _Tiff, entry: _Entry, depth: int = 0) -> list[tuple[int, int]]:
    """Tell where the value of an entry lies, and all that lies in a directory that it leads to."""
    found = [(entry.value_at, entry.value_at + entry.size)] if entry.size > 4 else []
    if entry.tag not in _PRIVATE_IFDS or depth > 2:
        return found
    for at in tiff.numbers(entry):
        if not 8 <= at <= len(tiff.data) - 2:
            continue
        entries = tiff.entries(at)
        found.append((at, at + 2 + 12 * len(entries) + 4))
        for inner in entries:
            found += _regions(tiff, inner, depth + 1)
    return found


def _strips(tiff: _Tiff, entries: list[_Entry]) -> list[tuple[int, int]]:
    """Tell where a directory's pixels begin and end, as one stretch."""
    by_tag = {entry.tag: entry for entry in entries}
    found = []
    for offsets, lengths in ((273, 279), (324, 325), (513, 514)):
        if offsets not in by_tag or lengths not in by_tag:
            continue
        starts, sizes = tiff.numbers(by_tag[offsets]), tiff.numbers(by_tag[lengths])
        found += [(start, start + size) for start, size in zip(starts, sizes, strict=False)]
    return found


def little_exif(data: bytes, orientation: int = 1, *, keep_location: bool = False) -> bytes:
    """Make the little EXIF that stays of a picture's.

    Args:
        data: the picture's EXIF, a TIFF structure; b"" for none.
        orientation: what stays where it names none.
        keep_location: keep where it was taken.

    Returns:
        a TIFF structure; b"" where nothing is to stay. Damaged EXIF goes.
    """
    gps: list[tuple[int, int, int, bytes]] = []
    order = "<"
    if data[:4] in {b"II*\0", b"MM\0*"}:
        tiff = _Tiff(bytearray(data))
        order = tiff.order
        try:
            for entry in tiff.entries(tiff.number(4, "I")):
                if entry.tag == _ORIENTATION and entry.type == 3:
                    orientation = tiff.number(entry.value_at, "H")
                elif entry.tag == _GPS_IFD and keep_location:
                    gps = _gps(tiff, tiff.number(entry.value_at, "I"))
        except (struct.error, UnreadableError):
            pass
    return _made_exif(order, orientation if orientation in range(2, 9) else 1, gps)


def _gps(tiff: _Tiff, at: int) -> list[tuple[int, int, int, bytes]]:
    found = []
    for entry in tiff.entries(at)[:_MOST_GPS_ENTRIES]:
        value = bytes(tiff.data[entry.value_at : entry.value_at + entry.size])
        if len(value) == entry.size <= _MOST_GPS_BYTES:
            found.append((entry.tag, entry.type, entry.length, value))
    return found


def _made_exif(order: str, orientation: int, gps: list[tuple[int, int, int, bytes]]) -> bytes:
    entries: list[tuple[int, int, int, bytes]] = []
    if orientation > 1:
        entries.append((_ORIENTATION, 3, 1, struct.pack(order + "H", orientation)))
    if not entries and not gps:
        return b""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    if gps:
        start = 8 + 2 + 12 * (len(entries) + 1) + 4
        entries.append((_GPS_IFD, 4, 1, struct.pack(order + "I", start)))
        return head + _made_ifd(order, 8, entries) + _made_ifd(order, start, gps)
    return head + _made_ifd(order, 8, entries)


def _made_ifd(order: str, at: int, entries: list[tuple[int, int, int, bytes]]) -> bytes:
    """Write a directory that begins at a place, its long values behind it."""
    out = struct.pack(order + "H", len(entries))
    values = b""
    values_at = at + 2 + 12 * len(entries) + 4
    for tag, kind, count, value in entries:
        out += struct.pack(order + "HHI", tag, kind, count)
        if len(value) <= 4:
            out += value.ljust(4, b"\0")
        else:
            out += struct.pack(order + "I", values_at + len(values))
            values += value + b"\0" * (len(value) & 1)
    return out + b"\0\0\0\0" + values
