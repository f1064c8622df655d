"""What a committed turn tells the gallery, and nothing before the commit."""

from __future__ import annotations

import msgspec

from actors.session.gallery_news import GalleryNews
from messages.doorbell import OriginalsReplaced
from messages.inbound import Attachment, Inbound
from messages.media import FilesThreaded, Reacted
from messages.row import Row
from messages.wire import Wire
from tests.session.samples import inbound
from tests.session.test_partition_host import Bench, bench

__all__ = ["bench"]

FILE = Attachment(name="plan.pdf", sha256="ab" * 32)


def row_of(message: Inbound, thread: str, *files: Attachment) -> Row:
    return Row(
        row_id="00", conversation=message.conversation, position=1, message_id=message.id, source="test",
        direction="in",
        kind=message.kind, sender="s", sender_name="", text="", sequence=None, sent_ms=0, utc_offset_min=0,
        received_ms=0, committed_ms=0, thread=thread, attachments=files,
    )  # fmt: skip


def test_threads_and_replaced_originals_of_files_are_told() -> None:
    news = GalleryNews()
    message = msgspec.structs.replace(inbound(1), attachments=(FILE,))
    news.finished(message, row_of(message, "Viewing", msgspec.structs.replace(FILE, sha256="cd" * 32)))
    assert news.take() == [
        FilesThreaded(conversation="c", message_id="m1", thread="Viewing"),
        OriginalsReplaced(sha256=("ab" * 32,)),
    ]
    news.finished(message, row_of(message, "", FILE))
    unread = msgspec.structs.replace(FILE, sha256="")
    news.finished(message, row_of(message, "Viewing", unread))
    assert news.take() == [OriginalsReplaced(sha256=("ab" * 32,))]


def test_reactions_come_and_go_with_the_commit(bench: Bench) -> None:
    told: list[Wire] = []
    bench.host.on_gallery_news = told.extend
    like = msgspec.structs.replace(inbound(1, text="👍"), kind="reaction", reply_to="m0")
    gone = msgspec.structs.replace(inbound(2, text="x"), kind="reaction", reply_to="m0", extra={"reaction": "removed"})
    bench.put(like, msgspec.structs.replace(gone, text=""), inbound(3))
    bench.turn()
    assert told == []
    bench.settle()
    assert told == [
        Reacted(conversation="c", message_id="m0", sender="+971501234567", emoji="👍"),
        Reacted(conversation="c", message_id="m0", sender="+971501234567", emoji=""),
    ]
