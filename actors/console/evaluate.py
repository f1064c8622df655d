"""``majlis evaluate``: scores of understanding on labelled messages, or of context switches on dialogues."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actors.console.understand import MODELS_HELP, TIER_HELP

if TYPE_CHECKING:
    from actors.language.engine import Engine
    from actors.language.evaluate_flow import SwitchDetector
    from actors.system.settings import Settings
    from messages.understanding import Tier

BATCH = 256
SHOWN_PROBLEMS = 20
_METRICS = (
    "records",
    "entities strict F1",
    "entities relaxed F1",
    "entity values right",
    "values without spans F1",
    "intent accuracy",
    "intent macro F1",
    "intent calibration error",
    "sentiment accuracy",
    "sentiment macro F1",
    "urgent F1",
)

app = typer.Typer()


@app.command()
def evaluate(
    file: Annotated[Path | None, typer.Argument(help="Labelled messages, JSONL.")] = None,
    flow: Annotated[
        Path | None, typer.Option("--flow", help="Score context switches on these dialogues, JSONL.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file with the settings.", envvar="MAJLIS_CONFIG")
    ] = None,
    tier: Annotated[
        list[str] | None,
        typer.Option("--tier", help=f"{TIER_HELP} May be repeated to compare; all for full, reduced and essential."),
    ] = None,
    models: Annotated[Path | None, typer.Option("--models", help=MODELS_HELP)] = None,
    region: Annotated[
        str, typer.Option("--region", help="Two-letter country where a record names none; else the clocks tell it.")
    ] = "",
    detector: Annotated[str, typer.Option("--detector", help="With --flow: module:attribute of the detector.")] = "",
    html: Annotated[Path | None, typer.Option("--html", help="Write a readable report with plots here.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score entities, values, intent, sentiment and urgency; or, with --flow, context switches."""
    from actors.language.errors import LanguageError
    from actors.language.evaluate_records import region_code

    if (file is None) == (flow is None):
        typer.echo("majlis: give FILE or --flow FILE", err=True)
        raise typer.Exit(2)
    try:
        if flow is not None:
            report = _score_flow(flow, detector, tier or [], models, config)
        else:
            assert file is not None  # one of the two was checked above
            report = _score_messages(file, tier or [], models, region=region_code(region), config=config)
    except LanguageError as error:
        typer.echo(f"majlis: {error}", err=True)
        raise typer.Exit(2) from error
    except OSError as error:
        typer.echo(f"majlis: {error.filename}: {error.strerror}", err=True)
        raise typer.Exit(2) from error
    for problem in report["bad_lines"][:SHOWN_PROBLEMS]:
        typer.echo(f"majlis: {problem}", err=True)
    if len(report["bad_lines"]) > SHOWN_PROBLEMS:
        typer.echo(f"majlis: {len(report['bad_lines'])} bad lines in all", err=True)
    if html is not None:
        from actors.language.evaluate_report import render

        try:
            html.write_text(render(report), encoding="utf-8")
        except OSError as error:
            typer.echo(f"majlis: {html}: {error.strerror}", err=True)
            raise typer.Exit(2) from error
    if json_output:
        typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        _show(report)
    if report["bad_lines"]:
        raise typer.Exit(2)


def _lines(path: Path, problems: list[str]) -> Iterator[str]:
    """Read a file's lines; one that is not UTF-8 becomes a problem and an empty line: the numbers stay right."""
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                problems.append(f"{path.name}:{number}: not UTF-8 at byte {error.start}")
                yield ""


