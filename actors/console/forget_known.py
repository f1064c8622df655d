"""Look, before anything is deleted, whether what ``majlis admin forget`` was given is a conversation at all."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from actors.media.content_store import ContentStore
from actors.media.errors import GalleryError
from actors.media.gallery import Gallery
from actors.media.gallery_index import Query
from actors.media.settings import GallerySettings
from actors.sheets.errors import LedgerError
from actors.sheets.ledger import LEDGER_FILE
from actors.sheets.redaction import MARK, person_of
from messages.row import REJECT
from messages.wire import WireError
from store.folder import DataFolder
from store.log import LogReader

_PAGE = 500


class Known(NamedTuple):
    """What a data folder knows of a name.

    Attributes:
        conversation: whether something is kept of a conversation of this name, or it was forgotten before.
        sender_of: other conversations in which somebody of this name wrote, sorted.
    """

    conversation: bool
    sender_of: tuple[str, ...]


def look_for(folder: DataFolder, name: str, held: dict[str, Any], replies: int) -> Known:
    """Look for a name in all that a folder keeps, without changing anything.

    Args:
        folder: the data folder.
        name: the conversation's key, as it was given.
        held: what its shard answered to ``held``.
        replies: of it that delivery knows.

    Returns:
        what is known of it.

    Raises:
        LedgerError: a sink's file cannot be read.
        StoreError: the log of rejected input cannot be read.
    """
    person = person_of(name)
    rows, ledger = folder.rows_file, folder.path / LEDGER_FILE
    conversation = bool(
        replies
        or any(held[part] for part in ("messages", "rows", "replies", "letters", "known"))
        or _found(rows, "SELECT 1 FROM rows WHERE conversation = ? LIMIT 1", name)
        or any(_found(file, "SELECT 1 FROM forgotten WHERE person = ? LIMIT 1", person) for file in (rows, ledger))
    )
    wrote = "SELECT DISTINCT conversation FROM rows WHERE conversation <> ? AND ? IN (sender, sender_name)"
    others = {str(key) for (key,) in _found(rows, wrote, MARK, name)}
    entries = _entries(folder, name)
    others |= {entry for entry in entries if entry != MARK}
    conversation = conversation or name in others
    others.discard(name)
    # Input of a chat that never became a message counts, unless the name is that of somebody who wrote in others.
    return Known(conversation or (not others and _rejected(folder, name)), tuple(sorted(others)))


def _found(file: Path, query: str, *values: str) -> list[tuple[Any, ...]]:
    if not file.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as db:
            db.execute("PRAGMA busy_timeout = 10000")
            return db.execute(query, values).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []  # the file is older than requests to forget
        raise LedgerError(f"{file}: cannot be read: {error}") from error
    except sqlite3.Error as error:
        raise LedgerError(f"{file}: cannot be read: {error}") from error


def _entries(folder: DataFolder, name: str) -> set[str]:
    """Give the conversations of the gallery's entries that a name sent, or that are of the conversation itself."""
    try:
        gallery = Gallery(ContentStore(folder.media), GallerySettings(), writable=False)
    except GalleryError:
        return set()  # none was ever made
    with closing(gallery):
        sent = gallery.find(Query(sender=name, limit=1 << 62))
        return {entry.conversation for entry in (*sent, *gallery.find(Query(conversation=name, limit=1)))}


def _rejected(folder: DataFolder, name: str) -> bool:
    named = re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in (name, json.dumps(name)[1:-1])))
    with closing(LogReader(folder.rejects())) as log:
        position = log.first_position
        while page := log.read(position, limit=_PAGE):
            position = page[-1][0] + 1
            for _, raw in page:
                try:
                    reject = REJECT.decode(raw)
                except WireError:
                    continue
                if named.search(f"{reject.where}\n{reject.reason}\n{reject.raw.decode('utf-8', 'replace')}"):
                    return True
    return False
