"""Find media as people name them: units that a list holds, conversations with wildcards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actors.media.gallery import Gallery
    from actors.media.gallery_index import Query
    from messages.media import GalleryEntry

_PAGE = 500
"""Entries that are looked at together; their texts are in memory."""


def found(gallery: Gallery, query: Query) -> list[GalleryEntry]:
    """Search a gallery.

    Args:
        gallery: an open one.
        query: what to look for. ``unit`` also finds lists that hold the unit, however it is written there; in
            ``conversation`` ``*`` and ``?`` match any characters, as in ``majlis rows``.

    Returns:
        entries, newest message first.
    """
    pattern = _pattern(query.conversation)
    if not query.unit and pattern is None:
        return gallery.find(query)
    wanted = query._replace(unit="", conversation="" if pattern is not None else query.conversation)
    entries = (
        entry
        for entry in _all(gallery, wanted)
        if (pattern is None or pattern.fullmatch(entry.conversation))
        and (not query.unit or _of_unit(gallery, entry, plain(query.unit)))
    )
    return list(islice(entries, query.limit))


def plain(unit: str) -> str:
    """Write a unit in the one form that units are compared in: no case, blanks, and one form of each digit."""
    from actors.language.rules.fold import fold

    return "".join(fold(unit)[0].split())


def _pattern(conversation: str) -> re.Pattern[str] | None:
    if not any(mark in conversation for mark in "*?"):
        return None
    signs: dict[str, str] = {"*": ".*", "?": "."}
    return re.compile("".join(signs.get(sign) or re.escape(sign) for sign in conversation), re.DOTALL)


def _all(gallery: Gallery, query: Query) -> Iterator[GalleryEntry]:
    """Give all entries of a query, some at a time: those of a large gallery do not fit in memory."""
    size, until_ms = _PAGE, query.until_ms
    seen: set[int] = set()
    while True:
        page = gallery.find(query._replace(until_ms=until_ms, limit=size))
        fresh = [entry for entry in page if entry.number not in seen]
        yield from fresh
        if len(page) < size:
            return
        if not fresh:
            size *= 2  # more than a page were sent at one moment
        last_ms = page[-1].at_ms
        seen = {entry.number for entry in page if entry.at_ms == last_ms}
        until_ms = max(1, last_ms + 1)


def _of_unit(gallery: Gallery, entry: GalleryEntry, unit: str) -> bool:
    named = entry.fields.get("unit", "")
    if unit in {plain(str(each)) for each in (entry.unit, *(named if isinstance(named, list) else [named]))}:
        return True
    if entry.kind != "document" or unit not in plain(entry.text):
        return False
    from actors.media.lookup_import import lookup_rows

    reading = gallery.reading(entry)
    if reading is None or not reading.tables:
        return unit in map(plain, re.split(r"[\t\n]", entry.text))
    listed = [str(row["unit"]) for row in lookup_rows(reading).rows if "unit" in row]
    cells = listed or (cell for table in reading.tables for row in (table.header, *table.rows) for cell in row)
    return unit in map(plain, cells)
