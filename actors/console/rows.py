"""``majlis rows``: show, filter and export the embedded sink's rows, whether a system runs or not."""

from __future__ import annotations

import datetime as dt
import enum
import io
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import msgspec
import typer

if TYPE_CHECKING:
    from actors.sheets.rows_reader import RowFilter, RowsReader

TABLE_ROWS = 200
"""Rows that a table shows where neither ``--limit`` nor ``--tail`` says more; a notice tells of the others."""

_DEFAULT_FOLDER = Path("majlis-data")
_RELATIVE = re.compile(r"(\d{1,6})\s*([mhdw])\Z")
_UNIT_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


class Format(enum.StrEnum):
    """How rows are written."""

    table = "table"
    jsonl = "jsonl"
    csv = "csv"
    xlsx = "xlsx"


class Moment(msgspec.Struct, frozen=True):
    """A point in time: on everybody's clock, or on each sender's own.

    Attributes:
        utc_ms: milliseconds since 1970 UTC, or None.
        local_ms: likewise as if the sender's clock showed UTC, or None.
    """

    utc_ms: int | None = None
    local_ms: int | None = None


def moment_of(text: str, now_ms: int) -> Moment:
    """Read a time.

    Args:
        text: ISO date or time (without an offset it means each sender's own clock), or an age: ``30m``, ``24h``,
            ``7d``, ``2w``.
        now_ms: the present, milliseconds since 1970 UTC.

    Returns:
        the moment.

    Raises:
        ValueError: it is neither.
    """
    age = _RELATIVE.match(text.strip())
    if age is not None:
        return Moment(utc_ms=now_ms - int(age[1]) * _UNIT_MS[age[2]])
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        form = "2026-03-02, 2026-03-02T10:15+04:00, or an age as 24h"
        raise ValueError(f"not a time: {text[:60]!r}; write {form}") from None
    if moment.tzinfo is None:
        return Moment(local_ms=round(moment.replace(tzinfo=dt.UTC).timestamp() * 1000))
    return Moment(utc_ms=round(moment.timestamp() * 1000))


app = typer.Typer(add_completion=False, rich_markup_mode=None)


def _stop(text: str, code: int) -> NoReturn:
    typer.echo(f"majlis rows: {text}", err=True)
    raise typer.Exit(code)


@app.callback(invoke_without_command=True)
def rows(
    context: typer.Context,
    given_folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            envvar="MAJLIS_FOLDER",
            help="The data folder; majlis-data by default, and for push what its configuration says.",
        ),
    ] = None,
    conversation: Annotated[str, typer.Option(help="Only this conversation; * and ? match any characters.")] = "",
    intent: Annotated[str, typer.Option(help="Only this intent.")] = "",
    since: Annotated[str, typer.Option(help="Sent then or later: 2026-03-02, 2026-03-02T10:15+04:00, or 24h.")] = "",
    until: Annotated[str, typer.Option(help="Sent before that.")] = "",
    urgent: Annotated[bool | None, typer.Option("--urgent/--not-urgent", help="Only (not) urgent ones.")] = None,
    late: Annotated[bool | None, typer.Option("--late/--not-late", help="Only those that came (not) late.")] = None,
    text: Annotated[str, typer.Option(help="Only those whose text holds this.")] = "",
    limit: Annotated[int | None, typer.Option(min=0, help="At most so many, from the first on.")] = None,
    tail: Annotated[int | None, typer.Option(min=0, help="At most so many, the last ones.")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON lines, as --format jsonl.")] = False,
    form: Annotated[Format | None, typer.Option("--format", help="How to write them.")] = None,
    export: Annotated[Path | None, typer.Option(help="Write to this .jsonl, .csv or .xlsx file.")] = None,
    count: Annotated[bool, typer.Option("--count", help="Only say how many there are.")] = False,
) -> None:
    """Show, filter and export the recorded messages, one row each.

    In CSV files, text that a spreadsheet could take for a formula has an apostrophe before it.
    """
    if context.invoked_subcommand is not None:
        _refuse_filters(context)
        context.obj = given_folder
        return
    folder = given_folder or _DEFAULT_FOLDER
    from actors.sheets.rows_reader import RowFilter, RowsReader
    from actors.sheets.rows_table import RowsFileError

    now_ms = time.time_ns() // 1_000_000
    try:
        first = moment_of(since, now_ms) if since else Moment()
        last = moment_of(until, now_ms) if until else Moment()
    except ValueError as error:
        _stop(str(error), 2)
    wanted = RowFilter(
        conversation=conversation,
        intent=intent,
        since_ms=first.utc_ms,
        since_local_ms=first.local_ms,
        until_ms=last.utc_ms,
        until_local_ms=last.local_ms,
        urgent=urgent,
        late=late,
        text=text,
        limit=limit,
        tail=tail,
    )
    chosen = _format_of(form, export, json=json)
    if not folder.is_dir():
        _stop(f"{folder}: there is no such data folder", 2)
    file = folder / "rows.sqlite"
    if not file.is_file():
        _stop(f"{folder}: no message has been recorded in this folder yet", 2)
    try:
        with RowsReader(file) as reader:
            if count:
                number = reader.count(wanted)
                typer.echo(msgspec.json.encode({"rows": number}).decode() if json else str(number))
            elif export is not None:
                number = _export(reader, wanted, chosen, export)
                typer.echo(f"{number} rows written to {export}", err=True)
            else:
                _show(reader, wanted, chosen)
    except RowsFileError as error:
        _stop(str(error), 1)
    except BrokenPipeError:
        # Whoever read our output has had enough; keep the interpreter from complaining at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        _stop(f"{error.filename or export or 'output'}: {error.strerror or error}", 1)