def _score_messages(
    path: Path, tiers: list[str], models: Path | None, *, region: str, config: Path | None
) -> dict[str, Any]:
    from actors.language.evaluate import score
    from actors.language.evaluate_records import RecordError, read_records
    from actors.system.settings import load_settings

    problems: list[str] = []
    records, bad = read_records(_lines(path, problems), path.name)
    if not records and not problems and not bad:
        raise RecordError(f"{path}: no records in it")
    settings = load_settings(config)
    compared: dict[str, dict[str, Any]] = {}
    for name, engine, limit in _engines(settings, tiers, models):
        started = time.perf_counter()
        answers, failures = _understand(engine, records, region, limit)
        seconds = time.perf_counter() - started
        stats = getattr(engine, "stats", None)
        compared[name] = {
            "set": path.name,
            "engine": name,
            "reason": getattr(engine, "reason", ""),
            "seconds": seconds,
            **score(records, answers),
            "failures": failures,
            "bad_lines": problems + bad,
            "statistics": stats() if callable(stats) else None,
        }
    report = next(iter(compared.values()))
    if len(compared) > 1:
        own = ("by_language", "by_tier", "bad_lines", "set", "engine")
        parts = {name: {key: value for key, value in part.items() if key not in own} for name, part in compared.items()}
        report["by_tier"] = parts
    return report


def _engines(settings: Settings, tiers: list[str], models: Path | None) -> Iterator[tuple[str, Engine, Tier | None]]:
    """Give name, engine and best tier for each tier to be scored; engines are loaded one after another."""
    from actors.console.understand import open_engine
    from actors.language.engine import EngineError

    ladder: tuple[Tier, ...] = ("full", "reduced", "essential")
    if "all" in tiers:
        # A new engine for each: the counts of one tier are not another's, and a cache would answer for it.
        for best in ladder:
            try:
                engine = open_engine(settings, best, models)
            except EngineError as error:
                typer.echo(f"majlis: {best} is left out: {error}", err=True)
                continue
            yield best, engine, best
        return
    for name in dict.fromkeys(tiers) or [settings.language.engine]:
        yield name, open_engine(settings, name, models), None


def _understand(engine: Engine, records: list[Any], region: str, limit: Tier | None) -> tuple[list[Any], list[str]]:
    from actors.language.evaluate_records import work_item

    now_ms = round(time.time() * 1000)
    answers: list[Any] = []
    failures: list[str] = []
    for start in range(0, len(records), BATCH):
        batch = records[start : start + BATCH]
        items = [work_item(number, record, region=region, now_ms=now_ms) for number, record in enumerate(batch)]
        results = {result.key: result for result in engine.understand(items, limit)}
        for number, record in enumerate(batch):
            result = results.get(number)
            answers.append(result.understanding if result is not None else None)
            if result is None or result.understanding is None:
                lines = result.error.strip().splitlines() if result is not None else []
                failures.append(f"{record.id}: {lines[-1] if lines else 'no answer'}")
    return answers, failures


def _own_detector(tiers: list[str], models: Path | None, config: Path | None) -> SwitchDetector:
    """Make the project's own detector; without any wish, on the small models where they are built."""
    from actors.language.flow.analyzer import ConversationFlowAnalyzer
    from actors.system.settings import load_settings

    if not (tiers or models or config):
        return ConversationFlowAnalyzer()
    return ConversationFlowAnalyzer(next(_engines(load_settings(config), tiers or ["reduced"], models))[1])


def _score_flow(
    path: Path, detector: str, tiers: list[str], models: Path | None, config: Path | None
) -> dict[str, Any]:
    from actors.language.evaluate_flow import (
        DEFAULT_DETECTOR,
        DetectorError,
        load_detector,
        read_dialogues,
        score_flow,
    )
    from actors.language.evaluate_records import RecordError

    if (detector and (tiers or models)) or len(tiers) > 1 or "all" in tiers:
        raise DetectorError("--flow takes one --tier, and neither that nor --models with --detector")
    name = detector or DEFAULT_DETECTOR
    problems: list[str] = []
    dialogues, bad = read_dialogues(_lines(path, problems), path.name)
    if not dialogues and not problems and not bad:
        raise RecordError(f"{path}: no dialogues in it")
    loaded = load_detector(name) if detector else _own_detector(tiers, models, config)
    if not callable(getattr(loaded, "reset", None)) or not callable(getattr(loaded, "turn", None)):
        raise DetectorError(f"{name!r} is no switch detector: it lacks 'reset' or 'turn'")
    flow = score_flow(dialogues, loaded)
    scores = {key: flow[key] for key in ("precision", "recall", "f1")}
    return {"set": path.name, "detector": name, **scores, "flow": flow, "bad_lines": problems + bad}


