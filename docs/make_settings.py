"""Write ``docs/settings.md`` from the settings' classes; ``--check`` only says whether the page is up to date."""

from __future__ import annotations

import enum
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "settings.md"
PREFIX = "MAJLIS"
_INTRO = """\
# Settings

This page is generated from the settings' classes by `docs/make_settings.py`; do not edit it.

Settings come from a TOML file (`--config`, or the environment variable `MAJLIS_CONFIG`). Environment variables override
the file, and `--folder` on the command line overrides both. A wrong key or value names itself and its line, and nothing
starts. [majlis.toml.example](../majlis.toml.example) is a file to begin with.

- The heading of a section is its table in the TOML file: `[sessions]`, `[whatsapp.delivery]`. `folder` stands above
  all tables.
- In environment variables two underscores part the names: `MAJLIS_SESSIONS__SHARDS=4` is `[sessions] shards = 4`.
- Lists in environment variables are JSON: `MAJLIS_WHATSAPP__APP_SECRETS='["one", "two"]'`.
- Settings are read once, at the start. A change needs a restart of `majlis start`.
- `majlis start`, `majlis replay`, `majlis doctor` and `majlis rows push` read the file. The other commands that need a
  data folder take it from `--folder` or `MAJLIS_FOLDER`.
- Secrets have no default: *unset* means that the feature which needs them is off. They are never logged.
"""


class Setting(NamedTuple):
    """One setting.

    Attributes:
        path: names from the outermost section to the setting.
        type: as a person reads it.
        default: as TOML writes it.
        bounds: what is allowed beyond the type, "" for anything.
        text: what it is for.
    """

    path: tuple[str, ...]
    type: str
    default: str
    bounds: str
    text: str

    @property
    def variable(self) -> str:
        """Name the environment variable."""
        return PREFIX + "_" + "__".join(self.path).upper()


class Part(NamedTuple):
    """One section: its path, what its class says of itself, its settings."""

    path: tuple[str, ...]
    text: str
    settings: list[Setting]


def parts_of(model: type[BaseModel], path: tuple[str, ...] = (), text: str = "") -> Iterator[Part]:
    """Give a model's own settings as a section, then those of the models in it.

    Args:
        model: a class of settings.
        path: where it stands.
        text: what the section above says of it.

    Yields:
        sections, outermost first.
    """
    told = _attributes_of(model)
    own: list[Setting] = []
    inner: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            inner.append((name, field.annotation))
        else:
            own.append(
                Setting(
                    (*path, name),
                    _type_of(field.annotation),
                    _default_of(field),
                    _bounds_of(field),
                    field.description or told.get(name, ""),
                )
            )
    if own:
        yield Part(path, text or _first_line(model), own)
    for name, below in inner:
        yield from parts_of(below, (*path, name), _first_line(below))


def _first_line(model: type[BaseModel]) -> str:
    return (inspect.getdoc(model) or "").split("\n\n", 1)[0].replace("\n", " ")


def _attributes_of(model: type[BaseModel]) -> dict[str, str]:
    """Read the Attributes section of a class's docstring; one entry may name several attributes."""
    found: dict[str, str] = {}
    _, _, section = (inspect.getdoc(model) or "").partition("Attributes:\n")
    for entry in re.split(r"\n(?=    \S)", "\n" + section.rstrip()):
        names, mark, text = entry.strip().partition(": ")
        if mark and re.fullmatch(r"[a-z0-9_]+(, [a-z0-9_]+)*", names):
            for name in names.split(", "):
                found[name] = " ".join(text.split())
    return found


_PLAIN = {
    "str": "text", "int": "whole number", "float": "number", "bool": "true or false", "Path": "path",
    "SecretStr": "secret", "time": "time of day",
}  # fmt: skip


def _type_of(annotation: Any) -> str:
    arguments = get_args(annotation)
    if not arguments:
        name = str(annotation.__name__)
        return _PLAIN.get(name, name)
    if type(None) in arguments:
        return " or ".join(_type_of(each) for each in arguments if each is not type(None))
    origin = getattr(annotation, "__origin__", None)
    if origin is tuple:
        return f"list of {_type_of(arguments[0])}"
    if all(isinstance(each, str) for each in arguments):
        return " \\| ".join(f"`{each}`" for each in arguments)
    return str(annotation)


def _default_of(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "*depends on the machine*"
    if field.default is PydanticUndefined:
        return "*required*"
    return "*unset*" if field.default is None or _is_secret(field) else f"`{_toml(field.default)}`"


def _is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    if isinstance(value, enum.Enum):
        return _toml(value.value)
    if isinstance(value, PurePath) and value.is_relative_to(ROOT):
        return f'"<where Majlis is installed>/{value.relative_to(ROOT)}"'
    if isinstance(value, str | PurePath):
        return f'"{value}"'
    return str(value)


_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥", "max_length": "length ≤"}


def _bounds_of(field: FieldInfo) -> str:
    found = []
    for item in field.metadata:
        for name, sign in _SIGNS.items():
            value = getattr(item, name, None)
            if value is not None:
                found.append(f"{sign} {value}")
        pattern = getattr(item, "pattern", None)
        if pattern is not None:
            found.append(f"matches `{pattern}`")
    return ", ".join(found)


def page() -> str:
    """Write the page."""
    from actors.system.settings import Settings

    lines = [_INTRO]
    for part in parts_of(Settings):
        lines.append(f"## {'[' + '.'.join(part.path) + ']' if part.path else 'Above all tables'}\n")
        if part.path:
            lines.append(f"{part.text}\n")
        lines.append("| setting, environment variable | type | default | allowed | what it is |")
        lines.append("|---|---|---|---|---|")
        for setting in part.settings:
            name = f"`{setting.path[-1]}`<br>`{setting.variable}`"
            text = setting.text.replace("|", "\\|").replace("``", "`")
            lines.append(f"| {name} | {setting.type} | {setting.default} | {setting.bounds} | {text} |")
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    """Write the page, or check it."""
    wanted = page()
    if "--check" in sys.argv[1:]:
        current = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        if current != wanted:
            sys.stderr.write(f"{PAGE} is out of date: run python docs/make_settings.py\n")
        return int(current != wanted)
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
