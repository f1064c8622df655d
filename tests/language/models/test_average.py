"""The mean of two trainings' layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actors.language.errors import LanguageError
from actors.language.training.encoder_base import BASES
from actors.language.training.export import average, keep, restore
from actors.language.training.run import KEPT_FOLDER


def _kept(path: Path, **tables: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Path:
    class Network:
        def named_parameters(self) -> list[tuple[str, object]]:
            return []

        def state_dict(self) -> dict[str, object]:
            import torch

            return {name.replace("__", "."): torch.from_numpy(value) for name, value in tables.items()}

    keep(Network(), path)
    return path


def test_the_mean_lies_between(tmp_path: Path) -> None:
    table = np.array([[1.0, -2.0], [0.5, 4.0]], dtype=np.float32)
    head = np.array([3.0, 5.0], dtype=np.float32)
    one = _kept(tmp_path / "one.npz", encoder__layer=table, head=head)
    two = _kept(tmp_path / "two.npz", encoder__layer=3 * table, head=head + 2)
    average([one, two], one)
    with np.load(one) as mean:
        assert np.allclose(mean["encoder.layer"] * mean["encoder.layer|scale"], 2 * table, atol=0.05)
        assert np.allclose(mean["head"], head + 1)


def test_other_layers_are_refused(tmp_path: Path) -> None:
    table = np.ones((2, 2), dtype=np.float32)
    one = _kept(tmp_path / "one.npz", encoder__layer=table)
    two = _kept(tmp_path / "two.npz", encoder__other=table)
    with pytest.raises(LanguageError, match="do not hold the same layers"):
        average([one, two], tmp_path / "out.npz")


@pytest.mark.slow
def test_what_is_kept_can_be_restored_and_kept_again(tmp_path: Path) -> None:
    path = KEPT_FOLDER / BASES[0].kept_layers
    network, _ = restore(BASES[0], path)
    keep(network, tmp_path / "again.npz")
    with np.load(path) as before, np.load(tmp_path / "again.npz") as after:
        assert before.files == after.files
        assert all(np.allclose(before[name], after[name], atol=1) for name in before.files)
