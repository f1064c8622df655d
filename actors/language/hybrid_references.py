"""References to what a conversation named before: "the second one", "same unit", a known unit's bare number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final, NamedTuple

from actors.language.rules.amounts import COUNTED_WORDS
from actors.language.rules.lexicon import MONTHS
from actors.language.rules.word_set import word_set
from messages.understanding import Entity

REFERENCE_SURE: Final = 0.8
"""Confidence of a reference that has one answer."""
BARE_UNIT_SURE: Final = 0.85
MOST: Final = 64
"""References, and bare numbers, looked at in one message; this and the next bound the cost of a hostile one."""
_NEAR: Final = 32
"""Characters before a reference that are looked at."""

_NUMBERS: Final = {
    0: "first 1st one 1 الاولى الأولى الاولي الأولي اول أول الاولانية الأولانية الاولانيه oula ola awla awel awwel"
    " awlaneya",
    1: "second 2nd two 2 التانية الثانية التانيه الثانيه تاني ثاني tanya tany tani thania thanya taneya sania",
    2: "third 3rd three 3 التالتة الثالثة التالته الثالثه تالت ثالث talta talet thaltha talata",
    3: "fourth 4th four 4 الرابعة الرابعه rab3a rabe3",
    4: "fifth 5th five 5 الخامسة الخامسه 5amsa khamsa",
    -1: "last latter الاخيرة الأخيرة الاخيره الأخيره اخر آخر akher a5er akhira a5ira akheera",
}
_PLACE_OF: Final = {word: place for place, words in _NUMBERS.items() for word in words.split()}
_KIND_OF: Final = {
    **dict.fromkeys(("apartment", "flat", "شقة", "شقه", "sha2a", "sha22a", "shaqa", "shaqqa"), "apartment"),
    **dict.fromkeys(("villa", "فيلا"), "villa"),
    **dict.fromkeys(("office", "مكتب", "maktab"), "office"),
    **dict.fromkeys(("shop", "محل", "ma7al"), "shop"),
    **{kind: kind for kind in ("townhouse", "penthouse", "duplex", "warehouse")},
}
_BUILT: Final = frozenset({"building", "tower", "project", "compound", "برج", "عمارة", "مشروع", "borg", "mashroo3"})
"""What stands for a project, never for a unit in one."""
_HOME_NOUNS: Final = frozenset({*_KIND_OF, "unit", "وحدة", "وحده", "wa7da", "we7da", "wehda", "house"})
"""What stands for a unit, never for a project."""

_EN_NOUN: Final = (
    "one|unit|flat|apartment|villa|townhouse|penthouse|duplex|office|shop|warehouse|house|option|property|place|"
    "building|tower|project|compound"
)
_AR_NOUN: Final = "شقة|شقه|وحدة|وحده|فيلا|عقار|مكتب|محل|برج|عمارة|مشروع"
_ARZ_NOUN: Final = "sha2a|sha22a|shaqa|shaqqa|wa7da|we7da|wehda|villa|unit|maktab|ma7al|borg|mashroo3"
_EN_ORDINAL: Final = "first|1st|second|2nd|third|3rd|fourth|4th|fifth|5th|last"
_AR_ORDINAL: Final = (
    "الاولى|الأولى|الاولي|الأولي|الاولانية|الأولانية|الاولانيه|التانية|التانيه|الثانية|الثانيه|التالتة|التالته|الثالثة|"
    "الثالثه|الرابعة|الرابعه|الخامسة|الخامسه|الاخيرة|الأخيرة|الاخيره|الأخيره"
)
_ARZ_ORDINAL: Final = (
    "oula|ola|awla|awlaneya|tanya|taneya|thania|thanya|sania|talta|thaltha|rab3a|khamsa|5amsa|akhira|a5ira|akheera|"
    "tany|tani"
)
_ENDED: Final = r"(?= ?(?:$|[?!.,;]|please\b|pls\b|then\b|is\b|looks?\b|sounds?\b|or the\b))"
_REFERENCE: Final = re.compile(
    rf"\b(?P<place>{_EN_ORDINAL}) (?P<noun>{_EN_NOUN})\b"
    r"|\b(?P<numbered>option) ?(?P<count>[1-5]|one|two|three|four|five)(?![\w%.,/:-]*\w)"
    rf"|(?<!\bare )(?<!\bthe )\bnumber (?P<counted>[1-5]|one|two|three|four|five){_ENDED}"
    rf"|(?<=\bthe )(?P<alone>{_EN_ORDINAL}|former|latter){_ENDED}"
    rf"|\b(?P<same>same|that|this) (?P<same_noun>{_EN_NOUN})\b"
    rf"|(?<=\bthe )(?P<other>other) (?P<other_noun>{_EN_NOUN})\b"
    rf"|(?:(?<!\w)|(?<=\b[وبفكل]))نفس ال(?P<ar_same_noun>{_AR_NOUN})(?!\w)"
    rf"|(?:(?<!\w)|(?<=\b[وبفك]))(?:ال(?P<ar_noun>{_AR_NOUN}) )?(?P<ar_place>{_AR_ORDINAL})(?!\w)"
    r"|(?:(?<!\w)|(?<=\b[وبفكل]))(?P<ar_count>اول|أول|تاني|ثاني|تالت|ثالث|اخر|آخر) (?:واحدة|واحده|شقة|شقه|فيلا)(?!\w)"
    rf"|\bnafs (?:el|al|il)[ -]?(?P<arz_same_noun>{_ARZ_NOUN})\b"
    rf"|\b(?:(?:el|al|il)[ -]?(?P<arz_noun>{_ARZ_NOUN}) )?(?:el|al|il)[ -]?(?P<arz_place>{_ARZ_ORDINAL})\b"
    rf"|\b(?:el|al|il)[ -]?(?P<arz_bare_noun>{_ARZ_NOUN}) (?P<arz_bare_place>{_ARZ_ORDINAL})\b"
    r"|\b(?P<arz_count>awel|awwel|tany|tani|talet|akher|a5er) (?:wa7da|we7da|wahda|sha2a|villa|unit)\b",
    re.IGNORECASE,
)
_MAY_REFER: Final = sorted(
    word_set(
        "first second third fourth fifth 1st 2nd 3rd 4th 5th last latter former option number same other that this nafs"
        " oula ola awla tany taney tani thania thanya sania talta thaltha rab3a khamsa 5amsa akhira a5ira akheera wa7da"
        " we7da wahda awel awwel talet akher a5er نفس ال اول أول تاني ثاني تالت ثالث اخر آخر"
    )
)
"""What each reference holds one of: most messages are done after this."""


def _may_refer(text: str) -> bool:
    lower = text.lower()
    return any(piece in lower for piece in _MAY_REFER)


_BEFORE: Final = re.compile(r"([\w']+) ?$")
_NOT_THEIRS: Final = word_set("my our his her their a an any another every each no some its whose mine as")
"""Before "first place" they tell of a home that nobody here has named."""
_CLAUSE_BEFORE: Final = word_set(
    "that this your and or but then about prefer like take see view want choose pick visit love for of yes ok okay"
    " please with w wala law"
)
"""Without an article, a property's noun is a reference after these, or at the start of a clause."""
_ITS_OWN_LIFE: Final = re.compile(
    r" (?:that |which |where )?(?:i|we|he|she|they|(?:my|our) \w+)(?:'ve|'d| have| had)?(?: ever| once)?"
    r" (?:rented|lived|live|owned|own|bought|had|stayed|leased|sold|left|used|rent)\b",
    re.IGNORECASE,
)
_STOCK: Final = re.compile(r" (?:left|available|remaining|in stock|of its kind|(?:i|we) ever)\b", re.IGNORECASE)
_IT_IS: Final = re.compile(
    r"(?:\b(?:this|that|it)(?:'s| is| was| will be)|\b(?:is|was) (?:this|that|it)) (?:the )?$", re.IGNORECASE
)
_IS_WHEN: Final = re.compile(
    r" ?(?:(?:would|will|could|can|should|may) be|is|was|=|:|-) ?(?:on |at |for )?", re.IGNORECASE
)
_IN_A_PLACE: Final = re.compile(r" (?:in|at|near|on|by) (?:the )?", re.IGNORECASE)
_NO_HOME_AFTER: Final = frozenset(MONTHS) | word_set(
    "of floor time week month day year payment cheque check installment instalment half quarter thing step type types"
    " owner owners manager management agent agents tax taxes"
)
_NEXT: Final = re.compile(r" ?([\w']+)")
_DAY_BEFORE: Final = word_set("on by until till before after from since")

