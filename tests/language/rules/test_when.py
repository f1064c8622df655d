"""Dates and times as people say them in three scripts, each sentence with all of its entities."""

from __future__ import annotations

import pytest

from tests.language.rules.marked import check_sentence

SENTENCES = [
    "can you do {half six|time|18:30}?",
    "the plumber comes {half two|time|14:30} or {half three|time|15:30}",
    "a {quarter to nine|time|08:45} is too early",
    "the train is at {ten to six|time|17:50}",
    "the doors close at {16.40|time|16:40}",
    "I can do between {1|time|13:00} and {2.15|time|14:15}",
    "{12 noon|time|12:00} works, {12 midnight|time|00:00} does not",
    "see you {8|time|20:00} {tonight|date|2026-05-12}",
    "ok {10|time|10:00} then",
    "at {seven thirty|time|19:30} please",
    "{nine fifteen am|time|09:15} sharp",
    "{8 p.m.|time|20:00} is late",
    "{7ish|time|19:00}?",
    "{3|time|15:00} in the afternoon",
    "نتلاقى {٧|time|19:00} بعد المغرب",
    "أجي {4|time|16:00} في العصر",
    "الساعة {٩ ونص|time|09:30} في الصباح",
    "{بكرة|date|2026-05-13} {٦ وربع|time|18:15} يناسبك؟",
    "الساعة {10 الا ثلث|time|09:40}",
    "{١١ ص|time|11:00} أو {٥ م|time|17:00}",
    "بين {٣|time|15:00} و {٥|time|17:00}",
    "وصلت {1|time|01:00} بالليل",
    "{bokra|date|2026-05-13} {7 w rob3|time|19:15} tamam?",
    "el sa3a {8 ella rob3|time|19:45}",
    "gayeen {9|time|21:00} bel leil",
    "ben {5|time|17:00} w {7|time|19:00}",
    "{Sunday|date|2026-05-17} morning at {8|time|08:00} or {Monday|date|2026-05-18} evening at {7|time|19:00}",
    # dates
    "the painter comes {elkhamis|date|2026-05-14}",
    "nshofak {el jom3a|date|2026-05-15}",
    "{bacher|date|2026-05-13} inshallah",
    "الموعد يوم {٢٠|date|2026-05-20}",
    "tegy yom {18|date|2026-05-18}",
    "كلمتكم {قبل يومين|date|2026-05-10}",
    "we paid {three days back|date|2026-05-09}",
    "free from {3/10|date|2026-10-03}",
    "متاحة من {5/10|date|2026-10-05}",
    "I enquired on {Sunday|date|2026-05-10}, nobody answered",
    "we viewed it and they walked out on {Thursday|date|2026-05-07}",
    "any feedback from {Monday|date|2026-05-11}'s viewing?",
    "shall we say {tmrw|date|2026-05-13} {11.15|time|11:15}",
    "free from {3-Aug-27|date|2027-08-03}",
    "nefdal le7ad {yom el etnein|date|2026-05-18} ba3d el dohr",
    "Is {9|time|21:00} {tonight|date|2026-05-12} too late?",
    # neither
    "the 3rd week of June",
    "I would give it 7/10",
    "كل يوم 3 مرات",
    "half 2 beds".replace("2 beds", "{2 beds|bedrooms|2}"),
    "open ten to six",
    "ok 11 chairs then",
]


@pytest.mark.parametrize("marked", SENTENCES)
def test_a_date_or_time_is_read_as_it_is_said(marked: str) -> None:
    check_sentence(marked)
