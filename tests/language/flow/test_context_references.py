"""The context check: references and bare unit numbers, resolved by what a conversation named before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.language.hybrid_context import check
from actors.language.hybrid_references import refer
from actors.language.known_entities import remember
from actors.language.rules.extract import RuleExtractor
from actors.session.session import SessionPolicy
from messages.understanding import Entity

RULES = RuleExtractor(default_region="AE")
SENT_MS = 1_770_000_000_000
LIST = "I can show unit 1802 in Emerald Park and unit 640 in Sandstone Court"


class Chat:
    """Rules, context check and a session's memory, without models."""

    def __init__(self, *texts: str) -> None:
        self.known: tuple[Entity, ...] = ()
        for text in texts:
            self.say(text)

    def say(self, text: str) -> tuple[Entity, ...]:
        found = RULES.extract(text, sent_ms=SENT_MS, utc_offset_min=240, region="AE")
        entities = check(text, found, self.known, 0.7)
        self.known = remember(self.known, entities, SessionPolicy().known_entities)
        return entities

    def units(self, text: str) -> list[str]:
        return [str(e.value) for e in self.say(text) if e.type == "unit"]


@pytest.mark.parametrize(
    ("text", "span", "unit"),
    [
        ("is the second apartment furnished?", "second apartment", "640"),
        ("I prefer the first flat", "first flat", "1802"),
        ("book me the 2nd unit", "2nd unit", "640"),
        ("can you hold the first option", "first option", "1802"),
        ("option two sounds better", "option two", "640"),
        ("option 1 please", "option 1", "1802"),
        ("let's go with number 2", "number 2", "640"),
        ("the former", "former", "1802"),
        ("what is the rent of the latter?", "latter", "640"),
        ("the first is nicer", "first", "1802"),
        ("does that apartment have parking", "that apartment", "640"),
        ("that unit is too small", "that unit", "640"),
        ("the same flat on Sunday", "same flat", "640"),
        ("how about the other one", "other one", "640"),
        ("الشقة التانية فيها كام اوضة", "الشقة التانية", "640"),
        ("عايز الاولى", "الاولى", "1802"),
        ("والتانية بكام؟", "التانية", "640"),
        ("تاني واحدة احسن", "تاني واحدة", "640"),
        ("نفس الوحدة لو سمحت", "نفس الوحدة", "640"),
        ("el tanya feha balcony?", "el tanya", "640"),
        ("el oula a7san", "el oula", "1802"),
        ("el sha2a el oula", "el sha2a el oula", "1802"),
        ("nafs el we7da", "nafs el we7da", "640"),
        ("tany wa7da bkam", "tany wa7da", "640"),
    ],
)
def test_a_reference_is_the_unit_named_before(text: str, span: str, unit: str) -> None:
    found = [e for e in Chat(LIST).say(text) if e.type == "unit"]
    assert [(e.text, e.value, e.layer) for e in found] == [(span, unit, "context")]
    assert text[found[0].start : found[0].end] == span


@pytest.mark.parametrize(
    "text",
    [
        "we are buying our first apartment",
        "it would be my first home, my first property here",
        "this is the first villa I ever see",
        "the last apartment we lived in had mould",
        "the last unit my brother rented was noisy",
        "second option is Thursday at 4pm",
        "option 2 would be sunday",
        "in the first place I never agreed",
        "the second floor or the third floor?",
        "can we meet on the second?",
        "I paid the first and the second cheque",
        "the first month is free?",
        "is this the last unit?",
        "any other apartment?",
        "looking for a second villa",
        "that villa in Palm Hills",
        "المرة التانية اتأخرتوا",
        "الدفعة الثانية جاهزة",
        "you are number one",
        "the same property manager called me",
        "that will do, thanks",
    ],
)
def test_what_only_sounds_like_a_reference_names_no_unit(text: str) -> None:
    chat = Chat("Is unit 411 in Emerald Park free?", "and unit 512, unit 613?")
    assert chat.units(text) == []
    assert not [e for e in chat.known if e.type == "project" and e.layer == "context"]


