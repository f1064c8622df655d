"""Pictures: bounds, orientation, truncation, quality, cleaning."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter

from actors.media.errors import TooLargeError, UnreadableError
from actors.media.metadata import without_metadata
from actors.media.picture import open_picture, perceptual_hash, quality, thumbnail
from actors.media.settings import MediaSettings
from stress.media_scenes import listing, sign

SETTINGS = MediaSettings()
GPS = 0x8825


def with_camera_facts(image: Image.Image, form: str, orientation: int = 6) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretCamera"
    exif[GPS] = {1: "N", 2: (25.0, 4.0, 48.0), 3: "E", 4: (55.0, 8.0, 24.0)}
    target = io.BytesIO()
    image.save(target, form, exif=exif.tobytes(), **({"comment": b"SecretComment"} if form == "JPEG" else {}))
    return target.getvalue()


def test_a_picture_is_turned_upright_and_its_place_is_known(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(with_camera_facts(Image.new("RGB", (300, 200), "blue"), "JPEG"))
    picture = open_picture(path, SETTINGS)
    assert (picture.width, picture.height) == picture.image.size == (200, 300)
    assert picture.location == (25.08, 55.14)


def test_large_pictures_are_scaled_for_reading(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    Image.new("RGB", (4000, 3000), "blue").save(path)
    picture = open_picture(path, SETTINGS)
    assert (picture.width, picture.height) == (4000, 3000)
    assert max(picture.image.size) == SETTINGS.ocr_max_side_px


def png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes(1 << 20), 9)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(10_000, 10_000), (60_000, 60_000), (2_000_000_000, 2)])
def test_picture_bombs_are_refused_before_a_pixel_is_decoded(tmp_path: Path, width: int, height: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_claiming(width, height))
    with pytest.raises(TooLargeError, match="megapixels"):
        open_picture(path, SETTINGS)


def test_a_100_megapixel_jpeg_is_read_at_reduced_scale(tmp_path: Path) -> None:
    path = tmp_path / "big.jpg"
    Image.new("L", (12_000, 9000), 200).save(path, quality=20)
    picture = open_picture(path, SETTINGS)
    assert (picture.width, picture.height) == (12_000, 9000)
    with pytest.raises(TooLargeError):
        open_picture(path, MediaSettings(max_jpeg_megapixels=100))


def test_a_truncated_picture_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    sign(1).image.save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "cut off" in open_picture(path, SETTINGS).notes[0]
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(UnreadableError):
        open_picture(path, SETTINGS)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "x"
    image = Image.new("RGB", (50, 40), "white").convert(mode) if mode != "I;16" else Image.new(mode, (50, 40), 65_535)
    image.save(path, "TIFF")
    picture = open_picture(path, SETTINGS)
    assert picture.image.mode == "RGB"
    assert picture.image.getpixel((5, 5)) == (255, 255, 255)


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(path)
    assert open_picture(path, SETTINGS).image.getpixel((3, 3)) == (255, 255, 255)


def test_quality_falls_with_blur_and_darkness() -> None:
    sharp = sign(2).image
    blurred = sharp.filter(ImageFilter.GaussianBlur(8))
    dark = sharp.point(lambda value: value // 12)
    assert quality(sharp) > quality(blurred)
    assert quality(sharp) > quality(dark)
    assert quality(Image.new("RGB", (400, 300), "grey")) == 0.0
    assert quality(Image.new("RGB", (2, 2))) == 0.0


def test_the_same_picture_scaled_and_compressed_hashes_near(tmp_path: Path) -> None:
    original = listing(1).image
    original.resize((500, 350)).save(tmp_path / "x.jpg", quality=60)
    again = Image.open(tmp_path / "x.jpg").convert("RGB")

    def bits(one: str, other: str) -> int:
        return (int(one, 16) ^ int(other, 16)).bit_count()

    assert bits(perceptual_hash(original), perceptual_hash(again)) <= 6
    assert bits(perceptual_hash(original), perceptual_hash(sign(1).image)) > 6


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("keep_location", [False, True])
def test_cleaning_takes_camera_facts_and_keeps_pixels_and_orientation(form: str, *, keep_location: bool) -> None:
    image = sign(3).image
    data = with_camera_facts(image, form)
    clean = without_metadata(data, keep_location=keep_location)
    assert b"SecretCamera" in data
    assert b"SecretCamera" not in clean
    assert b"SecretComment" not in clean
    before, after = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(clean))
    assert after.tobytes() == before.tobytes()
    kept = after.getexif()
    assert kept.get(0x0112) == 6
    assert bool(kept.get_ifd(GPS)) is keep_location
    if keep_location:
        assert float(kept.get_ifd(GPS)[2][1]) == 4.0


def test_cleaning_drops_what_follows_a_jpeg_and_progressive_scans_stay() -> None:
    target = io.BytesIO()
    sign(1).image.save(target, "JPEG", progressive=True, icc_profile=b"profile" * 10)
    clean = without_metadata(target.getvalue() + b"HIDDEN VIDEO")
    assert b"HIDDEN VIDEO" not in clean
    after = Image.open(io.BytesIO(clean))
    assert after.tobytes() == Image.open(io.BytesIO(target.getvalue())).tobytes()
    assert after.info["icc_profile"] == b"profile" * 10


def test_cleaning_png_text_and_other_formats() -> None:
    from PIL.PngImagePlugin import PngInfo

    facts = PngInfo()
    facts.add_text("Author", "SecretName", zip=False)
    target = io.BytesIO()
    Image.new("RGB", (20, 20)).save(target, "PNG", pnginfo=facts)
    assert b"SecretName" not in without_metadata(target.getvalue())
    assert without_metadata(b"GIF89a....") == b"GIF89a...."
    with pytest.raises(UnreadableError):
        without_metadata(b"\xff\xd8\xff\xe0")


def test_thumbnails_are_small_and_without_metadata() -> None:
    image = Image.open(io.BytesIO(thumbnail(sign(1).image, 128)))
    assert max(image.size) == 128
    assert not image.getexif()
    ImageDraw.Draw(image)
