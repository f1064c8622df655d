"""What the media measurements say: windows are compared with their neighbours, and own recordings can be measured."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from stress.media_latency import Window, figures
from tests.media.conftest import VOICE_NOTE

SAID = "Hello, I am looking for an apartment in Dubai Marina. My budget is two million. Please call me tomorrow."


def test_each_window_is_compared_with_its_neighbour() -> None:
    windows = [Window(100 * number, 100 * number + 100, number % 2 == 1) for number in range(4)]
    # The machine is twice as slow in the second half; pictures cost a fifth in both.
    waits = [(at, (10 if at < 200 else 20) * (12 if at // 100 % 2 else 10) // 10) for at in range(400)]
    found = figures([*waits, (400, 1_000_000)], windows)
    assert found["texts"] == 400
    assert found["pairs"] == 2
    assert (found["text_p50_ms"], found["beside_pictures_p99_ms"]) == (20, 24)
    assert found["ratios_p99"] == [1.2, 1.2]
    assert found["ratio_p50"] == 1.2


def measured(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "actors.console.main", "stress", "media", "--json", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_own_recordings_are_measured_each_beside_its_transcript(tmp_path: Path) -> None:
    shutil.copy(VOICE_NOTE, tmp_path / "one.OGG")
    (tmp_path / "one.txt").write_text(SAID, encoding="utf-8")
    shutil.copy(VOICE_NOTE, tmp_path / "without_transcript.ogg")
    done = measured("--only", "speech", "--speech", str(tmp_path))
    goals: dict[str, Any] = json.loads(done.stdout)["goals"]
    assert set(goals) == {"speech_5s_s", "human_wer"}
    human = goals["human_wer"]
    assert human["recordings"] == 1
    assert human["words"] == 19
    assert human["each"]["one.OGG"]["errors"] <= 3
    assert "apartment" in human["each"]["one.OGG"]["heard"]


def test_what_cannot_be_measured_says_why(tmp_path: Path) -> None:
    shutil.copy(VOICE_NOTE, tmp_path / "alone.ogg")
    found = json.loads(measured("--only", "speech", "--speech", str(tmp_path)).stdout)
    goal = found["goals"]["human_wer"]
    assert (goal["value"], goal["met"]) == (None, None)  # neither met nor missed
    assert found["unmeasured"] == ["human_wer"]
    assert found["met"] is found["goals"]["speech_5s_s"]["met"]
    assert "no recording with a .txt" in goal["reason"]
    assert measured("--only", "songs").returncode == 2
    assert measured("--speech", str(tmp_path / "nowhere")).returncode == 2
