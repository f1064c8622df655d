"""Vary corpus messages: other names in the marked slots, other digits, letter case, typos.

The lists are the project's own. Invented places are put together from syllables, so that the tagger learns
contexts and shapes and not a list of names.
"""

from __future__ import annotations

import random
import re
from typing import Final

from actors.language.corpus.loader import Example, Span

FIRST: Final = [
    "Ahmed",
    "Mohammed",
    "Mohamed",
    "Ali",
    "Omar",
    "Khalid",
    "Hassan",
    "Hussein",
    "Youssef",
    "Ibrahim",
    "Mustafa",
    "Tariq",
    "Samir",
    "Karim",
    "Walid",
    "Faisal",
    "Nasser",
    "Bilal",
    "Hamza",
    "Rami",
    "Ziad",
    "Fadi",
    "Majid",
    "Saeed",
    "Rashid",
    "Sultan",
    "Mansour",
    "Adel",
    "Hisham",
    "Amr",
    "Sherif",
    "Tamer",
    "Fatima",
    "Aisha",
    "Mariam",
    "Noor",
    "Layla",
    "Sara",
    "Huda",
    "Reem",
    "Dina",
    "Mona",
    "Rania",
    "Yasmin",
    "Salma",
    "Hala",
    "Amira",
    "Noura",
    "Latifa",
    "Maha",
    "Lina",
    "Dalia",
    "Heba",
    "Ghada",
    "Abeer",
    "Shaikha",
    "John",
    "James",
    "Robert",
    "Michael",
    "David",
    "William",
    "Richard",
    "Thomas",
    "Daniel",
    "Matthew",
    "Andrew",
    "Steven",
    "George",
    "Kevin",
    "Brian",
    "Mark",
    "Paul",
    "Peter",
    "Simon",
    "Oliver",
    "Harry",
    "Jack",
    "Liam",
    "Noah",
    "Ethan",
    "Lucas",
    "Mary",
    "Patricia",
    "Jennifer",
    "Linda",
    "Elizabeth",
    "Susan",
    "Jessica",
    "Karen",
    "Nancy",
    "Emma",
    "Olivia",
    "Sophie",
    "Charlotte",
    "Grace",
    "Chloe",
    "Hannah",
    "Lucy",
    "Emily",
    "Rachel",
    "Claire",
    "Victoria",
    "Natalie",
    "Zoe",
    "Raj",
    "Ravi",
    "Amit",
    "Sanjay",
    "Vikram",
    "Arjun",
    "Rohan",
    "Anil",
    "Suresh",
    "Deepak",
    "Priya",
    "Anjali",
    "Pooja",
    "Neha",
    "Kavita",
    "Sunita",
    "Meera",
    "Divya",
    "Shreya",
    "Lakshmi",
    "Farhan",
    "Imran",
    "Usman",
    "Asif",
    "Zubair",
    "Nadeem",
    "Shahid",
    "Wei",
    "Chen",
    "Ming",
    "Yuki",
    "Hiro",
    "Sakura",
    "Jin",
    "Soo",
    "Linh",
    "Trang",
    "Thanh",
    "Maria",
    "Jose",
    "Carlos",
    "Luis",
    "Miguel",
    "Pedro",
    "Diego",
    "Camila",
    "Lucia",
    "Valentina",
    "Isabel",
    "Sofia",
    "Giulia",
    "Marco",
    "Luca",
    "Matteo",
    "Francesca",
    "Pierre",
    "Camille",
    "Julien",
    "Antoine",
    "Hans",
    "Klaus",
    "Greta",
    "Ingrid",
    "Lars",
    "Sven",
    "Olga",
    "Natasha",
    "Dmitri",
    "Sergei",
    "Ivan",
    "Katya",
    "Anastasia",
    "Elena",
    "Nikolai",
    "Piotr",
    "Agnieszka",
    "Chidi",
    "Ngozi",
    "Amara",
    "Kwame",
    "Kofi",
    "Abena",
    "Emeka",
    "Tunde",
    "Zainab",
    "Halima",
    "Joy",
    "Blessing",
    "Jomar",
    "Rowena",
    "Maricel",
    "Ronaldo",
    "Josephine",
]
LAST: Final = [
    "Khan",
    "Ahmed",
    "Hassan",
    "Hussein",
    "Rahman",
    "Malik",
    "Sheikh",
    "Siddiqui",
    "Qureshi",
    "Farooq",
    "Haddad",
    "Khoury",
    "Nasser",
    "Mansouri",
    "Suwaidi",
    "Maktoum",
    "Mazrouei",
    "Shamsi",
    "Zahrani",
    "Otaibi",
    "Ghamdi",
    "Qahtani",
    "Sayed",
    "Fahmy",
    "Gamal",
    "Farouk",
    "Shaker",
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Wilson",
    "Evans",
    "Walker",
    "Wright",
    "Green",
    "Hall",
    "Clarke",
    "Baker",
    "Turner",
    "Cooper",
    "Hughes",
    "Ward",
    "Morgan",
    "Bennett",
    "Carter",
    "Collins",
    "Murphy",
    "Kelly",
    "O'Brien",
    "Ryan",
    "Doyle",
    "Campbell",
    "Stewart",
    "Johnson",
    "Miller",
    "Davis",
    "Anderson",
    "Thompson",
    "Garcia",
    "Martinez",
    "Rodriguez",
    "Lopez",
    "Hernandez",
    "Gonzalez",
    "Perez",
    "Ramirez",
    "Torres",
    "Rivera",
    "Sharma",
    "Patel",
    "Singh",
    "Gupta",
    "Kumar",
    "Mehta",
    "Reddy",
    "Iyer",
    "Nair",
    "Menon",
    "Pillai",
    "Desai",
    "Chopra",
    "Fernandes",
    "D'Souza",
    "Wang",
    "Li",
    "Zhang",
    "Nguyen",
    "Tran",
    "Kim",
    "Park",
    "Lee",
    "Tanaka",
    "Suzuki",
    "Ivanov",
    "Petrov",
    "Volkov",
    "Novak",
    "Kowalski",
    "Nowak",
    "Schmidt",
    "Weber",
    "Fischer",
    "Rossi",
    "Bianchi",
    "Ferrari",
    "Dubois",
    "Laurent",
    "Moreau",
    "Silva",
    "Santos",
    "Oliveira",
    "Costa",
    "Okafor",
    "Adeyemi",
    "Mensah",
    "Boateng",
    "Dlamini",
    "Cruz",
    "Reyes",
    "Bautista",
]
TITLES: Final = ("Mr", "Mr.", "Mrs", "Mrs.", "Ms", "Ms.", "Dr", "Dr.", "Eng.", "Sheikh", "Madam", "Sir", "Capt.")
AR_FIRST: Final = [
    "أحمد",
    "محمد",
    "علي",
    "عمر",
    "خالد",
    "حسن",
    "حسين",
    "يوسف",
    "إبراهيم",
    "مصطفى",
    "طارق",
    "سمير",
    "كريم",
    "وليد",
    "فيصل",
    "ناصر",
    "بلال",
    "حمزة",
    "رامي",
    "زياد",
    "سعيد",
    "راشد",
    "سلطان",
    "عادل",
    "فاطمة",
    "عائشة",
    "مريم",
    "نور",
    "ليلى",
    "سارة",
    "هدى",
    "ريم",
    "دينا",
    "منى",
    "رانيا",
    "ياسمين",
    "سلمى",
    "هالة",
    "أميرة",
    "نورة",
    "لطيفة",
    "مها",
    "لينا",
    "داليا",
    "هبة",
    "غادة",
]
AR_LAST: Final = [
    "المنصوري",
    "الزهراني",
    "العتيبي",
    "الغامدي",
    "القحطاني",
    "الشامسي",
    "المزروعي",
    "الحداد",
    "الخوري",
    "فهمي",
    "شاكر",
    "السيد",
    "الهاشمي",
    "البلوشي",
]
PLACES: Final = [
    "Dubai Marina",
    "Business Bay",
    "Downtown",
    "JVC",
    "JVT",
    "JLT",
    "JBR",
    "Palm Jumeirah",
    "Al Barsha",
    "Deira",
    "Bur Dubai",
    "Karama",
    "Al Quoz",
    "Mirdif",
    "Al Warqa",
    "Motor City",
    "Sports City",
    "Arabian Ranches",
    "The Greens",
    "The Views",
    "Emirates Hills",
    "DIFC",
    "Al Nahda",
    "Al Qusais",
    "Al Reem Island",
    "Yas Island",
    "Khalifa City",
    "Al Ain",
    "Ajman",
    "Sharjah",
    "Al Majaz",
    "Fujairah",
    "Umm Suqeim",
    "Oud Metha",
    "Garhoud",
    "Festival City",
    "Doha",
    "Lusail",
    "The Pearl",
    "Manama",
    "Juffair",
    "Kuwait City",
    "Salmiya",
    "Muscat",
    "Al Khuwair",
    "Riyadh",
    "Al Olaya",
    "Jeddah",
    "Khobar",
    "Cairo",
    "New Cairo",
    "Zamalek",
    "Maadi",
    "Heliopolis",
    "6th of October",
    "Sheikh Zayed",
    "Alexandria",
    "Amman",
    "Abdoun",
    "Beirut",
    "Hamra",
    "London",
    "Camden",
    "Islington",
    "Hackney",
    "Brixton",
    "Wimbledon",
    "Ealing",
    "Croydon",
    "Stratford",
    "Leeds",
    "Bristol",
    "Birmingham",
    "Salford",
    "Chorlton",
    "Edinburgh",
    "Leith",
    "Glasgow",
    "Cardiff",
    "New York",
    "Queens",
    "Brooklyn Heights",
    "Astoria",
    "Harlem",
    "Jersey City",
    "Hoboken",
    "Boston",
    "Somerville",
    "Chicago",
    "Lincoln Park",
    "Seattle",
    "Capitol Hill",
    "Portland",
    "Denver",
    "Austin",
    "Dallas",
    "Plano",
    "Houston",
    "Miami",
    "Brickell",
    "Tampa",
    "Orlando",
    "Atlanta",
    "Phoenix",
    "Scottsdale",
    "Las Vegas",
    "San Diego",
    "La Jolla",
    "Los Angeles",
    "Pasadena",
    "Santa Monica",
    "San Jose",
    "Cupertino",
    "Sacramento",
    "Elk Grove",
    "Daly City",
    "San Bruno",
    "San Rafael",
    "Antioch",
    "Livermore",
    "Pleasanton",
    "Union City",
    "Campbell",
    "Los Gatos",
    "Morgan Hill",
    "Novato",
    "Benicia",
    "Danville",
    "Emeryville",
    "Mumbai",
    "Bandra",
    "Pune",
    "Hinjewadi",
    "Bangalore",
    "Indiranagar",
    "Delhi",
    "Gurgaon",
    "Noida",
    "Hyderabad",
    "Gachibowli",
    "Chennai",
    "Karachi",
    "Clifton",
    "Lahore",
    "Islamabad",
    "Lagos",
    "Ikeja",
    "Accra",
    "Nairobi",
    "Westlands",
    "Singapore",
    "Kuala Lumpur",
    "Toronto",
    "Mississauga",
    "Sydney",
    "Parramatta",
    "Melbourne",
    "Istanbul",
    "Paris",
    "Berlin",
    "Milan",
    "Moscow",
]
AR_PLACES: Final = [
    "دبي مارينا",
    "الخليج التجاري",
    "البرشاء",
    "ديرة",
    "الكرامة",
    "مردف",
    "النهدة",
    "القصيص",
    "الشارقة",
    "عجمان",
    "المجاز",
    "الخان",
    "العين",
    "أبوظبي",
    "جزيرة ياس",
    "الرياض",
    "جدة",
    "الدوحة",
    "الكويت",
    "السالمية",
    "المنامة",
    "مسقط",
    "القاهرة",
    "التجمع الخامس",
    "المعادي",
    "الزمالك",
    "مدينة نصر",
    "أكتوبر",
    "الشيخ زايد",
    "الإسكندرية",
    "عمان",
    "بيروت",
]
_TREE = [
    "Oak",
    "Maple",
    "Cedar",
    "Willow",
    "Palm",
    "Pine",
    "Rose",
    "Lily",
    "Jasmine",
    "Olive",
    "Birch",
    "Elm",
    "Ash",
    "Holly",
    "Laurel",
    "Aspen",
    "Juniper",
    "Magnolia",
    "Cypress",
    "Fern",
]
_NATURE = [
    "Lake",
    "River",
    "Creek",
    "Bay",
    "Coral",
    "Pearl",
    "Sun",
    "Star",
    "Moon",
    "Sky",
    "Desert",
    "Dune",
    "Oasis",
    "Ocean",
    "Harbour",
    "Marina",
    "Golden",
    "Silver",
    "Emerald",
    "Azure",
]
_BUILD = [
    "Tower",
    "Towers",
    "Residence",
    "Residences",
    "Heights",
    "Court",
    "Gardens",
    "Gate",
    "Plaza",
    "Point",
    "House",
    "Park",
    "Terraces",
    "Village",
    "Lofts",
    "Apartments",
    "Square",
    "Suites",
    "Manor",
    "Crest",
    "View",
    "Mansions",
    "Estate",
    "Homes",
    "Hills",
    "Compound",
    "Building",
]
_STREET = [
    "Street",
    "St",
    "Road",
    "Rd",
    "Avenue",
    "Ave",
    "Lane",
    "Ln",
    "Drive",
    "Dr",
    "Close",
    "Crescent",
    "Way",
    "Boulevard",
    "Blvd",
    "Court",
    "Place",
    "Terrace",
]
_SYLLABLE = [
    "ba",
    "da",
    "fa",
    "ha",
    "ja",
    "ka",
    "la",
    "ma",
    "na",
    "ra",
    "sa",
    "ta",
    "wa",
    "ya",
    "mi",
    "ni",
    "ri",
    "si",
    "du",
    "fu",
    "ku",
    "lu",
    "mu",
    "nu",
    "ru",
    "su",
    "zu",
    "sha",
    "kha",
]
_TOWN = [
    "ford",
    "ton",
    "ville",
    "wood",
    "field",
    "burg",
    "dale",
    "mont",
    "bury",
    "ham",
    "worth",
    "stead",
    "bridge",
    "haven",
    "port",
    "cliff",
    "brook",
]
_DEVELOPER = [
    "Emaar",
    "Damac",
    "Sobha",
    "Nakheel",
    "Azizi",
    "Binghatti",
    "Danube",
    "Ellington",
    "Meraas",
    "Aldar",
    "Prestige",
    "Lodha",
    "Godrej",
    "DLF",
    "Brigade",
    "Avalon",
]
_DIGIT = re.compile(r"\d")


