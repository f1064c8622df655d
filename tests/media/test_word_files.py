"""Word files: whatever wraps a text, it is read; what is not read is said."""

from __future__ import annotations

import io
import re
from pathlib import Path

import docx
from docx.shared import Inches
from PIL import Image

from tests.media.conftest import Read, rezipped

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def word_file(tmp_path: Path, body: str, name: str = "x.docx") -> Path:
    plain = tmp_path / "plain.docx"
    docx.Document().save(str(plain))
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?><w:document {W} xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">'
        f"<w:body>{body}</w:body></w:document>"
    )
    return rezipped(plain, tmp_path / name, {"word/document.xml": xml.encode()})


def test_content_controls_fields_and_links_are_read(tmp_path: Path, read: Read) -> None:
    body = (
        f"<w:sdt><w:sdtPr/><w:sdtContent>{paragraph('block control')}</w:sdtContent></w:sdt>"
        "<w:p><w:r><w:t>Tenant: </w:t></w:r>"
        "<w:sdt><w:sdtContent><w:r><w:t>Maria</w:t></w:r></w:sdtContent></w:sdt></w:p>"
        '<w:p><w:fldSimple w:instr="DATE"><w:r><w:t>5 May 2026</w:t></w:r></w:fldSimple>'
        "<w:r><w:instrText>SECRETCODE</w:instrText></w:r></w:p>"
    )
    assert read(word_file(tmp_path, body)).text == "block control\nTenant: Maria\n5 May 2026"


def test_tracked_insertions_are_read_and_deletions_are_not(tmp_path: Path, read: Read) -> None:
    body = (
        "<w:p><w:r><w:t>rent AED </w:t></w:r><w:del><w:r><w:delText>80,000</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>95,000</w:t></w:r></w:ins></w:p>"
    )
    reading = read(word_file(tmp_path, body))
    assert reading.text == "rent AED 95,000"
    assert reading.notes == ("it has tracked changes: what was inserted was read, what was deleted was not",)


def test_text_boxes_are_read_once(tmp_path: Path, read: Read) -> None:
    box = f"<w:txbxContent>{paragraph('call 050 111 2222')}</w:txbxContent>"
    body = (
        '<w:p><w:r><w:t>above</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires="wps">'
        f"<w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox>"
        f"</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>{paragraph('below')}"
    )
    assert read(word_file(tmp_path, body)).text == "above\ncall 050 111 2222\nbelow"


def test_nested_tables_and_wrapped_rows_are_read(tmp_path: Path, read: Read) -> None:
    def cell(inner: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inner}</w:tc>"

    nested = f"<w:tbl><w:tr>{cell(paragraph('Cheque'))}{cell(paragraph('100231'))}</w:tr></w:tbl>"
    wrapped = f"<w:sdt><w:sdtContent><w:tr>{cell(paragraph('c'))}{cell(paragraph('d'))}</w:tr></w:sdtContent></w:sdt>"
    span = '<w:gridSpan w:val="2"/>'
    wide = f"<w:tr>{cell(paragraph('wide'), span)}{cell(paragraph('third'))}</w:tr>"
    body = (
        f"<w:tbl><w:tr>{cell(paragraph('a'))}{cell(paragraph('b') + nested)}{cell(paragraph('x'))}</w:tr>"
        f"{wrapped}{wide}</w:tbl>"
    )
    reading = read(word_file(tmp_path, body))
    assert reading.tables[0].header == ("a", "b", "x")
    assert reading.tables[0].rows == (("c", "d", ""), ("wide", "", "third"))
    assert reading.tables[1].header == ("Cheque", "100231")


def test_pictures_are_noted(tmp_path: Path, read: Read) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    document = docx.Document()
    document.add_picture(picture, width=Inches(1))
    path = tmp_path / "x.docx"
    document.save(str(path))
    assert read(path).notes == ("pictures in it were not read (1)", "it holds no text")


def test_a_document_with_macros_is_read_and_noted(tmp_path: Path, read: Read, contract: Path) -> None:
    types = re.sub(
        rb"application/vnd\.openxmlformats-officedocument\.wordprocessingml\.document\.main\+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
        rezipped_part(contract, "[Content_Types].xml"),
    )
    path = rezipped(contract, tmp_path / "x.docm", {"[Content_Types].xml": types, "word/vbaProject.bin": b"macro"})
    reading = read(path)
    assert (reading.error, reading.fields["tenant"]) == ("", "Maria Santos")
    assert reading.notes == ("it holds macros; they were not run",)


def rezipped_part(path: Path, part: str) -> bytes:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return archive.read(part)


def test_errors_never_name_the_folder_of_the_file(tmp_path: Path, read: Read, contract: Path) -> None:
    types = rezipped_part(contract, "[Content_Types].xml").replace(b"wordprocessingml.document.main", b"x.strange")
    path = rezipped(contract, tmp_path / "x.docx", {"[Content_Types].xml": types})
    picture = tmp_path / "x.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(40))
    for bad in (path, picture):
        reading = read(bad)
        assert reading.error
        assert tmp_path.name not in reading.error
        assert "/" not in reading.error.replace("application/", "")


def test_a_cut_off_office_file_is_said_to_be_damaged(
    tmp_path: Path, read: Read, contract: Path, workbook: Path
) -> None:
    for source in (contract, workbook):
        path = tmp_path / f"cut{source.suffix}"
        path.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
        reading = read(path)
        assert reading.error.startswith("a damaged office file")
        assert reading.kind == "document"
    path = tmp_path / "cut.zip"
    path.write_bytes(b"PK\x03\x04\x14\0\0\0\0\0" + bytes(300))
    assert read(path).error == "a damaged zip container: its end is missing"


def test_hidden_sheets_are_noted(tmp_path: Path, read: Read) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["open"])
    hidden = book.create_sheet("Costs")
    hidden.append(["margin"])
    hidden.sheet_state = "hidden"
    path = tmp_path / "x.xlsx"
    book.save(path)
    reading = read(path)
    assert "margin" in reading.text
    assert reading.notes == ("1 of its sheets is hidden; read too",)
