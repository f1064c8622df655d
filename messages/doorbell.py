"""Doorbells between processes that share a log: "look", and "I have seen up to here"."""

from __future__ import annotations

from messages.inbound import Inbound
from messages.wire import Codec, Wire


class Bell(Wire, frozen=True, tag=70, kw_only=True):
    """Say that a log has grown.

    Attributes:
        origin: name of the writer; it sends no second bell before the answer.
    """

    origin: str


class Seen(Wire, frozen=True, tag=71, kw_only=True):
    """Answer a bell: how far the reader is done, so that the writer may trim.

    Attributes:
        reader: name of the reader.
        marks: partition to the position before which everything is durable at the reader.
    """

    reader: str
    marks: dict[int, int]


class IngestBatch(Wire, frozen=True, tag=72, kw_only=True):
    """A feed's batch of messages, posted to the gateway.

    Attributes:
        run: the feed's name, "" for none; lanes of one feed have names of their own.
        batch: the feed's own number, rising by one; a repeated number is not taken in twice.
        messages: what to take in.
    """

    run: str
    batch: int
    messages: tuple[Inbound, ...]


class OriginalsReplaced(Wire, frozen=True, tag=73, kw_only=True):
    """Tell the gallery that rows name the cleaned contents now, so that the originals may go.

    Attributes:
        sha256: digests of the originals, hex.
    """

    sha256: tuple[str, ...]


class Taking(Wire, frozen=True, tag=74, kw_only=True):
    """Tell those who hand out work whether a pool's worker takes any now: at a pause, a resume, and when work comes.

    Attributes:
        worker: its full name.
        incarnation: which life of it.
        work: whether it takes new work.
        batch: number of a batch that it hands back untouched; 0 for none.
    """

    worker: str
    incarnation: int
    work: bool
    batch: int = 0


INGEST_BATCH: Codec[IngestBatch] = Codec(IngestBatch)
