"""A sandboxed reader process: confines itself, loads its engine, then reads the files that its pipe names.

Frames on both pipes: four bytes of length, big-endian, and one MessagePack message.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
import tempfile
from typing import BinaryIO, get_args

from actors.media.confinement import cut_network, die_with_parent, limit_processor, limit_resources
from actors.media.reader import Reader, ReaderKind
from actors.media.settings import MediaSettings
from messages.media import READ_ITEM, ReaderReady, Reading
from messages.wire import encode

_LENGTH = struct.Struct(">I")
MOST_FRAME = 64 * 1024 * 1024


def main() -> int:
    """Run one reader process; the arguments are its kind and its settings as JSON.

    Returns:
        the exit status, 0 when the asker closed the pipe.
    """
    kind, settings = sys.argv[1], MediaSettings.model_validate_json(sys.argv[2])
    if kind not in get_args(ReaderKind):
        raise SystemExit(f"no such kind of reader: {kind}")
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a keyboard's interrupt is the asker's to answer
    asked, answers = _pipes()
    if kind == "sniff":
        import magic
    notes: tuple[str, ...] = ()
    memory_mb = {
        "image": settings.image_memory_mb,
        "audio": settings.audio_memory_mb,
        "document": settings.document_memory_mb,
    }.get(kind, 1024)
    if settings.allow_download:
        # Fetching a model by name needs the network, so it comes before the cut, and before any stranger's byte.
        reader = Reader(settings)
        missing = reader.warm(kind)  # type: ignore[arg-type]
        network, refused = cut_network()
    else:
        import magic  # noqa: F401

        network, refused = cut_network()
        held_mb, notes = limit_resources(memory_mb, settings.reader_files, settings.reader_write_mb)
        reader = Reader(settings)
        missing = reader.warm(kind)  # type: ignore[arg-type]
    if settings.allow_download:
        held_mb, notes = limit_resources(memory_mb, settings.reader_files, settings.reader_write_mb)
    ready = ReaderReady(pid=os.getpid(), network=network, memory_mb=held_mb, notes=(*refused, *notes, *missing))
    write_frame(answers, encode(ready))
    deadline_s = {"image": settings.image_deadline_s, "audio": settings.audio_deadline_s}.get(
        kind, settings.document_deadline_s
    )
    while (frame := read_frame(asked)) is not None:
        item = READ_ITEM.decode(frame)
        limit_processor(deadline_s * (settings.threads + 1))
        write_frame(answers, _bounded(reader.sniff(item) if kind == "sniff" else reader.read(item)))
    return 0


def _bounded(reading: Reading) -> bytes:
    data = encode(reading)
    if len(data) <= MOST_FRAME:
        return data
    return encode(Reading(name=reading.name, kind=reading.kind, mime=reading.mime, error="what was read is too large"))


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the two pipes, and lead what libraries print to the error stream."""
    asked = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a descriptor is wanted
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    os.chdir(tempfile.gettempdir())
    return asked, answers


def read_frame(stream: BinaryIO) -> bytes | None:
    """Read one frame.

    Args:
        stream: a pipe.

    Returns:
        its bytes; None where the other side closed the pipe.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    body = stream.read(_LENGTH.unpack(head)[0])
    return body if len(body) == _LENGTH.unpack(head)[0] else None


def write_frame(stream: BinaryIO, data: bytes) -> None:
    """Write one frame.

    Args:
        stream: a pipe.
        data: its bytes.
    """
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


if __name__ == "__main__":
    raise SystemExit(main())
