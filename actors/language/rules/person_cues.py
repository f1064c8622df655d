"""Persons whom the words around them introduce: "this is Ines", "my cousin Piet", "Omar 050 …", "أبو سالم"."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from actors.language.rules.candidate import Candidate
from actors.language.rules.family_names import family_end
from actors.language.rules.fold import MARK, WORD, Tokens
from actors.language.rules.names import COMMON, PROJECT_TAIL, tokens_all_upper
from actors.language.rules.word_set import word_set

_RELATIONS: Final = word_set(
    "agent broker partner husband wife fiance fiancee brother sister son daughter cousin friend colleague assistant "
    "secretary manager landlord landlady owner tenant technician driver watchman neighbour neighbor plumber "
    "electrician client buyer seller lawyer consultant flatmate roommate nanny maid boss uncle aunt mother father "
    "mum mom dad semsar sa7by sa7bi gozy gozi merati meraty a5oya okhti doctor guy lady"
)
_MINE: Final = word_set("sa7by sa7bi gozy gozi merati meraty a5oya okhti")
_POSSESSIVE: Final = word_set("my our your his her their ur beta3y beta3na beta3ko el the")
_AFTER_NAME: Final = frozenset("\n") | word_set(
    ", . ! - ( from again here and calling speaking with the your at of mn men w ?"
)
_ENDS: Final = frozenset(".!?\n")
_NOT_NAMES: Final = COMMON | word_set(
    "indian british egyptian emirati saudi lebanese jordanian syrian filipino filipina pakistani american canadian "
    "german french italian spanish russian chinese iranian turkish moroccan european arab african asian muslim "
    "christian hindu married single pregnant appreciated noted received understood awesome amazing awaiting god "
    "allah rab jazak mashallah inshallah congratulations done cool super brilliant excellent wonderful lovely "
    "mobile phone tel telephone landline hotline cell fax email mail whatsapp number reception office sales "
    "consultant realtor properties realty group llc company estate real leasing direct reach available viewings "
    "contact contacts details info enquiries inquiries habibi fandem basha bash gama3a akhi okhti ostaz "
    "ustaz effendi please absolutely definitely indeed exactly seriously honestly unfortunately currently "
    "already leaving moving trying "
    "going asking writing calling messaging free busy ready late away out abroad based staying living cheers "
    "whatever mr mrs ms dr eng property properties asap cash mortgage mortgaged one two three"
)
_ARABIC_NO_NAMES: Final = word_set(
    "حق في من علي الي عن هل كم انا انت انتم هنا هناك اللي خبر الله رب شباب جماعه ريت اخي اختي حبيبي باشا فندم"
)
_PLAIN: Final = word_set(  # names that mean nothing else: they need no word before them
    "محمد احمد خالد مصطفي عبدالله عبدالرحمن عبدالعزيز عبدالكريم يوسف ابراهيم طارق حمزه مازن زياد شيماء فاطمه عائشه "
    "خديجه مريم اسماعيل هيثم غسان عثمان عصام سليمان سلمان مدحت فاروق فؤاد حسين هشام حسام ايهاب اسامه يحيي عدنان "
    "رانيا لبني غاده سلمي ليلي ساره داليا نهي نجلاء نرمين ياسين يونس داوود ادهم اياد مهند فتحي فوزي طلال علاء "
    "لؤي ريهام لمياء مروه سميره سميه عبير سعاد رقيه عبداللطيف عبدالحميد عبدالمجيد عبدالرحيم زكريا جعفر"
)
_GIVEN_TO: Final = word_set(
    "دفعت دفعنا ارسلت ارسلنا بعت بعتت كلمت قلت حولت سلمت اعطيت عطيت اديت وديت قول ارسل ابعت سلم كلم راسلت شكرا"
)
_NAMED_FOR: Final = word_set("شارع برج مدينه حي منطقه بن ال الملك الامير مسجد كوبري ميدان جسر مستشفي جامعه ابراج")
_KUNYA: Final = {"ابو": False, "ام": True, "بو": True, "لابو": False, "وابو": False, "لام": True}
_CALLED: Final = word_set("يا مع الاخ الاخت استاذ من كلم كلمت انا معك معاك")
_TAKES_PERSON: Final = word_set(
    "call contact ask reach ring tell inform to with by and or for from text ping message msg is am i'm me through via"
)
_JOINTS: Final = word_set(": - at on ( ,")


def find_introduced(
    tokens: Tokens, persons: Container[str], contacts: list[Candidate], names: list[Candidate]
) -> list[Candidate]:
    """Find persons by an introduction, a relation, a contact after them, a sign-off, or an Arabic form of address.

    Args:
        tokens: the text.
        persons: listed first names, folded.
        contacts: the phone numbers and addresses found.
        names: listed names found: what they own is no person, but for a sign-off.

    Returns:
        candidates.
    """
    texts, starts = tokens.texts, tokens.starts
    owned = {start for name in names if name.type != "person" for start in range(name.start, name.end)}
    reader = _Reader(tokens, persons, owned)
    found: list[Candidate] = []
    for at, word in enumerate(texts):
        if word in _CUES:
            candidate = _after_cue(reader, at, word)
        elif word[0] > "\u0600":
            candidate = _arabic(reader, at, word)
        else:
            candidate = None
        if candidate is not None:
            found.append(candidate)
    contacts = [contact for contact in contacts if contact.type in ("phone", "email")]
    if contacts:
        at_start = {start: at for at, start in enumerate(starts)}
        for contact in contacts:
            found += reader.before(at_start.get(contact.start, 0))
    found += _signed(reader)
    return found


_CUES: Final = _RELATIONS | {"is", "i'm", "im", "am", "here", "ya", "ana", "spelled", "spelt"}


class _Reader:
    """Read runs of capitalised words that may be a person's name."""

    __slots__ = ("owned", "persons", "tokens")

    def __init__(self, tokens: Tokens, persons: Container[str], owned: set[int]) -> None:
        self.tokens, self.persons, self.owned = tokens, persons, owned

    def named(self, at: int) -> bool:
        """Whether a token may be part of a name."""
        tokens = self.tokens
        word = tokens.texts[at]
        return (
            tokens.kinds[at] == WORD
            and "'" not in word.removeprefix("o'").removeprefix("d'")
            and len(word) > 1
            and tokens.is_upper(at)
            and word not in _NOT_NAMES
            and word not in PROJECT_TAIL
            and tokens.starts[at] not in self.owned
            and not any(char.isdigit() for char in word)
        )

    def run(self, first: int) -> int:
        """The token after a name that starts at ``first``; ``first`` where none does."""
        tokens, last = self.tokens, first
        while (
            last < len(tokens.texts)
            and last - first < 3
            and self.named(last)
            and (last == first or tokens.starts[last] - tokens.ends[last - 1] == 1)
        ):
            last += 1
        return last if last < len(tokens.texts) or last > first else first

    def person(self, first: int, last: int, sure: float) -> Candidate:
        start, end = self.tokens.starts[first], self.tokens.ends[last - 1]
        return Candidate(start, end, "person", self.tokens.folded[start:end], sure)

    def certain(self, first: int, last: int) -> bool:
        """Whether a name is of two words or listed."""
        return last - first > 1 or self.tokens.texts[first] in self.persons

    def before(self, at: int) -> list[Candidate]:
        """The name right before a phone number or address."""
        tokens, last = self.tokens, at
        while last and last > at - 2 and tokens.texts[last - 1] in _JOINTS:
            last -= 1
        first = last
        while (
            first
            and last - first < 3
            and self.named(first - 1)
            and (first == last or tokens.starts[first] - tokens.ends[first - 1] == 1)
        ):
            first -= 1
        if first == last or (first and tokens.texts[first - 1] in ("in", "at", "near", "of", "#")):
            return []
        if tokens_all_upper(tokens, first) and last - first > 1:
            return []
        certain = self.certain(first, last)
        if not certain and not (first and tokens.texts[first - 1] in _TAKES_PERSON):
            return []
        return [self.person(first, last, 0.85 if certain else 0.75)]


