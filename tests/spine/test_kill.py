"""The kill matrix in its short form; ``majlis stress kill`` runs the long one."""

from __future__ import annotations

import pytest

from stress.kill import KINDS, run


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_row_is_lost_repeated_or_out_of_order_when_each_kind_of_process_is_killed() -> None:
    outcome = run(kills=len(KINDS), rate=200.0, seed=7, say=lambda _: None)
    assert (outcome["lost"], outcome["twice"], outcome["disordered"], outcome["orphans"]) == (0, 0, 0, 0)
    assert outcome["exit_code"] == 0
    assert set(outcome["recovery_ms_by_kind"]) == set(KINDS)
