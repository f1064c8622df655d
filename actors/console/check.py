"""``majlis check``: is a data folder sound, and what does it hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def check(
    folder: Annotated[Path, typer.Option("--folder", help="Data folder.", envvar="MAJLIS_FOLDER")] = Path(
        "majlis-data"
    ),
    rejects: Annotated[bool, typer.Option("--rejects", help="List the input that was set aside, newest last.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="With --rejects: at most so many.")] = 200,
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Verify every record of a data folder, also while a system runs on it. Exit code 1 when something is wrong."""
    import msgspec

    if rejects:
        _rejects(folder, limit, json_output=json_output)
        return
    from store.check import check_folder

    report = check_folder(folder)
    if json_output:
        typer.echo(msgspec.json.encode(report).decode())
    else:
        _table(report)
    if not report.sound:
        raise typer.Exit(1)


def _table(report: object) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from store.check import FolderReport

    assert isinstance(report, FolderReport)  # given by check_folder
    console = Console()
    table = Table(title=escape(f"{report.path}  ({report.decoded} records decoded)"))
    for name in ("no", "inbox", "undone", "sessions", "rows", "waiting", "dead", "claims", "epoch", "MB"):
        table.add_column(name, justify="right", no_wrap=True)
    for part in report.partitions:
        table.add_row(
            str(part.partition),
            str(part.inbox.next),
            str(part.lag),
            str(part.sessions),
            str(part.rows.next),
            str(part.rows.next - part.rows.first),
            str(part.letters),
            str(part.claims),
            str(part.epoch),
            f"{part.state_file_bytes / 1e6:.1f}",
        )
    console.print(table)
    console.print(f"input set aside: {report.rejects.next - report.rejects.first}")
    for problem in report.problems:
        typer.echo(f"majlis: {problem}", err=True)
    if report.sound:
        console.print("sound")


def _rejects(folder: Path, limit: int, *, json_output: bool) -> None:
    import msgspec

    from messages.row import REJECT
    from store.errors import FolderMissing
    from store.folder import DataFolder
    from store.log import LogReader

    try:
        log = LogReader(DataFolder.open(folder).rejects())
    except FolderMissing:
        DataFolder.open(folder)  # a folder without rejects is fine; without a folder this raises
        return
    start = max(log.first_position, log.next_position - limit)
    for _, raw in log.read(start, limit=limit):
        reject = REJECT.decode(raw)
        if json_output:
            shown = {**msgspec.structs.asdict(reject), "raw": reject.raw.decode("utf-8", "backslashreplace")}
            typer.echo(msgspec.json.encode(shown).decode())
        else:
            typer.echo(f"{reject.where}: {reject.reason}: {_visible(reject.raw)}")


def _visible(raw: bytes) -> str:
    text = raw.decode("utf-8", "backslashreplace")[:120]
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


command = typer.main.get_command(app)
