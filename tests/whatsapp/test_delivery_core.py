from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.whatsapp.delivery_core import ACTIVE, DeliveryCore
from actors.whatsapp.delivery_progress import progress
from actors.whatsapp.send_outcome import Outcome, Send, Verdict, classify
from actors.whatsapp.send_rates import Breaker, TokenBucket, backoff_ms
from actors.whatsapp.settings import DeliverySettings
from messages.delivery import DeliveryStatus, Outgoing
from messages.row import Reply

T0 = 1_770_000_000_000
DAY = 86_400_000
SENT = Outcome(Verdict.SENT, "wamid.1")


def make(**more: Any) -> DeliveryCore:
    more.setdefault("dry_run", False)
    return DeliveryCore(DeliverySettings(**more), random.Random(1))


def reply(number: int, to: str = "971", **more: Any) -> Reply:
    more.setdefault("text", f"text {number}")
    more.setdefault("channel", "106")
    more.setdefault("window_until_ms", T0 + DAY)
    return Reply(reply_id=f"r-{number}", conversation=to, in_reply_to=f"w{number}", created_ms=T0, **more)


def status(send_id: str, state: Any = "sent", **more: Any) -> DeliveryStatus:
    return DeliveryStatus(message_id="wamid.s", state=state, callback=send_id, channel="106", **more)


def send_one(core: DeliveryCore, now_ms: int = T0) -> Send:
    sends, changes = core.due(now_ms, 10)
    assert len(sends) == 1
    assert {change.state for change in changes} == {"sending"}
    return sends[0]


def test_a_reply_is_sent_and_its_progress_followed() -> None:
    core = make()
    assert core.add(reply(1), T0).state == "waiting"
    send = send_one(core)
    assert (send.send_id, send.channel, send.conversation, send.text, send.template) == (
        "r-1",
        "106",
        "971",
        "text 1",
        "",
    )
    (record,) = core.outcome("r-1", SENT, T0)
    assert (record.state, record.message_id, record.attempts) == ("sent", "wamid.1", 1)
    assert core.waiting == 0
    delivered = progress(record, status("r-1", "delivered", received_ms=T0 + 5))
    assert delivered is not None
    read = progress(delivered, status("r-1", "read"))
    assert read is not None
    assert read.state == "read"
    for late in ("sent", "delivered", "read", "failed", "other"):
        assert progress(read, status("r-1", late)) is None


def test_a_dry_run_records_without_sending() -> None:
    core = make(dry_run=True)
    assert core.add(reply(1), T0).state == "dry_run"
    assert core.due(T0, 10) == ([], [])
    record = make().add(reply(2, channel="webhook:t1"), T0)
    assert (record.state, record.error) == ("dry_run", "there is no sender for webhook:t1")


# ---- order, joining, rates -----------------------------------------------------------------------------------------


def test_replies_that_wait_for_one_person_are_joined() -> None:
    core = make()
    core.add(reply(1), T0)
    send_one(core)
    for number in (2, 3, 4):
        core.add(reply(number), T0)
    core.add(reply(5, text="x" * 4090), T0)
    assert core.due(T0, 10)[0] == []  # one at a time to one person
    core.outcome("r-1", SENT, T0)
    send = send_one(core)
    assert send.text == "text 2\n\ntext 3\n\ntext 4"
    changes = core.outcome(send.send_id, SENT, T0)
    assert [(change.reply.reply_id, change.send_id, change.state) for change in changes] == [
        ("r-2", "r-2", "sent"),
        ("r-3", "r-2", "sent"),
        ("r-4", "r-2", "sent"),
    ]
    assert len(send_one(core).text) == 4090


def test_joining_can_be_switched_off() -> None:
    core = make(coalesce=False)
    core.add(reply(1), T0)
    core.add(reply(2), T0)
    assert send_one(core).text == "text 1"


def test_the_urgent_go_first() -> None:
    core = make()
    for number, priority in enumerate((5, 7, 1, 5)):
        core.add(reply(number, to=f"p{number}", priority=priority), T0)
    assert [send.conversation for send in core.due(T0, 10)[0]] == ["p2", "p0", "p3", "p1"]


