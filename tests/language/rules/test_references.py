"""References to a unit that the conversation named before, in three scripts."""

from __future__ import annotations

import pytest

from actors.language.hybrid_context import refer
from messages.understanding import Entity

UNITS = [
    Entity(type="unit", start=0, end=3, text=number, value=number, confidence=0.9, layer="rules")
    for number in ("101", "202", "303")
]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("I prefer the second one", "202"),
        ("عايز أشوف التانية", "202"),
        ("الاولانية أحلى", "101"),
        ("نفس الشقه لو سمحت", "303"),
        ("nafs el shaqqa", "303"),
    ],
)
def test_a_reference_means_a_unit_named_before(text: str, unit: str) -> None:
    (found,) = refer(text, UNITS)
    assert found.value == unit
