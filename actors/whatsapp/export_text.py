"""A file's bytes as numbered lines: encodings, endings, bounds."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

Opener = Callable[[], BinaryIO]

SNIFFED = 8192
"""Bytes at a file's beginning that tell its encoding."""


class NotTextError(ValueError):
    """The bytes are no text."""


def encoding_of(head: bytes) -> str:
    """Tell the encoding from a file's first bytes.

    Args:
        head: the first 8,192 bytes.

    Returns:
        ``utf-8-sig`` (with or without a mark), or UTF-16 or UTF-32 by its mark, or UTF-16 by its zero bytes.

    Raises:
        NotTextError: many zero bytes without the pattern of UTF-16, or many undecodable bytes.
    """
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    zeros = head.count(0)
    if zeros * 20 > len(head):
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if odd > len(head) // 6 and even <= odd // 20:
            return "utf-16-le"
        if even > len(head) // 6 and odd <= even // 20:
            return "utf-16-be"
        raise NotTextError("it is a binary file")
    text = head.decode("utf-8", "surrogateescape")
    bad = sum("\udc80" <= character <= "\udcff" for character in text)
    if bad * 10 > len(head) * 3:
        raise NotTextError("it is a binary file, or text in another encoding than UTF-8 and UTF-16")
    return "utf-8-sig"


def lines_of(stream: BinaryIO, encoding: str, line_chars: int) -> Iterator[tuple[str, int]]:
    """Read lines without holding more than one.

    Bytes that are no UTF-8 come as lone surrogates (U+DC80 to U+DCFF), so that they can be told from a U+FFFD that
    was written.

    Args:
        stream: the bytes; closed at the end.
        encoding: as ``encoding_of`` tells.
        line_chars: of a longer line only so many characters are given.

    Yields:
        the line without its ending, and how many characters of it were left out.
    """
    errors = "surrogateescape" if encoding == "utf-8-sig" else "replace"
    with io.TextIOWrapper(io.BufferedReader(_Raw(stream), 1 << 18), encoding, errors, newline="\n") as text:
        for line in iter(partial(text.readline, line_chars + 1), ""):
            left_out = 0
            whole = line
            if len(whole) > line_chars and not whole.endswith("\n"):
                whole = whole[:line_chars]
                left_out = 1
                for more in iter(partial(text.readline, line_chars + 1), ""):
                    left_out += len(more)
                    if more.endswith("\n"):
                        break
            yield whole.rstrip("\r\n"), left_out


class _Raw(io.RawIOBase):
    """Any binary stream as a raw one (members of a zip are not)."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
