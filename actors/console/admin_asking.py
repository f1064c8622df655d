"""What the admin commands share: asking a running system, and printing what it answers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from actors.system.boot import SystemClient

Folder = Annotated[Path, typer.Option("--folder", envvar="MAJLIS_FOLDER", help="Data folder of the running system.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Timeout = Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds to wait for the answer.")]
DEFAULT_FOLDER = Path("majlis-data")
SHARDS = "sessions/shard-"
SINK = "sink"
_TIMES = frozenset({"last_ms", "set_aside_ms", "asked_ms"})
_FILE_WIDTH = 220
"""Width of tables that go to a file or another program, characters."""


def connect(folder: Path) -> SystemClient:
    """Connect to the system on a data folder."""
    from actors.system.boot import SystemClient
    from store.folder import DataFolder

    return SystemClient.connect(DataFolder.open(folder))


def ask(folder: Path, target: str, verb: str, arguments: dict[str, Any], timeout_s: float) -> dict[str, Any]:
    """Ask one actor; a no ends the command with its reason and exit code 1."""
    with connect(folder) as client:
        answer = client.ask(target, verb, arguments, timeout_s)
    if not answer.ok:
        fail(answer.error)
    return answer.result


def ask_shards(
    folder: Path, verb: str, arguments: dict[str, Any], timeout_s: float, *, also: Sequence[str] = ()
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Ask every shard, and other actors that answer the same verb.

    Args:
        folder: the data folder.
        verb: what is asked.
        arguments: its arguments.
        timeout_s: how long to wait for each.
        also: full names of the others.

    Returns:
        answers by the actor's name, and the errors of those that gave none.
    """
    answers = {}
    errors = []
    with connect(folder) as client:
        names = client.names(SHARDS)
        if not names:
            fail("no shard is ready")
        for name in (*names, *also):
            answer = client.ask(name, verb, arguments, timeout_s)
            if answer.ok:
                answers[name] = answer.result
            else:
                errors.append(f"{name}: {answer.error}")
    if not answers:
        fail("; ".join(errors))
    return answers, errors


def fail(reason: str) -> NoReturn:
    """End the command with one clear line and exit code 1."""
    typer.echo(f"majlis: {plain(reason)}", err=True)
    raise typer.Exit(1)


def report(errors: Sequence[str]) -> None:
    """Name the shards that gave no answer; then the exit code is 1."""
    if errors:
        fail("; ".join(errors))


def plain(value: object) -> str:
    """Make text safe for a terminal: what customers wrote may hold control and bidi characters."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(value))


def print_json(value: object) -> None:
    """Print one JSON object."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Print a table; cells are text, never markup."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(plain(title)) if title else None, box=SIMPLE, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(Text(column), overflow="fold", no_wrap=0 < number < len(columns) - 1)
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=_FILE_WIDTH)
    console.print(table)


def print_facts(facts: Mapping[str, Any]) -> None:
    """Print names and values, one a line."""
    print_table(("", ""), ((key, shown(value)) for key, value in facts.items()))


def shown(value: object) -> str:
    """Write a value as a person reads it."""
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return "" if value is None else str(value)


def megabytes(size: float) -> str:
    """Write bytes as megabytes."""
    return f"{size / 1e6:.0f} MB" if size else ""


def span(seconds: float) -> str:
    """Write a duration."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{rest:02d}s" if minutes else f"{seconds:.1f}s"


def moment(milliseconds: int) -> str:
    """Write a time since 1970 in this machine's zone; out of any calendar's range, the number itself."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(milliseconds / 1000)) if milliseconds else ""
    except (OverflowError, ValueError, OSError):
        return str(milliseconds)


def print_records(records: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print records as a table of some of their fields; times are written out."""
    rows = (
        [moment(record.get(name, 0)) if name in _TIMES else shown(record.get(name, "")) for name in columns]
        for record in records
    )
    print_table([name.removesuffix("_ms") if name != "held_ms" else "held ms" for name in columns], rows)
