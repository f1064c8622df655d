"""Words that tell which everyday service a sentence is about: written for this project, from general knowledge."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from actors.language.flow.words import PhraseBook


class Evidence(NamedTuple):
    """What a phrase says: for each matter it may mean, the same strength, 0 to 1."""

    matters: frozenset[str]
    strength: float


STRONG: Final = 1.0
FAIR: Final = 0.6

# Matters joined by + share the words: such a word says "one of these", and keeps the running one where it is of them.
_STRONG: Final = {
    "flights": "flight; flights; plane ticket; plane; airplane; airline ticket; airfare; air ticket; fly to;"
    " fly there; fly from;"
    " fly out; fly into; fly back; round trip flight; one way flight; roundtrip flight; return flight;"
    " red eye; رحله طيران; طياره; طيران; تذكره طيران; tayara; tayran",
    "buses": "bus; buses; bus ticket; bus ride; bus station; bus trip; bus stop; coach ticket; greyhound; اتوبيس; باص;"
    " حافله; otobis",
    "trains": "train; train ticket; train ride; train station; train journey; railway; rail ticket; by rail; amtrak;"
    " metro ticket; قطار; قطر; atr ticket",
    "hotels": "hotel; star hotel; star place; a room; one room; two rooms; three rooms; room for; rooms for; 1 room;"
    " 2 rooms; 3 rooms; motel; hotel room; guest house; guesthouse; hostel; accommodation; accommodations;"
    " accomodation; accomodations; lodging; place to stay; places to stay; somewhere to stay; where to stay;"
    " room to stay; place for the night; spend the night; bed and breakfast; airbnb; vacation rental; holiday home;"
    " house to stay; home to stay; stay at a house; فندق; اوتيل; otel; funduq",
    "rental cars": "rental car; car rental; rent a car; rent car; rent me a car; car to rent; car for rent; hire a car;"
    " car hire; renting a car; rental suv; rental sedan; rental vehicle; rent a vehicle; rented car; hire car;"
    " intermediate car; midsize car; economy car; luxury car; hatchback; suv; sedan; minivan; convertible;"
    " compact car; standard car; full size car; rent an suv;"
    " rent an automobile; rental truck; rental van; car to drive; vehicle to drive; ايجار سياره; تاجير سياره;"
    " استاجر سياره; عربيه ايجار; سياره للايجار",
    "rides": "cab; taxi; uber; lyft; ride share; rideshare; ride sharing; shared ride; ride to; a ride; my ride;"
    " book a ride; get a ride; need a ride; ride for; luxury ride; regular ride; pool ride; chauffeur; car to take me;"
    " car to pick me up; drive me; تاكسي; اوبر; كريم; توصيله; taksi; careem",
    "restaurants": "restaurant; place to eat; places to eat; somewhere to eat; something to eat; where to eat;"
    " table for; a table; reserve a table; book a table; dine; dining; eatery; cuisine; steakhouse; pizzeria; sushi;"
    " bistro; brunch; diner; grab a bite; eat out; eating out; go out to eat; dinner reservation; lunch reservation;"
    " dinner reservations; place for dinner; place for lunch; مطعم; اكل بره; عشا; غدا; mat3am; ma6am",
    "movies": "movie ticket; movie theater; movie theatre; cinema; showtime; show time; movie showing; movies playing;"
    " movie playing; in theaters; at the theater; theater to watch; go to the movies; go see a movie; see a movie;"
    " tickets for the movie; movie tickets; show timing; سينما; cinma",
    "music": "song; some music; play music; music to listen; music to play; album; playlist; track to play; tune;"
    " listen to; listen; singer; lyrics; اغنيه; اغاني;"
    " موسيقي; موسيقا; ughniya; aghani",
    "media": "stream; watch online; something to watch; movie to watch; movies to watch; watch a movie; watch movies;"
    " watch some movies; film to watch; documentary; tv show; tv series; television; netflix; with subtitles; subtitle;"
    " subtitles; watch at home; watch on tv; watch on my; start watching; مسلسل; musalsal",
    "events": "events in; event in; events happening; events around; events near; events at; events on;"
    " upcoming event; type of event; kind of event; concert; concerts; baseball; basketball; football game; soccer;"
    " hockey; ball game; sports event;"
    " sport event; music concert; music show; music festival; sports; sporting events;"
    " sporting event; music event; sports venue; music venue; sports events; theater event; theatre event; show"
    " tickets; game tickets; concert tickets; event tickets; tickets to see; gig; live music; live show; festival;"
    " musical; broadway; حفله; حفله موسيقيه; ماتش; مباراه; 7afla; haflah",
    "weather": "weather; forecast; temperature; humidity; rain; raining; rainy; sunny; snow; wind speed; windy;"
    " how hot;"
    " how cold; umbrella; chance of rain; precipitation; الطقس; طقس; الجو ايه; حاله الجو; درجه الحراره; el gaw; taqs",
    "calendar": "calendar; my schedule; my agenda; my events; events on my; any plans; am i free; am i busy;"
    " am i available; i have free; what time am i free; free slot; free time slot; my availability; add this event;"
    " add the event; add it to my; anything scheduled; on my schedule; put it on my; التقويم; جدولي; calender",
    "banks": "bank account; account balance; my balance; checking account; savings account; my checking; my savings;"
    " transfer money; make a transfer; money transfer; wire; transfer funds; transfer some money; transfer to;"
    " transfer from; balance; the checking; in checking; from checking; savings; money do i have; money i have;"
    " how much do i have in; bank;"
    " تحويل فلوس; رصيد; رصيدي; حساب البنك; البنك; raseed",
    "payments": "send money; pay my; pay back; payment request; request money; request a payment; request payment;"
    " make a payment; venmo; paypal; google pay; apple pay; payment app; pay him; pay her; pay them; owe; owes me;"
    " split the bill; send a payment; private payment; receive money; ابعت فلوس; ادفع",
    "doctors": "doctor; physician; dermatologist; gynecologist; gynaecologist; ophthalmologist; ent specialist;"
    " general practitioner; pediatrician; cardiologist; medical; skin specialist; eye specialist; clinic;"
    " medical appointment; anesthesiologist; دكتور; طبيب; عياده; doktor; dr appointment",
    "dentists": "dentist; dental; teeth cleaning; tooth; teeth; toothache; cosmetic dentistry; orthodontist; oral;"
    " دكتور اسنان; طبيب اسنان; اسنان; snan",
    "therapists": "therapist; psychologist; psychiatrist; counselor; counsellor; family counselor; psychology;"
    " therapy; mental health; counseling; معالج نفسي; دكتور نفسي",
    "salons": "salon; hair salon; hair stylist; hairstylist; stylist; haircut; hair cut; hairdresser; barber;"
    " hair done; beauty parlor; beauty salon; manicure; unisex; صالون; حلاق; كوافير; 7allaq; saloon",
    "homes": "apartment; condo; flat; real estate; property to rent; house to rent; home to rent; house to buy;"
    " home to buy; house for rent; house for sale; place to live; places to live; somewhere to live; bedroom;"
    " two bedroom; bedroom apartment; property; townhouse; villa; studio apartment; place to rent; buy a house;"
    " buy a home; rent a house; buy a property; move to; moving to; schedule a visit; property visit; شقه; فيلا;"
    " عقار; بيت للايجار; sha2a; villa",
    "travel": "attraction; tourist attraction; sightseeing; places to visit; place to visit; "
    " places of interest; interesting places; place to go; places to go; tourist;"
    " historical place; historical landmark; landmark; monument; what to see; things to see; places to see; explore;"
    " museum; park to visit; theme park; sports venue to visit; tours; tourism; اماكن سياحيه; سياحه;"
    " معالم; مزارات; amaken",
    "alarms": "alarm; wake me; wake me up; set an alarm; wake up call; new alarm; منبه; صحيني; monabeh",
    "messaging": "share my location; send my location; send a message; message my; text my; text message;"
    " share the location; share location; send the address to; share it with; share with my; send this to my;"
    " send it to my; let my friend know; ابعت رساله; ابعت اللوكيشن",
    "shopping": "shopping; grocery; groceries; deliver; delivery; order food; takeout; order online; تسوق; توصيل طلب",
}
# Only what opens a task: what a thing found has or costs ("pets allowed", "business class") is asked within one.
_FAIR: Final = {
    "hotels": "room; rooms; a stay; book a stay; stay in; stay; house",
    "restaurants": "food; eat; dinner; lunch; breakfast; meal; hungry; pizza; burger; noodles; seafood; cafe",
    "flights": "fly; flying; airline; direct flight",
    "rental cars": "rental; vehicle; compact; full size",
    "music": "artist; playback",
    "media": "tv",
    "homes": "house; place of my own",
    "events": "game; match; a show; the show; shows; venue; theatre",
    "movies": "theater; theatre; screening; imax",
    "buses": "coach; departure station",
    "travel": "plan a trip; vacation spot",
    "calendar": "appointments; reminder; remind me; meeting",
    "banks": "account; saving; checking",
    "payments": "need to pay; want to pay; like to pay; pay to; a payment; payment to",
    "rides": "ride; pick me up",
    "doctors": "specialist; doctor's",
    "salons": "my hair; hair appointment",
}
_SHARED: Final = {
    "movies+media": "movie; film; movies; فيلم; افلام; film",
    "movies+media+music+events": "horror; comedy; sci fi; action",
    "hotels+homes": "house; apartment",
    "events+calendar": "event; events",
    "movies+media+events": "watch",
    "rental cars+rides": "car; cars; سياره; عربيه; 3arabeya; sayara",
    "buses+trains+flights": "round trip; one way; depart; departing; departure; return ticket; leaving from;"
    " travel to; traveling to; travelling to; travel from; trip to",
    "buses+trains+flights+events+movies": "ticket; tickets; seat; seats; تذكره; تذاكر; tazkara",
    "events+music": "music; musician; pop music; rock music; country music; genre of music; type of music",
    "events+travel": "something to do; things to do; thing to do; something fun; anything to do; anything fun;"
    " activities;"
    " to do there; to do in; to do around; to do that day; there to do;"
    " something fun to do; something interesting to do; fun; entertainment; happening around;"
    " something interesting; anything interesting; interesting",
    "music+media": "play me; play the; play some; play it; play that; play a; play something; play this; playing",
    "buses+trains+flights+banks": "transfer; transfers",
    "doctors+dentists+therapists+salons": "appointment; booking with; provider; موعد; ميعاد; maw3ed; mee3ad",
    "restaurants+hotels+travel+salons+dentists+doctors": "reviews; rating",
}

# Their noun is definite at its first mention ("the weather", "my calendar"): the article says nothing there.
DEFINITE_BY_NATURE: Final = frozenset(
    {"weather", "calendar", "banks", "alarms", "messaging", "media", "music", "payments"}
)


@cache
def service_phrases() -> PhraseBook[Evidence]:
    """Give the phrase book of the services; made once a process."""
    meanings: dict[str, list[tuple[frozenset[str], float]]] = {}
    for table, strength in ((_STRONG, STRONG), (_FAIR, FAIR), (_SHARED, FAIR)):
        for matters, phrases in table.items():
            for words in phrases.split(";"):
                meanings.setdefault(words.strip(), []).append((frozenset(matters.split("+")), strength))
    book: list[tuple[str, Evidence]] = []
    for phrase, said in meanings.items():
        best = max(strength for _, strength in said)
        meant = frozenset[str]().union(*(matters for matters, strength in said if strength >= best - 0.5))
        book.append((phrase, Evidence(meant, best)))
    return PhraseBook(book)


# Matters that people name by the same words: between them, a new word more often says it better than it moves on.
FAMILIES: Final = (
    frozenset({"events", "travel", "music"}),
    frozenset({"movies", "media", "music"}),
    frozenset({"flights", "trains", "buses"}),
    frozenset({"hotels", "homes"}),
    frozenset({"rental cars", "rides"}),
    frozenset({"doctors", "dentists", "therapists", "salons"}),
    frozenset({"banks", "payments"}),
)
