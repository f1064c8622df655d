from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from actors.whatsapp.customer_wishes import Wishes, fold
from actors.whatsapp.errors import InventoryError
from actors.whatsapp.inventory import Inventory, Wanted
from actors.whatsapp.office_hours import OfficeHours
from actors.whatsapp.reply_decision import Decision, ReplyRules, decide, release
from actors.whatsapp.settings import RepliesSettings
from actors.whatsapp.template_store import BUNDLED, TemplateStore
from messages.delivery import REPLY_STATE, ReplyState
from messages.inbound import Attachment, Inbound
from messages.understanding import Entity, IntentName, Understanding
from messages.wire import encode

OPEN_MS = int(datetime(2026, 3, 2, 8, 0, tzinfo=UTC).timestamp() * 1000)  # Monday noon in Dubai
CLOSED_MS = OPEN_MS + 10 * 3_600_000
INTENTS = sorted(path.stem for path in (BUNDLED / "en").glob("*.j2"))


def make_rules(inventory: Inventory | None = None, **settings: Any) -> ReplyRules:
    found = RepliesSettings(**settings)
    return ReplyRules(found, TemplateStore(found.templates, found.languages), inventory)


RULES = make_rules()


def message(text: str = "hello", number: int = 1, **more: Any) -> Inbound:
    more.setdefault("sent_ms", OPEN_MS - 1000)
    more.setdefault("source", "whatsapp")
    more.setdefault("extra", {"channel": "106"})
    return Inbound(id=f"w{number}", conversation="AE.1", sender="971", sender_name="Ahmed", text=text, **more)


def understood(intent: str = "inquiry", confidence: float = 0.9, score: float = 0.0, **more: Any) -> Understanding:
    more.setdefault("sentiment", "neutral")
    return Understanding(
        lang=more.pop("lang", "en"), intent=intent, intent_confidence=confidence, sentiment_score=score, **more
    )


def entity(type_: Any, value: Any) -> Entity:
    return Entity(type=type_, start=0, end=1, text="x", value=value)


def ask(
    state: ReplyState = ReplyState(),  # noqa: B008 - frozen
    text: str = "hello",
    number: int = 1,
    rules: ReplyRules = RULES,
    **understanding: Any,
) -> Decision:
    return decide(state, message(text, number), understood(**understanding), OPEN_MS, rules)


def test_a_clear_message_gets_one_reply() -> None:
    state, reply, notes = ask(intent="greeting")
    assert reply is not None
    assert notes == ()
    assert reply.text == "Hello Ahmed, this is our office. How can we help you?"
    assert (reply.conversation, reply.in_reply_to, reply.channel, reply.priority) == ("AE.1", "w1", "106", 7)
    assert reply.window_until_ms == OPEN_MS - 1000 + 24 * 3_600_000
    assert decide(state, message(), understood(), OPEN_MS, RULES).reply is None
    assert ask(intent="greeting").reply == reply  # done anew after a crash, it is the same
    assert REPLY_STATE.decode(encode(state)) == state


@pytest.mark.parametrize("language", ["en", "ar", "arz"])
@pytest.mark.parametrize("intent", INTENTS)
def test_every_bundled_template_says_something(language: str, intent: str) -> None:
    store = TemplateStore(None, ("en", "ar", "arz"))
    assert store.has(language, intent)
    assert not store.problems
    full: dict[str, Any] = dict.fromkeys(("unit", "project", "location", "property_type", "date", "time"), "x")
    full |= {"price": 90000, "bedrooms": 2, "name": "سارة", "company": "Acme", "office_hours": "9–18"}
    full |= {"matches": Inventory.from_rows([{"reference": "R1", "location": "JVC", "price": "85,000"}])._properties}
    empty = dict.fromkeys(full, "") | {"matches": ()}
    for slots in (full, empty):
        for office_open in (True, False):
            text, problem = store.render(language, intent, slots | {"office_open": office_open})
            assert problem == ""
            assert text
            assert not re.search(r"\n{3}|  |\{|%", text)


