"""RapidOCR: PP-OCR models on ONNX Runtime, in its wheel; the fast engine of the reduced tier."""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING, Any

from actors.media.errors import EngineUnavailableError
from actors.media.ocr import OcrBox
from actors.media.settings import MediaSettings

if TYPE_CHECKING:
    from PIL import Image


class RapidOcrEngine:
    """RapidOCR with the models of its wheel (Chinese and English letters).

    Args:
        settings: threads.

    Raises:
        EngineUnavailableError: the package is not here, or the asked languages are none of its.
    """

    def __init__(self, settings: MediaSettings) -> None:
        if importlib.util.find_spec("rapidocr") is None:
            raise EngineUnavailableError("the package rapidocr is not installed")
        if "en" not in settings.ocr_languages:
            raise EngineUnavailableError(f"RapidOCR does not read {', '.join(settings.ocr_languages)}")
        from rapidocr import RapidOCR

        logging.getLogger("RapidOCR").setLevel(logging.ERROR)
        self.name = "rapidocr"
        self.languages = ("en",)
        threads = settings.threads
        self._engine: Any = RapidOCR(
            params={
                "Global.log_level": "error",
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                # Its own default scales the shorter side up to 736; a longest side costs a third less, and reads the
                # drawn signs and receipts as well.
                "Det.limit_type": "max",
                "Det.limit_side_len": settings.rapidocr_canvas_px,
            }
        )

    def boxes(self, image: Image.Image) -> list[OcrBox]:
        """Find the pieces of text in an RGB picture.

        Args:
            image: RGB.

        Returns:
            the pieces, bounds in the picture's pixels.
        """
        import numpy as np

        result = self._engine(np.asarray(image)[:, :, ::-1].copy())
        if result.txts is None or result.boxes is None or result.scores is None:
            return []
        found = []
        for text, score, corners in zip(result.txts, result.scores, result.boxes, strict=True):
            across, down = corners[:, 0], corners[:, 1]
            found.append(
                OcrBox(
                    str(text),
                    float(score),
                    float(across.min()),
                    float(down.min()),
                    float(across.max()),
                    float(down.max()),
                )
            )
        return found
