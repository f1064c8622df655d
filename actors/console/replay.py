"""``majlis replay``: WhatsApp exports and JSONL through the whole system."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def replay(
    files: Annotated[list[Path], typer.Argument(help="Exports (.zip, .txt) or inbound messages (.jsonl).")],
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file with the settings.", envvar="MAJLIS_CONFIG")
    ] = None,
    folder: Annotated[Path | None, typer.Option("--folder", help="Data folder; made where it is missing.")] = None,
    dayfirst: Annotated[bool, typer.Option("--dayfirst", help="Dates are day/month.")] = False,
    monthfirst: Annotated[bool, typer.Option("--monthfirst", help="Dates are month/day.")] = False,
    owner: Annotated[
        list[str] | None, typer.Option("--owner", help="Name of the business in the export; may be repeated.")
    ] = None,
    offset: Annotated[
        str | None, typer.Option("--utc-offset", help="Clock of the export, for example +04:00; default by settings.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
) -> None:
    """Feed files into the system that runs on the data folder, or into an own one, and wait for their rows.

    Running it again adds no row: what was recorded is counted as duplicates. Exit code 1 when a file could not be read
    at all, or not every message was finished.
    """
    from actors.console.replay_run import SHOWN_REJECTS, Replay, offset_minutes
    from actors.console.visible import visible
    from actors.system.settings import load_settings
    from actors.whatsapp.export_contract import ReadOptions

    if dayfirst and monthfirst:
        raise typer.BadParameter("--dayfirst and --monthfirst exclude each other")
    settings = load_settings(config, folder=folder)
    try:
        minutes = offset_minutes(offset or settings.system.utc_offset)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    options = ReadOptions(
        day_order="dayfirst" if dayfirst else "monthfirst" if monthfirst else None,
        utc_offset_min=minutes,
        owner_names=tuple(owner or ()),
        region=settings.language.region,
    )
    outcome = Replay(settings, options, terminal=sys.stderr.isatty() and not json_output).run(files)
    for line in outcome.warnings[:SHOWN_REJECTS]:
        typer.echo(f"majlis: note: {visible(line)}", err=True)
    for line in outcome.rejects:
        typer.echo(f"majlis: set aside: {visible(line)}", err=True)
    if outcome.rejected > len(outcome.rejects):
        more = outcome.rejected - len(outcome.rejects)
        typer.echo(f"majlis: {more} more set aside; all of them: majlis check --rejects", err=True)
    if json_output:
        import msgspec

        typer.echo(msgspec.json.encode(outcome.report()).decode())
    else:
        typer.echo("  ".join(f"{key} {value}" for key, value in outcome.report().items()))
    if outcome.unfinished:
        typer.echo(f"majlis: {outcome.unfinished} messages are not finished; they stay in the inbox", err=True)
    if outcome.unfinished or outcome.unread_files:
        raise typer.Exit(1)


command = typer.main.get_command(app)
