"""``majlis rows``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from actors.console import rows_push
from actors.console.rows import app, moment_of
from actors.sheets.push import PushReport
from actors.sheets.sqlite_rows import SqliteRows
from actors.system.settings import Settings
from tests.rows.test_sqlite_rows import make_row


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    sink = SqliteRows(folder / "rows.sqlite")
    rows = [make_row(n) for n in range(5)]
    rows[2] = make_row(2, text="=1+1 مرحبا", intent="inquiry", urgent=True)
    sink.write([(0, n, row) for n, row in enumerate(rows)])
    sink.close()
    return folder


def run(folder: Path, *arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(app, ["--folder", str(folder), *arguments], env={"COLUMNS": "160", **variables})


def test_table_and_count(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0
    assert "message 4" in result.stdout
    assert run(folder, "--count").stdout == "5\n"
    assert json.loads(run(folder, "--count", "--json").stdout) == {"rows": 5}
    assert "no rows" in run(folder, "--intent", "spam").stdout


def test_json_filters_and_limits(folder: Path) -> None:
    def ids(*arguments: str) -> list[str]:
        return [json.loads(line)["message_id"] for line in run(folder, "--json", *arguments).stdout.splitlines()]

    assert ids() == ["m0", "m1", "m2", "m3", "m4"]
    assert ids("--tail", "2") == ["m3", "m4"]
    assert ids("--limit", "1") == ["m0"]
    assert ids("--conversation", "c1") == ["m1", "m4"]
    assert ids("--urgent") == ["m2"]
    assert ids("--not-late") == ["m0", "m1", "m2", "m3", "m4"]
    assert ids("--text", "MESSAGE 3") == ["m3"]
    # 2023-11-14T22:13:20Z is 02:13:20 on the 15th by the senders' clocks
    assert ids("--since", "2023-11-15") == ["m0", "m1", "m2", "m3", "m4"]
    assert ids("--since", "2023-11-15T00:00Z") == []
    assert ids("--until", "2023-11-15T02:13:22") == ["m0", "m1"]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "xlsx"])
def test_export(folder: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out.{suffix}"
    result = run(folder, "--export", str(target))
    assert result.exit_code == 0
    assert "5 rows written" in result.stderr
    if suffix == "xlsx":
        from openpyxl import load_workbook

        assert load_workbook(target)["rows"].max_row == 6
    else:
        assert target.read_text(encoding="utf-8").count("\n") == (5 if suffix == "jsonl" else 6)
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == [target.name]


def test_csv_on_standard_output(folder: Path) -> None:
    result = run(folder, "--format", "csv")
    assert "'=1+1 مرحبا" in result.stdout
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "soon"], "not a time"),
        (["--export", "rows.doc"], "ending must be"),
        (["--format", "xlsx"], "needs --export"),
        (["--format", "table", "--export", "x.csv"], "cannot be exported"),
        (["--json", "--format", "csv"], "exclude each other"),
        (["--limit", "-1"], "limit"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(folder: Path, arguments: list[str], said: str) -> None:
    result = run(folder, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_missing_and_damaged_folders(folder: Path, tmp_path: Path) -> None:
    assert run(tmp_path / "none").exit_code == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    result = run(empty)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    (folder / "rows.sqlite").write_bytes(b"junk" * 1000)
    result = run(folder)
    assert result.exit_code == 1
    assert "damaged" in result.stderr
    assert result.stderr.count("\n") == 1


def test_unwritable_export_fails_clearly(folder: Path, tmp_path: Path) -> None:
    result = run(folder, "--export", str(tmp_path / "no" / "such" / "out.csv"))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1


def test_folder_from_the_environment(folder: Path) -> None:
    result = CliRunner().invoke(app, ["--count"], env={"MAJLIS_FOLDER": str(folder)})
    assert result.stdout == "5\n"


def pushed_folder(monkeypatch: pytest.MonkeyPatch, arguments: list[str], **variables: str) -> str:
    """Call ``majlis rows push`` without Google; give the folder whose rows would go out."""
    asked: list[Path] = []

    def push_rows(settings: Settings, *, terminal: bool) -> PushReport:
        assert not terminal
        asked.append(settings.folder)
        return PushReport(
            complete=True, pushed=0, before=0, set_aside=0, writes=0, seconds=0.0, spreadsheet="book", notes=()
        )

    monkeypatch.setattr(rows_push, "push_rows", push_rows)
    result = CliRunner().invoke(app, arguments, env={"MAJLIS_FOLDER": None, "MAJLIS_CONFIG": None, **variables})
    assert result.exit_code == 0, result.stderr
    (folder,) = asked
    return str(folder)


def test_push_takes_the_folder_of_its_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "x.toml"
    config.write_text('folder = "/srv/of-the-file"\n')
    push = ["push", "--config", str(config)]
    assert pushed_folder(monkeypatch, push) == "/srv/of-the-file"
    assert pushed_folder(monkeypatch, ["push"], MAJLIS_CONFIG=str(config)) == "/srv/of-the-file"
    assert pushed_folder(monkeypatch, push, MAJLIS_FOLDER="/srv/of-the-environment") == "/srv/of-the-environment"
    assert pushed_folder(monkeypatch, ["--folder", "/srv/given", *push]) == "/srv/given"
    assert pushed_folder(monkeypatch, ["push"]) == "majlis-data"


@pytest.mark.parametrize("filter_", [["--conversation", "c0*"], ["--urgent"], ["--format", "csv"], ["--json"]])
def test_filters_before_push_are_refused(folder: Path, filter_: list[str]) -> None:
    result = run(folder, *filter_, "push")
    assert result.exit_code == 2
    assert f"{filter_[0]} only shows rows; push takes them all" in result.stderr


def test_works_beside_an_open_writer_and_changes_nothing(folder: Path) -> None:
    sink = SqliteRows(folder / "rows.sqlite")
    sink.write([(0, 5, make_row(5))])
    assert run(folder, "--count").stdout == "6\n"
    sink.write([(0, 6, make_row(6))])
    sink.close()
    before = (folder / "rows.sqlite").read_bytes()
    assert run(folder, "--count").stdout == "7\n"
    assert (folder / "rows.sqlite").read_bytes() == before


def test_a_closed_pipe_is_quiet(folder: Path) -> None:
    sink = SqliteRows(folder / "rows.sqlite")
    sink.write([(1, n, make_row(100 + n, text="x" * 500)) for n in range(2000)])
    sink.close()
    script = "import sys; from actors.console.rows import command; command()"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "--folder", str(folder), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(100)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 0
    process.stderr.close()


def test_moments() -> None:
    assert moment_of("24h", 100_000_000).utc_ms == 100_000_000 - 86_400_000
    assert moment_of("2026-03-02T10:15+04:00", 0).utc_ms == 1_772_432_100_000
    assert moment_of("2026-03-02", 0).local_ms == 1_772_409_600_000
    for text in ("", "7y", "32.13.2026", "h"):
        with pytest.raises(ValueError, match="not a time"):
            moment_of(text, 0)
