"""Rows for the Sheets stress runs, and the comparison of a worksheet with them, cell by cell."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from actors.sheets.columns import COLUMNS, cells_of
from actors.sheets.log_source import LogSource
from messages.row import ROW, Row
from messages.wire import encode
from store.folder import DataFolder
from store.partition import PartitionState

TEXTS = (
    "hello, is the flat still free?",
    '=HYPERLINK("http://example.com")',
    "+971501234567",
    "-5",
    "@someone",
    "\ttab first",
    "'quoted",
    "12/05/2024",
    "0501234567",
    "1e10",
    "مرحبا، هل الشقة متاحة؟",
    "line one\nline two 😀",
    "TRUE",
    "#REF!",
)


def make_rows(folder: DataFolder, count: int, conversations: int, seed: int = 7) -> None:
    """Fill the rows logs of a data folder.

    Args:
        folder: the data folder; each conversation's rows go to one partition, in order.
        count: rows in all.
        conversations: over how many conversations.
        seed: makes them repeatable.
    """
    draw = random.Random(seed)  # noqa: S311 - test data
    now = time.time_ns() // 1_000_000
    lines: dict[int, list[bytes]] = {p: [] for p in range(folder.partitions)}
    positions: Counter[int] = Counter()
    for number in range(count):
        conversation = draw.randrange(conversations)
        positions[conversation] += 1
        row = Row(
            row_id=f"{number:032x}",
            conversation=f"c{conversation}",
            position=positions[conversation],
            message_id=f"m{number}",
            source="jsonl",
            direction="in",
            kind="text",
            sender=f"97150{conversation:07d}",
            sender_name=f"Customer {conversation}",
            text=draw.choice(TEXTS) + (f" {number}" if draw.random() < 0.5 else ""),
            sequence=None,
            sent_ms=now + number,
            utc_offset_min=240,
            received_ms=now + number,
            committed_ms=now,
            lang="en",
            intent="inquiry",
            intent_confidence=round(draw.random(), 3),
            sentiment="neutral",
            sentiment_score=round(draw.random() * 2 - 1, 3),
            urgent=draw.random() < 0.02,
        )
        lines[conversation % folder.partitions].append(encode(row))
    for partition, rows in lines.items():
        state = PartitionState(folder.state(partition), owner="chaos", max_rows_bytes=10_000_000_000)
        for at in range(0, len(rows), 5_000):
            turn = state.begin()
            for data in rows[at : at + 5_000]:
                turn.add_row(data)
            state.commit(turn)
        state.close()


def expected_rows(folder: DataFolder) -> Iterator[Row]:
    """Yield every row of the logs."""
    source = LogSource(folder)
    for partition in source.partitions():
        start = 0
        while found := source.read(partition, start, 5_000, 100_000_000):
            for _, data in found:
                yield ROW.decode(data)
            start = found[-1][0] + 1
    source.close()


def _plain(cell: dict[str, Any]) -> Any:
    entered = cell.get("userEnteredValue", {})
    return next(iter(entered.values()), "")


def compare(http: Any, spreadsheet: str, title: str, folder: DataFolder) -> dict[str, int]:
    """Compare the worksheet with the logs, cell by cell.

    Args:
        http: gspread's HTTP client.
        spreadsheet: where the rows should be.
        title: the worksheet.
        folder: what was to be written.

    Returns:
        counts: ``expected``, ``found``, ``lost``, ``duplicated``, ``wrong_cells``, ``disordered``.
    """
    places = tuple(c.key for c in COLUMNS)
    wanted: dict[str, bytes] = {}
    for row in expected_rows(folder):
        wanted[row.row_id] = msgspec.json.encode([_plain(cell) for cell in cells_of(row, places)])
    seen: Counter[str] = Counter()
    last: dict[str, float] = {}
    counts: Counter[str] = Counter()
    start, step = 2, 5_000
    total_rows = http.spreadsheets_get(spreadsheet, {"fields": "sheets.properties(title,gridProperties)"})
    height = next(
        s["properties"]["gridProperties"]["rowCount"] for s in total_rows["sheets"] if s["properties"]["title"] == title
    )
    while start <= height:
        found = http.values_get(
            spreadsheet,
            f"'{title}'!A{start}:X{min(height, start + step - 1)}",
            params={"valueRenderOption": "UNFORMATTED_VALUE"},
        )
        for cells in found.get("values", []):
            row_id = str(cells[-1])
            seen[row_id] += 1
            conversation, position = cells[1], cells[2]
            if position <= last.get(conversation, 0):
                counts["disordered"] += 1
            last[conversation] = position
            if row_id not in wanted or msgspec.json.decode(wanted[row_id]) != cells:
                counts["wrong_cells"] += 1
        start += step
    return {
        "expected": len(wanted),
        "found": sum(seen.values()),
        "lost": sum(1 for row_id in wanted if row_id not in seen),
        "duplicated": sum(n - 1 for n in seen.values() if n > 1),
        "wrong_cells": counts["wrong_cells"],
        "disordered": counts["disordered"],
    }
