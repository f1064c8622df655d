"""What the gallery is told of a committed turn: threads of files, reactions, originals that may go."""

from __future__ import annotations

from messages.doorbell import OriginalsReplaced
from messages.inbound import Inbound
from messages.media import FilesThreaded, Reacted
from messages.row import Row
from messages.wire import Wire


class GalleryNews:
    """Gathers it while a turn is gathered."""

    def __init__(self) -> None:
        self._originals: list[str] = []
        self._others: list[Wire] = []

    def finished(self, message: Inbound, row: Row) -> None:
        """Note what a finished message means to the gallery.

        Args:
            message: as it came.
            row: what it became.
        """
        for before, after in zip(message.attachments, row.attachments, strict=True):
            if before.sha256 and before.sha256 != after.sha256:
                self._originals.append(before.sha256)
        if row.thread and any(file.sha256 for file in row.attachments):
            self._others.append(
                FilesThreaded(conversation=row.conversation, message_id=row.message_id, thread=row.thread)
            )
        if message.kind == "reaction" and message.reply_to:
            self._others.append(
                Reacted(
                    conversation=row.conversation,
                    message_id=message.reply_to,
                    sender=message.sender,
                    emoji="" if message.extra.get("reaction") == "removed" else message.text,
                )
            )

    def take(self) -> list[Wire]:
        """Give the messages to send, and begin anew."""
        news, self._others = self._others, []
        if self._originals:
            news.append(OriginalsReplaced(sha256=tuple(self._originals)))
            self._originals = []
        return news
