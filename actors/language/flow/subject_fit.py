"""How subjects fit each other: the same unit, the same place, or what cannot be one."""

from __future__ import annotations

from typing import Final

from messages.flow import Subject

UNIT, PLACE, PART = 3, 2, 1
"""How well a thread fits a subject: the same unit; the same project or place; a unit or project in it."""


_CITIES: Final = frozenset(
    {"dubai", "abu dhabi", "sharjah", "ajman", "al ain", "fujairah", "ras al khaimah", "umm al quwain", "cairo", "giza"}
    | {"alexandria", "new cairo", "riyadh", "jeddah", "dammam", "mecca", "medina", "doha", "manama", "muscat", "amman"}
    | {"beirut", "kuwait city", "uae", "egypt", "دبي", "ابوظبي", "أبوظبي", "أبو ظبي", "الشارقة", "القاهرة", "الرياض"}
)


def fit(own: Subject, about: Subject) -> int:
    """Tell how well a thread about one subject takes another: ``UNIT``, ``PLACE``, ``PART``, or 0."""
    if about.unit:
        return UNIT if own.unit == about.unit and not conflict(own, about) else 0
    if about.project:
        if own.project != about.project:
            return 0
        return PART if own.unit else PLACE
    if not about.location or own.location != about.location:
        return 0
    return PART if own.unit or own.project else PLACE


def conflict(own: Subject, about: Subject) -> bool:
    """Tell subjects that cannot be one: other units, other projects, or other places without a project in common."""
    if differ(own.unit, about.unit) or differ(own.project, about.project):
        return True
    if not differ(own.location, about.location) or (own.project and own.project == about.project):
        return False
    # A city says nothing against a district, nor "Marina" against "Dubai Marina".
    one, other = own.location, about.location
    return not (one in other or other in one or one in _CITIES or other in _CITIES)


def in_city(own: Subject, about: Subject) -> bool:
    """Tell whether a place narrows a city down: talk of Dubai that comes to JBR."""
    return bool(about.location) and own.location in _CITIES and about.location not in _CITIES


def differ(one: str, other: str) -> bool:
    """Tell whether both are given, and are not the same."""
    return bool(one and other and one != other)


def named(subject: Subject) -> bool:
    """Tell whether a subject has a unit, project or place."""
    return bool(subject.unit or subject.project or subject.location)


def join(own: Subject, more: Subject) -> Subject:
    """Fill what a subject leaves open; a district takes the place of the city that it is in."""
    joined = Subject(
        unit=own.unit or more.unit,
        project=own.project or more.project,
        location=more.location if in_city(own, more) else own.location or more.location,
        kind=own.kind or more.kind,
    )
    return own if joined == own else joined
