"""Train the name tagger: a Flair ``SequenceTagger`` with a CRF on the fine-tuned encoder's word vectors.

The encoder stands still here, in the int8 form that will run, so that the tagger learns on what it will see.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np

from actors.language.corpus.loader import Example, parse
from actors.language.corpus.slots import refill, respell
from actors.language.hybrid_encoder import EncoderRuntime, Reading
from actors.language.tagger.decode import TagDecoder
from actors.language.tagger.words import SHAPES, shapes
from actors.language.training.encoder import word_tags

COPIES: Final = 4
"""How often a message with names is varied; one without stands once."""
TEMPLATE_COPIES: Final = 12


def vary(examples: Sequence[Example], rng: random.Random, copies: int) -> list[Example]:
    """Make the tagger's training set.

    Args:
        examples: the corpus.
        rng: source of chance.
        copies: variants of each message that holds names.

    Returns:
        varied messages.
    """
    out = []
    for example in examples:
        if example.source.startswith("general"):
            continue
        out += [respell(refill(example, rng, 0.85), rng) for _ in range(copies if example.spans else 1)]
    return out


def train(
    examples: Sequence[Example],
    encoder: EncoderRuntime,
    out: Path,
    tell: Callable[[str], None],
    *,
    seed: int,
    epochs: int,
    threads: int,
) -> dict[str, float]:
    """Train and write a tagger.

    Args:
        examples: the corpus.
        encoder: the runtime of the exported encoder.
        out: file to write; Flair's own files go to a scratch folder beside it and are removed.
        tell: takes a line of progress.
        seed: of every source of chance.
        epochs: passes.
        threads: of torch.

    Returns:
        span F1 on names that training did not see, strict.
    """
    import shutil

    from actors.system.torchvision_shim import ensure_torchvision

    ensure_torchvision()
    import flair
    import torch
    from flair.data import Corpus, Sentence
    from flair.datasets import FlairDatapointDataset
    from flair.embeddings import TokenEmbeddings
    from flair.models import SequenceTagger
    from flair.trainers import ModelTrainer

    torch.set_num_threads(threads)
    flair.device = torch.device("cpu")
    flair.set_seed(seed)

    class WordVectors(TokenEmbeddings):  # type: ignore[misc]
        """Vectors that the int8 encoder gave beforehand, with each word's shape behind them."""

        def __init__(self) -> None:
            super().__init__()
            self.name = "int8-encoder+shape"

        @property
        def embedding_length(self) -> int:
            return WIDTH + SHAPES

        @property
        def embedding_type(self) -> str:
            return "word-level"

        def _add_embeddings_internal(self, sentences: list[Any]) -> list[Any]:
            for sentence in sentences:
                for token, vector in zip(sentence, table[sentence.get_label("row").value], strict=True):
                    token.set_embedding(self.name, torch.from_numpy(vector))
            return sentences

    WIDTH = 384  # noqa: N806 - the hidden size of both encoders
    table: dict[str, np.ndarray[Any, Any]] = {}

    def sentences(part: Sequence[Example], mark: str) -> list[Any]:
        readings: list[Reading] = encoder.read([e.text for e in part])
        out = []
        for i, (example, reading) in enumerate(zip(part, readings, strict=True)):
            sentence = Sentence([w for w, _, _ in reading.words])
            row = f"{mark}{i}"
            sentence.add_label("row", row)
            table[row] = np.concatenate([reading.hidden, np.array(shapes(reading.words), dtype=np.float32)], axis=1)
            opened = None
            tags = word_tags(example, reading.words)
            for at in range(len(tags) + 1):
                tag = tags[at] if at < len(tags) else "O"
                if opened is not None and not tag.startswith("I-"):
                    sentence[opened:at].add_label("ner", tags[opened][2:])
                    opened = None
                if tag.startswith("B-"):
                    opened = at
            out.append(sentence)
        return out

    rng = random.Random(seed)  # noqa: S311 - reproducible training, not secrets
    content = files("actors.language.corpus").joinpath("names.txt").read_text(encoding="utf-8")
    languages = {e.lang for e in examples}
    templates = [e for e in parse(content, "names.txt") if e.lang in languages]
    varied = vary(examples, rng, COPIES) + vary(templates, rng, TEMPLATE_COPIES)
    train_set = sentences(varied, "t")
    check_rng = random.Random(seed + 1)  # noqa: S311 - as above
    check = sentences([refill(e, check_rng, 1.0) for e in examples if e.spans], "c")
    corpus = Corpus(
        train=FlairDatapointDataset(train_set), dev=FlairDatapointDataset(check), test=FlairDatapointDataset(check)
    )
    tagger = SequenceTagger(
        hidden_size=64,
        embeddings=WordVectors(),
        tag_dictionary=corpus.make_label_dictionary("ner", add_unk=False),
        tag_type="ner",
        tag_format="BIO",
        use_rnn=False,
        use_crf=True,
        reproject_embeddings=False,
        dropout=0.1,
        word_dropout=0.0,
        locked_dropout=0.0,
    )
    scratch = out.with_name("flair")
    result = ModelTrainer(tagger, corpus).train(
        str(scratch),
        optimizer=torch.optim.AdamW,
        learning_rate=0.01,
        mini_batch_size=64,
        max_epochs=epochs,
        embeddings_storage_mode="none",
        save_final_model=False,
        monitor_test=False,
        use_final_model_for_eval=True,
        train_with_dev=True,
    )
    tags = [t.decode() if isinstance(t, bytes) else str(t) for t in tagger.label_dictionary.idx2item]
    np.savez(
        out,
        tags=np.array(tags),
        weights=tagger.linear.weight.detach().numpy().T,
        bias=tagger.linear.bias.detach().numpy(),
        transitions=tagger.crf.transitions.detach().numpy(),
    )
    shutil.rmtree(scratch, ignore_errors=True)
    tell(f"tagger: F1 {result['test_score']:.3f} on new names")
    return {"names_f1_new_names": round(float(result["test_score"]), 4)}


def span_f1(examples: Sequence[Example], encoder: EncoderRuntime, decoder: TagDecoder) -> float:
    """Score the exported tagger on messages, strict.

    Args:
        examples: messages with marked names.
        encoder: the runtime.
        decoder: the exported tagger.

    Returns:
        micro F1, 0 to 1.
    """
    hits = found = wanted = 0
    for example, reading in zip(examples, encoder.read([e.text for e in examples]), strict=True):
        names = {(n.type, n.start, n.end) for n in decoder.names(reading.words, reading.hidden)}
        gold = {(s.type, s.start, s.end) for s in example.spans}
        hits, found, wanted = hits + len(names & gold), found + len(names), wanted + len(gold)
    return 2 * hits / max(1, found + wanted)
