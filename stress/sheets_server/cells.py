"""What a cell holds, and how the API shows it.

A plain cell is kept as None, bool, int, float or str; one with a formula, a format or a note as a dict with the keys
``v`` (value), ``f`` (formula), ``nf`` (number format) and ``note``.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import msgspec

from stress.sheets_server.errors import invalid
from stress.sheets_server.schema import get

MAX_CELL_CHARACTERS = 50_000  # Google's limit for one cell
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - serial numbers of spreadsheets have no time zone
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode


def pack_row(cells: list[Any]) -> bytes:
    """Encode a row's cells without its trailing blanks."""
    while cells and cells[-1] is None:
        cells.pop()
    return _pack(cells)


def unpack_row(data: bytes) -> list[Any]:
    """Decode what :func:`pack_row` made."""
    row: list[Any] = _unpack(data)
    return row


def _checked(text: str) -> str:
    if len(text) > MAX_CELL_CHARACTERS:
        raise invalid(
            f"Your input contains more than the maximum of {MAX_CELL_CHARACTERS} characters in a single cell."
        )
    if "\x00" in text:
        raise invalid("Invalid value: a cell's text must not contain the NUL character.")
    return text


def from_cell_data(cell: Any) -> Any:
    """Turn a ``CellData`` struct into the form that is kept.

    Args:
        cell: a decoded ``CellData``.

    Returns:
        the cell.

    Raises:
        ApiError: 400 for a text that is too long or a value that cannot be kept.
    """
    entered = get(cell, "userEnteredValue")
    value: Any = None
    formula = None
    if entered is not None:
        text = get(entered, "stringValue")
        if text is not None:
            value = _checked(text)
        elif (number := get(entered, "numberValue")) is not None:
            if not math.isfinite(number):
                raise invalid("Invalid numberValue: it must be finite.")
            value = number
        elif (flag := get(entered, "boolValue")) is not None:
            value = flag
        elif (formula := get(entered, "formulaValue")) is not None:
            value = f"#FORMULA {_checked(formula)}"
    if value == "":
        value = None
    form = get(cell, "userEnteredFormat")
    note = get(cell, "note")
    number_format = get(form, "numberFormat") if form is not None else None
    if formula is None and number_format is None and note is None:
        return value
    kept: dict[str, Any] = {"v": value}
    if formula is not None:
        kept["f"] = formula
    if number_format is not None:
        kept["nf"] = [get(number_format, "type", ""), get(number_format, "pattern", "")]
    if note is not None:
        kept["note"] = note
    return kept


def from_input(value: Any, option: str) -> Any:
    """Turn a value of a ``ValueRange`` into a cell.

    Args:
        value: JSON value.
        option: ``RAW`` or ``USER_ENTERED``; the latter reads numbers, booleans, formulas and a leading quote. Dates
            stay text: Google would read them by the spreadsheet's locale.

    Returns:
        the cell.

    Raises:
        ApiError: 400 for lists, objects and texts that are too long.
    """
    if isinstance(value, dict | list):
        raise invalid("Invalid values: a value must be a string, number, boolean or null.")
    if not isinstance(value, str) or option != "USER_ENTERED":
        return _checked(value) or None if isinstance(value, str) else value
    _checked(value)
    if value.startswith("="):
        return {"v": f"#FORMULA {value}", "f": value}
    if value.startswith("'"):
        return value[1:]
    if value.upper() in {"TRUE", "FALSE"}:
        return value.upper() == "TRUE"
    try:
        number = float(value.replace(",", ""))
    except ValueError:
        return value or None
    return number if math.isfinite(number) else value


def raw_value(cell: Any) -> Any:
    """Return the cell's effective value."""
    return cell.get("v") if isinstance(cell, dict) else cell


def formatted(cell: Any) -> str:
    """Return what a person would see in the cell."""
    value = raw_value(cell)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if isinstance(cell, dict) and cell.get("nf", [""])[0] in {"DATE_TIME", "DATE"}:
            moment = _EPOCH + timedelta(seconds=round(value * 86400))
            return moment.strftime("%Y-%m-%d %H:%M:%S" if cell["nf"][0] == "DATE_TIME" else "%Y-%m-%d")
        return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def render(cell: Any, option: str) -> Any:
    """Show a cell as ``FORMATTED_VALUE``, ``UNFORMATTED_VALUE`` or ``FORMULA``."""
    if option == "FORMULA" and isinstance(cell, dict) and "f" in cell:
        return cell["f"]
    if option in {"UNFORMATTED_VALUE", "FORMULA"}:
        value = raw_value(cell)
        return "" if value is None else value
    return formatted(cell)


def cell_data(cell: Any) -> dict[str, Any]:
    """Return the cell as the JSON of ``CellData``."""
    value = raw_value(cell)
    if value is None:
        return {}
    if isinstance(cell, dict) and "f" in cell:
        entered: dict[str, Any] = {"formulaValue": cell["f"]}
        effective: dict[str, Any] = {"stringValue": value}
    else:
        kind = "boolValue" if isinstance(value, bool) else "stringValue" if isinstance(value, str) else "numberValue"
        entered = effective = {kind: value}
    shown: dict[str, Any] = {
        "userEnteredValue": entered,
        "effectiveValue": effective,
        "formattedValue": formatted(cell),
    }
    if isinstance(cell, dict) and "nf" in cell:
        shown["userEnteredFormat"] = {"numberFormat": {"type": cell["nf"][0], "pattern": cell["nf"][1]}}
    return shown
