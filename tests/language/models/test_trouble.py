"""What an operator is told where models or known names cannot be used."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from actors.console.doctor_findings import look
from actors.language.engine import EngineError, load_engine
from actors.language.model_trouble import quiet, remedy_of, spare_retries
from actors.language.worker_actor import LanguageWorker
from actors.system.settings import Settings, load_settings
from stress.understand_bench import MeasureError, run

BAD = "planet\tMars\n"


def _language(settings: Settings) -> tuple[str, str, str]:
    (found,) = (f for f in look(settings) if f.what == "language")
    return found.state, found.found, found.remedy


def test_a_folder_without_models_gets_the_command_that_fills_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAJLIS_UNDERSTANDING__MODELS", str(tmp_path / "my models"))
    state, _, remedy = _language(load_settings(None))
    assert state == "degraded"
    assert remedy == f"majlis train --quick --out '{tmp_path}/my models'"
    monkeypatch.setenv("MAJLIS_LANGUAGE__ENGINE", "full")
    state, _, remedy = _language(load_settings(None))
    assert state == "missing"
    assert remedy.startswith("majlis train --quick --out ")


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["FLAIR_MODEL", "SENTIMENT_MODEL"])
def test_another_model_that_cannot_be_had_is_not_trained(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], setting: str
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("MAJLIS_UNDERSTANDING__MODELS", str(models))
    monkeypatch.setenv(f"MAJLIS_UNDERSTANDING__{setting}", "nobody/nothing-here")
    state, found, remedy = _language(load_settings(None))
    assert state == "degraded"
    assert found.startswith("tier reduced")
    assert "nobody/nothing-here" in found
    assert f"understanding.{setting.lower()}" in remedy
    assert "train" not in remedy
    assert capfd.readouterr() == ("", "")


def test_a_wrong_file_of_known_names_is_one_finding_of_the_doctors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.tsv").write_text(BAD)
    monkeypatch.setenv("MAJLIS_GAZETTEER", str(tmp_path / "bad.tsv"))
    monkeypatch.setenv("MAJLIS_LANGUAGE__ENGINE", "rules")
    found = {f.what: f for f in look(load_settings(None))}
    assert found["known names"].state == "missing"
    assert "bad.tsv:1" in found["known names"].found
    assert "MAJLIS_GAZETTEER" in found["known names"].remedy
    assert found["language"].state == "ok"


@pytest.mark.parametrize("command", [("replay", "x.jsonl", "--folder", "data"), ("start", "--folder", "data")])
def test_a_wrong_file_of_known_names_is_said_before_anything_starts(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "bad.tsv").write_text(BAD)
    (tmp_path / "x.jsonl").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "actors.console.main", *command],
        cwd=tmp_path,
        env={"MAJLIS_GAZETTEER": "bad.tsv", "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("majlis: bad.tsv:1: unknown kind 'planet'")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_the_benchs_errors_are_lines_not_traces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad.tsv").write_text(BAD)
    monkeypatch.setenv("MAJLIS_GAZETTEER", str(tmp_path / "bad.tsv"))
    done = subprocess.run(
        [sys.executable, "-m", "stress", "understand"], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "bad.tsv:1" in done.stderr
    monkeypatch.delenv("MAJLIS_GAZETTEER")
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(MeasureError):
        run(tmp_path)


def test_the_remedy_is_that_of_the_first_cause(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        load_engine("full", tmp_path)
    assert caught.value.remedy == remedy_of(caught.value, tmp_path) == f"majlis train --quick --out {tmp_path}"
    assert remedy_of(OSError(), tmp_path) == ""


def test_quiet_ends_with_its_block(capsys: pytest.CaptureFixture[str]) -> None:
    with quiet():
        print("a")  # noqa: T201
        logging.getLogger("hub").critical("b")
    assert capsys.readouterr() == ("", "")
    assert logging.getLogger("hub").isEnabledFor(logging.CRITICAL)


def test_retries_are_spared_only_where_the_hub_is_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    spare_retries(["", str(tmp_path)])
    assert os.environ["HF_HUB_OFFLINE"] == "0"
    monkeypatch.delitem(sys.modules, "huggingface_hub.constants", raising=False)
    spare_retries(["some/model"])
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_a_worker_tells_the_caches_hit_rate_and_why_its_tier_is_low() -> None:
    class Known:
        """An engine that has something to tell."""

        tier, reason = "reduced", "encoder.onnx is damaged"

        def stats(self) -> dict[str, float]:
            return {"cache_hit_rate": 0.5}

    class Names:
        """Known names."""

        gazetteer, trouble = ("a", "b"), ""

    worker = LanguageWorker.__new__(LanguageWorker)
    worker._engine, worker._names = Known(), Names()  # type: ignore[assignment]
    assert worker.admin("engine", {}) == {
        "tier": "reduced",
        "reason": "encoder.onnx is damaged",
        "names": 2,
        "trouble": "",
        "cache_hit_rate": 0.5,
    }
