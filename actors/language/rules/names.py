"""Names that a cue gives away: persons, buildings, places that no list holds."""

from __future__ import annotations

import re
from typing import Final

from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import Tokens

TITLES: Final = frozenset(
    "mr mrs ms miss mister dr doctor eng engr engineer sheikh sheikha prof madam sir capt captain استاذ الاستاذ استاذه دكتور الدكتور مهندس المهندس سيد السيد السيده مدام انسه ostaz".split()
)
_SPAN_TITLES: Final = frozenset("mr mrs ms miss mister dr".split())
_CALL: Final = frozenset(
    "call ask contact tell inform text ping msg whatsapp email meet with from for regards thanks cheers hi hello hey dear its it's i'm im am by and يا مع السيد انا معك معاك اخوك hi ya ana ma3ak ma3aky".split()
)
_AFTER_NAME: Final = frozenset("here speaking from said says will is was has told asked wants called calling".split())


def _common() -> frozenset[str]:
    return frozenset(
        "i i'm im i'll i've we the a an is are was were do does did can could would will shall may hi hello hey dear good morning evening afternoon night please pls plz "
        "thanks thank thx ok okay yes no not sure also and or but so if when what where which who how why any all my your our his her their its it this that these those "
        "there here in at on for from to of by with about just need looking want like love great nice perfect hope sorry regarding kindly let call send sent see saw "
        "got get give have has had been be am pm today tomorrow tonight yesterday next last monday tuesday wednesday thursday friday saturday sunday january february "
        "march april june july august september october november december mon tue wed thu fri sat sun one two three four five six seven eight nine ten first second new "
        "sir madam maam ma'am team everyone all guys bro dude friend friends dad mom agent broker landlord tenant owner manager client buyer seller security reception "
        "mr mrs ms miss dr still again back now asap urgent update regards best cheers bye salam assalam alaikum hala ya habibi rent sale buy lease price studio "
        "flat apartment villa office unit tower building floor parking pool gym bedroom bathroom bed bath sqft aed usd dhs egp ejari dewa noc rera mou spa kyc id passport visa cheque "
        "whatsapp google maps zoom bayut dubizzle property finder pdf ac wifi tv bbq ps fyi btw eta eod etc vat am only more less than then maybe very too much many "
        "per under over above below near around between until before after since because happy interested viewing meeting contract deposit commission offer offered "
        "final deal agreed accept confirmed confirm cancel reschedule waiting wait too never always every each both either neither other another same such own".split()
    )


COMMON: Final = _common()

_PROJECT_TAIL: Final = frozenset(
    "tower towers residence residences heights apartments apartment building bldg compound plaza suites court lofts mansions mansion villas terraces homes estate estates "
    "gate condos condominiums complex".split()
)
_PROJECT_STRONG: Final = _PROJECT_TAIL - {"apartment", "villas", "homes", "gate", "apartments", "building", "compound"}
_PLACE_LEAD: Final = frozenset("in at near around from to towards by of".split())
_ARABIC_PROJECT: Final = frozenset({"برج", "كمبوند", "كومباوند", "مشروع", "عماره", "ابراج", "compound", "borg", "burj"})
_WORD: Final = re.compile(r"[^\W\d_][^\W_]*")


def find_persons(tokens: Tokens) -> list[Candidate]:
    """Find persons by a title, an introduction, a sign-off, or a verb that takes a person.

    Args:
        tokens: the text.

    Returns:
        candidates; the less sure ones below 0.7.
    """
    found: list[Candidate] = []
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    count = len(texts)
    for at, word in enumerate(texts):
        if word in TITLES:
            first = at + 1
            if first < count and texts[first] == "." and starts[first] == ends[at]:
                first += 1
            last = _name_end(tokens, first, 3, need_capital=word not in _SPAN_TITLES or word == "miss")
            if last > first and starts[first] - ends[first - 1] <= 1:
                start = (
                    starts[at]
                    if word in _SPAN_TITLES or tokens.is_upper(at) and word.isascii() and word not in ("sir", "madam")
                    else starts[first]
                )
                found.append(_person(tokens, start, ends[last - 1], 0.93))
            continue
        first = _introduced(texts, at)
        if first:
            last = _name_end(tokens, first, 3, need_capital=False)
            if last > first:
                found.append(_person(tokens, starts[first], ends[last - 1], 0.85))
    return found


