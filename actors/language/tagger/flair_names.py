"""Any Flair model, by name or path, in place of the project's own tagger.

It needs Flair and torch in the worker (some 500 MB and several seconds more), which the exported tagger does not.
"""

from __future__ import annotations

from typing import Any, Final

from actors.language.errors import LanguageError
from actors.language.tagger.decode import Name

LABELS: Final = {
    "PER": "person",
    "PERSON": "person",
    "LOC": "location",
    "GPE": "location",
    "FAC": "project",
    "person": "person",
    "location": "location",
    "project": "project",
}
"""Labels of the usual Flair models, and of the project's own; others are passed over."""
MAX_CHARS: Final = 4000


class FlairModelError(LanguageError, ValueError):
    """A Flair model cannot be loaded; the message says which and why."""


class FlairNames:
    """Finds names with a Flair ``SequenceTagger``.

    Args:
        tagger: the loaded model.
    """

    def __init__(self, tagger: Any) -> None:
        self._tagger = tagger

    @classmethod
    def load(cls, name: str, threads: int = 1) -> FlairNames:
        """Load a model.

        Args:
            name: a name on the model hub, which needs internet, or a path.
            threads: of torch.

        Returns:
            the finder.

        Raises:
            FlairModelError: it cannot be had.
        """
        from actors.system.torchvision_shim import ensure_torchvision

        ensure_torchvision()
        import flair
        import torch
        from flair.models import SequenceTagger

        torch.set_num_threads(threads)
        flair.device = torch.device("cpu")
        try:
            return cls(SequenceTagger.load(name))
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise FlairModelError(f"Flair model {name!r} cannot be loaded: {error}") from error

    def names(self, texts: list[str]) -> list[list[Name]]:
        """Find names.

        Args:
            texts: messages; only their first 4,000 characters are looked at.

        Returns:
            the names in each, in order.
        """
        from flair.data import Sentence

        sentences = [Sentence(t[:MAX_CHARS]) for t in texts]
        self._tagger.predict([s for s in sentences if len(s)], mini_batch_size=32)
        return [
            [
                Name(LABELS[span.tag], span.start_position, span.end_position, float(span.score))
                for span in sentence.get_spans(self._tagger.tag_type)
                if span.tag in LABELS
            ]
            for sentence in sentences
        ]
