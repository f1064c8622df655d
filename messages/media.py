"""Work for the media pools, what a reader gives back, and what the gallery keeps of a file."""

from __future__ import annotations

from typing import Literal

from messages.understanding import Tier
from messages.wire import Codec, Wire

MediaKind = Literal["image", "audio", "video", "document", "unknown"]
FieldValue = str | int | float | list[str | int | float]


class Word(Wire, frozen=True, tag=40, kw_only=True):
    """A spoken word: when it is heard, in seconds from the file's start, and how sure the engine is, 0 to 1."""

    text: str
    start_s: float
    end_s: float
    confidence: float


class Table(Wire, frozen=True, tag=41, kw_only=True):
    """A table as it stands in a document.

    Attributes:
        name: of the sheet, or the page that it is on.
        header: its first row, as texts.
        rows: the other rows, as texts, each as long as the header.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Reading(Wire, frozen=True, tag=42, kw_only=True):
    """What was read of one file, or why nothing was.

    Attributes:
        name: the file's name, for people.
        kind: what sort of file its content is.
        mime: its type by content.
        format: ``jpeg``, ``pdf``, ``xlsx``, ``vcard``, ... or "" where unknown.
        text: what was read; "" where nothing was, never a placeholder.
        confidence: of the text, 0 to 1.
        engine: which engine read it, "" where none did.
        language: of the engine that read it, "" where that is meaningless.
        fields: facts found in it (unit, price, parties, document_type, ...).
        words: with their times, for speech.
        tables: for documents.
        quality: of a picture, 0 to 1; 0 where it does not apply.
        width, height: of a picture after orientation, pixels.
        duration_s: of a sound, seconds.
        pages: of a document.
        seconds: how long the reading took.
        notes: what a person should know: cut short, mislabelled, macros, ...
        error: why it could not be read; "" where it was.
        set_aside: True where its reader died on it and it must not be tried again.
        cleaned: the picture without its camera metadata, where that was asked for; b"" otherwise.
        thumbnail: a small JPEG, likewise.
    """

    name: str
    kind: MediaKind = "unknown"
    mime: str = ""
    format: str = ""
    text: str = ""
    confidence: float = 0.0
    engine: str = ""
    language: str = ""
    fields: dict[str, FieldValue] = {}  # noqa: RUF012 - msgspec copies an empty default for each instance
    words: tuple[Word, ...] = ()
    tables: tuple[Table, ...] = ()
    quality: float = 0.0
    width: int = 0
    height: int = 0
    duration_s: float = 0.0
    pages: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    error: str = ""
    set_aside: bool = False
    cleaned: bytes = b""
    thumbnail: bytes = b""


class ReadItem(Wire, frozen=True, tag=43, kw_only=True):
    """One file to read.

    Attributes:
        key: the asker's own number for it.
        path: where the kept content lies.
        name: the file's name as it came, for people and for the note on a disagreement; never used as a path.
        mime: the declared type, or "".
        tier: the best tier of engines that may be used.
        sent_ms: when the message was sent, milliseconds since 1970 UTC; dates in the text resolve against it.
        utc_offset_min: minutes from UTC of the sender's clock.
        region: two-letter country for national phone numbers.
        keep: give back a picture's cleaned content and its thumbnail too.
        sha256: of the kept content, "" where it is not kept.
        conversation, message_id, sender, thread: where it came from, for the gallery; "" keeps it out of it.
        media_id: the channel's id to fetch it by, where it is not kept yet; "" where it is.
        declared_sha256: the digest that the channel named, base64 or hex, "" if none.
    """

    key: int
    path: str
    name: str = ""
    mime: str = ""
    tier: Tier = "full"
    sent_ms: int = 0
    utc_offset_min: int = 0
    region: str = "AE"
    keep: bool = False
    sha256: str = ""
    conversation: str = ""
    message_id: str = ""
    sender: str = ""
    thread: str = ""
    media_id: str = ""
    declared_sha256: str = ""


class MediaBatch(Wire, frozen=True, tag=44, kw_only=True):
    """A batch of files from a shard to one media worker.

    Attributes:
        batch: the shard's own number of the batch; answered with the same.
        shard: name of the shard that asks.
        deadline_ms: when the shard gives up on it, milliseconds since 1970 UTC.
        items: the files.
    """

    batch: int
    shard: str
    deadline_ms: int
    items: tuple[ReadItem, ...]


class MediaResult(Wire, frozen=True, tag=45, kw_only=True):
    """The answer for one file.

    Attributes:
        key: the asker's number.
        reading: what was read or why not, without the bytes.
        sha256: of the content that is kept now (a picture's cleaned one), "" where it is as it was.
        size: its bytes, likewise.
    """

    key: int
    reading: Reading
    sha256: str = ""
    size: int = 0


class MediaResultBatch(Wire, frozen=True, tag=46, kw_only=True):
    """A media worker's answer to one batch.

    Attributes:
        batch: the number that the shard gave.
        worker: name of the worker.
        results: one for each file.
    """

    batch: int
    worker: str
    results: tuple[MediaResult, ...]


class ReaderReady(Wire, frozen=True, tag=47, kw_only=True):
    """A reader process's first answer.

    Attributes:
        pid: its process.
        network: how it is cut off from the network: ``namespace``, ``seccomp`` or ``python``, joined with ``+``.
        memory_mb: limit of its address space, MiB, 0 for none.
        notes: what could not be set up.
    """

    pid: int
    network: str
    memory_mb: int
    notes: tuple[str, ...] = ()


class GalleryEntry(Wire, frozen=True, tag=48, kw_only=True):
    """What the gallery knows of one file of one message.

    Attributes:
        number: the gallery's own, rising.
        conversation, message_id, sender: where it came from.
        thread: name of the conversation's thread, "" where unknown.
        at_ms: when its message was sent, milliseconds since 1970 UTC.
        name: as it came.
        kind, mime, size, sha256: of the kept content.
        phash: perceptual hash of a picture, 16 hex digits, "" otherwise.
        unit, project: of the property, where known.
        text: what was read of it.
        engine, confidence: who read it and how surely.
        fields: facts found in it.
        reactions: who reacted with what emoji.
        archived: its content was moved to the archive.
        error: why it could not be read.
    """

    number: int
    conversation: str
    message_id: str
    sender: str = ""
    thread: str = ""
    at_ms: int = 0
    name: str = ""
    kind: MediaKind = "unknown"
    mime: str = ""
    size: int = 0
    sha256: str = ""
    phash: str = ""
    unit: str = ""
    project: str = ""
    text: str = ""
    engine: str = ""
    confidence: float = 0.0
    fields: dict[str, FieldValue] = {}  # noqa: RUF012 - msgspec copies an empty default for each instance
    reactions: dict[str, str] = {}  # noqa: RUF012
    archived: bool = False
    error: str = ""


class FilesThreaded(Wire, frozen=True, tag=53, kw_only=True):
    """Tell the gallery to which thread of its conversation a message with files belongs, once that is decided."""

    conversation: str
    message_id: str
    thread: str


class Reacted(Wire, frozen=True, tag=49, kw_only=True):
    """A reaction to a message's files: who, with what emoji; "" takes it back."""

    conversation: str
    message_id: str
    sender: str
    emoji: str


READING: Codec[Reading] = Codec(Reading)
READ_ITEM: Codec[ReadItem] = Codec(ReadItem)
MEDIA_BATCH: Codec[MediaBatch] = Codec(MediaBatch)
MEDIA_RESULT_BATCH: Codec[MediaResultBatch] = Codec(MediaResultBatch)
READER_READY: Codec[ReaderReady] = Codec(ReaderReady)
GALLERY_ENTRY: Codec[GalleryEntry] = Codec(GalleryEntry)
