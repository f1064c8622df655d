"""Amounts that only their context makes money."""

from __future__ import annotations

from typing import Final

from actors.language.rules.amounts import COUNTED_WORDS
from actors.language.rules.candidate import Candidate, whole
from actors.language.rules.fold import Tokens
from actors.language.rules.numbers import Number
from actors.language.rules.word_set import word_set

_DEAL_TALK: Final = word_set(
    "offer offers offered offering counter price prices priced asking ask rent budget owner seller landlord buyer "
    "buyers deal accept accepted accepts agree agreed settle negotiate negotiable negotiation discount reduce "
    "reduced lower lowest drop dropped raise raised increase increased final best last meet split difference "
    "market index calculator cheap expensive insult joke lowball robbery cash cheque cheques chq chqs pay paying "
    "paid sign signs signed signing commission deposit close worth value quote quoted max maximum min minimum "
    "stretch stretches went gone sold rented neighbour neighbor neighbours similar same comparable listed afford "
    "amount money reject rejected reserve sell selling tenant renew renewal السعر سعر عرض ايجار المالك البائع "
    "المشتري نهائي اخر غالي رخيص نزل نزلوه تنزل نتفق موافق موافقين دافعين يدفع ادفع دفع ميزانيه ميزانيتي المطلوب "
    "مطلوب كاش شيك شيكات تفاوض حدود se3r el3ard 3ard malek malek ghaly 8aly r5is rakhis nazel nazelo 5alleha "
    "khalleha khaliha akher a5er cash cheque nemshi mwafe2 mowafe2 adfa3 badfa3 mizaniya budget keteer kteer"
)
_MONEY_BEFORE: Final = word_set(
    "rent price budget under below above over max maximum min minimum upto asking ask offer offered offering "
    "offers pay paid paying paying deposit cost costs at for around approx about reduce reduced drop dropped "
    "lower lowest accept accepts take takes do final best lets let make makes made close settle agree agreed go "
    "counter fee fees commission charge charges charged increase increased raise raised worth value valued quote "
    "quoted cheque cheques transfer transferred sent send amount total balance is now to from between within than "
    "last net was ميزانيه ميزانيتي ميزانيتنا بحدود حدود ب سعر السعر ايجار الايجار بسعر عرض دفعت ادفع تحت فوق اقل "
    "اكثر عند حوالي تحويل عربون مقدم b be bi mizaniya mezaniya budget el el3ard 3ard 3ardi as3ar se3r si3r da2af7 "
    "adfa3 dafa3t 3arboon ta7t a2al"
)
_MONEY_SURE: Final = word_set(
    "dafa3t adfa3 badfa3 دفعت ادفع دفعنا حولت paid pay rent price budget under below max maximum asking offer "
    "offered pay paid deposit fee fees commission upto ميزانيه ميزانيتي سعر السعر الايجار بسعر عرض تحت se3r ta7t"
)
_PERIODS: Final = word_set(
    "month monthly mo year yearly yr annum annual annually pm pa pcm week weekly cheque cheques chq chqs cash net "
    "negotiable final flat total deposit شهري شهريا سنوي سنويا بالسنه بالشهر فالسنه كاش نقدا sanawi shahri fel "
    "felsana felshahr cash"
)
_DEALS: Final = word_set(
    "do accept take takes settle agree final last best make counter offer offered close go meet budget price rent "
    "asking reduce lower drop under below max lets at from to ask raise increase than least is for b ب عرض اخر "
    "السعر akher a5er a5r take"
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
    amounts = [
        number.value * number.scale
        for number in numbers
        if number.role == "price" and number.value * number.scale >= 1000
    ]
    sizes = [number.value for number in numbers if number.role == "size"]
    by_first = {number.first: number for number in numbers}
    prices_end = -1
    talk = not _DEAL_TALK.isdisjoint(texts)
    for number in numbers:
        if number.role or number.value <= 0:
            continue
        first, at = number.first, number.after
        if number.in_words:
            candidate = _spoken(tokens, number, amounts)
            if candidate is not None:
                number.role = "price"
                found.append(candidate)
            continue
        if (
            not tokens.texts[first].isdigit()
            and len(texts[first]) > 1
            and texts[first][0] == "0"
            and texts[first][1] != "."
        ):
            continue
        after = texts[at] if at < count else ""
        if (
            after in COUNTED_WORDS
            or after in ("%", "/", ":", "@")
            or (after == "-" and at + 1 < count and starts[at] == ends[at - 1] and starts[at + 1] == ends[at])
        ) and not _range_with(number, by_first.get(at + 1)):
            if not (after == "/" and at + 1 < count and texts[at + 1] in _PERIODS | {"-"}):
                continue
        if (
            first
            and texts[first - 1]
            in ("#", "/", "+", ":", "floor", "tower", "building", "block", "gate", "phase", "street")
            and texts[first - 1] != ":"
        ):
            continue
        if first and texts[first - 1] == "-" and starts[first] == ends[first - 1] and prices_end != ends[first - 2]:
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
        if number.grouped and not amounts and any(0.5 < value / size < 2 for size in sizes):
            found.append(Candidate(starts[first], end, "size", round(value), 0.75))  # "1,450 sqft, not 1,380"
        elif near in _AREA_BEFORE and value >= 100 and not after.isalpha():
            found.append(Candidate(starts[first], end, "size", round(value), 0.8))  # "BUA 3,120"
        elif number.grouped and value >= 1000:
            found.append(Candidate(starts[first], end, "price", whole(value), 0.9))
        elif value >= 1000 and (1 + len(str(int(value)))) and not (1900 <= value <= 2100 and not period):
            sure = any(word in _MONEY_SURE for word in before)
            if (
                period
                or sure
                or (near in _MONEY_BEFORE and value >= 10000)
                or (any(word in _DEALS for word in before) and value % 500 == 0)
            ):
                found.append(Candidate(starts[first], end, "price", whole(value), 0.85 if period or sure else 0.75))
            elif value >= 10000 and value % 500 == 0:
                found.append(Candidate(starts[first], end, "price", whole(value), 0.7))
            else:
                continue
        elif value < 1000:
            scaled = _elliptical(number, talk, scales, amounts, default_scale, near=near, after=after, period=period)
            if scaled is None:
                continue
            found.append(Candidate(starts[first], end, "price", whole(scaled), 0.74))
        else:
            continue
        number.role = found[-1].type
        prices_end = ends[at - 1]
    return found


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


def _elliptical(
    number: Number,
    talk: bool,
    scales: set[float],
    amounts: list[float],
    default_scale: float,
    *,
    near: str,
    after: str,
    period: bool,
) -> float | None:
    """Scale an amount that leaves its thousands or millions out.

    A rent is spoken of in thousands ("95"), a sale in millions with decimals ("1.45"); another amount of the message
    decides where there is one. Without talk of a deal nothing is scaled.
    """
    value = number.value
    for amount in amounts:
        for scale in (1e3, 1e6):
            if 0.4 < value * scale / amount < 2.5:
                return value * scale
    if value != int(value):
        return value * 1e6 if value < 60 and near not in _NOT_MONEY_BEFORE else None
    if period and value >= 100:
        return value
    if near in _NOT_MONEY_BEFORE or not talk:
        return None
    if amounts and 1e3 not in scales:
        return None
    if value >= 100 and 1 <= value % 100 <= 24 and near not in _DEALS:
        return None  # floor and door
    if 20 <= value < 1000 and (value >= 30 or near in _DEALS):
        return value * default_scale
    return None


_NOT_MONEY_BEFORE: Final = word_set(
    "form page clause article section part step option number no age aged version level chapter room flat unit "
    "villa building floor tower phase gate block street road route exit bus line ticket case ref reference order "
    "id code pin gate since until on day month year january february march april may june july august september "
    "october november december jan feb mar apr jun jul aug sep oct nov dec of ) ( & + '"
)
