"""``majlis read`` and ``majlis gallery`` as a person and a program use them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actors.console.gallery import command as gallery_command
from actors.console.read import command as read_command
from actors.media.content_store import ContentStore
from actors.media.gallery import Gallery
from actors.media.settings import GallerySettings
from actors.sheets.lookup_files import by_field, lookup_file, read_lookup
from actors.whatsapp.inventory import Inventory, Wanted
from messages.media import GalleryEntry, Reading, Table
from store.folder import DataFolder
from stress.media_documents import text_pdf
from tests.media.conftest import VOICE_NOTE


def run(command: object, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])  # type: ignore[arg-type]


def test_read_prints_one_object_a_line_and_fails_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(text_pdf([["Tenant: Maria"]]))
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    files = [tmp_path / "a.pdf", tmp_path / "b.png", tmp_path / "missing.jpg", VOICE_NOTE]
    done = run(read_command, *files, "--json", "--tier", "reduced")
    assert done.exit_code == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == [str(file) for file in files]
    assert list(lines[0])[:9] == ["file", "kind", "mime", "text", "confidence", "engine", "fields", "seconds", "error"]
    assert [bool(line["error"]) for line in lines] == [False, True, True, False]
    assert lines[0]["text"] == "Tenant: Maria"
    assert lines[2]["error"] == "no such file"
    assert "Dubai" in lines[3]["text"]
    assert set(lines[3]["words"][0]) == {"text", "start_s", "end_s", "confidence"}


def test_read_for_people(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Rent of unit B-1204\x1b[31m[bold]\n")
    done = run(read_command, tmp_path / "a.txt")
    assert done.exit_code == 0
    assert "[bold]" in done.stdout
    assert "\x1b[31m" not in done.stdout
    done = run(read_command, tmp_path / "missing")
    assert done.exit_code == 1
    assert "1 of 1 files could not be read" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("x", "--tier", "best"), ("x", "--deadline", "-1")])
def test_read_refuses_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert run(read_command, *arguments).exit_code == 2


def test_the_commands_load_nothing_heavy() -> None:
    code = (
        "import sys, actors.console.read, actors.console.gallery\n"
        "heavy = {'torch', 'easyocr', 'vosk', 'av', 'numpy', 'PIL', 'openpyxl', 'lmdb'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = ContentStore(tmp_path / "data" / "media")
    gallery = Gallery(store, GallerySettings(), writable=True)
    for number, name in enumerate(("floor [red]plan[/red].jpg", "letter.pdf"), 1):
        kept = store.keep(io.BytesIO(name.encode()), name)
        gallery.add(
            GalleryEntry(
                number=0,
                conversation=f"c{number}",
                message_id=f"m{number}",
                sender="sara",
                at_ms=1_772_445_600_000 + number * 86_400_000,
                name=name,
                kind="image" if number == 1 else "document",
                mime="image/jpeg" if number == 1 else "application/pdf",
                size=kept.size,
                sha256=kept.sha256,
                unit="B-1204",
                text="some words",
            )
        )
    gallery.close()
    return tmp_path / "data"


def test_gallery_list_show_export_delete(tmp_path: Path, folder: Path) -> None:
    listed = run(gallery_command, "list", "--folder", folder, "--unit", "b-1204", "--json")
    assert [json.loads(line)["number"] for line in listed.stdout.splitlines()] == [2, 1]
    day = run(gallery_command, "list", "--folder", folder, "--until", "2026-03-04", "--json")
    assert [json.loads(line)["number"] for line in day.stdout.splitlines()] == [1]
    table = run(gallery_command, "list", "--folder", folder).stdout
    assert "[red]" in table
    assert table.split("\n", 1)[0].split() == [
        "number",
        "sent",
        "(UTC)",
        "kind",
        "conversation",
        "unit",
        "name",
        "text",
    ]
    assert "2026-03-" in table
    shown = json.loads(run(gallery_command, "show", 1, "--folder", folder, "--json").stdout)
    assert Path(shown["path"]).read_bytes() == b"floor [red]plan[/red].jpg"
    assert "B-1204" in run(gallery_command, "show", 1, "--folder", folder).stdout
    out = run(gallery_command, "export", tmp_path / "out", "--folder", folder, "--kind", "image", "--json")
    assert json.loads(out.stdout)["copied"] == 1
    assert (tmp_path / "out" / "00000001.jpg").is_file()
    gone = run(gallery_command, "delete", "sara", "--folder", folder, "--yes", "--json")
    assert json.loads(gone.stdout) == {"entries": 2, "files": 2}
    assert run(gallery_command, "list", "--folder", folder, "--json").stdout == ""


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("list", "--folder", "/nowhere"), 1, "there is no gallery"),
        (("list", "--kind", "film"), 2, "--kind"),
        (("list", "--since", "yesterday"), 2, "--since"),
        (("show", "99"), 1, "no entry 99"),
        (("delete", "Nobody", "--yes"), 1, "nothing of Nobody is in the gallery"),
    ],
)
def test_gallery_errors_are_one_clear_line(folder: Path, arguments: tuple[str, ...], code: int, text: str) -> None:
    extra = () if "--folder" in arguments else ("--folder", str(folder))
    done = run(gallery_command, *arguments, *extra)
    assert done.exit_code == code
    assert text in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_property_list_becomes_what_replies_offer_from(tmp_path: Path, workbook: Path) -> None:
    data = tmp_path / "data"
    DataFolder.create(data, partitions=1)
    done = run(gallery_command, "import", workbook, "--folder", data, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["table"], told["rows"], told["changed"]) == ("properties", 3, True)
    assert [refused["row"] for refused in told["refused"]] == [4]
    read = read_lookup(lookup_file(data, "properties"))
    assert not read.problems
    inventory = Inventory.from_rows([by_field(row) for row in read.rows])
    assert not inventory.problems
    found = inventory.match(Wanted(project="Marina Gate 1"), 5)
    assert [(one.reference, one.bedrooms, one.price, one.size) for one in found] == [
        ("B-1204 Marina Gate 1", 2, 2_150_000.0, 1250.0)
    ]
    assert not inventory.match(Wanted(project="Cedar Heights"), 5)  # it is rented
    assert json.loads(run(gallery_command, "import", workbook, "--folder", data, "--json").stdout)["changed"] is False


def test_a_contact_list_that_was_sent_is_imported_by_its_number(tmp_path: Path) -> None:
    data = tmp_path / "data"
    DataFolder.create(data, partitions=1)
    table = Table(name="csv", header=("Name", "Phone"), rows=(("Sara", "+971501234567"), ("Nobody", "")))
    gallery = Gallery(ContentStore(data / "media"), GallerySettings(), writable=True)
    entry = GalleryEntry(number=0, conversation="c", message_id="m", sha256="ab" * 32)
    number = gallery.add(entry, reading=Reading(name="list.csv", tables=(table,)))
    bare = gallery.add(GalleryEntry(number=0, conversation="c", message_id="m2", sha256="cd" * 32))
    gallery.close()
    done = run(gallery_command, "import", number, "--folder", data)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("1 rows are the table contacts now")
    assert "row 2: it has neither phone nor email" in done.stdout
    assert read_lookup(lookup_file(data, "contacts")).rows == ({"name": "Sara", "phone": "+971501234567"},)
    for wrong, reason in ((bare, "is kept"), (99, "no entry 99"), (tmp_path / "nothing.csv", "no such file")):
        done = run(gallery_command, "import", wrong, "--folder", data)
        assert done.exit_code == 1
        assert reason in done.stderr
    (tmp_path / "prose.txt").write_text("no list at all")
    assert "no list of" in run(gallery_command, "import", tmp_path / "prose.txt", "--folder", data).stderr
    assert run(gallery_command, "import", tmp_path / "prose.txt", "--folder", tmp_path / "nowhere").exit_code == 1
