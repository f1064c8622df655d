"""Unit numbers, street addresses, and amounts that only their context makes money."""

from __future__ import annotations

import re
from typing import Final

from actors.language.rules.amounts import BED_WORDS, COUNTED_WORDS, UNIT_WORDS
from actors.language.rules.candidate import Candidate, whole
from actors.language.rules.fold import NUMBER, Tokens
from actors.language.rules.lexicon import MONTHS
from actors.language.rules.numbers import Number

_CUES: Final = frozenset(
    "unit units apt apts appt apartment apartments appartment flat flats villa villas townhouse townhouses th office offices shop shops suite suites "
    "house plot penthouse ph duplex warehouse store room "
    "شقه شقق وحده فيلا مكتب محل الشقه الوحده الفيلا المكتب المحل لشقه للشقه بشقه "
    "sha2a sha22a sha2et sha2t shaqa sha2qa she2a wehda we7da villa maktab ma7al".split()
)
UNIT_CUES: Final = _CUES | {"#", "no", "number", "num", "رقم", "raqam", "rakam"}
_CODE: Final = re.compile(
    r"[\s.:]{0,2}(?:(?:no|num|number|nr|nbr|رقم|raqam|rakam|#)[\s.:#]{0,2})?"
    r"((?:[a-z]{1,3}[-/ ]?)?[0-9]{1,5}(?:[-/][a-z0-9]{1,4})?[a-z]?)(?![\w%])"
)
_MORE: Final = re.compile(r"\s?(?:,|&|/|and|or|و|w|او)\s?((?:[a-z]{1,2}-?)?[0-9]{1,5}[a-z]?)(?![\w%:.,/])")
_WORDS_NOT_CODES: Final = frozenset(
    "in at is on of to for no the and or by a an my for me we it so up any all has can by see not ok hi from el fi law".split()
)

_SUFFIX: Final = frozenset(
    "st street rd road ave avenue blvd boulevard ln lane dr drive ct court pl place way terrace ter cres crescent close pkwy parkway hwy highway "
    "sq square row mews circle cir trail trl alley gardens grove".split()
)


def find_units(tokens: Tokens, numbers: list[Number]) -> list[Candidate]:
    """Find unit numbers after a word like "unit", "شقة" or "#".

    Args:
        tokens: the text.
        numbers: its numbers; roles are set.

    Returns:
        candidates.
    """
    found: list[Candidate] = []
    folded, texts, starts, ends = tokens.folded, tokens.texts, tokens.starts, tokens.ends
    at_start = {start: index for index, start in enumerate(starts)}
    by_token = {number.first: number for number in numbers}
    for at, word in enumerate(texts):
        if word not in UNIT_CUES:
            continue
        if word in ("no", "number", "num", "رقم", "raqam", "rakam") and not _numbered_thing(texts, at):
            continue
        match = _CODE.match(folded, ends[at])
        if match is None or match.start(1) == ends[at] and word != "#":
            continue
        end = _accept(tokens, match, at_start, by_token, sure=word in ("unit", "units", "apt", "#", "شقه", "الشقه"))
        while end:
            start = match.start(1)
            code = match[1]
            found.append(Candidate(start, end, "unit", code.upper().replace(" ", ""), 0.93))
            match = _MORE.match(folded, end)
            if match is None:
                break
            end = _accept(
                tokens,
                match,
                at_start,
                by_token,
                sure=word in ("units", "apts", "flats", "villas", "apartments", "offices", "shops", "شقق"),
            )
    return found


def _numbered_thing(texts: list[str], at: int) -> bool:
    """Whether "number 12" counts a home, not a phone, a permit or a passport."""
    return at > 0 and texts[at - 1] in _CUES


