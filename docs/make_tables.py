"""Write the tables of ``docs/architecture.md`` from the code; ``--check`` only says whether they are up to date."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEYOND = ("supervision.spec", "actors.system.boot_root")
"""Modules beside the package ``messages`` that declare some."""


def message_classes() -> Iterator[tuple[int, str, type]]:
    """Give tag, module and class of all messages, by tag."""
    import messages
    from messages.wire import Wire

    names = [f"messages.{module.name}" for module in pkgutil.iter_modules(messages.__path__)]
    found = []
    for name in (*names, *BEYOND):
        for _, item in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            config: Any = getattr(item, "__struct_config__", None)
            if config is not None and issubclass(item, Wire) and item is not Wire and item.__module__ == name:
                found.append((config.tag, name, item))
    yield from sorted(found, key=lambda entry: entry[0])


def messages_table() -> str:
    """List the messages."""
    lines = ["| tag | message | declared in | what it is |", "|---|---|---|---|"]
    for tag, module, item in message_classes():
        text = (
            (inspect.getdoc(item) or "").split("\n\n", 1)[0].replace("\n", " ").replace("|", "\\|").replace("``", "`")
        )
        lines.append(f"| {tag} | `{item.__name__}` | `{module.replace('.', '/')}.py` | {text} |")
    return "\n".join(lines)


def transitions_table() -> str:
    """List what may happen to a session, and where it leads."""
    from actors.session.transitions import TRANSITIONS

    lines = ["| from | when | to |", "|---|---|---|"]
    lines += [f"| `{phase.value}` | `{what.value}` | `{to.value}` |" for (phase, what), to in TRANSITIONS.items()]
    return "\n".join(lines)


def page(text: str) -> str:
    """Put the tables between their marks.

    Args:
        text: the page as it is.

    Returns:
        the page as it should be.

    Raises:
        ValueError: a mark is missing.
    """
    for name, table in (("messages", messages_table()), ("transitions", transitions_table())):
        begin, end = f"<!-- {name}: made by docs/make_tables.py -->", f"<!-- end of {name} -->"
        pattern = re.escape(begin) + r".*?" + re.escape(end)
        text, count = re.subn(pattern, (f"{begin}\n{table}\n{end}").replace("\\", r"\\"), text, flags=re.DOTALL)
        if count != 1:
            raise ValueError(f"{PAGE}: the marks of {name} are missing")
    return text


def main() -> int:
    """Write the tables, or check them."""
    current = PAGE.read_text(encoding="utf-8")
    wanted = page(current)
    if "--check" in sys.argv[1:]:
        if current != wanted:
            sys.stderr.write(f"{PAGE} is out of date: run python docs/make_tables.py\n")
        return int(current != wanted)
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
