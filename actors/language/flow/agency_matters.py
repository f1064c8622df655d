"""What an agency's conversation can be about, and what a message says of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from actors.language.flow.words import PhraseBook
from messages.flow import Subject
from messages.understanding import Entity

TOPIC_OF_INTENT: Final = {
    "inquiry": "inquiry",
    "viewing_request": "viewing",
    "negotiation": "negotiation",
    "offer": "offer",
    "payment": "payment",
    "document_request": "documents",
    "complaint": "complaint",
    "property_update": "listing",
}
"""Topics of intents that bring their own matter; the other intents go on with the one at hand."""

STAGES: Final = frozenset({"inquiry", "viewing", "negotiation", "offer", "payment", "documents"})
"""The stages of one deal: between them a conversation moves on, it does not switch."""

GENERAL: Final = "general"

_TOPICS: Final = {
    "viewing": "viewing; visit the; see the apartment; see the flat; see the villa; show me around; come and see;"
    " معاينه; زياره; اشوف الشقه; mo3ayna; ashoof el sha2a; ashouf",
    "payment": "payment; pay; paid; deposit; cheque; transfer; receipt; invoice; commission; installment; instalment;"
    " refund; دفع; دفعه; عربون; شيك; تحويل; قسط; وصل; daf3a; shek; 3arboon; ta7weel; 2est",
    "documents": "contract; ejari; title deed; floor plan; floorplan; passport; brochure; tenancy contract; noc; عقد;"
    " ايجاري; مخطط; جواز; بروشور; 3a2d; aqd; gawaz",
    "complaint": "complaint; complain; unacceptable; شكوي; shakwa",
    "negotiation": "discount; best price; lower the price; negotiable; reduce; last price; خصم; اخر سعر; a5er se3r;"
    " akher se3r; khasm",
    "listing": "sell my; rent out my; list my; my property; ابيع; اعرض شقتي; abee3; abi3",
}


@cache
def topic_phrases() -> PhraseBook[str]:
    """Give the phrase book of topics, for messages whose intent is not known; made once a process."""
    return PhraseBook((phrase, topic) for topic, phrases in _TOPICS.items() for phrase in phrases.split(";"))


def subjects_of(entities: Sequence[Entity], most: int) -> tuple[Subject, ...]:
    """Put together what a message is about from what it names.

    A unit takes the one project and the one place named; several units, or several projects, or several places
    without either, are several subjects.

    Args:
        entities: what the message names, in order.
        most: most subjects returned.

    Returns:
        the subjects, in order, each once; empty where none is named.
    """
    units: dict[str, None] = {}
    projects: dict[str, None] = {}
    places: dict[str, None] = {}
    kinds: dict[str, None] = {}
    for entity in entities:
        named = _NAMED.get(entity.type)
        if named is None:
            continue
        value = str(entity.value).strip()[:_LONGEST_VALUE]
        if value:
            (units, projects, places, kinds)[named].setdefault(value)
    project = next(iter(projects)) if len(projects) == 1 else ""
    place = next(iter(places)) if len(places) == 1 else ""
    kind = next(iter(kinds)) if len(kinds) == 1 else ""
    if units:
        found = [Subject(unit=unit, project=project, location=place, kind=kind) for unit in units]
    elif projects:
        found = [Subject(project=name, location=place, kind=kind) for name in projects]
    elif places:
        found = [Subject(location=name, kind=kind) for name in places]
    else:
        return ()
    return tuple(found[:most])


_NAMED: Final = {"unit": 0, "project": 1, "location": 2, "property_type": 3}
_LONGEST_VALUE: Final = 64
