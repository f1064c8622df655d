"""Texts as customers of a real-estate agency write them, for load: varied, of 5 to 40 words, from a seed."""

from __future__ import annotations

import random

_OPENINGS = (
    "hi",
    "hello there,",
    "good morning,",
    "salam,",
    "dear team,",
    "quick question:",
    "hey",
    "evening!",
    "marhaba,",
    "hi again,",
)
_PLACES = (
    "Dubai Marina",
    "JVC",
    "Business Bay",
    "Al Barsha",
    "Palm Jumeirah",
    "Arabian Ranches",
    "JLT",
    "Mirdif",
    "Zamalek",
    "Downtown",
)
_BODIES = (
    "is the {rooms} in {place} still available for {price}",
    "can I see the {rooms} in {place} tomorrow at {hour}pm please",
    "we offer {price} for the {rooms}, cash, and could sign next week if the owner agrees",
    "the AC in unit {unit} is broken again and nobody has come since Monday, this is really not acceptable",
    "please send me the title deed and the floor plan of unit {unit} when you have a minute",
    "I transferred the deposit of {price} this morning, can you confirm that you have received it",
    "any update on the {rooms} in {place} that we saw? my wife liked it but the price is too high for us",
    "looking for {rooms} near {place} with parking and pool, budget {price} a year, call me on 050 {unit} {phone}",
    "my villa in {place} has 4 beds, 5 baths and 3,200 sqft, what could I ask for it in today's market",
    "thank you so much for your help with everything",
    "ok see you there",
    "is {price} negotiable, and does that include the chiller, the maintenance fee and one parking space",
)
_ROOMS = ("studio", "1BR", "2 bed", "three bedroom apartment", "townhouse", "2BR flat", "penthouse", "4 bed villa")
_ENDINGS = ("", "", "", "thanks", "regards, Sara", "asap please", "🙏", "call me", "inshallah")


def texts(count: int, seed: int = 1) -> list[str]:
    """Make texts.

    Args:
        count: how many.
        seed: the same seed gives the same texts.

    Returns:
        the texts.
    """
    chance = random.Random(seed)  # noqa: S311 - load, not secrets
    made = []
    for _ in range(count):
        body = chance.choice(_BODIES).format(
            rooms=chance.choice(_ROOMS),
            place=chance.choice(_PLACES),
            price=chance.choice(("90k", "AED 1.2M", "85,000", "120k", "2.4 million", "$1,650", "AED 75,500")),
            hour=chance.randint(1, 9),
            unit=chance.randint(100, 2999),
            phone=chance.randint(1000, 9999),
        )
        made.append(" ".join(part for part in (chance.choice(_OPENINGS), body, chance.choice(_ENDINGS)) if part))
    return made
