"""Words by which a customer asks for no more messages, or for a person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_OPT_OUT: Final = (
    "stop",
    "stop all",
    "stop it",
    "stop messages",
    "stop messaging me",
    "stop texting me",
    "please stop",
    "unsubscribe",
    "opt out",
    "optout",
    "remove me",
    "remove my number",
    "do not message me",
    "dont message me",
    "no more messages",
    "إيقاف",
    "ايقاف",
    "توقف",
    "توقفوا",
    "اوقفوا الرسائل",
    "إيقاف الرسائل",
    "الغاء الاشتراك",
    "لا ترسلوا رسائل",
    "لا تراسلوني",
    "مش عايز رسائل",
    "elghaa el eshterak",
    "wa2fo el rasayel",
    "mab3atoosh tany",
)
_PERSON: Final = (
    "human",
    "real person",
    "real human",
    "live agent",
    "customer service",
    "speak to a person",
    "speak to someone",
    "speak with someone",
    "speak to an agent",
    "speak to the manager",
    "speak to a manager",
    "talk to a person",
    "talk to someone",
    "talk to a human",
    "talk to an agent",
    "talk to the manager",
    "talk to a manager",
    "are you a bot",
    "not a bot",
    "خدمة العملاء",
    "شخص حقيقي",
    "اكلم حد",
    "اكلم شخص",
    "اتكلم مع شخص",
    "اتكلم مع موظف",
    "اتحدث مع موظف",
    "احد الموظفين",
    "اكلم المدير",
    "akalem 7ad",
    "akalem had",
    "atkalem ma3 7ad",
    "akalem el modeer",
    "5edmet el 3omala",
)
_PUNCTUATION: Final = 12
_MARKS: Final = dict.fromkeys((*range(0x064B, 0x0653), 0x0670, 0x0640), "")  # vowel signs and the stretching stroke
_LETTERS: Final = {"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "'": "", "’": ""}
_FOLD: Final = str.maketrans(_LETTERS) | _MARKS
_BREAKS: Final = re.compile(r"\W+")


def fold(text: str) -> str:
    """Write a text in one form: lower case, one space between words, no punctuation, one form of each Arabic letter."""
    return _BREAKS.sub(" ", text.casefold().translate(_FOLD)).strip()


class Wishes:
    """Recognises both wishes.

    Args:
        opt_out: further messages that ask for no more; the whole message has to be one of them.
        person: further phrases that ask for a person; anywhere in the message, as whole words.
    """

    def __init__(self, opt_out: Iterable[str] = (), person: Iterable[str] = ()) -> None:
        self._opt_out = frozenset(fold(word) for word in (*_OPT_OUT, *opt_out)) - {""}
        self._longest = max(map(len, self._opt_out)) + _PUNCTUATION
        self._person: dict[str, list[str]] = {}
        for phrase in {fold(word) for word in (*_PERSON, *person)} - {""}:
            self._person.setdefault(phrase.split()[0], []).append(f" {phrase} ")

    def opts_out(self, text: str) -> bool:
        """Tell whether a message asks for no more messages."""
        return len(text) <= self._longest and fold(text) in self._opt_out

    def wants_person(self, text: str) -> bool:
        """Tell whether a message asks for a person."""
        said = f" {fold(text)} "
        phrases = self._person
        # Nearly always no word of the message begins a phrase, and one look-up a word is all.
        return any(phrase in said for word in said.split() if word in phrases for phrase in phrases[word])
