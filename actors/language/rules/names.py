"""Names that a cue gives away: persons, buildings, places that no list holds."""

from __future__ import annotations

import re
from typing import Final

from actors.language.rules.candidate import Candidate
from actors.language.rules.fold import NUMBER, WORD, Tokens
from actors.language.rules.lexicon import BATH_WORDS, BED_WORDS, CURRENCIES
from actors.language.rules.word_set import word_set

TITLES: Final = word_set(
    "mr mrs ms miss mister dr doctor eng engr engineer sheikh sheikha prof madam sir capt captain uncle auntie aunty "
    "bashmohandes bashmohandis mohandes mohandis doktor doktora باشمهندس ostaz ostaaz ostath ustaz ustad ustadh "
    "استاذ الاستاذ استاذه الاستاذه دكتور الدكتور دكتوره الدكتوره مهندس المهندس "
    "سيد السيد السيده مدام انسه"
)
_SURE_TITLES: Final = word_set("استاذ الاستاذ استاذه الاستاذه السيد السيده مدام انسه")
_LOWER_TITLES: Final = word_set("mr mrs ms mister dr")  # a name after these needs no capital
_ARABIC_TITLED: Final = word_set(
    "انا احنا نحن انت انتم هالشقه هذا هذي دي الله وين كيفك كيف لك عندك عندكم فيه شفت قدمنا "
    "قال قالت يقول بيقول جاي جاء جه راح رايح اتصل كلمني رد يرد وصل لسه مش ما لم هو هي ده كان موجود ممكن لو بعد قبل "
    "اليوم بكره امس وعد وعدني طلب يطلب هل كيف متي وين ايش شو عايز يبغي لازم صباح مساء كل الله اهلا شكرا السلام تحياتي"
)
_CALL: Final = word_set(
    "gm ge ring thank morning afternoon evening salam bro ostaz ostaza madam dr eng call ask contact tell inform "
    "text ping msg whatsapp email meet with from for regards thanks cheers hi "
    "hello hey dear its it's i'm im am by and يا مع السيد انا معك معاك اخوك hi ya ana ma3ak ma3aky"
)
_ARABIC_CALL: Final = word_set(
    "الدكتوره دكتوره الاستاذه باشمهندس البشمهندس يا مع انا معك معاك اخوك اختك استاذ الاستاذ استاذه دكتور الدكتور "
    "مهندس المهندس السيد السيده مدام اسمي اسمه "
    "اسمها كلم كلموا الاخ الاخت باسم شكرا"
)
_SIGN_OFF: Final = word_set("regards rgds thanks thx cheers sincerely best br thankyou yours respectfully salam you")
_INTRODUCES: Final = word_set("call ask contact tell inform ping hi hello hey dear regards rgds mr mrs")


def _common() -> frozenset[str]:
    return word_set(
        "jan feb mar apr jun jul aug sep sept oct nov dec spring summer autumn fall winter ramadan eid "
        "i'd we'd you'd we're we've we'll you're they're he's she's sirs accounts business goodbye come courier "
        "delivery "
        "i i'm im i'll i've we the a an is are was were do does did can could would will shall may hi hello hey dear "
        "good morning evening afternoon night please pls plz thanks thank thx ok okay yes no not sure also and or but "
        "so if when what where which who how why any all my your our his her their its it this that these those there "
        "here in at on for from to of by with about just need looking want like love great nice perfect hope sorry "
        "regarding kindly let call send sent see saw got get give have has had been be am pm today tomorrow tonight "
        "yesterday next last monday tuesday wednesday thursday friday saturday sunday january february march april "
        "june july august september october november december mon tue wed thu fri sat sun one two three four five six "
        "seven eight nine ten first second new sir madam maam ma'am team everyone all guys bro dude friend friends "
        "dad mom agent broker landlord tenant owner manager client buyer seller security reception mr mrs ms miss dr "
        "still again back now asap urgent update regards best cheers bye salam assalam alaikum ya habibi rent "
        "sale buy lease price studio flat apartment villa office unit tower building floor parking pool gym bedroom "
        "bathroom bed bath sqft aed usd dhs egp ejari dewa noc rera mou spa kyc id passport visa cheque whatsapp "
        "google maps zoom bayut dubizzle property finder pdf ac wifi tv bbq ps fyi btw eta eod etc vat am only more "
        "less than then maybe very too much many per under over above below near around between until before after "
        "since because happy interested viewing meeting contract deposit commission offer offered final deal agreed "
        "accept confirmed confirm cancel reschedule waiting wait too never always every each both either neither "
        "other another same such own city town area county state country district community place location street "
        "road house home room client customer kids mum noted mine nothing boiler water gas smell kitchen ceiling help "
        "fire leak stop congrats forwarded fwd forward hot urgent gents ladies anyone someone everybody nobody "
        "everything something ac heating lift elevator hiya yo pics photos photo video brochure map link pin receipt "
        "invoice payment cash bank transfer iban account swift noc ref id otp pin code key keys door gate card access"
    )