def test_a_number_sends_at_its_rate() -> None:
    core = make(channel_per_s=10, channel_burst=5)
    for number in range(30):
        core.add(reply(number, to=f"p{number}"), T0)
    assert len(core.due(T0, 100)[0]) == 5
    assert core.next_ms(T0) == T0 + 100
    sent = 5
    for now in range(T0, T0 + 2000, 10):
        sent += len(core.due(now, 100)[0])
    assert sent == 5 + 19
    assert core.due(T0 + 2000, 0)[0] == []


def test_one_person_gets_one_message_each_six_seconds_after_a_burst() -> None:
    core = make(pair_burst=2, coalesce=False)
    for number in range(4):
        core.add(reply(number), T0)
    times = []
    now = T0
    while core.waiting:
        sends, _ = core.due(now, 10)
        for send in sends:
            times.append(now - T0)
            core.outcome(send.send_id, SENT, now)
        following = core.next_ms(now)
        if following is None:
            break
        now = following
    assert times == [0, 0, 6000, 12000]


def test_numbers_do_not_wait_for_each_other() -> None:
    core = make(channel_burst=1)
    for number in range(3):
        core.add(reply(number, to=f"p{number}"), T0)
    core.add(reply(9, to="p9", channel="107"), T0)
    assert {send.channel for send in core.due(T0, 10)[0]} == {"106", "107"}


# ---- window --------------------------------------------------------------------------------------------------------


def test_after_the_window_a_person_must_answer() -> None:
    core = make()
    core.add(reply(1), T0)
    core.add(reply(2, window_until_ms=T0 + 3 * DAY), T0)
    sends, changes = core.due(T0 + DAY, 10)
    assert [(change.reply.reply_id, change.state) for change in changes] == [
        ("r-1", "handed_over"),
        ("r-2", "sending"),
    ]
    assert [send.send_id for send in sends] == ["r-2"]


def test_after_the_window_an_approved_template_is_sent_if_there_is_one() -> None:
    core = make(window_template="we_answered", window_template_language="ar")
    core.add(reply(1), T0)
    send = core.due(T0 + DAY, 10)[0][0]
    assert (send.template, send.language) == ("we_answered", "ar")


def test_the_channels_word_on_the_window_counts() -> None:
    refused = Outcome(Verdict.WINDOW, "", 131047, "24 hours")
    core = make()
    core.add(reply(1), T0)
    send_one(core)
    assert core.outcome("r-1", refused, T0)[0].state == "handed_over"
    core = make(window_template="we_answered")
    core.add(reply(1), T0)
    send_one(core)
    assert core.outcome("r-1", refused, T0)[0].state == "waiting"
    assert send_one(core, T0 + 1).template == "we_answered"


# ---- errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "http_status", "verdict"),
    [
        (130429, 429, Verdict.SLOW_CHANNEL),
        (80007, 429, Verdict.SLOW_CHANNEL),
        (None, 429, Verdict.SLOW_CHANNEL),
        (131056, 400, Verdict.SLOW_PAIR),
        (131047, 400, Verdict.WINDOW),
        (190, 401, Verdict.CHANNEL),
        (0, 401, Verdict.CHANNEL),
        (200, 403, Verdict.CHANNEL),
        (None, 401, Verdict.CHANNEL),
        (131000, 500, Verdict.RETRY),
        (2, 503, Verdict.RETRY),
        (99999, 500, Verdict.RETRY),
        (131026, 400, Verdict.REFUSED),
        (100, 400, Verdict.REFUSED),
        (None, 404, Verdict.REFUSED),
        (None, 502, Verdict.UNKNOWN),
        (131026, 0, Verdict.REFUSED),
    ],
)
def test_each_error_has_its_meaning(code: int | None, http_status: int, verdict: Verdict) -> None:
    assert classify(code, http_status) is verdict


def test_a_passing_error_is_tried_again_with_growing_waits_then_given_up() -> None:
    core = make(max_attempts=4, breaker_failures=100)
    core.add(reply(1), T0)
    now, waits = T0, []
    for attempt in range(1, 5):
        send_one(core, now)
        (record,) = core.outcome("r-1", Outcome(Verdict.RETRY, "", 131000, "went wrong"), now)
        assert record.attempts == attempt
        if attempt == 4:
            assert record.state == "dead"
            assert record.error == "given up after 4 tries: went wrong"
            break
        assert record.state == "waiting"
        assert core.due(record.next_ms - 1, 10)[0] == []
        waits.append(record.next_ms - now)
        now = record.next_ms
    assert all(0 < wait <= 1000 * 2**number for number, wait in enumerate(waits))
    assert core.waiting == 0


