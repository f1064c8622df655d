from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.language.evaluate_flow import load_detector, score_flow
from actors.language.flow.switch_detector import FlowSwitchDetector
from messages.flow import SWITCH_VERDICT
from messages.wire import encode
from tests.language.flow.dialogue_file import read_file

SHARED = Path(__file__).parents[4] / "shared" / "nlu" / "sgd_flow_dev.jsonl"


@pytest.mark.parametrize("name", ["dialogues.txt", "dialogues_fresh.txt", "dialogues_last.txt"])
def test_own_dialogues(name: str) -> None:
    dialogues = read_file(Path(__file__).with_name(name))
    scores = score_flow(dialogues, load_detector())
    assert scores["switches"] >= 10
    assert scores["f1"] >= 0.9


@pytest.mark.skipif(not SHARED.exists(), reason="the shared dialogues are not here")
def test_shared_dialogues() -> None:
    from actors.language.evaluate_flow import read_dialogues

    dialogues, problems = read_dialogues(SHARED.read_text(encoding="utf-8").splitlines(), SHARED.name)
    assert not problems
    assert score_flow(dialogues, load_detector())["f1"] >= 0.9


def play(*turns: str) -> FlowSwitchDetector:
    detector = FlowSwitchDetector()
    for number, text in enumerate(turns):
        detector.turn("system" if number % 2 else "user", text)
    return detector


def test_the_first_turn_opens_and_does_not_switch() -> None:
    verdict = FlowSwitchDetector().read("user", "Also, I need a hotel and a cab")
    assert not verdict.switched


def test_signals_are_named_and_explain_the_switch() -> None:
    detector = play("I need a bus to Fresno.", "Your bus ticket is booked. Anything else?")
    verdict = detector.read("user", "Thanks. I also want a rental car there.")
    assert verdict.switched
    assert (verdict.previous, verdict.matter) == ("buses", "rental cars")
    assert {"new_matter", "cue", "thanks", "task_done", "more_offered"} <= {s.name for s in verdict.signals}
    assert verdict.confidence > 0.9
    assert SWITCH_VERDICT.decode(encode(verdict)) == verdict


@pytest.mark.parametrize(
    "answer",
    [
        "Tomorrow at 5 pm",
        "Yes, please.",
        "2",
        "From San Jose to Fresno",
        "How much is it?",
        "No, a later one",
        "",
        "🙂",
    ],
)
def test_answers_do_not_switch(answer: str) -> None:
    assert not play("I need a bus to Fresno.", "When do you leave?").turn("user", answer)


def test_another_service_as_a_place_to_go_is_no_switch() -> None:
    assert not play("Get me a taxi.", "Where to?").turn("user", "to the hotel on 5th street")


def test_going_back_to_an_earlier_matter_switches() -> None:
    detector = play("Find a concert in Oakland.", "Adele on Friday.", "What is my account balance?", "It is $900.")
    assert detector.turn("user", "Good, then buy the tickets.")


def test_a_narrower_name_of_the_same_matter_is_no_switch() -> None:
    detector = play("I want to find something fun to do.", "What kind, sports or music?")
    assert not detector.turn("user", "I love concerts.")


def test_reset_forgets() -> None:
    detector = play("I need a bus to Fresno.", "It is booked.")
    detector.reset()
    assert not detector.turn("user", "I need a hotel too.")


PIECES = [
    "two tickets",
    "a comedy",
    "the concert",
    "also",
    "I need",
    "a car",
    "a taxi",
    "play",
    "thanks",
    "book it",
    "?",
]


@given(st.lists(st.tuples(st.booleans(), st.lists(st.sampled_from(PIECES), max_size=5)), max_size=12))
def test_any_dialogue_is_followed(turns: list[tuple[bool, list[str]]]) -> None:
    detector = FlowSwitchDetector()
    matter = ""
    for number, (user, pieces) in enumerate(turns):
        verdict = detector.read("user" if user else "system", " ".join(pieces))
        assert 0.5 <= verdict.confidence <= 1
        if verdict.switched:
            assert user
            assert number
            assert verdict.matter != verdict.previous
        matter = verdict.matter or matter
        assert bool(verdict.matter) == bool(matter)


def test_two_tickets_are_settled_by_what_they_are_for() -> None:
    detector = FlowSwitchDetector()
    assert not detector.turn("user", "I need two tickets.")
    assert not detector.turn("user", "For the concert on Friday.")
    assert detector.turn("user", "Now find me a bus.")


def test_a_turn_without_words_is_heard() -> None:
    detector = play("I need a bus.", "?")
    assert not detector.turn("user", "?!")


def test_the_other_side_never_switches() -> None:
    assert not play("I need a bus.").turn("system", "Also, do you need a hotel?")


def test_arabic_and_arabizi_cues() -> None:
    assert play("ابغى احجز فندق في جدة", "تم الحجز").turn("user", "وكمان ابي سيارة للايجار")
    assert play("3ayez otel fel ghardaqa", "tamam").turn("user", "w kaman 3ayez taksi mn el matar")