def _refuse_filters(context: typer.Context) -> None:
    """Stop where something that only shows rows stands before a command of its own: it would be passed over."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if name != "given_folder" and source is not None and source.name == "COMMANDLINE":
            option = {"form": "format"}.get(name, name).replace("_", "-")
            _stop(f"--{option} only shows rows; {context.invoked_subcommand} takes them all: leave it out", 2)


def _format_of(form: Format | None, export: Path | None, *, json: bool) -> Format:
    if form is not None:
        if json and form is not Format.jsonl:
            _stop(f"--json and --format {form.value} exclude each other", 2)
        chosen = form
    elif json:
        chosen = Format.jsonl
    elif export is not None:
        suffix = export.suffix.lower().lstrip(".")
        if suffix not in {"jsonl", "csv", "xlsx"}:
            _stop(f"{export}: its ending must be .jsonl, .csv or .xlsx, or --format must name the format", 2)
        chosen = Format(suffix)
    else:
        chosen = Format.table
    if export is None and chosen is Format.xlsx:
        _stop("an Excel workbook needs --export FILE.xlsx", 2)
    if export is not None and chosen is Format.table:
        _stop("a table cannot be exported; name jsonl, csv or xlsx", 2)
    return chosen


def _export(reader: RowsReader, wanted: RowFilter, form: Format, path: Path) -> int:
    from actors.sheets.rows_export import write_csv, write_jsonl, write_xlsx

    rows_ = reader.query(wanted)
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        if form is Format.xlsx:
            number = write_xlsx(rows_, partial)
        elif form is Format.csv:
            with partial.open("w", encoding="utf-8", newline="") as out:
                number = write_csv(rows_, out)
        else:
            with partial.open("wb") as raw:
                number = write_jsonl(rows_, raw)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return number


def _show(reader: RowsReader, wanted: RowFilter, form: Format) -> None:
    from actors.sheets.rows_export import write_csv, write_jsonl

    if form is Format.jsonl:
        write_jsonl(reader.query(wanted), sys.stdout.buffer)
        sys.stdout.buffer.flush()
    elif form is Format.csv:
        sys.stdout.flush()
        out = io.TextIOWrapper(sys.stdout.buffer, "utf-8", newline="", write_through=True)
        try:
            write_csv(reader.query(wanted), out)
        finally:
            out.detach()
        sys.stdout.buffer.flush()
    else:
        _print_table(reader, wanted)


def _print_table(reader: RowsReader, wanted: RowFilter) -> None:
    from rich.console import Console

    from actors.console.rows_view import table_of

    everything = reader.count(wanted)
    if wanted.limit is None and wanted.tail is None:
        wanted = msgspec.structs.replace(wanted, tail=TABLE_ROWS)
    shown = list(reader.query(wanted))
    console = Console()
    if not shown:
        console.print("no rows")
        return
    console.print(table_of(shown, console.width))
    if everything > len(shown):
        console.print(f"the last {len(shown)} of {everything} rows; --limit, --tail or --export give more")
    conflicts = reader.conflicts()
    if conflicts:
        console.print(f"{conflicts} rows came again with another content and were kept aside (table conflicts)")


@app.command()
def push(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file with the section [sheets].", envvar="MAJLIS_CONFIG")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
) -> None:
    """Send the rows that were kept here to Google Sheets, exactly once; a push that was cut off is taken up."""
    from actors.console.rows_push import push_rows
    from actors.system.settings import load_settings

    settings = load_settings(config, folder=context.obj)
    report = push_rows(settings, terminal=sys.stderr.isatty() and not json)
    if json:
        typer.echo(msgspec.json.encode(report).decode())
    else:
        typer.echo(f"pushed {report.pushed}  before {report.before}  set aside {report.set_aside}")
        for note in report.notes:
            typer.echo(f"majlis rows: {note}", err=True)
        if report.forgetting:
            left = f"{report.forgetting} spreadsheets still hold rows that are to be forgotten"
            typer.echo(f"majlis rows: {left}; they are emptied by the next push, or by a running sink", err=True)
    if not report.complete:
        raise typer.Exit(1)


command = typer.main.get_command(app)
