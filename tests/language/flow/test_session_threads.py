from __future__ import annotations

from actors.language.flow.session_threads import SessionThreads
from messages.flow import THREAD_STATE
from messages.inbound import Inbound
from messages.understanding import Understanding
from tests.language.flow.talk import DAY, START, named


def message(text: str, sent_ms: int) -> Inbound:
    return Inbound(id=text, source="jsonl", conversation="c", sender="+971501234567", text=text, sent_ms=sent_ms)


def test_the_state_travels_in_bytes() -> None:
    threads = SessionThreads()
    about = Understanding(intent="inquiry", intent_confidence=0.9, entities=named(unit="1204"))
    state, name, notes = threads.assign(b"", message("is 1204 free?", START), about, START)
    assert (name, notes) == ("unit 1204", ())
    assert THREAD_STATE.decode(state).threads[0].name == "unit 1204"
    state, name, notes = threads.assign(state, message("1204?", START + DAY), about, START + DAY)
    assert (name, notes) == (
        "unit 1204",
        ("thread reopened (0.99: same_subject 1.00, time_gap 1.00)",),
    )


def test_damaged_state_is_reported_and_the_conversation_goes_on() -> None:
    about = Understanding(intent="inquiry", intent_confidence=0.9, entities=named(unit="7"))
    state, name, notes = SessionThreads().assign(b"\xc1damaged", message("7?", START), about, START)
    assert (name, notes) == ("unit 7", ("threads unreadable, begun anew",))
    assert THREAD_STATE.decode(state).threads


def test_a_message_that_nothing_is_known_of_has_a_thread() -> None:
    state, name, _ = SessionThreads().assign(b"", message("", START), Understanding(), START)
    assert name == "general"
    assert state


def test_a_switch_says_how_sure_it_is_and_why() -> None:
    threads = SessionThreads()
    deal = Understanding(intent="inquiry", intent_confidence=0.9, entities=named(unit="1204"))
    state, _, _ = threads.assign(b"", message("is 1204 free?", START), deal, START)
    other = Understanding(intent="inquiry", intent_confidence=0.9, entities=named(unit="77"))
    _, name, (note,) = threads.assign(state, message("and unit 77?", START + 1_000), other, START + 1_000)
    assert name == "unit 77"
    assert note.startswith("thread s")
    assert "other_unit" in note
