"""Vosk (Kaldi): the streaming engine, with a model by name or folder."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

from actors.media.errors import EngineUnavailableError
from actors.media.settings import MediaSettings
from actors.media.sound import RATE_HZ, Sound
from actors.media.speech import Transcript
from messages.media import Word

_BLOCK = RATE_HZ // 4  # 250 ms at a time, as from a line
_NAME = re.compile(r"vosk-model-(?:small-|big-)?([a-z]{2,3})(?:-|$)")


class VoskEngine:
    """A Vosk model.

    Args:
        settings: the model's name or folder, and the language.

    Raises:
        EngineUnavailableError: the package or the model is not here, or it is of another language.
    """

    def __init__(self, settings: MediaSettings) -> None:
        if importlib.util.find_spec("vosk") is None:
            raise EngineUnavailableError("the package vosk is not installed")
        if not settings.vosk_model:
            raise EngineUnavailableError("no Vosk model is configured (set vosk_model to a name or a folder)")
        folder = vosk_folder(settings.vosk_model)
        model = Path(settings.vosk_model).name
        named = _NAME.match(model)
        if named is not None and named.group(1) != settings.speech_language:
            raise EngineUnavailableError(
                f"the Vosk model {model} hears {named.group(1)}, not {settings.speech_language}"
            )
        if folder is None and not settings.allow_download:
            raise EngineUnavailableError(
                f"the Vosk model {settings.vosk_model} is not here and downloads are not allowed"
            )
        import vosk

        vosk.SetLogLevel(-1)
        try:
            self._model: Any = vosk.Model(str(folder)) if folder is not None else _fetched(vosk, settings.vosk_model)
        except Exception as error:  # vosk raises a bare Exception for a folder that is no model
            raise EngineUnavailableError(f"Vosk cannot load {settings.vosk_model}: {error}") from error
        self._recogniser = vosk.KaldiRecognizer
        self.name = f"vosk {Path(settings.vosk_model).name}"
        self.language = settings.speech_language

    def transcribe(self, sound: Sound) -> Transcript:
        """Transcribe one chunk, streaming it to the recogniser.

        Args:
            sound: mono at 16 kHz.

        Returns:
            its words with their times and confidences.
        """
        import numpy as np

        recogniser = self._recogniser(self._model, RATE_HZ)
        recogniser.SetWords(True)  # noqa: FBT003 - a compiled function
        pcm = (np.clip(sound.samples, -1, 1) * 32767).astype("<i2")
        heard: list[dict[str, Any]] = []
        for at in range(0, len(pcm), _BLOCK):
            if recogniser.AcceptWaveform(pcm[at : at + _BLOCK].tobytes()):
                heard += json.loads(recogniser.Result()).get("result", [])
        heard += json.loads(recogniser.FinalResult()).get("result", [])
        words = tuple(
            Word(
                text=str(word["word"]),
                start_s=round(sound.start_s + float(word["start"]), 3),
                end_s=round(sound.start_s + float(word["end"]), 3),
                confidence=round(min(1.0, float(word["conf"])), 3),
            )
            for word in heard
            if word["word"] != "[unk]"
        )
        return Transcript(" ".join(word.text for word in words), words)


def vosk_folder(model: str) -> Path | None:
    """Find a Vosk model that is already here.

    Args:
        model: a folder, or a model's name as Vosk lists it.

    Returns:
        its folder (Vosk keeps fetched models in ``~/.cache/vosk``); None where it is not here.
    """
    for folder in (Path(model), Path.home() / ".cache" / "vosk" / Path(model).name):
        if (folder / "am" / "final.mdl").is_file() or (folder / "final.mdl").is_file():
            return folder
    return None


def _fetched(vosk: Any, name: str) -> Any:
    try:
        return vosk.Model(model_name=name)
    except SystemExit as error:  # vosk exits the interpreter for a name that it does not know
        raise EngineUnavailableError(f"Vosk knows no model {name}") from error
