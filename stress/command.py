"""``majlis stress``: each harness is imported when it is called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.callback()
def stress() -> None:
    """Drive the system from outside: load, faults, benchmarks. Figures are of this machine, at this moment."""


@app.command()
def skeleton(
    messages: Annotated[int, typer.Option(help="Messages for each figure of throughput.")] = 150_000,
    known: Annotated[int, typer.Option(help="Sessions to make known, for the figures of passivation.")] = 50_000,
    only: Annotated[list[str] | None, typer.Option(help="Only these parts; may be repeated.")] = None,
    json_output: Json = False,
) -> None:
    """Measure throughput, latency, sessions in memory, and conversations that open at once."""
    from stress.skeleton import run

    _show(run(messages=messages, known=known, only=tuple(only or ()), say=_progress(json_output)), json_output)


@app.command()
def kill(
    kills: Annotated[int, typer.Option(help="How many processes are killed.")] = 100,
    rate: Annotated[float, typer.Option(help="Load, messages a second.")] = 500.0,
    seed: Annotated[int, typer.Option(help="Of the random moments.")] = 1,
    json_output: Json = False,
) -> None:
    """Kill each kind of process under load, and look for lost, repeated, and disordered rows."""
    from stress.kill import run

    outcome = run(kills=kills, rate=rate, seed=seed, say=_progress(json_output))
    _show(outcome, json_output)
    if outcome["lost"] or outcome["twice"] or outcome["disordered"] or outcome["orphans"]:
        raise typer.Exit(1)


@app.command()
def understand(
    models: Annotated[Path | None, typer.Option(help="Model folder; the settings' one by default.")] = None,
    json_output: Json = False,
) -> None:
    """Measure the speed of understanding by tier, in one worker on one core."""
    from actors.system.settings import load_settings
    from stress.understand_bench import run

    _show(run(models or load_settings(None).understanding.models), json_output)


@app.command()
def media(
    speech: Annotated[
        Path | None, typer.Option(help="Folder of recordings, each beside a .txt of what is said: word error rate.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="pictures, speech, documents or texts; may be repeated.")
    ] = None,
    scenes: Annotated[int, typer.Option(min=1, help="Drawn pictures of each kind.")] = 8,
    json_output: Json = False,
) -> None:
    """Measure reading of pictures, speech and documents, and what that does to the latency of texts."""
    from stress import media_latency
    from stress.media_bench import PARTS, run

    parts = set(only or (*PARTS, "texts"))
    if parts - {*PARTS, "texts"}:
        raise typer.BadParameter(f"--only: one of {', '.join((*PARTS, 'texts'))}")
    if speech is not None and not speech.is_dir():
        raise typer.BadParameter(f"--speech: {speech} is no folder")
    figures: dict[str, Any] = {"goals": {}, "met": True}
    if parts & set(PARTS):
        figures = run(speech, scenes, parts)
    if "texts" in parts:
        figures["text_beside_pictures"] = beside = media_latency.run()
        figures["met"] = bool(figures["met"] and beside["met"])
    _show(figures, json_output)
    if not figures["met"]:
        raise typer.Exit(1)


@app.command()
def whatsapp(
    scale: Annotated[float, typer.Option(help="1 takes about half a minute; less is quicker and rougher.")] = 1.0,
    whole: Annotated[bool, typer.Option("--whole", help="Into a whole running system, to its rows.")] = False,
    json_output: Json = False,
) -> None:
    """Measure the gateway: webhooks batched, unbatched, at a steady rate, and in a storm of redeliveries."""
    if whole:
        from stress import whatsapp_whole

        figures = whatsapp_whole.run()
        _show(figures, json_output)
        if figures["rows"] != figures["messages"]:
            raise typer.Exit(1)
        return
    from stress.whatsapp_bench import run

    _show(run(scale=scale), json_output)


@app.command()
def sheets(
    rows: Annotated[int, typer.Option(help="Rows to write while the server misbehaves.")] = 200_000,
    kills: Annotated[int, typer.Option(help="How often the sink is killed.")] = 50,
    rate: Annotated[float, typer.Option(help="Share of calls that misbehave.")] = 0.1,
    rates_only: Annotated[bool, typer.Option("--rates-only", help="Only measure speed and calls.")] = False,
    json_output: Json = False,
) -> None:
    """Write to a local Sheets server that misbehaves while the sink is killed, and compare cell by cell."""
    from stress.sheets_chaos import run
    from stress.sheets_rates import drain_rate, steady

    figures: dict[str, Any] = {"drain": drain_rate(), "steady": steady()}
    if not rates_only:
        figures["chaos"] = run(rows, kills, rate)
    _show(figures, json_output)
    if not rates_only and not figures["chaos"]["ok"]:
        raise typer.Exit(1)


def _progress(quiet: bool) -> Any:
    def say(line: str) -> None:
        if not quiet:
            typer.echo(line, err=True)

    return say


def _show(figures: dict[str, Any], json_output: bool) -> None:
    if json_output:
        typer.echo(msgspec.json.encode(figures).decode())
        return
    for name, value in figures.items():
        typer.echo(f"{name:36} {value}")


def main() -> None:
    """Run the command."""
    from actors.language.errors import LanguageError
    from actors.system.errors import SystemFault
    from store.errors import StoreError

    try:
        app(prog_name="majlis stress")
    except (SystemFault, StoreError, LanguageError) as error:
        print(f"majlis: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