COMMON: Final = _common()

PROJECT_TAIL: Final = word_set(
    "tower towers residence residences heights apartments apartment building bldg compound plaza suites court "
    "lofts mansions mansion villas terraces homes estate estates gate condos condominiums complex house hotel "
    "manor lodge park gardens woods oasis view views court residency enclave greens lakes village grove meadows "
    "quay wharf hollow crossing landing commons mews reach chambers "
    "hills bluff pointe point square quarter quarters wharf palace center centre mall"
)
_PROJECT_STRONG: Final = word_set(
    "tower towers residence residences residency heights apartments lofts suites plaza condos condominiums "
    "terraces compound building"
)
_PLACE_LEAD: Final = word_set("in at near around from to towards by of")
_ARABIC_FUNCTION: Final = word_set(
    "في من علي مع الي عن هل كم و او ثم لا ما جديد جديده قديم كبير كبيره صغير كامل كامله سكني سكنيه هنا هناك "
    "جاهز جاهزه دخلها دخله كبيره استثماري اللي التي الذي للبيع للايجار رقم موجود فاضي فيها فيه"
)
_ARABIC_PROJECT: Final = word_set("برج كمبوند كومباوند كمباوند مشروع عماره ابراج مجمع تاور ريزيدنس compound borg burj")
_PROJECT_LEAD: Final = word_set("compound kompound combound borg abrag")
_COUNTS: Final = frozenset({"one", "two", "three"})
_COUNTED: Final = word_set(
    "option number phase plot plan step level part type block cluster zone district terminal gate floor chapter day "
    "week year version round point plus line grade formula air square cheque property"
)
_NO_STREETS: Final = _ARABIC_FUNCTION | word_set("ولا عام عندكم رئيسي واحد واسع تجاري هادي هادئ راقي وسكه فرعي جانبي")
_NO_NAMES: Final = _ARABIC_TITLED | _ARABIC_FUNCTION | frozenset({"fel", "fi", "a7san", "el"})
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
            if word == "miss" and at and not tokens.is_upper(at):
                continue  # the verb
            first = at + 1
            if first < count and texts[first] == "." and starts[first] == ends[at]:
                first += 1
            last = _name_end(tokens, first, 3, need_capital=word not in _LOWER_TITLES)
            if word[0] > "\u0600" and word not in _SURE_TITLES:
                continue  # "المهندس يوم الثلاثاء": a listed name follows these, see ``named_person``
            if word[0] > "\u0600" and last > first and texts[first].startswith("ال"):
                continue
            if last > first and starts[first] - ends[first - 1] <= 1 and texts[first] not in _NO_NAMES:
                start = starts[first if word == "sir" else at]
                found.append(_person(tokens, start, ends[last - 1], 0.93))
            continue
        first = _introduced(texts, at) if word in _NAME_WORDS else 0
        if first and first < count and texts[first] not in _MISSPELT:
            last = _name_end(tokens, first, 3, need_capital=False)
            if last > first:
                found.append(_person(tokens, starts[first], ends[last - 1], 0.85))
    return found


_MISSPELT: Final = word_set(
    "spelled spelt misspelled misspelt wrong wrongly incorrectly incorrect written ghalat 8alat fi fe ma msh mesh mish "
    "3ala bel fel el a7san غلط غلطان بالعقد في مو مش مكتوب مكتوبه على علي ع كان ناقص بالغلط انكتب bhai"
)


def _person(tokens: Tokens, start: int, end: int, sure: float) -> Candidate:
    return Candidate(start, end, "person", tokens.folded[start:end], sure)


def _introduced(texts: list[str], at: int) -> int:
    """Return the token after an introduction that ends at ``at``, or 0."""
    word = texts[at]
    if word != "name's":
        following = texts[at + 1] if at + 1 < len(texts) else ""
        if word != "name":
            return at + 1
        if at and texts[at - 1] in ("my", "his", "her", "name"):
            return at + 2 if following in ("is", ":", "'s") else at + 1
        return 0
    return at + 1


_NAME_WORDS: Final = frozenset({"name", "name's", "اسمي", "esmi", "ismi"})


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


