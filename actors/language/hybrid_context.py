"""The third layer: put the rules' and the tagger's entities together, and check them against the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from actors.language.hybrid_references import bare_units, refer
from actors.language.tagger.decode import Name
from messages.understanding import Entity, EntityType

__all__ = ["check", "kin", "merge", "name_value", "refer"]

NAMES: Final = frozenset({"person", "project", "location"})
AGREED: Final = 0.05
"""What a second layer's agreement, or the conversation's, adds to a confidence."""
SURE_RULE: Final = 0.9
"""A rule or list entry at least this sure keeps its span against the tagger's."""

_EDGE = " \t\n\r.,;:!?'\"()[]"


def kin(one: str, other: str) -> bool:
    """Tell whether two entity types may stand for each other.

    Args:
        one: an entity type.
        other: another.

    Returns:
        they are equal, or a project and a location (a matter of taste).
    """
    return one == other or {one, other} == {"project", "location"}


def name_value(text: str) -> str:
    """Normalise a name.

    Args:
        text: the span.

    Returns:
        lower case, white space single.
    """
    return " ".join(text.lower().split())


def merge(text: str, rules: Sequence[Entity], names: Sequence[Name], threshold: float) -> list[Entity]:
    """Merge the tagger's names into the rules' entities.

    Args:
        text: the message.
        rules: entities of the first layer, not overlapping.
        names: of the second.
        threshold: names below it are left out.

    Returns:
        entities in order, not overlapping.
    """
    kept = list(rules)
    for name in names:
        start, end = name.start, name.end
        while start < end and text[start] in _EDGE:
            start += 1
        while end > start and text[end - 1] in _EDGE:
            end -= 1
        if end <= start:
            continue
        over = [e for e in kept if e.start < end and start < e.end]
        mine = Entity(
            type=_name_type(name.type),
            start=start,
            end=end,
            text=text[start:end],
            value=name_value(text[start:end]),
            confidence=round(name.confidence, 4),
            layer="model",
        )
        if not over:
            if name.confidence >= threshold:
                kept.append(mine)
            continue
        if len(over) == 1 and kin(over[0].type, name.type):
            rule = over[0]
            if rule.confidence < SURE_RULE and name.confidence > max(threshold, rule.confidence):
                kept[kept.index(rule)] = mine
            else:
                kept[kept.index(rule)] = _with(rule, min(1.0, rule.confidence + AGREED))
            continue
        unsure = all(e.type in NAMES and e.confidence < min(SURE_RULE, name.confidence) for e in over)
        if unsure and name.confidence >= threshold:
            kept = [e for e in kept if e not in over] + [mine]
    return sorted(kept, key=lambda e: e.start)


def check(text: str, entities: Sequence[Entity], known: Sequence[Entity], threshold: float) -> tuple[Entity, ...]:
    """Check entities against the conversation and resolve references to what was named before.

    Args:
        text: the message.
        entities: not overlapping.
        known: entities that the conversation's thread already holds, newest last.
        threshold: entities that stay below it are left out.

    Returns:
        entities in order, not overlapping.
    """
    held = {(e.type, str(e.value)) for e in known}
    out = [_with(e, min(1.0, e.confidence + 2 * AGREED)) if (e.type, str(e.value)) in held else e for e in entities]
    out = [e for e in out if e.confidence >= threshold]
    if known:
        out = bare_units(text, out, known)
        for reference in refer(text, known, out):
            # The noun of "the second apartment" is part of the reference; anything else there was meant otherwise.
            over = [e for e in out if e.start < reference.end and reference.start < e.end]
            if all(e.type == "property_type" for e in over):
                out = [e for e in out if e not in over] + [reference]
        out.sort(key=lambda e: e.start)
    return tuple(out)


def _name_type(name: str) -> EntityType:
    if name == "person":
        return "person"
    return "project" if name == "project" else "location"


def _with(entity: Entity, confidence: float) -> Entity:
    return Entity(
        type=entity.type,
        start=entity.start,
        end=entity.end,
        text=entity.text,
        value=entity.value,
        confidence=confidence,
        layer=entity.layer,
    )
