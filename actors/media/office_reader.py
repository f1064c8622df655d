"""Read DOCX and XLSX; their containers are checked before."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from actors.media.content import Content, table_of, table_text
from actors.media.errors import UnreadableError
from actors.media.packed import check_container
from actors.media.settings import MediaSettings

_MOST_SHEETS = 50
_EMPTY_RUN = 1000  # a sheet may claim a million rows; so many empty ones end it


def read_docx(path: Path, settings: MediaSettings) -> Content:
    """Read a Word document: paragraphs and tables in their order, headers and footers of its sections.

    Args:
        path: the file.
        settings: bounds.

    Returns:
        its content.

    Raises:
        MediaError: it is damaged, protected or too large.
    """
    notes = check_container(path, settings)
    import docx
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError  # type: ignore[import-untyped]

    content = Content("python-docx", notes=list(notes))
    try:
        document = docx.Document(str(path))
        lines: list[str] = []
        rows = 0
        for block in document.iter_inner_content():
            if hasattr(block, "rows"):
                table = table_of(f"table {len(content.tables) + 1}", _docx_rows(block), settings.max_table_rows - rows)
                if table is not None:
                    content.tables.append(table)
                    rows += 1 + len(table.rows)
                    lines.append(table_text(table))
            elif block.text.strip():
                lines.append(block.text.strip())
        for part in _docx_margins(document):
            if part not in lines:
                lines.append(part)
    except (OpcError, LxmlError, ValueError, KeyError, AttributeError, TypeError, OSError, RecursionError) as error:
        raise UnreadableError(f"not a readable Word document: {error}") from error
    content.text = "\n".join(lines)
    return content


def _docx_rows(table: Any) -> Iterator[list[str]]:
    for row in table.rows:
        cells: list[str] = []
        last: Any = None
        for cell in row.cells:
            if cell._tc is not last:  # noqa: SLF001 - a merged cell comes once for each column it spans
                cells.append(cell.text)
            last = cell._tc  # noqa: SLF001
        yield cells


def _docx_margins(document: Any) -> Iterator[str]:
    for section in document.sections:
        for margin in (section.header, section.footer):
            if not margin.is_linked_to_previous:
                for paragraph in margin.paragraphs:
                    if paragraph.text.strip():
                        yield paragraph.text.strip()


def read_xlsx(path: Path, settings: MediaSettings, time_left: Callable[[], float]) -> Content:
    """Read an Excel workbook: the values of its sheets as they were last computed; nothing is evaluated.

    Args:
        path: the file.
        settings: bounds.
        time_left: seconds until the reader should give back what it has.

    Returns:
        its content.

    Raises:
        MediaError: it is damaged, protected or too large.
    """
    notes = check_container(path, settings)
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    content = Content("openpyxl", notes=list(notes))
    rows = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with path.open("rb") as stream:
                book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
                for sheet in book.worksheets[:_MOST_SHEETS]:
                    sheet.reset_dimensions()  # what it claims of its size is not believed
                    table = table_of(sheet.title, _xlsx_rows(sheet, time_left), settings.max_table_rows - rows)
                    if table is not None:
                        content.tables.append(table)
                        rows += 1 + len(table.rows)
                    if rows >= settings.max_table_rows or time_left() <= 0:
                        content.notes.append(f"only the first {rows} rows were read")
                        break
                content.pages = len(book.worksheets)
                book.close()
    except (InvalidFileException, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError) as error:
        raise UnreadableError(f"not a readable workbook: {error}") from error
    content.text = "\n\n".join(f"{table.name}\n{table_text(table)}" for table in content.tables)
    return content


def _xlsx_rows(sheet: Any, time_left: Callable[[], float]) -> Iterator[tuple[object, ...]]:
    empty = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True)):
        empty = 0 if any(cell is not None for cell in row) else empty + 1
        if empty > _EMPTY_RUN or (number % 256 == 255 and time_left() <= 0):
            return
        yield row