def named_person(tokens: Tokens, at: int, *, weak: bool) -> Candidate | None:
    """Take a listed first name, and the capitalised names that follow it, for a person.

    Args:
        tokens: the text.
        at: token of the first name.
        weak: the name is an ordinary word, too: it needs a word like "call" before it.
    """
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    before = texts[at - 1] if at else ""
    capital = tokens.is_upper(at)
    called = before in _CALL or (before in (",", ".") and at > 1 and texts[at - 2] in _SIGN_OFF)
    if texts[at][0] > "\u0600":
        written = tokens.original[tokens.span(starts[at], ends[at])[1] - 1]
        if before not in _ARABIC_CALL or (texts[at] == "علي" and written == "ى"):
            return None  # "شكرا على": on
        titled = before in TITLES
        return _person(tokens, starts[at - 1 if titled else at], ends[at], 0.93 if titled else 0.85)
    if weak and not (capital and addressed(tokens, at)):
        return None
    after = texts[at + 1] if at + 1 < len(texts) else ""
    if (not capital and texts[at] in _FREE) or before in _SAINTS or after in _INSTITUTIONS:
        return None
    if not capital and not (called and before not in ("for", "from", "by", "it's", "its", "i'm", "im", "with", "and")):
        return None
    if before in ("in", "at", "near", "to") and weak:
        return None
    last = at + 1
    while (
        last < len(texts)
        and last - at < 4
        and starts[last] - ends[last - 1] == 1
        and tokens.is_upper(last) == capital
        and capital
    ):
        word = texts[last]
        if (
            word in COMMON
            or not _WORD.fullmatch(word.replace("'", ""))
            or word in PROJECT_TAIL
            or (word.isascii() and tokens_all_upper(tokens, last) != tokens_all_upper(tokens, at))
        ):
            break
        last += 1
    end = ends[last - 1]
    start = starts[at]
    if (
        capital
        and at >= 2
        and texts[at - 1] == "."
        and len(texts[at - 2]) == 1
        and tokens.is_upper(at - 2)
        and ends[at - 2] == starts[at - 1]
    ):
        start = starts[at - 2]  # "H. Olsen"
    elif capital and before in _KUNYA and tokens.is_upper(at - 1):
        start = starts[at - 1]  # "Um Khalid"
    elif before in TITLES and before != "sir":
        return _person(tokens, starts[at - 1], end, 0.93)  # "ostaz karim"
    return _person(tokens, start, end, 0.88 if capital else 0.78)


_FREE: Final = word_set("fady fadi gamil jamil said hala faraj leila layla malik safi hana")  # "ana fady": I am free
_SAINTS: Final = word_set("port st saint mount fort ramadan eid san santa")
_INSTITUTIONS: Final = word_set("hospital hospitals street road mall university school mosque metro station clinic")
_KUNYA: Final = frozenset({"um", "umm", "om", "abu", "abo", "bu", "bin", "al"})
_GREETS: Final = word_set(
    "hi hello hey dear gm ge thanks thank regards rgds cheers ya call ask ring mr mrs ms miss morning "
    "afternoon evening with told asked"
)


def addressed(tokens: Tokens, at: int) -> bool:
    """Whether a name that is also a place's follows a word that takes a person."""
    return at > 0 and tokens.texts[at - 1] in _GREETS


def tokens_all_upper(tokens: Tokens, index: int) -> bool:
    """Whether a token is written in capitals throughout."""
    start, end = tokens.span(tokens.starts[index], tokens.ends[index])
    return end - start > 1 and tokens.original[start:end].isupper()


def find_cued_names(tokens: Tokens, taken: list[tuple[int, int]], places: set[int]) -> list[Candidate]:
    """Find capitalised names whose neighbours say what they are.

    Args:
        tokens: the text.
        taken: spans that other rules own.
        places: where known places start.

    Returns:
        candidates, not very sure: projects ("Palm View Tower"), places ("in Springfield"), persons ("Regards, Omar").
    """
    found: list[Candidate] = []
    texts, starts, ends, kinds = tokens.texts, tokens.starts, tokens.ends, tokens.kinds
    count = len(texts)
    owned: set[int] = set()
    for first, end in taken:
        owned.update(range(first, end))
    at = 0
    while at < count:
        word = texts[at]
        if (
            word in _ARABIC_PROJECT
            and at + 1 < count
            and kinds[at + 1] == WORD
            and texts[at + 1][0] > "\u0600"
            and word[0] > "\u0600"
            and starts[at] not in owned
            and texts[at + 1] not in _ARABIC_FUNCTION
        ):
            sure = 0.96 if starts[at + 1] in owned else 0.8  # a tower named for its place
            found.append(Candidate(starts[at], ends[at + 1], "project", tokens.folded[starts[at] : ends[at + 1]], sure))
            at += 2
            continue
        if (
            word in ("حي", "منطقه", "شارع")
            and at + 1 < count
            and kinds[at + 1] == WORD
            and texts[at + 1][0] > "\u0600"
            and texts[at + 1] not in _NO_STREETS
        ):
            found.append(
                Candidate(starts[at], ends[at + 1], "location", tokens.folded[starts[at] : ends[at + 1]], 0.97)
            )
            at += 2
            continue
        if kinds[at] != WORD or not tokens.is_upper(at) or word in COMMON or starts[at] in owned or len(word) < 2:
            at += 1
            continue
        last = at + 1
        while (
            last < count
            and last - at < 4
            and starts[last] - ends[last - 1] == 1
            and starts[last] not in owned
            and kinds[last] == WORD
            and tokens.is_upper(last)
            and (texts[last] not in COMMON or texts[last] in PROJECT_TAIL)
        ):
            last += 1
        if (
            last + 1 < count
            and texts[last] == "-"
            and starts[last] == ends[last - 1]
            and starts[last + 1] == ends[last]
        ):
            at = last + 2  # "Rolls-Royce"
            continue
        candidate = _by_neighbours(tokens, at, last, places)
        if candidate is not None:
            found.append(candidate)
            while last < count and starts[last] < candidate.end:
                last += 1
        at = last
    return found


