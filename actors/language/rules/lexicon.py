"""Closed word classes of the rule layer, folded as ``fold`` folds: numbers, currencies, units, days, months."""

from __future__ import annotations

from typing import Final

from actors.language.rules.fold import fold


def _words(spec: str, value: float | str) -> dict[str, float | str]:
    return {fold(word)[0]: value for word in spec.split()}


def _numbers(*pairs: tuple[str, float]) -> dict[str, float]:
    table: dict[str, float] = {}
    for spec, value in pairs:
        for word in spec.split():
            table[fold(word)[0]] = value
    return table


def _strings(*pairs: tuple[str, str]) -> dict[str, str]:
    table: dict[str, str] = {}
    for spec, value in pairs:
        for word in spec.split():
            table[fold(word)[0]] = value
    return table


def _set(spec: str) -> frozenset[str]:
    return frozenset(fold(word)[0] for word in spec.split())


NUMBER_WORDS: Final = _numbers(
    ("one واحد واحده واحدة wa7ed wahed wahda wa7da", 1),
    ("two اثنين اتنين إثنين itnein etnein etnen itnen", 2),
    ("three ثلاثة ثلاث تلاتة تلات talata talat tlata", 3),
    ("four أربعة أربع اربع arba3a arba3 arbaa", 4),
    ("five خمسة خمس khamsa khamas 5amsa", 5),
    ("six ستة ست setta sitta", 6),
    ("seven سبعة سبع sab3a saba3 saba", 7),
    ("eight ثمانية ثمان تمانية تمان tamanya taman", 8),
    ("nine تسعة تسع tes3a tis3a", 9),
    ("ten عشرة عشر 3ashra ashra", 10),
    ("eleven حداشر 7edashar 7idashar", 11),
    ("twelve اتناشر itnashar etnashar", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen خمستاشر", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty عشرين 3eshreen 3ishrin", 20),
    ("thirty ثلاثين تلاتين talateen", 30),
    ("forty fourty أربعين arba3een", 40),
    ("fifty خمسين khamseen khamsin", 50),
    ("sixty ستين setteen sitteen", 60),
    ("seventy سبعين sab3een", 70),
    ("eighty ثمانين تمانين tamaneen", 80),
    ("ninety تسعين tes3een", 90),
    ("hundred مية مئة ميت مائة meya miyya meyet mit meit miit miyet", 100),
    ("ميتين مئتين مائتين meteen miteen", 200),
    ("تلتمية ثلاثمية ثلاثمائة toltomeya", 300),
    ("ربعمية أربعمية rob3omeya", 400),
    ("خمسمية خمسمائة khomsomeya", 500),
)


def _prefixed(words: dict[str, float], least: float) -> dict[str, tuple[float, int]]:
    """Arabic number words with a preposition or the article attached: the value, and the preposition's length."""
    table: dict[str, tuple[float, int]] = {}
    for word, value in words.items():
        if word[0] > "\u0600" and value >= least:
            for prefix in ("ب", "ل", "ف", "ك", "ال", "بال", "لل", "فال", "كال", "عال"):
                skip = len(prefix.removesuffix("ال")) - (prefix == "لل")
                table.setdefault(prefix + word, (value, skip))
    return {word: entry for word, entry in table.items() if word not in words}


