"""``majlis gallery``: find, show, export and delete the kept media, whether a system runs or not."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from actors.console.gallery_finding import found
from actors.console.gallery_import import import_

if TYPE_CHECKING:
    from actors.media.gallery import Gallery
    from actors.media.gallery_index import Query
    from actors.media.settings import GallerySettings
    from messages.media import GalleryEntry

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="The kept media.")
_KINDS = ("image", "audio", "video", "document", "unknown")

Data = Annotated[Path, typer.Option("--folder", envvar="MAJLIS_FOLDER", help="The data folder.")]
Unit = Annotated[str, typer.Option(help="Of this unit, and lists that hold it.")]
Conversation = Annotated[str, typer.Option(help="Of this conversation; * and ? match any characters.")]
Sender = Annotated[str, typer.Option(help="Sent by this person.")]
Since = Annotated[str, typer.Option(help="From this day or time (ISO; UTC without an offset).")]
Until = Annotated[str, typer.Option(help="Before this day or time.")]
Kind = Annotated[str, typer.Option(help=f"One of {', '.join(_KINDS)}.")]
Text = Annotated[str, typer.Option(help="Holding these words.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many, newest first.")]
Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="TOML file with the settings.", envvar="MAJLIS_CONFIG")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
_DATA = Path("majlis-data")
_COLUMNS = (
    ("number", 6, None), ("sent (UTC)", 16, None), ("kind", 8, None), ("conversation", 8, 24), ("unit", 4, 12),
    ("name", 6, 24), ("text", 8, None),
)  # fmt: skip
"""Titles, and the least and the most characters of each column."""
_FILE_WIDTH = 220
"""Width of tables that go to a file or another program, characters."""


@app.command(name="list")
def list_(
    data: Data = _DATA,
    unit: Unit = "",
    conversation: Conversation = "",
    sender: Sender = "",
    since: Since = "",
    until: Until = "",
    kind: Kind = "",
    text: Text = "",
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List media, newest first."""
    query = _query((unit, conversation, sender), since, until, kind, text, limit)
    with _opened(data) as gallery:
        entries = found(gallery, query)
    if as_json:
        for entry in entries:
            _print_json(entry)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as Plain

    table = Table(box=None, pad_edge=False)
    for title, least, most in _COLUMNS:
        table.add_column(title, overflow="ellipsis", no_wrap=True, min_width=least, max_width=most)
    for entry in entries:
        cells = (str(entry.number), _time(entry.at_ms), entry.kind, entry.conversation, entry.unit, entry.name)
        words = " ".join((entry.text or entry.error).split())[:80]
        table.add_row(*(Plain(_printable(cell)) for cell in (*cells, words)))
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_FILE_WIDTH)
    console.print(table)