def test_the_reply_speaks_the_customers_language() -> None:
    assert re.search("[\u0600-\u06ff]", getattr(ask(intent="greeting", lang="ar").reply, "text", ""))
    assert "Ahlan" in getattr(ask(intent="greeting", lang="arz").reply, "text", "")
    assert "Hello" in getattr(ask(intent="greeting", lang="").reply, "text", "")


def test_there_is_a_template_for_every_intent_that_is_answered() -> None:
    silent = {"spam", "other"}
    own = {"unclear", "hand_over", "media", "closed", "fallback"}
    assert set(INTENTS) == set(get_args(IntentName)) - silent | own


def test_slots_come_from_the_message_then_from_its_thread() -> None:
    decision = decide(
        ReplyState(),
        message(),
        understood("viewing_request", entities=(entity("date", "2026-03-05"), entity("date", "2026-03-06"))),
        OPEN_MS,
        RULES,
        known=(entity("time", "17:00"), entity("date", "2026-03-01")),
    )
    assert decision.reply is not None
    assert "on 2026-03-05 at 17:00" in decision.reply.text


def test_customers_text_in_slots_is_never_evaluated() -> None:
    for hostile in ("{{ 7*7 }}", "{% for x in y %}", "a\nb\nc", "=IMPORTXML()"):
        decision = decide(
            ReplyState(), message(), understood(entities=(entity("location", hostile),)), OPEN_MS, make_rules()
        )
        assert decision.reply is not None
        assert "49" not in decision.reply.text
        assert decision.notes == ()
        assert "a\nb" not in decision.reply.text


# ---- confidence and hand-over --------------------------------------------------------------------------------------


def test_two_unclear_messages_in_a_row_go_to_a_person() -> None:
    first = ask(intent="inquiry", confidence=0.4)
    assert first.reply is not None
    assert "in a few words" in first.reply.text
    second = ask(first.state, number=2, intent="other", confidence=0.99)
    assert second.state.handed_over == "2 unclear messages in a row"
    assert second.reply is not None
    assert second.reply.priority == 1
    third = ask(second.state, number=3)
    assert third.reply is None
    assert third.notes == ("with a person: 2 unclear messages in a row",)
    after = ask(release(third.state), number=4)
    assert after.reply is not None


def test_a_clear_message_forgets_the_unclear_one() -> None:
    state = ask(intent="other").state
    state = ask(state, number=2, intent="inquiry").state
    assert ask(state, number=3, intent="other").state.handed_over == ""


def test_a_complaint_goes_to_a_person() -> None:
    decision = ask(intent="complaint")
    assert decision.state.handed_over == "complaint"
    assert decision.reply is not None
    assert "sorry" in decision.reply.text
    assert ask(intent="complaint", confidence=0.5).state.handed_over == ""


def test_falling_sentiment_goes_to_a_person() -> None:
    state = ReplyState()
    for number, score in enumerate((0.3, -0.1, -0.5)):
        decision = ask(state, number=number, score=score)
        state = decision.state
    assert state.handed_over == "falling sentiment"
    state = ReplyState()
    for number, score in enumerate((-0.5, -0.5, -0.5)):
        state = ask(state, number=number, score=score).state
    assert state.handed_over == ""


@pytest.mark.parametrize(
    "text",
    [
        "I want to talk to a human",
        "Can I speak to someone?",
        "عايز اكلم حد",
        "أريد أن أتحدّث مع موظف",
        "3ayez akalem 7ad",
    ],
)
def test_who_asks_for_a_person_gets_one(text: str) -> None:
    assert ask(text=text).state.handed_over == "asked for a person"


def test_what_staff_write_stops_automatic_replies() -> None:
    decision = decide(ReplyState(), message(direction="out"), understood(), OPEN_MS, RULES)
    assert (decision.state.handed_over, decision.reply) == ("staff wrote", None)


