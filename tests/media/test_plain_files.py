"""CSV, text, RTF and vCard files as exports and phones write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.media.encoding import decoded
from actors.media.kind import delimiter, detect
from actors.media.settings import MediaSettings
from tests.media.conftest import FIXTURES, Read

ARABIC = "المرجع,الوحدة,المشروع,السعر\nPD-1,ب-12,برج النور,2450000\nPD-2,أ-3,الواحة,1150000\n"
WESTERN = "Reference,Unit,Project\nPD-1,B-1204,Créek Möller\nPD-2,A-302,Marina Gate\n"
CHINESE = "编号,房间,价格\nPD-1,上海,100\nPD-2,北京,200\n"
JAPANESE = "参照,部屋,価格\nPD-1,東京,100\nPD-2,大阪,200\n"


def rows_of(tmp_path: Path, read: Read, data: bytes) -> list[tuple[str, ...]]:
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    reading = read(path)
    assert reading.error == ""
    assert reading.format == "csv", reading
    return [reading.tables[0].header, *reading.tables[0].rows]


def test_rows_of_uneven_width_are_a_table(tmp_path: Path, read: Read) -> None:
    data = b'Reference,Unit,Price\nPD-1,B-1204,2450000,extra\nPD-2,A-302\n\nPD-3,V-17,"4,900,000"\n'
    assert rows_of(tmp_path, read, data)[3] == ("PD-3", "V-17", "4,900,000", "")


def test_a_title_line_above_the_columns(tmp_path: Path, read: Read) -> None:
    data = b"Stock list March 2026\n\nReference,Unit,Price\nPD-1,B-1204,2450000\nPD-2,A-302,1150000\n"
    assert rows_of(tmp_path, read, data)[1:3] == [("Reference", "Unit", "Price"), ("PD-1", "B-1204", "2450000")]


def test_the_separator_line_of_excel(tmp_path: Path, read: Read) -> None:
    data = b"sep=;\r\nReference;Unit\r\nPD-1;B-1204, sea\r\nPD-2;A-302, park, gate\r\n"
    assert rows_of(tmp_path, read, data)[:2] == [("Reference", "Unit"), ("PD-1", "B-1204, sea")]


def test_a_quoted_line_end_parts_words_and_odd_spaces_part_no_rows(tmp_path: Path, read: Read) -> None:
    data = 'Ref,Note,Price\nPD-1,"Sea view\nhigh floor",1\nPD-2,a\u2028b\x0cc,2\n'.encode()
    assert rows_of(tmp_path, read, data)[1:] == [("PD-1", "Sea view high floor", "1"), ("PD-2", "a b c", "2")]


def test_an_open_quotation_mark_is_noted(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b'Reference,Unit,Note\nPD-1,B-1,"never closed,2\nPD-2,A-3,x\n')
    assert "a quotation mark in it is not closed: rows may have run together" in read(path).notes


@pytest.mark.parametrize("text", ["Dear Sara,\nI am fine, thanks\nBye, see you\n", "Prices:\n1,200\n3,400\n"])
def test_prose_with_commas_is_no_table(text: str) -> None:
    assert delimiter(text) == ""
    assert delimiter("Hello Sara\n" + text) == ""


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        (ARABIC, "cp1256", "Windows-1256"),
        (WESTERN, "cp1252", "Windows-1252"),
        (CHINESE, "gbk", "GB 18030"),
        (JAPANESE, "shift_jis", "Shift-JIS"),
        (WESTERN, "utf-16-le", "UTF-16"),
        (WESTERN, "utf-16-be", "UTF-16"),
        (ARABIC, "utf-16-le", "UTF-16"),
        ("Les clés sont chez le gardien, appelez-moi à midi.", "cp1252", "Windows-1252"),
        ("Die Schlüssel liegen beim Wächter. Miete 95.000 € – größer geht’s nicht.", "cp1252", "Windows-1252"),
        ("شقة للبيع في دبي مارينا، اتصل بنا على 0501234567 (Marina Gate)", "cp1256", "Windows-1256"),
        ("房子在迪拜码头，价格二百万，请打电话给我。", "gbk", "GB 18030"),
        ("マリーナのアパートを探しています。電話してください。", "shift_jis", "Shift-JIS"),
    ],
)
def test_encodings_are_guessed_by_words_and_said(text: str, encoding: str, named: str) -> None:
    found = decoded(text.encode(encoding))
    assert found is not None
    assert found.text == text
    assert found.note == f"its encoding is not said; guessed: {named}"
    assert found.sure <= 0.9


def test_a_guess_lowers_the_confidence_of_what_was_read(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(WESTERN.encode("cp1252"))
    reading = read(path)
    assert reading.tables[0].rows[0][2] == "Créek Möller"
    assert 0.5 < reading.confidence <= 0.9
    assert "its encoding is not said; guessed: Windows-1252" in reading.notes
    path.write_bytes(WESTERN.encode())
    assert read(path).confidence == 1.0


def test_utf8_cut_in_a_letter_and_utf32_stay_what_they_are() -> None:
    cut = decoded(ARABIC.encode() + "ب".encode()[:1])
    assert cut is not None
    assert (cut.text, cut.note) == (ARABIC, "its last letter is cut off")
    wide = decoded(WESTERN.encode("utf-32"))
    assert wide is not None
    assert wide.text == WESTERN


def test_rtf_is_read_without_its_codes(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.rtf"
    path.write_bytes(
        rb"{\rtf1\ansi\ansicpg1256{\fonttbl{\f0 Arial;}}{\info{\title Secret}}\pard\b Tenancy contract\b0\par "
        rb"Landlord: \'c7\'cd\'e3\'cf\par Unit\tab B-1204 \u1588?\u1602? \{sea\}{\pict 0102ff}\par}"
    )
    reading = read(path)
    assert reading.text == "Tenancy contract\nLandlord: احمد\nUnit\tB-1204 شق {sea}"
    assert reading.format == "rtf"
    assert reading.notes == ("pictures and objects in it were not read (1)",)
    path.write_bytes(path.read_bytes()[:-20])
    assert "it is cut off or damaged; what is there was read" in read(path).notes
    path.write_bytes(rb"{\rtf1" + b"{" * 5000)
    assert "nested without end" in read(path).error


def test_a_cut_off_contact_is_read_and_noted(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.vcf"
    path.write_text("BEGIN:VCARD\nVERSION:3.0\nFN:Cut Off\nTEL:+97150123")
    reading = read(path)
    assert reading.tables[0].rows[0][:2] == ("Cut Off", "+97150123")
    assert reading.notes == ("the file is cut off; of its last contact the part that is there was read",)


def test_contacts_above_the_bound_are_noted(tmp_path: Path) -> None:
    from actors.media.plain_reader import read_vcard

    path = tmp_path / "x.vcf"
    path.write_text("BEGIN:VCARD\nFN:A\nEND:VCARD\n" * 3)
    assert read_vcard(path, MediaSettings(max_table_rows=2)).notes == ["only the first 2 contacts were read"]
    assert read_vcard(path, MediaSettings(max_table_rows=3)).notes == []


def test_names_of_phones_and_of_office_make_no_false_disagreement(contract: Path) -> None:
    assert detect(FIXTURES / "voice_note.amr", "PTT-1.amr", "audio/AMR").notes == ()
    assert detect(contract, "contract.docm").notes == ()
