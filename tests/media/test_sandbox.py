"""Reader processes: confined, killed on overrun, dying alone, and files set aside after two tries."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from actors.media.sandboxed_readers import SandboxedReaders
from actors.media.settings import MediaSettings
from messages.media import Reading, ReadItem
from stress.media_documents import text_pdf
from tests.media.conftest import VOICE_NOTE

ROOT = Path(__file__).parents[2]
PROBE = """
    import json, os, socket, subprocess, sys
    from actors.media.confinement import cut_network, limit_resources, limit_processor
    raw = socket.SocketType.__mro__[-2]  # _socket.socket, beneath what Python's own block replaces
    network, notes = cut_network()
    held, more = limit_resources(512, 64, 1)
    facts = {"network": network, "notes": [*notes, *more], "held": held}
    def attempt(name, call):
        try:
            call()
            facts[name] = "done"
        except BaseException as error:
            facts[name] = type(error).__name__
    attempt("socket", lambda: socket.create_connection(("127.0.0.1", 9), 1))
    attempt("raw", lambda: raw(socket.AF_INET, socket.SOCK_STREAM))
    attempt("program", lambda: subprocess.run(["/bin/true"], check=True))
    attempt("memory", lambda: bytearray(1 << 30))
    attempt("file", lambda: open(sys.argv[1], "wb").write(bytes(3 << 20)))
    attempt("files", lambda: [open("/dev/null") for _ in range(100)])
    print(json.dumps(facts))
"""


def probed(tmp_path: Path) -> dict[str, object]:
    command = [sys.executable, "-c", textwrap.dedent(PROBE), str(tmp_path / "big")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    facts: dict[str, object] = json.loads(done.stdout)
    return facts


def test_confinement_holds(tmp_path: Path) -> None:
    facts = probed(tmp_path)
    assert facts["socket"] == "NoNetworkError"
    assert facts["memory"] == "MemoryError"
    assert facts["file"] == "OSError"
    assert facts["files"] == "OSError"
    assert facts["held"] == 512
    ways = str(facts["network"]).split("+")
    assert "python" in ways
    if "seccomp" in ways:
        assert facts["raw"] == "PermissionError"
        assert facts["program"] == "PermissionError"
    else:
        assert any("seccomp" in note for note in facts["notes"])  # type: ignore[attr-defined]


def test_processor_time_is_bounded() -> None:
    code = "from actors.media.confinement import limit_processor\nlimit_processor(0.2)\nwhile True: pass"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGXCPU


def test_readers_say_how_they_are_confined(readers: SandboxedReaders) -> None:
    ready = readers.start(["document"])["document"]
    assert "python" in ready.network
    assert ready.memory_mb == MediaSettings().document_memory_mb
    assert ready.pid == readers.pids()["document"]


FAKE = """
    import os, signal, sys, time
    sys.path.insert(0, {root!r})
    from actors.media import reader_process
    from actors.media.reader import Reader
    plain = Reader._read
    def hostile(self, item, detected):
        data = open(item.path, "rb").read()
        with open({tries!r}, "a") as out:
            out.write("x")
        if b"SEGV" in data:
            os.kill(os.getpid(), signal.SIGSEGV)
        if b"EXIT" in data:
            sys.stderr.write("decoder says goodbye\\n")
            os._exit(7)
        if b"HANG" in data:
            time.sleep(3600)
        if b"EATS" in data:
            held = []
            while True:
                held.append(bytearray(64 << 20))
        if b"LIES" in data:
            os.write(4, b"\\xff\\xff\\xff\\xffnonsense"); time.sleep(3600)
        return plain(self, item, detected)
    Reader._read = hostile
    raise SystemExit(reader_process.main())