def test_a_refused_message_is_kept_for_a_person_and_stops_no_other() -> None:
    core = make()
    core.add(reply(1), T0)
    send_one(core)
    core.add(reply(2), T0)
    (record,) = core.outcome("r-1", Outcome(Verdict.REFUSED, "", 131026, "undeliverable"), T0)
    assert (record.state, record.code, record.error) == ("dead", 131026, "undeliverable")
    assert send_one(core).send_id == "r-2"


def test_a_number_that_is_too_fast_slows_down_without_losing_tries() -> None:
    core = make()
    for number in range(3):
        core.add(reply(number, to=f"p{number}"), T0)
    sends, _ = core.due(T0, 1)
    (record,) = core.outcome(sends[0].send_id, Outcome(Verdict.SLOW_CHANNEL, "", 130429, "slow", 3000), T0)
    assert (record.state, record.attempts) == ("waiting", 0)
    assert core.due(T0 + 2999, 10)[0] == []
    later = core.next_ms(T0)
    assert later is not None
    assert later >= T0 + 3000
    assert core.due(later, 10)[0]


def test_too_many_messages_to_one_person_hold_only_that_person() -> None:
    core = make()
    core.add(reply(1, to="a"), T0)
    send_one(core)
    core.outcome("r-1", Outcome(Verdict.SLOW_PAIR, "", 131056, "pair"), T0)
    core.add(reply(2, to="b"), T0)
    assert send_one(core).conversation == "b"
    assert core.due(T0 + 5999, 10)[0] == []
    assert send_one(core, T0 + 6000).send_id == "r-1"


def test_a_number_that_fails_is_left_alone_and_probed() -> None:
    core = make(breaker_failures=3, breaker_open_s=10)
    for number in range(10):
        core.add(reply(number, to=f"p{number}"), T0)
    for send in core.due(T0, 3)[0]:
        core.outcome(send.send_id, Outcome(Verdict.RETRY, "", 131000, "x"), T0)
    assert core.breakers() == {"106": "open"}
    assert core.due(T0, 10)[0] == []
    now = core.next_ms(T0)
    assert now is not None
    while not (probes := core.due(now, 10)[0]):
        now = core.next_ms(now)
        assert now is not None
    assert len(probes) == 1
    assert core.breakers() == {"106": "half_open"}
    core.outcome(probes[0].send_id, SENT, now)
    assert core.breakers() == {"106": "closed"}
    assert len(core.due(now, 10)[0]) > 1


def test_an_expired_token_stops_the_number_and_loses_no_reply() -> None:
    core = make()
    core.add(reply(1), T0)
    now = T0
    for _ in range(20):
        sends, _ = core.due(now, 10)
        for send in sends:
            (record,) = core.outcome(send.send_id, Outcome(Verdict.CHANNEL, "", 190, "expired"), now)
            assert (record.state, record.attempts) == ("waiting", 0)
        following = core.next_ms(now)
        assert following is not None
        assert following > now
        now = following
    assert now - T0 > 60_000  # the probes become rare
    assert core.waiting == 1


# ---- unknown outcomes ----------------------------------------------------------------------------------------------

UNKNOWN = Outcome(Verdict.UNKNOWN, "", 0, "no answer in time")


def unknown_send(core: DeliveryCore) -> None:
    core.add(reply(1), T0)
    send_one(core)
    (record,) = core.outcome("r-1", UNKNOWN, T0)
    assert record.state == "unknown"
    core.add(reply(2), T0)
    assert core.due(T0 + 5000, 10)[0] == []


def test_a_status_settles_a_send_without_an_answer() -> None:
    core = make()
    unknown_send(core)
    (record,) = core.report(status("r-1", "delivered"), T0 + 100)
    assert (record.state, record.message_id) == ("delivered", "wamid.s")
    assert core.report(status("r-1", "delivered"), T0 + 100) == []
    assert send_one(core, T0 + 100).send_id == "r-2"


