"""Labelled sentences in a compact form: ``{span|type|value}``."""

from __future__ import annotations

import datetime as dt
import re

from actors.language.rules.extract import RuleExtractor

SENT = round(dt.datetime(2026, 5, 12, 11, tzinfo=dt.timezone(dt.timedelta(hours=4))).timestamp() * 1000)
EXTRACTOR = RuleExtractor()
_MARK = re.compile(r"\{([^{}|]+)\|([a-z_]+)\|([^{}|]*)\}")


def unmark(marked: str) -> tuple[str, list[tuple[str, int, int, str]]]:
    """Give the plain text, and for each mark its type, span and value as text."""
    text, labels, at = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[at : match.start()]
        labels.append((match[2], len(text), len(text) + len(match[1]), match[3]))
        text += match[1]
        at = match.end()
    return text + marked[at:], labels


def check_sentence(marked: str, *, region: str = "", utc_offset_min: int = 240) -> None:
    """Assert that the rules find exactly the marked entities; sent on Tuesday 2026-05-12 at 11:00 in Dubai."""
    text, labels = unmark(marked)
    extracted = EXTRACTOR.extract(text, sent_ms=SENT, utc_offset_min=utc_offset_min, region=region)
    assert [(e.type, e.start, e.end, str(e.value)) for e in extracted] == labels, text
