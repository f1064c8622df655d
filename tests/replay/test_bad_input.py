"""Bad files and bad lines: one clear reject each, the rest is read."""

import os
from pathlib import Path

import msgspec
import pytest

from actors.whatsapp.export_contract import ReadLimits
from tests.replay.exports import OPTIONS, read_path, read_text

LINE = "13/06/2023, 21:55 - Ana: {}\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"hello world\nthis is no chat\n", "not a WhatsApp export"),
        (b"\n\n  \n", "not a WhatsApp export"),
        (bytes(range(256)) * 40, "binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(4000), "binary"),
        (b"%PDF-1.4\nnothing", "not a WhatsApp export"),
        (b"PK\x03\x04 and no more", "damaged or truncated zip"),
        ("Grüße aus München: ÄÖÜäöüß".encode("latin-1") * 20, "not a WhatsApp export"),
    ],
)
def test_whole_files(tmp_path: Path, content: bytes, reason: str) -> None:
    outcome = read_text(tmp_path, content)
    assert outcome.messages == []
    assert len(outcome.rejects) == 1
    assert reason in outcome.rejects[0].reason
    assert outcome.rejects[0].where.endswith("WhatsApp Chat with Ana.txt")


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path, reason in (
        (tmp_path / "none.txt", "no such file"),
        (tmp_path, "is a folder"),
        (fifo, "not a regular file"),
    ):
        outcome = read_path(path)
        assert [reason in r.reason for r in outcome.rejects] == [True]
    odd = read_path(Path("a\nb\x00c"))
    assert len(odd.rejects) == 1


def test_utf_16_with_and_without_mark(tmp_path: Path) -> None:
    text = LINE.format("مرحبا") + LINE.format("hello") * 8
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        outcome = read_text(tmp_path, (LINE.format("plain") * 30 + text).encode(encoding))
        assert [m.text for m in outcome.messages] == ["plain"] * 30 + ["مرحبا"] + ["hello"] * 8, encoding
        assert outcome.rejects == []


def test_invalid_utf_8_is_repaired_and_noted(tmp_path: Path) -> None:
    outcome = read_text(
        tmp_path, LINE.format("a").encode() + b"13/06/2023, 21:56 - Ana: caf\xe9 \xff\n" + LINE.format("b").encode()
    )
    assert [m.text for m in outcome.messages] == ["a", "caf\ufffd \ufffd", "b"]
    assert "2 unreadable" in outcome.messages[1].extra["text_note"]
    assert "text_note" not in outcome.messages[0].extra


def test_a_written_replacement_character_is_no_repair(tmp_path: Path) -> None:
    message = read_text(tmp_path, LINE.format("a \ufffd b")).messages[0]
    assert message.text == "a \ufffd b"
    assert message.extra == {}


def test_control_characters_are_replaced_and_bidi_kept(tmp_path: Path) -> None:
    message = read_text(tmp_path, LINE.format("a\x00b\x1b[31mc\x07 \u202ed\te")).messages[0]
    assert message.text == "a\ufffdb\ufffd[31mc\ufffd \u202ed\te"
    assert "3 unreadable" in message.extra["text_note"]


def test_a_megabyte_message_is_rejected_and_the_rest_read(tmp_path: Path) -> None:
    text = LINE.format("before") + LINE.format("x" * 1_000_000) + LINE.format("after")
    outcome = read_text(tmp_path, text)
    assert [m.text for m in outcome.messages] == ["before", "after"]
    (reject,) = outcome.rejects
    assert reject.where.endswith(":2")
    assert "longer than 65,536 bytes" in reject.reason
    assert len(reject.raw) == 65_536


def test_a_line_longer_than_is_looked_at(tmp_path: Path) -> None:
    options = msgspec.structs.replace(OPTIONS, limits=ReadLimits(line_chars=1000, message_bytes=100_000))
    outcome = read_text(tmp_path, LINE.format("x" * 5000) + "more\n" + LINE.format("after"), options)
    assert [m.text for m in outcome.messages] == ["after"]
    assert len(outcome.rejects) == 1


def test_many_lines_that_make_one_huge_message(tmp_path: Path) -> None:
    outcome = read_text(tmp_path, LINE.format("a") + "y" * 99 + "\n" + ("z" * 99 + "\n") * 2000 + LINE.format("after"))
    assert [m.text for m in outcome.messages] == ["after"]
    assert len(outcome.rejects) == 1


def test_the_bound_counts_bytes(tmp_path: Path) -> None:
    fits = read_text(tmp_path, LINE.format("م" * 32_700))
    assert len(fits.messages) == 1
    assert len(read_text(tmp_path, LINE.format("م" * 32_800)).rejects) == 1


def test_lines_before_the_first_message(tmp_path: Path) -> None:
    outcome = read_text(tmp_path, "\nstray\nlines\n" + LINE.format("a"))
    assert [m.text for m in outcome.messages] == ["a"]
    assert [(r.where.rpartition(":")[2], r.raw) for r in outcome.rejects] == [("2", b"stray\nlines")]


@pytest.mark.parametrize(
    "line",
    [
        "31/02/2023, 21:55 - Ana: x",
        "13/06/2023, 25:55 - Ana: x",
        "13/06/2023, 21:75 - Ana: x",
        "00/06/2023, 21:55 - Ana: x",
        "13/06/1969, 21:55 - Ana: x",
        "13/06/0000, 21:55 - Ana: x",
        "13/06/2023, 9:55 zz - Ana: x",
    ],
)
def test_impossible_times_are_rejected(tmp_path: Path, line: str) -> None:
    outcome = read_text(tmp_path, LINE.format("a") + line + "\nmore\n" + LINE.format("b"))
    assert [m.text for m in outcome.messages] == ["a", "b"]
    assert [(r.where.rpartition(":")[2], "date or time" in r.reason) for r in outcome.rejects] == [("2", True)]


def test_a_message_without_sender(tmp_path: Path) -> None:
    outcome = read_text(tmp_path, "13/06/2023, 21:55 - : x\n" + LINE.format("b"))
    assert [r.reason for r in outcome.rejects] == ["it has no sender"]
    assert len(outcome.messages) == 1


def test_odd_times_are_kept_and_noted(tmp_path: Path) -> None:
    outcome = read_text(
        tmp_path, "01/01/1970, 00:00 - Ana: a\n13/06/2023, 21:55 - Ana: b\n13/06/2999, 21:55 - Ana: c\n"
    )
    assert [m.extra.get("time_note", "") for m in outcome.messages] == [
        "its time is before WhatsApp existed",
        "",
        "its time is in the future",
    ]
    assert outcome.messages[0].sent_ms < 0


def test_arabic_digits_hide_no_unknown_ones(tmp_path: Path) -> None:
    # superscripts are digits to str.isdigit, but no numbers
    outcome = read_text(tmp_path, LINE.format("a") + "¹³/06/2023, 21:55 - Ana: x\n")
    assert [m.text for m in outcome.messages] == ["a\n¹³/06/2023, 21:55 - Ana: x"]