def _after_cue(reader: _Reader, at: int, word: str) -> Candidate | None:
    """Read the name that a word introduces: "this is", "I'm", "my partner", "ya", or the one before "here"."""
    texts = reader.tokens.texts
    before = texts[at - 1] if at else ""
    if word == "here":
        return _here(reader, at)
    if word in _RELATIONS:
        led = before in _POSSESSIVE or word in _MINE
        last = reader.run(at + 1 if texts[at + 1 : at + 2] != [","] or not led else at + 2)
        first = at + 1 if last and texts[at + 1 : at + 2] != [","] else at + 2
        if last <= first or not (led or reader.certain(first, last)):
            return None
        return reader.person(first, last, 0.85 if reader.certain(first, last) else 0.78)
    if (word == "is" and before != "this") or (word == "am" and before != "i"):
        return None
    last = reader.run(at + 1)
    if last == at + 1 or (tokens_all_upper(reader.tokens, at + 1) and texts[at + 1] not in reader.persons):
        return None  # "this is DHL"
    after = texts[last] if last < len(texts) else "."
    certain = reader.certain(at + 1, last)
    if word == "ya":
        return reader.person(at + 1, last, 0.8)
    if certain and last - at == 2 and texts[at + 1] not in reader.persons:
        certain = False
    return reader.person(at + 1, last, 0.88 if certain else 0.78) if certain or after in _AFTER_NAME else None


