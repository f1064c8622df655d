"""DocumentParserService's core: a document's text, tables, type and fields."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from actors.media.content import Content
from actors.media.document_type import guess_type, reference_spans, typed_fields
from actors.media.docx_reader import read_docx
from actors.media.error_text import error_text
from actors.media.errors import MediaError, ProtectedError, UnreadableError
from actors.media.fields import Extract, Moment, property_fields
from actors.media.image_reader import OcrEngines
from actors.media.kind import Detected
from actors.media.office_reader import read_xlsx
from actors.media.pdf_reader import read_pdf
from actors.media.plain_reader import read_csv, read_text, read_vcard
from actors.media.rtf_reader import read_rtf
from actors.media.settings import MediaSettings
from actors.media.table_facts import facts_text, table_facts
from messages.media import Reading
from messages.understanding import Tier

_TIME_SHARE = 0.7  # of the deadline; what was read until then is given back
_EXTRACT_CHARS = 8000
_OLE_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


class DocumentReader:
    """Read documents.

    Args:
        settings: bounds.
        engines: OCR for scanned pages.
        extract: entity extractor, or None where there is none.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        settings: MediaSettings,
        engines: OcrEngines,
        extract: Extract | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._engines = engines
        self._extract = extract
        self._clock = clock

    def read(self, path: Path, detected: Detected, tier: Tier, moment: Moment) -> Reading:
        """Read one document.

        Args:
            path: the file.
            detected: its type by content.
            tier: the best tier of OCR.
            moment: what dates and phone numbers resolve against.

        Returns:
            its text, tables, type (``document_type`` with its confidence) and fields.

        Raises:
            MediaError: it cannot be read.
        """
        try:
            content = self._parse(path, detected, tier)
        except (MediaError, MemoryError):
            raise
        except Exception as error:  # a parser may raise anything on hostile content
            raise UnreadableError(f"its reader failed: {type(error).__name__}: {error_text(error, path)}") from error
        text = content.text
        notes = [*detected.notes, *content.notes]
        if len(text) > self._settings.max_text_chars:
            text = text[: self._settings.max_text_chars]
            notes.append(f"only the first {self._settings.max_text_chars} letters of its text were kept")
        if not text:
            notes.append("it holds no text")
        guess = guess_type(text, content.tables, detected.format)
        fields = content.fields
        fields["document_type"] = guess.type
        fields["document_type_confidence"] = guess.confidence
        if guess.type not in {"property_list", "contact_list"}:
            facts = facts_text(text, content.tables)
            # The lists' facts are their rows; one unit or price for the whole of such a document would be a guess.
            if self._extract is not None:
                head = facts[:_EXTRACT_CHARS]
                taken = reference_spans(head)
                # A contract's number is no unit, though it is written like one.
                found = [
                    entity
                    for entity in self._extract(head, moment)
                    if not any(start < entity.end and entity.start < end for start, end in taken)
                ]
                fields |= property_fields(found) | table_facts(content.tables)
            elif text:
                notes.append("property fields were not looked for: this build has no entity extractor")
            fields |= typed_fields(text, guess.type) | typed_fields(facts, guess.type)
        return Reading(
            name=path.name,
            kind="document",
            mime=detected.mime,
            format=detected.format,
            text=text,
            confidence=content.confidence if text else 0.0,
            engine=content.engine,
            language=content.language,
            fields=fields,
            tables=tuple(content.tables),
            pages=content.pages,
            notes=tuple(notes),
        )

    def _parse(self, path: Path, detected: Detected, tier: Tier) -> Content:
        end = self._clock() + _TIME_SHARE * self._settings.document_deadline_s

        def time_left() -> float:
            return end - self._clock()

        settings = self._settings
        match detected.format:
            case "pdf":
                return read_pdf(path, settings, self._engines, tier, time_left)
            case "docx":
                return read_docx(path, settings)
            case "xlsx":
                return read_xlsx(path, settings, time_left)
            case "csv":
                return read_csv(path, settings)
            case "vcard":
                return read_vcard(path, settings)
            case "text":
                return read_text(path, settings)
            case "rtf":
                return read_rtf(path, settings)
            case "ole":
                raise _ole_error(path)
        raise UnreadableError(f"documents of type {detected.mime} are not read")


def _ole_error(path: Path) -> ProtectedError | UnreadableError:
    """An OLE container is either an encrypted modern office file, or one of Office 97."""
    with path.open("rb") as stream:
        head = stream.read(1 << 20)
    if _OLE_ENCRYPTED in head:
        return ProtectedError("it is protected with a password")
    return UnreadableError("an Office 97-2003 file: ask for it as DOCX, XLSX or PDF")
