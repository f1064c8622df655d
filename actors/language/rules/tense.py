"""Whether a date lies behind or ahead, by the verbs around it."""

from __future__ import annotations

from typing import Final

from actors.language.rules.lexicon import WEEKDAYS
from actors.language.rules.word_set import word_set

_PAST_VERBS: Final = word_set(
    "sent paid transferred promised said told was were came went saw met viewed visited moved left reported called "
    "emailed messaged signed received got did happened started broke stopped since asked agreed booked submitted "
    "delivered uploaded cancelled missed been waiting قلت قلتوا وعدتوني دفعت ارسلت بعتت كان كانت feedback heard "
    "bought enquired inquired حولت شفت طلبت طلبنا سلمت سلمنا قدمت قدمنا رسلت ارسلنا اشتريت عطانا عطيت انباع وصلني جيت "
    "رحت كلمتكم دفعنا استلمت وقعت edany edetny edany 2alli 2ally 2alo geet ro7t gom geh garrabt etfa2na etaf2na mada "
    "2olt olt olto dafa3t ba3at ba3t ba3att kan kanet shoft 7awelt talabt tlabt sallemt"
)
_FUTURE: Final = word_set(
    "will viewing view can could shall would may tomorrow next free available confirm book schedule come see "
    "ممكن momken pls please are for by until till to and"
)
_SINCE: Final = frozenset({"من", "men", "mn", "min"})
_OPEN: Final = word_set(
    "متاح متاحه فاضي فاضيه متوفر متوفره موجود موجوده مفتوح مسافر اجازه جاهز جاهزه ابتداء اعتبارا available free fady "
    "fadi fadya fadyeen mota7 mota7a motawafer mawgood mawgoud gahez gahza msafer mesafer agaza ebteda2an"
)
_TO: Final = word_set("to till until - الي ل لحد لغايه حتي لين lel l le la lehad le7ad l7ad l8ayet leghayet l7d 7atta")
_BETWEEN: Final = frozenset({"el", "al", "il", "yom", "youm", "يوم"})
_DOERS: Final = word_set("i we you he she they it who u just already was were had have has")
_TOLD: Final = word_set("was were went wasn't weren't didn't كان كانت kan kanet")
_PLANNED: Final = word_set(
    "confirmed booked moved cancelled canceled postponed changed scheduled rescheduled planned set agreed supposed "
    "meant fixed proposed suggested the our my your to going when"
)
_EVENTS: Final = word_set("' s 's viewing visit meeting appointment tour inspection call showing one")


def is_past(texts: list[str], at: int, after: int | None = None) -> bool:
    """Whether a weekday follows a verb that tells of the past: "you said Monday", "leaking since Sunday".

    Args:
        texts: the tokens.
        at: token before the weekday.
        after: token after it; None where that says nothing.
    """
    window = texts[max(0, at - 7) : at + 1]
    last = len(window) - 1
    while last >= 0 and window[last] in _BETWEEN:
        last -= 1
    if last >= 0 and window[last] in _SINCE:
        if not _opens_range(texts, after) and _OPEN.isdisjoint(window):
            return True  # "خربان من الخميس": since Thursday
        window = window[:last]
    for place in range(len(window) - 1, -1, -1):
        word = window[place]
        if place and window[place - 1] in _DOERS and len(word) > 4 and word.endswith("ed") and word != "need":
            return True
        if word in _PAST_VERBS or (word.endswith("n't") and word in ("didn't", "wasn't", "weren't")):
            return True
        if word in _FUTURE or word in ".!?\n":
            return False
    return False


def _opens_range(texts: list[str], after: int | None) -> bool:
    """Whether a second bound follows: "من الخميس للسبت", "men el khamis lel sabt"."""
    word = texts[after] if after is not None and after < len(texts) else ""
    return word in _TO or (word[:1] == "ل" and (word[1:] in WEEKDAYS or f"ال{word[2:]}" in WEEKDAYS))


def told_after(texts: list[str], at: int) -> bool:
    """Whether what follows a weekday tells of it as past: "the viewing on Thursday was great", "Friday went well".

    Args:
        texts: the tokens.
        at: token after the weekday.
    """
    most = at + 3
    while at < most and at < len(texts) and texts[at] in _EVENTS:
        at += 1
    return at < len(texts) and texts[at] in _TOLD and (at + 1 >= len(texts) or texts[at + 1] not in _PLANNED)
