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
    " tickets; game tickets; concert tickets; event tickets; tickets to see; gig; live show; festival;"
    " musical; broadway; حفله; حفله موسيقيه; ماتش; مباراه; 7afla; haflah",
    "weather": "weather; forecast; temperature; humidity; rain; raining; rainy; sunny; snow; wind speed; windy;"
    " how hot;"
    " how cold; umbrella; chance of rain; precipitation; الطقس; طقس; الجو ايه; حاله الجو; درجه الحراره; el gaw; taqs",
    "calendar": "calendar; my schedule; my agenda; my events; events on my; any plans; am i free; am i busy;"
    " am i available; i have free; what time am i free; free slot; free time slot; my availability; add this event;"
    " add the event; add it to my; anything scheduled; on my schedule; put it on my; التقويم; جدولي; calender",
    "banks": "bank account; account balance; my balance; checking account; savings account; my checking; my savings;"
    " transfer money; make a transfer; money transfer; wire; transfer funds; transfer some money; transfer to;"
    " transfer from; the checking; in checking; from checking; savings; money do i have; money i have;"
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
_MORE_STRONG: Final = {
    "restaurants": "reservation for dinner; steak; steak house; ramen; noodle; taco; tacos; burrito; curry; "
    " kebab; shawarma; falafel; biryani; pasta; lasagna; barbecue; bbq; dim sum; tapas; sandwich; sandwiches; "
    " dessert; ice cream; bakery; coffee shop; coffee; vegan; vegetarian; italian; chinese; thai; mexican; "
    " indian; lebanese; japanese; korean; vietnamese; mediterranean; greek; turkish; ethiopian; peruvian; "
    " starving; to eat; eating; dine in; buffet; food court; pub; cocktail; cocktails; supper; a bite; grill; "
    " كشري; شاورما; كباب; كافيه; قهوه; فطار",
    "hotels": "sleep; sleep over; to sleep; staying over; overnight; bed for the night; suite; resort; "
    " crash for the night; hotels; a bed; stay the night; stay overnight; stay for; accommodate us",
    "travel": "worth visiting; worth seeing; art gallery; gallery; "
    " galleries; aquarium; zoo; gardens; castle; temple; cathedral; palace; guided tour; sight; sights; "
    " exhibition; exhibit; visit while; what can we see; see in the city; tourist spot; tourist spots; hot spots; "
    " points of interest",
    "calendar": "agenda; my day; my week; appointments i have; what's on for; what else do i have; "
    " what else i have; next meeting; my meetings; my meeting; meetings; availability; am i doing; "
    " do i have planned; do i have anything; have anything planned; diary; planner; block my; free from; "
    " free between; free on; openings in my",
    "music": "melody; piano; guitar; jazz; hip hop music; tunes; soundtrack; cd; radio; spotify; put on some; "
    " some songs; something to listen; beats; classical music; reggae; violin; dj",
    "movies": "films; which films; film showing; blockbuster; matinee; screening of; movie near; movies near; "
    " playing in theaters; movie times; show times; box office; see a film; watch in a theater; film tickets; "
    " which movies; what movies",
    "media": "film online; stream a; streaming; binge; episode; series; sitcom; thriller to; rent a movie; "
    " rent the movie; rent movie; movie to rent; watch something; watch a film; captions; watch from home; "
    " on demand; watch at my",
    "weather": "cloudy; storm; thunderstorm; degrees; coat; sunshine; sunny day; hot will; cold will; hot is; "
    " cold is; warm; wind; windspeed; climate; heat; عاصفه; مطر; matar; شمس",
    "rental cars": "truck to rent; pickup truck; jeep; coupe; cars to rent; van; wheels; car for the; a car for; "
    " automobile; something to drive; rent one; cars for rent; pick up a car; car in; a car there; a car at",
    "rides": "taxicab; driver; drop me; a lift; take me; get me to; cabs; taxis; transportation to; transport to; "
    " car to go; pick us up; rideshares",
    "flights": "flights to; plane tickets; round trip to; return flights; jet; flights from; airlines; fly with; "
    " by air; air travel; onward flight; red-eye",
    "trains": "rail; trains; by train; take the train; train tickets; train to; train from; train back; "
    " high speed rail; bullet train; rail pass",
    "buses": "by bus; bus to; bus from; coaches; shuttle; bus tickets; take a bus; motor coach",
    "banks": "funds; in my account; in the bank; my account; my bank; wire money; savings balance; money in; "
    " deposit into; move money; balance of my; enough money; current balance; send funds",
    "payments": "reimburse; pay for my share; cash app; transfer via; settle up; chip in; dollars to; bucks to; "
    " send him; send her; pay someone; money to my; cover my share; pending payment; send the money; "
    " requests from",
    "messaging": "where i am; my whereabouts; current location; send him the; send her the; let them know; "
    " tell my; notify; forward this to; location to; location with; address to my; tell him; tell her; "
    " share this; share that; share my; send the location; share the address",
    "alarms": "alarms; wake; timer; snooze; buzz me; get me up; get up at",
    "doctors": "cardiology; checkup; check up; rash; allergy; prescription; medicine; physicians; medical help; "
    " health; health care; orthopedist; urologist; neurologist; ob gyn; gyno; eye exam; dermatology; pediatrics; "
    " see a doctor; sick; unwell; acne",
    "dentists": "cavity; braces; root canal; filling; dental care; dentistry; gums",
    "therapists": "depressed; anxious; anxiety; depression; stressed; stressed out; stress; emotional; "
    " psychotherapy; family therapy; shrink; counselors; behavioral; talk to someone; psych",
    "salons": "hairdo; blow dry; nails; pedicure; facial; spa; trim; hair color; perm; hair cutting; highlights; "
    " groomed; stylists; shave",
    "homes": "condominium; apartments; lease; landlord; one bedroom; three bedroom; four bedroom; studio; "
    " relocate; relocating; rental property; rental home; homes for; houses for; new place; new home; new house; "
    " new apartment; real estate agent; homes to; property for; properties; residence; for sale; "
    " a place to call home; moving; home in",
    "events": "performing; performance; performances; opera; ballet; theater play; circus; comedy show; stand up; "
    " derby; tournament; nba; mlb; nfl; nhl; soccer match; gigs; conference; symphony; orchestra; "
    " tickets for the game; going on in; happening in; something going on; what's going on in; shows in; "
    " baseball game; basketball game; tennis; cricket; rugby; musicals; happenings; fair; parade; "
    " music performance; stadium",
    "shopping": "order me; order some",
}
# Only what opens a task: what a thing found has or costs ("pets allowed", "business class") is asked within one.
_FAIR: Final = {
    "hotels": "room; rooms; a stay; book a stay; stay in; stay; house",
    "restaurants": "food; eat; dinner; lunch; meal; hungry; pizza; burger; noodles; seafood; cafe",
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
    "events+restaurants": "live music",
    "homes+travel": "visit; can i visit; can we visit",
    "hotels+restaurants": "breakfast",
    "banks+payments": "account balance; app balance; balance",
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
    for table, strength in ((_STRONG, STRONG), (_MORE_STRONG, STRONG), (_FAIR, FAIR), (_SHARED, FAIR)):
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
