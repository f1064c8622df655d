"""``majlis replay`` as a user runs it: the whole system, from an export to rows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil
import pytest

import actors.whatsapp.example
from actors.sheets.rows_reader import RowsReader
from messages.row import Row
from store.folder import DataFolder
from store.log import LogReader
from tests.spine.conftest import StartSystem
from tests.spine.feeding import rows_of, until

EXAMPLE = Path(actors.whatsapp.example.__path__[0]) / "example.zip"
MESSAGES = 54
pytestmark = pytest.mark.slow


def environment() -> dict[str, str]:
    return {**os.environ, "MAJLIS_LANGUAGE__ENGINE": "rules", "MAJLIS_SYSTEM__PARTITIONS": "4"}


def begin(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "actors.console.main", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment(),
        start_new_session=True,
    )


def end(process: subprocess.Popen[str], code: int = 0) -> str:
    output, errors = process.communicate(timeout=240)
    assert process.returncode == code, errors[-3000:]
    return output


def replay(folder: Path, *files: object, code: int = 0) -> dict[str, Any]:
    output = end(begin("replay", *files, "--folder", folder, "--json"), code)
    report: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert report["messages"] == report["rows"] + report["duplicates"] + report["set_aside"]
    return report


def rows_in(folder: Path) -> list[Row]:
    with RowsReader(DataFolder.open(folder).rows_file) as reader:
        return list(reader.query())


def chat(lines: int) -> str:
    return "".join(
        f"[{1 + n // 1440:02d}/06/23, {n // 60 % 24:02d}:{n % 60:02d}:00] {'Ahmed' if n % 3 else 'Sara'}: message {n}\n"
        for n in range(lines)
    )


def jsonl(path: Path, count: int, conversations: int = 20) -> Path:
    path.write_text(
        "".join(
            json.dumps({"conversation": f"c{n % conversations}", "sender": "s", "text": f"2BR {n}", "id": f"m{n}"})
            + "\n"
            for n in range(count)
        )
    )
    return path


def assert_in_order(rows: list[Row]) -> None:
    conversations: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        conversations[row.conversation].append(row)
    for found in conversations.values():
        assert [row.position for row in found] == list(range(1, len(found) + 1))
        assert [row.sent_ms for row in found] == sorted(row.sent_ms for row in found)


def test_the_example_becomes_rows_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = replay(folder, EXAMPLE)
    assert (first["messages"], first["rows"], first["duplicates"], first["set_aside"]) == (MESSAGES, MESSAGES, 0, 0)
    rows = rows_in(folder)
    assert len({row.row_id for row in rows}) == len(rows) == MESSAGES
    assert_in_order(rows)
    attached = [row for row in rows if row.attachments]
    assert len(attached) >= 3
    for row in attached:
        assert all(item.note or item.sha256 for item in row.attachments)
    second = replay(folder, EXAMPLE)
    assert (second["rows"], second["duplicates"]) == (0, MESSAGES)
    assert rows_in(folder) == rows


def test_messages_of_the_owner_go_out(tmp_path: Path) -> None:
    names = {row.sender_name or row.sender for row in _example_rows(tmp_path)}
    owner = min(names)
    folder = tmp_path / "owner"
    end(begin("replay", EXAMPLE, "--folder", folder, "--owner", owner))
    for row in rows_in(folder):
        assert (row.direction == "out") == ((row.sender_name or row.sender) == owner)


def _example_rows(tmp_path: Path) -> list[Row]:
    replay(tmp_path / "names", EXAMPLE)
    return [row for row in rows_in(tmp_path / "names") if row.kind != "system"]


def test_into_a_running_system(start_system: StartSystem) -> None:
    system = start_system()
    before = {process.pid for process in system.processes()}
    assert replay(system.path, EXAMPLE)["rows"] == MESSAGES
    assert len(rows_of(system)) == MESSAGES
    assert before == {process.pid for process in system.processes()}


def test_two_at_once_share_one_system_and_both_end_well(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    big = jsonl(tmp_path / "big.jsonl", 6_000)
    both = [
        begin("replay", EXAMPLE, "--folder", folder, "--json"),
        begin("replay", big, "--folder", folder, "--json"),
        begin("replay", EXAMPLE, "--folder", folder, "--json"),
    ]
    reports = [json.loads(end(process).splitlines()[-1]) for process in both]
    assert [report["messages"] for report in reports] == [MESSAGES, 6_000, MESSAGES]
    assert reports[0]["rows"] + reports[2]["rows"] == MESSAGES
    assert reports[0]["duplicates"] + reports[2]["duplicates"] == MESSAGES
    assert reports[1]["rows"] == 6_000
    assert len({row.row_id for row in rows_in(folder)}) == 6_000 + MESSAGES


def test_a_longer_export_of_the_same_chat_adds_only_what_is_new(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for lines in (40, 70):
        with zipfile.ZipFile(tmp_path / f"{lines}.zip", "w") as archive:
            archive.writestr("WhatsApp Chat with Ahmed.txt", chat(lines))
    assert replay(folder, tmp_path / "40.zip")["rows"] == 40
    longer = replay(folder, tmp_path / "70.zip")
    assert (longer["rows"], longer["duplicates"]) == (30, 40)
    assert [row.text for row in rows_in(folder)] == [f"message {n}" for n in range(70)]


def test_bad_lines_are_set_aside_with_file_and_line_and_shown_by_check(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    file = jsonl(tmp_path / "mixed.jsonl", 3)
    with file.open("ab") as more:
        more.write(b"{broken\n" + b'{"conversation": "x", "sender": "s"}\n' + b'{"conversation": "x", "text": 7}\n')
        more.write(b'{"conversation": "\\ud800", "sender": "s", "text": "\\u001b[31m\xff"}\n')
    process = begin("replay", file, "--folder", folder, "--json")
    output, errors = process.communicate(timeout=240)
    report = json.loads(output.splitlines()[-1])
    assert process.returncode == 0
    assert (report["messages"], report["rows"], report["set_aside"]) == (7, 4, 3)
    assert [f"{file}:{line}" in errors for line in (4, 5, 6)] == [True] * 3
    shown = end(begin("check", "--folder", folder, "--rejects"))
    assert len(shown.splitlines()) == 3
    assert [f"{file}:{line}" in shown for line in (4, 5, 6)] == [True] * 3
    as_json = [json.loads(line) for line in end(begin("check", "--folder", folder, "--rejects", "--json")).splitlines()]
    assert as_json[0]["raw"] == "{broken"
    assert "sound" in end(begin("check", "--folder", folder))


def test_a_file_that_cannot_be_read_is_exit_code_1_and_the_others_are_read(tmp_path: Path) -> None:
    missing = tmp_path / "missing.zip"
    report = replay(tmp_path / "data", missing, EXAMPLE, code=1)
    assert (report["rows"], report["set_aside"]) == (MESSAGES, 1)


def test_killed_in_the_middle_and_run_again_every_message_is_one_row(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    big = jsonl(tmp_path / "big.jsonl", 8_000)
    process = begin("replay", big, "--folder", folder, "--json")

    def under_way() -> bool:
        assert process.poll() is None, "it was done before it was killed"
        try:
            opened = DataFolder.open(folder)
            return any(_taken(opened, partition) > 300 for partition in range(opened.partitions))
        except Exception:  # noqa: BLE001 - the folder is being made
            return False

    until(under_way, "messages on their way", 60)
    below = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=60)
    _, alive = psutil.wait_procs(below, timeout=30)
    assert alive == []
    again = replay(folder, big)
    assert again["messages"] == 8_000
    rows = rows_in(folder)
    assert len(rows) == len({row.row_id for row in rows}) == 8_000
    conversations: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        conversations[row.conversation].append(int(row.message_id[1:]))
    assert all(numbers == sorted(numbers) for numbers in conversations.values())


def _taken(folder: DataFolder, partition: int) -> int:
    reader = LogReader(folder.inbox(partition))
    try:
        return reader.next_position
    finally:
        reader.close()


def test_ctrl_c_ends_it_in_one_line_and_leaves_nothing_running(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    process = begin("replay", jsonl(tmp_path / "big.jsonl", 30_000), "--folder", folder)
    until((folder / "runtime.json").exists, "a running system", 60)
    below = psutil.Process(process.pid).children(recursive=True)
    assert below
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert errors.strip() == "majlis: interrupted"
    _, alive = psutil.wait_procs(below, timeout=20)
    assert alive == []
    assert not (folder / "runtime.json").exists()


def test_while_others_feed_the_system_a_replay_waits_for_its_own_rows_only(start_system: StartSystem) -> None:
    import threading

    from tests.spine.feeding import client_of, message

    system = start_system()
    stop = threading.Event()

    def go_on_feeding() -> None:
        client = client_of(system, "busy")
        number = 0
        while not stop.is_set():
            number += 1
            client.send([message(f"busy-{k}", number, run="busy") for k in range(20)])
        client.close()

    feeder = threading.Thread(target=go_on_feeding)
    feeder.start()
    try:
        assert replay(system.path, EXAMPLE)["rows"] == MESSAGES
    finally:
        stop.set()
        feeder.join()
