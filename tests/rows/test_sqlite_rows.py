"""The embedded sink's file: one row a message, whatever is written again."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.sheets.rows_reader import RowFilter, RowsReader
from actors.sheets.rows_table import COLUMNS, RowsFileError, record_of, row_of
from actors.sheets.sqlite_rows import SqliteRows, WriteOutcome
from messages.inbound import Attachment
from messages.row import Row
from messages.understanding import Entity


def make_row(number: int, **fields: object) -> Row:
    values: dict[str, object] = {
        "row_id": f"{number:032x}",
        "conversation": f"c{number % 3}",
        "position": number // 3 + 1,
        "message_id": f"m{number}",
        "source": "export",
        "direction": "in",
        "kind": "text",
        "sender": "Ahmed",
        "sender_name": "Ahmed",
        "text": f"message {number}",
        "sequence": None,
        "sent_ms": 1_700_000_000_000 + number * 1000,
        "utc_offset_min": 240,
        "received_ms": 1,
        "committed_ms": 2,
    }
    return Row(**(values | fields))  # type: ignore[arg-type]


def batch(*numbers: int, partition: int = 0) -> list[tuple[int, int, Row]]:
    return [(partition, number, make_row(number)) for number in numbers]


def read(path: Path, wanted: RowFilter | None = None) -> list[Row]:
    with RowsReader(path) as reader:
        return list(reader.query(wanted))


def test_rows_and_cursors_survive_reopening(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    sink = SqliteRows(path)
    assert sink.cursors() == {}
    assert sink.write(batch(0, 1, 2)) == WriteOutcome(written=3)
    assert sink.write(batch(7, partition=5)) == WriteOutcome(written=1)
    sink.close()
    again = SqliteRows(path)
    assert again.cursors() == {0: 3, 5: 8}
    again.close()
    assert read(path) == [make_row(n) for n in (0, 1, 2, 7)]


def test_positions_below_the_cursor_are_skipped(tmp_path: Path) -> None:
    sink = SqliteRows(tmp_path / "rows.sqlite")
    sink.write(batch(0, 1, 2))
    assert sink.write(batch(1, 2, 3)) == WriteOutcome(written=1, skipped=2)
    assert sink.write(batch(0)) == WriteOutcome(skipped=1)
    assert sink.cursors() == {0: 4}


def test_position_repeated_within_a_batch_is_skipped(tmp_path: Path) -> None:
    sink = SqliteRows(tmp_path / "rows.sqlite")
    assert sink.write(batch(0, 1, 1)) == WriteOutcome(written=2, skipped=1)


def test_same_row_again_is_repeated_and_other_content_is_kept_as_conflict(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    sink = SqliteRows(path)
    sink.write([(0, 0, make_row(1))])
    outcome = sink.write([(0, 1, make_row(1)), (0, 2, make_row(1, text="other")), (0, 3, make_row(2))])
    assert outcome == WriteOutcome(written=1, repeated=1, conflicts=1)
    assert [row.text for row in read(path)] == ["message 1", "message 2"]
    with RowsReader(path) as reader:
        assert reader.conflicts() == 1
    kept = sqlite3.connect(path).execute("SELECT partition, position, row FROM conflicts").fetchone()
    assert kept[:2] == (0, 2)
    assert "other" in kept[2]


def test_twins_within_one_batch_become_one_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    sink = SqliteRows(path)
    assert sink.write([(0, 0, make_row(1)), (1, 0, make_row(1))]) == WriteOutcome(written=1, repeated=1)
    assert len(read(path)) == 1


def test_failed_transaction_writes_neither_rows_nor_cursors(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    sink = SqliteRows(path)
    sink.write(batch(0))
    other = sqlite3.connect(path)
    other.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON rows WHEN NEW.text = 'bad' BEGIN SELECT RAISE(FAIL, 'no'); END"
    )
    other.close()
    with pytest.raises(RowsFileError, match="cannot write rows"):
        sink.write([(0, 1, make_row(1)), (0, 2, make_row(2, text="bad"))])
    assert sink.cursors() == {0: 1}
    assert sink.write([(0, 1, make_row(1))]) == WriteOutcome(written=1)
    sink.close()
    assert [row.text for row in read(path)] == ["message 0", "message 1"]
    assert SqliteRows(path).cursors() == {0: 2}


def test_reader_sees_rows_while_the_writer_is_open(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    sink = SqliteRows(path)
    sink.write(batch(0, 1))
    with RowsReader(path) as reader:
        assert reader.count() == 2
        sink.write(batch(2))
        assert reader.count() == 3


def test_numbers_beyond_64_bits_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    row = make_row(1, sequence=(1 << 64) - 1)
    sink = SqliteRows(path)
    assert sink.write([(0, 0, row), (0, 1, make_row(2))]) == WriteOutcome(written=2)
    assert sink.write([(0, 2, row)]) == WriteOutcome(repeated=1)
    assert read(path)[0].sequence == (1 << 64) - 1


def test_records_carry_all_columns_in_order() -> None:
    record = record_of(make_row(3))
    assert len(record) == len(COLUMNS)
    named = dict(zip(COLUMNS, record, strict=True))
    assert named["text"] == "message 3"
    assert named["utc_offset_min"] == 240
    assert named["tier"] == "none"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
INTS = st.integers(-(1 << 63), (1 << 63) - 1)
ROWS = st.builds(
    Row,
    row_id=st.binary(min_size=16, max_size=16).map(bytes.hex),
    conversation=TEXTS,
    position=INTS,
    message_id=TEXTS,
    source=TEXTS,
    direction=TEXTS,
    kind=TEXTS,
    sender=TEXTS,
    sender_name=TEXTS,
    text=TEXTS,
    sequence=st.none() | INTS,
    sent_ms=INTS,
    utc_offset_min=INTS,
    received_ms=INTS,
    committed_ms=INTS,
    intent_confidence=st.floats(0, 1),
    urgent=st.none() | st.booleans(),
    late=st.booleans(),
    entities=st.lists(
        st.builds(
            Entity,
            type=st.sampled_from(["price", "phone"]),
            start=st.integers(0, 9),
            end=st.integers(0, 9),
            text=TEXTS,
            value=TEXTS | INTS | st.floats(allow_nan=False, allow_infinity=False),
        ),
        max_size=2,
    ).map(tuple),
    attachments=st.lists(st.builds(Attachment, name=TEXTS, size=st.integers(0, 1 << 40), note=TEXTS), max_size=2).map(
        tuple
    ),
    notes=st.lists(TEXTS, max_size=3).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, max_size=5, unique_by=lambda row: row.row_id))
def test_any_rows_read_back_as_written(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.sqlite"
    sink = SqliteRows(path)
    sink.write([(0, number, row) for number, row in enumerate(rows)])
    assert read(path) == rows
    assert [row_of(record_of(row)) for row in rows] == rows
    sink.close()


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (RowFilter(conversation="c1"), [1, 4]),
        (RowFilter(conversation="c?"), [0, 1, 2, 3, 4, 5]),
        (RowFilter(conversation="c[*"), []),
        (RowFilter(intent="inquiry"), [2]),
        (RowFilter(since_ms=1_700_000_004_000), [4, 5]),
        (RowFilter(until_ms=1_700_000_002_000), [0, 1]),
        (RowFilter(urgent=True), [2]),
        (RowFilter(urgent=False), [0, 1, 3, 4, 5]),
        (RowFilter(late=True), [3]),
        (RowFilter(late=False), [0, 1, 2, 4, 5]),
        (RowFilter(text="STRASSE"), [5]),
        (RowFilter(limit=2), [0, 1]),
        (RowFilter(tail=2), [4, 5]),
        (RowFilter(tail=3, limit=1), [3]),
        (RowFilter(conversation="c0", tail=1), [3]),
    ],
)
def test_filters(tmp_path: Path, wanted: RowFilter, numbers: list[int]) -> None:
    path = tmp_path / "rows.sqlite"
    rows = [make_row(n) for n in range(6)]
    rows[2] = make_row(2, intent="inquiry", urgent=True)
    rows[3] = make_row(3, late=True)
    rows[5] = make_row(5, text="Große Straße 5")
    sink = SqliteRows(path)
    sink.write([(0, n, row) for n, row in enumerate(rows)])
    assert read(path, wanted) == [rows[n] for n in numbers]
    with RowsReader(path) as reader:
        assert reader.count(wanted) == len(numbers)


def test_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.sqlite"
    garbage.write_bytes(b"not a database at all" * 400)
    foreign = tmp_path / "foreign.sqlite"
    db = sqlite3.connect(foreign)
    db.execute("CREATE TABLE t (x)")
    db.commit()
    db.close()
    newer = tmp_path / "newer.sqlite"
    SqliteRows(newer).close()
    db = sqlite3.connect(newer)
    db.execute("PRAGMA user_version = 99")
    db.commit()
    db.close()
    for path, said in ((garbage, "damaged"), (foreign, "not a rows file"), (newer, "schema version 99")):
        before = path.read_bytes()
        with pytest.raises(RowsFileError, match=said):
            SqliteRows(path)
        with pytest.raises(RowsFileError, match=said):
            RowsReader(path)
        assert path.read_bytes() == before
    with pytest.raises(RowsFileError, match="no rows file"):
        RowsReader(tmp_path / "missing.sqlite")


def test_damage_inside_the_file_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    sink = SqliteRows(path)
    sink.write([(0, n, make_row(n, text="x" * 500)) for n in range(200)])
    sink.close()
    data = bytearray(path.read_bytes())
    data[8192:40960] = b"\xff" * (40960 - 8192)
    path.write_bytes(bytes(data))
    with pytest.raises(RowsFileError, match="damaged"):
        read(path)


def test_a_full_disk_refuses_and_recovers(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    sink = SqliteRows(path)
    sink.write(batch(0))
    pages = sink._db.execute("PRAGMA page_count").fetchone()[0]
    sink._db.execute(f"PRAGMA max_page_count = {pages}")
    large = [(0, n, make_row(n, text="x" * 5000)) for n in range(1, 20)]
    with pytest.raises(RowsFileError, match="full"):
        sink.write(large)
    assert sink.cursors() == {0: 1}
    sink._db.execute("PRAGMA max_page_count = 1000000")
    assert sink.write(large) == WriteOutcome(written=19)
    assert len(read(path)) == 20


WRITER = """
import sys
from pathlib import Path
from actors.sheets.sqlite_rows import SqliteRows
from tests.rows.test_sqlite_rows import make_row
sink = SqliteRows(Path(sys.argv[1]))
at = sink.cursors().get(0, 0)
while True:
    sink.write([(0, n, make_row(n)) for n in range(at, at + 50)])
    at += 50
    print(at, flush=True)
"""


def test_a_killed_writer_leaves_rows_and_cursor_together(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    told = 0
    for round_ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )
        assert process.stdout is not None
        for _ in range(3 + 7 * round_):
            told = int(process.stdout.readline())
        process.kill()
        process.wait()
        told = max([told, *map(int, process.stdout.read().split())])
        process.stdout.close()
        sink = SqliteRows(path)
        cursor = sink.cursors()[0]
        sink.close()
        assert cursor >= told
        assert [row.message_id for row in read(path)] == [f"m{n}" for n in range(cursor)]
