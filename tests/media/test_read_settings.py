"""``majlis read`` and the readers' settings: whose they are, where models lie, and what is said of those not used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from actors.console.doctor_findings import look
from actors.media.settings import MediaSettings
from actors.system.settings import Settings
from stress.media_documents import text_pdf
from tests.media.conftest import FIXTURES, VOICE_NOTE


def read(*arguments: object, folder: Path, **variables: str) -> dict[str, Any]:
    """Run ``majlis read FILE --json`` in a folder; give its one object."""
    done = subprocess.run(
        [sys.executable, "-m", "actors.console.main", "read", *map(str, arguments), "--json"],
        capture_output=True, text=True, check=False, timeout=120, cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **variables},
    )  # fmt: skip
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_is_read_is_what_the_system_would_read(tmp_path: Path) -> None:
    pdf = tmp_path / "a.pdf"
    pdf.write_bytes(text_pdf([["Page one"], ["Page two"], ["Page three"]]))
    assert "three" in read(pdf, folder=tmp_path)["text"]
    limited = read(pdf, folder=tmp_path, MAJLIS_MEDIA__MAX_PAGES="2")
    assert "two" in limited["text"]
    assert "three" not in limited["text"]
    config = tmp_path / "x.toml"
    config.write_text("[media]\nmax_pages = 1\n")
    assert "two" not in read(pdf, "--config", config, folder=tmp_path)["text"]
    assert "two" not in read(pdf, folder=tmp_path, MAJLIS_CONFIG=str(config))["text"]


def test_an_option_goes_before_the_configuration(tmp_path: Path) -> None:
    arabic = {"MAJLIS_MEDIA__SPEECH_LANGUAGE": "ar"}
    assert "English only, not ar" in read(VOICE_NOTE, folder=tmp_path, **arabic)["error"]
    assert "Dubai" in read(VOICE_NOTE, "--language", "en", folder=tmp_path, **arabic)["text"]


def test_a_model_folder_may_be_relative(toy_model: Path) -> None:
    sound = FIXTURES / "toy_sentence.wav"
    found = read(sound, "--vosk-model", f"./{toy_model.parent.name}/{toy_model.name}", folder=toy_model.parent.parent)
    assert found["engine"] == "vosk model"
    assert found["notes"] == []
    assert read(sound, "--vosk-model", toy_model.name, folder=toy_model.parent)["engine"] == "vosk model"


def test_a_configured_engine_that_is_not_used_is_noted(tmp_path: Path) -> None:
    found = read(VOICE_NOTE, "--vosk-model", "nosuch", folder=tmp_path)
    assert found["engine"] == "whisper tiny.en"
    (note,) = found["notes"]
    assert note.startswith("not heard with the configured Vosk model but with whisper tiny.en: ")
    assert note.endswith("the Vosk model nosuch is not here and downloads are not allowed")
    nowhere = read(VOICE_NOTE, folder=tmp_path, MAJLIS_MEDIA__WHISPER_MODEL="./nosuch")
    assert f"no Whisper model in {tmp_path}/nosuch" in nowhere["error"]


def test_folders_of_models_are_made_absolute_and_names_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    anchored = MediaSettings(vosk_model="here", whisper_model="w", easyocr_models=Path("e")).anchored()
    assert anchored.vosk_model == str(tmp_path / "here")
    assert anchored.whisper_model == str(tmp_path / "w")
    assert anchored.easyocr_models == tmp_path / "e"
    assert (
        MediaSettings(vosk_model="vosk-model-small-en-us-0.15").anchored().vosk_model == "vosk-model-small-en-us-0.15"
    )
    assert MediaSettings().anchored() == MediaSettings()


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert read(tmp_path / "fifo", folder=tmp_path)["error"] == "not a regular file"
    assert read(tmp_path, folder=tmp_path)["error"] == "not a regular file"


def test_the_doctor_looks_for_what_is_configured(tmp_path: Path) -> None:
    media = MediaSettings(
        vosk_model="nosuch", easyocr_models=tmp_path / "nosuch", ocr_languages=("en", "ar"), speech_language="ar"
    )
    states = {finding.what: finding for finding in look(Settings(media=media)) if ": " in finding.what}
    wrong = {what for what, finding in states.items() if finding.state == "degraded"}
    assert {"ocr: EasyOCR", "speech: Whisper (faster-whisper)", "speech: Vosk"} <= wrong
    assert "does not hear ar" in states["speech: Whisper (faster-whisper)"].found
    lacking = look(Settings(media=MediaSettings(ocr_languages=("en", "ar"))))
    (easyocr,) = (finding for finding in lacking if finding.what.startswith("ocr: EasyOCR"))
    assert (easyocr.state, "no model for ar here" in easyocr.found) == ("degraded", True)
