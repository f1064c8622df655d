"""Exports of rows: nothing becomes a formula, nothing is lost, times keep their offset."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from actors.console.rows_view import shown, table_of
from actors.sheets.rows_export import (
    HEADINGS,
    cells_of,
    clock_text,
    csv_cell,
    json_line,
    write_csv,
    write_jsonl,
    write_xlsx,
)
from messages.inbound import Attachment
from messages.understanding import Entity
from tests.rows.test_sqlite_rows import make_row

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", '=HYPERLINK("http://x","y")']


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_text_never_begins_a_formula(text: str) -> None:
    out = io.StringIO(newline="")
    write_csv([make_row(1, text=text, sender=text, conversation=text, notes=(text,))], out)
    head, *lines = list(csv.reader(io.StringIO(out.getvalue().removeprefix("\ufeff"), newline="")))
    assert tuple(head) == HEADINGS
    (cells,) = lines
    row = dict(zip(head, cells, strict=True))
    for name in ("text", "sender", "conversation", "notes"):
        assert row[name] == "'" + text
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


def test_csv_numbers_stay_numbers() -> None:
    assert csv_cell(-0.5) == -0.5
    assert csv_cell(None) == ""
    assert csv_cell(True) == "true"
    assert csv_cell("5-1") == "5-1"


@pytest.mark.parametrize("text", [*FORMULAS, "a\x00b\x1bc", "مرحبا", "x" * 40_000, "", "{=1}", "<b>&"])
def test_xlsx_cells_are_text(tmp_path: Path, text: str) -> None:
    from openpyxl import load_workbook

    path = tmp_path / "rows.xlsx"
    assert write_xlsx([make_row(1, text=text), make_row(2, sentiment="negative", sentiment_score=-0.5)], path) == 2
    with zipfile.ZipFile(path) as book:
        assert b"<f>" not in b"".join(book.read(name) for name in book.namelist() if "sheet" in name)
    sheet = load_workbook(path)["rows"]
    cell = sheet.cell(2, HEADINGS.index("text") + 1)
    if text:
        assert cell.data_type == "s"
        assert bool(cell.quotePrefix) == text.startswith(tuple("=+-@\t\r\n＝"))
    if len(text) > 32_767:
        assert len(cell.value) == 32_767
        assert cell.value.endswith("[40,000 characters; cut to fit a cell]")
    elif text.isprintable():
        assert (cell.value or "") == text
    assert sheet.cell(3, HEADINGS.index("sentiment_score") + 1).value == -0.5
    assert sheet.cell(1, 1).value == "conversation"


def test_xlsx_goes_on_in_another_sheet(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = tmp_path / "rows.xlsx"
    assert write_xlsx((make_row(n) for n in range(7)), path, sheet_rows=4) == 7
    book = load_workbook(path)
    assert [(sheet.title, sheet.max_row) for sheet in book] == [("rows", 4), ("rows 2", 4), ("rows 3", 2)]


def test_json_lines_hold_everything() -> None:
    row = make_row(
        1,
        text="a\u2028b",
        entities=(Entity(type="price", start=0, end=1, text="9", value=90_000),),
        attachments=(Attachment(name="a.jpg", note="not yet read"),),
        notes=("late",),
        urgent=True,
    )
    line = json_line(row)
    assert line.count(b"\n") == 1
    data = json.loads(line)
    assert data["entities"][0]["value"] == 90_000
    assert data["attachments"][0]["note"] == "not yet read"
    assert (data["notes"], data["urgent"], data["sent_at"]) == (["late"], True, "2023-11-15T02:13:21+04:00")
    out = io.BytesIO()
    assert write_jsonl([row, row], out) == 2
    assert out.getvalue() == line * 2


@pytest.mark.parametrize(
    ("ms", "offset", "text"),
    [
        (1_772_432_100_000, 240, "2026-03-02T10:15:00+04:00"),
        (1_772_432_100_250, -300, "2026-03-02T01:15:00.250-05:00"),
        (-14_400_000, 240, "1970-01-01T00:00:00+04:00"),
        (0, 240, ""),
        (10**18, 0, "1000000000000000000"),
        (1, 10**6, "1"),
    ],
)
def test_times_keep_their_offset(ms: int, offset: int, text: str) -> None:
    assert clock_text(ms, offset) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a\nb\tc", "a ⏎ b c"),
        ("\x1b[31mred\x07\x7f", "␛[31mred␇␡"),
        ("\x9b31m", "<U+009B>31m"),
        ("\u202eevil\u202c", "<U+202E>evil<U+202C>"),
        ("\u2067x\u200f", "<U+2067>x"),
        ("مرحبا", "\u2068مرحبا\u2069"),
        ("a\u2028b", "a<U+2028>b"),
    ],
)
def test_terminal_text(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_a_note_of_all_rows_is_said_once() -> None:
    from rich.console import Console

    console = Console(width=150, file=io.StringIO())
    rows = [make_row(n, notes=("unavailable: intent", *(["late"] if n == 1 else []))) for n in range(4)]
    console.print(table_of(rows, 150))
    out = console.file.getvalue()  # type: ignore[attr-defined]
    assert out.count("unavailable: intent") == 1
    assert "all rows: unavailable: intent" in out
    assert out.count("late") == 1


def test_figures_without_a_label_are_empty() -> None:
    cells = dict(zip(HEADINGS, cells_of(make_row(1)), strict=True))
    assert cells["intent_confidence"] is None
    assert cells["sentiment_score"] is None


@pytest.mark.parametrize("width", [60, 80, 119, 120, 200])
def test_table_shows_text_and_no_markup(width: int) -> None:
    from rich.console import Console

    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    rows = [
        make_row(1, text="[bold red]x[/] \x1b]0;title\x07", sender_name="[link=http://x]y[/link]"),
        make_row(2, late=True, gap=3, intent="inquiry", urgent=True, kind="image", text=""),
        make_row(3, kind="system", sender="", sender_name="", conversation="[/]"),
    ]
    console.print(table_of(rows, width))
    out = console.file.getvalue()  # type: ignore[attr-defined]
    assert "]0;title\x07" not in out
    assert "\x1b]" not in out
    for part in ("late", "URGENT"):
        assert part in out
    assert "[bold" in out