def _syllables(rng: random.Random, low: int, high: int) -> str:
    return "".join(rng.choice(_SYLLABLE) for _ in range(rng.randint(low, high)))


def person(rng: random.Random, lang: str) -> str:
    """Make up a person's name.

    Args:
        rng: source of chance.
        lang: ``ar`` gives Arabic script.

    Returns:
        a first name, a full name or a title and name.
    """
    if lang == "ar":
        name = rng.choice(AR_FIRST)
        return f"{name} {rng.choice(AR_LAST)}" if rng.random() < 0.3 else name
    dice = rng.random()
    first = rng.choice(FIRST)
    if dice < 0.08:
        first = (_syllables(rng, 2, 3) + rng.choice(("", "n", "r", "m", "k"))).capitalize()
    if dice < 0.6:
        return first
    last = rng.choice(LAST)
    if dice < 0.8:
        return f"{first} {last}"
    if dice < 0.84:
        return f"{first[0]}. {last}"
    if dice < 0.87:
        return f"{first} Al {last}"
    return f"{rng.choice(TITLES)} {rng.choice((first, last, last, f'{first} {last}'))}"


def place(rng: random.Random, lang: str) -> str:
    """Make up or choose a city, district or street address.

    Args:
        rng: source of chance.
        lang: ``ar`` gives Arabic script.

    Returns:
        its name.
    """
    if lang == "ar":
        return rng.choice(AR_PLACES)
    dice = rng.random()
    if dice < 0.5:
        return rng.choice(PLACES)
    if dice < 0.62:
        return f"Al {_syllables(rng, 2, 3).capitalize()}{rng.choice(('', 'h', 'n', 'b', 'r'))}"
    if dice < 0.72:
        return f"{rng.choice(_TREE + _NATURE + [n for n in LAST if n.isalpha()])}{rng.choice(_TOWN)}".capitalize()
    if dice < 0.78:
        return f"{rng.choice(('North', 'South', 'East', 'West', 'New', 'Old', 'Upper', 'Port', 'Mount', 'Saint'))} {rng.choice(LAST)}"
    name = rng.choice(_TREE + _NATURE + list(LAST))
    street = f"{name} {rng.choice(_STREET)}"
    return f"{rng.randint(1, 480)} {street}" if rng.random() < 0.65 else street


