"""Read a PDF: its text layer, its tables and form, and by OCR the pages that are pictures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from actors.media.content import Content, table_of
from actors.media.errors import EngineUnavailableError, ProtectedError, UnreadableError
from actors.media.image_reader import OcrEngines
from actors.media.ocr import lines_of, mean_confidence
from actors.media.settings import MediaSettings
from messages.understanding import Tier

if TYPE_CHECKING:
    from PIL import Image

_FEW_SIGNS = 16  # a page with fewer letters than this and a picture on it is a scan
_TABLE_PAGES = 20  # looking for ruled lines costs some 50 ms a page
_RULES = 6  # fewer strokes than this make no table
_IMAGE, _PATH = 3, 2  # object types of PDFium (FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_PATH)


class _Bounds(NamedTuple):
    settings: MediaSettings
    ocr: OcrEngines
    tier: Tier
    time_left: Callable[[], float]


def read_pdf(
    path: Path, settings: MediaSettings, ocr: OcrEngines, tier: Tier, time_left: Callable[[], float]
) -> Content:
    """Read a PDF.

    Args:
        path: the file.
        settings: bounds on pages.
        ocr: engines for scanned pages.
        tier: the best tier of OCR.
        time_left: seconds until the reader should give back what it has.

    Returns:
        its content.

    Raises:
        ProtectedError: it needs a password.
        UnreadableError: it is damaged.
    """
    import pypdfium2 as pdfium  # type: ignore[import-untyped]

    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise ProtectedError("it is protected with a password") from error
        raise UnreadableError(f"not a readable PDF: {error}") from error
    content = Content("pdf-text")
    try:
        content.pages = len(document)
        texts, scans, ruled = _text_layer(document, settings, content, time_left)
        if scans:
            _read_scans(document, scans, texts, content, _Bounds(settings, ocr, tier, time_left))
    except pdfium.PdfiumError as error:
        raise UnreadableError(f"not a readable PDF: {error}") from error
    finally:
        document.close()
    content.text = "\n\n".join(texts[page] for page in sorted(texts) if texts[page])
    if ruled:
        _read_tables(path, ruled, content, settings, time_left)
    _read_form(path, content)
    return content


def _text_layer(
    document: Any, settings: MediaSettings, content: Content, time_left: Callable[[], float]
) -> tuple[dict[int, str], list[int], list[int]]:
    texts: dict[int, str] = {}
    scans: list[int] = []
    ruled: list[int] = []
    signs = 0
    for number in range(len(document)):
        if number >= settings.max_pages or signs > settings.max_text_chars or time_left() <= 0:
            content.notes.append(f"only the first {number} of {len(document)} pages were read")
            break
        page = document[number]
        layer = page.get_textpage()
        text = layer.get_text_bounded().replace("\r\n", "\n").replace("\ufffe", "-").strip()
        layer.close()
        pictures = strokes = 0
        for thing in page.get_objects(max_depth=2):
            pictures += thing.type == _IMAGE
            strokes += thing.type == _PATH
            if strokes > _RULES and pictures:
                break
        page.close()
        texts[number] = text
        signs += len(text)
        if sum(sign.isalnum() for sign in text) < _FEW_SIGNS and pictures:
            scans.append(number)
        elif strokes > _RULES:
            ruled.append(number)
    return texts, scans, ruled


def _read_scans(
    document: Any,
    scans: list[int],
    texts: dict[int, str],
    content: Content,
    bounds: _Bounds,
) -> None:
    settings = bounds.settings
    try:
        engine, missing = bounds.ocr.for_tier(bounds.tier)
    except EngineUnavailableError as error:
        content.notes.append(f"{len(scans)} scanned pages were not read: {error}")
        return
    content.notes += missing
    confidences = []
    done = 0
    for number in scans[: settings.max_ocr_pages]:
        if bounds.time_left() <= 0:
            break
        boxes = engine.boxes(_rendered(document[number], settings.ocr_max_side_px))
        texts[number] = "\n".join(lines_of(boxes))
        confidences.append(mean_confidence(boxes))
        done += 1
    if done < len(scans):
        content.notes.append(f"only {done} of {len(scans)} scanned pages were read")
    if done:
        with_text = sum(bool(text) for number, text in texts.items() if number not in scans)
        content.engine = engine.name if not with_text else f"pdf-text+{engine.name}"
        content.language = "+".join(engine.languages)
        content.confidence = round((sum(confidences) + with_text) / (done + with_text), 3)


def _rendered(page: Any, side_px: int) -> Image.Image:
    """Draw a page so that its longest side has that many pixels, whatever size the page claims."""
    width, height = page.get_size()
    scale = side_px / max(width, height, 1.0)
    image: Image.Image = page.render(scale=scale).to_pil().convert("RGB")
    page.close()
    return image


def _read_tables(
    path: Path, pages: list[int], content: Content, settings: MediaSettings, time_left: Callable[[], float]
) -> None:
    import pdfplumber
    from pdfminer.pdfexceptions import PDFException

    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    rows = 0
    try:
        with pdfplumber.open(path) as plumbed:
            for number in pages[:_TABLE_PAGES]:
                if time_left() <= 0 or rows >= settings.max_table_rows:
                    content.notes.append("not all tables were read")
                    break
                page = plumbed.pages[number]
                for found in page.extract_tables():
                    table = table_of(f"page {number + 1}", found, settings.max_table_rows - rows)
                    if table is not None and len(table.header) > 1 and table.rows:
                        content.tables.append(table)
                        rows += 1 + len(table.rows)
                page.close()
    except (PDFException, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        content.notes.append(f"its tables could not be read: {type(error).__name__}")
    if len(pages) > _TABLE_PAGES:
        content.notes.append(f"tables were looked for on the first {_TABLE_PAGES} ruled pages")


def _read_form(path: Path, content: Content) -> None:
    import pypdf
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            return
        if "/AcroForm" not in reader.trailer["/Root"]:
            return
        filled = []
        for name, entry in (reader.get_fields() or {}).items():
            value = entry.get("/V")
            if value is None or str(value) in {"", "/Off"}:
                continue
            filled.append(f"{name}: {str(value).removeprefix('/')}")
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        content.notes.append(f"its form could not be read: {type(error).__name__}")
        return
    if filled:
        content.fields["form"] = [line[:500] for line in filled[:200]]
        content.text = (content.text + "\n\n" + "\n".join(line for line in filled if line not in content.text)).strip()
