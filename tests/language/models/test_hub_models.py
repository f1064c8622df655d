"""Models of the hub in place of our own: real transformers checkpoints, made here, small and untrained."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from actors.language.hub_models import HubModelError, HubNames, HubSentiment, feeling_of
from actors.language.hybrid import HybridEngine
from actors.language.settings import LanguageSettings
from messages.understanding import WorkItem

pytestmark = pytest.mark.slow


def _checkpoint(folder: Path, kind: str, labels: list[str], best: int) -> str:
    """Save a tiny BERT whose head always prefers one label."""
    from actors.system.torchvision_shim import ensure_torchvision

    ensure_torchvision()
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertForTokenClassification, BertTokenizerFast

    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "call", "ada", "lovelace", "about", "rent"]
    (folder / "vocab.txt").write_text("\n".join(words))
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    made = (BertForSequenceClassification if kind == "text" else BertForTokenClassification)(config)
    with torch.no_grad():
        made.classifier.weight.zero_()
        made.classifier.bias.copy_(torch.tensor([3.0 if i == best else 0.0 for i in range(len(labels))]))
    made.save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize(
    ("label", "place", "labels", "meant"),
    [
        ("NEGATIVE", 0, 2, "negative"),
        ("Neutral", 1, 3, "neutral"),
        ("pos", 2, 3, "positive"),
        ("LABEL_0", 0, 3, "negative"),
        ("LABEL_2", 2, 3, "positive"),
        ("LABEL_1", 1, 2, ""),
        ("1 star", 0, 5, "negative"),
        ("3 stars", 2, 5, "neutral"),
        ("5 stars", 4, 5, "positive"),
        ("joy", 3, 6, ""),
    ],
)
def test_labels_of_usual_checkpoints_are_understood(label: str, place: int, labels: int, meant: str) -> None:
    assert feeling_of(label, place, labels) == meant


def test_a_sentiment_model_takes_over_sentiment_and_nothing_else(models: Path, tmp_path: Path) -> None:
    name = _checkpoint(tmp_path / "s", "text", ["LABEL_0", "LABEL_1", "LABEL_2"], 2)
    text = "the sink leaks again, this is awful"
    ours = HybridEngine.load(models, "full", "AE").understand([WorkItem(key=1, text=text)])[0].understanding
    engine = HybridEngine.load(models, "full", "AE", LanguageSettings(models=models, sentiment_model=name))
    theirs = engine.understand([WorkItem(key=1, text=text)])[0].understanding
    assert ours is not None
    assert theirs is not None
    assert (ours.sentiment, theirs.sentiment) == ("negative", "positive")
    assert theirs.sentiment_score == pytest.approx((20.0855 - 1) / 22.0855, abs=1e-3)
    assert (theirs.intent, theirs.urgent) == (ours.intent, ours.urgent)
    assert engine.understand([WorkItem(key=2, text="")])[0].understanding.sentiment == "neutral"  # type: ignore[union-attr]


def test_a_names_model_takes_over_names(models: Path, tmp_path: Path) -> None:
    name = _checkpoint(tmp_path / "n", "tokens", ["O", "PER"], 1)
    found = HubNames.load(name).names(["call ada", ""])
    assert [(n.type, n.start, n.end) for n in found[0]] == [("person", 0, 8)]
    assert found[1] == []
    engine = HybridEngine.load(models, "full", "AE", LanguageSettings(models=models, names_model=name))
    got = engine.understand([WorkItem(key=1, text="ada lovelace")])[0].understanding
    assert got is not None
    assert [(e.type, e.text) for e in got.entities] == [("person", "ada lovelace")]


def test_what_cannot_be_had_or_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(HubModelError, match="nowhere"):
        HubSentiment.load(str(tmp_path / "nowhere"))
    with pytest.raises(HubModelError, match="no sentiment"):
        HubSentiment.load(_checkpoint(tmp_path / "j", "text", ["joy", "anger"], 0))
    with pytest.raises(HubModelError, match="no names"):
        HubNames.load(_checkpoint(tmp_path / "v", "tokens", ["NOUN", "VERB"], 0))
    with pytest.raises(ValidationError, match="one of them"):
        LanguageSettings(flair_model="a", names_model="b")
