"""ImageOCRService's core: a picture's text, quality and property fields."""

from __future__ import annotations

from pathlib import Path

from actors.media.error_text import error_text
from actors.media.errors import EngineUnavailableError, MediaError
from actors.media.fields import Extract, moment_of, property_fields
from actors.media.kind import Detected
from actors.media.metadata import stripped
from actors.media.ocr import OcrEngine, lines_of, mean_confidence
from actors.media.picture import open_picture, padded, perceptual_hash, quality, thumbnail
from actors.media.settings import MediaSettings
from messages.media import FieldValue, Reading, ReadItem
from messages.understanding import Tier


class OcrEngines:
    """The OCR engines of a reader process, loaded when first used.

    Args:
        settings: which engine, and its models.
    """

    def __init__(self, settings: MediaSettings) -> None:
        self._settings = settings
        self._loaded: dict[str, OcrEngine | EngineUnavailableError] = {}

    def for_tier(self, tier: Tier) -> tuple[OcrEngine, tuple[str, ...]]:
        """Give the best engine that a tier allows and that is here.

        Args:
            tier: ``full`` prefers EasyOCR, ``reduced`` RapidOCR; the lower tiers read no pictures.

        Returns:
            the engine, and a note for each better one that is not here.

        Raises:
            EngineUnavailableError: none is.
        """
        if self._settings.ocr_engine == "none":
            raise EngineUnavailableError("OCR is switched off")
        if tier not in {"full", "reduced"}:
            raise EngineUnavailableError(f"pictures are not read in the {tier} tier")
        wanted = ["easyocr", "rapidocr"] if tier == "full" else ["rapidocr", "easyocr"]
        if self._settings.ocr_engine != "auto":
            wanted = [self._settings.ocr_engine]
        notes = []
        for name in wanted:
            engine = self._load(name)
            if not isinstance(engine, EngineUnavailableError):
                missing = [language for language in self._settings.ocr_languages if language not in engine.languages]
                if missing:
                    notes.append(f"text in {', '.join(missing)} was not read: {name} has no model for it here")
                return engine, tuple(notes)
            notes.append(str(engine))
        raise EngineUnavailableError("; ".join(notes))

    def _load(self, name: str) -> OcrEngine | EngineUnavailableError:
        if name not in self._loaded:
            try:
                if name == "easyocr":
                    from actors.media.ocr_easyocr import EasyOcrEngine

                    self._loaded[name] = EasyOcrEngine(self._settings)
                else:
                    from actors.media.ocr_rapidocr import RapidOcrEngine

                    self._loaded[name] = RapidOcrEngine(self._settings)
            except EngineUnavailableError as error:
                self._loaded[name] = error
            except (ImportError, AttributeError, RuntimeError, OSError) as error:
                # A broken installation of one engine must not take the other one with it.
                self._loaded[name] = EngineUnavailableError(f"{name} cannot be loaded: {error}")
        return self._loaded[name]


class ImageReader:
    """Read pictures.

    Args:
        settings: bounds.
        engines: OCR.
        extract: entity extractor, or None where there is none.
    """

    def __init__(self, settings: MediaSettings, engines: OcrEngines, extract: Extract | None) -> None:
        self._settings = settings
        self._engines = engines
        self._extract = extract

    def read(self, path: Path, detected: Detected, item: ReadItem) -> Reading:
        """Read one picture.

        Args:
            path: the file.
            detected: its type by content.
            item: the tier, what dates and phone numbers resolve against, and whether the picture is to be kept.

        Returns:
            its text, quality, fields (with ``phash``), and where it was taken if that is configured to be kept. Where
            no engine is here, the error says so and the rest is there. Where it cannot be opened or its reading fails,
            it is cleaned all the same.
        """
        cleaned, stays = stripped(path, keep_location=self._settings.keep_location) if item.keep else (b"", "")
        notes = [*detected.notes, stays] if stays else [*detected.notes]
        try:
            return self._read(path, detected, item, notes, cleaned)
        except MemoryError:
            raise  # its reader is replaced; what is kept is cleaned by who asked
        except MediaError as error:
            told = str(error)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything on hostile content; it is reported
            told = f"its reader failed: {type(error).__name__}: {error_text(error, path)}"
        return Reading(
            name=path.name,
            kind="image",
            mime=detected.mime,
            format=detected.format,
            notes=detected.notes,
            error=f"{told}; {stays}" if stays else told,
            cleaned=cleaned,
        )

    def _read(self, path: Path, detected: Detected, item: ReadItem, notes: list[str], cleaned: bytes) -> Reading:
        picture = open_picture(path, self._settings)
        judged = quality(picture.image)
        notes = [*notes, *picture.notes]
        fields: dict[str, FieldValue] = {"phash": perceptual_hash(picture.image)}
        if self._settings.keep_location and picture.location is not None:
            fields["latitude"], fields["longitude"] = picture.location
        if judged < 0.35:
            notes.append("the picture is hard to read (blurred, dark, flat or small)")
        text, confidence, engine_name, language, error = "", 0.0, "", "", ""
        try:
            engine, missing = self._engines.for_tier(item.tier)
        except EngineUnavailableError as unavailable:
            error = str(unavailable)
        else:
            notes += missing
            boxes = engine.boxes(padded(picture.image))
            text = "\n".join(lines_of(boxes))[: self._settings.max_text_chars]
            confidence, engine_name, language = mean_confidence(boxes), engine.name, "+".join(engine.languages)
            if text and self._extract is not None:
                fields |= property_fields(self._extract(text, moment_of(item)))
            elif text:
                notes.append("fields were not looked for: this build has no entity extractor")
        return Reading(
            name=path.name,
            kind="image",
            mime=detected.mime,
            format=detected.format,
            text=text,
            confidence=confidence,
            engine=engine_name,
            language=language,
            fields=fields,
            quality=judged,
            width=picture.width,
            height=picture.height,
            notes=tuple(notes),
            error=error,
            cleaned=cleaned,
            thumbnail=thumbnail(picture.image, self._settings.thumbnail_px) if item.keep else b"",
        )
