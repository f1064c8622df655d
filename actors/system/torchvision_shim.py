"""Let ``torchvision`` import beside a CPU-only torch whose wheel lacks torchvision's compiled operators.

flair, ``transformers.pipeline`` and easyocr import torchvision; with a mismatching pair its import stops at two
operators that nothing here ever calls. Their schemas are declared, not implemented, and only after a plain import
has failed for that reason.
"""

from __future__ import annotations

from typing import Any, Final

OPERATORS: Final = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_LIBRARIES: list[Any] = []  # a torch Library's registrations live as long as the object


def ensure_torchvision() -> bool:
    """Make ``import torchvision`` work in this process.

    Returns:
        True where the schemas had to be declared, False where torchvision imports by itself.

    Raises:
        ImportError: torchvision is not installed.
        RuntimeError: it fails for another reason.
    """
    import sys

    try:
        import torchvision
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    else:
        return False
    import torch

    for name in [n for n in sys.modules if n == "torchvision" or n.startswith("torchvision.")]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in OPERATORS:
        library.define(schema)
    _LIBRARIES.append(library)
    import torchvision  # noqa: F401

    return True
