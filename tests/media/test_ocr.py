"""Pictures are read: real engines on drawn signs, receipts and listing photos."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from actors.media import ocr_easyocr
from actors.media.engines_report import report
from actors.media.errors import EngineUnavailableError
from actors.media.fields import property_fields
from actors.media.image_reader import OcrEngines
from actors.media.ocr import OcrBox, lines_of, mean_confidence
from actors.media.sandboxed_readers import SandboxedReaders
from actors.media.settings import MediaSettings
from messages.media import Reading, ReadItem
from messages.understanding import Entity
from stress.media_bench import word_errors, word_recall
from stress.media_scenes import SCENES
from tests.media.conftest import SENT_MS, Read


def saved(folder: Path, kind: str, number: int) -> Path:
    path = folder / f"{kind}-{number}.jpg"
    SCENES[kind](number).image.save(path, quality=88)
    return path


@pytest.mark.parametrize("kind", ["sign", "receipt", "listing"])
def test_the_reduced_tier_reads_printed_text(tmp_path: Path, read: Read, kind: str) -> None:
    found = printed = 0
    for number in range(2):
        reading = read(saved(tmp_path, kind, number))
        assert (reading.engine, reading.error) == ("rapidocr", "")
        assert reading.confidence > 0.6
        one, all_ = word_recall(SCENES[kind](number).words, reading.text)
        found, printed = found + one, printed + all_
    assert found >= 0.8 * printed


@pytest.mark.slow
def test_the_full_tier_reads_with_easyocr(tmp_path: Path) -> None:
    with SandboxedReaders(MediaSettings(image_deadline_s=120, start_deadline_s=240)) as readers:
        path = saved(tmp_path, "receipt", 1)
        reading = readers.read(ReadItem(key=1, path=str(path), sent_ms=SENT_MS))
    assert (reading.engine, reading.error) == ("easyocr", "")
    found, printed = word_recall(SCENES["receipt"](1).words, reading.text)
    assert found >= 0.85 * printed, reading.text


@pytest.mark.slow
def test_the_quick_detector_sees_what_easyocrs_own_sees() -> None:
    import torch

    engine = ocr_easyocr.EasyOcrEngine(MediaSettings(ocr_bfloat16=False))
    picture = SCENES["sign"](3).image
    quick = engine.boxes(picture)
    folder, languages = ocr_easyocr.easyocr_weights(MediaSettings())
    import easyocr

    own = easyocr.Reader(list(languages), gpu=False, model_storage_directory=str(folder), verbose=False)
    pixels = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        maps, features = engine._reader.detector(pixels)
        own_maps, own_features = own.detector(pixels)
    assert torch.allclose(maps, own_maps, atol=1e-4)
    assert torch.allclose(features, own_features, atol=1e-3)
    engine._reader.detector = own.detector
    assert [(box.text, round(box.left)) for box in sorted(engine.boxes(picture))] == [
        (box.text, round(box.left)) for box in sorted(quick)
    ]


def test_lines_of_one_width_go_together_and_none_is_padded_more() -> None:
    from actors.media.ocr_networks import groups_by_width

    pieces = [(64 * (1 + number % 2), number) for number in range(19)]
    groups = list(groups_by_width(pieces))
    assert [(width, len(members)) for width, members in groups] == [(64, 8), (64, 2), (128, 8), (128, 1)]
    assert sorted(member for _, members in groups for member in members) == list(range(19))


def test_fields_of_a_listing(tmp_path: Path, read: Read) -> None:
    reading = read(saved(tmp_path, "listing", 0))  # Unit 121 Aspen Park, 4 Bedrooms 2,410 sqft, AED 234,000
    assert reading.fields["unit"] == "121"
    assert reading.fields["bedrooms"] == 4
    assert reading.fields["size_sqft"] == 2410
    assert reading.fields["price"] == 234000
    assert len(str(reading.fields["phash"])) == 16
    assert (reading.width, reading.height) == (1000, 700)


def test_a_picture_on_its_side_is_read_upright(tmp_path: Path, read: Read) -> None:
    exif = Image.Exif()
    exif[0x0112] = 8  # shown turned by 90 degrees against the clock
    path = tmp_path / "x.jpg"
    SCENES["sign"](0).image.transpose(Image.Transpose.ROTATE_270).save(path, exif=exif.tobytes())
    reading = read(path)
    found, printed = word_recall(SCENES["sign"](0).words, reading.text)
    assert found >= 0.8 * printed
    assert (reading.width, reading.height) == (1000, 700)


def test_what_is_kept_is_clean_and_the_place_only_if_configured(tmp_path: Path, read: Read) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x8825] = {1: "N", 2: (25.0, 4.0, 48.0), 3: "E", 4: (55.0, 8.0, 24.0)}
    path = tmp_path / "x.jpg"
    Image.new("RGB", (300, 200), "blue").save(path, exif=exif.tobytes())
    reading = read(path, keep=True)
    assert "latitude" not in reading.fields
    assert b"SecretCamera" not in reading.cleaned
    assert Image.open(io.BytesIO(reading.cleaned)).size == (300, 200)
    assert Image.open(io.BytesIO(reading.thumbnail)).size == (256, 171)
    assert read(path).cleaned == b""


def test_a_format_that_cannot_be_cleaned_says_so(tmp_path: Path, read: Read) -> None:
    Image.new("RGB", (60, 40)).save(tmp_path / "x.tiff", big_tiff=True)
    assert any("stay in what is kept" in note for note in read(tmp_path / "x.tiff", keep=True).notes)
    assert not any("stay in what is kept" in note for note in read(tmp_path / "x.tiff").notes)


def test_a_picture_without_text_has_none(tmp_path: Path, read: Read) -> None:
    Image.linear_gradient("L").resize((600, 400)).save(tmp_path / "x.png")
    reading = read(tmp_path / "x.png")
    assert (reading.text, reading.confidence, reading.error) == ("", 0.0, "")
    assert any("hard to read" in note for note in reading.notes)


def test_the_essential_tier_reads_no_pictures(tmp_path: Path, read: Read) -> None:
    reading = read(saved(tmp_path, "sign", 0), tier="essential")
    assert reading.text == ""
    assert "not read in the essential tier" in reading.error
    assert reading.quality > 0


def test_lines_follow_the_eye() -> None:
    boxes = [
        OcrBox("right", 0.9, 200, 12, 260, 32),
        OcrBox("below", 0.5, 10, 60, 90, 80),
        OcrBox("left", 0.9, 10, 10, 90, 30),
        OcrBox(" ", 0.9, 10, 100, 90, 120),
    ]
    assert lines_of(boxes) == ["left right", "below"]
    assert lines_of([OcrBox("للبيع", 1, 10, 10, 60, 30), OcrBox("شقة", 1, 100, 10, 160, 30)]) == ["شقة للبيع"]
    assert lines_of([]) == []
    assert mean_confidence(boxes[:2]) == pytest.approx(0.7)
    assert mean_confidence([]) == 0.0


def test_weights_with_a_wrong_checksum_are_not_loaded(tmp_path: Path) -> None:
    for name in ("craft_mlt_25k.pth", "english_g2.pth"):
        (tmp_path / name).write_bytes(b"not the weights")
    settings = MediaSettings(easyocr_models=tmp_path, ocr_engine="easyocr")
    with pytest.raises(EngineUnavailableError, match="not the listed ones"):
        OcrEngines(settings).for_tier("full")
    (tmp_path / "english_g2.pth").unlink()
    (tmp_path / "craft_mlt_25k.pth").unlink()
    with pytest.raises(EngineUnavailableError, match="are missing"):
        OcrEngines(settings).for_tier("full")


def test_missing_weights_degrade_to_the_other_engine_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr_easyocr, "packaged_weights", lambda: None)
    engine, notes = OcrEngines(MediaSettings()).for_tier("full")
    assert engine.name == "rapidocr"
    assert "no EasyOCR weights here" in notes[0]


def test_arabic_without_its_weights_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    folder, languages = ocr_easyocr.easyocr_weights(MediaSettings(ocr_languages=("ar", "en")))
    assert folder is not None
    assert languages == ("en",)
    with pytest.raises(EngineUnavailableError, match="only English"):
        ocr_easyocr.easyocr_weights(MediaSettings(ocr_languages=("ar",)))
    assert ocr_easyocr.easyocr_weights(MediaSettings(ocr_languages=("ar", "en"), allow_download=True))[0] is None


def test_the_report_names_engines_models_and_remedies() -> None:
    found = {status.name.split()[0]: status for status in report()}
    assert found["EasyOCR"].available
    assert "checksums right" in found["EasyOCR"].source
    assert found["RapidOCR"].available
    assert found["Whisper"].available
    assert not found["Vosk"].available
    assert "vosk_model" in found["Vosk"].remedy
    assert found["libmagic"].available
    lacking = {
        one.name.split()[0]: one for one in report(MediaSettings(ocr_languages=("ar", "en"), speech_language="ar"))
    }
    assert lacking["EasyOCR"].missing == "no model for ar here"
    assert not lacking["Whisper"].available


def test_fields_hold_one_value_or_the_distinct_ones() -> None:
    def price(value: int, at: int) -> Entity:
        return Entity(type="price", start=at, end=at + 1, text="x", value=value)

    assert property_fields([price(5, 0)]) == {"price": 5}
    assert property_fields([price(5, 0), price(6, 2), price(5, 4)]) == {"price": [5, 6]}
    assert property_fields([Entity(type="person", start=0, end=1, text="A", value="a")]) == {}


def test_scores_of_the_measurements() -> None:
    assert word_recall(("FOR", "SALE", "B-1204"), "for sale B1204") == (3, 3)
    assert word_recall(("a", "a"), "a") == (1, 2)
    assert word_errors("the cat sat", "the cat sat") == (0, 3)
    assert word_errors("the cat sat", "a cat") == (2, 3)
    assert word_errors("one", "") == (1, 1)
    assert Reading(name="x").text == ""
