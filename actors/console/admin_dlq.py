"""``majlis admin dlq``: messages that were set aside by shards, and rows that Google Sheets refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from actors.console.admin_asking import (
    DEFAULT_FOLDER,
    SINK,
    Folder,
    Json,
    Timeout,
    ask_shards,
    fail,
    plain,
    print_facts,
    print_json,
    print_records,
    report,
)

dlq = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Messages and rows that were set aside (dead letters)."
)

Letter = Annotated[str, typer.Argument(help="Id of a letter, as the list shows it.")]
_MOST = 1_000_000


@dlq.command("list")
def list_letters(
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show so many at most.")] = 100,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """List the letters."""
    total, found, errors = _letters(folder, limit, timeout)
    if as_json:
        print_json({"total": total, "letters": found[:limit], "errors": errors})
    else:
        columns = ("letter", "conversation", "message", "reason", "holder", "attempts", "set_aside_ms")
        print_records(found[:limit], columns)
        typer.echo(f"{total} in all")
    report(errors)


@dlq.command()
def show(letter: Letter, folder: Folder = DEFAULT_FOLDER, as_json: Json = False, timeout: Timeout = 10.0) -> None:
    """Show a letter: the message or row, why it was set aside, the traceback or what Google said, the state."""
    found, errors = _show(folder, letter, timeout)
    if found is None:
        report(errors)
        fail(f"there is no letter {letter}")
    if as_json:
        print_json(found)
        return
    print_facts({key: value for key, value in found.items() if key != "traceback"})
    for line in str(found.get("traceback", "")).splitlines():
        typer.echo(plain(line))


@dlq.command()
def replay(
    letter: Annotated[str, typer.Argument(help="Id of a letter.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="All letters.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 30.0,
) -> None:
    """Have letters handled again, as if their messages had just come; refused rows are written again."""
    _change("dlq_replay", "replayed", letter, folder, everything=everything, as_json=as_json, timeout=timeout)


@dlq.command()
def purge(
    letter: Annotated[str, typer.Argument(help="Id of a letter.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="All letters.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 30.0,
) -> None:
    """Drop letters for good; export them first."""
    _change("dlq_purge", "purged", letter, folder, everything=everything, as_json=as_json, timeout=timeout)


@dlq.command()
def export(
    file: Annotated[Path, typer.Argument(help="JSONL file to write, one letter a line; must not exist.")],
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """Write all letters to a file."""
    import json

    _, found, errors = _letters(folder, _MOST, timeout)
    report(errors)
    if file.exists():
        raise typer.BadParameter(f"{file} exists already")
    written = 0
    with file.open("x", encoding="utf-8") as lines:
        for item in found:
            letter, errors = _show(folder, str(item["letter"]), timeout)
            report(errors)
            if letter is not None:  # else it was replayed or purged meanwhile
                lines.write(json.dumps(letter, ensure_ascii=False, default=str) + "\n")
                written += 1
    if as_json:
        print_json({"file": str(file), "letters": written})
    else:
        typer.echo(f"{written} letters in {file}")


def _letters(folder: Path, limit: int, timeout: float) -> tuple[int, list[dict[str, Any]], Sequence[str]]:
    answers, errors = ask_shards(folder, "dlq_list", {"limit": limit}, timeout, also=(SINK,))
    found = [{**each, "holder": name} for name, answer in answers.items() for each in answer["letters"]]
    found.sort(key=lambda each: each.get("set_aside_ms", 0))
    total = sum(answer.get("total", len(answer["letters"])) for answer in answers.values())
    return total, found, errors


def _show(folder: Path, letter: str, timeout: float) -> tuple[dict[str, Any] | None, Sequence[str]]:
    answers, errors = ask_shards(folder, "dlq_show", {"letter": letter}, timeout, also=(SINK,))
    for answer in answers.values():
        if answer.get("letter"):
            return dict(answer["letter"]), errors
    return None, errors


def _change(
    verb: str, field: str, letter: str, folder: Path, *, everything: bool, as_json: bool, timeout: float
) -> None:
    if bool(letter) == everything:
        raise typer.BadParameter("name a letter, or --all")
    arguments = {"all": "true"} if everything else {"letter": letter}
    answers, errors = ask_shards(folder, verb, arguments, timeout, also=(SINK,))
    done = sorted(each for answer in answers.values() for each in answer[field])
    if as_json:
        print_json({field: done, "errors": list(errors)})
    elif done or everything:
        typer.echo(f"{field} {len(done)}")
    report(errors)
    if letter and not done:
        fail(f"there is no letter {letter}")
