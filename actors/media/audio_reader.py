"""AudioTranscriptionService's core: what is said in a recording, with each word's time and confidence."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from actors.media.errors import EngineUnavailableError
from actors.media.fields import Extract, Moment, property_fields
from actors.media.kind import Detected
from actors.media.settings import MediaSettings
from actors.media.sound import Sound, chunks, inspect, passages
from actors.media.speech import SpeechEngine, load_speech_engine
from messages.media import FieldValue, MediaKind, Reading, Word

_TIME_SHARE = 0.8  # of the deadline; what was heard until then is given back


class AudioReader:
    """Read recordings and the sound of films.

    Args:
        settings: bounds, engine, language.
        extract: entity extractor, or None where there is none.
        clock: seconds, monotonic.
    """

    def __init__(
        self, settings: MediaSettings, extract: Extract | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._extract = extract
        self._clock = clock
        self._engine: SpeechEngine | EngineUnavailableError | None = None
        self._engine_notes: list[str] = []

    def warm(self) -> str:
        """Load the engine.

        Returns:
            why there is none, or "".
        """
        if self._engine is None:
            try:
                self._engine = load_speech_engine(self._settings, self._engine_notes)
            except EngineUnavailableError as error:
                self._engine = error
        return str(self._engine) if isinstance(self._engine, EngineUnavailableError) else ""

    def read(self, path: Path, detected: Detected, moment: Moment) -> Reading:
        """Read one recording.

        Args:
            path: the file.
            detected: its type by content.
            moment: what dates and phone numbers resolve against.

        Returns:
            its text with word times, or an empty text with a note where nothing was said. Where no engine is here the
            error says so.

        Raises:
            MediaError: it cannot be decoded.
        """
        end = self._clock() + _TIME_SHARE * self._settings.audio_deadline_s
        recording = inspect(path)
        kind: MediaKind = "video" if recording.has_pictures and detected.kind != "audio" else "audio"
        notes = list(detected.notes)
        if kind == "video":
            notes.append("of a film only the sound was read")
        unavailable = self.warm()
        if unavailable or self._engine is None or isinstance(self._engine, EngineUnavailableError):
            return Reading(
                name=path.name,
                kind=kind,
                mime=detected.mime,
                format=detected.format,
                duration_s=round(recording.duration_s, 2),
                notes=tuple(notes),
                error=unavailable,
            )
        notes += self._engine_notes
        texts: list[str] = []
        words: list[Word] = []
        heard_s, loud = 0.0, False
        for chunk in chunks(path, self._settings, notes):
            if self._clock() > end:
                notes.append(f"only the first {chunk.start_s:.0f} s were read: the time for it was over")
                break
            heard_s = chunk.start_s + len(chunk.samples) / 16_000
            for passage in passages(chunk):
                loud = True
                transcript = self._engine.transcribe(Sound(0.0, passage.samples))
                texts.append(transcript.text)
                for word in transcript.words:
                    start_s, end_s = passage.placed(word.start_s, word.end_s)
                    words.append(msgspec.structs.replace(word, start_s=start_s, end_s=end_s))
        text = " ".join(part for part in texts if part)[: self._settings.max_text_chars]
        if not text:
            notes.append("no speech in it" if loud else "it is silent")
        fields: dict[str, FieldValue] = {}
        if text and self._extract is not None:
            fields = property_fields(self._extract(text, moment))
        return Reading(
            name=path.name,
            kind=kind,
            mime=detected.mime,
            format=detected.format,
            text=text,
            confidence=round(sum(word.confidence for word in words) / len(words), 3) if words else 0.0,
            engine=self._engine.name,
            language=self._engine.language,
            fields=fields,
            words=tuple(words),
            duration_s=round(max(recording.duration_s, heard_s), 2),
            notes=tuple(notes),
        )
