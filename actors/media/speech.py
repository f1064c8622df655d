"""What a speech engine is, and which one a reader process uses."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from actors.media.errors import EngineUnavailableError
from actors.media.settings import MediaSettings
from actors.media.sound import Sound
from messages.media import Word


class Transcript(NamedTuple):
    """What an engine heard in one chunk; word times in seconds from the recording's start."""

    text: str
    words: tuple[Word, ...]


class SpeechEngine(Protocol):
    """Turns speech into words."""

    @property
    def name(self) -> str:
        """Name of the engine and its model, as it stands on the row."""
        ...

    @property
    def language(self) -> str:
        """The language that it hears."""
        ...

    def transcribe(self, sound: Sound) -> Transcript:
        """Transcribe one chunk."""
        ...


def load_speech_engine(settings: MediaSettings, notes: list[str] | None = None) -> SpeechEngine:
    """Load the configured engine, or the best that is here.

    Args:
        settings: engine, model and language.
        notes: takes a note where a configured model is not used but another one.

    Returns:
        the engine.

    Raises:
        EngineUnavailableError: none is here that hears the language; the text says what was tried.
    """
    if settings.speech_engine == "none":
        raise EngineUnavailableError("speech recognition is switched off")
    tried = []
    if settings.speech_engine == "vosk" or (settings.speech_engine == "auto" and settings.vosk_model):
        try:
            from actors.media.speech_vosk import VoskEngine

            return VoskEngine(settings)
        except EngineUnavailableError as error:
            tried.append(str(error))
    if settings.speech_engine in {"auto", "whisper"}:
        try:
            from actors.media.speech_whisper import WhisperEngine

            engine = WhisperEngine(settings)
        except EngineUnavailableError as error:
            tried.append(str(error))
        else:
            if notes is not None:
                notes += [f"not heard with the configured Vosk model but with {engine.name}: {why}" for why in tried]
            return engine
    raise EngineUnavailableError("; ".join(tried))