PREFIXED_NUMBERS: Final = _prefixed(NUMBER_WORDS, 3)
MULTIPLIERS: Final = _numbers(
    ("k ك thousand thousands thou grand ألف آلاف الآف الاف تلاف alf elf alaf alef talaf", 1e3),
    ("m mn mm mil mill million millions mio mln مليون ملايين مليان melyon malyon milyon melion malioon malyoun", 1e6),
    ("bn billion billions مليار", 1e9),
    ("lakh lakhs lac lacs", 1e5),
    ("crore crores cr", 1e7),
)
CURRENCIES: Final = _strings(
    ("aed dhs dh dirham dirhams dirhms dhms درهم دراهم الدرهم derham dirhem drhm", "AED"),
    ("usd dollar dollars bucks us$ $ دولار dolar", "USD"),
    ("gbp pound pounds quid £", "GBP"),
    ("eur euro euros € يورو", "EUR"),
    ("egp le ج جنيه جنية جنيهات جنيها geneh gneeh ginee gneh gineh genih ginih guinea", "EGP"),
    ("sar sr riyal riyals ريال", "SAR"),
    ("inr rs rupees rupee ₹", "INR"),
    ("qar qr kwd kd omr bhd jod دينار dinar", "DINAR"),
    ("¥ jpy chf cad aud sgd", "OTHER"),
)
CURRENCY_MARKS: Final = frozenset("$£€₹¥")
HALF: Final = _set("half نص نصف nos noss nus")
QUARTER: Final = _set("quarter ربع rob3 rob")
BED_WORDS: Final = _set(
    "noum نوم rk br brs bhk bhks bd bds bdr bdrs bdrm bdrms bed beds bedroom bedrooms bedded bedder bedrm bedrms "
    "bedrom bedroms "
    "bedrooom badroom room rooms rm rms غرف غرفة غرفه أوض اوض أوضة اوضه ghoraf ghorfa ghoruf 8oraf oda owad 2owad owda "
    "awad 2oda ouda"
)
BED_PAIR: Final = _strings(
    (
        (
            "غرفتين غرفتان اوضتين أوضتين ghorfeten ghorfetein ghorftein ghorften ghorfetain odteen odten odtein "
            "odetein odeten odeteen owdetein"
        ),
        "2",
    )
)
STUDIO: Final = _set("studio studios stodio studeo ستوديو استوديو أستوديو ستديو estodio")
BATH_WORDS: Final = _set(
    "ba bth bath baths bathroom bathrooms bathrom bathroms bathrm washroom washrooms restroom restrooms toilet toilets "
    "حمام حمامات حمّام hamam hammam hamamat hammamat 7amam 7amamat 7ammam"
)
BATH_PAIR: Final = _strings(("حمامين حمامان hamamen hamamein 7amamen 7amamein hammamein", "2"))
MONTHS: Final = _numbers(
    ("january jan يناير كانون yanayer yanayir", 1),
    ("february feb febuary فبراير شباط febrayer febrayir fibrayer", 2),
    ("march mar مارس اذار mars mares maares", 3),
    ("april apr ابريل أبريل نيسان abril ebril ibril", 4),
    ("may مايو ايار mayo mayu", 5),
    ("june jun يونيو حزيران yonyo yunyo yonio younyo yunyu", 6),
    ("july jul يوليو تموز yolyo yulyo yolio youlyo yulyu", 7),
    ("august aug أغسطس اغسطس aghostos aghustus a8ostos oghostos aghosts", 8),
    ("september sep sept سبتمبر ايلول sebtember sebtamber septamber", 9),
    ("october oct أكتوبر اكتوبر oktober oktobar", 10),
    ("november nov نوفمبر nofember nofamber novamber", 11),
    ("december dec ديسمبر disember desember disamber", 12),
)
WEEKDAYS: Final = _numbers(
    (
        (
            "monday mon mondays الاثنين الإثنين الاتنين الأثنين etnein etnin itnein etneen etnen eletnen eletnein "
            "alethnein ethnain"
        ),
        0,
    ),
    (
        (
            "tuesday tue tues tuesdays الثلاثاء الثلاثا التلات التلاتاء talat tlat thalatha talaat eltalat althulatha "
            "tholatha"
        ),
        1,
    ),
    (
        (
            "wednesday wed weds wednesdays wensday wednsday الأربعاء الاربعاء الأربع الاربعا arba3 arbe3 elarba3 "
            "alarbi3a arbi3a"
        ),
        2,
    ),
    (
        (
            "thursday thu thur thurs thursdays الخميس khamis khamees 5amis 5amees elkhamis elkhamees el5amis el5amees "
            "alkhamis alkhamees"
        ),
        3,
    ),
    ("friday fri fridays الجمعة gom3a gomaa jum3a jomaa gom3ah jom3a jum3ah elgom3a eljum3a aljum3a algom3a", 4),
    ("saturday sat saturdays السبت sabt elsabt alsabt essabt", 5),
    ("sunday sun sundays الأحد الاحد الحد 7ad had ahad a7ad el7ad ela7ad al2a7ad ala7ad", 6),
)
# Weekday names that are also other words: they count only after a word that leads a date.
WEAK_WEEKDAYS: Final = _set("sat sun mon wed fri thu tue had 7ad etnen etnein talat arba3 itnein mar")
DAY_WORDS: Final = _numbers(
    (
        (
            "today tday tdy اليوم النهارده النهاردة النهردة elnaharda enaharda elnahrda elyom elyoum alyoum alyom "
            "innaharda ennaharda elnhrda enharda elyoom"
        ),
        0,
    ),
    ("tonight tonite 2night الليلة الليله ellela elleila", 0),
    (
        (
            "tomorrow tomorow tommorow tommorrow tmrw tmrrw tmw tmr tmrow tomoro tomorro tomoz 2moro 2morrow 2mrw "
            "tomrw tomrow بكرة بكره بكرا غدا غداً الغد غد باكر bokra bukra bokrah bokraa boukra bukrah bokara bkra "
            "bokre bacher bachir باجر باچر"
        ),
        1,
    ),
    (
        (
            "yesterday ystrday yday yesterdy yesturday أمس امس إمبارح امبارح مبارح embare7 imbare7 embareh ams mbareh "
            "mbare7 imbarih embari7 البارح البارحة"
        ),
        -1,
    ),
)
MERIDIEM: Final = _strings(
    ("am صباحا ص الصبح صباحاً elsob7 sob7 sobh", "am"),
    (
        (
            "pm مساء مساءا مساءً م العصر المغرب بالليل العشاء الظهر ظهرا عصرا ليلا "
            "el3asr elasr asr 3asr bellel belel belleil maghreb eldohr dohr"
        ),
        "pm",
    ),
)
SIZE_UNITS: Final[dict[str, float]] = {
    # square feet in one; 1 m2 = 10.7639 sq ft is the contract's figure
    **_numbers(
        ("sqft sqf sft sf sqfeet sqfoot ft2 ft feet foot قدم adam", 1.0),
        (
            (
                "sqm sqmt sqmtr sqmtrs sqmeter sqmeters sqmetre sqmetres m2 mtr mtrs meter meters metre metres "
                "متر م2 م metr mitr"
            ),
            10.7639,
        ),
        ("sqyd sqyds sqyard sqyards yd2 gaj", 9.0),
        ("marla marlas", 272.25),
        ("kanal kanals", 5445.0),
        ("guntha gunta guntas", 1089.0),
        ("acre acres", 43560.0),
        ("hectare hectares", 107639.0),
        ("feddan faddan فدان", 4200.0 * 10.7639),
    ),
}
LINEAR_UNITS: Final = _set("ft feet foot m mtr mtrs meter meters metre metres")
