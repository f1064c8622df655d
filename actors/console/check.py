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
    for name in ("no", "inbox", "undone", "known", "rows", "wait", "dead", "claims", "epoch", "MB"):
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

    from actors.console.visible import visible
    from messages.row import REJECT
    from store.errors import FolderMissing
    from store.folder import DataFolder
    from store.log import LogReader

    try:
        log = LogReader(DataFolder.open(folder).rejects())
    except FolderMissing:
        DataFolder.open(folder)  # a folder without rejects is fine; without a folder this raises
        return
    position = max(log.first_position, log.next_position - limit)
    # A read stops at some megabytes: it is repeated until the end.
    while page := log.read(position, limit=limit):
        position = page[-1][0] + 1
        for _, raw in page:
            reject = REJECT.decode(raw)
            if json_output:
                shown = {**msgspec.structs.asdict(reject), "raw": reject.raw.decode("utf-8", "backslashreplace")}
                typer.echo(msgspec.json.encode(shown).decode())
            else:
                text = reject.raw[:480].decode("utf-8", "backslashreplace")[:120]
                typer.echo(visible(f"{reject.where}: {reject.reason}: {text}"))
    log.close()


command = typer.main.get_command(app)