"""


class Hostile:
    """Readers whose decoders die, hang or lie on marked files."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.tries = folder / "tries"
        script = folder / "reader.py"
        script.write_text(textwrap.dedent(FAKE.format(root=str(ROOT), tries=str(self.tries))))
        chosen = MediaSettings.model_validate({"document_memory_mb": 1024, **settings})
        self.readers = SandboxedReaders(chosen, command=(sys.executable, str(script)))

    def read(self, text: str) -> Reading:
        path = self.folder / f"{text[:4]}.txt"
        path.write_text(text)
        return self.readers.read(ReadItem(key=1, path=str(path), name=path.name))

    def count(self) -> int:
        return len(self.tries.read_text()) if self.tries.exists() else 0


@pytest.fixture
def hostile(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Hostile]:
    made = Hostile(tmp_path, **getattr(request, "param", {}))
    yield made
    made.readers.close()


@pytest.mark.parametrize(("mark", "why"), [("SEGV", "signal SIGSEGV"), ("EXIT", "decoder says goodbye")])
def test_a_file_that_kills_its_reader_is_set_aside_after_two_tries(hostile: Hostile, mark: str, why: str) -> None:
    before = hostile.read("fine")
    assert before.text == "fine"
    sniffer = hostile.readers.pids()["sniff"]
    dead = hostile.read(f"{mark} me")
    assert why in dead.error
    assert dead.set_aside
    assert hostile.count() == 3
    again = hostile.read(f"{mark} me")
    assert again.set_aside
    assert hostile.count() == 3, "a file that was set aside is not tried again"
    assert hostile.read("more").text == "more"
    assert hostile.readers.pids()["sniff"] == sniffer, "other readers live on"


@pytest.mark.parametrize("hostile", [{"document_deadline_s": 0.5}], indirect=True)
def test_a_reader_that_overruns_is_killed(hostile: Hostile) -> None:
    hostile.readers.start(["document"])
    pid = hostile.readers.pids()["document"]
    reading = hostile.read("HANG")
    assert "took longer than 0.5 s" in reading.error
    assert not psutil.pid_exists(pid)
    assert hostile.count() == 1, "an overrun is not repeated"
    hostile.readers.start(["document"])


def test_a_reader_that_eats_memory_meets_its_bound(hostile: Hostile) -> None:
    hostile.readers.start(["document"])
    before = hostile.readers.pids()["document"]
    reading = hostile.read("EATS")
    assert reading.error == "reading it takes more memory than is allowed"
    assert hostile.readers.pids().get("document") != before
    assert hostile.read("fine").text == "fine"


def test_a_reader_that_lies_is_replaced(hostile: Hostile) -> None:
    reading = hostile.read("LIES")
    assert "nonsense" in reading.error or "died" in reading.error
    assert hostile.read("fine").text == "fine"


def test_readers_die_with_their_asker(tmp_path: Path) -> None:
    code = (
        "import os, signal\n"
        "from actors.media.sandboxed_readers import SandboxedReaders\n"
        "from actors.media.settings import MediaSettings\n"
        "readers = SandboxedReaders(MediaSettings())\n"
        "readers.start(['sniff'])\n"
        "print(readers.pids()['sniff'], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    child = int(done.stdout)
    assert done.returncode == -signal.SIGKILL
    psutil.wait_procs([psutil.Process(child)] if psutil.pid_exists(child) else [], timeout=10)
    still = psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE
    assert not still


def test_a_reader_killed_between_files_is_replaced_unnoticed(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(text_pdf([["hello"]]))
    with SandboxedReaders(MediaSettings()) as readers:
        readers.start(["sniff", "document"])
        for pid in readers.pids().values():
            os.kill(pid, signal.SIGKILL)
        assert readers.read(ReadItem(key=1, path=str(path))).text == "hello"


def test_a_reader_that_cannot_start_is_an_error_on_the_reading(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "raise SystemExit('no engine today')")
    with SandboxedReaders(MediaSettings(), command=command) as readers:
        reading = readers.read(ReadItem(key=1, path=str(VOICE_NOTE)))
    assert "cannot start" in reading.error
    assert "no engine today" in reading.error
    assert not reading.set_aside
