"""Whether a date lies behind or ahead, by the verbs before it."""

from __future__ import annotations

from typing import Final

from actors.language.rules.word_set import word_set

_PAST_VERBS: Final = word_set(
    "sent paid transferred promised said told was were came went saw met viewed visited moved left reported "
    "called emailed messaged signed received got did happened started broke stopped since asked agreed booked "
    "submitted delivered uploaded cancelled missed been waiting من قلت قلتوا وعدتوني دفعت ارسلت بعتت كان كانت "
    "feedback heard bought enquired inquired حولت شفت وصلني جيت رحت كلمتكم دفعنا استلمت وقعت "
    "edany edetny edany 2alli 2ally 2alo geet ro7t gom geh garrabt etfa2na etaf2na mada men 2olt olt olto dafa3t "
    "ba3at ba3t ba3att kan kanet shoft 7awelt"
)
_FUTURE: Final = word_set(
    "will viewing view can could shall would may tomorrow next free available confirm book schedule come see "
    "ممكن momken please pls are for by until till to and"
)


_DOERS: Final = word_set("i we you he she they it who u just already was were had have has")


def is_past(texts: list[str], at: int) -> bool:
    """Whether a weekday follows a verb that tells of the past: "you said Monday", "leaking since Sunday"."""
    window = texts[max(0, at - 7) : at + 1]
    for place in range(len(window) - 1, -1, -1):
        word = window[place]
        if place and window[place - 1] in _DOERS and len(word) > 4 and word.endswith("ed") and word != "need":
            return True
        if word in _PAST_VERBS or (word.endswith("n't") and word in ("didn't", "wasn't", "weren't")):
            return True
        if word in _FUTURE or word in ".!?\n":
            return False
    return False