_BARE_NUMBER: Final = re.compile(r"\d{1,5}")
_MONEY_BEFORE: Final = word_set("budget offer pay paying paid under below max maximum above over around aed")
_PERIOD_AFTER: Final = re.compile(
    r" ?(?:/|per\b|a (?:month|year|week)|monthly|yearly|annually|p\.?[am]\b|k\b|%)", re.IGNORECASE
)
_MONEY_WORDS: Final = word_set("aed dhs dh dirham dirhams egp usd sar k m mn million thousand lakh الف مليون درهم")
_UNIT_BEFORE: Final = word_set("about view see visit viewing seeing visiting then")
_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_AR_NOUN_BEFORE: Final = re.compile(r"(?:ال|لل)\w+ $")
"""An Arabic noun with its article: the ordinal after it is that noun's ("the second time"), not a home's."""


class _Mention(NamedTuple):
    """A unit or project that was named, its message's number, and what kind of property that message spoke of."""

    entity: Entity
    message: int
    kinds: frozenset[str]


def messages_of(known: Sequence[Entity]) -> list[list[Entity]]:
    """Group known entities by the message that named them.

    Args:
        known: of a conversation, newest last; within a message their starts rise, and where a session keeps them, each
            message's first one starts at 0.

    Returns:
        the entities of each message.
    """
    groups: list[list[Entity]] = []
    for entity in known:
        if not groups or entity.start == 0 or entity.start <= groups[-1][-1].start:
            groups.append([])
        groups[-1].append(entity)
    return groups


