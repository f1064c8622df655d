from __future__ import annotations

from actors.language.flow.settings import FlowSettings
from actors.language.flow.threads import ConversationThreadService
from tests.language.flow.talk import DAY, MINUTE, START, Talk, named


def test_two_units_side_by_side() -> None:
    talk = Talk()
    assert talk.say("Hi", "greeting").thread == "general"
    first = talk.say("is unit 1204 in Marina Gate 1 free?", "inquiry", named(unit="1204", project="marina gate 1"))
    assert (first.thread, first.opened, first.switched) == ("unit 1204", True, False)
    assert talk.say("and the price?", "inquiry").thread == "unit 1204"
    second = talk.say("what about 1305?", "inquiry", named(unit="1305"))
    assert (second.thread, second.opened, second.switched) == ("unit 1305", True, True)
    assert "other_unit" in {signal.name for signal in second.signals}
    assert talk.say("can I see it tomorrow?", "viewing_request").thread == "unit 1305"
    back = talk.say("back to 1204, would they take 90k?", "negotiation", named(unit="1204", price=90_000))
    assert (back.thread, back.opened, back.switched, back.topic) == ("unit 1204", False, True, "negotiation")
    other = talk.say("the other one is too expensive", "negotiation")
    assert other.thread == "unit 1305"
    assert talk.names == ["general", "unit 1204", "unit 1305"]


def test_the_second_one_is_the_second_named() -> None:
    talk = Talk()
    talk.say("I have 304, 508 and 711 for you", "inquiry", named(unit="304", unit2="508", unit3="711"))
    assert talk.say("the third one looks nice", "inquiry").thread == "unit 711"
    assert talk.say("no, the second one", "other").thread == "unit 508"
    assert talk.say("el oula kam se3raha", "inquiry").thread == "unit 304"
    assert talk.say("الثانية احسن", "other").thread == "unit 508"
    assert talk.say("the last one then", "other").thread == "unit 711"


def test_the_second_one_without_a_list_is_the_second_unit_talked_of() -> None:
    talk = Talk()
    talk.say("anything in JLT?", "inquiry", named(location="jumeirah lakes towers"))
    talk.say("what about 2203?", "inquiry", named(unit="2203"))
    talk.say("also my AC in the apartment is broken", "complaint", named(property_type="apartment"), mood=-0.6)
    assert talk.say("it's 407 in Aspen Park", "other", named(unit="407", project="aspen park")).thread == "complaint"
    talk.say("and 1501?", "inquiry", named(unit="1501"))
    assert talk.say("the first one has a better view", "other").thread == "unit 2203"
    assert talk.say("send me the plan of the second one", "document_request").thread == "unit 1501"


def test_an_ordinal_that_points_to_no_list() -> None:
    talk = Talk()
    talk.say("unit 304 please", "inquiry", named(unit="304"))
    talk.say("and unit 508", "inquiry", named(unit="508"))
    assert talk.say("can we do it on the first of March", "viewing_request").thread == "unit 508"
    assert talk.say("is it on the first floor?", "inquiry").thread == "unit 508"
    assert talk.say("the sixth? no, the fourth one", "inquiry").thread == "unit 508"


def test_complaint_in_the_middle_of_a_viewing() -> None:
    talk = Talk()
    viewing = talk.say(
        "I want to view a flat in Dubai Marina",
        "viewing_request",
        named(location="dubai marina", property_type="apartment"),
    )
    assert viewing.thread == "viewing dubai marina"
    assert talk.say("Saturday at 5 works", "viewing_request").thread == viewing.thread
    fault = talk.say("by the way the AC in my apartment is broken", "complaint", mood=-0.7)
    assert (fault.thread, fault.opened, fault.switched) == ("complaint", True, True)
    assert {"intent_change", "cue", "own_home", "sentiment_drop"} <= {signal.name for signal in fault.signals}
    assert fault.confidence > 0.8
    assert talk.say("it leaks all over the floor", "complaint", mood=-0.8).thread == "complaint"
    again = talk.say("and for the viewing, may I bring my wife?", "viewing_request")
    assert (again.thread, again.switched, again.opened) == ("viewing dubai marina", True, False)


def test_a_complaint_about_the_viewing_stays_with_it() -> None:
    talk = Talk()
    talk.say("I'd like to see unit 77", "viewing_request", named(unit="77"))
    verdict = talk.say("your agent never came to show it, I waited there an hour", "complaint", mood=-0.3)
    assert verdict.thread == "unit 77"