def _here(reader: _Reader, at: int) -> Candidate | None:
    """Read "Layla here" where a message or sentence starts."""
    tokens = reader.tokens
    after = tokens.texts[at + 1] if at + 1 < len(tokens.texts) else "."
    if after not in _AFTER_NAME:
        return None
    first = at
    while first and at - first < 3 and reader.named(first - 1):
        first -= 1
    before = tokens.texts[first - 1] if first else "."
    if first == at or before not in _OPENS:
        return None
    return reader.person(first, at, 0.85)


_OPENS: Final = _ENDS | word_set(", hi hello hey salam morning afternoon evening")


def _arabic(reader: _Reader, at: int, word: str) -> Candidate | None:
    """Read a kunya, a listed name behind an attached "ل", a name that means nothing else."""
    texts, persons = reader.tokens.texts, reader.persons
    before = texts[at - 1] if at else ""
    following = texts[at + 1] if at + 1 < len(texts) else ""
    if reader.tokens.starts[at] in reader.owned:
        return None
    if word in _KUNYA and following and following[0] > "\u0600":
        known = following in persons or following.removeprefix("ال") in persons
        if known or (before in _CALLED and (before == "يا" or not _KUNYA[word]) and following not in _ARABIC_NO_NAMES):
            skip = 1 if word[0] in "لو" else 0
            found = reader.person(at, at + 2, 0.87)
            return found._replace(start=found.start + skip) if skip else found
        return None
    if len(word) > 3 and word[0] == "ل" and word[1] != "ل" and word[1:] in persons:
        if word[1:] not in _PLAIN and _GIVEN_TO.isdisjoint(texts[max(0, at - 5) : at]):
            return None
        if following == "الحظ":
            return None
        return _full(reader, at, 0.8, skip=1)
    plain = word in _PLAIN or (word == "عبد" and f"عبد{following}" in _PLAIN)
    if plain and before not in _NAMED_FOR and before != "عبد":
        return _full(reader, at, 0.8)
    return None


def _full(reader: _Reader, at: int, sure: float, skip: int = 0) -> Candidate:
    """Take an Arabic first name with the family name after it: a listed one, or one like "المنصوري"."""
    found = reader.person(at, family_end(reader.tokens, at, reader.persons), sure)
    return found._replace(start=found.start + skip) if skip else found


def _signed(reader: _Reader) -> list[Candidate]:
    """Read the name that closes a message as its own sentence or line, or after thanks."""
    tokens = reader.tokens
    texts = tokens.texts
    end = len(texts)
    while end and tokens.kinds[end - 1] == MARK:
        end -= 1
    first = end
    thanked = False
    while first and end - first < 3 and tokens.kinds[first - 1] == WORD and tokens.is_upper(first - 1):
        if texts[first - 1] in _NOT_NAMES or texts[first - 1] in PROJECT_TAIL or len(texts[first - 1]) < 2:
            break
        first -= 1
    if first == end or first < 2 or any(tokens.starts[at] - tokens.ends[at - 1] > 1 for at in range(first + 1, end)):
        return []
    before = texts[first - 1]
    shouted = tokens_all_upper(tokens, first)
    if before not in _ENDS or shouted:
        return []
    thanked = before == "\n" or not {"thank", "thanks", "thx", "regards", "cheers"}.isdisjoint(texts[first - 6 : first])
    owned = any(tokens.starts[at] in reader.owned for at in range(first, end))
    listed = texts[first] in reader.persons
    if owned and not (listed and thanked and end - first < 3):
        return []
    if end - first == 1 and not (listed or thanked):
        return []
    return [reader.person(first, end, 0.96 if owned else 0.8)]
