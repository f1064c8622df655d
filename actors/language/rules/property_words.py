"""Words of property talk where they stand: "our office is closed" sells no office, "the AC is broken" no amenity."""

from __future__ import annotations

from typing import Final

from actors.language.gazetteer import Entry
from actors.language.rules.amounts import UNIT_WORDS
from actors.language.rules.fold import NUMBER, Tokens
from actors.language.rules.word_set import word_set

_WHOSE_OFFICE: Final = word_set(
    "your our their ur post head trustee leasing sales back box main my his her the security management rental "
    "registration"
)
_DESKS: Final = word_set("office desk team agent agents manager consultant consultants department dept company staff")
_OFFERED: Final = word_set("sell list rent lease let give exclusively sale market listing valuation value advertise")
_ONE_PLOT: Final = word_set(
    "a one the this that my our selling sell sale any corner residential commercial empty vacant"
)
_WARES: Final = word_set(
    "coffee camera flower flowers pet barber repair phone mobile laptop computer online web e gift toy shoe shoes "
    "furniture electronics hardware tailor butcher bike bicycle car body pawn thrift charity sweet sweets pastry cake "
    "chocolate jewelry jewellery gold dress clothes clothing book grocery convenience department duty app play apple "
    "vape tobacco liquor sandwich donut juice ice tyre tire battery paint print copy sports medical music video game "
    "games perfume carpet curtain spare"
)
_FOR_DEAL: Final = frozenset({"for", "to"})
_SHOPS: Final = frozenset({"shop", "shops", "store", "stores"})
_MY_SHOP: Final = word_set(
    "ابيع بيع اجر تاجير ايجار للايجار اعرض عرض ابي ابغي ابغا عايز عاوز اريد بدي ارغب في عن عندي قفلت سكرت هذا ده"
)
_CONTRACTS: Final = frozenset({"عقد", "عقود", "قانون", "3a2d"})


def stands(tokens: Tokens, at: int, last: int, entry: Entry) -> bool:
    """Whether a word of property talk means the property or the deal where it stands.

    Args:
        tokens: the text.
        at: the word's first token.
        last: the token after it.
        entry: what it may mean.
    """
    texts = tokens.texts
    word = texts[at]
    before = texts[at - 1] if at else ""
    after = texts[last] if last < len(texts) else ""
    if word == "th":
        return not (at and tokens.kinds[at - 1] == NUMBER and tokens.starts[at] == tokens.ends[at - 1])
    if word == "flat" and at and tokens.kinds[at - 1] == NUMBER and not after.isalpha():
        return texts[at - 1] == "1"  # "he wants 2 flat"
    if entry.value == "office":
        return _office_stands(texts, at, last)
    if word in ("plot", "lot") and not _land_stands(tokens, at, last):
        return False
    if word == "محلي":
        return before in _MY_SHOP  # else "local"
    if word in _SHOPS and before in _WARES:
        return after in _FOR_DEAL and not {"rent", "sale", "lease", "let"}.isdisjoint(texts[last : last + 2])
    if entry.type == "purpose" and (before in _CONTRACTS or after in _DESKS):
        return False
    chores = word in ("store", "house") and (
        after in ("room", "keeping", "rules", "warming") or before in ("app", "play", "grocery", "open")
    )
    return not chores and (word != "retail" or last - at > 1 or after in ("for", "in"))


def _office_stands(texts: list[str], at: int, last: int) -> bool:
    """Whether an office is a property, not where somebody works."""
    before = texts[at - 1] if at else ""
    after = texts[last] if last < len(texts) else ""
    if before in ("my", "our") and not _OFFERED.isdisjoint(texts[max(0, at - 6) : last + 3]):
        return after not in ("hours", "manager", "number")
    whose = before in _WHOSE_OFFICE and before != "the"
    return not whose and after not in ("hours", "boy", "manager", "staff", "time")


def _land_stands(tokens: Tokens, at: int, last: int) -> bool:
    """Whether a plot or lot is land, not a measure or a heap."""
    texts = tokens.texts
    before = texts[at - 1] if at else ""
    after = texts[last] if last < len(texts) else ""
    if texts[at] == "lot":
        return before not in ("a", "the", "whole", "parking", "thanks") and after not in ("of", "more", "better")
    sized = last + 1 < len(texts) and tokens.kinds[last] == NUMBER and texts[last + 1] in UNIT_WORDS
    return not (before in UNIT_WORDS or after in ("size", "area", ":") or (before not in _ONE_PLOT and sized))


_APPLIANCES: Final = frozenset(
    {"تكييف مركزي", "takyeef", "غسالة", "air conditioning", "central ac", "central a/c", "central air"}
)
_BROKEN: Final = word_set(
    "broken leaking leaks dead faulty repair repaired fix fixing fixed stopped noisy بايظ بايظه خربان خربانه خرب "
    "عطلان عطلانه عطل متعطل متعطله يعطل معطل بيسرب يسرب تسرب تسريب ينقط بينقط تصليح صيانه يتصلح خايس وقف واقف bayez "
    "bayza bayz bayzeen kharban kharbana 5arban 5arbana 3atlan 3atlana 3otl 3atal mo3atal motata3el baz baaz byna22at "
    "beynazzel beysarrab tasree7 tasleeh tasli7 yetsalla7 etsalla7 sayana seyana wa2ef we2ef"
)
_NOT: Final = word_set("not isn't doesn't won't stopped مش مو ما مب لا موب msh mesh mish mo ma mosh")
_WORKS: Final = word_set(
    "working work cooling cool start starting turn turning شغال شغاله يشتغل تشتغل بيشتغل يبرد بيبرد بارد sha8al "
    "shaghal shaghala sha8ala yeshta8al byeshta8al byeshtaghal yeshtaghal beyebarred yebarred bybarrad"
)


def is_broken_appliance(texts: list[str], at: int, last: int, entry: Entry) -> bool:
    """Whether a text says of an appliance that it does not work: "el takyeef bayez", "التكييف مش شغال".

    Args:
        texts: the tokens.
        at: the appliance's first token.
        last: the token after it.
        entry: what it is listed as.
    """
    if entry.value not in _APPLIANCES:
        return False
    near = texts[max(0, at - 3) : at] + texts[last : last + 5]
    return not _BROKEN.isdisjoint(near) or not (_NOT.isdisjoint(near) or _WORKS.isdisjoint(near))
