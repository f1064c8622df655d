"""Facts of documents: from tables by their headings or not at all; parties and references as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.media.document_type import typed_fields
from actors.media.table_facts import facts_text, table_facts
from messages.media import Table
from stress.media_documents import text_pdf
from tests.media.conftest import Read

PROPERTY = {"unit", "price", "bedrooms", "size_sqft", "project"}


@pytest.mark.parametrize(
    "lines",
    [
        ["Unit Project Type Bedrooms Size sqft Price AED", "B-1204 Marina Gate 2 Apartment 3 1,850 2,450,000",
         "A-302 Creek Horizon Apartment 1 780 1,150,000"],
        ["Unit Bedrooms Size Price", "101 1 780 1,150,000", "102 2 1,200 1,950,000"],
    ],
)  # fmt: skip
def test_a_list_without_lines_invents_no_facts(tmp_path: Path, read: Read, lines: list[str]) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(text_pdf([lines]))
    reading = read(path)
    assert lines[1] in reading.text
    assert not PROPERTY & set(reading.fields)


def test_a_sheet_of_numbers_invents_no_facts(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b,pct,err\n1,2,0.25,#DIV/0!\n10000000000,1.5,0.1,007\n")
    assert not PROPERTY & set(read(path).fields)


def test_the_only_row_of_a_table_gives_its_facts_by_the_headings(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Unit,Project,Beds,Price\n907,Cedar Heights,2,95k\n")
    fields = read(path).fields
    assert [fields[name] for name in ("unit", "project", "bedrooms", "price")] == ["907", "Cedar Heights", 2, 95_000]
    assert table_facts([Table(name="", header=("Unit", "Beds", "Price"), rows=(("1", "2", "ask"),))]) == {
        "unit": "1",
        "bedrooms": 2,
    }


def test_values_beside_their_labels_and_sums_stay_facts() -> None:
    table = Table(
        name="",
        header=("Landlord", "Ali", "Unit No", "B-1204"),
        rows=(("Annual Rent", "AED 95,000", "Bedrooms", "2"), ("First", "AED 500", "x", "780")),
    )
    text = "Contract\nLandlord\tAli\tUnit No\tB-1204\nend"
    assert facts_text(text, [table]).split("\n") == [
        "Contract", "end", "Landlord: Ali", "Unit No: B-1204", "Annual Rent: AED 95,000", "Bedrooms: 2", "AED 500",
    ]  # fmt: skip


def test_parties_between_with_their_roles() -> None:
    text = "This agreement is made between Palm & Dune LLC (the Landlord) and Mr. John Smith (the Tenant)."
    assert typed_fields(text, "contract") == {
        "landlord": "Palm & Dune LLC",
        "tenant": "Mr. John Smith",
        "parties": ["Palm & Dune LLC", "Mr. John Smith"],
    }
    text = "made between Palm LLC, of Dubai, and Omar bin Khalid regarding the villa"
    assert typed_fields(text, "contract")["parties"] == ["Palm LLC", "Omar bin Khalid"]


def test_two_parties_on_a_line() -> None:
    fields = typed_fields("Landlord Name: Ahmed Ali Tenant Name: Sara Khan Mobile No: 050\n", "contract")
    assert fields == {"landlord": "Ahmed Ali", "tenant": "Sara Khan", "parties": ["Ahmed Ali", "Sara Khan"]}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("IBAN: AE07 0331 2345 6789 0123 456\nAmount: 5", "AE070331234567890123456"),
        ("IBAN AE07 0331 2345 6789 0123 456 DATE 12", "AE070331234567890123456"),
        ("iban no. GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926819"),
    ],
)
def test_an_iban_in_groups_is_one_reference(text: str, number: str) -> None:
    assert typed_fields(text, "payment_proof")["references"] == [number]
