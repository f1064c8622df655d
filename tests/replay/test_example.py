"""The bundled example reads completely, and is what its script makes."""

import io
from pathlib import Path

import msgspec

from actors.media.content_store import ContentStore
from actors.whatsapp.example import EXAMPLE, OWNER
from actors.whatsapp.example.make_example import PRICE_LIST, price_list_pdf, sign_jpeg
from tests.replay.exports import OPTIONS, read_path


def test_example_reads_completely(tmp_path: Path) -> None:
    store = ContentStore(tmp_path / "media")
    outcome = read_path(EXAMPLE, msgspec.structs.replace(OPTIONS, owner_names=(OWNER,)), store)
    assert outcome.rejects == []
    assert outcome.warnings == []
    by_chat = {
        m.conversation: [x for x in outcome.messages if x.conversation == m.conversation] for m in outcome.messages
    }
    assert {name: len(messages) for name, messages in by_chat.items()} == {
        "Sophie Bennett": 19,
        "Karim Haddad": 20,
        "أبو خالد": 15,
    }
    assert sum(m.kind == "system" for m in outcome.messages) == 4
    assert sum("\n" in m.text for m in outcome.messages) >= 3
    kept = {m.kind: m.attachments[0] for m in outcome.messages if m.attachments and m.attachments[0].sha256}
    assert set(kept) == {"image", "audio", "document"}
    assert all(a.note == "not yet read" for a in kept.values())
    assert store.open(kept["image"].sha256).read(2) == b"\xff\xd8"
    assert store.open(kept["audio"].sha256).read(4) == b"OggS"
    assert store.open(kept["document"].sha256).read(5) == b"%PDF-"
    assert {m.direction for m in outcome.messages} == {"in", "out"}
    assert len({m.id for m in outcome.messages}) == len(outcome.messages)
    assert EXAMPLE.stat().st_size < 300_000


def test_price_list_has_a_text_layer() -> None:
    from pypdf import PdfReader

    text = PdfReader(io.BytesIO(price_list_pdf()), strict=True).pages[0].extract_text()
    assert all(line.split()[0] in text for line in PRICE_LIST if line)


def test_sign_is_a_picture() -> None:
    from PIL import Image

    with Image.open(io.BytesIO(sign_jpeg())) as image:
        assert image.size == (900, 620)