_NO_PLACES: Final = frozenset(CURRENCIES) | word_set(
    "english arabic french german spanish italian russian chinese hindi urdu persian farsi turkish portuguese tagalog "
    "japanese indian british american hajj umrah ramadan eid usdt crypto word excel pdf cash euros dollars dirhams"
)
_OPENING: Final = frozenset(["", ".", "!", "?", "\n", "-", ":"])
_NO_BUILDING: Final = word_set("white real holiday dear show model dream luxury affordable beautiful first second")


def _by_neighbours(tokens: Tokens, at: int, last: int, places: set[int]) -> Candidate | None:
    """Say what a run of capitalised words is, by its last word and the words around it."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    before = texts[at - 1] if at else ""
    after = texts[last] if last < len(texts) else ""
    end = ends[last - 1]
    touching = last < len(texts) and starts[last] - end == 1
    if tokens_all_upper(tokens, at) and (
        (last < len(texts) and tokens_all_upper(tokens, last))
        or last - at > 1
        or (at and tokens_all_upper(tokens, at - 1))
    ):
        return None  # shouted
    if last - at > 1 and texts[last - 1] in PROJECT_TAIL and texts[at] not in _NO_BUILDING:
        return _project(tokens, at, last, 0.9 if texts[last - 1] in _PROJECT_STRONG else 0.76)
    named = texts[at] not in _COUNTED and not tokens_all_upper(tokens, at)
    if after in _COUNTS and tokens.is_upper(last) and touching and named:
        return Candidate(starts[at], ends[last], "project", tokens.folded[starts[at] : ends[last]], 0.76)
    tailed = touching and after in _PROJECT_STRONG and (tokens.is_upper(last) or before not in _OPENING)
    if tailed or before in _PROJECT_LEAD:
        return _project(tokens, at, last + tailed, 0.75 if tailed else 0.78)
    if before in _PLACE_LEAD and before not in ("from", "by", "of"):
        next_at = last + 1 if after in (",", "-") else last
        if last - at > 1 and next_at < len(texts) and starts[next_at] in places:
            return _project(tokens, at, last, 0.7)  # "in Palm Vista, Springfield"
        surely = before in ("in", "near", "around") and texts[at] not in _NO_PLACES and len(texts[at]) > 2
        if texts[at] == "sector" and last < len(texts) and tokens.kinds[last] == NUMBER:
            end = ends[last]  # "in Sector 45"
        if surely or last - at > 1:
            place = tokens.folded[starts[at] : end]
            return Candidate(starts[at], end, "location", place, 0.7 if surely else 0.58)
    elif (
        (before in _INTRODUCES or (before == "," and at > 1 and texts[at - 2] in _SIGN_OFF))
        and last - at <= 3
        and len(texts[at]) > 2
    ):
        return _person(tokens, starts[at], end, 0.7)
    return None


def _project(tokens: Tokens, first: int, last: int, sure: float) -> Candidate:
    """A building's name, with the number that follows it."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    if last < len(texts) and texts[last].isdigit() and len(texts[last]) < 3 and starts[last] - ends[last - 1] == 1:
        following = texts[last + 1] if last + 1 < len(texts) else ""
        if following not in BED_WORDS and following not in BATH_WORDS and following not in (":", "/", "am", "pm"):
            last += 1
    elif (
        last < len(texts) and texts[last] in _PROJECT_STRONG and starts[last] - ends[last - 1] == 1 and last - first < 4
    ):
        last += 1
    start, end = starts[first], ends[last - 1]
    return Candidate(start, end, "project", tokens.folded[start:end], sure)
