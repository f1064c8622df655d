"""Messages and workers that fail: set aside, killed, replayed; everybody else goes on."""

from __future__ import annotations

import pytest

from tests.spine.conftest import StartSystem
from tests.spine.feeding import feed, finished, message, rows_of, shards

POISON = "tests.spine.engines:PoisonEngine"


def letters(answers: list[dict[str, object]]) -> list[dict[str, object]]:
    return [letter for answer in answers for letter in answer["letters"]]  # type: ignore[attr-defined]


def test_a_message_that_raises_is_set_aside_with_its_trace_and_can_be_replayed(start_system: StartSystem) -> None:
    system = start_system(language__engine=POISON, sessions__backoff_ms=5)
    sent = [message("a", 1), message("a", 2, "please raise"), message("a", 3), message("b", 1)]
    tally = feed(system, sent)
    assert (tally.rows, tally.set_aside) == (3, 1)
    assert [row.message_id for row in rows_of(system) if row.conversation == "a"] == ["a-1", "a-3"]
    (letter,) = letters(shards(system, "dlq_list"))
    assert (letter["message"], letter["reason"], letter["attempts"]) == ("a-2", "raised", 4)
    shown = [
        answer["letter"] for answer in shards(system, "dlq_show", letter=str(letter["letter"])) if answer["letter"]
    ]
    assert "PoisonError" in shown[0]["traceback"]  # type: ignore[index]
    assert "understanding" in shown[0]["state"]  # type: ignore[index]
    system.stop()

    mended = start_system(language__engine="tests.spine.engines:MendedEngine")
    shards(mended, "dlq_replay", letter=str(letter["letter"]))
    feed(mended, [message("a", 4, run="later")], run="later")
    assert sorted(row.message_id for row in rows_of(mended) if row.conversation == "a") == ["a-1", "a-2", "a-3", "a-4"]
    assert letters(shards(mended, "dlq_list")) == []


@pytest.mark.parametrize(("word", "reason"), [("hang", "worker_hung"), ("die", "worker_died")])
@pytest.mark.slow
def test_a_message_that_takes_its_worker_with_it_is_found_and_set_aside(
    start_system: StartSystem, word: str, reason: str
) -> None:
    system = start_system(language__engine=POISON, language__deadline_s=1.0, sessions__backoff_ms=5)
    sent = [message(f"c{number}", 1, word if number == 7 else "hello") for number in range(40)]
    tally = feed(system, sent)
    assert (tally.rows, tally.set_aside) == (39, 1)
    (letter,) = letters(shards(system, "dlq_list"))
    assert (letter["message"], letter["reason"]) == ("c7-1", reason)


def test_a_worker_that_forgets_a_message_does_not_hold_its_conversation(start_system: StartSystem) -> None:
    system = start_system(language__engine=POISON, sessions__backoff_ms=5)
    tally = feed(system, [message("a", 1, "forget me"), message("a", 2)])
    assert (tally.rows, tally.set_aside) == (1, 1)


def test_a_lock_is_shown_and_released_by_an_operator(start_system: StartSystem) -> None:
    system = start_system(language__engine=POISON, language__deadline_s=60)
    feed(system, [message("stuck", 1, "hang"), message("stuck", 2)], wait=False)
    locks: list[dict[str, object]] = []
    from tests.spine.feeding import until

    def locked() -> bool:
        locks[:] = [lock for answer in shards(system, "locks") for lock in answer["locks"]]  # type: ignore[attr-defined]
        return bool(locks) and locks[0]["waiting"] == 1

    until(locked, "the session's lock")
    assert (locks[0]["conversation"], locks[0]["message"]) == ("stuck", "stuck-1")
    assert any(answer["unlocked"] for answer in shards(system, "unlock", conversation="stuck", who="sara"))
    tally = finished(system, 2)
    assert (tally.rows, tally.set_aside) == (1, 1)


def test_sessions_are_listed_and_shown(start_system: StartSystem) -> None:
    system = start_system()
    feed(system, [message("Ahmed", 1, "2BR in JVC for 90k"), message("Sara", 1)])
    found = [item for answer in shards(system, "sessions") for item in answer["sessions"]]  # type: ignore[attr-defined]
    assert sorted(item["conversation"] for item in found) == ["Ahmed", "Sara"]
    shown = [answer["session"] for answer in shards(system, "session", conversation="Ahmed") if answer["session"]]
    assert shown[0]["rows"] == 1  # type: ignore[index]
    assert shown[0]["recent"] == ["2BR in JVC for 90k"]  # type: ignore[index]
