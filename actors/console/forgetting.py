"""Forget a conversation on request: its media, text and names, in every place where a data folder keeps them.

Each step may be done again, and none needs what a later one removes: a command that was interrupted is given again.
Nothing is removed while a message or a reply of the conversation is still on its way. Rows that wait for the sink are
emptied where they wait.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import msgspec

from actors.console.admin_asking import SHARDS
from actors.console.forget_known import Known, look_for
from actors.media.content_store import ContentStore
from actors.media.errors import GalleryError
from actors.media.gallery import Gallery
from actors.media.leftovers import delete_contents, delete_leftovers
from actors.media.settings import GallerySettings
from actors.sheets.progress import sink_marks
from actors.system.boot_client import SystemClient
from actors.system.errors import SystemFault
from store.folder import DataFolder
from store.wipe import ask_for_wipe

_LEAST_TELLING = 4
"""A sender's name of fewer characters stands in other input by chance."""
_LOOK_EVERY_S = 0.2
_ANSWER_S = 60.0


class StillInWorkError(Exception):
    """Something of the conversation is on its way; its text tells what."""


class Forgetting:
    """One request.

    Args:
        client: of the running system.
        folder: its data folder.
        conversation: the conversation's key.
        clock: seconds, monotonic.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        client: SystemClient,
        folder: DataFolder,
        conversation: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._folder = folder
        self._conversation = conversation
        self._partition = folder.partition_of(conversation)
        self._clock = clock
        self._sleep = sleep

    def look(self) -> Known:
        """Look whether there is such a conversation; nothing is changed.

        Returns:
            whether there is, and in which others somebody of its name wrote.

        Raises:
            SystemFault, StoreError, LedgerError: it cannot be told now.
        """
        told = self._ask("delivery", "outgoing", {"state": "", "conversation": self._conversation, "limit": "1"})
        return look_for(self._folder, self._conversation, self._shard("held"), len(told["outgoing"]))

    def run(self, timeout_s: float) -> dict[str, Any]:
        """Remove everything.

        Args:
            timeout_s: how long to wait for what is on its way.

        Returns:
            ``removed``: place to how many; ``pending``: place to how many that others have still to remove.

        Raises:
            StillInWorkError: something was still on its way then.
            SystemFault, StoreError, GalleryError: a part did not do it.
        """
        give_up = self._clock() + timeout_s
        removed: dict[str, int] = {}
        gateway: Counter[str] = Counter()
        while True:
            held = self._settled(give_up)
            ask_for_wipe(self._folder)  # first: also what an interrupted request has removed is to be overwritten
            for name, count in self._ask("gateway", "forget", self._names()).items():
                gateway[name] += count
            removed |= self._forget_media(held["files"])
            removed["replies"] = self._forget_replies(give_up)
            sink = self._ask("sink", "forget", {"conversation": self._conversation})
            gone = self._shard("forget")
            if not gone["waiting"]:
                break  # else something has come in meanwhile, and everything is done for it as well
        positions = {"done": str(gone["cursor"]), "before": str(gone["inbox_end"])}
        for name, count in self._ask("gateway", "forget", {"conversation": self._conversation, **positions}).items():
            gateway[name] += count
        removed |= {
            "sessions": int(gone["known"]),
            "dead_letters": len(gone["letters"]),
            "rows": sink.get("redacted", 0) + gone["rows"],
            **{name: gateway[name] for name in ("inbox", "rejects", "aliases")},
        }
        return {"removed": removed, "pending": {"spreadsheets": sink.get("pending", 0)}}

    def _settled(self, give_up: float) -> dict[str, Any]:
        while True:
            held = self._shard("held")
            if not held["waiting"]:
                return held
            if self._clock() > give_up:
                waiting = ", ".join(f"{held[name]} {name}" for name in ("messages", "replies") if held[name])
                raise StillInWorkError(f"{waiting} of {self._conversation} are still on their way")
            self._sleep(_LOOK_EVERY_S)

    def _shard(self, verb: str) -> dict[str, Any]:
        written = sink_marks(self._folder).get(self._partition, 0)
        arguments = {
            "conversation": self._conversation,
            "partition": str(self._partition),
            "rows_written": str(written),
        }
        errors = []
        for name in self._client.names(SHARDS):
            answer = self._client.ask(name, verb, arguments, _ANSWER_S)
            if answer.ok:
                return answer.result
            errors.append(f"{name}: {answer.error}")
        raise SystemFault("; ".join(errors) or "no shard is ready")

    def _names(self) -> dict[str, str]:
        """Tell the gateway by what else the person may be named in rejected input: as long as rows still tell."""
        with self._rows() as rows:
            people = "direction = 'in' AND kind <> 'system'"
            query = f"SELECT DISTINCT sender, sender_name FROM rows WHERE conversation = ? AND {people}"  # noqa: S608
            found = rows.execute(query, (self._conversation,)).fetchall() if rows is not None else []
        names = sorted({name for pair in found for name in pair if len(name) >= _LEAST_TELLING})
        return {"conversation": self._conversation, "names": json.dumps(names)}

    def _forget_replies(self, give_up: float) -> int:
        removed = 0
        while True:
            answer = self._ask("delivery", "forget", {"conversation": self._conversation})
            removed += int(answer["removed"])
            if not answer["under_way"]:
                return removed
            if self._clock() > give_up:
                raise StillInWorkError(f"{answer['under_way']} replies to {self._conversation} are being sent")
            self._sleep(_LOOK_EVERY_S)

    def _forget_media(self, named: list[str]) -> dict[str, int]:
        store = ContentStore(self._folder.media)
        with self._gallery(store) as gallery, self._rows() as rows:
            gone = gallery.forget(self._conversation) if gallery is not None else None
            entries, files = gone or (0, 0)
            contents = {*named, *_contents_of(rows, self._conversation)}

            def shown(sha256: str) -> bool:
                return (gallery is not None and gallery.shows(sha256)) or _others_show(rows, self._conversation, sha256)

            files += delete_contents(store, contents, shown)
        files += delete_leftovers(store.folder, time.time())
        return {"gallery": entries, "files": files}

    @contextmanager
    def _gallery(self, store: ContentStore) -> Iterator[Gallery | None]:
        try:
            Gallery(store, GallerySettings(), writable=False).close()
        except GalleryError:
            yield None  # none was ever made
            return
        with closing(Gallery(store, GallerySettings(), writable=True)) as gallery:
            yield gallery

    @contextmanager
    def _rows(self) -> Iterator[sqlite3.Connection | None]:
        path = self._folder.rows_file
        if not path.exists():
            yield None
            return
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as rows:
            yield rows

    def _ask(self, target: str, verb: str, arguments: dict[str, str]) -> dict[str, Any]:
        answer = self._client.ask(target, verb, arguments, _ANSWER_S)
        if not answer.ok:
            raise SystemFault(f"{target}: {answer.error}")
        return answer.result


def _contents_of(rows: sqlite3.Connection | None, conversation: str) -> set[str]:
    """Give the contents that a conversation's rows name, for those that no gallery knows."""
    if rows is None:
        return set()
    found = rows.execute(
        "SELECT attachments FROM rows WHERE conversation = ? AND attachments <> ''", (conversation,)
    ).fetchall()
    files = [file for (raw,) in found for file in msgspec.json.decode(raw)]
    return {file["sha256"] for file in files if file.get("sha256")}


def _others_show(rows: sqlite3.Connection | None, conversation: str, sha256: str) -> bool:
    if rows is None:
        return False
    query = "SELECT 1 FROM rows WHERE conversation <> ? AND instr(attachments, ?) LIMIT 1"
    return rows.execute(query, (conversation, sha256)).fetchone() is not None
