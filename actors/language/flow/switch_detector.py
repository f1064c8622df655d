"""Context switches in task dialogues: named signals, summed in log-odds.

Weights are set by hand from what the signals mean, not fitted; ``SwitchVerdict.signals`` shows each one's part.
"""

from __future__ import annotations

import math
from typing import Final

from actors.language.flow.cues import Cue, cue_phrases
from actors.language.flow.service_matters import DEFINITE_BY_NATURE, FAIR, FAMILIES, STRONG, Evidence, service_phrases
from actors.language.flow.words import Hit, words_of
from messages.flow import FlowSignal, SwitchVerdict

_BIAS: Final = -3.4
_NEW_MATTER: Final = 4.0
_RUNNING_MATTER: Final = -2.0
_CUE: Final = 1.0
_OPENER: Final = 1.0
_TASK_DONE: Final = 1.0
_MORE_OFFERED: Final = 0.8
_OPEN_QUESTION: Final = -2.0
_ENDING: Final = -1.0
_THANKS: Final = 0.6
_DECLINED: Final = 0.6
_DETAIL: Final = -1.0
_RETURN: Final = 0.6
_FAMILY: Final = -2.5

_DESTINATION_BEFORE: Final = frozenset({"to", "at", "from", "near", "by", "around", "in", "called", "for"})
_DEFINITE: Final = frozenset({"the", "that", "this", "my", "our", "your"})
_NO: Final = frozenset({"no", "nope", "nah", "not", "لا", "la2", "la"})
_OFFERING: Final = frozenset({"about"})
_ASKING: Final = frozenset({"what", "where", "when", "which", "how", "who", "what's", "when's", "where's"})


