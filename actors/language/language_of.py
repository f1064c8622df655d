"""Tell a message's language from its letters and a list of frequent words."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

from actors.language.rules.word_set import word_set

_ARABIC: Final = re.compile("[\u0620-\u064a\u066e-\u06d3\u06fa-\u06fc\ufb50-\ufdff\ufe70-\ufefc]")
_LATIN: Final = re.compile("[A-Za-z\u00c0-\u024f]")
_WORD: Final = re.compile(r"[a-z0-9']+")
_ADDRESS: Final = re.compile(
    r"(?:https?://|www\.)[^\s]{1,2048}|[^\s@]{1,64}@[^\s@]{1,255}|\b[a-z0-9-]{1,63}\.[a-z]{2,4}/[^\s]{0,2048}"
)
# A digit that stands for an Arabic letter inside a word: 2 ء, 3 ع, 5 خ, 6 ط, 7 ح, 8 غ, 9 ص.
_DIGIT_LETTER: Final = re.compile(r"\b(?:[a-z]+[2356789]+[a-z]+|[2378][a-z]{3,}|[a-z]{3,}[37])(?![a-z0-9])")
# What has the form of such a word and is none: a number with its unit, a currency with its number, English with a
# digit for a sound ("2moro", "gr8er", "w8ing", "B2B"), the code of a unit, chemistry.
_NOT_ARABIZI: Final = re.compile(
    r"[2378](?:b(?:r|hk|eds?|edded|edder|edrooms?|aths?|athrooms?|drm?s?|edrms?)|rooms?|sq(?:ft|m|f)|th|rd|nd|pm|am|"
    r"mins?|minutes?|hours?|hrs?|days?|nights?|weeks?|wks?|months?|mths?|years?|yrs?|mill?|million|lakhs?|lacs?|"
    r"crores?|thousand|grand|floors?|units?|chqs?|cheques?|persons?|people|cars?|parkings?|storeys?|stories|"
    r"dirhams?|pcs|times|met(?:er|re)s?|feet)\Z"
    r"|2(?:m(?:o|or|oro|orro|orow|orrow|oz|rw|row|rrow)|day|days|nite|night|nights|gether|getha|wards?|be|go|see|buy|"
    r"rent|sell|view|visit|come|meet|talk|live|move|know)\Z"
    r"|(?:aed|dhs?|usd|egp|sar|gbp|eur|inr|qar|kwd|omr|bhd|rs)[0-9]+[a-z]{0,3}\Z"
    r"|[a-z][0-9]+[a-z]\Z"
    r"|(?:w8|l8|h8|m8|gr8|str8|sk8|f8|b4|n8|d8|2n8)[a-z]{0,4}\Z"
)
_MEASURE: Final = re.compile(r"(?:[0-9][ .]?|/ ?)(?:mn|mo|mm)\b")  # millions, a month
_EVENING: Final = re.compile(r"\bel l(?:ei|e|i|ai)la?h?\b")
_FREQUENT: Final = word_set(
    "ana enta enti inta inti ento e7na howa hwa heya heyya homa da di dah deh dol elly illi eli el fi fel fil feh "
    "mafish mafeesh mafesh mish mesh msh mo mu kda keda kida ya3ni yaani bas lessa lesa leh leih eh eih aywa aiwa "
    "ah la2 laa tab tayeb tayyeb khalas 5alas law momken mumkin mmkn mumken 3ayez 3awez 3ayza 3awza 3yz ayez awez "
    "ayza abgha abi abgi baghi 3ndi 3andi 3andy 3andak 3andek 3ndk 3andko shukran shokran shukrn merci gedan awi "
    "kteer ktir kteir kaman bardo bardu delwa2ty dlw2ty delwaty bokra bukra bokrah emta imta emtaa feen fein fen "
    "wein wain shu shou sho lw sm7t sama7t sama7ti inshallah insha2allah inshalla isa salam salaam alaikum "
    "3alaykom alykum sabah sba7 sabah masa masa2 el5eir elkheir kheir 5eir habibi habibty 7abibi ya akhi sadi2i "
    "ostaz basha kam bekam bkam bikam b2d ad2eh addeh se3r si3r es3ar sha2a sha22a sha2et ghoraf ghorfa oda egar "
    "eegar isti2gar tamlik alf melyon malyon geneh gneh derham ma3 ma3ak ma3aya ma3aky men mn 3ala 3la 3an 3n "
    "ba3d b3d abl 2abl 7aga haga 7agat kol kul ay aye hal betaa3 bta3 beta3 betaa3et bta3t dafa3t adfa3 hadfa3 "
    "arga3 ashof ashoof ashouf ashufha ashofha nshof yenfa3 ynf3 tamam tmam mashy mashi mashkour mashkoor gamil "
    "gameel helw 7elw helwa 7elwa wa7da wahda wahed hader 7ader lel lil wel wil wl bel bil men fel 3ashan ashan "
    "3shan lazem lazim zay zayy kol elnaharda enaharda naharda embare7 elyom gom3a sabt khamis mafrousha mafroosh "
    "fadya fady metwafer mawgood mawgouda mawjood tany tani awel akher a5er hena hna henak kan kant kanet yekon "
    "ykon tekon ba2a b2a lsa lessah rad radd rod raddo 2olt olt 2oly 2olli 2olo ab3at ab3atly eb3at eb3atly ib3at "
    "b3t ba3at yalla yala yallah elleila ellela odetein odeten odtein odteen odten ghorfeten ghorfetein "
    "ghorftein ghorften ghorfetain sala saleh mafroosha mafrosha mafroshah mafroush mafrosh mafrusha mafroushah "
    "balakona balakonat balcona balkona blakona hammamein hamamein hammamen makeef takyeef takeef takyif garaj asansir "
    "mawqif kahraba mayya maya 3omara emara borg dor tarkeeb nadeef nadif gedid gedida gdeeda kbira kebira soghayar "
    "wasat tamleek lel2egar ligar lilbay3 lelbe3 shahri shahry sanawi sanawy bahri"
)
_KNOWN: Final = _FREQUENT | word_set(
    " ".join(
        line
        for line in files("actors.language").joinpath("arabizi_words.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
)
_SHARED: Final = word_set(
    "la el da di eh ah men kol bas law ay sho kam isa radd rod masa kan fen abi hal homa fi ma3 merci dh aye "
    "maya sala dor"
)


def language_of(text: str) -> str:
    """Tell the language of a message.

    Args:
        text: the message.

    Returns:
        ``ar`` for Arabic script, ``arz`` for Arabic in Latin letters, ``en`` for anything else: other Latin text, and
        texts without a letter of either script, for which the contract has no word of its own.
    """
    if not text.isascii():
        arabic = len(_ARABIC.findall(text))
        if arabic and arabic * 2 >= len(_LATIN.findall(text)):
            return "ar"
    lowered = text.lower()
    if "@" in lowered or "/" in lowered or "www." in lowered:
        lowered = _ADDRESS.sub(" ", lowered)
    lowered = _MEASURE.sub(" ", lowered)
    words = _WORD.findall(lowered)
    hits = 0.6 if "el l" in lowered and _EVENING.search(lowered) else 0.0
    for word in words:
        if word in _KNOWN:
            hits += 0.4 if word in _SHARED else 1.0
    for match in _DIGIT_LETTER.finditer(lowered):
        if match[0] not in _KNOWN and not _NOT_ARABIZI.match(match[0]):
            hits += 1.0
    letters = sum(1 for word in words if word.isalpha() or len(word) > 3)
    if (hits >= 2 or (hits >= 1 and letters <= 8)) and hits >= 0.12 * max(letters, 1):
        return "arz"
    return "en"
