"""A model folder stays usable until a training is complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.language.training import run
from actors.language.training.folder_swap import in_place_of


def test_a_failed_training_leaves_the_folder_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "models"
    out.mkdir()
    (out / "manifest.json").write_text("old")

    def fail(*_: object) -> None:
        raise run.TrainingError("no memory")

    monkeypatch.setattr(run, "_static", fail)
    monkeypatch.setattr(run, "load", list)
    with pytest.raises(run.TrainingError, match="no memory"):
        run.train(run.TrainPlan(out), lambda _: None)
    assert [p.name for p in tmp_path.iterdir()] == ["models"]
    assert (out / "manifest.json").read_text() == "old"


def test_the_new_contents_take_the_place_and_strangers_stay(tmp_path: Path) -> None:
    out = tmp_path / "models"
    for expected in ({"a"}, {"a", "notes"}):
        with in_place_of(out) as folder:
            assert folder.parent == tmp_path
            (folder / "a").write_text(str(sorted(expected)))
        assert {p.name for p in out.iterdir()} == expected
        assert (out / "a").read_text() == str(sorted(expected))
        (out / "notes").write_text("mine")
    assert [p.name for p in tmp_path.iterdir()] == ["models"]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("x")
    with pytest.raises(OSError, match="models"), in_place_of(tmp_path / "models"):
        pass
