"""What ``majlis stress sheets`` says of its own run."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_chaos_run_with_too_few_kills_is_not_well(tmp_path: Path) -> None:
    from stress.sheets_chaos import run

    result = run(20, 3, 0.0, folder=tmp_path, server_kills=0, limit_s=60, pace=(5.0, 6.0))
    assert result["lost"] == 0
    assert result["ok"] is False
    assert "after 0 of 3 kills" in result["note"]
