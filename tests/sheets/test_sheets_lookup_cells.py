"""Cells of property lists: read to the end or refused; what is read is what a person reads there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.sheets.lookup_cells import CellError, is_summary, read_bathrooms, read_bedrooms, read_price, read_size


@pytest.mark.parametrize(
    ("cell", "price"),
    [
        ("2450000", 2_450_000),
        ("2,450,000", 2_450_000),
        ("2.450.000", 2_450_000),
        ("2.450.000,00", 2_450_000),
        ("1.150.000,50", 1_150_000.5),
        ("1 150 000", 1_150_000),
        ("1\u00a0150\u202f000", 1_150_000),
        ("1'150'000", 1_150_000),
        ("12,50,000", 1_250_000),
        ("٢٬٤٥٠٬٠٠٠", 2_450_000),
        ("٢٤٥٠٠٠٠", 2_450_000),
        ("۲۴۵۰۰۰۰", 2_450_000),
        ("AED 2.4 million", 2_400_000),
        ("AED 2.1M", 2_100_000),
        ("2,4 million", 2_400_000),
        ("2.450 million", 2_450_000),
        ("٢٫٤ مليون درهم", 2_400_000),
        ("٢٬٤٥٠٬٠٠٠ د.إ", 2_450_000),
        ("د.إ 95 ألف", 95_000),
        ("45 lakh", 4_500_000),
        ("1.2 crore", 12_000_000),
        ("95k", 95_000),
        ("90,000", 90_000),
        ("Dhs. 95,000", 95_000),
        ("AED: 2,000,000", 2_000_000),
        ("AED 90,000/-", 90_000),
        ("90,000 / year", 90_000),
        ("90,000 AED per year", 90_000),
        ("2450000.00", 2_450_000),
        ("12345.678", 12_345.68),
        ("", None),
        ("-", None),
        ("on request", None),
        ("P.O.A", None),
        ("السعر عند الطلب", None),
    ],
)
def test_prices_of_both_customs(cell: str, price: float | None) -> None:
    assert read_price(cell) == price


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("2.450", "two readings"),
        ("95.000", "two readings"),
        ("2,450 million", "two readings"),
        ("2.450k", "two readings"),
        ("950.25", "two readings"),
        ("2.45", "too small"),
        ("0", "too small"),
        ("1", "too small"),
        ("1,200,000 - 1,500,000", "not understood"),
        ("2.4M+", "not understood"),
        ("from 2.4M", "not understood"),
        ("8,000 per month", "not understood"),
        ("2.450,000", "not understood"),
        ("2,450.000", "not understood"),
        ("2,450.000,00", "not understood"),
        ("1 50 000", "not understood"),
        ("-5000", "not understood"),
        ("1.2E+06", "not understood"),
        ("#REF!", "not understood"),
        ("AED 5 AED", "not understood"),
        ("a lot", "not understood"),
        ("USD 1M", "another currency"),
        ("$500,000", "another currency"),
        ("4,500,000 EGP", "another currency"),
        ("٤٬٥٠٠٬٠٠٠ جنيه", "another currency"),
        ("0501234567", "starts with a 0"),
        ("971501234567", "too large"),
    ],
)
def test_prices_that_are_no_one_price_are_refused_with_the_reason(cell: str, why: str) -> None:
    with pytest.raises(CellError, match=why):
        read_price(cell)


@given(st.integers(1000, 10**10))
def test_a_price_is_read_however_its_thousands_are_set_off(price: int) -> None:
    for separator in ",", " ", "'", "٬":
        text = f"{price:,}".replace(",", separator)
        assert read_price(text) == price
        assert read_price(f"AED {text}") == read_price(f"{text} درهم") == price
    dotted = f"{price:,}".replace(",", ".")
    if price >= 10**6:
        assert read_price(dotted) == price
    else:
        with pytest.raises(CellError):
            read_price(dotted)


def outcome(read: Callable[[str], float | None], cell: str) -> float | str | None:
    try:
        return read(cell)
    except CellError as error:
        return str(error)


READERS = (read_price, read_size, read_bedrooms, read_bathrooms)


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_a_reason(cell: str) -> None:
    for read in READERS:
        found = outcome(read, cell)
        assert found is None or (len(found) < 200 if isinstance(found, str) else found >= 0)


@pytest.mark.parametrize(
    "cell", ["1," * 1000, "1 " * 1000, "1.000" * 400, "2 + m" * 400, "5" + " " * 200 + "0", "5" * 500]
)
def test_long_cells_are_refused_at_once(cell: str) -> None:
    for read in READERS:
        assert "is not understood" in str(outcome(read, cell))


def test_sizes_are_square_feet() -> None:
    cells = {"1,250": 1250, "1250 sq.ft": 1250, "480.5": 480.5, "780 sqft": 780, "120 sqm": 1291.7, "120 m²": 1291.7}
    cells |= {"١٢٠٠ قدم مربع": 1200, "120 متر مربع": 1291.7, "1.850.000 sqft": 1_850_000}
    assert {cell: read_size(cell) for cell in cells} == cells
    for cell in ("1.250", "1,200-1,500", "0", "big"):
        with pytest.raises(CellError, match="size"):
            read_size(cell)


def test_rooms() -> None:
    cells = {
        "2": 2,
        "2.0": 2,
        "2 BR": 2,
        "4BHK": 4,
        "2-bed": 2,
        "3 + maid": 3,
        "Studio": 0,
        "٢ غرف": 2,
        "ستوديو": 0,
        "": None,
    }
    assert {cell: read_bedrooms(cell) for cell in cells} == cells
    assert (read_bathrooms("3 baths"), read_bathrooms("٢ حمام")) == (3, 2)
    for cell in ("2+1", "2.5", "two", "1-3"):
        with pytest.raises(CellError, match="bedrooms"):
            read_bedrooms(cell)


def test_rows_that_add_others_up() -> None:
    for cell in (
        "TOTAL",
        "Total:",
        "Grand Total",
        "Sub-total",
        "Total units: 12",
        "الإجمالي",
        "المجموع الكلي",
        "Average",
    ):
        assert is_summary(("", cell, "3600000"))
    for cell in ("Total Residences", "Sumatra", "Marina Gate 2", "", "12"):
        assert not is_summary((cell, "3600000"))