def refer(text: str, known: Sequence[Entity], entities: Sequence[Entity] = ()) -> list[Entity]:
    """Resolve "the second one" and "same unit".

    Args:
        text: the message.
        known: entities of the thread, newest last.
        entities: what the message itself names.

    Returns:
        an entity for each reference that has one answer: a unit, else a project. Its span leaves English articles out,
        and keeps Arabic ones.
    """
    if not known or not _may_refer(text):
        return []
    groups = messages_of(known)
    mentions: dict[str, list[_Mention]] = {"unit": [], "project": []}
    for number, group in enumerate(groups):
        kinds = frozenset([str(e.value) for e in group if e.type == "property_type"])
        for entity in group:
            if entity.type in mentions:
                mentions[entity.type].append(_Mention(entity, number, kinds))
    places = {str(e.value) for e in known if e.type in {"project", "location"}}
    out: list[Entity] = []
    for found in islice(_REFERENCE.finditer(text), MOST):
        noun = next((found[name].lower() for name in _NOUN_GROUPS if found[name]), "one")
        candidates = mentions["project"] if noun in _BUILT else mentions["unit"]
        if not candidates and noun not in _HOME_NOUNS:
            candidates = mentions["project"]
        if not candidates or _speaks_of_else(text, found, noun, entities, places):
            continue
        kind = _KIND_OF.get(noun, "")
        word = next((found[name].lower() for name in _PLACE_GROUPS if found[name]), "")
        if word == "former":
            meant = _former(candidates)
        elif word:
            meant = _counted(candidates, _PLACE_OF[word], kind)
        elif found["other"]:
            meant = _other(candidates)
        else:
            meant = _latest(candidates, kind, groups)
        if meant is not None:
            out.append(
                Entity(
                    type=meant.type,
                    start=found.start(),
                    end=found.end(),
                    text=found[0],
                    value=meant.value,
                    confidence=REFERENCE_SURE,
                    layer="context",
                )
            )
    return out