def _person(tokens: Tokens, start: int, end: int, sure: float) -> Candidate:
    return Candidate(start, end, "person", tokens.folded[start:end], sure)


def _introduced(texts: list[str], at: int) -> int:
    """Return the token after an introduction that ends at ``at``, or 0."""
    word = texts[at]
    if word == "name" or word in ("اسمي", "esmi", "ismi"):
        following = texts[at + 1] if at + 1 < len(texts) else ""
        if word != "name":
            return at + 1
        if at and texts[at - 1] in ("my", "his", "her", "name"):
            return at + 2 if following in ("is", ":", "'s") else at + 1
    if word in ("name's",):
        return at + 1
    return 0


def _name_end(tokens: Tokens, first: int, most: int, *, need_capital: bool) -> int:
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    at = first
    while at < len(texts) and at - first < most:
        word = texts[at]
        if not _WORD.fullmatch(word.replace("'", "")) or word in COMMON or any(char.isdigit() for char in word):
            break
        arabic = word[0] > "\u0600"
        if (need_capital or at > first) and not (tokens.is_upper(at) or arabic):
            break
        if at > first and (starts[at] - ends[at - 1] != 1 or arabic):
            break
        at += 1
    return at


def find_cued_names(tokens: Tokens, known: frozenset[str], taken: list[tuple[int, int]]) -> list[Candidate]:
    """Find capitalised names whose neighbours say what they are.

    Args:
        tokens: the text.
        known: words that are no name here.
        taken: spans that other rules own.

    Returns:
        candidates: projects ("Palm View Tower"), places ("in Springfield") and persons ("call Omar"); not very sure.
    """
    found: list[Candidate] = []
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    count = len(texts)
    owned = {start for span in taken for start in range(span[0], span[1])}
    at = 0
    while at < count:
        if (
            not tokens.is_upper(at)
            or texts[at] in COMMON
            or starts[at] in owned
            or texts[at] in known
            or len(texts[at]) < 2
        ):
            at += 1
            continue
        last = at + 1
        while (
            last < count
            and last - at < 4
            and starts[last] - ends[last - 1] == 1
            and starts[last] not in owned
            and tokens.is_upper(last)
            and texts[last] not in COMMON - _PROJECT_TAIL
        ):
            last += 1
        before = texts[at - 1] if at else ""
        after = texts[last] if last < count else ""
        tail = texts[last - 1]
        start, end = starts[at], ends[last - 1]
        value = tokens.folded[start:end]
        if last - at > 1 and tail in _PROJECT_TAIL:
            if last < count and texts[last].isdigit() and len(texts[last]) < 3 and starts[last] - ends[last - 1] == 1:
                end = ends[last]
                value = tokens.folded[start:end]
            found.append(Candidate(start, end, "project", value, 0.85 if tail in _PROJECT_STRONG else 0.75))
        elif after in _PROJECT_TAIL and after in _PROJECT_STRONG and starts[last] - ends[last - 1] == 1:
            found.append(Candidate(start, ends[last], "project", tokens.folded[start : ends[last]], 0.7))
        elif before in _PLACE_LEAD and (before in ("in", "near", "around") or last - at > 1):
            found.append(Candidate(start, end, "location", value, 0.6 if before != "in" else 0.65))
        elif (
            before in _CALL
            or after in _AFTER_NAME
            or (after == "," and at == 0)
            or (last == count and at and texts[at - 1] in (",", "-", ".", "!"))
        ):
            if last - at <= 3 and all(len(texts[index]) > 2 or index > at for index in range(at, last)):
                found.append(Candidate(start, end, "person", value, 0.6))
        at = last
    return found
