"""Decode a text file's bytes: by its mark, as UTF-8, or by the code page in which its letters make words."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_NAMES = {
    "cp1256": "Windows-1256",
    "cp1252": "Windows-1252",
    "gb18030": "GB 18030",
    "cp932": "Shift-JIS",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 65_536
_SURE = 0.9  # of a guess, at most
_WORD = re.compile(r"[^\W\d_\u064b-\u0652]+[\u064b-\u0652\w]*")
_WESTERN_SIGNS = frozenset("€‚„…†‡ˆ‰‹‘’“”•–—˜™›¡¢£¥§©«®°±²³´·»¼½¾¿\xa0")


class Decoded(NamedTuple):
    """A text, and how sure its encoding is: 1 where the file says it or can be no other.

    ``note`` says what a person should know of that, "" for nothing.
    """

    text: str
    sure: float = 1.0
    note: str = ""


def decoded(data: bytes, *, cut: bool = False) -> Decoded | None:
    """Decode a text file's bytes.

    Args:
        data: the bytes.
        cut: the last character may be incomplete.

    Returns:
        the text; None where the bytes are no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Decoded(data.decode(encoding, "replace"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        started = data[: error.start]
        if error.start >= len(data) - 4 and error.reason == "unexpected end of data" and (cut or not started.isascii()):
            return Decoded(started.decode("utf-8-sig"), 1.0, "" if cut else "its last letter is cut off")
    else:
        if "\0" not in text:
            return Decoded(text)
    wide = _utf16_without_mark(data)
    if wide is not None:
        return wide
    controls = sum(byte < 9 or 13 < byte < 32 for byte in data[:4096])
    if controls > 8:
        return None
    if b"\0" in data:
        # A stray one in a text that is otherwise sound; the readers leave it out.
        return Decoded(data.decode("utf-8-sig"), 1.0) if _is_utf8(data) and data.count(b"\0") * 20 < len(data) else None
    text = data.decode("utf-8-sig", "replace")
    damaged = text.count("\ufffd")
    if sum(not sign.isascii() for sign in text[:_SAMPLE]) > 10 * damaged:
        return Decoded(text, _SURE, f"{damaged} of its letters are damaged")
    return _guessed(data, cut=cut)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_mark(data: bytes) -> Decoded | None:
    """Western text and digits have a zero in every other byte, and nowhere else."""
    sample = data[:_SAMPLE]
    if len(sample) < 8:
        return None
    even, odd = sample[::2].count(0) / len(sample[::2]), sample[1::2].count(0) / len(sample[1::2])
    if max(even, odd) < 0.08 or min(even, odd) > 0.02:
        return None
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = data[: len(data) // 2 * 2].decode(encoding, "replace")
    strange = sum(not (sign.isprintable() or sign.isspace()) for sign in text[:_SAMPLE])
    return Decoded(text, _SURE, _note(encoding)) if strange * 20 <= len(text[:_SAMPLE]) else None


def _guessed(data: bytes, *, cut: bool) -> Decoded:
    best, encoding = -1.0, "cp1256"
    for name, rate in (("cp1256", _arabic), ("cp1252", _western), ("gb18030", _chinese), ("cp932", _japanese)):
        strict = codecs.getincrementaldecoder(name)("replace" if name in {"cp1256", "cp1252"} else "strict")
        sample = data[:_SAMPLE]
        try:
            text = strict.decode(sample, final=not cut and len(sample) == len(data))
        except UnicodeDecodeError:
            continue
        rated = rate(text)
        if rated > best + 0.02:
            best, encoding = rated, name
    return Decoded(data.decode(encoding, "replace"), round(max(0.2, _SURE * best), 2), _note(encoding))


def _note(encoding: str) -> str:
    return f"its encoding is not said; guessed: {_NAMES[encoding]}"


def _share(good: float, text: str) -> float:
    return good / max(1, sum(not sign.isascii() for sign in text))


def _arabic(text: str) -> float:
    """Rate a text as Arabic: its letters stand in words of Arabic letters alone."""
    good = 0.0
    for found in _WORD.finditer(text):
        word = found.group()
        letters = sum("\u0600" <= sign <= "\u06ff" for sign in word)
        if letters == len(word):
            good += letters if letters > 1 else 0.9
        elif not letters:
            good += 0.9 * sum(not sign.isascii() for sign in word) if any(sign.isascii() for sign in word) else 0
    good += sum(sign in "،؛؟ـ" or (sign in _WESTERN_SIGNS and sign != "±") for sign in text) * 0.8
    return _share(good, text)


def _western(text: str) -> float:
    """Rate a text as Western: its accents stand in words most of whose letters have none."""
    good = 0.0
    for found in _WORD.finditer(text):
        word = found.group()
        accents = sum(not sign.isascii() for sign in word)
        if accents and accents * 2 <= len(word):
            good += accents
        elif accents == 1:
            good += 0.5  # "à" and the like
    good += sum(sign in _WESTERN_SIGNS for sign in text) * 0.8
    return _share(good, text)


def _chinese(text: str) -> float:
    """Rate a text as Chinese: its signs are among the commoner 3,755 of GB 2312."""
    good = 0.0
    for sign in text:
        if not sign.isascii():
            code = sign.encode("gb18030")
            good += len(code) == 2 and code[1] >= 0xA1 and (0xB0 <= code[0] <= 0xD7 or code[0] in {0xA1, 0xA3})
    return _share(good, text)


def _japanese(text: str) -> float:
    """Rate a text as Japanese: kana, and the commoner 2,965 signs of JIS X 0208."""
    good = 0.0
    for sign in text:
        if not sign.isascii():
            code = sign.encode("cp932", "replace")
            good += len(code) == 2 and (0x81 <= code[0] <= 0x83 or 0x88 <= code[0] <= 0x98)
    return _share(good, text)
