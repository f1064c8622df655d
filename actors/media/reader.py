"""Read any one file with the readers of this process; the sandboxed reader processes run this."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from actors.media.audio_reader import AudioReader
from actors.media.document_reader import DocumentReader
from actors.media.errors import EngineUnavailableError, MediaError, TooLargeError, UnreadableError
from actors.media.fields import entity_extractor, moment_of
from actors.media.image_reader import ImageReader, OcrEngines
from actors.media.kind import Detected, detect
from actors.media.settings import MIB, MediaSettings
from messages.media import Reading, ReadItem

OUT_OF_MEMORY = "reading it takes more memory than is allowed"
ReaderKind = Literal["sniff", "image", "audio", "document"]


def reader_kind(detected: Detected) -> ReaderKind | None:
    """Tell which kind of reader a file needs.

    Args:
        detected: its type.

    Returns:
        the kind; None where no reader takes it.
    """
    match detected.kind:
        case "image":
            return "image"
        case "audio" | "video":
            return "audio"
        case "document":
            return "document"
    return None


class Reader:
    """Reads files of every kind in this process.

    Args:
        settings: bounds and engines.
        clock: seconds, monotonic.
    """

    def __init__(self, settings: MediaSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        engines = OcrEngines(settings)
        extract = entity_extractor()
        self._engines = engines
        self._image = ImageReader(settings, engines, extract)
        self._audio = AudioReader(settings, extract, clock)
        self._document = DocumentReader(settings, engines, extract, clock)

    def warm(self, kind: ReaderKind) -> tuple[str, ...]:
        """Load the engines of a kind before the first file comes.

        Args:
            kind: of the reader process.

        Returns:
            what is not available.
        """
        if kind == "audio":
            missing = self._audio.warm()
            return (missing,) if missing else ()
        if kind == "image":
            notes: list[str] = []
            for tier in ("full", "reduced"):
                try:
                    notes += self._engines.for_tier(tier)[1]
                except EngineUnavailableError as error:
                    notes.append(str(error))
            return tuple(dict.fromkeys(notes))
        return ()

    def sniff(self, item: ReadItem) -> Reading:
        """Tell a file's type and nothing more.

        Args:
            item: the file.

        Returns:
            a reading with kind, mime, format and notes, or an error.
        """
        try:
            detected = self._detected(item)
        except MediaError as error:
            return Reading(name=item.name or Path(item.path).name, error=str(error))
        return Reading(
            name=item.name or Path(item.path).name,
            kind=detected.kind,
            mime=detected.mime,
            format=detected.format,
            notes=detected.notes,
        )

    def read(self, item: ReadItem) -> Reading:
        """Read one file.

        Args:
            item: the file.

        Returns:
            what was read, or the error; this never raises for a bad file.
        """
        start = self._clock()
        name = item.name or Path(item.path).name
        detected: Detected | None = None
        try:
            detected = self._detected(item)
            reading = self._read(item, detected)
        except MediaError as error:
            reading = _failed(name, detected, str(error))
        except MemoryError:
            reading = _failed(name, detected, OUT_OF_MEMORY)
        except Exception as error:  # noqa: BLE001 - a parser may raise anything on hostile content; it is reported
            reading = _failed(name, detected, f"its reader failed: {type(error).__name__}: {str(error)[:200]}")
        return _with(reading, name, self._clock() - start)

    def _detected(self, item: ReadItem) -> Detected:
        path = Path(item.path)
        if path.is_file() and path.stat().st_size > self._settings.max_file_mb * MIB:
            size = path.stat().st_size // MIB
            raise TooLargeError(f"the file has {size} MiB; at most {self._settings.max_file_mb} MiB are read")
        return detect(path, item.name, item.mime)

    def _read(self, item: ReadItem, detected: Detected) -> Reading:
        path, moment = Path(item.path), moment_of(item)
        match reader_kind(detected):
            case "image":
                return self._image.read(path, detected, item)
            case "audio":
                return self._audio.read(path, detected, moment)
            case "document":
                return self._document.read(path, detected, item.tier, moment)
        raise UnreadableError(f"files of type {detected.mime} are not read")


def _failed(name: str, detected: Detected | None, error: str) -> Reading:
    if detected is None:
        return Reading(name=name, error=error)
    return Reading(
        name=name, kind=detected.kind, mime=detected.mime, format=detected.format, notes=detected.notes, error=error
    )


def _with(reading: Reading, name: str, seconds: float) -> Reading:
    import msgspec

    return msgspec.structs.replace(reading, name=name, seconds=round(seconds, 4))
