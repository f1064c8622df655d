"""PDF pages that are pictures with a little text on them, and what a PDF carries besides its pages."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest
from PIL import Image
from pypdf.generic import NameObject

from stress.media_documents import text_pdf
from stress.media_scenes import receipt
from tests.media.conftest import Read


def scan_under(lines: list[str], picture: Image.Image, share: float = 1.0) -> bytes:
    """A page with text lines over a picture that covers a share of its width and height."""
    scanned = io.BytesIO()
    picture.save(scanned, "PDF", resolution=100)
    scan = pypdf.PdfReader(scanned).pages[0]
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(text_pdf([lines]))))
    page = writer.pages[0]
    across, down = (float(getattr(page.mediabox, side) / getattr(scan.mediabox, side)) for side in ("width", "height"))
    page.merge_transformed_page(scan, pypdf.Transformation().scale(across * share, down * share), over=False)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


@pytest.mark.parametrize("footer", ["Scanned by CamScanner - page 1 of 1", "From: Reception +971 4 123 4567 P.01/01"])
def test_a_scan_with_a_line_of_text_is_read_too(tmp_path: Path, read: Read, footer: str) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(scan_under([footer], receipt(2).image))
    reading = read(path)
    assert "PAYMENT RECEIPT" in reading.text
    assert footer in reading.text
    assert reading.text.count(footer) == 1
    assert reading.engine == "pdf-text+rapidocr"
    assert reading.confidence < 1.0
    assert any(note.startswith("1 page with little text under a picture") for note in reading.notes)


def test_a_scan_with_a_line_of_text_says_where_no_engine_is(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(scan_under(["Scanned by CamScanner - page 1 of 1"], receipt(2).image))
    reading = read(path, tier="essential")
    assert reading.text == "Scanned by CamScanner - page 1 of 1"
    assert any("1 scanned pages were not read" in note for note in reading.notes)


def test_a_letter_with_a_logo_does_not_go_to_ocr(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(scan_under(["Dear Sara, the keys are with the guard."], receipt(2).image, share=0.3))
    reading = read(path)
    assert (reading.engine, reading.text) == ("pdf-text", "Dear Sara, the keys are with the guard.")
    assert reading.notes == ()


def test_embedded_files_are_noted(tmp_path: Path, read: Read) -> None:
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(text_pdf([["See the annex"]]))))
    writer.add_attachment("annex.txt", b"the annex")
    assert NameObject("/Names") in writer._root_object
    path = tmp_path / "x.pdf"
    with path.open("wb") as out:
        writer.write(out)
    assert "files embedded in it were not read (1)" in read(path).notes


def test_a_drawing_of_many_strokes_is_read_without_looking_for_tables(tmp_path: Path, read: Read) -> None:
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(text_pdf([["Site plan"]]))))
    strokes = pypdf.generic.StreamObject()
    strokes.set_data(b"0 0 m 9 9 l S\n" * 20_100)
    page = writer.pages[0]
    page[NameObject("/Contents")] = pypdf.generic.ArrayObject(
        [writer._add_object(page["/Contents"]), writer._add_object(strokes)]
    )
    path = tmp_path / "x.pdf"
    with path.open("wb") as out:
        writer.write(out)
    reading = read(path)
    assert reading.text == "Site plan"
    assert reading.notes == ("tables were not looked for on page 1: it is a drawing of too many parts",)
