"""Persons whom the words around them introduce, each sentence with all of its entities."""

from __future__ import annotations

import pytest

from tests.language.rules.marked import check_sentence

SENTENCES = [
    "This is {Henrike Solberg|person|henrike solberg}, we met at the fair",
    "this is {Tobias|person|tobias} from the leasing desk",
    "I'm {Zuzana|person|zuzana}, the new tenant",
    "{Leticia|person|leticia} here, any news?",
    "my husband {Piet|person|piet} will be there instead",
    "Our broker {Guillermo Prats|person|guillermo prats} is on leave",
    "ask {Wambui|person|wambui} {0501234567|phone|+971501234567} to open",
    "{Farida|person|farida} {+971 50 765 1122|phone|+971507651122} has the keys",
    "The lamp is broken.\n{Oskar Lindqvist|person|oskar lindqvist}",
    "Many thanks for your patience. {Charlotte|person|charlotte}",
    "the deed says {Brigid Omar|person|brigid omar} and that is wrong",
    "the cheque is in the name of {Salvatore Omar|person|salvatore omar}",
    "ya {Noura|person|noura} fein el mofta7?",
    "ya {Sobhy|person|sobhy} rod 3alaya",
    "call {Eng. Tarek|person|eng. tarek} about it",
    "{Uncle Samir|person|uncle samir} will come along",
    "شكرا {أستاذ شادي|person|أستاذ شادي}",
    "يا {أبو سلطان|person|أبو سلطان} وين العقد",
    "يا {بو مبارك|person|بو مبارك} رد علينا",
    "{أم يوسف|person|أم يوسف} مسافرة",
    "أرسلت المفتاح ل{زكريا|person|زكريا}",
    "كلموا {خالد المنصوري|person|خالد المنصوري} عن العقد",
    "موجود {هيثم|person|هيثم} عندكم؟",
    "sa7by {Wagdy|person|wagdy} gai ma3aya",
    "{bashmohandes Hatem|person|bashmohandes hatem} 3ayez el mofta7",
    "ana fady el sobh",
    "كلمت {الدكتورة منى|person|الدكتورة منى} عن الموعد",
    # no persons
    "شكرا على الصبر",
    "جاء المهندس الصبح".replace("المهندس الصبح", "المهندس وفحص"),
    "اسمي غلط في الإيصال",
    "my name spelled with two Ls",
    "ya hala w marhaba",
    "This is UPS, parcel for you",
    "a nurse at Rashid Hospital",
    "Ramadan Kareem to all",
    "I will miss Arctic nights",
    "Courier here, open please",
    "Hi I'd like to know more",
    "شوفوا لينا حل",
    "This is Amazing, thanks",
    "I'm British and married",
    "Parking here is free".replace("Parking", "{Parking|feature|parking}"),
    "Reception 043331122".replace("043331122", "{043331122|phone|+97143331122}"),
    "Is it available? Asking for a friend. Perfect",
    "المهندس جاي بعد شوي",
    "لحسن الحظ وصلت",
    "شقة غالية جدا".replace("شقة", "{شقة|property_type|apartment}"),
    "الحمد لله",
    "شارع محمد".replace("شارع محمد", "{شارع محمد|location|شارع محمد}"),
    "Sent from my phone. Noted",
]


@pytest.mark.parametrize("marked", SENTENCES)
def test_a_person_is_found_by_the_words_around(marked: str) -> None:
    check_sentence(marked)
