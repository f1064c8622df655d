"""The one source of settings: defaults, the file, the environment, and errors that name their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.session.services import Services
from actors.system.errors import SettingsError
from actors.system.settings import load_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in os.environ:
        if name.upper().startswith("MAJLIS_"):
            monkeypatch.delenv(name)


def toml(path: Path, text: str) -> Path:
    file = path / "majlis.toml"
    file.write_text(text)
    return file


def error_of(path: Path, text: str) -> str:
    with pytest.raises(SettingsError) as raised:
        load_settings(toml(path, text))
    return str(raised.value)


def test_the_defaults_are_those_of_the_design() -> None:
    settings = load_settings(None)
    sessions = settings.sessions
    assert (sessions.lease_s, sessions.forced_release_s) == (30, 45)
    assert (sessions.hold_back_s, sessions.reorder_ms) == (5, 0)
    assert sessions.retries == 3
    assert sessions.dedup_days == 7
    assert settings.gateway.inbox_max_bytes == 100_000_000
    assert settings.sessions.rows_max_bytes == 100_000_000
    assert settings.sink.kind == "embedded"
    assert settings.system.bind == "127.0.0.1"
    policy = settings.host_policy(Services())
    assert (policy.session.lease_ms, policy.session.forced_ms) == (30_000, 45_000)
    assert policy.ordering.hold_back_ms == 5_000
    assert policy.dedup_ms == 7 * 86_400_000


def test_they_go_to_the_actors_and_back() -> None:
    settings = load_settings(None)
    assert type(settings).model_validate_json(settings.model_dump_json()).sessions == settings.sessions


def test_the_file_is_over_the_defaults_the_environment_over_the_file_and_arguments_over_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = toml(tmp_path, 'folder = "from-file"\n[sessions]\nshards = 3\nretries = 1\n[language]\nengine = "rules"\n')
    monkeypatch.setenv("MAJLIS_SESSIONS__SHARDS", "5")
    monkeypatch.setenv("majlis_sessions__idle_s", "7.5")
    settings = load_settings(file)
    assert (settings.sessions.shards, settings.sessions.retries, settings.sessions.idle_s) == (5, 1, 7.5)
    assert (settings.folder, settings.language.engine) == (Path("from-file"), "rules")
    assert load_settings(file, folder=Path("argument")).folder == Path("argument")
    assert load_settings(file, folder=None).folder == Path("from-file")
    monkeypatch.setenv("MAJLIS_FOLDER", "variable")
    assert load_settings(file).folder == Path("variable")


@pytest.mark.parametrize(
    ("text", "line", "name", "reason"),
    [
        ("[sessions]\nshards = 2\nshrads = 3\n", 3, "sessions.shrads", "no such setting"),
        ("fodler = 'x'\n", 1, "fodler", "no such setting"),
        ("[system]\n\n[sesions]\nshards = 2\n", 3, "sesions", "no such setting"),
        ("# comment\n[sessions]\nshards = 0\n", 3, "sessions.shards", "greater than or equal to 1"),
        ("[sessions]\nretries = 1\nshards = 'many'\n", 3, "sessions.shards", "valid integer"),
        ("sessions.shards = -1\n", 1, "sessions.shards", "greater than"),
        ("sessions = { shards = 0 }\n", 1, "sessions.shards", "greater than"),
        ("sessions = 3\n", 1, "sessions", ""),
        ("[system]\nutc_offset = 'Dubai'\n", 2, "system.utc_offset", "pattern"),
        ("[system]\nlog_level = 'loud'\n", 2, "system.log_level", "debug"),
        ("[language]\nregion = 'Dubai'\n", 2, "language.region", "pattern"),
        ("[sink]\nkind = 'paper'\n", 2, "sink.kind", "embedded"),
        ("[[sessions]]\nshards = 2\n", 1, "sessions", ""),
    ],
)
def test_a_wrong_key_or_value_names_itself_and_its_line(
    tmp_path: Path, text: str, line: int, name: str, reason: str
) -> None:
    message = error_of(tmp_path, text)
    assert message.startswith(f"{tmp_path / 'majlis.toml'}:{line}: {name}: "), message
    assert reason in message


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    message = error_of(tmp_path, "[sessions]\nshards = 0\nshrads = 1\n[system]\npartitions = 1000\n")
    assert [line.split(": ")[1] for line in message.splitlines()] == [
        "system.partitions",
        "sessions.shards",
        "sessions.shrads",
    ]


@pytest.mark.parametrize(("variable", "value"), [("MAJLIS_SESSIONS__SHARDS", "many"), ("MAJLIS_SESSIONS__SHRADS", "2")])
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"^environment variable {variable}: sessions.sh"):
        load_settings(None)


@pytest.mark.parametrize("value", ["3", "[1]", '{"shards": 0}', "no json", "{"])
def test_a_variable_for_a_whole_section_is_an_error_in_one_line_too(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("MAJLIS_SESSIONS", value)
    with pytest.raises(SettingsError) as raised:
        load_settings(None)
    assert "sessions" in str(raised.value).lower()
    assert len(str(raised.value).splitlines()) == 1


def test_no_toml_names_the_line(tmp_path: Path) -> None:
    message = error_of(tmp_path, "[sessions]\nshards = = 2\n")
    assert "majlis.toml" in message
    assert "line 2" in message


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"folder = '\xe9'\n")
    for path in (tmp_path / "missing.toml", tmp_path, latin):
        with pytest.raises(SettingsError, match=str(path)):
            load_settings(path)


def test_the_log_level_reaches_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from actors.system import attach
    from actors.system.boot import RunningSystem

    given: dict[str, object] = {}

    class Refused(Exception):
        pass

    def start(*_: object, **arguments: object) -> None:
        given.update(arguments)
        raise Refused

    monkeypatch.setattr(RunningSystem, "start", start)
    file = toml(tmp_path, "[system]\nlog_level = 'debug'\npartitions = 1\n")
    with pytest.raises(Refused), attach.own_system(load_settings(file, folder=tmp_path / "data")):
        pass
    assert given["log_level"] == "debug"
