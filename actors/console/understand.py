"""``majlis understand``: what is understood of messages, the contract's JSON object a line."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

if TYPE_CHECKING:
    from actors.language.engine import Engine
    from actors.language.evaluate_records import Record
    from actors.system.settings import Settings
    from messages.understanding import Understanding

BATCH = 128
"""Messages handed to the engine at once."""
LANGUAGES = ("en", "ar", "arz")
TIER_HELP = "auto, full, reduced, essential, empty, or module:attribute; by default the settings' engine."
MODELS_HELP = "Model folder; by default the settings' one."

app = typer.Typer()


@app.command()
def understand(
    file: Annotated[
        str,
        typer.Argument(
            help="JSONL records with 'text' (and ts, lang, region), or one text a line; - for standard input."
        ),
    ] = "-",
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file with the settings.", envvar="MAJLIS_CONFIG")
    ] = None,
    tier: Annotated[str | None, typer.Option("--tier", help=TIER_HELP)] = None,
    models: Annotated[Path | None, typer.Option("--models", help=MODELS_HELP)] = None,
    region: Annotated[
        str, typer.Option("--region", help="Two-letter country of national phone numbers; else the clocks tell it.")
    ] = "",
    details: Annotated[
        bool, typer.Option("--details", help="Add confidences, layers, alternatives and the tier.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="The output is JSON in any case.")] = False,  # noqa: ARG001
) -> None:
    """Write, for each line in, one JSON line of what is understood, in order. A bad line gives {"line", "error"}."""
    from actors.language.errors import LanguageError
    from actors.language.evaluate_records import region_code
    from actors.system.settings import load_settings

    try:
        region = region_code(region)
        engine = open_engine(load_settings(config), tier, models)
    except LanguageError as error:
        typer.echo(f"majlis: {error}", err=True)
        raise typer.Exit(2) from error
    if file == "-":
        bad = _run(sys.stdin.buffer, "standard input", engine, region, details=details, size=0)
    else:
        path = Path(file)
        try:
            size = path.stat().st_size
            with path.open("rb") as stream:
                bad = _run(stream, path.name, engine, region, details=details, size=size)
        except OSError as error:
            typer.echo(f"majlis: {file}: {error.strerror}", err=True)
            raise typer.Exit(2) from error
    if bad:
        typer.echo(f"majlis: {bad} line{'s' if bad > 1 else ''} could not be used", err=True)
        raise typer.Exit(2)


def open_engine(settings: Settings, tier: str | None, models: Path | None) -> Engine:
    """Load an engine for a command, and say on standard error why it is not the best one.

    Args:
        settings: of the system: engine, region, and how messages are understood.
        tier: name of the engine instead of the settings' one.
        models: model folder instead of the settings' one.

    Returns:
        the engine.

    Raises:
        EngineError: no such engine, or its models are missing or damaged.
        GazetteerError: a file of known names is wrong.
    """
    from actors.language.engine import load_engine
    from actors.language.model_trouble import quiet

    language, how = settings.language, settings.understanding
    if models is not None:
        how = how.model_copy(update={"models": models})
    with quiet():
        engine = load_engine(tier if tier is not None else language.engine, how.models, language.region, how)
    reason = getattr(engine, "reason", "")
    if reason:
        typer.echo(f"majlis: tier {engine.tier}: {' '.join(reason.split())}", err=True)
    return engine


def _run(stream: BinaryIO, name: str, engine: Engine, region: str, *, details: bool, size: int) -> int:
    from actors.language.evaluate_records import RecordError

    now_ms = round(time.time() * 1000)
    bad = 0
    waiting: list[tuple[int, Record | str]] = []
    most = 1 if stream.isatty() else BATCH
    with _Progress(size) as advance:
        for number, line in enumerate(stream, 1):
            try:
                record: Record | str = parse_line(line)
            except RecordError as error:
                record = f"{name}:{number}: {error}"
            waiting.append((number, record))
            if len(waiting) >= most:
                bad += _flush(waiting, engine, region, now_ms, details=details)
                waiting = []
            advance(len(line))
        bad += _flush(waiting, engine, region, now_ms, details=details)
    return bad


def parse_line(line: bytes) -> Record:
    """Read one line: a JSON object where it starts with a brace, else the text itself.

    Args:
        line: with or without its line end.

    Returns:
        the record.

    Raises:
        RecordError: it is not UTF-8, or a damaged object.
    """
    from actors.language.evaluate_records import Record, RecordError, parse_record

    try:
        text = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise RecordError(f"not UTF-8 at byte {error.start}") from error
    if text.lstrip("\ufeff \t").startswith("{"):
        return parse_record(text.lstrip("\ufeff"))
    return Record(id="", text=text)


def _flush(waiting: list[tuple[int, Record | str]], engine: Engine, region: str, now_ms: int, *, details: bool) -> int:
    """Understand a batch and write its lines; returns how many could not be used."""
    from actors.language.evaluate_records import work_item

    items = [
        work_item(number, record, region=region, now_ms=now_ms)
        for number, record in waiting
        if not isinstance(record, str)
    ]
    answers = {result.key: result for result in engine.understand(items)} if items else {}
    bad = 0
    out: list[str] = []
    for number, record in waiting:
        if isinstance(record, str):
            bad += 1
            typer.echo(f"majlis: {record}", err=True)
            out.append(json.dumps({"line": number, "error": record}, ensure_ascii=False))
            continue
        result = answers[number]
        if result.understanding is None:
            bad += 1
            last = result.error.strip().splitlines()[-1] if result.error.strip() else "no answer"
            typer.echo(f"majlis: line {number}: {last}", err=True)
            out.append(json.dumps({"line": number, "error": last}, ensure_ascii=False))
        else:
            out.append(json.dumps(as_json(record, result.understanding, details=details), ensure_ascii=False))
    if out:
        sys.stdout.write("\n".join(out) + "\n")
        sys.stdout.flush()
    return bad


class _Progress:
    """A progress bar over a file's bytes, on a terminal's standard error only."""

    def __init__(self, size: int) -> None:
        self._bar: Any = None
        if size and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("understanding", total=size)

    def __enter__(self) -> Any:
        if self._bar is None:
            return lambda _: None
        self._bar.start()
        return lambda done: self._bar.advance(self._task, done)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def as_json(record: Record, answer: Understanding, *, details: bool = False) -> dict[str, Any]:
    """Give the contract's object.

    Args:
        record: the message.
        answer: what was understood.
        details: add confidences, layers, alternatives and the tier.

    Returns:
        ``id`` and ``ts`` as given, ``lang`` (English where nothing tells), ``text``, ``entities``, and of ``intent``,
        ``sentiment`` and ``urgent`` the ones that were determined, null for the others.
    """
    out: dict[str, Any] = {"id": record.extra["id"]} if "id" in record.extra else {}
    out["lang"] = record.lang if record.lang in LANGUAGES else answer.lang or LANGUAGES[0]
    if "ts" in record.extra:
        out["ts"] = record.extra["ts"]
    out["text"] = record.text
    out["entities"] = [
        {
            "type": one.type,
            "start": one.start,
            "end": one.end,
            "text": one.text,
            "value": one.value,
            **({"confidence": round(one.confidence, 4), "layer": one.layer} if details else {}),
        }
        for one in answer.entities
    ]
    out["intent"] = answer.intent or None
    out["sentiment"] = answer.sentiment or None
    out["urgent"] = answer.urgent
    if details:
        out["intent_confidence"] = round(answer.intent_confidence, 4)
        out["alternatives"] = [
            {"label": one.label, "confidence": round(one.confidence, 4)} for one in answer.alternatives
        ]
        out["sentiment_score"] = round(answer.sentiment_score, 4)
        out["tier"] = answer.tier
        out["unavailable"] = list(answer.unavailable)
    return out


command = typer.main.get_command(app)
