"""One case a rule: what a phrase is, and what it is not."""

from __future__ import annotations

import datetime as dt

import pytest

from actors.language.language_of import language_of
from actors.language.rules.extract import RuleExtractor
from actors.language.rules.fold import fold, tokenize
from actors.language.rules.numbers import parse_number

EXTRACTOR = RuleExtractor()
SENT = round(dt.datetime(2026, 5, 12, 11, tzinfo=dt.UTC).timestamp() * 1000)  # a Tuesday


def values(text: str, kind: str, region: str = "") -> list[str]:
    return [
        str(e.value) for e in EXTRACTOR.extract(text, sent_ms=SENT, utc_offset_min=240, region=region) if e.type == kind
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2M", ["1200000"]),
        ("1.2 mn", ["1200000"]),
        ("AED1.2m", ["1200000"]),
        ("aed 850k", ["850000"]),
        ("15 lakh", ["1500000"]),
        ("2 crores", ["20000000"]),
        ("Rs. 45,000", ["45000"]),
        ("12,50,000 INR", ["1250000"]),
        ("850,000 dirhams", ["850000"]),
        ("US$ 1,650", ["1650"]),
        ("£1,150.50", ["1150.5"]),
        ("900€", ["900"]),
        ("٨٥ ألف", ["85000"]),
        ("مليون", ["1000000"]),
        ("نص مليون", ["500000"]),
        ("٣ مليون وربع", ["3250000"]),
        ("85 alf", ["85000"]),
        ("1.5 mil", ["1500000"]),
        ("two million", ["2000000"]),
        ("one and a half million", ["1500000"]),
        ("2 million and a half", ["2500000"]),
        ("ninety five thousand", ["95000"]),
        ("60-65k", ["60000", "65000"]),
        ("900 to 1.1M", ["900000", "1100000"]),
        ("AED 60 to 70k", ["60000", "70000"]),
        ("$1,500 to 2,000", ["1500", "2000"]),
        ("rent 72000 yearly", ["72000"]),
        ("10%", []),
        ("5 percent", []),
        ("24/7", []),
        ("built in 2015", []),
        ("permit 7123456", []),
        ("3 cheques", []),
        ("45 mins away", []),
        ("unit 1204", []),
        ("page 95", []),
    ],
)
def test_money(text: str, expected: list[str]) -> None:
    assert values(text, "price") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2BR", ["2"]),
        ("3 bedrooms", ["3"]),
        ("2-bed", ["2"]),
        ("one bedroom", ["1"]),
        ("three bed rooms", ["3"]),
        ("4 bhk", ["4"]),
        ("studio", ["0"]),
        ("2b2b", ["2"]),
        ("1-2 bedrooms", ["1", "2"]),
        ("2 or 3 bed", ["2", "3"]),
        ("غرفتين", ["2"]),
        ("٣ غرف", ["3"]),
        ("ستوديو", ["0"]),
        ("2 ghoraf", ["2"]),
        ("yoga studio", []),
        ("bed space", []),
        ("2 bed space", []),
        ("one room is enough", []),
    ],
)
def test_bedrooms(text: str, expected: list[str]) -> None:
    assert values(text, "bedrooms") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 baths", ["2"]),
        ("3.5 bathrooms", ["3.5"]),
        ("two and a half baths", ["2.5"]),
        ("2b2b", ["2"]),
        ("حمامين", ["2"]),
        ("3 حمامات", ["3"]),
        ("2 7amam", ["2"]),
    ],
)
def test_bathrooms(text: str, expected: list[str]) -> None:
    assert values(text, "bathrooms") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,250 sqft", ["1250"]),
        ("1250 sq. ft.", ["1250"]),
        ("120 sqm", ["1292"]),
        ("120 m2", ["1292"]),
        ("120 m²", ["1292"]),
        ("85 square meters", ["915"]),
        ("300 sq yards", ["2700"]),
        ("2 acres", ["87120"]),
        ("800-1000 sqft", ["800", "1000"]),
        ("١٢٠ متر مربع", ["1292"]),
        ("١٢٠٠ قدم", ["1200"]),
        ("200m from the metro", []),
        ("50 metres away", []),
    ],
)
def test_size_in_square_feet(text: str, expected: list[str]) -> None:
    assert values(text, "size") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("unit 1204", ["1204"]),
        ("unit no. 1204", ["1204"]),
        ("apt B-302", ["B-302"]),
        ("apt b 302", ["B302"]),
        ("flat #12", ["12"]),
        ("#1204", ["1204"]),
        ("شقة ٣٠٢", ["302"]),
        ("شقة رقم ٣٠٢", ["302"]),
        ("units 405, 406 and 512", ["405", "406", "512"]),
        ("apartment 2 bed", []),
        ("villa 5 bedrooms", []),
        ("flat 90k", []),
        ("apartment 12/3", []),
        ("my phone number 12", []),
    ],
)
def test_unit(text: str, expected: list[str]) -> None:
    assert values(text, "unit") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", ["2026-05-12"]),
        ("tonight", ["2026-05-12"]),
        ("this morning", ["2026-05-12"]),
        ("tmrw", ["2026-05-13"]),
        ("the day after tomorrow", ["2026-05-14"]),
        ("yesterday", ["2026-05-11"]),
        ("Tuesday", ["2026-05-19"]),
        ("this Tuesday", ["2026-05-12"]),
        ("last Friday", ["2026-05-08"]),
        ("next Friday", ["2026-05-15"]),
        ("Wednesday next week", ["2026-05-20"]),
        ("12/11", ["2026-11-12"]),
        ("12/6", ["2026-06-12"]),
        ("12/06/2026", ["2026-06-12"]),
        ("12.6.2026", ["2026-06-12"]),
        ("2026-06-12", ["2026-06-12"]),
        ("31/6", []),
        ("the 8th of June", ["2026-06-08"]),
        ("June 8", ["2026-06-08"]),
        ("June the 8th, 2027", ["2027-06-08"]),
        ("8-Jun-2027", ["2027-06-08"]),
        ("the twelfth of June", ["2026-06-12"]),
        ("on the 20th", ["2026-05-20"]),
        ("on the 3rd", ["2026-06-03"]),
        ("3 days ago", ["2026-05-09"]),
        ("two months ago", ["2026-03-12"]),
        ("بكرة", ["2026-05-13"]),
        ("بعد بكرة", ["2026-05-14"]),
        ("يوم الجمعة", ["2026-05-15"]),
        ("٨ يونيو", ["2026-06-08"]),
        ("bokra", ["2026-05-13"]),
        ("ba3d bokra", ["2026-05-14"]),
        ("el gom3a", ["2026-05-15"]),
        ("in June", []),
        ("since 2019", []),
        ("the 9th floor", []),
        ("1/2 bed", []),
        ("10/10 service", []),
        ("may I come", []),
        ("he sat down in the sun", []),
    ],
)
def test_dates_of_a_tuesday(text: str, expected: list[str]) -> None:
    assert values(text, "date") == expected


