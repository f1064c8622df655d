"""Lists that somebody sent become tables that replies offer from: nothing in them is offered with a wrong price."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actors.console.gallery import command
from actors.media.lookup_import import list_kind, lookup_rows, lookup_table
from actors.sheets.lookup_files import by_field, lookup_file, read_lookup
from actors.whatsapp.inventory import Inventory, Wanted
from messages.media import Reading, Table
from store.folder import DataFolder

STOCK = """Reference;Unit;Project;Bedrooms;Size;Price
E1;12;Torre;2;1.850.000;2.450.000
E2;13;Torre;3;120 sqm;1 150 000
E3;14;Torre;2 BR;1200;٢٬٤٥٠٬٠٠٠
E4;15;Torre;2;1200;AED 2.4 million
E5;16;Torre;2;1200;on request
E6;17;Torre;2+1;1200;1,200,000 - 1,500,000
E7;18;Torre;2;1200;USD 500,000
E8;;;;;
E9;19;Torre;2;1200;
Reference;Unit;Project;Bedrooms;Size;Price
;TOTAL;;;;12.600.000
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)  # type: ignore[arg-type]


def table_of(*rows: tuple[str, ...]) -> Table:
    return Table(name="", header=rows[0], rows=rows[1:])


def test_prices_are_read_or_refused_and_never_offered_wrong(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "eu.csv"
    DataFolder.create(data, partitions=1)
    file.write_text(STOCK, encoding="utf-8")
    done = run("import", str(file), "--folder", str(data), "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["file"], told["rows"]) == (str(file), 8)
    assert [(one["row"], one["reason"]) for one in told["refused"]] == [
        (8, "it has nothing but a reference"),
        (10, "it repeats the headings"),
        (11, "it adds other rows up and is no property"),
    ]
    assert [(one["row"], one["reason"]) for one in told["unread"]] == [
        (5, "no price: its cell says 'on request'"),
        (6, "bedrooms '2+1' is not understood"),
        (6, "price '1,200,000 - 1,500,000' is not understood"),
        (7, "price 'USD 500,000' is in another currency than AED"),
        (9, "no price: its cell is empty, or a formula that was never computed"),
    ]
    inventory = Inventory.from_rows(map(by_field, read_lookup(lookup_file(data, "properties")).rows))
    assert inventory.problems == ()
    offered = {one.reference: one for one in inventory.match(Wanted(project="torre"), 99)}
    prices = {"E1": 2_450_000, "E2": 1_150_000, "E3": 2_450_000, "E4": 2_400_000}
    assert {name: one.price for name, one in offered.items()} == prices | dict.fromkeys(("E5", "E6", "E7", "E9"))
    assert (offered["E1"].size, offered["E2"].size, offered["E3"].bedrooms) == (1_850_000, 1291.7, 2)
    plain = run("import", str(file), "--folder", str(data))
    assert f"{file}: 3 rows not taken: row 8: it has nothing but a reference" in plain.stdout
    assert f"{file}: 5 cells left out: row 5: no price" in plain.stdout


def test_formulas_without_a_value_are_told(tmp_path: Path) -> None:
    import openpyxl

    data, file = tmp_path / "data", tmp_path / "stock.xlsx"
    DataFolder.create(data, partitions=1)
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (("Reference", "Unit", "Project", "Price"), ("A1", "1", "P", "=1000*2"), ("A2", "2", "P", 3_000_000)):
        book.active.append(row)
    book.save(file)
    done = run("import", str(file), "--folder", str(data), "--json")
    assert [(one["row"], "formula" in one["reason"]) for one in json.loads(done.stdout)["unread"]] == [(1, True)]


@pytest.mark.parametrize(
    "header",
    [
        ("المرجع", "الوحدة", "المبنى", "الموقع", "نوع العقار", "عدد الغرف", "المساحة", "السعر"),
        ("رقم المرجع", "رقم الوحدة", "المشروع", "المنطقة", "النوع", "غرف النوم", "المساحة (قدم مربع)", "السعر (درهم)"),
        ("مرجع", "رقم الشقه", "إسم المشروع", " الحى ", "نوع الوحده", "عدد غرف النوم", "مساحة الوحدة", "سعر البيع"),
        ("Ref #", "Unit No.", "Building Name", "Area", "Type", "No. of Bedrooms", "Size (Sq. Ft.)", "Price (AED)"),
        ("REFERENCE_NUMBER", "apt no", "Tower", "Community", "Unit-Type", "BHK", "BUA", "Price in AED"),
    ],
)  # fmt: skip
def test_headings_of_both_languages_are_one_table(header: tuple[str, ...]) -> None:
    cells = ("PD1", "ب-12", "برج النور", "دبي مارينا", "شقة", "٢", "١٢٠٠", "٢٤٥٠٠٠٠")
    table = table_of(header, cells)
    assert list_kind(table) == "property_list"
    found = lookup_rows(Reading(name="x", tables=(table,)))
    columns = ("reference", "unit", "project", "location", "property_type", "bedrooms", "size", "price")
    assert found.rows == [dict(zip(columns, (*cells[:5], 2, 1200, 2_450_000), strict=True))]
    assert by_field(dict(zip(header, cells, strict=True))) == dict(zip(columns, cells, strict=True))


def test_arabic_contacts() -> None:
    for header in (
        ("الاسم", "رقم الهاتف", "البريد الإلكتروني"),
        ("اسم العميل", "الجوال", "الايميل"),
        ("Customer Name", "Mobile No.", "E-Mail Address"),
    ):
        table = table_of(header, ("سارة", "0501112222", "a@b.ae"))
        assert list_kind(table) == "contact_list"
        rows = lookup_rows(Reading(name="x", tables=(table,))).rows
        assert rows == [{"name": "سارة", "phone": "0501112222", "email": "a@b.ae"}]


def test_an_owner_beside_the_properties_stays() -> None:
    table = table_of(("Unit", "Project", "Price", "Owner Name", "Mobile"), ("7", "P", "95k", "Ali", "050"))
    found = lookup_rows(Reading(name="x", tables=(table,)))
    assert lookup_table(found) == [
        {"reference": "7 P", "unit": "7", "project": "P", "price": "95000", "name": "Ali", "phone": "050"}
    ]


def test_rows_of_a_sheet_are_read_the_same_way() -> None:
    inventory = Inventory.from_rows(
        [
            {"reference": "R-1", "project": "Zenith", "price": "AED 2.1M", "bedrooms": "2 BR", "size": "1,200 sqft"},
            {"reference": "R-2", "project": "Zenith", "price": "2.450"},
            {"reference": "TOTAL", "price": "4500000"},
            {"reference": "R-3"},
            {"reference": "R-4", "project": "Zenith", "available": "مُباع"},
            {"reference": "R-5", "project": "Zenith", "price": "on request", "purpose": "للبيع"},
        ]
    )
    offered = [
        (one.reference, one.price, one.bedrooms, one.size) for one in inventory.match(Wanted(project="zenith"), 9)
    ]
    assert sorted(offered) == [("R-1", 2_100_000, 2, 1200), ("R-5", None, None, None)]
    assert "R-5" in {one.reference for one in inventory.match(Wanted(project="zenith", purpose="buy"), 9)}
    assert "R-5" not in {one.reference for one in inventory.match(Wanted(project="zenith", purpose="rent"), 9)}
    assert inventory.problems == (
        "line 3: price '2.450' has two readings: is it a thousands or a decimal point?",
        "line 4: it adds other rows up and is no property",
        "line 5: it has nothing but a reference",
    )