_NOUN_GROUPS: Final = (
    "noun", "same_noun", "other_noun", "ar_same_noun", "ar_noun", "arz_same_noun", "arz_noun", "arz_bare_noun",
)  # fmt: skip
_PLACE_GROUPS: Final = (
    "place", "count", "counted", "alone", "ar_place", "ar_count", "arz_place", "arz_bare_place", "arz_count",
)  # fmt: skip


def bare_units(text: str, entities: Sequence[Entity], known: Sequence[Entity]) -> list[Entity]:
    """Find units that the conversation knows by their numbers alone: "when can I view 101?".

    Args:
        text: the message.
        entities: what was found so far, not overlapping.
        known: entities of the conversation.

    Returns:
        the entities with those units, in order; a bare number that was taken for money is the unit.
    """
    units = {str(e.value): e for e in known if e.type == "unit"}
    out = list(entities)
    if not units:
        return out
    plain = text.translate(_DIGITS) if not text.isascii() else text
    for at, entity in enumerate(out):
        if entity.type != "price" or entity.layer == "context":
            continue
        figure = plain[entity.start : entity.end]
        if figure in units and _BARE_NUMBER.fullmatch(figure) and not _is_money(plain, entity.start, entity.end):
            out[at] = _unit(text, entity.start, entity.end, figure)
    for number in units:
        if number not in plain and number not in plain.upper():
            continue
        pattern = rf"(?:(?<![\w.,/:+-])|(?<=\b[وبلفك])|(?<=\bال)){re.escape(number)}(?![\w%/]|[.,:-]\w)"
        for found in islice(re.finditer(pattern, plain, re.IGNORECASE), MOST):
            start, end = found.span()
            if any(e.start < end and start < e.end for e in out) or not _stands_for_a_unit(plain, start, end, number):
                continue
            out.append(_unit(text, start, end, number))
    return sorted(out, key=lambda e: e.start)


def _unit(text: str, start: int, end: int, value: str) -> Entity:
    return Entity(
        type="unit", start=start, end=end, text=text[start:end], value=value, confidence=BARE_UNIT_SURE, layer="context"
    )


def _is_money(text: str, start: int, end: int) -> bool:
    return _word_before(text, start) in _MONEY_BEFORE or _PERIOD_AFTER.match(text, end) is not None


def _stands_for_a_unit(text: str, start: int, end: int, number: str) -> bool:
    """Tell a unit's number from a count, an amount and an hour; short ones need more to speak for them."""
    if _is_money(text, start, end):
        return False
    after = _NEXT.match(text, end)
    word = after[1].lower() if after else ""
    if word in COUNTED_WORDS or word in MONTHS or word in _MONEY_WORDS or word in {"am", "pm"}:
        return False
    return len(number) >= 3 or (not word and _word_before(text, start) in _UNIT_BEFORE)


def _word_before(text: str, start: int) -> str:
    before = _BEFORE.search(text, max(0, start - _NEAR), start)
    return before[1].lower() if before else ""


def _speaks_of_else(text: str, found: re.Match[str], noun: str, entities: Sequence[Entity], places: set[str]) -> bool:
    """Tell "my first place", "the last flat I rented" and "first option is Friday" from a reference."""
    start, end = found.span()
    starts_at = {e.start: e for e in entities}
    following = _NEXT.match(text, end)
    if following is not None and following[1].lower() in _NO_HOME_AFTER:
        return True
    if _ITS_OWN_LIFE.match(text, end):
        return True
    before = _word_before(text, start)
    if found["place"] and _no_place_in_a_list(text, start, end, before, found["place"].lower(), noun):
        return True
    if before in _NOT_THEIRS or (found["alone"] and _word_before(text, start - len("the ")) in _DAY_BEFORE):
        return True
    if found["ar_place"] and not found["ar_noun"] and _AR_NOUN_BEFORE.search(text, max(0, start - _NEAR), start):
        return True
    when = _IS_WHEN.match(text, end)
    named = starts_at.get(when.end()) if when else None
    if named is not None and named.type in {"date", "time"}:
        return True
    inside = _IN_A_PLACE.match(text, end)
    named = starts_at.get(inside.end()) if inside else None
    return named is not None and named.type in {"project", "location"} and str(named.value) not in places