def _accept(
    tokens: Tokens, match: re.Match[str], at_start: dict[int, int], by_token: dict[int, Number], *, sure: bool
) -> int:
    """Return the end of a unit code, or 0 where the number counts something else."""
    code = match[1]
    letters = code.partition(" ")[0]
    if " " in code and (letters in _WORDS_NOT_CODES or len(letters) > 2):
        return 0
    first = at_start.get(match.start(1))
    end = match.end(1)
    index = first
    texts = tokens.texts
    while index is not None and index < len(texts) and tokens.ends[index] < end:
        index += 1
    following = texts[index + 1] if index is not None and index + 1 < len(texts) else ""
    number = by_token.get(first) if first is not None else None
    if number is not None and number.role and number.role != "time":
        return 0
    if following in UNIT_WORDS and following not in ("a", "p", "m", "ص", "م", "dr", "am") and code.isdigit():
        return 0
    if following in BED_WORDS or following in ("/",) and code.isdigit() and len(code) < 3:
        return 0
    if following in COUNTED_WORDS and not sure and len(code) < 3:
        return 0
    if code.isdigit() and following in MONTHS and len(code) < 3 and following not in ("may", "mar"):
        return 0
    if (
        following == ":"
        and index is not None
        and index + 2 < len(texts)
        and tokens.kinds[index + 2] == NUMBER
        and len(code) < 3
    ):
        return 0
    if number is not None:
        number.role = "unit"
    else:
        for inner in range(first or 0, (index or 0) + 1):
            if inner in by_token:
                by_token[inner].role = "unit"
    return end


_STREET: Final = re.compile(
    r"[0-9]{1,5}[a-z]?(?:-[0-9]{1,5})? (?:(?:n|s|e|w|north|south|east|west)\.? )?(?:[0-9]{1,3}(?:st|nd|rd|th)|[a-z][a-z'.]{1,20}(?: [a-z][a-z']{1,20}){0,2})"
    r" (?:" + "|".join(sorted(_SUFFIX, key=len, reverse=True)) + r")\b"
)
_NOT_STREET_WORDS: Final = frozenset(
    "the at in on to for and or is per my from with of pm am bed bath bedroom minutes min mins km cars units days this that it near by".split()
)
STREET_WORDS: Final = _SUFFIX


def find_streets(tokens: Tokens, numbers: list[Number]) -> list[Candidate]:
    """Find street addresses: "12 Palm St", "480 W 34th Street".

    Args:
        tokens: the text.
        numbers: its numbers; sets the role of those in an address.

    Returns:
        candidates.
    """
    found: list[Candidate] = []
    folded = tokens.folded
    for number in numbers:
        if number.role or number.in_words or number.grouped:
            continue
        start = tokens.starts[number.first]
        match = _STREET.match(folded, start)
        if match is None:
            continue
        words = match[0].split()
        if any(word in _NOT_STREET_WORDS for word in words[1:-1]):
            continue
        if words[-1] in (
            "dr",
            "st",
            "ct",
            "place",
            "way",
            "close",
            "court",
            "square",
            "row",
            "drive",
            "gardens",
            "lane",
        ) and not _capital(tokens, number.first + 1):
            continue
        number.role = "location"
        found.append(Candidate(start, match.end(), "location", match[0], 0.93))
        for other in numbers:
            if start < tokens.starts[other.first] < match.end():
                other.role = "location"
    return found


def _capital(tokens: Tokens, index: int) -> bool:
    return index < len(tokens.texts) and (tokens.is_upper(index) or tokens.kinds[index] == NUMBER)


_MONEY_BEFORE: Final = frozenset(
    "rent price budget under below above over max maximum min minimum upto asking ask offer offered offering offers pay paid paying paying deposit cost costs "
    "at for around approx about reduce reduced drop dropped lower lowest accept accepts take takes do final best lets let make makes made close settle agree agreed "
    "go counter fee fees commission charge charges charged increase increased raise raised worth value valued quote quoted cheque cheques transfer transferred "
    "sent send amount total balance is now to from between within than last net was "
    "ميزانيه ميزانيتي ميزانيتنا بحدود حدود ب سعر السعر ايجار الايجار بسعر عرض دفعت ادفع تحت فوق اقل اكثر عند حوالي تحويل عربون مقدم "
    "b be bi mizaniya mezaniya budget el el3ard 3ard 3ardi as3ar se3r si3r da2af7 adfa3 dafa3t 3arboon ta7t a2al".split()
)
_MONEY_SURE: Final = frozenset(
    "rent price budget under below max maximum asking offer offered pay paid deposit fee fees commission upto ميزانيه ميزانيتي سعر السعر الايجار بسعر عرض تحت se3r ta7t".split()
)
_PERIODS: Final = frozenset(
    "month monthly mo year yearly yr annum annual annually pm pa pcm week weekly cheque cheques chq chqs cash net negotiable final flat total deposit "
    "شهري شهريا سنوي سنويا بالسنه بالشهر فالسنه كاش نقدا sanawi shahri fel felsana felshahr cash".split()
)
_DEALS: Final = frozenset(
    "do accept take takes settle agree final last best make counter offer offered close go meet budget price rent asking reduce lower drop "
    "under below max lets at from to ask raise increase than least is for b ب عرض اخر السعر akher a5er a5r take".split()
)


