"""Read a PDF: its text layer, its tables and form, and by OCR the pages that are pictures."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from actors.media.content import Content, table_of
from actors.media.error_text import error_text
from actors.media.errors import EngineUnavailableError, ProtectedError, UnreadableError
from actors.media.image_reader import OcrEngines
from actors.media.ocr import lines_of, mean_confidence
from actors.media.settings import MediaSettings
from messages.understanding import Tier

if TYPE_CHECKING:
    from PIL import Image

_FEW_SIGNS = 16  # a page with fewer letters than this and a picture on it is a scan
_LITTLE_SIGNS = 300  # one with fewer than this, most of which a picture covers, is a scan with a header or a stamp
_MOST_OF_IT = 0.5
_MOST_OBJECTS = 20_000  # of a page that are looked at; looking for a table among more takes minutes
_CROWDED = -1
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
        raise UnreadableError(f"not a readable PDF: {error_text(error, path)}") from error
    content = Content("pdf-text")
    try:
        content.pages = len(document)
        _note_attachments(document, content)
        texts, scans, ruled = _text_layer(document, settings, content, time_left)
        if scans:
            _read_scans(document, scans, texts, content, _Bounds(settings, ocr, tier, time_left))
    except pdfium.PdfiumError as error:
        raise UnreadableError(f"not a readable PDF: {error_text(error, path)}") from error
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
        covered, strokes = _drawn(page)
        page.close()
        texts[number] = text
        signs += len(text)
        letters = sum(sign.isalnum() for sign in text)
        if letters < _FEW_SIGNS and covered > 0:
            scans.append(number)
            continue
        if letters < _LITTLE_SIGNS and covered >= _MOST_OF_IT:
            scans.append(number)
        if strokes > _RULES:
            ruled.append(number)
        elif strokes == _CROWDED:
            content.notes.append(f"tables were not looked for on page {number + 1}: it is a drawing of too many parts")
    return texts, scans, ruled


def _drawn(page: Any) -> tuple[float, int]:
    """Tell which share of a page its pictures cover, at least something where there is one, and its strokes."""
    width, height = page.get_size()
    left, bottom, right, top = page.get_bbox()
    area = max(1.0, abs(right - left) * abs(top - bottom)) if right > left else max(1.0, width * height)
    covered, strokes = 0.0, 0
    for number, thing in enumerate(page.get_objects(max_depth=2)):
        if thing.type == _IMAGE:
            one = 1e-9
            with contextlib.suppress(Exception):  # a picture without a place on the page covers nothing of it
                # What lies in a form is placed by the form.
                x1, y1, x2, y2 = (thing.container or thing).get_bounds()
                one += max(0.0, min(x2, right) - max(x1, left)) * max(0.0, min(y2, top) - max(y1, bottom)) / area
            covered += one
        strokes += thing.type == _PATH
        if number > _MOST_OBJECTS:
            return covered, _CROWDED
        if strokes > _RULES and covered >= _MOST_OF_IT:
            break
    return covered, strokes


def _note_attachments(document: Any, content: Content) -> None:
    count = 0
    with contextlib.suppress(Exception):  # a broken name tree is no reason to leave the pages unread
        count = document.count_attachments()
    if count > 0:
        content.notes.append(f"files embedded in it were not read ({count})")


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
    done = both = 0
    for number in scans[: settings.max_ocr_pages]:
        if bounds.time_left() <= 0:
            break
        boxes = engine.boxes(_rendered(document[number], settings.ocr_max_side_px))
        layer = texts[number]
        both += bool(layer)
        texts[number] = _joined(layer, lines_of(boxes))
        confidences.append(mean_confidence(boxes))
        done += 1
    if done < len(scans):
        content.notes.append(f"only {done} of {len(scans)} scanned pages were read")
    if both:
        content.notes.append(
            f"{both} page{'s' * (both > 1)} with little text under a picture: the text and what OCR read of the picture"
            " are both here"
        )
    if done:
        with_text = sum(bool(text) for number, text in texts.items() if number not in scans)
        content.engine = engine.name if not with_text and not both else f"pdf-text+{engine.name}"
        content.language = "+".join(engine.languages)
        content.confidence = round((sum(confidences) + with_text) / (done + with_text), 3)


def _joined(layer: str, lines: list[str]) -> str:
    """Put what OCR read below a page's own text, without the lines that are that text again."""
    own = _letters(layer)
    return "\n".join(
        [layer, *(line for line in lines if _letters(line) not in own)] if own else [layer, *lines]
    ).strip()


def _letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


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
