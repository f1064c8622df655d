"""Types come from content; names and declared types only make notes."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from actors.media.errors import UnreadableError
from actors.media.kind import decode_text, delimiter, detect
from stress.media_documents import text_pdf
from tests.media.conftest import FIXTURES, VOICE_NOTE


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "gif", "bmp", "tiff"])
def test_pictures_are_told_by_content(tmp_path: Path, form: str) -> None:
    path = tmp_path / "no-suffix"
    Image.new("RGB", (40, 30), "red").save(path, form.upper())
    assert detect(path)[:3:2] == ("image", form)


@pytest.mark.parametrize(
    ("path", "kind"),
    [(VOICE_NOTE, "audio"), *((FIXTURES / f"voice_note.{end}", "audio") for end in ("m4a", "mp3", "amr"))],
)
def test_recordings_are_told_by_content(path: Path, kind: str) -> None:
    assert detect(path).kind == kind


def test_documents_are_told_by_content(tmp_path: Path, workbook: Path, contract: Path) -> None:
    (tmp_path / "a").write_bytes(text_pdf([["Hello"]]))
    (tmp_path / "b").write_text("unit;price\nA1;100\nA2;200\n")
    (tmp_path / "c").write_text("BEGIN:VCARD\nVERSION:3.0\nFN:Sara\nEND:VCARD\n")
    (tmp_path / "d").write_text("Dear Sara,\nthe keys are with the guard.\n")
    found = [detect(path).format for path in (tmp_path / "a", tmp_path / "b", tmp_path / "c", tmp_path / "d")]
    assert found == ["pdf", "csv", "vcard", "text"]
    assert detect(workbook).format == "xlsx"
    assert detect(contract).format == "docx"


def test_office_files_are_told_however_their_parts_are_ordered(tmp_path: Path, workbook: Path) -> None:
    shuffled = tmp_path / "shuffled"
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(shuffled, "w") as new:
        for part in sorted(old.namelist(), reverse=True):
            new.writestr(part, old.read(part))
    assert detect(shuffled).format == "xlsx"


def test_a_disagreement_is_noted_and_content_wins(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(text_pdf([["Hello"]]))
    found = detect(path, name="photo.jpg", declared="image/jpeg")
    assert found.mime == "application/pdf"
    assert found.notes == (
        "declared as image/jpeg, its content is application/pdf",
        "named .jpg, its content is application/pdf",
    )


def test_agreeing_names_and_types_make_no_note() -> None:
    assert detect(VOICE_NOTE, "PTT-1.opus", "audio/ogg; codecs=opus").notes == ()
    assert detect(FIXTURES / "voice_note.m4a", "a.m4a", "audio/mp4").notes == ()
    assert detect(FIXTURES / "voice_note.mp3", "a.mp3", "audio/mpeg").notes == ()


def test_what_is_not_read_is_unknown(tmp_path: Path) -> None:
    elf = tmp_path / "invoice.pdf"
    elf.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, 62) + bytes(200))
    assert detect(elf).kind == "unknown"
    page = tmp_path / "page"
    page.write_text("<html><body>hi</body></html>")
    assert detect(page).kind == "unknown"
    svg = tmp_path / "svg"
    svg.write_text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')
    assert detect(svg).kind == "unknown"


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.write_bytes(b""), lambda p: p.mkdir()])
def test_missing_empty_and_folders_are_refused(tmp_path: Path, make: object) -> None:
    path = tmp_path / "x"
    make(path)  # type: ignore[operator]
    with pytest.raises(UnreadableError):
        detect(path)


def test_text_of_arabic_code_pages_and_utf16_is_decoded() -> None:
    assert decode_text("شقة للبيع".encode("cp1256")) == "شقة للبيع"
    assert decode_text("شقة".encode("utf-16")) == "شقة"
    assert decode_text("\ufeffunit".encode()) == "unit"
    assert decode_text(bytes(range(256))) is None
    assert decode_text("شقة".encode()[:-1], cut=True) == "شق"


def test_separators() -> None:
    assert delimiter("a,b\n1,2\n") == ","
    assert delimiter("a;b,c\n1;2,3\n4;5,6\n7;8,9\n") in {";", ","}
    assert delimiter("a\tb\tc\n1\t2\t3\n4\t5\t6\n") == "\t"
    assert delimiter("no table here\njust lines\nof text\n") == ""
