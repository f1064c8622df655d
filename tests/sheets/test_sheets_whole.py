"""What a cell cannot take is cut there and kept whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actors.sheets.columns import COLUMNS, clean_text, is_cut, text_cell
from actors.sheets.whole_rows import WholeRows
from messages.inbound import Attachment
from messages.row import Row
from stress.sheets_server.process import ServerProcess


@pytest.mark.parametrize("fault", ["", "reset_after"])
def test_a_row_that_was_cut_is_kept_whole(
    bench: Any, row: Callable[..., Row], server: ServerProcess, fault: str
) -> None:
    text = "a" * 50_000 + "the end"
    bench.source.add(row(0), row(1, text=text), row(2, text="b" * 50_000))
    if fault:
        bench.open().writer._books.ready(bench.settings.spreadsheet)
        server.control("faults", next=[[fault, ":batchUpdate"]])
        bench.pipe.drain(20.0, stop=lambda: bench.pipe.writer.counters["unknown"] > 0)
        bench.crash()  # and it is settled by asking, without being sent again
    bench.drain()
    whole = WholeRows(bench.pipe.ledger)
    found = whole.of(f"{1:032x}")
    assert found is not None
    assert found["text"] == text
    assert (whole.of(f"{0:032x}"), whole.of(f"{2:032x}")) == (None, None)
    assert bench.column("Text")[1].endswith("[cut, 50,007 characters in all]")
    bench.pipe.forgetting.ask("c1", 1_700_000_000_000)
    assert whole.of(f"{1:032x}") is None


def test_what_is_cut_is_what_a_cell_cannot_take(row: Callable[..., Row]) -> None:
    many = tuple(Attachment(name=f"{n:05d}" + "x" * 95) for n in range(600))
    for one in (
        row(1),
        row(1, text="😀" * 25_000),
        row(1, text="😀" * 25_001),
        row(1, text="x" * 50_001),
        row(1, reply="x" * 50_001),
        row(1, attachments=many),
        row(1, attachments=many[:400]),
        row(1, notes=("x" * 100,) * 600),
    ):
        cells = [column.cell(one) for column in COLUMNS]
        shown = [str(cell.get("userEnteredValue", {}).get("stringValue", "")) for cell in cells]
        assert is_cut(one) == any("[cut, " in text for text in shown)
    assert text_cell("x" * 50_001)["userEnteredValue"]["stringValue"] == clean_text("x" * 50_001)
