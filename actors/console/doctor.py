"""``majlis doctor``: what is there, what is missing, and how to get it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from actors.console.doctor_findings import Finding

app = typer.Typer()


@app.callback(invoke_without_command=True)
def doctor(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file with the settings.", envvar="MAJLIS_CONFIG")
    ] = None,
    folder: Annotated[Path | None, typer.Option("--folder", help="Data folder.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look over the machine, the data folder, the models and engines. Exit code 1 when something needed is missing."""
    if context.invoked_subcommand is not None:
        return
    from actors.console.doctor_findings import look
    from actors.system.settings import load_settings

    _show(look(load_settings(config, folder=folder)), json_output=json_output)


@app.command()
def sheets(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file with the settings.", envvar="MAJLIS_CONFIG")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Go through what writing to Google Sheets needs, up to the first thing that is missing."""
    from actors.console.doctor_sheets import examine_sheets
    from actors.system.settings import load_settings

    settings = load_settings(config)
    _show(examine_sheets(settings.sheets, settings.sink.kind), json_output=json_output)


def _show(findings: list[Finding], *, json_output: bool) -> None:
    if json_output:
        import msgspec

        typer.echo(msgspec.json.encode({"findings": findings}).decode())
    else:
        from actors.console.admin_asking import plain, print_table

        print_table(("what", "state", "found"), ((item.what, item.state, item.found) for item in findings))
        # What has to be copied - an address, a setting - stands on a line of its own, never cut.
        for item in findings:
            if item.remedy:
                typer.echo(plain(f"{item.what}: {item.remedy}"))
    if any(item.state == "missing" for item in findings):
        raise typer.Exit(1)


command = typer.main.get_command(app)
