"""What a home is and has, in three scripts, each sentence with all of its entities."""

from __future__ import annotations

import pytest

from tests.language.rules.marked import check_sentence

SENTENCES = [
    "is the {elevator|feature|elevator} working again?",
    "they gave our {parking|feature|parking} space to someone else",
    "{الاستوديو|bedrooms|0} فاضي؟",
    "سعر لل{ستوديو|bedrooms|0} كم؟",
    "{غرفة وصالة|bedrooms|1} تكفي",
    "{3 غرف|bedrooms|3} وصالة",
    "أبي {أبيعه|purpose|sell} هالشهر",
    "ممكن {نأجرها|purpose|rent} لكم؟",
    "حابين {نشتريها|purpose|buy} كاش",
    "3ayez {abe3ha|purpose|sell} badry",
    "{sha2etna|property_type|apartment} {mafroush|feature|mafroush}",
    "feha {guneina|feature|guneina} w {asansair|feature|asansair}",
    "عندي {دكان|property_type|shop} و{مخازن|property_type|warehouse}",
    "{منزل|property_type|villa} {مؤثث|feature|مؤثث}",
    "list my {office|property_type|office} please",
    "come to my office",
    "{selling|purpose|sell} one {plot|property_type|land} {1800 sqft|size|1800}",
    "BUA {2,000 sqft|size|2000}, plot {3,000 sqft|size|3000}",
    "{2 bed|bedrooms|2} with {en-suite|feature|en-suite} and {off-street parking|feature|off-street parking}",
    "{٣ نوم|bedrooms|3} و{حمامين|bathrooms|2}",
    "{sha2a|property_type|apartment} {2 noum|bedrooms|2} kefaya",
    "two {covered parkings|feature|covered parkings}",
    "لل{بيع|purpose|sell} {أرض|property_type|land}",
    "a {5 marla|size|1361} {house|property_type|villa}",
    "{2 dbl bed|bedrooms|2} {flat|property_type|apartment}",
    "{إيجارها|purpose|rent} كم؟",
    "{house|property_type|villa} in {Sector 45|location|sector 45}, {Noida|location|noida}",
    "see {2210 NE 45th St|location|2210 ne 45th st} first",
    "the leasing office never answers",
    "the unit is vacant on transfer, on a high floor",
]


@pytest.mark.parametrize("marked", SENTENCES)
def test_a_home_is_told_with_what_it_has(marked: str) -> None:
    check_sentence(marked)
