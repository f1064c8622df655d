"""Sentences written for these tests, each with all of its entities. Sent on Tuesday 2026-05-12 at 11:00 in Dubai."""

from __future__ import annotations

import pytest

from tests.language.rules.marked import check_sentence

SENTENCES = [
    # money
    "asking {AED 2.35M|price|2350000} but I think {2.2 mn|price|2200000} is fair",
    "Budget is {75k|price|75000} per year, {4 cheques|x|}".replace("{4 cheques|x|}", "4 cheques"),
    "{450 thousand|price|450000} or {half a million|price|500000}, which one?",
    "we can pay {15 lakh|price|1500000} now and {1.2 crore|price|12000000} later",
    "the agency fee was {AED 5,250|price|5250} incl vat",
    "{٩٥ ألف درهم|price|95000} نهائي",
    "المالك طالب {مليون ونص|price|1500000}",
    "المطلوب {2 مليون و 300 ألف|price|2300000}",
    "{250,000 dirhams|price|250000} deposit paid",
    "he wants {£1,275|price|1275} pcm, she wants {€900|price|900}",
    "between {70|price|70000} and {80k|price|80000} please",
    "range is {1.1|price|1100000} to {1.4M|price|1400000}",
    "can you do {88|price|88000}? last year it was {82k|price|82000}",
    "seller came down to {1.35|price|1350000}, final offer",
    "only 5% down and 60/40 payment plan",
    "discount of 10% if you pay now",
    "my offer is {92,500|price|92500} in one cheque",
    "el se3r {120 alf|price|120000} geneh".replace("{120 alf|price|120000} geneh", "{120 alf geneh|price|120000}"),
    "{$3,200|price|3200} a month works for us",
    "I already transferred {Dhs 10,000|price|10000} yesterday".replace("yesterday", "{yesterday|date|2026-05-11}"),
    "would {88,000|price|88000} do instead of {92|price|92000}?",
    # rooms
    "{3 bed|bedrooms|3} {2 bath|bathrooms|2} {townhouse|property_type|townhouse} please",
    "need a {two bedroom|bedrooms|2} {apartment|property_type|apartment} with {balcony|feature|balcony}",
    "{1|bedrooms|1} or {2 bedrooms|bedrooms|2}, not a {studio|bedrooms|0}",
    "{4BR|bedrooms|4} + {maid's room|feature|maid's room}, {4.5 baths|bathrooms|4.5}",
    "{1 b/r|bedrooms|1} {furnished|feature|furnished} {flat|property_type|apartment}",
    "the master bedroom has its own bathroom",
    "محتاج {شقة|property_type|apartment} {3 غرف|bedrooms|3} و{حمامين|bathrooms|2}",
    "{ستوديو|bedrooms|0} {مفروش|feature|مفروش} في {ديرة|location|ديرة}",
    "3ayez {sha2a|property_type|apartment} {3 ghoraf|bedrooms|3} fe {zamalek|location|zamalek}",
    # size
    "BUA is {2,100 sq ft|size|2100}, plot {3,500 sqft|size|3500}",
    "is it really {95 sqm|size|1023}?",
    "مساحتها {120 متر|size|1292}",
    "{110 m2|size|1184} with {garden|feature|garden}",
    "the metro is 300m away",
    # unit
    "I'm the tenant of unit {2107|unit|2107}, please call",
    "keys for {apt|property_type|apartment} {C-405|unit|C-405} are with security",
    "AC stopped in {villa|property_type|villa} {18|unit|18} again",
    "{شقة|property_type|apartment} رقم {٥٠٤|unit|504} فيها تسريب",
    "water leaking from {1106|unit|1106} into my place",
    "{903|unit|903} {Princess Tower|project|princess tower} is it still available?",
    "send someone to flat {7B|unit|7B} now".replace("flat", "{flat|property_type|apartment}"),
    # dates and times
    "can we visit {tomorrow|date|2026-05-13} at {6pm|time|18:00}?",
    "{next Friday|date|2026-05-15} around {11|time|11:00} suits me",
    "viewing on {Thursday|date|2026-05-14} {10:30|time|10:30} please",
    "contract ends {31 December|date|2026-12-31}",
    "I move in on {1st of July|date|2026-07-01}",
    "available from {15/6|date|2026-06-15}",
    "valid until {2026-06-30|date|2026-06-30}",
    "see you {day after tomorrow|date|2026-05-14} at {half past five|time|17:30}",
    "between {4|time|16:00} and {6pm|time|18:00} {today|date|2026-05-12}",
    "you promised it for {Sunday|date|2026-05-17}",
    "I emailed you on {Sunday|date|2026-05-10}",
    "the cheque bounced on {the 5th|date|2026-05-05}".replace("bounced", "you received bounced"),
    "{Sat 16 May|date|2026-05-16} at {9 am|time|09:00}",
    "نتقابل {بكرة|date|2026-05-13} الساعة {٦|time|18:00}",
    "ممكن يوم {الخميس|date|2026-05-14} بعد الساعة {4|time|16:00}",
    "momken {bokra|date|2026-05-13} el sa3a {7|time|19:00}?",
    "we are open 24/7",
    "quarter past {three|x|}".replace("quarter past {three|x|}", "{quarter past three|time|15:15}") + " is fine",
    "closed {27|date|2026-05-27} to {30 May|date|2026-05-30}",
    "{3rd|date|2026-06-03} - {5th June|date|2026-06-05}",
    "anything in Feb?",
    # contact
    "my number is {+971 55 765 4321|phone|+971557654321}",
    "call {0501239876|phone|+971501239876} or mail {Sales@Agency-One.ae|email|sales@agency-one.ae}",
    "details: {https://Example.com/Listing?id=7|url|https://example.com/listing?id=7}.",
    "للتواصل {٠٥٥١٢٣٤٥٦٧|phone|+971551234567}",
    "{el 7ad|date|2026-05-17} {10|time|10:00} el sob7",
    "قبل الساعة {٨ مساءً|time|20:00}",
    "الموعد {غداً|date|2026-05-13}",
    # places
    "{شقتي|property_type|apartment} في {برج المارينا|project|برج المارينا}",
    "عمارة في {ديرة|location|ديرة}",
    "anything in {Business Bay|location|business bay} or {JLT|location|jumeirah lakes towers}?",
    "I prefer {Palm Jumeirah|location|palm jumeirah} or {DIFC|location|dubai international financial centre}",
    "looking in {San Francisco|location|san francisco} and {Oakland|location|oakland}",
    "{villa|property_type|villa} in {Mirdiff|location|mirdiff} near {Mushrif Park|location|mushrif park}".replace(
        " near {Mushrif Park|location|mushrif park}", ""
    ),
    "somewhere in {Bussiness Bay|location|business bay} please",
    "I live at {48 Elm Street|location|48 elm street}, come by",
    "في {دبي مارينا|location|دبي مارينا} أو {جميرا|location|جميرا}",
    "{Ocean Heights|project|ocean heights} {unit 1|x|}".replace(" {unit 1|x|}", " has great views"),
    "3andoko 7aga fel {rehab|location|rehab}?",
    # property, purpose, features
    "we want to {buy|purpose|buy} a {penthouse|property_type|penthouse} with {private pool|feature|private pool}",
    "is it for {rent|purpose|rent} or {sale|purpose|sell}?",
    "{office|property_type|office} to {lease|purpose|rent} with {covered parking|feature|covered parking}",
    "{pet friendly|feature|pet friendly} and {fully furnished|feature|fully furnished}?",
    "the unit is rented and occupied",
    "i bought a {plot|property_type|land} there",
    "{gym|feature|gym}, {sauna|feature|sauna} and {kids play area|feature|kids play area}",
    "I left a message with {Sofia|person|sofia} on {the 30th|date|2026-04-30} about it",
    "a {2,500 sqft|size|2500} plot",
    # persons
    "{Um Khalid|person|um khalid} asked again",
    "shokran ya {ostaz karim|person|ostaz karim}",
    "{2B|unit|2B} {Ocean Heights|project|ocean heights} is free",
    "Hi {Layla|person|layla}, this is {Omar Haddad|person|omar haddad} from the bank",
    "please speak to {Mrs. Okafor|person|mrs. okafor} about it",
    "Regards, {Priya|person|priya}",
    "thanks {Marcus|person|marcus}!".replace("Marcus", "Daniel").replace("marcus", "daniel"),
]


@pytest.mark.parametrize("marked", SENTENCES)
def test_a_sentence_gives_exactly_its_entities(marked: str) -> None:
    check_sentence(marked)
