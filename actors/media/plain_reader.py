"""Read text files, CSV tables and vCards (versions 2.1, 3.0 and 4.0; RFC 2426, RFC 6350)."""

from __future__ import annotations

import base64
import csv
import io
import quopri
import re
from pathlib import Path
from typing import Literal

from actors.media.content import Content, table_of, table_text
from actors.media.encoding import decoded
from actors.media.errors import UnreadableError
from actors.media.kind import SEPARATOR_LINE, delimiter
from actors.media.settings import MIB, MediaSettings
from messages.media import Table

_MOST_BYTES = 32 * MIB
_CARD_COLUMNS = ("name", "phone", "email", "organisation", "title", "address", "url", "note")
_CARD_PROPERTIES = {
    "TEL": "phone",
    "EMAIL": "email",
    "ORG": "organisation",
    "TITLE": "title",
    "ADR": "address",
    "URL": "url",
    "NOTE": "note",
}


def read_text(path: Path, settings: MediaSettings) -> Content:
    """Read a text file.

    Args:
        path: the file.
        settings: bounds.

    Returns:
        its content.

    Raises:
        UnreadableError: it is no text.
    """
    content = Content("text")
    content.text = _decoded(path, content)[: settings.max_text_chars + 1].strip()
    return content


def read_csv(path: Path, settings: MediaSettings) -> Content:
    """Read a CSV file, whatever sign separates its columns.

    Args:
        path: the file.
        settings: bounds.

    Returns:
        its content, with one table.

    Raises:
        UnreadableError: it is no text, or no table.
    """
    content = Content("csv")
    text = _decoded(path, content)
    sign = delimiter(text) or ","
    named = SEPARATOR_LINE.match(text)
    if named is not None:
        text = text[named.end() :]
    if text.count('"') % 2:
        content.notes.append("a quotation mark in it is not closed: rows may have run together")
    csv.field_size_limit(_MOST_BYTES)  # cells are shortened below
    try:
        table = table_of("csv", csv.reader(io.StringIO(text, newline=""), delimiter=sign), settings.max_table_rows)
    except csv.Error as error:
        raise UnreadableError(f"not a readable CSV file: {error}") from error
    if table is None:
        raise UnreadableError("the file holds no cell")
    if len(table.rows) >= settings.max_table_rows:
        content.notes.append(f"only the first {settings.max_table_rows} rows were read")
    content.tables.append(table)
    content.text = table_text(table)
    return content


def read_vcard(path: Path, settings: MediaSettings) -> Content:
    """Read the contacts of a vCard file.

    Args:
        path: the file.
        settings: bounds.

    Returns:
        its content, with a table of contacts; several numbers of one are separated by ``; ``.

    Raises:
        UnreadableError: it holds no contact.
    """
    content = Content("vcard")
    cards, rest = _cards(_decoded(path, content), settings.max_table_rows)
    if not cards:
        raise UnreadableError("the file holds no contact")
    if rest == "more":
        content.notes.append(f"only the first {len(cards)} contacts were read")
    elif rest == "cut":
        content.notes.append("the file is cut off; of its last contact the part that is there was read")
    rows = tuple(tuple("; ".join(card.get(column, ())) for column in _CARD_COLUMNS) for card in cards)
    content.tables.append(Table(name="contacts", header=_CARD_COLUMNS, rows=rows))
    names: list[str | int | float] = [row[0] for row in rows if row[0]]
    content.fields["names"] = names[:100]
    content.text = "\n".join(", ".join(cell for cell in row if cell) for row in rows)
    return content


def _decoded(path: Path, content: Content) -> str:
    with path.open("rb") as stream:
        data = stream.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        content.notes.append(f"only the first {_MOST_BYTES // MIB} MiB were read")
    found = decoded(data[:_MOST_BYTES], cut=len(data) > _MOST_BYTES)
    if found is None:
        raise UnreadableError("not a text file")
    content.confidence = found.sure
    if found.note:
        content.notes.append(found.note)
    return found.text.replace("\0", "")


def _cards(text: str, most: int) -> tuple[list[dict[str, list[str]]], Literal["", "more", "cut"]]:
    """Give the cards, and whether there are more of them than that, or the last one is cut off."""
    cards: list[dict[str, list[str]]] = []
    card: dict[str, list[str]] | None = None
    for line in _unfolded(text):
        left, found, value = line.partition(":")
        if not found:
            continue
        name, *parameters = left.upper().split(";")
        name = name.rpartition(".")[2].strip()
        if name == "BEGIN" and value.strip().upper() == "VCARD":
            if len(cards) >= most:
                return cards, "more"
            card = {}
        elif name == "END" and card is not None:
            if named := _named(card):
                cards.append(named)
            card = None
        elif card is not None:
            _take(card, name, _value(value, parameters))
    if card and (named := _named(card)):
        return [*cards, named], "cut"
    return cards, ""


def _named(card: dict[str, list[str]]) -> dict[str, list[str]]:
    """Give a card the name that its parts make, where it has none of its own."""
    parts = card.pop("n", [])
    return card if "name" in card or not parts else card | {"name": parts}


def _unfolded(text: str) -> list[str]:
    """Join continued lines: a blank at the next line's start, or in version 2.1 a quoted-printable ``=`` at the end."""
    lines: list[str] = []
    for line in re.split(r"\r\n|\r|\n", text):
        if lines and line[:1] in {" ", "\t"}:
            lines[-1] += line[1:]
        elif lines and lines[-1].endswith("=") and "QUOTED-PRINTABLE" in lines[-1].upper():
            lines[-1] = lines[-1][:-1] + line
        else:
            lines.append(line)
    return lines


def _value(value: str, parameters: list[str]) -> str:
    said = {parameter.rpartition("=")[2] for parameter in parameters}
    charset = next((p.partition("=")[2] for p in parameters if p.startswith("CHARSET=")), "utf-8")
    try:
        if "QUOTED-PRINTABLE" in said:
            return quopri.decodestring(value.encode("utf-8", "replace")).decode(charset, "replace")
        if said & {"B", "BASE64"}:
            return base64.b64decode(value, validate=False).decode(charset, "replace")
    except (LookupError, ValueError):
        return ""
    return value


def _take(card: dict[str, list[str]], name: str, value: str) -> None:
    if name in {"PHOTO", "LOGO", "SOUND", "KEY"}:
        return
    parts = [
        " ".join(re.sub(r"\\([,;:\\])", r"\1", part.replace("\\n", " ").replace("\\N", " ")).split())
        for part in re.split(r"(?<!\\);", value)
    ]
    if name == "FN":
        card.setdefault("name", []).append(" ".join(parts).strip()[:200])
    elif name == "N":
        family, given, middle, prefix, suffix = (*(part.strip() for part in parts[:5]), "", "", "", "", "")[:5]
        card["n"] = [" ".join(part for part in (prefix, given, middle, family, suffix) if part)[:200]]
    elif name in _CARD_PROPERTIES:
        text = ", ".join(part.strip() for part in parts if part.strip()).removeprefix("tel:").removeprefix("mailto:")
        if text:
            card.setdefault(_CARD_PROPERTIES[name], []).append(text[:500])
