"""What a conversation remembers of the entities that its messages named, for references to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from messages.understanding import Entity

_KINDS: Final = 2
_SORTS: Final = {"unit": 0, "project": 1, "location": 1, "property_type": _KINDS}
"""What references need, by what is counted together: nothing else crowds the units out."""


def remember(known: tuple[Entity, ...], new: tuple[Entity, ...], limit: int) -> tuple[Entity, ...]:
    """Add what a message names; where a sort of them becomes too many, repeats go first, then the oldest.

    The spans kept start anew at each message: a message's first entity starts at 0, so that what was named side by
    side can be told later.

    Args:
        known: what is kept so far, newest last.
        new: what the message names.
        limit: most units kept, and most names; half as many property types.

    Returns:
        what is kept after it.
    """
    kept = [entity for entity in new if entity.type in _SORTS]
    if not kept:
        return known
    after = [*known, *_from_zero(kept)]
    if len(after) <= limit:
        return tuple(after)
    for sort in set(_SORTS.values()):
        _thin(after, sort, limit // 2 if sort == _KINDS else limit)
    return tuple(after)


def _from_zero(entities: Sequence[Entity]) -> list[Entity]:
    by = entities[0].start if entities else 0
    return [msgspec.structs.replace(e, start=e.start - by, end=e.end - by) if by else e for e in entities]


def _thin(entities: list[Entity], sort: int, limit: int) -> None:
    """Forget entities of a sort until few enough are left: never the first and the last mention while others are."""
    over = sum(_SORTS[e.type] == sort for e in entities) - limit
    while over > 0:
        places: dict[str, list[int]] = {}
        for place, entity in enumerate(entities):
            if _SORTS[entity.type] == sort:
                places.setdefault(str(entity.value), []).append(place)
        repeats = [place for named in places.values() for place in named[1:-1]]
        gone = min(repeats) if repeats else min(named[0] for named in places.values())
        following = entities[gone + 1] if gone + 1 < len(entities) else None
        if entities[gone].start == 0 and following is not None and following.start > 0:
            # What stood beside it is now the first of its message.
            end = gone + 1
            while end < len(entities) and entities[end].start > 0:
                end += 1
            entities[gone + 1 : end] = _from_zero(entities[gone + 1 : end])
        del entities[gone]
        over -= 1
