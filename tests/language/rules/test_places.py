"""Places and buildings, known and told by their form, each sentence with all of its entities."""

from __future__ import annotations

import pytest

from tests.language.rules.marked import check_sentence

SENTENCES = [
    "keys for {Silver Meadows|project|silver meadows} are with me",
    "the guard of {Al Nahda Residence|project|al nahda residence} says no",
    "deliver to {Jumeirah Court|project|jumeirah court}",
    "meet me at {Marina Gate 2|project|marina gate 2}",
    "{Bay Square 9|project|bay square 9} is closed",
    "tank of {Thornbury House|project|thornbury house} is empty",
    "is {Harbour Point One|project|harbour point one} let?".replace("Harbour Point One", "Zenith One").replace(
        "harbour point one", "zenith one"
    ),
    "post it to {57 Otter Run|location|57 otter run}",
    "{12 Mill Wharf|location|12 mill wharf} has no lift".replace("lift", "{lift|feature|lift}"),
    "{apt|property_type|apartment} {1203|unit|1203} {Bay Square 7|project|bay square 7}",
    "{Frond C|location|frond c} {villa|property_type|villa}",
    "we like {Arabian Ranches|location|arabian ranches} and {Tilal Al Ghaf|location|tilal al ghaf}",
    "{DAMAC Hills 2|project|damac hills 2} is far",
    "anything in {Baner|location|baner} or {Hinjewadi|location|hinjewadi}?",
    "{flat|property_type|apartment} near {Indirapuram|location|indirapuram}",
    "a place in {Jesmond|location|jesmond} please",
    "we moved from {Chiswick|location|chiswick} to {Camberwell|location|camberwell}",
    "{2 bed|bedrooms|2} in {Logan Square|location|logan square}",
    "she prefers {Park Slope|location|park slope}",
    "{شقة|property_type|apartment} في {الملز|location|الملز}",
    "عندكم شي في {المونسية|location|المونسية}؟",
    "ساكنين في {عباس العقاد|location|عباس العقاد}",
    "3andak 7aga fe {masaken sheraton|location|masaken sheraton}?",
    "{مويلح|location|مويلح} أو {النعيمية|location|النعيمية}",
    "compound {Maple Ridge|project|maple ridge}",
    "{شقة|property_type|apartment} في {الخبر|location|الخبر}",
    # neither
    "شكرا مع السلامة",
    "سمعت الخبر من بدري",
    "وين الوصل حق الدفعة",
    "ورقة ناقصة",
    "الموعد في ورقة ثانية",
    "ساكن ب{الخبر|location|الخبر}",
    "الدور العاشر",
    "send the draft in English please",
    "we pay in USDT",
    "what a nice surprise",
    "wallah, la mafi",
    "ما ابي شارع عام",
    "el maktab ba3d el shoghl".replace("maktab", "{maktab|property_type|office}"),
    "do not bank cheque #3",
    "your ref 5521 please",
    "وصل السمسار من بدري",
    "ساكن في {الوصل|location|الوصل}",
    "parked in Rolls-Royce style",
    "Option One is fine",
    "UAE Residence Visa",
    "I am in the valley of tears",
]


@pytest.mark.parametrize("marked", SENTENCES)
def test_a_place_or_building_is_found(marked: str) -> None:
    check_sentence(marked)
