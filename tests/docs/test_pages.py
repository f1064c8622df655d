"""The pages tell the truth where a program can tell: links, commands, tables, the example of settings."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main

from actors.console.main import COMMANDS, app
from actors.system.settings import Settings, load_settings
from stress.command import app as stress_app

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
EXAMPLE = ROOT / "majlis.toml.example"

_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_INLINE = re.compile(r"`(majlis [^`\n]+)`")
_SETTING = re.compile(
    r"`((?:system|gateway|sessions|language|media_pool|gallery|sink|sheets|whatsapp)\.(?!jsonl?`|sqlite`|ledger`|lock`)[a-z_.]+)`"
)
_CODE = re.compile(r"`((?:actors|store|supervision|messages|stress|tests)/[\w/.-]*)(?:: (\w+)(?:\.(\w+))?)?`")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as code hosts make them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in _HEADING.findall(text)}


def commands(page: Path) -> Iterator[str]:
    """Give the command lines that a page shows."""
    text = page.read_text(encoding="utf-8")
    for block in _FENCE.findall(text):
        for line in block.splitlines():
            if line.startswith("majlis ") and not re.match(r"majlis start(  | ──)", line):
                yield re.sub(r"\s#\s.*", "", line).strip()
    for command in _INLINE.findall(_FENCE.sub("", text)):
        if not re.match(r"majlis \d", command):
            yield command


SHOWN = [(page.name, command) for page in PAGES for command in commands(page)]


def faults_of(line: str) -> list[str]:
    """Say what of a command line does not exist."""
    words = shlex.split(line)[1:]
    command: Any = typer.main.get_command(app)
    if words[:1] == ["stress"]:  # hands its words to a program of its own
        command, words = typer.main.get_command(stress_app), words[1:]
    while hasattr(command, "get_command") and words and not words[0].startswith("-"):
        context = command.make_context("majlis", [], resilient_parsing=True)
        below = command.get_command(context, words[0])
        if below is None:
            return [f"no command {words[0]!r}"]
        command, words = below, words[1:]
    known = {name: param for param in command.params for name in (*param.opts, *param.secondary_opts)}
    known |= dict.fromkeys(("--help", "-h"))
    faults = []
    positional = 0
    takes_value = False
    for word in words:
        if takes_value:
            takes_value = False
        elif word.startswith("--") and word.partition("=")[0] not in known:
            faults.append(f"no option {word!r}")
        elif word.startswith("-") and word in known:
            param = known[word]
            takes_value = param is not None and not param.is_flag and not param.count
        else:
            positional += 1
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    if positional > len(arguments) and all(param.nargs == 1 for param in arguments):
        faults.append(f"{positional} arguments, it takes {len(arguments)}")
    return faults


def test_commands_are_shown() -> None:
    assert len(SHOWN) > 40
    top = {shlex.split(command)[1] for _, command in SHOWN}
    assert {"start", "replay", "rows", "admin", "check", "doctor", "stress"} <= top <= set(COMMANDS) | {"COMMAND"}


@pytest.mark.parametrize(("page", "command"), SHOWN, ids=[f"{page}: {command[:60]}" for page, command in SHOWN])
def test_shown_command_exists(page: str, command: str) -> None:
    assert faults_of(command) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("majlis sart", "no command 'sart'"),
        ("majlis admin dlq lst", "no command 'lst'"),
        ("majlis rows --colour", "no option '--colour'"),
        ("majlis admin scale language 3 4", "3 arguments, it takes 2"),
    ],
)
def test_a_wrong_command_would_be_found(line: str, fault: str) -> None:
    assert faults_of(line) == [fault]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


def test_index_names_every_page() -> None:
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    assert {page.name for page in DOCS.glob("*.md")} - {"index.md"} <= set(_LINK.findall(text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_settings_exist(page: Path) -> None:
    unknown = []
    for name in _SETTING.findall(page.read_text(encoding="utf-8")):
        model: Any = Settings
        for part in name.split("."):
            field = model.model_fields.get(part) if hasattr(model, "model_fields") else None
            if field is None:
                unknown.append(name)
                break
            model = field.annotation
    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_files_and_classes_exist(page: Path) -> None:
    missing = []
    for path, name, member in _CODE.findall(page.read_text(encoding="utf-8")):
        file = ROOT / path
        if not file.exists():
            missing.append(path)
            continue
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        missing += [
            f"{path}: {each}" for each in (name, member) if each and not re.search(rf"(class|def) {each}\b", text)
        ]
    assert missing == []


def test_settings_page_is_up_to_date() -> None:
    assert script("make_settings").page() == (DOCS / "settings.md").read_text(encoding="utf-8"), (
        "run: python docs/make_settings.py"
    )


def test_settings_page_explains_every_setting_and_shows_no_secret() -> None:
    parts = list(script("make_settings").parts_of(Settings))
    found = {setting.variable: setting for part in parts for setting in part.settings}
    assert len(found) > 150
    silent = {name for name, setting in found.items() if not setting.text and "\\|" not in setting.type}
    assert silent == set()
    secrets = {name: setting.default for name, setting in found.items() if "secret" in setting.type}
    assert "MAJLIS_WHATSAPP__ACCESS_TOKEN" in secrets
    assert set(secrets.values()) == {"*unset*"}


def test_tables_of_the_architecture_are_up_to_date() -> None:
    page = DOCS / "architecture.md"
    text = page.read_text(encoding="utf-8")
    assert script("make_tables").page(text) == text, "run: python docs/make_tables.py"


def test_message_tags_are_unique() -> None:
    tags = [tag for tag, _, _ in script("make_tables").message_classes()]
    assert len(tags) == len(set(tags)) > 40


def test_scripts_say_when_a_page_is_out_of_date() -> None:
    for name in ("make_settings", "make_tables"):
        done = subprocess.run(
            [sys.executable, DOCS / f"{name}.py", "--check"], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


def clear_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.upper().startswith("MAJLIS_"):
            monkeypatch.delenv(name)


def test_example_loads_and_keeps_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)
    assert load_settings(EXAMPLE).model_dump() == load_settings(None).model_dump()


def test_every_commented_setting_of_the_example_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)
    text = EXAMPLE.read_text(encoding="utf-8")
    whole, count = re.subn(r"^#(?=[a-z_]+ = )", "", text, flags=re.MULTILINE)
    assert count > 20
    assert not re.search(r"^#(?! |$)", whole, flags=re.MULTILINE)
    file = tmp_path / "majlis.toml"
    file.write_text(whole, encoding="utf-8")
    settings = load_settings(file)
    assert settings.system.partitions == 4
    assert settings.whatsapp.app_secrets[0].get_secret_value() == "the Meta app's secret"