def project(rng: random.Random, lang: str) -> str:
    """Make up a building, tower, compound or development.

    Args:
        rng: source of chance.
        lang: ``ar`` gives Arabic script.

    Returns:
        its name.
    """
    if lang == "ar":
        kind = rng.choice(("برج", "كمبوند", "مجمع", "بناية", "أبراج"))
        return (
            f"{kind} {rng.choice(('النخيل', 'الياسمين', 'الواحة', 'اللؤلؤة', 'النور', 'الريم', 'السلام', 'الزهراء'))}"
        )
    first = rng.choice(_TREE + _NATURE + [_syllables(rng, 2, 3).capitalize() for _ in range(12)] + list(LAST[:20]))
    dice = rng.random()
    if dice < 0.55:
        name = f"{first} {rng.choice(_BUILD)}"
    elif dice < 0.7:
        name = f"{rng.choice(_NATURE)} {first} {rng.choice(_BUILD)}"
    elif dice < 0.8:
        name = f"{rng.choice(_DEVELOPER)} {first} {rng.choice(_BUILD)}"
    elif dice < 0.9:
        name = f"The {first}" if rng.random() < 0.4 else f"Al {first} {rng.choice(_BUILD)}"
    else:
        name = f"Burj {first}"
    return f"{name} {rng.choice(('1', '2', '3', 'A', 'B', 'II'))}" if rng.random() < 0.18 else name


