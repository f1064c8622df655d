"""What an acceptance test found wrong in money, phones, regions, units, rooms and the language, in other words."""

from __future__ import annotations

import pytest

from actors.language.language_of import language_of
from actors.language.rules.regions import regions_of
from tests.language.rules.marked import check_sentence

MONEY = [
    # small sums, rents and sounds
    "they charged {350|price|350} for the plumber",
    "{250|price|250} for a spare key is too much",
    "the plumber took {400|price|400}",
    "chiller fee {150|price|150} again",
    "take {450|price|450} from my deposit",
    "the {rent|purpose|rent} is {7.5|price|7500} a month",
    "{rent|purpose|rent} {92.5|price|92500}",
    "I want 2 {sell|purpose|sell} my {villa|property_type|villa} for {3.1M|price|3100000}",
    "{villa|property_type|villa} 4 {sale|purpose|sell} at {2.4M|price|2400000}",
    "{62|price|62000} yearly for the {studio|bedrooms|0}",
    # sums in several parts
    "{3 million 4 hundred thousand|price|3400000}",
    "{2 million 150 thousand|price|2150000}",
    "{3 lakh 50 thousand|price|350000}",
    "{one million two hundred thousand|price|1200000} cash",
    "{melyon we 300 alf|price|1300000}",
    "بعتها {مليون وأربعمية وعشرين ألف|price|1420000}",
    "العرض {٣ مليون و٢٠٠|price|3200000}",
    "نزلها ل{مليون ونص|price|1500000}",
    "ب{مليونين ونص|price|2500000} كاش",
    "{meet alf geneh|price|100000}",
    "e7na dafe3in {mit alf|price|100000}",
    "between {1m|price|1000000} and {1.2m|price|1200000}",
    # no money
    "meet Alf at the gate",
    "24.4539, 54.3773",
    "[2,5]",
    "see you 6.30",
    "5.45",
    "account 2012345678901",
    "only 5% down and 60/40 payment plan",
    # elliptical ones
    "{1 bed|bedrooms|1} below {65|price|65000}",
    "we can do {115|price|115000} if it is painted",
    "the owner wants {130|price|130000}, I could go up to {118|price|118000}",
    "SEWA deposit {2000|price|2000}",
    "{95|price|95000}/2 cheques",
    "asking from {3|price|3000000} to {3.5|price|3500000}",
    # spellings
    "{2'350'000|price|2350000}",
    "ب{ثمانين ألف|price|80000}",
    "تحت {الستين ألف|price|60000}",
    "{٨٠ك|price|80000}",
    "{melion w nos|price|1500000}",
    "{half a million dollars|price|500000}",
    "{a hundred and ten thousand dirhams|price|110000}",
    "{USD: 25,000|price|25000}",
]
PHONES = [
    "{0551112233|phone|+971551112233} 3 {villas|property_type|villa} wanted",
    "{+971 50 222 3344|phone|+971502223344} {2 bed|bedrooms|2}",
    "unit {905|unit|905} {0502223344|phone|+971502223344}",
    "{0111 222 3344|phone|+201112223344}",
    "{07400 123456|phone|+447400123456}",
    "call {98765 43211|phone|+919876543211}",
    "055123456",
    "05512345678",
    "my emirates id is 784-1985-7654321-2",
    "visa 4242 4242 4242 4242",
    "IBAN AE12 0330 0000 1234 5678 901",
    "{050-111-2233|phone|+971501112233},{055-444-5566|phone|+971554445566}",
    "{0501112233|phone|+971501112233}/{0554445566|phone|+971554445566}",
]
HOMES = [
    "{3B-804|unit|3B-804} is empty",
    "tower {C2-1107|unit|C2-1107}",
    "{apt|property_type|apartment} {14 C|unit|14C} smells",
    "{201|unit|201}, {202|unit|202} & {203|unit|203} in {Marina Gate 1|project|marina gate 1}",
    "{غرفة نوم وحدة|bedrooms|1}",
    "{أوضة وصالة|bedrooms|1}",
    "{ghorfa w sala|bedrooms|1}",
    "{odeten|bedrooms|2}",
    "بدنا ب{ثلاث غرف|bedrooms|3}",
]


@pytest.mark.parametrize("marked", [*MONEY, *PHONES, *HOMES])
def test_figures_are_what_they_are(marked: str) -> None:
    check_sentence(marked, region="AE")


def test_an_american_number_needs_only_its_length() -> None:
    check_sentence("call {650-555-0123|phone|+16505550123}", region="US")


@pytest.mark.parametrize("explicit", ["", "AE"])
def test_utc_says_nothing_of_the_country(explicit: str) -> None:
    assert regions_of(0, "AE", explicit) == ("AE", "GB")
    check_sentence("call {050 123 4567|phone|+971501234567}", region=explicit, utc_offset_min=0)


def test_a_country_that_is_named_comes_first() -> None:
    assert regions_of(60, "AE", "EG") == ("EG", "GB", "AE")
    assert regions_of(240, "AE") == ("AE", "OM")


@pytest.mark.parametrize(
    "text",
    [
        "rent dh 80k",
        "DH 60,000",
        "$ 900 / mo",
        "2.4 mn",
        "2bdrm apt",
        "2morrow 5pm",
        "B2C shop",
        "see www.my2house.ae/3aBc",
        "Usd25k",
        "w8ing 4 u",
        "$1,650",
        "👍",
        "15/3",
        "050 123 4567",
        "",
        "привет",
    ],
)
def test_english_or_no_letters_are_english(text: str) -> None:
    assert language_of(text) == "en"


@pytest.mark.parametrize(
    "text", ["mafroosh", "balcona kbira", "odeten", "ghorften", "el leila", "yalla bye", "ri7a w ba2o"]
)
def test_short_arabizi_is_arabizi(text: str) -> None:
    assert language_of(text) == "arz"
