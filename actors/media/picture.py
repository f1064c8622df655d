"""Open a picture within bounds, upright and scaled; judge it, clean it, and make its thumbnail and hash."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from actors.media.error_text import error_text
from actors.media.errors import TooLargeError, UnreadableError
from actors.media.settings import MediaSettings

if TYPE_CHECKING:
    from PIL import Image

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_ORIENTATION, _GPS_IFD, _TAKEN = 0x0112, 0x8825, 0x9003
_QUALITY_SIDE_PX = 640
_LEAST_SIDE_PX = 32


class Picture(NamedTuple):
    """A picture ready to read: RGB, upright, its longest side within the bound."""

    image: Image.Image
    width: int
    height: int
    location: tuple[float, float] | None
    taken: str
    notes: tuple[str, ...]


def open_picture(path: Path, settings: MediaSettings) -> Picture:
    """Open a picture, upright and scaled for reading.

    Args:
        path: the file.
        settings: bounds on pixels.

    Returns:
        the picture; ``width`` and ``height`` are those of the whole one after orientation.

    Raises:
        TooLargeError: it has more pixels than allowed.
        UnreadableError: it is damaged or of no known format.
    """
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # the bound is checked below, before any pixel is decoded
    notes: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = _loaded(path, settings, notes)
            whole = image.size if image.format != "JPEG" else _size(path)
            exif = image.getexif()
            location, taken = _where(exif), str(exif.get_ifd(0x8769).get(_TAKEN, "") or "")
            image = ImageOps.exif_transpose(image)
    except (
        OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, ArithmeticError, struct.error
    ) as error:  # fmt: skip
        raise UnreadableError(f"not a readable picture: {error_text(error, path)}") from error
    if exif.get(_ORIENTATION, 1) in {5, 6, 7, 8}:
        whole = (whole[1], whole[0])
    rgb = _flat(image)
    side = max(rgb.size)
    if side > settings.ocr_max_side_px:
        scale = settings.ocr_max_side_px / side
        rgb = rgb.resize(
            (max(1, round(rgb.width * scale)), max(1, round(rgb.height * scale))), Image.Resampling.LANCZOS
        )
    return Picture(rgb, whole[0], whole[1], location, taken, tuple(notes))


def _check_size(image: Image.Image, settings: MediaSettings) -> None:
    width, height = image.size
    bound = settings.max_jpeg_megapixels if image.format == "JPEG" else settings.max_megapixels
    if width * height > bound * 1_000_000:
        raise TooLargeError(f"{width}x{height} pixels; at most {bound} megapixels of this format are read")


def _loaded(path: Path, settings: MediaSettings, notes: list[str]) -> Image.Image:
    """Open a picture and decode it; where it is cut off, as far as it goes."""
    from PIL import ImageFile

    image = _opened(path, settings)
    try:
        image.load()
    except OSError as error:
        if "truncated" not in str(error):
            raise
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            image = _opened(path, settings)
            image.load()
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
        notes.append("the file is cut off; the part that is there was read")
    return image


def _opened(path: Path, settings: MediaSettings) -> Image.Image:
    from PIL import Image

    image = Image.open(path, formats=_FORMATS)
    _check_size(image, settings)
    if image.format == "JPEG":
        image.draft("RGB", (settings.ocr_max_side_px, settings.ocr_max_side_px))
    return image


def _size(path: Path) -> tuple[int, int]:
    """Give a picture's own size, whatever scale it was decoded at."""
    from PIL import Image

    with Image.open(path, formats=_FORMATS) as image:
        width, height = image.size
        return width, height


def _flat(image: Image.Image) -> Image.Image:
    """Put a picture of any mode on white, as RGB."""
    from PIL import Image

    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L").convert("RGB")
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        full = image.convert("RGBA")
        ground = Image.new("RGB", full.size, "white")
        ground.paste(full, mask=full.getchannel("A"))
        return ground
    return image.convert("RGB")


def _where(exif: Any) -> tuple[float, float] | None:
    gps = exif.get_ifd(_GPS_IFD)
    try:
        latitude = _degrees(gps[2]) * (-1 if gps.get(1) == "S" else 1)
        longitude = _degrees(gps[4]) * (-1 if gps.get(3) == "W" else 1)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    return (round(latitude, 6), round(longitude, 6)) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600


def padded(image: Image.Image) -> Image.Image:
    """Put a picture that is too thin for the engines of OCR on white ground.

    Args:
        image: RGB.

    Returns:
        it, or a picture that is at least 32 pixels wide and high and has it in its middle.
    """
    from PIL import Image

    width, height = image.size
    if min(width, height) >= _LEAST_SIDE_PX:
        return image
    ground = Image.new("RGB", (max(width, _LEAST_SIDE_PX), max(height, _LEAST_SIDE_PX)), "white")
    ground.paste(image, ((ground.width - width) // 2, (ground.height - height) // 2))
    return ground


def quality(image: Image.Image) -> float:
    """Judge how well a picture can be read.

    Args:
        image: RGB.

    Returns:
        0 to 1: the product of sharpness (variance of the Laplacian, Pech-Pacheco et al. 2000, full at 300), contrast
        (standard deviation of the brightness, full at 40 of 255), exposure and resolution (full at 0.3 megapixels).
    """
    import numpy as np
    from PIL import Image

    grey = image.convert("L")
    grey.thumbnail((_QUALITY_SIDE_PX, _QUALITY_SIDE_PX), Image.Resampling.BILINEAR)
    values = np.asarray(grey, dtype=np.float32)
    if min(values.shape) < 3:
        return 0.0
    inner = values[1:-1, 1:-1]
    laplacian = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:] - 4 * inner
    sharp = min(1.0, float(laplacian.var()) / 300)
    contrast = min(1.0, float(values.std()) / 40)
    clipped = float(((values < 8) | (values > 253)).mean())
    exposure = 1.0 - 0.5 * max(0.0, clipped - 0.5) / 0.5
    size = min(1.0, image.width * image.height / 300_000)
    return round(float((sharp * contrast * size) ** (1 / 3) * exposure), 3)


def perceptual_hash(image: Image.Image) -> str:
    """Hash a picture so that near-duplicates have near hashes (DCT hash, 64 bits; the imagehash package).

    Args:
        image: RGB.

    Returns:
        16 hex digits.
    """
    import imagehash

    return str(imagehash.phash(image))


def thumbnail(image: Image.Image, side_px: int) -> bytes:
    """Make a small JPEG without metadata.

    Args:
        image: RGB.
        side_px: its longest side at most.

    Returns:
        the JPEG's bytes.
    """
    small = image.copy()
    small.info.clear()  # a comment of the original would be written with it
    small.thumbnail((side_px, side_px))
    target = io.BytesIO()
    small.save(target, "JPEG", quality=80)
    return target.getvalue()
