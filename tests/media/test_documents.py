"""Documents: text, tables, forms, types, fields, lists."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from actors.media.document_type import guess_type, typed_fields
from actors.media.lookup_import import list_kind, lookup_rows
from actors.media.travel_document import check_digit, machine_readable_zone
from messages.media import Reading, Table
from stress.media_documents import text_pdf
from stress.media_scenes import receipt
from tests.media.conftest import Read


def test_a_text_pdf_gives_its_pages_and_fields(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.pdf"
    lines = ["SALE AND PURCHASE AGREEMENT", "Seller: John Baker", "Buyer: Sara Haddad", "Reference No: SPA-88213",
             "The seller sells unit B-1204 for AED 2,150,000 on 14 March 2026."]  # fmt: skip
    path.write_bytes(text_pdf([lines, ["Page two"]]))
    reading = read(path)
    assert (reading.error, reading.pages, reading.engine, reading.confidence) == ("", 2, "pdf-text", 1.0)
    assert all(line in reading.text for line in lines)
    assert reading.fields["document_type"] == "contract"
    assert reading.fields["seller"] == "John Baker"
    assert reading.fields["buyer"] == "Sara Haddad"
    assert reading.fields["references"] == ["SPA-88213"]
    assert reading.fields["unit"] == "B-1204"
    assert reading.fields["price"] == 2150000
    assert reading.fields["dates"] == "2026-03-14"


def test_a_pdf_table_is_kept_and_becomes_rows(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.pdf"
    rows = [
        ["Unit", "Project", "Beds", "Price"],
        ["A-1", "Cedar Heights", "2", "90,000"],
        ["A-2", "Aspen Park", "3", "1.2M"],
    ]
    path.write_bytes(text_pdf([["Available units"]], table=rows))
    reading = read(path)
    assert [list(row) for row in (reading.tables[0].header, *reading.tables[0].rows)] == rows
    assert reading.fields["document_type"] == "property_list"
    assert lookup_rows(reading).rows == [
        {"unit": "A-1", "project": "Cedar Heights", "bedrooms": 2, "price": 90000},
        {"unit": "A-2", "project": "Aspen Park", "bedrooms": 3, "price": 1_200_000},
    ]


def test_a_filled_form_is_read(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(text_pdf([["Application"]], form={"tenant": "Maria Santos", "unit": "B-1204"}))
    reading = read(path)
    assert reading.fields["form"] == ["tenant: Maria Santos", "unit: B-1204"]
    assert "tenant: Maria Santos" in reading.text


def test_a_scanned_pdf_goes_to_ocr(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "scan.pdf"
    receipt(2).image.save(path, "PDF", resolution=100)
    reading = read(path)
    assert reading.engine == "rapidocr"
    assert "PAYMENT RECEIPT" in reading.text
    assert reading.fields["document_type"] == "payment_proof"
    assert 0.5 < reading.confidence <= 1


def test_scans_without_an_engine_are_noted_and_not_invented(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "scan.pdf"
    receipt(2).image.save(path, "PDF")
    reading = read(path, tier="essential")
    assert reading.text == ""
    assert reading.confidence == 0.0
    assert any("1 scanned pages were not read" in note for note in reading.notes)


def encrypted_pdf(user: str) -> bytes:
    import pypdf

    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(text_pdf([["Secret lease text"]]))))
    writer.encrypt(user_password=user, owner_password="owner", algorithm="AES-128")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_protected_pdfs(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(encrypted_pdf("hush"))
    assert read(path).error == "it is protected with a password"
    path.write_bytes(encrypted_pdf(""))  # protected against changes only: everybody may read it
    assert read(path).text == "Secret lease text"


def test_a_word_contract(read: Read, contract: Path) -> None:
    reading = read(contract)
    assert reading.fields["document_type"] == "contract"
    assert reading.fields["landlord"] == "Khalid Rashid"
    assert reading.fields["tenant"] == "Maria Santos"
    assert reading.fields["parties"] == ["Khalid Rashid", "Maria Santos"]
    assert "EJ-2026-00417" in str(reading.fields["references"])
    assert reading.fields["unit"] == "B-1204"
    assert 150000 in (reading.fields["price"] if isinstance(reading.fields["price"], list) else [])
    assert reading.tables[0].rows == (("100231", "2026-04-01", "75,000"),)
    assert "Page footer reference" in reading.text


def test_a_workbook_becomes_lookup_rows(read: Read, workbook: Path) -> None:
    reading = read(workbook)
    assert reading.fields["document_type"] == "property_list"
    found = lookup_rows(reading)
    assert found.kind == "property_list"
    names = ("unit", "project", "bedrooms", "size", "price", "available")
    assert [tuple(row[name] for name in names) for row in found.rows] == [
        ("B-1204", "Marina Gate 1", 2, 1250, 2_150_000, "Available"),
        ("907", "Cedar Heights", 0, 480.5, 95_000, "Rented"),
        ("PH-1", "Park Towers", 4, 4200, 4_200_000, "Available"),
    ]
    assert found.refused == [(4, "it has neither unit nor project nor reference")]


def test_formulas_are_never_evaluated(tmp_path: Path, read: Read) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["a", '=HYPERLINK("http://x.invalid","y")', "=1+1"])
    book.save(tmp_path / "x.xlsx")
    assert read(tmp_path / "x.xlsx").text == "Sheet\na"


def test_csv_in_arabic_code_page(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("الاسم;الهاتف\nأحمد;0501234567\nمنى;0507654321\n".encode("cp1256"))
    reading = read(path)
    assert reading.fields["document_type"] == "contact_list"
    assert lookup_rows(reading).rows[0] == {"name": "أحمد", "phone": "0501234567"}


CARDS = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Santos;Maria;;;\r\nFN:Maria Santos\r\nTEL;TYPE=CELL:+971 50 123 4567\r\n"
    "item1.TEL;waid=971507654321:+971 50 765 4321\r\nEMAIL:maria@example.org\r\nORG:Palm\\, Ltd;Sales\r\n"
    "NOTE:a long\r\n  note\r\nEND:VCARD\r\n"
    "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;=D8=A3=D8=AD=\r\n=D9=85=D8=AF;;;\r\n"
    "TEL:0509998877\r\nPHOTO;ENCODING=BASE64:AAAA\r\nEND:VCARD\r\n"
)


def test_contacts(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.vcf"
    path.write_text(CARDS, encoding="utf-8", newline="")
    reading = read(path)
    assert reading.fields["document_type"] == "contact_list"
    assert lookup_rows(reading).rows == [
        {"name": "Maria Santos", "phone": "+971 50 123 4567; +971 50 765 4321", "email": "maria@example.org",
         "organisation": "Palm, Ltd, Sales", "note": "a long note"},
        {"name": "أحمد", "phone": "0509998877"},
    ]  # fmt: skip


@pytest.mark.parametrize("content", ["BEGIN:VCARD\nVERSION:3.0\nEND:VCARD\n", "BEGIN:VCARD\nFN"])
def test_empty_contacts_are_an_error(tmp_path: Path, read: Read, content: str) -> None:
    (tmp_path / "x.vcf").write_text(content)
    assert read(tmp_path / "x.vcf").error == "the file holds no contact"


TYPES = {
    "brochure": "Marina Gate brochure. Floor plans, payment plan, amenities: swimming pool, gymnasium. Handover 2027.",
    "payment_proof": "Transfer confirmation. Beneficiary: Palm Ltd. Amount paid AED 5,000. Transaction 88123991.",
    "identity_document": "PASSPORT. Nationality: X. Date of birth 1990. Given names: A. Surname: B.",
    "other": "See you at the gate tomorrow.",
    "contract": "LEASE AGREEMENT between the Lessor and the Lessee, who hereby agree to the terms and conditions.",
}


@pytest.mark.parametrize("kind", TYPES)
def test_types_are_told_by_their_words(kind: str) -> None:
    assert guess_type(TYPES[kind], [], "text").type == kind


def test_parties_of_a_sentence_and_references_need_a_digit() -> None:
    fields = typed_fields("This agreement is made between John Baker and Sara Haddad.\nReference: pending", "contract")
    assert fields["parties"] == ["John Baker", "Sara Haddad"]
    assert "references" not in fields


PASSPORT = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"  # ICAO 9303's specimen
)


def test_machine_readable_zones_are_verified() -> None:
    assert check_digit("520727") == "3"
    assert machine_readable_zone("noise\n" + PASSPORT) == {
        "holder": "ANNA MARIA ERIKSSON",
        "document_number": "L898902C3",
        "nationality": "UTO",
        "birth_yymmdd": "740812",
        "expiry_yymmdd": "120415",
    }
    assert machine_readable_zone(PASSPORT.replace("740812", "740813")) is None
    assert guess_type(PASSPORT, [], "text").type == "identity_document"


def test_tables_that_are_no_lists() -> None:
    assert list_kind(Table(name="", header=("Date", "Amount"), rows=(("1", "2"), ("3", "4")))) == ""
    assert lookup_rows(Reading(name="x")).rows == []


def test_a_title_above_the_column_names_is_skipped() -> None:
    table = Table(name="", header=("Owners 2026", ""), rows=(("Name", "Mobile"), ("Ali", "050"), ("Mona", "")))
    found = lookup_rows(Reading(name="x", tables=(table,)))
    assert found.rows == [{"name": "Ali", "phone": "050"}]
    assert found.refused == [(2, "it has neither phone nor email")]
