"""The third layer: put the rules' and the tagger's entities together, and check them against the conversation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from actors.language.tagger.decode import Name
from messages.understanding import Entity, EntityType

NAMES: Final = frozenset({"person", "project", "location"})
AGREED: Final = 0.05
"""What a second layer's agreement, or the conversation's, adds to a confidence."""
SURE_RULE: Final = 0.9
"""A rule or list entry at least this sure keeps its span against the tagger's."""

_ORDINAL: Final = {
    "first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "last": -1,
    "الاولى": 0, "الأولى": 0, "الاول": 0, "الاولانية": 0, "الأولانية": 0,
    "التانية": 1, "الثانية": 1, "الثاني": 1, "التالتة": 2, "الثالثة": 2, "الاخيرة": -1, "الأخيرة": -1,
    "awel": 0, "tany": 1, "tanya": 1, "talet": 2, "talta": 2, "a5er": -1, "akher": -1,
}  # fmt: skip
_REFERENCE = re.compile(
    r"\b(?P<ordinal>first|1st|second|2nd|third|3rd|last) (?:one|unit|flat|apartment|villa|option|property|place)\b"
    r"|\b(?P<same>(?:the )?same (?:one|unit|flat|apartment|villa|property|place))\b"
    r"|(?P<ar_ordinal>الاولى|الأولى|الاولانية|الأولانية|التانية|التالتة|الثانية|الثالثة|الاخيرة|الأخيرة)(?!\w)"
    r"|(?P<ar_same>نفس (?:الشقة|الشقه|الوحدة|الوحده|الفيلا|العقار|المكتب|المحل))(?!\w)"
    r"|\b(?P<arz_same>nafs el (?:sha2a|sha22a|shaqa|shaqqa|wa7da|we7da|wehda|villa|unit|maktab))\b"
    r"|\bel (?:sha2a |wa7da |villa )(?:el )?(?P<arz_ordinal>tanya|talta|awla)\b",
    re.IGNORECASE,
)
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
        for reference in refer(text, known):
            if not any(e.start < reference.end and reference.start < e.end for e in out):
                out.append(reference)
        out.sort(key=lambda e: e.start)
    return tuple(out)


def refer(text: str, known: Sequence[Entity]) -> list[Entity]:
    """Resolve "the second one" and "same unit".

    Args:
        text: the message.
        known: entities of the thread, newest last.

    Returns:
        an entity for each reference that has one answer: a unit, else a project.
    """
    choice: list[Entity] = []
    for kind in ("unit", "project"):
        seen: set[str] = set()
        choice = []
        for e in known:
            if e.type == kind and str(e.value) not in seen:
                seen.add(str(e.value))
                choice.append(e)
        if choice:
            break
    out: list[Entity] = []
    for found in _REFERENCE.finditer(text):
        ordinal = found["ordinal"] or found["ar_ordinal"] or found["arz_ordinal"]
        at = _ORDINAL.get(ordinal.lower(), 0) if ordinal else -1
        if not choice or at >= len(choice):
            continue
        meant = choice[at]
        out.append(
            Entity(
                type=meant.type,
                start=found.start(),
                end=found.end(),
                text=found[0],
                value=meant.value,
                confidence=0.8,
                layer="context",
            )
        )
    return out


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