@pytest.mark.parametrize("text", ["STOP", "stop.", " Please stop! ", "Unsubscribe", "إيقاف", "الغاء الاشتراك"])
def test_opting_out_is_honoured_for_good(text: str) -> None:
    decision = ask(text=text)
    assert decision.state.opted_out
    assert decision.reply is None
    for later in (decision.state, release(decision.state)):
        assert ask(later, number=2).reply is None
    late = decide(ReplyState(), message(text, sent_ms=OPEN_MS - 3 * 86_400_000), understood(), OPEN_MS, RULES)
    assert late.state.opted_out
    off = make_rules(enabled=False)
    assert decide(ReplyState(), message(text), understood(), OPEN_MS, off).state.opted_out


def test_stop_inside_a_sentence_is_no_opt_out() -> None:
    assert not ask(text="Is there a bus stop near the building?").state.opted_out
    assert not Wishes().wants_person("humanity needs flats")
    assert fold("Don’t MESSAGE  me!") == "dont message me"


# ---- silence -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "intent"),
    [
        ({"kind": "reaction"}, "inquiry"),
        ({"kind": "system"}, "inquiry"),
        ({"kind": "unsupported"}, "inquiry"),
        ({"imported": True}, "inquiry"),
        ({"extra": {"channel": "106", "group": "g"}}, "inquiry"),
        ({"sent_ms": OPEN_MS - 25 * 3_600_000}, "inquiry"),
        ({}, "spam"),
        ({}, ""),
    ],
)
def test_some_messages_get_no_reply(more: dict[str, Any], intent: str) -> None:
    assert decide(ReplyState(), message(**more), understood(intent), OPEN_MS, RULES).reply is None


def test_switched_off_replies_cost_nothing_and_change_nothing() -> None:
    rules = make_rules(enabled=False)
    state = ReplyState()
    assert decide(state, message(), understood(), OPEN_MS, rules) == Decision(state)


def test_a_file_without_text_is_acknowledged() -> None:
    decision = decide(
        ReplyState(), message("", attachments=(Attachment(name="a.pdf"),)), understood("other"), OPEN_MS, RULES
    )
    assert decision.reply is not None
    assert "received your file" in decision.reply.text
    assert decision.state.unclear == 0


def test_other_sources_name_themselves_in_the_channel() -> None:
    decision = decide(ReplyState(), message(source="webhook", extra={"channel": "t1"}), understood(), OPEN_MS, RULES)
    assert decision.reply is not None
    assert decision.reply.channel == "webhook:t1"


# ---- office hours --------------------------------------------------------------------------------------------------


def test_office_hours() -> None:
    hours = OfficeHours(RepliesSettings(timezone="Asia/Dubai"))
    assert hours.open_at(OPEN_MS)
    assert not hours.open_at(CLOSED_MS)
    assert not hours.open_at(OPEN_MS - 86_400_000)  # Sunday
    night = OfficeHours(RepliesSettings(office_from="22:00", office_until="06:00", office_days=("mon",)))
    assert night.open_at(OPEN_MS + 15 * 3_600_000)  # Tuesday 03:00, of Monday's night
    assert not night.open_at(OPEN_MS - 9 * 3_600_000)  # Monday 03:00, of Sunday's


@pytest.mark.parametrize(("mode", "says"), [("answer", "09:00–18:00"), ("notice", "09:00–18:00"), ("silent", None)])
def test_outside_office_hours(mode: str, says: str | None) -> None:
    rules = make_rules(outside_hours=mode)
    asked = message(sent_ms=CLOSED_MS)
    reply = decide(ReplyState(), asked, understood("offer"), CLOSED_MS, rules).reply
    assert (reply is not None) == (says is not None)
    if reply is not None and says is not None:
        assert says in reply.text
        assert ("offer" in reply.text) == (mode == "answer")


# ---- templates that users edit -------------------------------------------------------------------------------------


