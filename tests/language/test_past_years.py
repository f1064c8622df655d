"""Years before 2000: dates of birth, old contracts."""

from __future__ import annotations

import pytest

from actors.language.engine import RulesEngine
from messages.understanding import WorkItem

ENGINE = RulesEngine()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("passport, born 3 MAY 1968", "1968-05-03"),
        ("commencing 1 October 1997", "1997-10-01"),
        ("since November 30, 1985", "1985-11-30"),
        ("09-JUN-1959", "1959-06-09"),
        ("born 9.6.59", "1959-06-09"),
        ("handover 9.6.31", "2031-06-09"),
        ("handover 3 May 2028", "2028-05-03"),
    ],
)
def test_the_year_that_was_written_is_kept(text: str, value: str) -> None:
    (result,) = ENGINE.understand([WorkItem(key=1, text=text, sent_ms=1_772_445_600_000)])
    assert result.understanding is not None
    assert [e.value for e in result.understanding.entities if e.type == "date"] == [value]


def test_an_amount_after_a_date_is_no_year() -> None:
    (result,) = ENGINE.understand([WorkItem(key=1, text="from 1 march 1950 aed", sent_ms=1_772_445_600_000)])
    assert result.understanding is not None
    assert [(e.type, e.value) for e in result.understanding.entities] == [("date", "2026-03-01"), ("price", 1950)]
