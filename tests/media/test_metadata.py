"""Camera data and place go from what is kept, also of pictures that nobody can or will decode."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from actors.media.content_store import ContentStore
from actors.media.errors import UnreadableError
from actors.media.fields import entity_extractor
from actors.media.image_reader import ImageReader, OcrEngines
from actors.media.joining import row_note
from actors.media.kind import Detected
from actors.media.metadata import stripped, without_metadata
from actors.media.metadata_tiff import little_exif
from actors.media.picture import thumbnail
from actors.media.sandboxed_readers import SandboxedReaders
from actors.media.settings import MediaSettings, MediaWorkerConfig
from actors.media.worker_actor import ReadingDesk
from messages.media import Reading, ReadItem
from stress.media_scenes import sign
from tests.media.conftest import Read
from tests.media.test_picture import GPS, with_camera_facts

SECRETS = (b"SecretCamera", b"SecretComment")


def place_in(data: bytes) -> dict[int, object]:
    return dict(Image.open(io.BytesIO(data)).getexif().get_ifd(GPS))


@pytest.mark.parametrize("form", ["TIFF", "AVIF"])
@pytest.mark.parametrize("keep_location", [False, True])
def test_tiff_and_avif_lose_camera_facts_and_keep_pixels(form: str, *, keep_location: bool) -> None:
    data = with_camera_facts(sign(3).image, form)
    clean = without_metadata(data, keep_location=keep_location)
    assert SECRETS[0] in data
    assert SECRETS[0] not in clean
    assert bool(place_in(clean)) is keep_location
    before, after = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(clean))
    assert after.getexif().get(0x0112) == 6  # before pixels are loaded: Pillow turns a TIFF then
    assert after.tobytes() == before.tobytes()
    assert without_metadata(clean, keep_location=keep_location) == clean


def test_a_tiff_of_two_pages_is_cleaned_on_both() -> None:
    target = io.BytesIO()
    pages = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
    pages[0].save(target, "TIFF", save_all=True, append_images=pages[1:], description="SecretCamera and where it was")
    clean = without_metadata(target.getvalue())
    assert b"SecretCamera" in target.getvalue()
    assert b"SecretCamera" not in clean
    after = Image.open(io.BytesIO(clean))
    assert getattr(after, "n_frames", 1) == 2
    after.seek(1)
    assert after.convert("RGB").getpixel((3, 3)) == (0, 0, 255)


def test_a_tiff_whose_comment_claims_the_pixels_keeps_them() -> None:
    strip = bytes(range(12))
    entries = [(256, 3, 1, 2), (257, 3, 1, 2), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 2), (270, 2, 12, 8),
               (273, 4, 1, 8), (277, 3, 1, 3), (278, 3, 1, 2), (279, 4, 1, 12)]  # fmt: skip
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    data = b"II*\0" + struct.pack("<I", 20) + strip + directory + bytes(4)
    assert without_metadata(data)[8:20] == strip


def test_a_gif_comment_goes_and_its_frames_stay() -> None:
    target = io.BytesIO()
    frames = [Image.new("P", (30, 20), number) for number in (1, 2)]
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:], comment=b"SecretComment", loop=3)
    clean = without_metadata(target.getvalue() + b"SecretTail")
    assert b"SecretComment" in target.getvalue()
    assert b"Secret" not in clean
    after = Image.open(io.BytesIO(clean))
    assert (getattr(after, "n_frames", 1), after.info["loop"]) == (getattr(Image.open(target), "n_frames", 1), 3)


def test_a_thumbnail_does_not_take_the_comment_along() -> None:
    image = Image.new("RGB", (40, 30), "red")
    image.info["comment"] = b"SecretComment"
    assert b"SecretComment" not in thumbnail(image, 20)


def test_png_and_webp_keep_only_parts_that_show_the_picture() -> None:
    target = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(target, "PNG")
    body = b"caBX" + b"SecretMaker"
    chunk = struct.pack(">I", 11) + body + struct.pack(">I", zlib.crc32(body))
    data = target.getvalue()
    assert without_metadata(data[:33] + chunk + data[33:]) == data
    target = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(target, "WEBP", lossless=True)
    data = target.getvalue()
    odd = data[:4] + struct.pack("<I", len(data) + 12) + data[8:] + b"NOTE" + struct.pack("<I", 12) + b"SecretMaker!"
    assert without_metadata(odd) == data


def test_a_cut_off_picture_is_cleaned_as_far_as_it_goes() -> None:
    for form in ("JPEG", "PNG", "TIFF"):
        data = with_camera_facts(sign(1).image, form)
        clean = without_metadata(data[: len(data) // 2])
        assert SECRETS[0] not in clean
        assert len(clean) > len(data) // 4


def test_turned_by_xmp_alone_stays_turned() -> None:
    target = io.BytesIO()
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="8" photoshop:City="SecretCity"/></x:xmpmeta>'
    Image.new("RGB", (20, 20)).save(target, "JPEG", xmp=xmp)
    clean = without_metadata(target.getvalue())
    assert b"SecretCity" not in clean
    assert Image.open(io.BytesIO(clean)).getexif().get(0x0112) == 8


def test_damaged_exif_goes_and_never_raises() -> None:
    whole = with_camera_facts(Image.new("RGB", (4, 4)), "TIFF")
    for end in range(len(whole)):
        assert len(little_exif(whole[:end], keep_location=True)) < 400


@pytest.mark.parametrize("data", [b"II+\0" + bytes(20), b"\0\0\0\x18ftypheic\0\0\0\0mif1heic????????????"])
def test_what_cannot_be_cleaned_says_so(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnreadableError):
        without_metadata(data)
    path = tmp_path / "x"
    path.write_bytes(data)
    assert stripped(path)[0] == b""
    assert stripped(path)[1].startswith("camera data and place, if it has any, stay in what is kept: ")


def test_a_picture_above_the_bound_is_cleaned_all_the_same(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "big.png"
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    Image.new("1", (8000, 8000)).save(path, exif=exif)
    reading = read(path, keep=True)
    assert "megapixels" in reading.error
    assert reading.cleaned
    assert b"SecretCamera" not in reading.cleaned


class Broken(OcrEngines):
    """Engines that fail as OpenCV does."""

    def for_tier(self, tier: object) -> tuple[object, tuple[str, ...]]:  # type: ignore[override]
        raise RuntimeError(f"OpenCV({tier}) error:\n  in /root/opencv/resize.cpp")


def test_a_picture_whose_ocr_fails_is_cleaned_and_its_error_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(with_camera_facts(sign(1).image, "JPEG"))
    settings = MediaSettings()
    reader = ImageReader(settings, Broken(settings), entity_extractor())
    reading = reader.read(path, Detected("image", "image/jpeg", "jpeg"), ReadItem(key=1, path=str(path), keep=True))
    assert reading.error.startswith("its reader failed: RuntimeError: OpenCV(full) error:")
    assert "\n" not in reading.error
    assert b"SecretCamera" not in reading.cleaned
    assert reading.cleaned


class Killed(SandboxedReaders):
    """Readers of which each picture's is killed."""

    def read(self, item: ReadItem) -> Reading:
        return Reading(name=item.name, kind="image", mime="image/jpeg", error="reading it took longer than 30 s")


