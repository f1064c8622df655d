"""Another Flair model in place of the built tagger: loaded from a path, refused clearly where it is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.language.tagger.flair_names import FlairModelError, FlairNames
from actors.system.torchvision_shim import ensure_torchvision

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small untrained Flair tagger, saved."""
    ensure_torchvision()
    import flair
    import torch
    from flair.data import Dictionary
    from flair.embeddings import OneHotEmbeddings
    from flair.models import SequenceTagger

    flair.device = torch.device("cpu")
    flair.set_seed(3)
    labels = Dictionary(add_unk=False)
    for label in ("person", "location", "fruit"):
        labels.add_item(label)
    words = Dictionary(add_unk=True)
    for word in ("Sara", "Leeds", "Tom", "in"):
        words.add_item(word)
    tagger = SequenceTagger(OneHotEmbeddings(words, embedding_length=8), labels, "ner", use_rnn=False, use_crf=False)
    path = tmp_path_factory.mktemp("flair") / "tagger.pt"
    tagger.save(path)
    return path


def test_a_model_by_path_gives_names_of_known_types(saved: Path) -> None:
    texts = ["Sara lives in Leeds with Tom and Ann near Camden Lock", "", "ok"]
    found = FlairNames.load(str(saved)).names(texts)
    assert len(found) == 3
    assert found[1] == []
    assert {n.type for names in found for n in names} <= {"person", "location"}
    for text, names in zip(texts, found, strict=True):
        assert all(0 <= n.start < n.end <= len(text) for n in names)


def test_a_missing_model_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FlairModelError, match="nosuch"):
        FlairNames.load(str(tmp_path / "nosuch.pt"))
