"""Names, places, features, dates and times that an acceptance test found wrong, and neighbours of theirs.

Every message was sent on Monday 2026-03-02 at 10:15 in Dubai.
"""

from __future__ import annotations

import datetime as dt
import time

import pytest

from actors.language.gazetteer import Gazetteer
from actors.language.rules.extract import RuleExtractor
from tests.language.rules.marked import unmark

SENT = round(dt.datetime(2026, 3, 2, 10, 15, tzinfo=dt.timezone(dt.timedelta(hours=4))).timestamp() * 1000)
EXTRACTOR = RuleExtractor()


def found(text: str, extractor: RuleExtractor = EXTRACTOR) -> list[tuple[str, int, int, str]]:
    extracted = extractor.extract(text, sent_ms=SENT, utc_offset_min=240)
    return [(e.type, e.start, e.end, str(e.value)) for e in extracted]


def check(marked: str, extractor: RuleExtractor = EXTRACTOR) -> None:
    text, labels = unmark(marked)
    assert found(text, extractor) == labels, text


DATES = [
    # a range's bounds lie ahead, and in order
    "متاحة من {الخميس|date|2026-03-05} لل{سبت|date|2026-03-07}",
    "el {sha2a|property_type|apartment} fadya men {el khamis|date|2026-03-05} lel {sabt|date|2026-03-07}",
    "مسافر من {الاحد|date|2026-03-08} الى {الثلاثاء|date|2026-03-10}",
    "from {Saturday|date|2026-03-07} to {Tuesday|date|2026-03-10}",
    # since a day that lies behind
    "المكيف خربان من {الخميس|date|2026-02-26}",
    "el mayya ma2too3a men {el 7ad|date|2026-03-01}",
    # "from" before something else says nothing of the time
    "ممكن من فضلك {الخميس|date|2026-03-05}",
    "marrati jeya men {Beirut|location|beirut} {el khamis|date|2026-03-05}",
    # a day of another month
    "يوم {١٥ الشهر الجاي|date|2026-04-15}",
    "المعاينة يوم {20 من الشهر القادم|date|2026-04-20}",
    "dafa3t yom {10 el shahr elly fat|date|2026-02-10}",
    "yom {15 mars|date|2026-03-15}",
    "yom {8 mares|date|2026-03-08}",
    "{yom el talat 10 mars|date|2026-03-10}",
    "el 3a2d yebda2 {20 yonyo|date|2026-06-20}",
    # what follows a weekday may tell that it lies behind
    "the viewing on {Thursday|date|2026-02-26} was great",
    "{Friday|date|2026-02-27}'s viewing went well",
    "the tour on {Saturday|date|2026-02-28} wasn't what we hoped",
    "the meeting on {Wednesday|date|2026-03-04} was moved",
    # counted from another day
    "a {week from Friday|date|2026-03-13}",
    "{two weeks from Friday|date|2026-03-20} then",
    "a {week from tomorrow|date|2026-03-10}",
    "the {day after Wednesday|date|2026-03-05}",
    "{Sunday week|date|2026-03-15} suits me",
    # counted from today
    "{two weeks from now|date|2026-03-16}",
    "a {week from now|date|2026-03-09}",
    "a {week ago|date|2026-02-23}",
    "back {in a week|date|2026-03-09}",
    "once in a week",
    "نتقابل {بعد أسبوع|date|2026-03-09}",
    "دفعت {قبل أسبوع|date|2026-02-23}",
    "{ba3d osbo3|date|2026-03-09} insha allah",
    "بعد أسبوع من التسليم",
    # "from" before a span means "ago" after a verb of the past only
    "دفعت {من يومين|date|2026-02-28}",
    "dafa3t {men 3 ayam|date|2026-02-27}",
    "المية مقطوعة من يومين",
    "el mayya ma2too3a men 3 ayam",
    # a typist's tomorrow, and a man
    "meet {tom|date|2026-03-03} at {4|time|16:00}",
    "can you come {tom|date|2026-03-03} morning?",
    "{Tom|person|tom} at {4|time|16:00} is fine",
    "regards {tom|person|tom}",
]


@pytest.mark.parametrize("marked", DATES)
def test_a_date_is_the_day_that_is_meant(marked: str) -> None:
    check(marked)


