"""Read XLSX; its container is checked before."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from actors.media.content import Content, table_of, table_text
from actors.media.error_text import error_text
from actors.media.errors import UnreadableError
from actors.media.packed import check_container
from actors.media.settings import MediaSettings

_MOST_SHEETS = 50
_EMPTY_RUN = 1000  # a sheet may claim a million rows; so many empty ones end it


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
                hidden = sum(sheet.sheet_state != "visible" for sheet in book.worksheets)
                if hidden:
                    content.notes.append(f"{hidden} of its sheets {'are' if hidden > 1 else 'is'} hidden; read too")
                book.close()
    except (InvalidFileException, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError) as error:
        raise UnreadableError(f"not a readable workbook: {error_text(error, path)}") from error
    content.text = "\n\n".join(f"{table.name}\n{table_text(table)}" for table in content.tables)
    return content


def _xlsx_rows(sheet: Any, time_left: Callable[[], float]) -> Iterator[tuple[object, ...]]:
    empty = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True)):
        empty = 0 if any(cell is not None for cell in row) else empty + 1
        if empty > _EMPTY_RUN or (number % 256 == 255 and time_left() <= 0):
            return
        yield row