def test_users_templates_lie_over_the_bundled_ones_and_reload(tmp_path: Path) -> None:
    folder = tmp_path / "en"
    folder.mkdir()
    rules = make_rules(templates=tmp_path)
    path = folder / "greeting.j2"
    path.write_text("Hi {{ name }} of {{ company }}!")
    assert rules.templates.refresh()
    assert not rules.templates.refresh()
    assert getattr(ask(rules=rules, intent="greeting").reply, "text", "") == "Hi Ahmed of our office!"
    path.unlink()
    rules.templates.refresh()
    assert "How can we help" in getattr(ask(rules=rules, intent="greeting").reply, "text", "")


@pytest.mark.parametrize(
    "source",
    [
        "{{ nothing_such }}",
        "{{ 1 / 0 }}",
        "{{ name.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{% include 'x' %}",
        "{{ 'x' * 5000 }}",
        "{% for a in range(10000000) %}x{% endfor %}",
    ],
)
def test_a_template_that_fails_is_answered_by_the_fallback(tmp_path: Path, source: str) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "greeting.j2").write_text(source)
    rules = make_rules(templates=tmp_path)
    decision = ask(rules=rules, intent="greeting")
    assert decision.reply is not None
    assert decision.reply.text == (BUNDLED / "en" / "fallback.j2").read_text().strip()
    assert "en/greeting.j2" in decision.notes[0]
    assert rules.templates.problems


@pytest.mark.parametrize("source", [b"{% if %}", b"{{", b"\xff\xfe\xfa", b"x" * 70_000])
def test_a_template_that_does_not_compile_leaves_the_last_good_one(tmp_path: Path, source: bytes) -> None:
    (tmp_path / "en").mkdir()
    path = tmp_path / "en" / "greeting.j2"
    path.write_text("good")
    rules = make_rules(templates=tmp_path)
    path.write_bytes(source)
    assert rules.templates.refresh()
    assert str(path) in rules.templates.problems
    assert getattr(ask(rules=rules, intent="greeting").reply, "text", "") == "good"
    assert not rules.templates.refresh()  # the bad file is not read again and again
    path.write_text("better")
    rules.templates.refresh()
    assert rules.templates.problems == {}
    assert getattr(ask(rules=rules, intent="greeting").reply, "text", "") == "better"


# ---- inventory -----------------------------------------------------------------------------------------------------

CSV = """Reference,Project,Location,Property_type,Purpose,Bedrooms,Price,Size,Available
A1,Marina Gate 1,Dubai Marina,apartment,rent,2,"95,000",1200,yes
A2,,JVC,apartment,rent,2,80000,,
A3,,JVC,apartment,sale,2,900000,,
A4,,JVC,apartment,rent,studio,45000,400,
A5,,JVC,apartment,rent,2,70000,,rented
A6,,JVC,apartment,rent,two,70000,,
,,JVC,,,,,,
"""


def test_matching_properties_are_offered(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text("\ufeff" + CSV, encoding="utf-8")
    inventory = Inventory.read_csv(path)
    assert len(inventory) == 4
    assert [problem.split(":")[0] for problem in inventory.problems] == ["line 7", "line 8"]
    assert [p.reference for p in inventory.match(Wanted(location="jvc", bedrooms=2, price=78_000), 3)] == ["A2"]
    assert [p.reference for p in inventory.match(Wanted(location="jvc", purpose="buy"), 3)] == ["A3"]
    assert [p.reference for p in inventory.match(Wanted(bedrooms=0), 3)] == ["A4"]
    assert inventory.match(Wanted(), 3) == []
    asked = understood(entities=(entity("location", "JVC"), entity("bedrooms", 2), entity("purpose", "rent")))
    reply = decide(ReplyState(), message(), asked, OPEN_MS, make_rules(inventory)).reply
    assert reply is not None
    assert "• A2: 2 bedrooms, JVC, AED 80,000" in reply.text
    assert "A1" not in reply.text


@pytest.mark.parametrize("content", [b"\xff\xfe", b"name,price\nx,1\n", None])
def test_a_table_that_cannot_be_read_is_one_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "units.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InventoryError, match=r"units\.csv"):
        Inventory.read_csv(path)
