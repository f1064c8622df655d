"""The rules alone take references from the conversation, too."""

from __future__ import annotations

from actors.language.engine import RulesEngine
from messages.understanding import Entity, WorkItem


def test_the_rules_engine_resolves_references() -> None:
    first = Entity(type="unit", start=0, end=4, text="1203", value="1203", confidence=0.9)
    second = Entity(type="unit", start=9, end=13, text="2110", value="2110", confidence=0.9)
    (result,) = RulesEngine().understand([WorkItem(key=1, text="the same unit please", known=(first, second))])
    assert result.understanding is not None
    assert [(e.type, e.value, e.layer) for e in result.understanding.entities] == [("unit", "2110", "context")]
