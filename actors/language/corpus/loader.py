"""Read the hand-written corpus files.

``@ INTENT LANG`` opens a section (``none`` for sentences without an intent label). Each further line is one
message, optionally led by ``+`` or ``-`` (sentiment; neutral without) and ``!`` (urgent). ``[Sara|per]``,
``[Marina Gate|proj]`` and ``[JVC|loc]`` mark what the tagger learns; the rule layer needs no training.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from actors.language.errors import LanguageError

INTENTS: Final[tuple[str, ...]] = (
    "inquiry",
    "viewing_request",
    "negotiation",
    "offer",
    "payment",
    "document_request",
    "complaint",
    "follow_up",
    "property_update",
    "greeting",
    "thank_you",
    "closing",
    "spam",
    "other",
)
SENTIMENTS: Final[tuple[str, ...]] = ("negative", "neutral", "positive")
SLOTS: Final[dict[str, str]] = {"per": "person", "proj": "project", "loc": "location"}
FILES: Final[tuple[str, ...]] = (
    "en_asking.txt",
    "en_business.txt",
    "en_hard.txt",
    "en_more.txt",
    "en_social.txt",
    "en_service.txt",
    "en_dealing.txt",
    "en_mixed.txt",
    "en_borders.txt",
    "en_voices.txt",
    "en_everyday.txt",
    "assistant.txt",
    "assistant_more.txt",
    "ar.txt",
    "ar_more.txt",
    "ar_moods.txt",
    "ar_voices.txt",
    "arz.txt",
    "arz_more.txt",
    "arz_moods.txt",
    "arz_voices.txt",
    "arz_mixed.txt",
    "arz_urgent.txt",
    "dangers.txt",
    "general.txt",
    "general_more.txt",
    "general_voices.txt",
    "later_en.txt",
    "later_ar.txt",
    "later_arz.txt",
    "later_more.txt",
)

_MARK = re.compile(r"\[([^\[\]|]+)\|(per|proj|loc)\]")
_FLAGS = re.compile(r"^([+-]?)(!?) ")


class CorpusError(LanguageError):
    """A corpus file does not follow its format."""


@dataclass(frozen=True, slots=True)
class Span:
    """A marked name: code points ``start`` to ``end`` of the message, and its entity type."""

    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True)
class Example:
    """One message of the corpus.

    Attributes:
        text: the message.
        lang: ``en``, ``ar`` or ``arz``.
        intent: one of the fourteen, or "" for sentences without a label.
        sentiment: ``positive``, ``neutral`` or ``negative``.
        urgent: the sender needs action now.
        spans: marked names, in order.
        source: the file that it stands in.
    """

    text: str
    lang: str
    intent: str
    sentiment: str
    urgent: bool
    spans: tuple[Span, ...] = ()
    source: str = ""


def parse_line(line: str, intent: str, lang: str, source: str) -> Example:
    """Parse one corpus line.

    Args:
        line: the line, without its newline.
        intent: the section's intent, or "".
        lang: the section's language.
        source: file name, for the example and for errors.

    Returns:
        the example.

    Raises:
        CorpusError: the line is empty or an annotation is malformed.
    """
    sentiment, urgent = "neutral", False
    flags = _FLAGS.match(line)
    if flags and (flags[1] or flags[2]):
        sentiment = {"+": "positive", "-": "negative", "": "neutral"}[flags[1]]
        urgent = bool(flags[2])
        line = line[flags.end() :]
    line = line.replace("\\n", "\n").strip()  # before the marks are counted: it shortens the text
    parts: list[str] = []
    spans: list[Span] = []
    at, length = 0, 0
    for mark in _MARK.finditer(line):
        before = line[at : mark.start()]
        parts += [before, mark[1]]
        start = length + len(before)
        length = start + len(mark[1])
        spans.append(Span(start, length, SLOTS[mark[2]]))
        at = mark.end()
    parts.append(line[at:])
    text = "".join(parts)
    if not text or "|per]" in text or "|loc]" in text or "|proj]" in text:
        raise CorpusError(f"{source}: cannot read {line!r}")
    return Example(text, lang, intent, sentiment, urgent, tuple(spans), source)


def parse(content: str, source: str) -> list[Example]:
    """Parse a corpus file's content.

    Args:
        content: the whole file.
        source: its name.

    Returns:
        its examples in order.

    Raises:
        CorpusError: a section or a line is malformed.
    """
    out: list[Example] = []
    section: tuple[str, str] | None = None
    for line in content.splitlines():
        if not line.strip() or line.startswith("# "):
            continue
        if line.startswith("@ "):
            fields = line.split()
            if len(fields) != 3 or (fields[1] != "none" and fields[1] not in INTENTS):
                raise CorpusError(f"{source}: bad section {line!r}")
            section = ("" if fields[1] == "none" else fields[1], fields[2])
            continue
        if section is None:
            raise CorpusError(f"{source}: a message before the first section")
        out.append(parse_line(line, section[0], section[1], source))
    return out


def load() -> list[Example]:
    """Read the whole corpus, each text once.

    Returns:
        all examples, in the order of the files.

    Raises:
        CorpusError: a file is missing or malformed.
    """
    folder = files("actors.language.corpus")
    seen: set[str] = set()
    out: list[Example] = []
    for name in FILES:
        path = folder / name
        if not path.is_file():
            raise CorpusError(f"corpus file {name} is missing")
        for example in parse(path.read_text(encoding="utf-8"), name):
            if example.text not in seen:
                seen.add(example.text)
                out.append(example)
    return out
