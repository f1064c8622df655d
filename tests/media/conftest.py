"""Reader processes that the tests share, and small files of every kind, made by the libraries that own the formats."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors.media.sandboxed_readers import SandboxedReaders
from actors.media.settings import MediaSettings
from messages.media import Reading, ReadItem
from messages.understanding import Tier

FIXTURES = Path(__file__).parent / "fixtures"
VOICE_NOTE = Path(__file__).parents[2] / "stress" / "media_voice" / "voice_note.ogg"
SENT_MS = 1_772_445_600_000  # 2026-03-02T10:00:00Z
Read = Callable[..., Reading]


@pytest.fixture(scope="session")
def readers() -> Iterator[SandboxedReaders]:
    """Warm readers of the reduced tier: EasyOCR's seconds of start are paid by the tests that are about it."""
    settings = MediaSettings(ocr_engine="rapidocr", image_deadline_s=60, document_deadline_s=60)
    with SandboxedReaders(settings) as running:
        yield running


@pytest.fixture
def read(readers: SandboxedReaders) -> Read:
    """Read a file in the sandbox."""

    def run(path: Path, name: str = "", mime: str = "", tier: Tier = "full", *, keep: bool = False) -> Reading:
        return readers.read(
            ReadItem(key=1, path=str(path), name=name or path.name, mime=mime, tier=tier, sent_ms=SENT_MS, keep=keep)
        )

    return run


@pytest.fixture(scope="session")
def toy_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own 130-word Vosk model."""
    folder = tmp_path_factory.mktemp("vosk")
    with tarfile.open(FIXTURES / "vosk_toy_model.tgz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "model"


def rezipped(source: Path, target: Path, changes: dict[str, bytes]) -> Path:
    """Copy an office file with parts replaced or added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part not in changes:
                new.writestr(part, old.read(part))
        for part, data in changes.items():
            new.writestr(part, data)
    return target


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A property list of four rows as an agency keeps it."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Marina stock"
    sheet.append(["Unit No", "Building", "Beds", "Size (sqft)", "Price (AED)", "Status"])
    sheet.append(["B-1204", "Marina Gate 1", 2, 1250, 2_150_000, "Available"])
    sheet.append(["907", "Cedar Heights", "Studio", 480.5, "95k", "Rented"])
    sheet.append(["PH-1", "Park Towers", 4, 4200, "4.2M", "Available"])
    sheet.append([None, None, 1, 700, 800_000, "no unit here"])
    path = tmp_path / "stock.xlsx"
    book.save(path)
    return path


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    """A tenancy contract as a Word document."""
    import docx

    document = docx.Document()
    document.add_heading("TENANCY CONTRACT", 0)
    document.add_paragraph("Contract No: EJ-2026-00417")
    document.add_paragraph("Landlord: Khalid Rashid")
    document.add_paragraph("Tenant: Maria Santos")
    document.add_paragraph("The tenant hereby rents unit B-1204 in Marina Gate 1 for an annual rent of AED 150,000.")
    table = document.add_table(rows=2, cols=3)
    for place, text in enumerate(["Cheque", "Date", "Amount", "100231", "2026-04-01", "75,000"]):
        table.rows[place // 3].cells[place % 3].text = text
    document.add_paragraph("The security deposit is AED 7,500. Terms and conditions overleaf.")
    document.sections[0].footer.paragraphs[0].text = "Page footer reference"
    path = tmp_path / "contract.docx"
    document.save(str(path))
    return path