def probability(log_odds: float) -> float:
    """Turn log-odds into a probability."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


class FlowSwitchDetector:
    """Follows one dialogue and tells at which turns it moves to another service (a ``SwitchDetector``)."""

    def __init__(self) -> None:
        self._services = service_phrases()
        self._cues = cue_phrases()
        self.reset()

    def reset(self) -> None:
        """Forget the dialogue so far."""
        self._matter = ""
        self._running: set[str] = set()
        """The matter on the table, by all the names that it has been given."""
        self._vague = False
        self._seen: set[str] = set()
        self._turns = 0
        self._other_side: frozenset[Cue] = frozenset()
        self._open_question = False

    def turn(self, speaker: str, text: str) -> bool:
        """Take the next turn; see ``SwitchDetector.turn``."""
        return self.read(speaker, text).switched

    def read(self, speaker: str, text: str) -> SwitchVerdict:
        """Take the next turn.

        Args:
            speaker: ``user`` for the customer; anyone else is the other side, whose turns never switch.
            text: what is said.

        Returns:
            the verdict with its signals.
        """
        words = words_of(text)
        hits = self._services.find(words)
        cues = frozenset([cue for _, _, cue in self._cues.find(words) if isinstance(cue, str)])
        if speaker != "user":
            self._hear(text, words, hits, cues)
            return SwitchVerdict(switched=False, confidence=1.0, matter=self._matter, previous=self._matter)
        self._narrow(self._weigh(words, hits))
        weights = self._weigh(words, hits)
        verdict = self._judge(words, dict(weights), cues)
        if verdict.matter != self._matter:
            if verdict.switched:
                self._running.clear()
                self._turns = 0
            self._matter = verdict.matter
            # An opening such as "two tickets" may mean several matters: it runs under all, until one is named.
            named = {matter for matter, weight in weights.items() if weight >= weights[verdict.matter]}
            self._running |= named
            self._vague = len(named) > 1
            if not self._vague:
                self._seen.add(verdict.matter)
        self._turns += 1
        self._other_side = frozenset()
        self._open_question = False
        return verdict

    def _hear(self, text: str, words: list[str], hits: list[Hit[Evidence]], cues: frozenset[Cue]) -> None:
        """Take the other side's turn: what it settled, offered and asked, and what it takes the matter to be."""
        self._other_side = cues & {"done", "more"}
        self._open_question = text.rstrip().endswith("?") and "more" not in cues and _asks_openly(words)
        if not self._turns:
            return
        weights = self._weigh(words, hits)
        self._narrow(weights)
        best = _heaviest(weights)
        if not best or weights[best] < (STRONG if self._matter else FAIR):
            return
        # What it answers about is what it was asked for: a turn that was not understood, or understood too narrowly.
        self._running.add(best)
        self._seen.add(best)
        self._matter = self._matter or best

    def _judge(self, words: list[str], weights: dict[str, float], cues: frozenset[Cue]) -> SwitchVerdict:
        before = self._matter
        running = min(1.0, max((weights.pop(matter, 0.0) for matter in self._running), default=0.0))
        best = _heaviest(weights)
        new = min(1.0, weights.get(best, 0.0))
        begun = self._turns and new >= STRONG and ("new" in cues or self._other_side)
        if not before and not begun:
            return SwitchVerdict(switched=False, confidence=1.0, matter=best)
        related = bool(new) and any(best in family and before in family for family in FAMILIES)
        with_new = 1.0 if new else 0.0
        observed = (
            ("new_matter", _NEW_MATTER, new),
            ("running_matter", _RUNNING_MATTER, running),
            ("related_matter", _FAMILY, float(related and best not in self._seen and "new" not in cues)),
            ("cue", _CUE, ("new" in cues) * (1.0 if new else 0.5)),
            ("opener", _OPENER, ("opener" in cues) * (1.0 if new else 0.33)),
            ("thanks", _THANKS, ("thanks" in cues) * with_new),
            ("earlier_matter", _RETURN, (best in self._seen) * with_new),
            ("declined", _DECLINED, (words[:1] != [] and words[0] in _NO) * with_new),
            (
                "asks_detail",
                _DETAIL,
                ("detail" in cues and not self._other_side and best not in DEFINITE_BY_NATURE) * with_new,
            ),
            ("task_done", _TASK_DONE, float("done" in self._other_side)),
            ("more_offered", _MORE_OFFERED, float("more" in self._other_side)),
            ("open_question", _OPEN_QUESTION, float(self._open_question)),
            ("ending", _ENDING, float("end" in cues and "opener" not in cues)),
        )
        signals = tuple(
            FlowSignal(name=name, weight=round(weight * sure, 3), confidence=sure)
            for name, weight, sure in observed
            if sure
        )
        chance = probability(_BIAS + sum(signal.weight for signal in signals))
        switched = chance >= 0.5 and bool(best)
        if related and not switched and new >= STRONG:
            self._running.add(best)
        return SwitchVerdict(
            switched=switched,
            confidence=max(chance, 1 - chance),
            matter=best if switched else before,
            previous=before,
            signals=signals,
        )

    def _narrow(self, weights: dict[str, float]) -> None:
        """Settle which of several matters runs, once one of them is named plainly."""
        if not self._vague:
            return
        named = [matter for matter in self._running if weights.get(matter, 0.0) >= STRONG]
        if len(named) == 1:
            self._matter = named[0]
            self._running = set(named)
            self._seen.add(named[0])
            self._vague = False

    def _weigh(self, words: list[str], hits: list[Hit[Evidence]]) -> dict[str, float]:
        """Weigh each matter that a turn speaks of; a phrase that may mean the running one means that."""
        weights: dict[str, float] = {}
        for start, _, (matters, said) in hits:
            strength = said
            chosen = (matters & self._running) or (matters & self._seen) or matters
            if matters.isdisjoint(self._running) and matters.isdisjoint(DEFINITE_BY_NATURE):
                before = words[start - 1] if start else ""
                if before in _DEFINITE:
                    if matters.isdisjoint(self._seen):
                        strength *= 0.5
                    before = words[start - 2] if start > 1 else ""
                if before in _DESTINATION_BEFORE and matters.isdisjoint(self._seen):
                    strength *= 0.6
            for matter in chosen:
                has = weights.get(matter)
                weights[matter] = strength if has is None else max(has, strength) + 0.2 * min(has, strength)
        return weights


def _heaviest(weights: dict[str, float]) -> str:
    """Choose the matter spoken of most; of equals always the same one."""
    return max(sorted(weights), key=weights.__getitem__, default="")


def _asks_openly(words: list[str]) -> bool:
    """Tell a question for a detail ("what time?") from an offer ("what about this one?")."""
    following = [*words[1:], ""]
    return any(word in _ASKING and after not in _OFFERING for word, after in zip(words, following, strict=False))
