"""Facts in a read text: the property's, through the entity extractor; nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from messages.media import FieldValue, ReadItem
from messages.understanding import Entity

_NAMES = {
    "price": "price",
    "bedrooms": "bedrooms",
    "bathrooms": "bathrooms",
    "size": "size_sqft",
    "unit": "unit",
    "project": "project",
    "location": "location",
    "property_type": "property_type",
    "purpose": "purpose",
    "phone": "phone",
    "email": "email",
    "url": "url",
    "date": "dates",
}
_MOST_VALUES = 20


class Moment(NamedTuple):
    """When and where a text was sent: what its relative dates and national numbers resolve against."""

    sent_ms: int = 0
    utc_offset_min: int = 0
    region: str = "AE"


def moment_of(item: ReadItem) -> Moment:
    """Take the moment out of an item."""
    return Moment(item.sent_ms, item.utc_offset_min, item.region)


Extract = Callable[[str, Moment], Iterable[Entity]]


def entity_extractor() -> Extract | None:
    """Load the rule layer of the entity extractor.

    Returns:
        a function ``(text, moment) -> entities``; None where this build has no extractor.
    """
    try:
        from actors.language.rules.extract import RuleExtractor
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("actors.language"):
            raise
        return None
    rules = RuleExtractor()

    def extract(text: str, moment: Moment) -> Iterable[Entity]:
        return rules.extract(text, sent_ms=moment.sent_ms, utc_offset_min=moment.utc_offset_min, region=moment.region)

    return extract


def property_fields(entities: Iterable[Entity]) -> dict[str, FieldValue]:
    """Gather a text's entities into fields.

    Args:
        entities: what the extractor found.

    Returns:
        one value for each field, or a list of the distinct ones in order where there are several.
    """
    gathered: dict[str, list[str | int | float]] = {}
    for entity in entities:
        name = _NAMES.get(entity.type)
        if name is None:
            continue
        values = gathered.setdefault(name, [])
        if entity.value not in values and len(values) < _MOST_VALUES:
            values.append(entity.value)
    return {name: values[0] if len(values) == 1 else values for name, values in gathered.items()}
