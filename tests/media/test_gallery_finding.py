"""``majlis gallery list`` by units that lists hold and conversations with wildcards; ``show`` by the settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from actors.console import gallery_finding
from actors.console.gallery import command
from actors.media.content_store import ContentStore
from actors.media.gallery import Gallery
from actors.media.gallery_index import Query
from actors.media.settings import GallerySettings
from messages.media import GalleryEntry, Reading, Table

STOCK = Table(
    name="Stock",
    header=("Unit", "Project", "Bedrooms", "Price"),
    rows=(
        ("B-1204", "Marina Gate 2", "3", "2450000"),
        ("a-302", "Creek Horizon", "1", "1150000"),
        ("V 17", "Palm Villas", "", ""),
    ),
)


def text_of(table: Table) -> str:
    return "\n".join("\t".join(row) for row in (table.header, *table.rows))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    gallery = Gallery(ContentStore(tmp_path / "media"), GallerySettings(), writable=True)

    def add(number: int, conversation: str, reading: Reading | None = None, **facts: Any) -> None:
        entry = GalleryEntry(
            number=0, conversation=conversation, message_id=f"m{number}", sha256=f"{number:02x}" * 32, **facts
        )
        assert gallery.add(entry, reading=reading) == number

    listed = Reading(name="stock.xlsx", kind="document", tables=(STOCK,), text=text_of(STOCK))
    fields: dict[str, Any] = {"unit": ["B-1204", "A-302"]}
    add(1, "Sophie Bennett", at_ms=1000, kind="image", unit="A-302", phash="00000000000000ff")
    add(2, "Omar [team]", listed, at_ms=2000, kind="document", text=listed.text, unit="B-1204")
    add(3, "Sophie Marsh", at_ms=2000, kind="image", fields=fields, unit="B-1204", phash="000000000000000f")
    add(4, "Omar [tem]", at_ms=2000, kind="document", text="Bedrooms\t3\nA-3025\tx", phash="")
    gallery.close()
    return tmp_path


def run(data: Path, *arguments: object) -> Result:
    return CliRunner().invoke(command, [*map(str, arguments), "--folder", str(data), "--json"])  # type: ignore[arg-type]


def numbers(data: Path, *arguments: object) -> list[int]:
    done = run(data, "list", *arguments)
    assert done.exit_code == 0, done.stderr
    return [json.loads(line)["number"] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("page", [1, 2, 500])
@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("--unit", "a-302"), [3, 2, 1]),
        (("--unit", "A- 302"), [3, 2, 1]),
        (("--unit", "v-17"), []),
        (("--unit", "V17"), [2]),
        (("--unit", "3"), [4]),  # in the list that is the number of bedrooms
        (("--unit", "A-302", "--limit", 1), [3]),
        (("--unit", "A-302", "--kind", "document"), [2]),
        (("--conversation", "Sophie*"), [3, 1]),
        (("--conversation", "sophie*"), []),
        (("--conversation", "Omar [te?m]"), [2]),
        (("--conversation", "*", "--unit", "a-302"), [3, 2, 1]),
        (("--conversation", "Sophie Marsh"), [3]),
        (("--conversation", "*", "--until", "1970-01-01T00:00:02+00:00"), [1]),
    ],
)
def test_units_of_lists_and_conversations_with_wildcards(
    data: Path, monkeypatch: pytest.MonkeyPatch, page: int, arguments: tuple[object, ...], wanted: list[int]
) -> None:
    monkeypatch.setattr(gallery_finding, "_PAGE", page)
    assert numbers(data, *arguments) == wanted


def test_pages_never_repeat_or_lose_an_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery_finding, "_PAGE", 2)
    gallery = Gallery(ContentStore(tmp_path / "media"), GallerySettings(), writable=True)
    for number in range(12):
        gallery.add(
            GalleryEntry(number=0, conversation=f"c{number}", message_id="m", sha256="ab" * 32, at_ms=number // 5)
        )
    found = [entry.number for entry in gallery_finding.found(gallery, Query(conversation="c*", limit=99))]
    gallery.close()
    assert sorted(found) == list(range(1, 13))
    assert len(found) == 12


def test_show_takes_the_bound_of_the_settings(data: Path, tmp_path: Path) -> None:
    def near(*arguments: object) -> list[int]:
        done = run(data, "show", 1, *arguments)
        assert done.exit_code == 0, done.stderr
        return [each["number"] for each in json.loads(done.stdout)["near_duplicates"]]

    config = tmp_path / "majlis.toml"
    config.write_text("[gallery]\nnear_duplicate_bits = 2\n")
    assert near() == [3]
    assert near("--config", config) == []
