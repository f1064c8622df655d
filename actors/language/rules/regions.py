"""Which country's numbers and date order a message follows when nobody says so."""

from __future__ import annotations

from typing import Final

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


def regions_of(utc_offset_min: int | None, default: str) -> tuple[str, ...]:
    """List the countries that a sender's clock suggests, likeliest first.

    Args:
        utc_offset_min: minutes from UTC, None where unknown.
        default: the session's country; first where the clock does not contradict it.

    Returns:
        two-letter countries, at least one.
    """
    suggested = _BY_OFFSET.get(utc_offset_min, ()) if utc_offset_min is not None else ()
    if not suggested or default in suggested:
        return (default, *(region for region in suggested if region != default))
    return (*suggested, default)