TIMES = [
    "come at {5|time|17:00} instead of {4|time|16:00}",
    "could the viewing be {6|time|18:00} instead of {3|time|15:00}?",
    "{2 baths|bathrooms|2} instead of 1",
    "make it 4 cheques instead of 2",
    "الساعة {وحدة|time|13:00} الظهر",
    "نتقابل الساعة {ثنتين ونص|time|14:30}",
    "ساعة وحدة بس",
    "meet at {17h30|time|17:30}",
    "the visit is {9h15|time|09:15}",
    "visit at {3h30|time|03:30}",
    "a 3h30 drive",
    "{apt|property_type|apartment} 12h30",
    "{24h security|feature|24h security}",
    "viewing at {530pm|time|17:30}",
    "call me at {1030 am|time|10:30}",
]


@pytest.mark.parametrize("marked", TIMES)
def test_a_time_is_found_however_it_is_written(marked: str) -> None:
    check(marked)


def test_a_rent_per_month_is_no_time() -> None:
    assert [(kind, value) for kind, _, _, value in found("rent 950 pm all bills")][-1] == ("price", "950")


MISSPELT = [
    ("2br in {Dubai Marnia}", "dubai marina"),
    ("2br in {dubai marinna}", "dubai marina"),
    ("{dubai marnia} 2br", "dubai marina"),
    ("villa in {Jumeirah Vilage Circle}", "jumeirah village circle"),
    ("villa in {Jumeriah Village Circle}", "jumeirah village circle"),
    ("flat in {Jumeira Beach Residence}", "jumeirah beach residence"),
    ("villa in {Dubai Hils Estate}", "dubai hills estate"),
    ("flat in {dubai sport city}", "dubai sports city"),
    ("flat in {downtwon dubai}", "downtown dubai"),
    ("flat in {Marina Pinacle}", "marina pinnacle"),
    ("flat in {Cayan Towr}", "cayan tower"),
    ("villa in {DAMAC Hils 2}", "damac hills 2"),
    ("flat in {palm jumairah}", "palm jumeirah"),
    ("studio in {motor cty}", "motor city"),
    ("studio in {dubai silicon oasys}", "dubai silicon oasis"),
    ("شقة في {دبي ماريينا}", "دبي مارينا"),
    ("flat in {New Yrok}", "new york"),
    ("flat in {deiraa}", "deira"),
    ("2br in {bisness bay}", "business bay"),
    ("2br in {Busines Bay}", "business bay"),
    ("{buisness bay} 1br", "business bay"),
    ("flat in {Princes Tower}", "princess tower"),
    ("office in {Business Bayy}", "business bay"),
    ("apartment in {arabian rnaches}", "arabian ranches"),
    ("flat near {burj khalfia}", "burj khalifa"),
    ("flat in {jumeirah lakes tower}", "jumeirah lakes tower"),
]


def place(text: str, extractor: RuleExtractor = EXTRACTOR) -> list[tuple[str, str]]:
    extracted = extractor.extract(text, sent_ms=SENT, utc_offset_min=240)
    return [(e.text, str(e.value)) for e in extracted if e.type in ("location", "project")]


@pytest.mark.parametrize(("text", "value"), MISSPELT)
def test_a_misspelt_name_is_found_whole_and_its_value_is_the_known_one(text: str, value: str) -> None:
    name = text[text.index("{") + 1 : text.index("}")]
    assert place(text.replace("{", "").replace("}", "")) == [(name, value)]


def test_a_users_name_is_found_with_a_slip() -> None:
    extractor = RuleExtractor(Gazetteer(own=[("project", "Zephyr Court"), ("location", "Quillon Waterfront")]))
    assert place("flat in Zephr Court", extractor) == [("Zephr Court", "zephyr court")]
    assert place("anything in quilon waterfront?", extractor) == [("quilon waterfront", "quillon waterfront")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Marina said yes", [("Marina", "marina")]),
        ("Marina starts at 90k", [("Marina", "marina")]),
        ("the marina part of town", [("marina", "marina")]),
        ("in dubai next week", [("dubai", "dubai")]),
        ("i want dubai maybe", [("dubai", "dubai")]),
        ("al nahda resident", [("al nahda", "al nahda")]),
        ("flat in Prince Tower", [("Prince Tower", "prince tower")]),
        ("waiting at Oceanic Heights", [("Oceanic Heights", "oceanic heights")]),
        ("a business day", []),
    ],
)
def test_an_ordinary_word_after_a_place_is_no_misspelling(text: str, names: list[tuple[str, str]]) -> None:
    assert place(text) == names


