"""``majlis read``: print what would be read of a picture, a recording or a document."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from actors.media.settings import MediaSettings

app = typer.Typer(add_completion=False)


@app.command(name="read")
def read(
    files: Annotated[list[Path], typer.Argument(help="Pictures, recordings, documents.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    tier: Annotated[str, typer.Option(help="Best tier of engines: full or reduced.")] = "full",
    language: Annotated[str | None, typer.Option(help="What is spoken in recordings.")] = None,
    ocr_languages: Annotated[
        str | None, typer.Option(help="What pictures are written in, separated by commas.")
    ] = None,
    vosk_model: Annotated[str | None, typer.Option(help="A Vosk model's folder or name.")] = None,
    region: Annotated[str | None, typer.Option(help="Country of national phone numbers.")] = None,
    deadline: Annotated[float, typer.Option(help="Seconds for one file; 0 for each kind's own.")] = 0.0,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file with the settings.", envvar="MAJLIS_CONFIG")
    ] = None,
) -> None:
    """Print what the system would read of FILES, and how surely; options go before its settings."""
    if tier not in {"full", "reduced"}:
        raise typer.BadParameter("full or reduced", param_hint="--tier")
    if deadline < 0:
        raise typer.BadParameter("not below 0", param_hint="--deadline")
    from actors.media.sandboxed_readers import SandboxedReaders
    from actors.system.settings import load_settings
    from messages.media import ReadItem

    configured = load_settings(config)
    country = region or configured.language.region
    settings = _overridden(configured.media, tier, language, ocr_languages, vosk_model, deadline)
    best: Literal["full", "reduced"] = "full" if tier == "full" else "reduced"
    failed = 0
    with SandboxedReaders(settings) as readers:
        for key, file in enumerate(files):
            item = ReadItem(
                key=key, path=str(file), name=file.name, tier=best, sent_ms=time.time_ns() // 1_000_000, region=country
            )
            reading = readers.read(item)
            failed += bool(reading.error)
            if as_json:
                sys.stdout.write(json.dumps(as_object(str(file), reading), ensure_ascii=False) + "\n")
                sys.stdout.flush()
            else:
                _show(str(file), reading)
    if failed:
        if not as_json:
            sys.stderr.write(f"majlis read: {failed} of {len(files)} files could not be read\n")
        raise typer.Exit(1)


def _overridden(
    media: MediaSettings,
    tier: str,
    language: str | None,
    ocr_languages: str | None,
    vosk_model: str | None,
    deadline: float,
) -> MediaSettings:
    values = media.model_dump()
    if language is not None:
        values["speech_language"] = language
    if ocr_languages is not None:
        values["ocr_languages"] = tuple(part.strip() for part in ocr_languages.split(",") if part.strip())
    if vosk_model is not None:
        values["vosk_model"] = vosk_model
    if tier == "reduced" and media.ocr_engine == "auto":
        values["ocr_engine"] = "rapidocr"  # loads no engine in vain
    if deadline:
        values |= {f"{kind}_deadline_s": deadline for kind in ("image", "audio", "document")}
    return type(media).model_validate(values)


def as_object(file: str, reading: object) -> dict[str, object]:
    """Give a reading as the object that ``--json`` prints.

    Args:
        file: as it was named.
        reading: a ``messages.media.Reading``.

    Returns:
        ``file``, ``kind``, ``mime``, ``text``, ``confidence``, ``engine``, ``fields``, ``seconds``, ``error`` and what
        else is known: ``format``, ``language``, ``words``, ``tables``, ``quality``, ``width``, ``height``,
        ``duration_s``, ``pages``, ``notes``, ``set_aside``.
    """
    import msgspec

    from messages.media import Reading

    if not isinstance(reading, Reading):
        raise TypeError("not a reading")
    first = ("kind", "mime", "text", "confidence", "engine", "fields", "seconds", "error")
    known = msgspec.structs.asdict(reading)
    rest = [name for name in known if name not in {*first, "v", "name", "cleaned", "thumbnail"}]
    ordered: dict[str, object] = {"file": file, **{name: known[name] for name in (*first, *rest)}}
    plain: dict[str, object] = msgspec.to_builtins(ordered)
    for name, tag in (("words", ("text", "start_s", "end_s", "confidence")), ("tables", ("name", "header", "rows"))):
        plain[name] = [{part: getattr(one, part) for part in tag} for one in known[name]]
    return plain


def _show(file: str, reading: object) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from messages.media import Reading

    if not isinstance(reading, Reading):
        raise TypeError("not a reading")
    console = Console(highlight=False, markup=False)
    grid = Table(show_header=False, box=None, pad_edge=False)
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    rows = [("file", file), ("type", f"{reading.kind} {reading.mime}".strip())]
    if reading.error:
        rows.append(("error", reading.error))
    if reading.engine:
        rows.append(("engine", f"{reading.engine}, confidence {reading.confidence:.2f}"))
    rows += [(name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
             for name, value in reading.fields.items()]  # fmt: skip
    rows += [("tables", ", ".join(f"{table.name} ({len(table.rows)} rows)" for table in reading.tables))]
    rows += [("note", note) for note in reading.notes]
    rows.append(("seconds", f"{reading.seconds:.2f}"))
    for name, value in rows:
        if value:
            grid.add_row(name, Text(_printable(value)))
    console.print(grid)
    if reading.text:
        console.print(Text(_printable(reading.text)))
    console.print()


def _printable(text: str) -> str:
    """Take control characters out: a file's text must not steer the terminal."""
    return "".join(sign if sign in "\n\t" or sign.isprintable() else "\ufffd" for sign in text)


command = typer.main.get_command(app)