def test_the_order_of_day_and_month_follows_region_and_weekday() -> None:
    assert values("on 6/12", "date", "US") == ["2026-06-12"]
    assert values("on 6/12", "date", "AE") == ["2026-12-06"]
    assert values("Friday 6/12", "date", "AE") == ["2026-06-12"]


def test_articles_and_prepositions_stay_outside_the_span() -> None:
    (date,) = EXTRACTOR.extract("on the 8th of June", sent_ms=SENT)
    assert date.text == "8th of June"
    (place,) = (e for e in EXTRACTOR.extract("ساكن بالمارينا", sent_ms=SENT) if e.type == "location")
    assert place.text == "المارينا"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5pm", ["17:00"]),
        ("5:30 p.m.", ["17:30"]),
        ("17:30", ["17:30"]),
        ("12am", ["00:00"]),
        ("12 pm", ["12:00"]),
        ("at 5", ["17:00"]),
        ("at 10", ["10:00"]),
        ("half past four", ["16:30"]),
        ("quarter to 6", ["17:45"]),
        ("20 past 3", ["15:20"]),
        ("5 o'clock", ["17:00"]),
        ("5-6pm", ["17:00", "18:00"]),
        ("between 3 and 5", ["15:00", "17:00"]),
        ("9 in the morning", ["09:00"]),
        ("8 in the evening", ["20:00"]),
        ("الساعة ٥", ["17:00"]),
        ("الساعة 5 ونص", ["17:30"]),
        ("الساعة ٦ الا ربع", ["17:45"]),
        ("٩ صباحا", ["09:00"]),
        ("el sa3a 5", ["17:00"]),
        ("el sa3a 5 w nos", ["17:30"]),
        ("meet at noon", ["12:00"]),
        ("25:10", []),
        ("at 5 different towers", []),
        ("at 5%", []),
        ("after 3 months", []),
        ("I am 5", []),
    ],
)
def test_times(text: str, expected: list[str]) -> None:
    assert values(text, "time") == expected


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("+971 50 123 4567", "", ["+971501234567"]),
        ("00971501234567", "", ["+971501234567"]),
        ("050-123-4567", "", ["+971501234567"]),
        ("٠٥٠١٢٣٤٥٦٧", "", ["+971501234567"]),
        ("(415) 555-2671", "US", ["+14155552671"]),
        ("020 7946 0958", "GB", ["+442079460958"]),
        ("01001234567", "EG", ["+201001234567"]),
        ("98765 43210", "IN", ["+919876543210"]),
        ("AED 1250000", "", []),
        ("2026-05-12", "", []),
        ("invoice 2024-118", "", []),
    ],
)
def test_phones(text: str, region: str, expected: list[str]) -> None:
    assert values(text, "phone", region) == expected


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("mail A.B+c@Mail.Example.com.", "email", ["a.b+c@mail.example.com"]),
        ("a@b", "email", []),
        ("see https://x.example/A?b=1, ok", "url", ["https://x.example/a?b=1"]),
        ("www.Example.com/", "url", ["www.example.com/"]),
        ("example.ae/list", "url", ["example.ae/list"]),
        ("ok.thanks", "url", []),
        ("a villa,two townhouses", "property_type", ["villa", "townhouse"]),
        ("is your office open", "property_type", []),
        ("the 5th of the month", "property_type", []),
        ("rented and sold", "purpose", []),
        ("عقد الايجار", "purpose", []),
        ("12 Palm St", "location", ["12 palm st"]),
        ("480 W 34th Street", "location", ["480 w 34th street"]),
        ("12 apartments in the street", "location", []),
        ("Dr. Hala Nasser", "person", ["dr. hala nasser"]),
        ("my name is Bojan", "person", ["bojan"]),
        ("Thanks, Wim", "person", ["wim"]),
        ("انا محمد", "person", ["محمد"]),
        ("Call me now", "person", []),
        ("Tulip Grove Residences has a gym", "project", ["tulip grove residences"]),
        ("برج الياسمين", "project", ["برج الياسمين"]),
    ],
)
def test_other_types(text: str, kind: str, expected: list[str]) -> None:
    assert values(text, kind) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,250", (1250.0, True)),
        ("1.5", (1.5, False)),
        ("1,5", (1.5, False)),
        ("1,50,000", (150000.0, True)),
        ("12.3.2026", None),
    ],
)
def test_numbers_with_separators(text: str, expected: tuple[float, bool] | None) -> None:
    assert parse_number(text) == expected


def test_folding_keeps_offsets() -> None:
    folded, offsets = fold("Ù\u0300a\u200f٣")
    assert folded == "ua3"
    assert offsets == [0, 2, 4]
    tokens = tokenize("90k İx 3arabi", frozenset({"3arabi"}))
    assert tokens.texts == ["90", "k", "ix", "3arabi"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("is it still available?", "en"),
        ("هل الشقة متاحة", "ar"),
        ("3ayez ashoof el sha2a bokra", "arz"),
        ("ana 3ayez 2BR fel marina", "arz"),
        ("2br for 90k in unit b2", "en"),
        ("السعر 90k AED", "ar"),
        ("12345", "en"),
        ("😀", "en"),
        ("", "en"),
    ],
)
def test_language(text: str, expected: str) -> None:
    assert language_of(text) == expected
