"""The model folder that the tests use: built once a session from the corpus and the kept artefacts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.language.hybrid import HybridEngine
from actors.language.models_manifest import ModelFileError, read
from actors.language.training.run import versions

ROOT = Path(__file__).resolve().parents[3]


def _current(folder: Path) -> bool:
    try:
        return read(folder).versions.get("corpus") == versions()["corpus"] and read(folder).full
    except ModelFileError:
        return False


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A full model folder: the one that set-up made where it is of this corpus, else a quick training."""
    built = Path(os.environ.get("MAJLIS_MODELS", str(ROOT / "models")))
    if _current(built):
        return built
    folder = tmp_path_factory.mktemp("models")
    code = "from actors.console.train import command; command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--quick", "--out", str(folder)],
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def engine(models: Path) -> HybridEngine:
    """A full engine on it."""
    return HybridEngine.load(models, "full", "AE")
