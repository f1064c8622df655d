"""Which country's numbers and date order a message follows when nobody says so."""

from __future__ import annotations

from typing import Final

# Countries whose mobile numbers turn up in each other's chats: tried when a number is none of the message's own.
NEIGHBOURS: Final = ("AE", "SA", "EG", "GB", "PK", "OM", "QA", "KW", "BH", "JO", "LB", "NG", "US", "IN")

# The sender's clock, minutes from UTC, and the country among WhatsApp agencies' markets that it most often means.
_BY_OFFSET: Final[dict[int, tuple[str, ...]]] = {
    240: ("AE", "OM"),
    180: ("SA", "EG", "QA", "KW", "BH", "TR"),
    120: ("EG", "ZA"),
    330: ("IN",),
    300: ("PK",),
    0: ("GB",),
    60: ("GB",),
    **dict.fromkeys((-240, -300, -360, -420, -480, -540, -600), ("US",)),
    480: ("SG",),
    600: ("AU",),
    660: ("AU",),
}


def regions_of(utc_offset_min: int | None, default: str, explicit: str = "") -> tuple[str, ...]:
    """List the countries that a message may mean, likeliest first.

    Args:
        utc_offset_min: minutes from UTC of the sender's clock, None where unknown. 0 contradicts nothing: far more
            clocks are written as UTC (``Z``) than stand in Britain's winter, so Britain only follows the default.
        default: the configured country; first where the clock does not contradict it.
        explicit: the country that somebody named for this message or session, "" where nobody did; always first.

    Returns:
        two-letter countries, at least one, none twice.
    """
    suggested = _BY_OFFSET.get(utc_offset_min, ()) if utc_offset_min is not None else ()
    ordered = (default, *suggested) if not utc_offset_min or default in suggested else (*suggested, default)
    return tuple(dict.fromkeys((explicit, *ordered) if explicit else ordered))
