"""What a document parser gives back, before it is typed and its fields are looked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from messages.media import FieldValue, Table

_WIDEST = 256
_CELL_CHARS = 2000


@dataclass
class Content:
    """A document's text, tables and facts, gathered while it is parsed."""

    engine: str
    text: str = ""
    confidence: float = 1.0
    language: str = ""
    pages: int = 0
    tables: list[Table] = field(default_factory=list)
    fields: dict[str, FieldValue] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def table_of(name: str, rows: Iterable[Iterable[object]], most_rows: int) -> Table | None:
    """Make a table of equally long rows of texts; empty rows and empty columns at the right go.

    Args:
        name: of the sheet or page.
        rows: cells of any type.
        most_rows: of the table.

    Returns:
        the table; None where it has no cell.
    """
    texts: list[list[str]] = []
    for row in rows:
        cells = [cell_text(cell) for _, cell in zip(range(_WIDEST), row, strict=False)]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            texts.append(cells)
        if len(texts) > most_rows:
            break
    if not texts:
        return None
    width = max(len(row) for row in texts)
    even = [tuple(row + [""] * (width - len(row))) for row in texts]
    return Table(name=name, header=even[0], rows=tuple(even[1:]))


def cell_text(cell: object) -> str:
    """Write a cell as text: whole numbers without a fraction, dates as ISO.

    Args:
        cell: of any type.

    Returns:
        its text, at most 2,000 characters.
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    isoformat = getattr(cell, "isoformat", None)
    text = str(isoformat()).removesuffix("T00:00:00") if callable(isoformat) else str(cell)
    return " ".join(text.split())[:_CELL_CHARS]


def table_text(table: Table) -> str:
    """Write a table as lines of cells.

    Args:
        table: the table.

    Returns:
        one line a row, cells separated by tabs.
    """
    return "\n".join("\t".join(row).rstrip() for row in (table.header, *table.rows))