def test_a_picture_whose_reader_was_killed_is_cleaned_by_its_worker(tmp_path: Path) -> None:
    store = ContentStore(tmp_path / "media")
    settings = MediaSettings()
    desk = ReadingDesk(MediaWorkerConfig(media=settings, folder=store.folder), Killed(settings))
    kept = store.keep(io.BytesIO(with_camera_facts(sign(1).image, "JPEG")), "x.jpg")
    asked = ReadItem(key=1, path=str(store.path(kept.sha256)), sha256=kept.sha256, conversation="c", message_id="m")
    read = desk.read(asked)
    assert read.reading.error == "reading it took longer than 30 s"
    assert read.sha256 not in {"", kept.sha256}
    assert b"SecretCamera" not in store.path(read.sha256).read_bytes()
    desk.close()


def test_a_picture_that_nobody_can_clean_says_so_on_its_row(tmp_path: Path) -> None:
    store = ContentStore(tmp_path / "media")
    settings = MediaSettings()
    desk = ReadingDesk(MediaWorkerConfig(media=settings, folder=store.folder), Killed(settings))
    kept = store.keep(io.BytesIO(b"II+\0" + bytes(20)), "x.tif")
    asked = ReadItem(key=1, path=str(store.path(kept.sha256)), sha256=kept.sha256, conversation="c", message_id="m")
    read = desk.read(asked)
    assert read.sha256 == ""
    assert row_note(read.reading) == (
        "unread: reading it took longer than 30 s; camera data and place, if it has any, stay in what is kept: "
        "camera data cannot be taken out of BigTIFF files"
    )
    desk.close()
