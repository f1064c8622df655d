"""The command line from outside: help, errors, exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import actors.whatsapp.example
from actors.console.main import COMMANDS

EXAMPLE = Path(actors.whatsapp.example.__path__[0]) / "example.zip"
HEAVY = (
    "torch",
    "flair",
    "transformers",
    "sklearn",
    "scipy",
    "easyocr",
    "rapidocr",
    "vosk",
    "faster_whisper",
    "onnxruntime",
    "av",
    "pandas",
    "numpy",
    "gspread",
    "openpyxl",
    "dateparser",
    "phonenumbers",
    "thespian",
    "lmdb",
    "uvicorn",
    "starlette",
)


def majlis(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "actors.console.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "120", **environment},
        timeout=240,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def loaded_by(*arguments: str) -> set[str]:
    code = (
        "import sys\n"
        f"sys.argv = ['majlis', *{list(arguments)!r}]\n"
        "from actors.console.main import main\n"
        "try:\n    main()\n"
        "except SystemExit as left:\n    assert left.code == 0, left.code\n"
        "print('loaded:', *{name.partition('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()[1:])


def one_line(done: subprocess.CompletedProcess[str], code: int) -> str:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("majlis: ")
    return line


def test_help_lists_all_commands_and_loads_nothing_heavy() -> None:
    shown = majlis("--help")
    assert shown.returncode == 0
    for name in COMMANDS:
        assert re.search(rf"^\s+{name}\s", shown.stdout, re.MULTILINE), name
    assert not loaded_by("--help") & {*HEAVY, "rich", "pydantic", "httpx", "msgspec"}


@pytest.mark.parametrize("name", list(COMMANDS))
def test_each_command_has_help_and_loads_nothing_heavy_for_it(name: str) -> None:
    assert not loaded_by(name, "--help") & set(HEAVY)
    shown = majlis(name, "--help")
    assert shown.returncode == 0
    assert "Usage:" in shown.stdout
    assert shown.stderr == ""


def test_version() -> None:
    shown = majlis("--version")
    assert shown.returncode == 0
    assert re.fullmatch(r"majlis \d+\.\d+\.\d+\S*\n", shown.stdout)


def test_an_unknown_command_is_wrong_usage() -> None:
    assert "nonsense" in one_line(majlis("nonsense"), 2)


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay",),
        ("replay", "x.zip", "--dayfirst", "--monthfirst"),
        ("replay", "x.zip", "--utc-offset", "+99:00"),
        ("replay", "x.zip", "--nonsense"),
        ("check", "--limit", "0"),
        ("check", "--limit", "many"),
        ("start", "surplus"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    one_line(majlis(*arguments, MAJLIS_FOLDER=str(tmp_path / "data")), 2)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", ["check", "rows", "admin"])
def test_without_a_data_folder_a_command_says_so_in_one_line(tmp_path: Path, command: str) -> None:
    arguments = ("admin", "tree") if command == "admin" else (command,)
    done = majlis(*arguments, "--folder", tmp_path / "none")
    (line,) = done.stderr.strip().splitlines()
    assert done.returncode in {1, 2}
    assert "none" in line
    assert not (tmp_path / "none").exists()


def test_a_folder_with_other_contents_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("dear diary")
    for command in (("start",), ("replay", EXAMPLE)):
        assert "diary.txt" in one_line(majlis(*command, "--folder", tmp_path), 1)
    assert [entry.name for entry in tmp_path.iterdir()] == ["diary.txt"]


def test_a_folder_that_cannot_be_made_is_one_line() -> None:
    one_line(majlis("start", "--folder", "/proc/majlis"), 1)


def test_a_missing_config_is_one_line(tmp_path: Path) -> None:
    assert "missing.toml" in one_line(majlis("start", "--config", tmp_path / "missing.toml"), 1)


@pytest.mark.parametrize("arguments", [("--help",), ("replay", "--help")])
def test_a_reader_that_goes_away_is_no_error(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "actors.console.main", *arguments],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode in {0, 1}