def test_a_failed_status_settles_it_too() -> None:
    core = make()
    unknown_send(core)
    (record,) = core.report(status("r-1", "failed", code=131026, detail="undeliverable"), T0 + 100)
    assert (record.state, record.code) == ("dead", 131026)


def test_it_is_sent_again_only_when_statuses_come_and_none_of_it() -> None:
    core = make(settle_s=60)
    unknown_send(core)
    assert core.tick(T0 + 61_000) == []  # nothing came at all: the webhooks may be late
    core.report(status("r-other"), T0 + 62_000)
    assert core.tick(T0 + 121_000) == []  # the first ones after a pause say little
    assert core.next_ms(T0 + 62_000) == T0 + 122_000
    (record,) = core.tick(T0 + 122_000)
    assert (record.state, record.send_id) == ("waiting", "r-1")
    again = core.due(core.next_ms(T0 + 122_000) or 0, 10)[0]
    assert [(send.send_id, send.text) for send in again] == [("r-1", "text 1")]  # the same, nothing joined to it


def test_without_any_status_a_person_decides() -> None:
    core = make(settle_s=60, settle_max_s=600)
    unknown_send(core)
    assert core.next_ms(T0 + 10_000) == T0 + 600_000
    (record,) = core.tick(T0 + 600_000)
    assert (record.state, record.error) == ("dead", "no answer and no status: it may have been sent or not")
    assert send_one(core, T0 + 601_000).send_id == "r-2"


def test_after_a_crash_a_send_under_way_is_unknown() -> None:
    core = make()
    core.add(reply(1), T0)
    core.add(reply(2), T0)
    _, changes = core.due(T0, 10)
    assert [change.send_id for change in changes] == ["r-1", "r-1"]
    late = Outgoing(reply=reply(3))
    again = make()
    assert [change.state for change in again.restore([late, *changes], T0)] == ["unknown", "unknown"]
    assert again.due(T0 + 10_000, 10)[0] == []
    settled = again.report(status("r-1"), T0 + 10_000)
    assert [(change.reply.reply_id, change.state) for change in settled] == [("r-1", "sent"), ("r-2", "sent")]
    assert send_one(again, T0 + 10_000).send_id == "r-3"


def test_a_status_may_come_before_the_answer() -> None:
    core = make()
    core.add(reply(1), T0)
    send_one(core)
    assert core.report(status("r-1", "read"), T0)[0].state == "read"
    assert core.outcome("r-1", UNKNOWN, T0) == []
    assert core.outcome("r-1", SENT, T0) == []
    core.add(reply(2), T0)
    send_one(core)


def test_a_failure_reported_after_acceptance_is_tried_again_or_kept() -> None:
    core = make()
    core.add(reply(1), T0)
    send_one(core)
    sent = core.outcome("r-1", SENT, T0)
    (record,) = core.reopen(sent, status("r-1", "failed", code=131056, detail="pair"), T0)
    assert record.state == "waiting"
    sent = []
    now = T0 + 6000
    send_one(core, now)
    sent = core.outcome("r-1", SENT, now)
    (record,) = core.reopen(sent, status("r-1", "failed", code=131026, detail="gone"), now)
    assert (record.state, record.error) == ("dead", "gone")
    assert core.reopen([record], status("r-1", "failed", code=131026), now) == []
    assert core.waiting == 0


def test_what_waits_is_dropped_for_who_opted_out() -> None:
    core = make()
    core.add(reply(1), T0)
    send_one(core)
    core.add(reply(2), T0)
    core.add(reply(3, to="other"), T0)
    assert [(change.reply.reply_id, change.state) for change in core.suppress("971", T0)] == [("r-2", "dead")]
    core.outcome("r-1", SENT, T0)
    assert [send.send_id for send in core.due(T0, 10)[0]] == ["r-3"]


# ---- rates ---------------------------------------------------------------------------------------------------------


def test_a_bucket_never_gives_more_than_its_rate() -> None:
    bucket = TokenBucket(100, 3)
    taken = 0
    for now in range(T0, T0 + 1000, 7):
        while bucket.ready_ms(now) == now:
            bucket.take(now)
            taken += 1
    assert taken == 3 + 9