def test_reopened_after_a_day() -> None:
    talk = Talk()
    talk.say("is 1204 still available?", "inquiry", named(unit="1204"))
    later = talk.say("good morning", "greeting", after=DAY)
    assert later.closed == ("unit 1204",)
    assert later.thread == "general"
    back = talk.say("any news about 1204?", "follow_up", named(unit="1204"))
    assert (back.thread, back.reopened, back.opened) == ("unit 1204", True, False)
    assert "time_gap" in {signal.name for signal in later.signals}
    assert not talk.say("and the view?", "inquiry").reopened


def test_chasing_after_a_greeting_goes_back_to_the_last_matter() -> None:
    talk = Talk()
    talk.say("the heater in my flat is broken", "complaint", mood=-0.6)
    talk.say("hello", "greeting", after=DAY)
    assert talk.say("any update?", "follow_up").thread == "complaint"


def test_chasing_a_repair_goes_to_the_complaint() -> None:
    talk = Talk()
    talk.say("the AC in my flat is broken", "complaint", mood=-0.6)
    talk.say("I also want to see unit 9 in Aspen Park", "viewing_request", named(unit="9", project="aspen park"))
    assert talk.say("when does the technician come?", "follow_up").thread == "complaint"


def test_idle_for_exactly_half_an_hour_is_not_closed_yet() -> None:
    talk = Talk()
    talk.say("unit 5?", "inquiry", named(unit="5"))
    assert not talk.say("hm", after=30 * MINUTE).reopened
    assert talk.say("hm", after=30 * MINUTE + 1).reopened


def test_one_thread_goes_idle_while_another_goes_on() -> None:
    talk = Talk()
    talk.say("unit 5?", "inquiry", named(unit="5"))
    talk.say("unit 6?", "inquiry", named(unit="6"))
    for _ in range(2):
        talk.say("and now?", "inquiry", after=20 * MINUTE)
    closed = {thread.name: thread.closed for thread in talk.state.threads}
    assert closed == {"unit 5": True, "unit 6": False}
    assert talk.say("back to unit 5", "inquiry", named(unit="5")).reopened


def test_a_unit_splits_from_the_talk_of_its_project() -> None:
    talk = Talk()
    talk.say("any 2 beds in Marina Gate 1?", "inquiry", named(project="marina gate 1"))
    split = talk.say("unit 804 looks good", "inquiry", named(unit="804"))
    assert (split.thread, split.split, split.opened) == ("unit 804", True, True)
    assert talk.state.threads[-1].subject.project == "marina gate 1"
    assert talk.say("is Marina Gate 1 close to the tram?", "inquiry", named(project="marina gate 1")).thread in {
        "unit 804",
        "inquiry marina gate 1",
    }
    assert talk.say("any others in Marina Gate 1?", "inquiry", named(project="marina gate 1")).thread == (
        "inquiry marina gate 1"
    )


def test_the_same_number_in_two_projects_is_two_units() -> None:
    talk = Talk()
    talk.say("1204 in Marina Gate 1?", "inquiry", named(unit="1204", project="marina gate 1"))
    other = talk.say("and 1204 in Aspen Park?", "inquiry", named(unit="1204", project="aspen park"))
    assert other.thread == "unit 1204 aspen park"
    assert talk.say("1204 Marina Gate 1 please", "inquiry", named(unit="1204", project="marina gate 1")).thread == (
        "unit 1204"
    )


def test_a_city_does_not_make_it_another_unit() -> None:
    talk = Talk()
    talk.say("1204 in Dubai Marina", "inquiry", named(unit="1204", location="dubai marina"))
    assert talk.say("1204 in Dubai please", "inquiry", named(unit="1204", location="dubai")).thread == "unit 1204"
    assert talk.say("not 1204 in JLT", "inquiry", named(unit="1204", location="jumeirah lakes towers")).opened


def test_the_answer_to_which_unit_completes_the_matter() -> None:
    talk = Talk()
    talk.say("can I book a viewing?", "viewing_request")
    answer = talk.say("1204", "other", named(unit="1204"))
    assert (answer.thread, answer.opened) == ("viewing", False)
    assert talk.say("about 1204, is there parking?", "inquiry", named(unit="1204")).thread == "viewing"


def test_another_matter_of_ones_own_home() -> None:
    talk = Talk()
    talk.say("looking for a villa in Arabian Ranches", "inquiry", named(location="arabian ranches"))
    rent = talk.say("I need to pay my rent", "payment")
    assert (rent.thread, rent.switched) == ("payment", True)
    assert talk.say("where do I send the cheque", "payment").thread == "payment"
    much_later = talk.say("has the cheque cleared?", "payment", after=20 * DAY)
    assert (much_later.thread, much_later.opened) == ("payment (2)", True)


