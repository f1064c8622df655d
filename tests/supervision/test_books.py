"""The directory's book and the list of open questions."""

from __future__ import annotations

from typing import Any

from messages.admin import AdminAnswer
from supervision.directory import DirectoryBook
from supervision.gather import MAXIMUM_UNANSWERED, Questions

A: Any = "address-a"
B: Any = "address-b"


def test_changes_coalesce_until_the_last_version_was_acknowledged() -> None:
    book = DirectoryBook()
    assert book.add("a", 1, A)
    assert [name for name, _ in book.due()] == ["a"]
    assert book.add("b", 2, B)
    assert book.add("c", 3, B)
    assert [name for name, _ in book.due()] == ["b", "c"]  # a has not seen version 1 yet
    assert book.due() == []
    book.seen("a", 1, 1)
    assert [name for name, _ in book.due()] == ["a"]
    assert not book.settled()
    for name, incarnation in (("a", 1), ("b", 2), ("c", 3)):
        book.seen(name, incarnation, 3)
    assert book.settled()
    message, addresses = book.message()
    assert (message.version, message.names, message.incarnations) == (3, ("a", "b", "c"), (1, 2, 3))
    assert addresses == (A, B, B)


def test_an_older_life_neither_replaces_nor_removes_a_newer() -> None:
    book = DirectoryBook()
    book.add("a", 5, A)
    assert not book.add("a", 4, B)
    assert book.remove("a", 4) == []
    assert book.entries["a"].address == A
    assert book.remove("a", 5) == [("a", 5)]


def test_a_supervisor_takes_all_below_it_out_of_the_book() -> None:
    book = DirectoryBook()
    for name in ("sessions", "sessions/shard-0", "sessions/shard-1", "sessions2"):
        book.add(name, 1, A)
    assert sorted(name for name, _ in book.remove("sessions", 1)) == [
        "sessions",
        "sessions/shard-0",
        "sessions/shard-1",
    ]
    assert list(book.entries) == ["sessions2"]


def answer(number: int, name: str) -> AdminAnswer:
    return AdminAnswer(id=number, target=name, ok=True, result={"n": number})


def test_a_question_is_done_with_the_last_answer() -> None:
    questions = Questions()
    done: list[dict[str, AdminAnswer]] = []
    question = questions.open(done.append)
    first, second = (questions.asked(question, name, 1) for name in ("a", "b"))
    questions.sent(question)
    questions.answered(answer(first, "a"))
    assert done == []
    questions.answered(answer(second, "b"))
    assert [sorted(each) for each in done] == [["a", "b"]]
    assert not questions.answered(answer(second, "b"))
    assert len(questions) == 0


def test_a_question_is_done_at_its_deadline_and_with_the_dead() -> None:
    questions = Questions()
    done: list[dict[str, AdminAnswer]] = []
    question = questions.open(done.append)
    questions.asked(question, "a", 1)
    dead = questions.open(done.append)
    questions.asked(dead, "b", 1)
    questions.lost("b", 1)
    questions.expired(question, 50)
    questions.expired(question, 50)
    assert [each.error for answers in done for each in answers.values()] == [
        "b died before it answered",
        "a did not answer within 50 ms",
    ]
    assert len(questions) == 0


def test_the_unanswered_are_bounded_for_each_actor_and_life() -> None:
    questions = Questions()
    for _ in range(MAXIMUM_UNANSWERED):
        question = questions.open(lambda _answers: None)
        number = questions.asked(question, "a", 1)
        questions.expired(question, 10)
    assert not questions.may_ask("a", 1)
    assert questions.may_ask("a", 2)
    assert questions.may_ask("b", 1)
    questions.answered(answer(number, "a"))  # late, but it lives
    assert questions.may_ask("a", 1)