def _no_place_in_a_list(text: str, start: int, end: int, before: str, place: str, noun: str) -> bool:  # noqa: PLR0917
    """Tell whether an English ordinal and noun count no list: "in the first place", "this is the last unit left"."""
    the = before == "the"
    if the:
        before = _word_before(text, start - len("the "))
    if noun == "one":
        return False
    if noun == "place" and (before == "in" or place == "last"):
        return True
    if place in {"first", "last"} and (_IT_IS.search(text, max(0, start - _NEAR), start) or _STOCK.match(text, end)):
        return True
    return not the and bool(before) and before not in _CLAUSE_BEFORE


def _lists(candidates: Sequence[_Mention]) -> list[list[Entity]]:
    """Give what messages named side by side, the newest first; references do not make a list of their own."""
    by_message: dict[int, dict[str, Entity]] = {}
    for mention in candidates:
        if mention.entity.layer != "context":
            by_message.setdefault(mention.message, {}).setdefault(str(mention.entity.value), mention.entity)
    return [list(named.values()) for _, named in sorted(by_message.items(), reverse=True) if len(named) > 1]


def _counted(candidates: Sequence[_Mention], place: int, kind: str) -> Entity | None:
    """Count among what was last named side by side, else among all in the order in which they came up."""
    fitting = [m for m in candidates if not kind or not m.kinds or kind in m.kinds]
    once: dict[str, Entity] = {}
    for mention in fitting:
        once.setdefault(str(mention.entity.value), mention.entity)
    for listed in (*_lists(fitting), list(once.values())):
        if place < len(listed):
            return listed[place]
    return None


def _former(candidates: Sequence[_Mention]) -> Entity | None:
    lists = _lists(candidates)
    return lists[0][-2] if lists else _counted(candidates, 0, "")


def _latest(candidates: Sequence[_Mention], kind: str, groups: Sequence[Sequence[Entity]]) -> Entity | None:
    """Find what was last spoken of, unless another home of the same kind was spoken of since."""
    for number in range(len(groups) - 1, -1, -1):
        here = [m for m in candidates if m.message == number]
        if here and (not kind or not here[0].kinds or kind in here[0].kinds):
            return here[-1].entity
        # "my villa in Mudon" is another villa than that of a unit before; "the flat" alone is no other flat.
        types = {e.type for e in groups[number]}
        if kind and types & {"project", "location"} and any(e.value == kind for e in groups[number]):
            return None
    return None


def _other(candidates: Sequence[_Mention]) -> Entity | None:
    """Find the one beside that last spoken of: in the newest list of two, else the one spoken of before it."""
    last = candidates[-1].message
    listed = next(iter(_lists([m for m in candidates if m.message == last])), [])
    earlier = [m.entity for m in candidates if m.message < last] if listed else [m.entity for m in candidates]
    if listed:
        values = [str(e.value) for e in listed]
        focus = next((str(e.value) for e in reversed(earlier) if str(e.value) in values), values[0])
        others = [e for e in listed if str(e.value) != focus]
        return others[0] if len(others) == 1 else None
    focus = str(earlier[-1].value)
    for pair in _lists(candidates):
        if len(pair) == 2 and focus in {str(e.value) for e in pair}:
            return next(e for e in pair if str(e.value) != focus)
    return next((e for e in reversed(earlier) if str(e.value) != focus), None)