PLACES = [
    "any units left in {Aspen Park apartments|project|aspen park apartments}?",
    "{flats|property_type|apartment} in {Oxford Gardens apartments|project|oxford gardens apartments}",
    "{flats|property_type|apartment} in {Dubai Marina|location|dubai marina}",
    # the city that is called like a date
    "{flat|property_type|apartment} in {6 October|location|6 october}",
    "{شقة|property_type|apartment} في {6 أكتوبر|location|6 أكتوبر}",
    "{شقة|property_type|apartment} في {٦ اكتوبر|location|٦ اكتوبر}",
    "{sha2a|property_type|apartment} fi {6 october|location|6 october}",
    "{sha2a|property_type|apartment} fe {october|location|october}",
    "viewing on {6 October|date|2026-10-06}",
    "{flat|property_type|apartment} available in {6 October|date|2026-10-06}",
    "المعاينة في {6 أكتوبر|date|2026-10-06}",
    "I need a {flat|property_type|apartment} in October",
    "العقد ينتهي في أكتوبر",
    # Arabizi, however it is spelt
    "{el tagamo3 el 5ames|location|el tagamo3 el 5ames}",
    "{sha2a|property_type|apartment} fe {el ra7ab|location|el ra7ab}",
    "{sha2a|property_type|apartment} fel {ra7ab|location|ra7ab}",
    "{sha2a|property_type|apartment} fe {el me3ady|location|el me3ady}",
    "fe {el 3agooza|location|el 3agooza}",
    "fel {3obour|location|3obour}",
    "fe {el 3abbasia|location|el 3abbasia}",
    "fe {masr el gdeda|location|masr el gdeda}",
    "ana fel me3ad",
    "fi wa7ed henak",
    # Arabic
    "{شقة|property_type|apartment} في {جميره|location|جميره}",
    "{شقة|property_type|apartment} في {جيه ال تي|location|jumeirah lakes towers}",
    "{شقة|property_type|apartment} في {الجي بي آر|location|jumeirah beach residence}",
    "{شقة|property_type|apartment} في {جي في سي|location|jumeirah village circle}",
    # a reference is no place
    "ref: DXB-12345",
    "ref JVC-204",
    "{2br|bedrooms|2} in {binghatti rose|project|binghatti rose}",
]


@pytest.mark.parametrize("marked", PLACES)
def test_a_place_is_found_where_a_place_is_meant(marked: str) -> None:
    check(marked)


PERSONS = [
    "معاك {محمود عبد الرحمن|person|محمود عبد الرحمن}",
    "معاك {عبد الرحمن|person|عبد الرحمن}",
    "كلموا {خالد بن سعيد|person|خالد بن سعيد} {بكرة|date|2026-03-03}",
    "يا {خالد المنصوري|person|خالد المنصوري} وينك",
    "شكرا {محمد|person|محمد} علي الرد",
    "ana {a7med mostafa|person|a7med mostafa}",
    "ma3ak {mo7amed sala7|person|mo7amed sala7}",
    "call {ahmed|person|ahmed} {tomorrow|date|2026-03-03}",
]


@pytest.mark.parametrize("marked", PERSONS)
def test_a_persons_name_is_found_whole(marked: str) -> None:
    check(marked)


PROPERTY = [
    # a broken appliance is no amenity, a broken amenity is one
    "el takyeef bayez",
    "التكييف مش شغال",
    "the air conditioning is not working",
    "the {lift|feature|lift} is broken",
    "{شقة|property_type|apartment} فيها {تكييف مركزي|feature|تكييف مركزي}",
    "{شقة|property_type|apartment} {مطلة على البحر|feature|مطلة على البحر}",
    "{flat|property_type|apartment} {near a metro station|feature|near a metro station}",
    "{studio|bedrooms|0} {close to the metro|feature|close to the metro}",
    "اعرض {محلي|property_type|shop} في {ديرة|location|ديرة}",
    "شيك محلي",
    "where is the camera shop",
    "meet at the flower shop",
    "coffee {shop|property_type|shop} for {rent|purpose|rent}",
    "a {shop|property_type|shop} for {rent|purpose|rent}",
]


@pytest.mark.parametrize("marked", PROPERTY)
def test_property_talk_is_told_from_other_talk(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "piece",
    ["17h30 ", "530pm ", "at 5 instead of 4 ", "الساعة وحدة ", "fe el ra7ab ", "dubai marnia ", "from Saturday to ",
     "a week from Friday ", "عبد الله ", "el takyeef bayez ", "1h", "9" * 50 + "h", "in 6 October "],
)  # fmt: skip
def test_a_long_text_takes_time_that_grows_with_its_length_only(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    EXTRACTOR.extract(text[:200], sent_ms=SENT)
    began = time.process_time()
    EXTRACTOR.extract(text, sent_ms=SENT)
    assert time.process_time() - began < 2.0