MAKERS: Final = {"person": person, "location": place, "project": project}


def refill(example: Example, rng: random.Random, rate: float) -> Example:
    """Put other names into the marked slots.

    Args:
        example: a corpus message.
        rng: source of chance.
        rate: how likely each slot is to change, 0 to 1.

    Returns:
        the varied message, its spans moved with it.
    """
    if not example.spans:
        return example
    parts: list[str] = []
    spans: list[Span] = []
    at = length = 0
    for span in example.spans:
        before = example.text[at : span.start]
        old = example.text[span.start : span.end]
        new = MAKERS[span.type](rng, example.lang) if rng.random() < rate else old
        parts += [before, new]
        start = length + len(before)
        length = start + len(new)
        spans.append(Span(start, length, span.type))
        at = span.end
    parts.append(example.text[at:])
    return Example(
        "".join(parts), example.lang, example.intent, example.sentiment, example.urgent, tuple(spans), example.source
    )


def respell(example: Example, rng: random.Random) -> Example:
    """Vary letter case and digits and drop in a typo, leaving spans where they are.

    Args:
        example: a message.
        rng: source of chance.

    Returns:
        the varied message, of the same length.
    """
    text = example.text
    dice = rng.random()
    if dice < 0.3:
        text = text.lower()
    elif dice < 0.34:
        text = text.upper()
    if len(text) != len(example.text):  # some letters change length with case
        text = example.text
    if rng.random() < 0.5:
        text = _DIGIT.sub(lambda m: str(rng.randint(1, 9)) if m[0] != "0" else "0", text)
    if rng.random() < 0.15 and len(text) > 12:
        i = rng.randrange(1, len(text) - 2)
        inside = any(s.start <= i + 1 and i <= s.end for s in example.spans)
        if not inside and text[i].isalpha() and text[i + 1].isalpha():
            text = text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return Example(text, example.lang, example.intent, example.sentiment, example.urgent, example.spans, example.source)
