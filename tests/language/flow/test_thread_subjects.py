"""Threads of what a message names or means: another thread's unit or place, "the villa", a place to measure by."""

from __future__ import annotations

import pytest

from actors.language.flow.session_threads import SessionThreads
from actors.language.rules.extract import RuleExtractor
from messages.flow import THREAD_STATE
from messages.inbound import Inbound
from messages.understanding import Understanding
from tests.language.flow.talk import MINUTE, START, Talk, named

RULES = RuleExtractor(default_region="AE")


class Typed(Talk):
    """A conversation whose entities the rules find in its texts."""

    def put(self, text: str, intent: str = "inquiry", *, direction: str = "in", after: int = MINUTE) -> str:
        entities = tuple(RULES.extract(text, sent_ms=START, utc_offset_min=240, region="AE"))
        return self.say(text, intent, entities, direction=direction, after=after).thread


def opened() -> Typed:
    """A unit, a place, and a complaint that names neither, which is the one at hand."""
    talk = Typed()
    assert talk.put("Is flat 1603 in Ocean Heights to let?") == "unit 1603"
    assert talk.put("Any townhouses in Mira?") == "inquiry mira"
    assert talk.put("The boiler in my apartment is broken", "complaint") == "complaint"
    return talk


@pytest.mark.parametrize(
    ("text", "intent", "thread"),
    [
        ("any news about unit 1603?", "follow_up", "unit 1603"),
        ("flat 1603 was supposed to be painted", "complaint", "unit 1603"),
        ("and the townhouses in Mira?", "inquiry", "inquiry mira"),
        ("still waiting for the ones in Mira", "follow_up", "inquiry mira"),
        ("it is still broken", "follow_up", "complaint"),
        ("it's unit 22 in Sadaf 4", "other", "complaint"),
        ("unit 22, Sadaf 4", "property_update", "complaint"),
    ],
)
def test_a_thread_without_subject_takes_no_other_threads(text: str, intent: str, thread: str) -> None:
    assert opened().put(text, intent) == thread


def test_a_place_after_a_unit_is_its_own_only_where_it_is_told_of_it() -> None:
    talk = Typed()
    talk.put("How much is unit 88 in Sadaf 4?")
    assert talk.put("And in JLT?") == "inquiry jumeirah lakes towers"
    talk = Typed()
    assert talk.put("unit 31 please") == "unit 31"
    assert talk.put("it's in Business Bay", "other") == "unit 31"
    assert talk.put("and is it in Dubai?") == "unit 31"
    assert talk.put("how far is it from Dubai Marina?") == "unit 31"
    assert talk.put("is it close to Al Barsha?") == "unit 31"
    assert talk.put("what about Mirdif?") == "inquiry mirdif"


def test_a_district_narrows_its_city_down() -> None:
    talk = Typed()
    thread = talk.put("I want to rent a flat in Dubai")
    assert talk.put("JVC", "other") == thread
    assert talk.state.threads[-1].subject.location == "jumeirah village circle"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Which papers do I bring for the villa?", "document_request"),
        ("A buyer would pay 2.9M for the villa", "offer"),
        ("is my villa on your site yet?", "follow_up"),
        ("شو صار على الفيلا", "follow_up"),
        ("w el villa, fe 7ad sa2al?", "follow_up"),
    ],
)
def test_the_villa_is_the_one_talked_of(text: str, intent: str) -> None:
    talk = Typed()
    talk.put("I want to sell my villa in Mudon", "property_update")
    talk.put("is unit 101 in Lake Terrace free?")
    assert talk.put(text, intent) == "listing mudon"
    assert talk.put("ok and unit 101?") == "unit 101"
    assert talk.put("does the apartment have a balcony?") == "unit 101"


def test_a_villa_that_is_looked_for_is_not_the_villa_talked_of() -> None:
    talk = Typed()
    talk.put("I want to sell my villa in Mudon", "property_update")
    talk.put("is unit 101 in Lake Terrace free?")
    assert talk.put("do you have a villa for rent too?") not in {"unit 101", "listing mudon"}


def test_el_tanya_is_the_second() -> None:
    for text in ("el tanya a7la", "التانية احسن"):
        talk = Talk()
        talk.say("unit 12?", "inquiry", named(unit="12"))
        talk.say("unit 15?", "inquiry", named(unit="15"))
        assert talk.say(text, "other").thread == "unit 15"
        talk.say("back to 12", "inquiry", named(unit="12"))
        assert talk.say(text, "other").thread == "unit 15"


def test_an_answer_to_an_offer_is_asked_after_from_elsewhere() -> None:
    talk = Typed()
    talk.put("my offer for unit 9 is 1.2M", "offer")
    talk.put("what else is there in JVC?")
    assert talk.put("did the owner get back to you?") == "unit 9"


def test_what_the_agency_says_opens_no_other_topic() -> None:
    talk = Typed()
    talk.put("any flats in JVC?")
    assert (
        talk.put("Two came in, one just reduced", "property_update", direction="out")
        == "inquiry jumeirah village circle"
    )
    assert talk.state.threads[0].topic == "inquiry"
    assert talk.put("I have unit 14 and unit 25", direction="out") == "inquiry jumeirah village circle"
    assert talk.state.listed[1].unit == "25"


def test_a_complaint_does_not_become_an_inquiry_by_a_side_remark() -> None:
    talk = opened()
    talk.put("I live on the fifth floor", "inquiry")
    assert talk.state.threads[-1].topic == "complaint"


def test_a_switch_that_reopens_says_so_with_signals_and_their_confidence() -> None:
    threads, state = SessionThreads(), b""
    notes: tuple[str, ...] = ()
    for text, unit, sent in (("unit 5?", "5", 0), ("unit 6?", "6", 60_000), ("5 again", "5", 3_600_000 * 3)):
        about = Understanding(intent="inquiry", intent_confidence=0.9, entities=named(unit=unit))
        message = Inbound(
            id=text, source="jsonl", conversation="c", sender="+971501234567", text=text, sent_ms=START + sent
        )
        state, _, notes = threads.assign(state, message, about, START + sent)
    (note,) = notes
    assert note.startswith("thread switched and reopened (0.9")
    assert "other_unit 1.00" in note
    assert "time_gap 1.00" in note
    assert THREAD_STATE.decode(state).current == 1
