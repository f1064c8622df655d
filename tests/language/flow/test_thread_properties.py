from __future__ import annotations

from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.language.flow.settings import FlowSettings
from actors.language.flow.threads import CLOCK_SKEW_MS, ConversationThreadService
from messages.flow import THREAD_STATE, THREAD_VERDICT, MessageFacts, ThreadState
from messages.understanding import Entity
from messages.wire import encode
from tests.language.flow.talk import START

SERVICE = ConversationThreadService()
SMALL = ConversationThreadService(FlowSettings(kept_threads=3, kept_listed=2))
Played: TypeAlias = list[tuple[MessageFacts, int]]

IDLE_MS = FlowSettings().idle_s * 1000

INTENTS = [
    *("inquiry", "viewing_request", "negotiation", "offer", "payment", "document_request", "complaint", "follow_up"),
    *("property_update", "greeting", "thank_you", "closing", "spam", "other"),
]
PIECES = [
    *("the second one", "same unit", "the other one", "by the way", "also", "any villas", "my apartment", "broken"),
    *("AC", "any update", "thanks", "hi", "it", "can I see", "pay", "contract", "الثانية", "على فكرة", "خربان"),
    *("3ala fekra", "el tanya", "on the first of March", "🙂", "\u202e", "x\u0334\u0327\u031b", "=1+1", "\n"),
]

texts = st.one_of(st.lists(st.sampled_from(PIECES), max_size=5).map(" ".join), st.text(max_size=60))
values = st.one_of(st.sampled_from(["1204", "B-302", "marina gate 1", "jvc", "villa", "", "  "]), st.text(max_size=90))
entities = st.lists(
    st.builds(
        lambda kind, value, sure: Entity(type=kind, start=0, end=1, text="x", value=value, confidence=sure),
        st.sampled_from(["unit", "project", "location", "property_type", "price", "date"]),
        values,
        st.floats(0, 1),
    ),
    max_size=5,
).map(tuple)
times = st.one_of(
    st.integers(START - 10**7, START + 10**7), st.integers(0, 2**45), st.just(0), st.integers(-(2**40), 0)
)
facts = st.builds(
    MessageFacts,
    text=texts,
    intent=st.sampled_from([*INTENTS, "", "no such intent"]),
    intent_confidence=st.floats(0, 1),
    entities=entities,
    sentiment_score=st.floats(-1, 1),
    sent_ms=times,
    direction=st.sampled_from(["in", "out"]),
)
clocks = st.one_of(st.integers(START - 10**7, START + 10**8), st.integers(0, 2**45))
talks = st.lists(st.tuples(facts, clocks), max_size=25)


@given(talks, st.sampled_from([SERVICE, SMALL]))
@settings(max_examples=400, deadline=None)
def test_any_conversation_keeps_its_promises(talk: Played, service: ConversationThreadService) -> None:
    bound = 3 if service is SMALL else 12
    state = ThreadState()
    for message, now in talk:
        before = {thread.id: thread for thread in state.threads}
        after, verdict = service.advance(state, message, now)
        threads = {thread.id: thread for thread in after.threads}
        assert len(threads) == len(after.threads) <= bound
        assert len({thread.name for thread in after.threads}) == len(after.threads)
        chosen = threads[verdict.thread_id]
        assert (chosen.name, chosen.topic) == (verdict.thread, verdict.topic)
        assert chosen.name == chosen.name.strip()
        assert chosen.name.isprintable()
        assert 0 < len(chosen.name) <= 48
        assert not chosen.closed
        assert after.current == verdict.thread_id
        assert verdict.opened == (verdict.thread_id not in before)
        assert not (verdict.opened and verdict.reopened)
        assert 0.5 <= verdict.confidence <= 1
        assert verdict.switched <= (verdict.thread_id != state.current)
        assert after.clock_ms <= max(now + CLOCK_SKEW_MS, message.sent_ms)
        assert len(after.listed) <= 6
        for thread in after.threads:
            assert thread.id < after.next_id
            assert thread.last_ms <= after.clock_ms
            if thread.id in before and thread.id != verdict.thread_id:
                assert thread.name == before[thread.id].name
                assert thread.closed or after.clock_ms - thread.last_ms <= IDLE_MS
        assert THREAD_STATE.decode(encode(after)) == after
        assert THREAD_VERDICT.decode(encode(verdict)) == verdict
        state = after


@given(talks)
@settings(max_examples=100, deadline=None)
def test_a_snapshot_between_any_two_messages_changes_nothing(talk: Played) -> None:
    straight = stored = ThreadState()
    for message, now in talk:
        straight, one = SERVICE.advance(straight, message, now)
        stored, other = SERVICE.advance(THREAD_STATE.decode(encode(stored)), message, now)
        assert (straight, one) == (stored, other)


@given(talks, st.text(alphabet="ABC123-", min_size=1, max_size=6), st.integers(IDLE_MS + 1, 90 * 86_400_000))
@settings(max_examples=100, deadline=None)
def test_a_unit_idle_for_any_time_is_closed_then_reopened_by_name(talk: Played, unit: str, gap: int) -> None:
    state = ThreadState()
    for message, _ in talk:
        state, _ = SERVICE.advance(state, message, START)
    about = MessageFacts(
        text=f"unit {unit}",
        intent="inquiry",
        intent_confidence=1,
        entities=(Entity(type="unit", start=5, end=5 + len(unit), text=unit, value=unit),),
        sent_ms=START + 1,
    )
    state, first = SERVICE.advance(state, about, START + 1)
    later = START + 1 + CLOCK_SKEW_MS + gap
    state, closed = SERVICE.close_idle(state, later)
    assert first.thread in closed
    asked = MessageFacts(
        text=f"and {unit}?", intent="inquiry", intent_confidence=1, entities=about.entities, sent_ms=later
    )
    state, again = SERVICE.advance(state, asked, later)
    assert again.thread_id == first.thread_id
    assert again.reopened