def find_bare_money(tokens: Tokens, numbers: list[Number], default_scale: float) -> list[Candidate]:
    """Find amounts without a currency or multiplier: "budget 85000", "85,000 per year", "can you do 95".

    Args:
        tokens: the text.
        numbers: its numbers; those without a role are looked at.
        default_scale: what an elliptical amount is multiplied by where no other amount of the text tells.

    Returns:
        candidates.
    """
    found: list[Candidate] = []
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    count = len(texts)
    scales = {number.scale for number in numbers if number.role == "price"}
    amounts = [number.value * number.scale for number in numbers if number.role == "price"]
    for number in numbers:
        if number.role or number.in_words or number.value <= 0:
            continue
        first, at = number.first, number.after
        after = texts[at] if at < count else ""
        if (
            after in COUNTED_WORDS
            or after in ("%", "/", ":", "@", "+")
            or (after == "-" and at + 1 < count and starts[at] == ends[at - 1] and starts[at + 1] == ends[at])
        ):
            if not (after == "/" and at + 1 < count and texts[at + 1] in _PERIODS | {"-"}):
                continue
        if (
            first
            and texts[first - 1]
            in ("#", "/", "+", ":", "floor", "tower", "building", "block", "gate", "phase", "street")
            and texts[first - 1] != ":"
        ):
            continue
        if first and texts[first - 1] == "-" and starts[first] == ends[first - 1]:
            continue
        before = texts[max(0, first - 4) : first]
        near = before[-1] if before else ""
        following = texts[at : at + 3]
        period = any(word in _PERIODS for word in following[:2]) or following[:2] in (
            ["a", "month"],
            ["a", "year"],
            ["per", "month"],
        )
        value = number.value
        end = ends[at - 1]
        if after == "/" and at + 1 < count and texts[at + 1] == "-":
            end = ends[at + 1]
        if number.grouped and value >= 1000:
            found.append(Candidate(starts[first], end, "price", whole(value), 0.9))
        elif value >= 1000 and (1 + len(str(int(value)))) and not (1900 <= value <= 2100 and not period):
            sure = any(word in _MONEY_SURE for word in before)
            if (
                period
                or sure
                or (near in _MONEY_BEFORE and value >= 10000)
                or any(word in _DEALS for word in before)
                and value % 500 == 0
            ):
                found.append(Candidate(starts[first], end, "price", whole(value), 0.85 if period or sure else 0.75))
            elif value >= 10000 and value % 500 == 0:
                found.append(Candidate(starts[first], end, "price", whole(value), 0.7))
            else:
                continue
        elif value < 1000 and (near in _DEALS or period and value > 12):
            scaled = _elliptical(value, scales, amounts, default_scale, before, period=period)
            if scaled is None:
                continue
            found.append(Candidate(starts[first], end, "price", whole(scaled), 0.72))
        else:
            continue
        number.role = "price"
    return found


def _elliptical(
    value: float, scales: set[float], amounts: list[float], default_scale: float, before: list[str], *, period: bool
) -> float | None:
    strong = any(
        word
        in (
            "do",
            "accept",
            "take",
            "settle",
            "final",
            "counter",
            "offer",
            "offered",
            "budget",
            "price",
            "asking",
            "meet",
            "عرض",
            "اخر",
            "السعر",
            "akher",
            "a5er",
            "under",
            "max",
            "rent",
            "lower",
            "reduce",
            "drop",
            "make",
        )
        for word in before
    )
    for scale in (1e3, 1e6):
        if scale in scales:
            nearest = min(amounts, key=lambda amount: abs(amount - value * scale))
            if 0.4 < value * scale / nearest < 2.5:
                return value * scale
    for amount in amounts:
        for scale in (1e3, 1e6):
            if 0.5 < value * scale / amount < 2:
                return value * scale
    if not strong or amounts:
        return value if period and value >= 100 else None
    if value != int(value):
        return value * 1e6 if value < 20 else None
    if 20 <= value < 1000:
        return value * default_scale
    return None
