"""Questions that are answered only when others have answered: what is still waited for, and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from messages.admin import AdminAnswer

Done = Callable[[dict[str, AdminAnswer]], None]

MAXIMUM_UNANSWERED = 4
"""Questions to one actor that may be without an answer: Thespian keeps at most 20 sends under way in all, and a hung
receiver would take all of them."""


@dataclass(slots=True)
class Question:
    """One question to several actors.

    Attributes:
        waiting: request id to the name of who has not answered.
        answers: those that came, by name.
        done: called once with them: when the last has come, or at the deadline.
    """

    done: Done
    waiting: dict[int, str] = field(default_factory=dict)
    answers: dict[str, AdminAnswer] = field(default_factory=dict)


class Questions:
    """All questions of one actor that are under way."""

    def __init__(self) -> None:
        self._next = 1
        self._open: dict[int, Question] = {}
        self._unanswered: dict[str, set[int]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def may_ask(self, name: str, incarnation: int) -> bool:
        """Tell whether an actor has few enough unanswered questions to be sent another."""
        return len(self._unanswered.get(f"{name}#{incarnation}", ())) < MAXIMUM_UNANSWERED

    def open(self, done: Done) -> Question:
        """Begin a question to nobody yet."""
        return Question(done)

    def asked(self, question: Question, name: str, incarnation: int) -> int:
        """Add somebody who is asked.

        Returns:
            the number that the request carries.
        """
        number = self._next
        self._next += 1
        question.waiting[number] = name
        self._open[number] = question
        self._unanswered.setdefault(f"{name}#{incarnation}", set()).add(number)
        return number

    def refused(self, question: Question, name: str, error: str) -> None:
        """Record that somebody cannot be asked."""
        question.answers[name] = AdminAnswer(id=0, target=name, ok=False, error=error)

    def sent(self, question: Question) -> None:
        """Finish at once if nobody is waited for."""
        if not question.waiting:
            question.done(question.answers)

    def answered(self, answer: AdminAnswer) -> bool:
        """Take an answer.

        Returns:
            False when nobody waits for it any more.
        """
        for name, numbers in list(self._unanswered.items()):
            numbers.discard(answer.id)
            if not numbers:
                del self._unanswered[name]
        question = self._open.pop(answer.id, None)
        if question is None:
            return False
        question.answers[question.waiting.pop(answer.id)] = answer
        self.sent(question)
        return True

    def expired(self, question: Question, waited_ms: int) -> None:
        """Finish a question whose time is over; who has not answered is answered for with an error."""
        if not question.waiting:
            return
        for number, name in question.waiting.items():
            self._open.pop(number, None)
            error = f"{name} did not answer within {waited_ms} ms"
            question.answers.setdefault(name, AdminAnswer(id=number, target=name, ok=False, error=error))
        question.waiting.clear()
        question.done(question.answers)

    def lost(self, name: str, incarnation: int) -> None:
        """Give up on a dead actor: what it was asked is answered for with an error."""
        for number in self._unanswered.pop(f"{name}#{incarnation}", set()):
            question = self._open.pop(number, None)
            if question is not None:
                del question.waiting[number]
                self.refused(question, name, f"{name} died before it answered")
                self.sent(question)