@app.command()
def show(
    number: Annotated[int, typer.Argument(help="The entry's number.", show_default=False)],
    data: Data = _DATA,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show one entry: all that is known of it, where it lies, and pictures that look like it."""
    from actors.media.errors import GalleryError
    from actors.media.gallery import as_object
    from actors.system.settings import load_settings

    with _opened(data, settings=load_settings(config, folder=data).gallery) as gallery:
        try:
            entry = gallery.get(number)
        except GalleryError as error:
            _stop(str(error), 1)
        facts = as_object(entry)
        try:
            facts["path"] = str(gallery.content(entry))
        except GalleryError as error:
            facts["path"], facts["missing"] = "", str(error)
        facts["thumbnail"] = str(gallery.thumbnail(entry) or "")
        facts["near_duplicates"] = [
            {"number": other.number, "bits": bits} for other, bits in gallery.near_duplicates(number)
        ]
    if as_json:
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as Plain

    grid = Table(show_header=False, box=None, pad_edge=False)
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    facts["at_ms"] = _time(entry.at_ms)
    for name, value in facts.items():
        if value not in ("", 0, 0.0, [], {}, False):
            grid.add_row(name, Plain(_printable(value if isinstance(value, str) else json.dumps(value))))
    Console(highlight=False).print(grid)


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="Where to; made where it is missing.", show_default=False)],
    data: Data = _DATA,
    unit: Unit = "",
    conversation: Conversation = "",
    sender: Sender = "",
    since: Since = "",
    until: Until = "",
    kind: Kind = "",
    text: Text = "",
    limit: Limit = 10_000,
    as_json: AsJson = False,
) -> None:
    """Copy media to a folder, with an index of what each file is."""
    from actors.media.errors import GalleryError

    query = _query((unit, conversation, sender), since, until, kind, text, limit)
    with _opened(data) as gallery:
        entries = found(gallery, query)
        try:
            copied = gallery.export(entries, target)
        except (GalleryError, OSError) as error:
            _stop(str(error), 1)
    if as_json:
        sys.stdout.write(json.dumps({"entries": len(entries), "copied": copied, "target": str(target)}) + "\n")
    else:
        sys.stdout.write(f"{copied} of {len(entries)} files copied to {target}\n")


@app.command()
def delete(
    person: Annotated[str, typer.Argument(help="A sender, or a conversation's key.", show_default=False)],
    data: Data = _DATA,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete all media of a person and what was read of them; text, rows and names too: `majlis admin forget`."""
    if not yes and not typer.confirm(f"Delete all media of {_printable(person)} for ever?"):
        raise typer.Exit(1)
    from actors.media.gallery_index import Query

    with _opened(data, writable=True) as gallery:
        reacted = any(person in entry.reactions for entry in gallery.find(Query(limit=1 << 62)))
        gone = gallery.forget(person)
    if not gone.entries and not reacted:
        _stop(f"nothing of {person} is in the gallery: no sender and no conversation has that name", 1)
    if as_json:
        sys.stdout.write(json.dumps({"entries": gone.entries, "files": gone.files}) + "\n")
    else:
        sys.stdout.write(f"{gone.entries} entries and {gone.files} files deleted\n")


app.command(name="import")(import_)


@contextlib.contextmanager
def _opened(data: Path, *, writable: bool = False, settings: GallerySettings | None = None) -> Iterator[Gallery]:
    from actors.media.content_store import ContentStore
    from actors.media.errors import GalleryError
    from actors.media.gallery import Gallery
    from actors.media.settings import GallerySettings
    from store.errors import StoreError

    try:
        chosen = settings or GallerySettings()
        gallery = Gallery(ContentStore(data / "media"), chosen, writable=False)
        if writable:
            gallery.close()
            gallery = Gallery(ContentStore(data / "media"), chosen, writable=True)
    except (GalleryError, StoreError) as error:
        _stop(str(error), 1)
    try:
        yield gallery
    finally:
        gallery.close()


def _query(names: tuple[str, str, str], since: str, until: str, kind: str, text: str, limit: int) -> Query:
    from actors.media.gallery_index import Query

    chosen = next((known for known in _KINDS if known == kind), None)
    if kind and chosen is None:
        _stop(f"--kind: not one of {', '.join(_KINDS)}: {kind[:40]!r}", 2)
    unit, conversation, sender = names
    return Query(
        unit=unit,
        conversation=conversation,
        sender=sender,
        since_ms=_moment(since, "--since"),
        until_ms=_moment(until, "--until"),
        kind=chosen,  # type: ignore[arg-type]
        text=text,
        limit=limit,
    )


def _moment(text: str, option: str) -> int:
    if not text:
        return 0
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        _stop(f"{option}: not a time: {text[:40]!r}; write 2026-03-02 or 2026-03-02T10:15+04:00", 2)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp() * 1000)


def _time(at_ms: int) -> str:
    return f"{dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC):%Y-%m-%d %H:%M}" if at_ms else ""


def _print_json(entry: GalleryEntry) -> None:
    from actors.media.gallery import as_object

    sys.stdout.write(json.dumps(as_object(entry), ensure_ascii=False) + "\n")


def _printable(text: str) -> str:
    """Take control characters out: customers' text must not steer the terminal."""
    return "".join(sign if sign in "\n\t" or sign.isprintable() else "\ufffd" for sign in text)


def _stop(text: str, code: int) -> NoReturn:
    sys.stderr.write(f"majlis gallery: {_printable(text)}\n")
    raise typer.Exit(code)


command = typer.main.get_command(app)