def test_no_project_stands_for_a_flat() -> None:
    chat = Chat("What is there in Emerald Park?")
    assert not [e for e in chat.say("send the plan of the same flat") if e.layer == "context"]
    same = [e for e in chat.say("anything bigger in the same building?") if e.layer == "context"]
    assert [(e.type, e.value) for e in same] == [("project", "emerald park")]


def test_the_same_unit_is_the_one_last_spoken_of() -> None:
    chat = Chat(LIST)
    assert chat.units("the second one please") == ["640"]
    assert chat.units("hmm, and the first one?") == ["1802"]
    assert chat.units("same unit, would they take 85k?") == ["1802"]
    assert chat.units("and the other one?") == ["640"]
    assert chat.units("the first one is still the first one") == ["1802", "1802"]


def test_the_second_one_counts_in_the_newest_list() -> None:
    chat = Chat("Is unit 77 free?", LIST)
    assert chat.units("the second one") == ["640"]
    assert chat.units("then unit 15?") == ["15"]
    assert chat.units("the first one") == ["1802"]


def test_a_villa_named_by_its_place_is_not_the_unit_before() -> None:
    chat = Chat("Is unit 77 in Sadaf 4 free?", "I also want to sell my villa in Mudon")
    assert chat.units("photos of that villa are attached") == []


def test_units_stay_known_while_much_else_is_named() -> None:
    chat = Chat(LIST)
    for place in ("JVC", "JLT", "Dubai Marina", "Business Bay", "Mudon", "Al Barsha", "Deira", "Arjan", "Meydan"):
        chat.say(f"any villas, townhouses or apartments in {place}?")
    for _ in range(9):
        assert chat.units("the second one") == ["640"]
        assert chat.units("the first one") == ["1802"]


@given(st.lists(st.lists(st.sampled_from(["unit 7", "unit 8", "unit 9", "JVC", "villa"]), max_size=3), max_size=30))
def test_what_is_remembered_is_bounded_and_messages_stay_apart(talk: list[list[str]]) -> None:
    known: tuple[Entity, ...] = ()
    for words in talk:
        text = "see " + " and ".join(words)
        known = remember(known, tuple(RULES.extract(text, sent_ms=SENT_MS, utc_offset_min=0, region="AE")), 4)
        if known:
            assert known[0].start == 0
            assert all(e.end - e.start == len(e.text) for e in known)
    assert len(known) <= 4 + 4 + 2


@pytest.mark.parametrize(
    ("text", "units", "prices"),
    [
        ("When can I view 411?", ["411"], []),
        ("for 411 I can do 4 cheques", ["411"], []),
        ("did the owner of 512 sign?", ["512"], []),
        ("can I have 411 instead of 512", ["411", "512"], []),
        ("٤١١ لسه فاضية؟", ["411"], []),
        ("411, is it furnished?", ["411"], []),
        ("I would pay 411k", [], [411_000]),
        ("my budget is 95, for 411", ["411"], [95_000]),
        ("my offer: AED 512", [], [512]),
        ("it is 411 sqft", [], []),
        ("411 days is too long", [], []),
    ],
)
def test_a_known_unit_is_recognised_by_its_bare_number(text: str, units: list[str], prices: list[int]) -> None:
    found = Chat("Is unit 411 in Emerald Park free?", "and unit 512?").say(text)
    assert [str(e.value) for e in found if e.type == "unit"] == units
    assert [e.value for e in found if e.type == "price"] == prices


def test_a_short_unit_number_needs_more() -> None:
    assert Chat("is unit 12 free?").units("I can pay in 12 cheques, or 12") == []
    assert Chat("is unit 12 free?").units("can I see 12?") == ["12"]


def test_long_and_hostile_texts_are_read_in_linear_time() -> None:
    known = Chat(LIST).known
    for text in ("the first " * 7_000, "نفس ال" * 10_000, "el " * 20_000, "same " * 13_000, "1802 " * 13_000):
        assert len(refer(text, known)) >= 0
        assert len(check(text, (), known, 0.7)) >= 0
