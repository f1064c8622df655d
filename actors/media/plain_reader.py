"""Read text files, CSV tables and vCards (versions 2.1, 3.0 and 4.0; RFC 2426, RFC 6350)."""

from __future__ import annotations

import base64
import csv
import quopri
import re
from pathlib import Path

from actors.media.content import Content, table_of, table_text
from actors.media.errors import UnreadableError
from actors.media.kind import decode_text, delimiter
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
    try:
        table = table_of("csv", csv.reader(text.splitlines(), delimiter=sign), settings.max_table_rows)
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
    cards = _cards(_decoded(path, content), settings.max_table_rows)
    if not cards:
        raise UnreadableError("the file holds no contact")
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
    text = decode_text(data[:_MOST_BYTES], cut=len(data) > _MOST_BYTES)
    if text is None:
        raise UnreadableError("not a text file")
    return text.replace("\0", "")


def _cards(text: str, most: int) -> list[dict[str, list[str]]]:
    cards: list[dict[str, list[str]]] = []
    card: dict[str, list[str]] | None = None
    for line in _unfolded(text):
        left, found, value = line.partition(":")
        if not found:
            continue
        name, *parameters = left.upper().split(";")
        name = name.rpartition(".")[2].strip()
        if name == "BEGIN" and value.strip().upper() == "VCARD":
            card = {}
        elif name == "END" and card is not None:
            if "name" not in card and "n" in card:
                card["name"] = card.pop("n")
            if card:
                cards.append(card)
            card = None
            if len(cards) >= most:
                break
        elif card is not None:
            _take(card, name, _value(value, parameters))
    return cards


def _unfolded(text: str) -> list[str]:
    """Join continued lines: a blank at the next line's start, or in version 2.1 a quoted-printable ``=`` at the end."""
    lines: list[str] = []
    for line in text.splitlines():
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
        re.sub(r"\\([,;:\\])", r"\1", part.replace("\\n", " ").replace("\\N", " "))
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
