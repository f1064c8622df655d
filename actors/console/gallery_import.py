"""``majlis gallery import``: make a property or contact list that somebody sent the lookup table of the same name."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from messages.media import Reading
    from store.folder import DataFolder

_TABLES = {"property_list": "properties", "contact_list": "contacts"}
_SHOWN = 10


def import_(
    source: Annotated[
        str, typer.Argument(help="A file (XLSX, CSV, PDF, DOCX, vCard), or an entry's number.", show_default=False)
    ],
    data: Annotated[Path, typer.Option("--folder", envvar="MAJLIS_FOLDER", help="The data folder.")] = Path(
        "majlis-data"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Replace the lookup table properties or contacts by a list, for replies and for names that are known."""
    from actors.console.visible import visible
    from actors.media.lookup_import import lookup_rows, lookup_table
    from actors.sheets.lookup_files import lookup_file, write_lookup
    from store.errors import StoreError
    from store.folder import DataFolder

    try:
        folder = DataFolder.open(data)
    except StoreError as error:
        _stop(str(error))
    found = lookup_rows(_reading(folder, source))
    if not found.kind:
        _stop(f"{source}: it holds no list of properties or contacts")
    if not found.rows:
        _stop(f"{source}: no row of its list can be used; not taken: {_listed(found.refused)}")
    table = _TABLES[found.kind]
    try:
        written = write_lookup(lookup_file(folder.path, table), lookup_table(found))
    except (OSError, StoreError) as error:
        _stop(str(error))
    if as_json:
        refused, unread = ([{"row": row, "reason": why} for row, why in some] for some in (found.refused, found.unread))
        told = {"table": table, "file": source, "rows": len(found.rows), "refused": refused, "unread": unread}
        sys.stdout.write(json.dumps({**told, "changed": written}, ensure_ascii=False) + "\n")
        return
    sys.stdout.write(f"{len(found.rows)} rows are the table {table} now\n")
    for what, some in (("rows not taken", found.refused), ("cells left out", found.unread)):
        if some:
            sys.stdout.write(visible(f"{source}: {len(some)} {what}: {_listed(some)}") + "\n")


def _reading(folder: DataFolder, source: str) -> Reading:
    from actors.media.sandboxed_readers import SandboxedReaders
    from actors.media.settings import MediaSettings
    from messages.media import ReadItem

    if source.isdecimal() and not Path(source).exists():
        return _kept(folder, int(source))
    if not Path(source).is_file():
        _stop(f"{source}: no such file")
    with SandboxedReaders(MediaSettings()) as readers:
        reading = readers.read(ReadItem(key=0, path=source, name=Path(source).name))
    if reading.error:
        _stop(f"{source}: {reading.error}")
    return reading


def _kept(folder: DataFolder, number: int) -> Reading:
    from actors.media.content_store import ContentStore
    from actors.media.errors import GalleryError
    from actors.media.gallery import Gallery
    from actors.media.settings import GallerySettings

    try:
        gallery = Gallery(ContentStore(folder.media), GallerySettings(), writable=False)
        try:
            reading = gallery.reading(gallery.get(number))
        finally:
            gallery.close()
    except GalleryError as error:
        _stop(str(error))
    if reading is None:
        _stop(f"nothing that was read of entry {number} is kept")
    return reading


def _listed(reasons: Sequence[tuple[int, str]]) -> str:
    lines = [f"row {row}: {reason}" for row, reason in reasons[:_SHOWN]]
    more = len(reasons) - len(lines)
    return "; ".join([*lines, *([f"{more} more"] if more else [])])


def _stop(text: str) -> NoReturn:
    from actors.console.visible import visible

    sys.stderr.write(f"majlis gallery: {visible(text)}\n")
    raise typer.Exit(1)
