"""Settings of the media readers and the gallery."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from actors.whatsapp.settings import MediaDownloadSettings

MIB = 1024 * 1024


class MediaSettings(BaseModel):
    """Bounds, engines and languages of the media readers.

    Attributes:
        ocr_languages: of the pictures' text, as EasyOCR names them (``en``, ``ar``).
        ocr_engine: ``auto`` takes EasyOCR in the full tier and RapidOCR in the reduced one, or whichever is there.
        easyocr_models: folder of EasyOCR weights; None takes the offline weights package.
        allow_download: engines may fetch a model by its name from the network when they start.
        ocr_canvas_px: longest side that EasyOCR's text detector sees.
        rapidocr_canvas_px: likewise for RapidOCR.
        ocr_bfloat16: EasyOCR's detector computes in bfloat16 where the processor has instructions for it: twice as
            fast, with now and then another letter.
        ocr_max_side_px: longest side of a picture that goes to OCR; larger ones are scaled down.
        keep_location: keep where a picture was taken in what is kept of it.
        max_file_mb: a larger file is not read (WhatsApp's own bound on documents is 100 MB).
        max_megapixels: a larger picture is refused, unless its format decodes at reduced scale (JPEG).
        max_jpeg_megapixels: the bound for those.
        speech_engine: ``auto`` takes Vosk where a Vosk model is there, else Whisper.
        speech_language: what is spoken (``en``, ``ar``, ...).
        vosk_model: name of a Vosk model (fetched when allow_download) or its folder; "" for none.
        whisper_model: folder of a CTranslate2 Whisper model; "" takes the offline weights package.
        speech_chunk_s: speech goes to the engine in chunks of at most so many seconds.
        max_audio_s: the rest of a longer recording is not read, and that is noted.
        max_pages: of a document that are read.
        max_ocr_pages: scanned pages of a document that go to OCR.
        max_table_rows: of all tables of a document.
        max_text_chars: of the text of one file.
        max_unpacked_mb: what a packed document may unpack to.
        max_unpack_ratio: unpacked against packed size of one part above 1 MiB.
        threads: of an engine.
        image_deadline_s, audio_deadline_s, document_deadline_s: a reader that takes longer is killed.
        start_deadline_s: until a reader process has loaded its engine.
        image_memory_mb, audio_memory_mb, document_memory_mb: address space of a reader process.
        reader_files: file descriptors of a reader process.
        reader_write_mb: the largest file that a reader process may write.
        thumbnail_px: longest side of a thumbnail.
        tries: how often a file that kills its reader is tried.
        share_beside_texts: of the time in which readers run while texts are in work; otherwise they stand still then.
            1 lets them run always.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ocr_languages: tuple[str, ...] = ("en",)
    ocr_engine: Literal["auto", "easyocr", "rapidocr", "none"] = "auto"
    easyocr_models: Path | None = None
    allow_download: bool = False
    ocr_canvas_px: int = Field(640, ge=320, le=2560)
    ocr_bfloat16: bool = True
    rapidocr_canvas_px: int = Field(800, ge=320, le=2560)
    ocr_max_side_px: int = Field(1600, ge=320, le=4096)
    keep_location: bool = False
    max_file_mb: int = Field(100, ge=1, le=2048)
    max_megapixels: int = Field(60, ge=1, le=500)
    max_jpeg_megapixels: int = Field(220, ge=1, le=1000)
    speech_engine: Literal["auto", "vosk", "whisper", "none"] = "auto"
    speech_language: str = "en"
    vosk_model: str = ""
    whisper_model: str = ""
    speech_chunk_s: int = Field(600, ge=10, le=600)
    max_audio_s: int = Field(1800, ge=10, le=24 * 3600)
    max_pages: int = Field(200, ge=1, le=5000)
    max_ocr_pages: int = Field(10, ge=0, le=500)
    max_table_rows: int = Field(20_000, ge=1, le=1_000_000)
    max_text_chars: int = Field(200_000, ge=1000, le=10_000_000)
    max_unpacked_mb: int = Field(200, ge=1, le=4096)
    max_unpack_ratio: int = Field(200, ge=10, le=2000)
    threads: int = Field(2, ge=1, le=64)
    image_deadline_s: float = Field(30.0, gt=0)
    audio_deadline_s: float = Field(240.0, gt=0)
    document_deadline_s: float = Field(60.0, gt=0)
    start_deadline_s: float = Field(90.0, gt=0)
    image_memory_mb: int = Field(4096, ge=256)
    audio_memory_mb: int = Field(2048, ge=256)
    document_memory_mb: int = Field(4096, ge=256)
    reader_files: int = Field(256, ge=32)
    reader_write_mb: int = Field(16, ge=1)
    thumbnail_px: int = Field(256, ge=32, le=1024)
    tries: int = Field(2, ge=1, le=5)
    share_beside_texts: float = Field(0.1, gt=0, le=1)

    def anchored(self) -> MediaSettings:
        """Make the models' folders absolute: a reader process works in another directory.

        Returns:
            the settings; a Vosk model that is no folder here stays the name that it may be.
        """
        folders: dict[str, object] = {}
        if self.whisper_model:
            folders["whisper_model"] = str(Path(self.whisper_model).expanduser().absolute())
        if self.easyocr_models is not None:
            folders["easyocr_models"] = self.easyocr_models.expanduser().absolute()
        vosk = Path(self.vosk_model).expanduser()
        if self.vosk_model and (len(vosk.parts) > 1 or vosk.is_dir()):
            folders["vosk_model"] = str(vosk.absolute())
        return self.model_copy(update=folders)


class GallerySettings(BaseModel):
    """Bounds of the gallery.

    Attributes:
        quota_mb: of kept content; above it the oldest goes to the archive.
        near_duplicate_bits: pictures whose perceptual hashes differ in at most so many of 64 bits are the same.
        quota_every_s: how often the quota is looked after.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    quota_mb: int = Field(10_240, ge=1)
    near_duplicate_bits: int = Field(6, ge=0, le=16)
    quota_every_s: float = Field(3600.0, gt=0)


class MediaFetchConfig(BaseModel):
    """How files are fetched that messages only name.

    Attributes:
        graph_url: base address of the Graph API with its version.
        access_token: bearer token; unset: nothing is fetched.
        download: bounds and allowed hosts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    graph_url: str = ""
    access_token: SecretStr | None = None
    download: MediaDownloadSettings = MediaDownloadSettings()


class MediaWorkerConfig(BaseModel):
    """What a media worker or the gallery's actor is told when it starts.

    Attributes:
        media: settings of the readers.
        gallery: settings of the gallery.
        folder: of the kept contents (the data folder's ``media``); None keeps nothing.
        kind: of reader that is warm when the worker is ready; others start when content asks for them.
        fetch: how files are fetched that messages only name.
        texts: folder of the file that tells whether texts are in work; None gives way to nobody.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    media: MediaSettings = MediaSettings()
    gallery: GallerySettings = GallerySettings()
    folder: Path | None = None
    kind: Literal["image", "audio", "document"] = "document"
    fetch: MediaFetchConfig = MediaFetchConfig()
    texts: Path | None = None

    def encoded(self) -> bytes:
        """Write it for the worker's process, the token in clear."""
        fields = self.model_dump(mode="json")
        token = self.fetch.access_token
        if token is not None:
            fields["fetch"]["access_token"] = token.get_secret_value()
        return json.dumps(fields).encode()
