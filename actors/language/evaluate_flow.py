"""Scores of context-switch detection on labelled dialogues."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from actors.language.errors import LanguageError
from actors.language.evaluate import Counts
from actors.language.evaluate_records import RecordError, clean_text

DEFAULT_DETECTOR: Final = "actors.language.flow.analyzer:ConversationFlowAnalyzer"


class DetectorError(LanguageError):
    """A switch detector that does not exist or cannot be loaded."""


class SwitchDetector(Protocol):
    """Tells, turn by turn, whether a dialogue has moved to another matter."""

    def reset(self) -> None:
        """Forget the dialogue so far."""
        ...

    def turn(self, speaker: str, text: str) -> bool:
        """Take the next turn.

        Args:
            speaker: who speaks; ``user`` for the customer.
            text: what is said.

        Returns:
            whether this turn switches the context.
        """
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of a dialogue; ``switch`` is None where it is not labelled."""

    speaker: str
    text: str
    switch: bool | None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A labelled dialogue."""

    id: str
    turns: tuple[Turn, ...]


def load_detector(name: str = DEFAULT_DETECTOR) -> SwitchDetector:
    """Load a detector.

    Args:
        name: ``module:attribute``, called without arguments.

    Returns:
        the detector.

    Raises:
        DetectorError: it cannot be imported or made.
    """
    module, separator, attribute = name.partition(":")
    if not separator:
        raise DetectorError(f"detector {name!r} is not module:attribute")
    try:
        return cast("SwitchDetector", getattr(importlib.import_module(module), attribute)())
    except (ImportError, AttributeError, TypeError, OSError, LanguageError) as error:
        raise DetectorError(f"switch detector {name!r} cannot be loaded: {error}") from error


def read_dialogues(lines: Iterable[str], name: str) -> tuple[list[Dialogue], list[str]]:
    """Read a set of dialogues; a bad line is left out.

    Args:
        lines: the file's lines, a JSON object each.
        name: the file's name, for the problems.

    Returns:
        the dialogues, and one line for each problem, ``name:line: what``.
    """
    dialogues: list[Dialogue] = []
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            dialogues.append(_dialogue(line))
        except RecordError as error:
            problems.append(f"{name}:{number}: {error}")
    return dialogues, problems


def _dialogue(line: str) -> Dialogue:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("turns"), list):
        raise RecordError("no field 'turns' with a list")
    turns = []
    for number, turn in enumerate(data["turns"], 1):
        if not isinstance(turn, dict) or not isinstance(turn.get("text"), str):
            raise RecordError(f"turn {number} has no text")
        switch = turn.get("switch")
        if switch is not None and not isinstance(switch, bool):
            raise RecordError(f"turn {number}: 'switch' is not true or false")
        turns.append(Turn(str(turn.get("speaker", "user")), clean_text(turn["text"]), switch))
    return Dialogue(str(data.get("id", "")), tuple(turns))


def score_flow(dialogues: Sequence[Dialogue], detector: SwitchDetector) -> dict[str, Any]:
    """Score a detector; every turn is given to it, the labelled ones count.

    Args:
        dialogues: the set.
        detector: what is scored.

    Returns:
        ``precision``, ``recall``, ``f1`` with counts, the number of dialogues, of labelled turns and of switches.
    """
    counts = Counts()
    labelled = switches = exact = 0
    for dialogue in dialogues:
        detector.reset()
        right = True
        for turn in dialogue.turns:
            found = bool(detector.turn(turn.speaker, turn.text))
            if turn.switch is None:
                continue
            labelled += 1
            switches += turn.switch
            counts.tp += turn.switch and found
            counts.fp += found and not turn.switch
            counts.fn += turn.switch and not found
            right = right and found == turn.switch
        exact += right
    return {
        "dialogues": len(dialogues),
        "turns": labelled,
        "switches": switches,
        "dialogues_right": exact,
        **counts.scores(),
    }
