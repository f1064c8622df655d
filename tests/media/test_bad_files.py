"""Bombs, hostile office files, damage and lies: each gives one clear error, and the readers go on."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from stress.media_documents import text_pdf
from tests.media.conftest import Read, rezipped
from tests.media.test_picture import png_claiming

MIB = 1 << 20


def test_a_picture_bomb(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_claiming(30_000, 30_000))
    assert "megapixels" in read(path).error


def test_a_zip_bomb_in_a_workbook(tmp_path: Path, read: Read, workbook: Path) -> None:
    bomb = rezipped(workbook, tmp_path / "bomb.xlsx", {"xl/worksheets/sheet9.xml": bytes(150 * MIB)})
    assert "times its size" in read(bomb).error
    parts = {f"xl/media/{number}.bin": bytes(MIB) for number in range(220)}
    assert "unpacks to" in read(rezipped(workbook, tmp_path / "many.xlsx", parts)).error


def test_a_workbook_with_a_million_columns_and_rows_claimed(tmp_path: Path, read: Read, workbook: Path) -> None:
    sheet = (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>unit</t></is></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )
    path = rezipped(workbook, tmp_path / "x.xlsx", {"xl/worksheets/sheet1.xml": sheet.encode()})
    reading = read(path)
    assert reading.error == ""
    assert "unit" in reading.text


@pytest.mark.slow
def test_a_pdf_whose_stream_unpacks_to_200_megabytes(tmp_path: Path, read: Read) -> None:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"0 0 m " * 174_763) for _ in range(200)) + packer.flush()
    body = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
    whole = text_pdf([["hello"]])
    start = whole.index(b"4 0 obj\n") + 8
    path = tmp_path / "bomb.pdf"
    path.write_bytes(whole[:start] + body + whole[whole.index(b"\nendobj", start) :])
    reading = read(path)
    assert reading.error or reading.text == ""
    assert read_still_works(tmp_path, read)


def read_still_works(tmp_path: Path, read: Read) -> bool:
    path = tmp_path / "after.pdf"
    path.write_bytes(text_pdf([["still here"]]))
    return read(path).text == "still here"


EXTERNAL = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><worksheet>&f;</worksheet>'
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><document>&j;</document>"
).encode()


@pytest.mark.parametrize("document", [EXTERNAL, LAUGHS, EXTERNAL.decode().encode("utf-16")])
def test_external_and_exploding_entities_in_office_files(
    tmp_path: Path, read: Read, workbook: Path, contract: Path, document: bytes
) -> None:
    sheet = rezipped(workbook, tmp_path / "x.xlsx", {"xl/worksheets/sheet1.xml": document})
    assert "document type definition" in read(sheet).error
    letter = rezipped(contract, tmp_path / "x.docx", {"word/document.xml": document})
    assert "document type definition" in read(letter).error


def test_macros_and_links_are_noted_and_not_followed(tmp_path: Path, read: Read, contract: Path) -> None:
    links = (
        b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="r1" Type="http://x/attachedTemplate" Target="http://x.invalid/t" TargetMode="External"/>'
        b"</Relationships>"
    )
    changes = {"word/vbaProject.bin": b"macro", "word/_rels/settings.xml.rels": links}
    reading = read(rezipped(contract, tmp_path / "x.docx", changes))
    assert "it holds macros; they were not run" in reading.notes
    assert "it refers to other files or sites; they were not opened" in reading.notes
    assert "Khalid Rashid" in reading.text


def test_protected_and_old_office_files(tmp_path: Path, read: Read) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6) + bytes(600)
    path = tmp_path / "old.doc"
    path.write_bytes(ole)
    assert "Office 97-2003" in read(path).error
    path.write_bytes(ole + "EncryptedPackage".encode("utf-16-le") + bytes(600))
    assert read(path).error == "it is protected with a password"


def test_an_encrypted_part_in_a_zip(tmp_path: Path, read: Read, workbook: Path) -> None:
    data = bytearray(workbook.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1  # the encryption flag of the first part in the directory
    path = tmp_path / "x.xlsx"
    path.write_bytes(bytes(data))
    assert read(path).error == "it is protected with a password"


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.95])
def test_truncated_documents(tmp_path: Path, read: Read, workbook: Path, contract: Path, keep: float) -> None:
    for source in (workbook, contract):
        path = tmp_path / f"cut{source.suffix}"
        path.write_bytes(source.read_bytes()[: int(source.stat().st_size * keep)])
        reading = read(path)
        assert reading.error
        assert not reading.set_aside
    path = tmp_path / "cut.pdf"
    path.write_bytes(text_pdf([["hello"]] * 3)[: int(2000 * keep)])
    reading = read(path)
    assert reading.error or "hello" in reading.text


def test_damaged_bytes_never_kill_a_reader(tmp_path: Path, read: Read, workbook: Path, contract: Path) -> None:
    import random

    rng = random.Random(7)
    picture = tmp_path / "p.jpg"
    Image.effect_noise((200, 150), 60).convert("RGB").save(picture)
    pdf = tmp_path / "p.pdf"
    pdf.write_bytes(text_pdf([["hello there"]], table=[["a", "b"], ["1", "2"], ["3", "4"]], form={"x": "y"}))
    for source in (picture, pdf, workbook, contract):
        whole = source.read_bytes()
        for number in range(12):
            data = bytearray(whole)
            for _ in range(20):
                data[rng.randrange(len(data))] = rng.randrange(256)
            path = tmp_path / f"bad{number}{source.suffix}"
            path.write_bytes(bytes(data))
            reading = read(path)
            assert reading.error or reading.kind != "unknown"
            assert not reading.set_aside, reading.error


def test_mislabelled_files_are_read_as_what_they_are(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "photo"
    path.write_bytes(text_pdf([["actually a letter"]]))
    reading = read(path, name="../../etc/photo.jpg", mime="image/jpeg")
    assert reading.text == "actually a letter"
    assert len(reading.notes) == 2
    assert reading.name == "../../etc/photo.jpg"


def test_a_bare_zip_and_a_program_are_not_read(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "hello")
    assert read(path).error == "files of type application/zip are not read"


def test_a_file_above_the_bound_is_not_read(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "huge.bin"
    with path.open("wb") as out:
        out.truncate(101 * MIB)
    assert "at most 100 MiB" in read(path).error


def test_missing_files_and_folders(tmp_path: Path, read: Read) -> None:
    assert read(tmp_path / "nothere").error == "no such file"
    assert read(tmp_path).error