def test_backoff_grows_and_is_bounded() -> None:
    rng = random.Random(3)
    waits = [[backoff_ms(attempt, 1, 60, rng) for _ in range(200)] for attempt in (1, 4, 50)]
    assert all(100 <= wait <= 1000 for wait in waits[0])
    assert all(800 <= wait <= 8000 for wait in waits[1])
    assert all(6000 <= wait <= 60_000 for wait in waits[2])
    assert len(set(waits[1])) > 100


def test_a_breaker_stays_open_longer_each_time() -> None:
    breaker = Breaker(1, 10, 100, random.Random(1))
    now, ceilings = T0, []
    for _ in range(6):
        breaker.failed(now)
        ceilings.append(breaker.until_ms - now)
        now = breaker.until_ms
        assert breaker.ready_ms(now, 0) == now
        breaker.tried()
        assert breaker.ready_ms(now, 1) is None
    assert max(ceilings) <= 100_000
    assert ceilings[-1] > 10_000


# ---- any course of events ------------------------------------------------------------------------------------------

_VERDICTS = [v for v in Verdict if v is not Verdict.WINDOW]


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(1, 40), st.booleans())
def test_whatever_happens_nothing_is_lost_sent_twice_or_out_of_order(
    rng: random.Random, count: int, coalesce: bool
) -> None:
    found = DeliverySettings(dry_run=False, coalesce=coalesce, settle_s=5, settle_max_s=50, max_attempts=3)
    core = DeliveryCore(found, random.Random(rng.random()))
    disk: dict[str, Outgoing] = {}
    landed: list[str] = []  # what the customers' phones show, by the channel's own truth
    arrived: dict[str, bool] = {}  # send under way: whether it landed
    now, number = T0, 0

    def keep(changes: list[Outgoing]) -> None:
        for change in changes:
            before = disk.get(change.reply.reply_id)
            assert before is None or before.state in ACTIVE or before.state == change.state or before.state == "sent"
            disk[change.reply.reply_id] = change

    def finish(send_id: str) -> None:
        verdict = rng.choice(_VERDICTS)
        if arrived[send_id]:
            outcome = rng.choice([SENT, UNKNOWN])
        else:
            outcome = Outcome(Verdict.UNKNOWN if verdict is Verdict.SENT else verdict, "", 1, "x")
        if outcome.verdict is not Verdict.UNKNOWN:
            keep(core.outcome(send_id, outcome, now))
            del arrived[send_id]
        else:
            keep(core.outcome(send_id, outcome, now))

    for _ in range(400):
        action = rng.randint(0, 6)
        if action == 0 and number < count:
            keep([core.add(reply(number, to=f"p{number % 3}"), now)])
            number += 1
        elif action in {1, 2}:
            sends, changes = core.due(now, rng.randint(1, 5))
            keep(changes)
            for send in sends:
                assert send.send_id not in arrived or not arrived[send.send_id]
                arrived[send.send_id] = rng.random() < 0.6
                if arrived[send.send_id]:
                    landed.extend(r.reply.reply_id for r in disk.values() if r.send_id == send.send_id)
        elif action == 3 and arrived:
            finish(rng.choice(sorted(arrived)))
        elif action == 4:
            # Webhooks tell the truth about everything that landed, in any order and more than once.
            for send_id in rng.sample(sorted(arrived), len(arrived)):
                if arrived[send_id]:
                    keep(core.report(status(send_id, rng.choice(["sent", "delivered"])), now))
                    if rng.random() < 0.5:
                        del arrived[send_id]
            core.report(status("someone-else"), now)
            keep(core.tick(now))
        elif action == 5:
            core = DeliveryCore(found, random.Random(rng.random()))  # killed and started again
            keep(core.restore([record for record in disk.values() if record.state in ACTIVE], now))
        else:
            now += rng.choice([10, 1000, 7000])
    assert len(landed) == len(set(landed))
    for person in range(3):
        order = [int(name[2:]) for name in landed if int(name[2:]) % 3 == person]
        assert order == sorted(order)
    assert set(disk) == {f"r-{n}" for n in range(number)}
    assert msgspec.msgpack.encode(list(disk.values()))
