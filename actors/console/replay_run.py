"""What ``majlis replay`` does: read, feed, wait, count."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from actors.media.content_store import ContentStore
from actors.system.attach import any_system
from actors.system.settings import Settings
from actors.whatsapp.export_contract import ReadOptions, Rejected
from actors.whatsapp.export_source import read_source
from actors.whatsapp.feed_port import read_port
from actors.whatsapp.feed_progress import FeedProgress
from actors.whatsapp.local_feed import FeedClient
from messages.inbound import Inbound
from messages.row import Reject
from messages.session import Tally

BATCH = 512
BATCH_BYTES = 2_000_000
STALLED_S = 60.0
SHOWN_REJECTS = 20
Show = Callable[[int, int, str], None]


class ReplayOutcome(msgspec.Struct):
    """What became of the files.

    Attributes:
        read: messages found in the files, the rejected ones among them.
        sent: messages that the gateway took in.
        tally: what became of those.
        rejects: a line for each piece of input that was set aside, the first of them.
        rejected: how many there were.
        warnings: lines that concern no single message, such as an order of day and month that nothing tells.
        unread_files: files that gave no message at all, only rejects.
        seconds: from the first file's opening to the last row in the sink, without starting a system.
    """

    read: int = 0
    sent: int = 0
    tally: Tally = Tally()
    rejects: list[str] = []
    rejected: int = 0
    warnings: list[str] = []
    unread_files: int = 0
    seconds: float = 0.0

    @property
    def unfinished(self) -> int:
        """How many messages are neither a row, nor a duplicate, nor set aside."""
        return self.sent - self.tally.finished

    def set_aside(self, line: str) -> None:
        """Count a piece of input that was set aside; the first lines are kept to be shown."""
        self.rejected += 1
        if len(self.rejects) < SHOWN_REJECTS:
            self.rejects.append(line)

    def report(self) -> dict[str, int | float]:
        """Give the figures: messages = rows + duplicates + set_aside, once all are finished."""
        return {
            "messages": self.read,
            "rows": self.tally.rows,
            "duplicates": self.tally.duplicates,
            "late": self.tally.late,
            "set_aside": self.tally.set_aside + self.rejected,
            "seconds": round(self.seconds, 3),
            "rate": round(self.read / self.seconds, 1) if self.seconds else 0.0,
        }


class Replay:
    """One run of the command.

    Args:
        settings: of all services.
        options: how files are read.
        terminal: whether a progress bar is shown.
    """

    def __init__(self, settings: Settings, options: ReadOptions, *, terminal: bool) -> None:
        self._settings = settings
        self._options = options
        self._terminal = terminal

    def run(self, files: Iterable[Path]) -> ReplayOutcome:
        """Feed the files and wait for their rows.

        Args:
            files: exports and JSONL files.

        Returns:
            what became of them.

        Raises:
            StoreError, SystemFault: no system could be started.
            FeedUnreachable: the gateway took nothing for a minute.
        """
        outcome = ReplayOutcome()
        run = f"replay-{uuid.uuid4().hex[:16]}"
        with any_system(self._settings, self._say_waiting) as folder, _progress(shown=self._terminal) as show:
            began = time.monotonic()
            client = FeedClient(lambda: read_port(folder.path), folder.frame_key(), run=run)
            media = ContentStore(folder.media)
            try:
                for path in files:
                    self._feed(client, path, media, outcome, show)
            finally:
                client.close()
            progress = FeedProgress(folder, run)
            try:
                outcome.tally = progress.wait(
                    outcome.sent, stalled_s=STALLED_S, shown=lambda tally: show(tally.finished, outcome.sent, "rows")
                )
            finally:
                progress.close()
            outcome.seconds = time.monotonic() - began
        return outcome

    def _say_waiting(self) -> None:
        if self._terminal:
            from rich.console import Console

            Console(stderr=True).print("done; another feed uses this system, which goes on until that is done too")

    def _feed(self, client: FeedClient, path: Path, media: ContentStore, outcome: ReplayOutcome, show: Show) -> None:
        found = rejected = 0
        batch: list[Inbound] = []
        size = 0
        kept: list[Reject] = []
        kept_bytes = 0
        for item in read_source(path, self._options, media, warn=outcome.warnings.append):
            if isinstance(item, Rejected):
                rejected += 1
                outcome.set_aside(f"{item.where}: {item.reason}")
                kept.append(
                    Reject(
                        where=item.where,
                        reason=item.reason,
                        raw=item.raw,
                        at_ms=time.time_ns() // 1_000_000,
                        run=client.run,
                    )
                )
                kept_bytes += len(item.raw) + 300
            else:
                found += 1
                batch.append(msgspec.structs.replace(item, run=client.run))
                size += len(item.text) * 2 + 300 + sum(map(len, item.extra.values())) * 2
            if len(batch) >= BATCH or size >= BATCH_BYTES:
                _send(client, batch, outcome)
                batch, size = [], 0
                show(outcome.sent, 0, path.name)
            if len(kept) >= 50 or kept_bytes >= BATCH_BYTES:
                client.reject(kept)
                kept, kept_bytes = [], 0
        _send(client, batch, outcome)
        if kept:
            client.reject(kept)
        outcome.read += found + rejected
        if rejected and not found:
            outcome.unread_files += 1


def _send(client: FeedClient, batch: list[Inbound], outcome: ReplayOutcome) -> None:
    client.send(batch)
    outcome.sent += len(batch) - len(client.rejected)
    for line in client.rejected:
        outcome.set_aside(line)
    client.rejected.clear()


@contextmanager
def _progress(*, shown: bool) -> Iterator[Show]:
    if not shown:
        yield lambda _done, _total, _what: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=None)

        def show(done: int, total: int, what: str) -> None:
            progress.update(task, completed=done, total=total or None, description=escape(what[:40]))

        yield show


def offset_minutes(text: str) -> int:
    """Read an offset from UTC.

    Args:
        text: ``+04:00``, ``-0530``, ``Z``.

    Returns:
        minutes.

    Raises:
        ValueError: it is none.
    """
    if text.upper() == "Z":
        return 0
    match = re.fullmatch(r"([+-])(\d{1,2}):?(\d{2})?", text.strip())
    if match is None or int(match[2]) > 14 or int(match[3] or 0) > 59:
        raise ValueError(f"{text!r} is no offset from UTC such as +04:00")
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    return -minutes if match[1] == "-" else minutes
