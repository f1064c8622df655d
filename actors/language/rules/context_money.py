"""Amounts that only their context makes money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from actors.language.rules.amounts import COUNTED_WORDS
from actors.language.rules.candidate import Candidate, whole
from actors.language.rules.fold import Tokens
from actors.language.rules.numbers import Number
from actors.language.rules.word_set import word_set

_DEAL_TALK: Final = word_set(
    "wants wanted demands demanding steep much salary offer offers offered offering counter price prices priced "
    "asking ask rent budget owner seller landlord buyer "
    "buyers deal accept accepted accepts agree agreed settle negotiate negotiable negotiation discount reduce "
    "reduced lower lowest drop dropped raise raised increase increased final best last meet split difference "
    "market index calculator cheap expensive insult joke lowball robbery cash cheque cheques chq chqs pay paying "
    "paid sign signs signed signing commission deposit close worth value quote quoted max maximum min minimum "
    "stretch stretches went gone sold rented neighbour neighbor neighbours similar same comparable listed afford "
    "amount money reject rejected reserve sell selling tenant renew renewal السعر سعر عرض ايجار المالك البائع "
    "المشتري نهائي اخر غالي رخيص نزل نزلوه تنزل نتفق موافق موافقين دافعين يدفع ادفع دفع ميزانيه ميزانيتي المطلوب "
    "مطلوب كاش شيك شيكات تفاوض حدود كثير كتير وايد غاليه زياده خلها خليها خلوها نزلها تطلبون يبون قيمه بدل سعره "
    "سعرها se3r el3ard 3ard malek malek ghaly 8aly r5is rakhis nazel nazelo 5alleha "
    "khalleha khaliha akher a5er cash cheque nemshi mwafe2 mowafe2 adfa3 badfa3 mizaniya budget keteer kteer"
)
_MONEY_BEFORE: Final = word_set(
    "salary instead rent price budget under below above over max maximum min minimum upto asking ask offer offered "
    "offering "
    "offers pay paid paying paying deposit cost costs at for around approx about reduce reduced drop dropped "
    "lower lowest accept accepts take takes wants want do final best lets let make makes made close settle agree "
    "agreed go "
    "counter fee fees commission charge charges charged increase increased raise raised worth value valued quote "
    "quoted cheque cheques transfer transferred sent send amount total balance is now to from between within than "
    "last net was ميزانيه ميزانيتي ميزانيتنا بحدود حدود ب سعر السعر ايجار الايجار بسعر عرض دفعت ادفع تحت فوق اقل "
    "اكثر عند حوالي تحويل عربون مقدم b be bi mizaniya mezaniya budget el el3ard 3ard 3ardi as3ar se3r si3r da2af7 "
    "adfa3 dafa3t 3arboon ta7t a2al"
)
_MONEY_SURE: Final = word_set(
    "salary dafa3t adfa3 badfa3 دفعت ادفع دفعنا حولت paid pay rent price budget under below max maximum asking offer "
    "offered pay paid deposit fee fees commission upto ميزانيه ميزانيتي سعر السعر الايجار بسعر عرض تحت se3r ta7t"
)
_PERIODS: Final = word_set(
    "month monthly mo year yearly yr annum annual annually pm pa pcm week weekly cheque cheques chq chqs cash net "
    "negotiable final flat total deposit شهري شهريا سنوي سنويا بالسنه بالشهر فالسنه كاش نقدا sanawi shahri fel "
    "felsana felshahr cash"
)
_DEALS: Final = word_set(
    "do accept take takes settle agree final last best make counter offer offered close go meet budget price rent "
    "wants want asking reduce lower drop under below max lets at from to ask raise increase than least is for b ب "
    "عرض اخر خلها خليها خلوها "
    "السعر akher a5er a5r take"
)


@dataclass(slots=True)
class _Talk:
    """What a message says about money beside the number that is looked at.

    Attributes:
        deal: it speaks of a price or a deal.
        amounts: the prices already found, in full.
        scales: their multipliers.
        sizes: the sizes found.
        prices_end: where the last bare amount ended.
    """

    deal: bool
    amounts: list[float]
    scales: set[float]
    sizes: list[float]
    prices_end: int = -1


def find_bare_money(tokens: Tokens, numbers: list[Number]) -> list[Candidate]:
    """Find amounts without a currency or multiplier: "budget 85000", "85,000 per year", "can you do 95".

    Args:
        tokens: the text.
        numbers: its numbers; those without a role are looked at.

    Returns:
        candidates: prices, and sizes that name no unit beside one that does.
    """
    priced = [number for number in numbers if number.role == "price"]
    talk = _Talk(
        deal=not _DEAL_TALK.isdisjoint(tokens.texts),
        amounts=[number.value * number.scale for number in priced if number.value * number.scale >= 1000],
        scales={number.scale for number in priced},
        sizes=[number.value for number in numbers if number.role == "size"],
    )
    by_first = {number.first: number for number in numbers}
    found: list[Candidate] = []
    for number in sorted(numbers, key=_plainness):  # a full amount first: it tells how to scale the others
        if number.role or number.value <= 0:
            continue
        if number.in_words:
            candidate = _spoken(tokens, number, talk.amounts)
        elif _counts_else(tokens, number, by_first, talk):
            continue
        else:
            candidate = _bare(tokens, number, talk)
        if candidate is not None:
            number.role = candidate.type
            talk.prices_end = tokens.ends[number.after - 1]
            if candidate.type == "price" and isinstance(candidate.value, (int, float)) and candidate.value >= 1000:
                talk.amounts.append(candidate.value)
                talk.scales.add(RENT_SCALE if candidate.value < SALE_SCALE else SALE_SCALE)
            found.append(candidate)
    return found


def _plainness(number: Number) -> bool:
    return not number.grouped


_LABELS: Final = word_set("# / + floor tower building block gate phase street")


def _counts_else(tokens: Tokens, number: Number, by_first: dict[int, Number], talk: _Talk) -> bool:
    """Whether what stands around a number makes it something other than money."""
    texts, starts, ends = tokens.texts, tokens.starts, tokens.ends
    first, at = number.first, number.after
    if texts[first][0] == "0" and not texts[first].startswith("0."):
        return True
    after = texts[at] if at < len(texts) else ""
    further = texts[at + 1] if at + 1 < len(texts) else ""
    if number.value >= 1000 and after in ("month", "year") and further != "old":
        return False  # "6,000 month"
    dash = after == "-" and further != "" and starts[at] == ends[at - 1] and starts[at + 1] == ends[at]
    if dash and not _range_with(number, by_first.get(at + 1)):
        return True
    if after in COUNTED_WORDS or after in ("%", ":", "@") or (number.value < 1000 and _plural(after)):
        return True
    if after == "/" and further not in _PERIODS and further != "-":
        return True
    before = texts[first - 1] if first else ""
    if before in _LABELS:
        return True
    return before == "-" and starts[first] == ends[first - 1] and (first < 2 or talk.prices_end != ends[first - 2])


_NO_PLURALS: Final = word_set(
    "is was as has its his this thus yes plus less unless pls plz works thanks sounds makes seems gives needs suits "
    "guess less across always perhaps besides us bonus dewa's cheques includes means covers sirs boss"
)


def _plural(word: str) -> bool:
    """Whether a word after a number is what it counts: "40 visits"."""
    return len(word) > 3 and word[-1] == "s" and word.isascii() and word not in _NO_PLURALS and word.isalpha()


def _bare(tokens: Tokens, number: Number, talk: _Talk) -> Candidate | None:
    """Judge a bare number by its size and its neighbours."""
    texts = tokens.texts
    first, at, value = number.first, number.after, number.value
    after = texts[at] if at < len(texts) else ""
    before = texts[max(0, first - 4) : first]
    near = before[-1] if before else ""
    following = texts[at : at + 2]
    if following == ["/", "-"]:
        following = texts[at + 2 : at + 4]
    period = not _PERIODS.isdisjoint(following) or following[:1] == ["per"] or following in _EACH
    start, end = tokens.starts[first], tokens.ends[at - 1]
    if texts[at : at + 2] == ["/", "-"]:
        return Candidate(start, tokens.ends[at + 1], "price", whole(value), 0.9)
    if following[:1] == ["per"] and following[1:] and following[1] in _RATED:
        return Candidate(start, end, "price", whole(value), 0.85)
    if number.grouped and not talk.amounts and any(0.5 < value / size < 2 for size in talk.sizes):
        return Candidate(start, end, "size", round(value), 0.75)  # "1,450 sqft, not 1,380"
    if near in _AREA_BEFORE and value >= 100 and not after.isalpha():
        return Candidate(start, end, "size", round(value), 0.8)  # "BUA 3,120"
    if value < 1000:
        scaled = _elliptical(value, talk, near, period=period)
        return Candidate(start, end, "price", whole(scaled), 0.74) if scaled else None
    sure = 0.9 if number.grouped else _plain_thousands(value, before, period=period)
    return Candidate(start, end, "price", whole(value), sure) if sure else None


_EACH: Final = (["a", "month"], ["a", "year"], ["a", "week"])
_RATED: Final = word_set("sqft sqm sq square sft foot ft meter metre night day head person hour car key visit")


def _plain_thousands(value: float, before: list[str], *, period: bool) -> float:
    """Say how surely a number of four and more digits, without separators, is money; 0 where it is not."""
    if 1900 <= value <= 2100 and not period:
        return 0.0  # a year
    if period or not _MONEY_SURE.isdisjoint(before):
        return 0.85
    if (before and before[-1] in _MONEY_BEFORE and value >= 10000) or (
        value % 500 == 0 and not _DEALS.isdisjoint(before)
    ):
        return 0.75
    return 0.7 if value >= 10000 and value % 500 == 0 else 0.0


_AREA_BEFORE: Final = word_set("bua gfa area size carpet builtup suite sqft مساحه مساحتها المساحه")


def _range_with(number: Number, right: Number | None) -> bool:
    """Whether two bare numbers with a dash between them are the bounds of one range."""
    return right is not None and not right.role and not right.in_words and number.value < right.value < 2 * number.value


def _spoken(tokens: Tokens, number: Number, amounts: list[float]) -> Candidate | None:
    """Scale an amount in words by another one of the message: "ninety-five thousand, not a hundred and five"."""
    if number.value < 20:
        return None
    first = number.first
    if first and tokens.texts[first - 1] == "a" and tokens.texts[first] == "hundred":
        first -= 1
    for amount in amounts:
        for scale in (1e3, 1e6):
            if 0.5 < number.value * scale / amount < 2:
                return Candidate(
                    tokens.starts[first], tokens.ends[number.after - 1], "price", whole(number.value * scale), 0.8
                )
    return None


RENT_SCALE: Final = 1e3
SALE_SCALE: Final = 1e6
_USUAL_SCALES: Final = frozenset({RENT_SCALE, SALE_SCALE})


def _elliptical(value: float, talk: _Talk, near: str, *, period: bool) -> float | None:
    """Scale an amount that leaves its thousands or millions out.

    A rent is spoken of in thousands ("95"), a sale in millions with decimals ("1.45"); another amount of the message
    decides where there is one. Without talk of a deal nothing is scaled.
    """
    for amount in talk.amounts:
        for scale in (*_USUAL_SCALES, *(talk.scales - _USUAL_SCALES - {1.0})):
            if 0.4 < value * scale / amount < 2.5:
                return value * scale
    if value != int(value):
        return value * SALE_SCALE if value < 60 and near not in _NOT_MONEY_BEFORE else None
    if period and value >= 100:
        return value
    if near in _NOT_MONEY_BEFORE or not talk.deal or (talk.amounts and RENT_SCALE not in talk.scales):
        return None
    if value >= 100 and 1 <= value % 100 <= 24 and near not in _DEALS:
        return None  # floor and door
    return value * RENT_SCALE if value >= 30 or (value >= 20 and near in _DEALS) else None


_NOT_MONEY_BEFORE: Final = word_set(
    "form page clause article section part step option number no age aged version level chapter room flat unit "
    "villa building floor tower phase gate block street road route exit bus line ticket case ref reference order "
    "id code pin gate since until on day month year january february march april may june july august september "
    "october november december jan feb mar apr jun jul aug sep oct nov dec of ) ( & + '"
)