def test_paying_for_the_unit_at_hand_is_the_same_deal() -> None:
    talk = Talk()
    talk.say("I'll take unit 88 for 120k", "offer", named(unit="88"))
    deposit = talk.say("how do I pay the deposit for it?", "payment")
    assert (deposit.thread, deposit.topic, deposit.switched) == ("unit 88", "payment", False)


def test_arabic_and_arabizi() -> None:
    talk = Talk()
    assert talk.say("السلام عليكم", "greeting").thread == "general"
    assert talk.say("الوحدة 502 لسه موجودة؟", "inquiry", named(unit="502")).thread == "unit 502"
    assert talk.say("ممكن اشوفها بكرة", "viewing_request").thread == "unit 502"
    fault = talk.say("على فكرة التكييف في شقتي خربان", "complaint", mood=-0.6)
    assert (fault.thread, fault.switched) == ("complaint", True)
    assert talk.say("والوحدة 710 بكام؟", "inquiry", named(unit="710")).thread == "unit 710"
    assert talk.say("3ala fekra el sakhan 5arban kaman", "complaint", mood=-0.5).thread == "complaint"
    back = talk.say("502 ba2a available?", "inquiry", named(unit="502"), after=DAY)
    assert (back.thread, back.reopened) == ("unit 502", True)
    assert talk.say("nafs el sha2a, fe parking?", "inquiry").thread == "unit 502"


def test_without_a_classifier_the_words_tell_the_topic() -> None:
    talk = Talk()
    talk.say("unit 31 please", "", named(unit="31"))
    verdict = talk.say("by the way, the lift in my building is out of order", "")
    assert (verdict.thread, verdict.topic) == ("complaint", "complaint")


def test_a_late_message_neither_closes_nor_reopens() -> None:
    talk = Talk()
    talk.say("unit 5?", "inquiry", named(unit="5"))
    talk.say("unit 6?", "inquiry", named(unit="6"), after=20 * MINUTE)
    late = talk.say("and the view?", "inquiry", sent=START - DAY)
    assert late.thread == "unit 6"
    assert "late" in {signal.name for signal in late.signals}
    assert not late.closed
    assert talk.state.clock_ms == START + 21 * MINUTE


def test_a_sender_whose_clock_is_years_ahead_closes_nothing() -> None:
    talk = Talk()
    talk.say("unit 5?", "inquiry", named(unit="5"))
    assert talk.say("hello?", sent=START + 900 * DAY).closed == ()
    assert talk.state.clock_ms == talk.now


def test_after_our_clock_ran_ahead_threads_still_go_idle() -> None:
    talk = Talk()
    talk.now += 100 * DAY
    talk.say("unit 5?", "inquiry", named(unit="5"))
    talk.now -= 100 * DAY
    talk.say("hm")
    assert talk.state.clock_ms == talk.now
    assert talk.say("hm", after=31 * MINUTE).closed == ("unit 5",)


def test_open_threads_outlive_closed_ones_at_the_bound() -> None:
    talk = Talk(ConversationThreadService(FlowSettings(kept_threads=3)))
    talk.say("unit 1", "inquiry", named(unit="1"))
    talk.say("unit 2", "inquiry", named(unit="2"), after=25 * MINUTE)
    talk.say("unit 3", "inquiry", named(unit="3"))
    talk.say("unit 3 still", "inquiry", named(unit="3"), after=10 * MINUTE)
    talk.say("unit 4", "inquiry", named(unit="4"))
    assert talk.names == ["unit 2", "unit 3", "unit 4"]


def test_an_agency_message_joins_the_thread_and_leaves_the_mood() -> None:
    talk = Talk()
    talk.say("unit 5 is dirty", "complaint", named(unit="5"), mood=-0.8)
    answer = talk.say("we are so happy to help!", "other", mood=0.9, direction="out")
    assert answer.thread == "unit 5"
    assert talk.state.threads[0].sentiment == -0.8


def test_close_idle_without_a_message() -> None:
    talk = Talk()
    talk.say("unit 5?", "inquiry", named(unit="5"))
    state, closed = talk.service.close_idle(talk.state, talk.now + 10 * MINUTE)
    assert (state, closed) == (talk.state, ())
    state, closed = talk.service.close_idle(talk.state, talk.now + 31 * MINUTE)
    assert closed == ("unit 5",)
    assert state.threads[0].closed


def test_a_name_carries_no_direction_marks_or_line_breaks() -> None:
    talk = Talk()
    verdict = talk.say("\u202eJVC", "inquiry", named(location="\u202ejvc\nsouth\u0000"))
    assert verdict.thread == "inquiry jvc south"
