"""Engines that fail on purpose, named in a test's settings as ``tests.spine.engines:...``."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from messages.understanding import Tier, Understanding, WorkItem, WorkResult


class PoisonEngine:
    """Raises on a word, hangs on another, dies on a third."""

    tier: Tier = "essential"

    def understand(self, items: Sequence[WorkItem], tier: Tier | None = None) -> list[WorkResult]:
        results = []
        for item in items:
            if "hang" in item.text:
                time.sleep(600)
            if "die" in item.text:
                os._exit(9)
            if "raise" in item.text:
                results.append(WorkResult(key=item.key, error="Traceback: PoisonError"))
            elif "forget" not in item.text:
                results.append(WorkResult(key=item.key, understanding=Understanding(tier="essential")))
        return results


class MendedEngine:
    """What PoisonEngine becomes after a repair."""

    tier: Tier = "essential"

    def understand(self, items: Sequence[WorkItem], tier: Tier | None = None) -> list[WorkResult]:
        return [WorkResult(key=item.key, understanding=Understanding(tier="essential")) for item in items]


class GreetingEngine:
    """Takes every message for a greeting in English."""

    tier: Tier = "essential"

    def understand(self, items: Sequence[WorkItem], tier: Tier | None = None) -> list[WorkResult]:
        greeting = Understanding(lang="en", intent="greeting", intent_confidence=0.99, tier="essential")
        return [WorkResult(key=item.key, understanding=greeting) for item in items]


class MoodyEngine(GreetingEngine):
    """Takes every message for a greeting, and raises on a word, with the text in its error."""

    def understand(self, items: Sequence[WorkItem], tier: Tier | None = None) -> list[WorkResult]:
        greeted = super().understand(items)
        return [
            WorkResult(key=item.key, error=f"Traceback: cannot take {item.text!r}") if "raise" in item.text else result
            for item, result in zip(items, greeted, strict=True)
        ]


class HeavyEngine:
    """Takes a fifth of a second for each message at the full tier, and no time below it."""

    tier: Tier = "full"

    def understand(self, items: Sequence[WorkItem], tier: Tier | None = None) -> list[WorkResult]:
        asked = tier or self.tier
        if asked == "full":
            time.sleep(0.2 * len(items))
        return [WorkResult(key=item.key, understanding=Understanding(tier=asked)) for item in items]


class SlowEngine:
    """Takes three thousandths of a second for each message."""

    tier: Tier = "essential"

    def understand(self, items: Sequence[WorkItem], tier: Tier | None = None) -> list[WorkResult]:
        time.sleep(0.003 * len(items))
        return [WorkResult(key=item.key, understanding=Understanding(tier="essential")) for item in items]
