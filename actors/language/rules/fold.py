"""Fold a message's text for matching, and cut it into tokens, without losing where each came from."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Marks that carry no letter: Arabic vowel signs and tatweel, zero-width and bidirectional controls, combining accents,
# variation selectors. They are taken out of the folded text; the map back to the original keeps the spans right.
_INVISIBLE = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]"
)


_ATTACHED = re.compile("[\u0300-\u036f\u064b-\u065f\u0670]+")  # marks that belong to the letter before them


def _table() -> dict[int, str]:
    table: dict[int, str] = {0x130: "i"}  # the one letter whose lower case is two code points
    for start in (0x660, 0x6F0, 0xFF10, 0x966):
        for digit in range(10):
            table[start + digit] = str(digit)
    for source, target in (
        ("أإآٱ", "ا"),
        ("ىیې", "ي"),
        ("ةۀ", "ه"),
        ("ک", "ك"),
        ("٫", "."),
        ("٬،,", ","),
        ("؛", ";"),
        ("؟", "?"),
        ("٪％", "%"),
        ("‘’ʼ`´ʻ", "'"),
        ("“”«»„", '"'),
        ("‐‑‒–—―−", "-"),
        ("／⁄", "/"),
        ("：", ":"),
        ("＠", "@"),
        ("＋", "+"),
        ("＃", "#"),
        ("²", "2"),
        ("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    ):
        for char in source:
            table[ord(char)] = target
    for code in range(0xC0, 0x250):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii() and base.isalpha():
            table[code] = base.lower()
    return table


_FOLD = _table()

# 1: number, 2: letters that touch it; 3: word; 4: one mark. Each alternative starts with a different kind of
# character and no part can fail after it has matched, so the scan is linear.
_TOKEN = re.compile(
    r"([0-9]+(?:[.,][0-9]+)*)([^\W_]*)|((?:aed|dhs|usd|egp|gbp|eur|inr|sar|qar|[وبلفك])(?=[0-9])|[^\W_]+(?:'(?!s\b)[^\W_]+)*)|([^\w\s]|_|\n)"
)

NUMBER, WORD, MARK = 0, 1, 2

# What may touch a number and still be a word of its own: "90k", "2br", "5pm", "8th", "120sqm", "850dhs".
_TAIL = re.compile(
    r"(?:pcm|pw|pa|kd|qr|k|ك|m|mn|mm|mil|mill|million|mio|mln|b|bn|cr|crore|lakhs?|lacs?|l|alf|elf|aed|dhs?|dirhams?|usd|egp|le|sar|sr|gbp|"
    r"eur|rs|inr|qar|kwd|br|brs|bhk|bd|bdr|bdrm|bed|beds|bedrooms?|bedroom|rooms?|rm|ba|bth|bath|baths|bathrooms?|"
    r"sqft|sqf|sft|sf|sqm|sqmt|sqmtr|sqmtrs|sqmeters?|mtr|mtrs|m2|ft|ft2|feet|meters?|metres?|sq|am|pm|a|p|st|nd|rd|th|"
    r"h|hr|hrs|ish|days?|weeks?|wks?|months?|mins?|ا?لف|الاف|مليون|ملايين|درهم|جنيه|ريال|متر|م2?|قدم|ص|غرف|غرفه|حمام|"
    r"x|pcs|yrs?|years?|jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|"
    r"august|september|october|november|december)\Z"
)
_BED_BATH = re.compile(r"b([0-9]+)b(?:a|th)?\Z")


@dataclass(slots=True)
class Tokens:
    """A folded text cut into tokens; the lists run in step.

    Attributes:
        original: the text as it came.
        folded: lower case, one form for each letter and digit, invisible marks taken out.
        offsets: for each folded character its place in the original; None where they are the same.
        starts, ends: offsets of each token in ``folded``.
        texts: the folded tokens.
        kinds: NUMBER, WORD or MARK.
    """

    original: str
    folded: str
    offsets: list[int] | None
    starts: list[int]
    ends: list[int]
    texts: list[str]
    kinds: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map a folded span back to the original text."""
        if self.offsets is None:
            return start, end
        last = self.offsets[end - 1] + 1
        marks = _ATTACHED.match(self.original, last)
        return self.offsets[start], marks.end() if marks else last

    def is_upper(self, index: int) -> bool:
        """Whether token ``index`` starts with a capital letter in the original."""
        start = self.starts[index]
        if self.offsets is not None:
            start = self.offsets[start]
        return self.original[start].isupper()


def fold(text: str) -> tuple[str, list[int] | None]:
    """Fold a text for matching.

    Args:
        text: any Unicode text.

    Returns:
        the folded text, and for each of its characters the offset in ``text`` (None where they are the same).
    """
    if text.isascii():
        return text.lower(), None
    offsets: list[int] | None = None
    if _INVISIBLE.search(text) is not None:
        offsets = []
        at = 0
        for match in _INVISIBLE.finditer(text):
            offsets.extend(range(at, match.start()))
            at = match.end()
        offsets.extend(range(at, len(text)))
        text = _INVISIBLE.sub("", text)
    return text.translate(_FOLD).lower(), offsets


def tokenize(text: str, words: frozenset[str] = frozenset()) -> Tokens:
    """Fold and cut a text.

    Args:
        text: any Unicode text.
        words: known words that start with a digit ("3arabi"); they stay whole.

    Returns:
        the tokens.
    """
    folded, offsets = fold(text)
    starts: list[int] = []
    ends: list[int] = []
    texts: list[str] = []
    kinds: list[int] = []
    for match in _TOKEN.finditer(folded):
        start, end = match.span()
        group = match.lastindex
        if group == 3:
            kind = WORD
            texts.append(match[0])
        elif group == 4:
            kind = MARK
            texts.append(match[0])
        else:
            tail = match[2]
            if tail and (match[0] in words or not _TAIL.match(tail)):
                double = _BED_BATH.match(tail)
                if double and match[0] not in words:  # "2b2b"
                    middle = match.start(2)
                    inner = middle + 1 + len(double[1])
                    starts += [start, middle, middle + 1, inner]
                    ends += [middle, middle + 1, inner, end]
                    texts += [match[1], "br", double[1], "ba"]
                    kinds += [NUMBER, WORD, NUMBER, WORD]
                    continue
                kind = WORD
                texts.append(match[0])
            elif tail:
                middle = match.start(2)
                starts.append(start)
                ends.append(middle)
                texts.append(match[1])
                kinds.append(NUMBER)
                start = middle
                kind = WORD
                texts.append(tail)
            else:
                kind = NUMBER
                texts.append(match[1])
        starts.append(start)
        ends.append(end)
        kinds.append(kind)
    return Tokens(text, folded, offsets, starts, ends, texts, kinds)
