"""Reply templates: one file a language and intent, in a folder that users edit, laid over the bundled one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import StrictUndefined, Template
from jinja2.exceptions import TemplateError as JinjaError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from actors.whatsapp.errors import TemplateError

BUNDLED: Final = Path(__file__).parent / "templates"
FALLBACK: Final = "fallback"
MAX_TEXT: Final = 4096
"""Characters that WhatsApp takes in one text message."""
_MAX_FILE: Final = 65_536


class Rendered(NamedTuple):
    """What a template gave.

    Attributes:
        text: the reply, "" where the template says nothing for this case.
        problem: why the fallback was taken instead, "" where it was not.
    """

    text: str
    problem: str


class _Loaded(NamedTuple):
    template: Template
    stamp: tuple[int, int]


class TemplateStore:
    """Compiled templates; a file that does not compile leaves its last good version in use.

    Args:
        folder: the users' folder ``<language>/<intent>.j2``; None for the bundled templates only.
        languages: languages wanted; the first one serves for the others' missing templates.

    Attributes:
        problems: path of each bad file, and what is wrong with it: to be shown to the operator.
    """

    def __init__(self, folder: Path | None, languages: Sequence[str]) -> None:
        self._folders = (BUNDLED,) if folder is None else (folder, BUNDLED)
        self._languages = tuple(languages)
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.filters["amount"] = _amount
        self._loaded: dict[Path, _Loaded] = {}
        self._bad: dict[Path, tuple[int, int]] = {}
        self._chosen: dict[tuple[str, str], Template] = {}
        self.problems: dict[str, str] = {}
        self.refresh()

    def refresh(self) -> bool:
        """Take up what has changed in the folders; to be called now and then, costs a stat a file.

        Returns:
            whether anything changed.
        """
        seen: dict[Path, tuple[int, int]] = {}
        for folder in self._folders:
            for language in self._languages:
                seen.update(_stamps(folder / language))
        known = {path: loaded.stamp for path, loaded in self._loaded.items()} | self._bad
        if seen == known:
            return False
        for path in set(self._loaded) - set(seen):
            del self._loaded[path]
        for path in set(self._bad) - set(seen):
            del self._bad[path]
        self.problems = {path: text for path, text in self.problems.items() if Path(path) in seen}
        for path, stamp in seen.items():
            if known.get(path) != stamp:
                self._load(path, stamp)
        self._chosen = self._choose()
        return True

    def _load(self, path: Path, stamp: tuple[int, int]) -> None:
        try:
            template = self._environment.from_string(_read(path, stamp[1]))
        except (JinjaError, TemplateError, OSError, UnicodeDecodeError, RecursionError, ValueError) as error:
            line = getattr(error, "lineno", None)
            self.problems[str(path)] = f"line {line}: {error}" if line else str(error)
            self._bad[path] = stamp
        else:
            self._loaded[path] = _Loaded(template, stamp)
            self._bad.pop(path, None)
            self.problems.pop(str(path), None)

    def _choose(self) -> dict[tuple[str, str], Template]:
        chosen: dict[tuple[str, str], Template] = {}
        for folder in reversed(self._folders):
            for language in self._languages:
                for path, loaded in self._loaded.items():
                    if path.parent == folder / language:
                        chosen[language, path.stem] = loaded.template
        return chosen

    def has(self, language: str, intent: str) -> bool:
        """Tell whether there is a template in this very language."""
        return (language, intent) in self._chosen

    def render(self, language: str, intent: str, slots: Mapping[str, Any]) -> Rendered:
        """Fill a template in.

        Args:
            language: wanted; the first configured one serves where it has no such template.
            intent: name of the template.
            slots: values; texts in them are never evaluated.

        Returns:
            the text; of the fallback where the template is missing or fails.
        """
        template = self._chosen.get((language, intent)) or self._chosen.get((self._languages[0], intent))
        if template is None:
            problem = f"no reply template {language}/{intent}.j2"
        else:
            try:
                return Rendered(_finish(template.render(slots)), "")
            except Exception as error:  # noqa: BLE001 - a template can raise anything; the fallback answers instead
                problem = f"reply template {language}/{intent}.j2: {type(error).__name__}: {error}"[:500]
        self.problems[f"{language}/{intent}"] = problem
        fallback = self._chosen.get((language, FALLBACK)) or self._chosen.get((self._languages[0], FALLBACK))
        if fallback is None:
            return Rendered("", problem)
        try:
            return Rendered(_finish(fallback.render(slots)), problem)
        except Exception as error:  # noqa: BLE001 - as above; then nothing is answered, and the note says so
            return Rendered("", f"{problem}; and the fallback: {type(error).__name__}: {error}"[:900])


def _amount(value: float | str) -> str:
    """Write a number with separators of thousands; a text as it is."""
    return f"{value:,.0f}" if isinstance(value, int | float) else value


def _read(path: Path, size: int) -> str:
    if size > _MAX_FILE:
        raise TemplateError(f"longer than {_MAX_FILE} bytes")
    return path.read_text(encoding="utf-8")


def _finish(text: str) -> str:
    said = text.strip()
    if len(said) > MAX_TEXT:
        raise TemplateError(f"the reply has {len(said)} characters, WhatsApp takes {MAX_TEXT}")
    return said


def _stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    found: dict[Path, tuple[int, int]] = {}
    try:
        for path in folder.glob("*.j2"):
            status = path.stat()
            found[path] = (status.st_mtime_ns, status.st_size)
    except OSError:
        # A folder that is being replaced: the next refresh sees it whole.
        return found
    return found