def _show(report: dict[str, Any]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    if "flow" in report:
        flow = report["flow"]
        console.print(
            f"{escape(report['set'])}: {flow['dialogues']} dialogues, {flow['turns']} labelled turns, "
            f"{flow['switches']} switches\n"
            f"precision {flow['precision']:.3f}  recall {flow['recall']:.3f}  f1 {flow['f1']:.3f}"
        )
        return
    languages = ", ".join(f"{lang} {count}" for lang, count in report["languages"].items())
    tiers = ", ".join(f"{tier} {count}" for tier, count in report["tiers"].items())
    console.print(
        f"{escape(report['set'])}: {report['records']} records ({languages}); "
        f"tiers used: {tiers}; {report['seconds']:.2f} s",
        highlight=False,
    )
    groups = {"all": report, **report["by_language"]}
    if len(report["by_tier"]) > 1:  # one tier alone would repeat the first column
        groups |= report["by_tier"]
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("")
    for name in groups:
        table.add_column(escape(name), justify="right")
    for place, name in enumerate(_METRICS):
        table.add_row(name, *(_cells(part)[place] for part in groups.values()))
    console.print(table)
    if report["entities"]:
        types = Table(title="entities by type", box=SIMPLE, pad_edge=False, collapse_padding=True)
        for name in ("type", "F1", "prec", "rec", "relaxed", "right", "extra", "miss", "values"):
            types.add_column(name, justify="left" if name == "type" else "right", no_wrap=True)
        for kind, scores in report["entities"]["by_type"].items():
            strict, values = scores["strict"], scores["values"]
            types.add_row(
                kind,
                f"{strict['f1']:.3f}",
                f"{strict['precision']:.3f}",
                f"{strict['recall']:.3f}",
                f"{scores['relaxed']['f1']:.3f}",
                str(strict["tp"]),
                str(strict["fp"]),
                str(strict["fn"]),
                f"{values['right']}/{values['of']}",
            )
        console.print(types)
        if report["entities"]["types"] != "all":
            console.print(f"this set labels only: {', '.join(report['entities']['types'])}")
    statistics = report["statistics"]
    if statistics:
        console.print(
            f"transformer asked for {statistics['cascade_share']:.1%} of the messages, "
            f"cache hit rate {statistics['cache_hit_rate']:.1%}",
            highlight=False,
        )
    for name in ("intent", "sentiment"):
        if report[name]:
            _confusion(console, name, report[name]["confusion"])
    if report["failed"]:
        console.print(f"{report['failed']} records failed in the engine: {escape(report['failures'][0])}", style="red")


def _cells(part: dict[str, Any]) -> list[str]:
    def number(value: float | None) -> str:
        return "-" if value is None else f"{value:.3f}"

    entities, intent, sentiment, urgent = part["entities"], part["intent"], part["sentiment"], part["urgent"]
    calibration = intent.get("calibration") if intent else None
    return [
        str(part["records"]),
        number(entities["strict"]["f1"] if entities else None),
        number(entities["relaxed"]["f1"] if entities else None),
        number(entities["values"]["accuracy"] if entities else None),
        number(part["values_only"]["f1"] if part["values_only"] else None),
        number(intent["accuracy"] if intent else None),
        number(intent["macro_f1"] if intent else None),
        number(calibration["ece"] if calibration else None),
        number(sentiment["accuracy"] if sentiment else None),
        number(sentiment["macro_f1"] if sentiment else None),
        number(urgent["f1"] if urgent else None),
    ]


def _confusion(console: Any, name: str, confusion: dict[str, dict[str, int]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    columns = sorted({found for row in confusion.values() for found in row})
    table = Table(title=f"{name}: labelled (rows) as predicted (columns)")
    table.add_column("")
    for column in columns:
        table.add_column(escape(column or "(none)"), justify="right")
    for gold, row in confusion.items():
        table.add_row(escape(gold), *(str(row.get(column, "")) for column in columns))
    console.print(table)


command = typer.main.get_command(app)
